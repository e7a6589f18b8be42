"""Evaluation visits: moved, cancelled, booked again, held; each with a reason, never over another one."""

from datetime import timedelta

import pytest

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.people.models import Occupancy
from ebbtide.ground.policy import Denied
from ebbtide.journey.access.visits import (
    BookEvaluation,
    CancelEvaluation,
    HoldEvaluation,
    MoveEvaluation,
    book_evaluation_visit,
    cancel_evaluation_visit,
    move_evaluation_visit,
    record_visit_held,
)
from tests.builders import NOW, a_clinic, a_patient, a_staff, an_act, an_actor, an_episode
from tests.clocks import stand_at
from tests.journey.access.arrange import HOUR, NINE, a_clinician, a_room, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    clinic = a_clinic()
    doctor = a_clinician(a_staff("prescriber", clinic=clinic))
    return clinic, doctor, a_room(clinic)


def a_visit(scene, **changed):
    clinic, doctor, room = scene
    episode = changed.pop("episode", None) or an_episode(a_patient(clinic=clinic))
    made = {"episode": episode, "clinician": doctor, "room": room, "starts_at": NINE, "minutes": 60}
    return book_evaluation_visit(an_act(an_actor("front_desk")), BookEvaluation(**{**made, **changed}))


def a_move(visit, scene, **changed):
    _, doctor, room = scene
    made = {
        "visit": visit,
        "clinician": doctor,
        "room": room,
        "starts_at": NINE + HOUR / 2,
        "minutes": 60,
        "reason": "work",
    }
    return MoveEvaluation(**{**made, **changed})


def test_it_moves_by_half_an_hour_and_keeps_the_old_one_on_record(scene):
    old = a_visit(scene)
    new = move_evaluation_visit(an_act(an_actor("front_desk")), a_move(old, scene))
    old.refresh_from_db()
    assert (old.status, old.cancel_reason) == ("cancelled", "Moved: work")
    assert (new.status, new.starts_at) == ("booked", NINE + HOUR / 2)
    assert Occupancy.objects.filter(released_at__isnull=True).count() == 3


def test_it_stays_where_it_is_when_the_new_time_is_taken(scene):
    clinic, _, _ = scene
    old = a_visit(scene)
    a_visit(scene, episode=an_episode(a_patient(clinic=clinic)), starts_at=NINE + HOUR)
    with pytest.raises(Refused, match="is taken"):
        move_evaluation_visit(an_act(an_actor("front_desk")), a_move(old, scene))
    old.refresh_from_db()
    assert old.status == "booked"
    assert Occupancy.objects.filter(visit_id=old.id, released_at__isnull=True).count() == 3


def test_it_is_cancelled_with_a_reason_and_can_be_booked_again(scene):
    visit = a_visit(scene)
    with pytest.raises(Refused, match="No reason"):
        cancel_evaluation_visit(an_act(an_actor("front_desk")), CancelEvaluation(visit=visit, reason=""))
    cancel_evaluation_visit(an_act(an_actor("front_desk")), CancelEvaluation(visit=visit, reason="ill"))
    assert not Occupancy.objects.filter(released_at__isnull=True).exists()
    assert OutgoingMail.objects.filter(purpose="access.visit_cancelled").count() == 1
    with pytest.raises(Refused, match="cancelled already"):
        cancel_evaluation_visit(an_act(an_actor("front_desk")), CancelEvaluation(visit=visit, reason="ill"))
    assert a_visit(scene, episode=visit.episode).status == "booked"


def test_one_episode_has_one_booked_evaluation(scene):
    visit = a_visit(scene)
    with pytest.raises(Refused, match="move that one"):
        a_visit(scene, episode=visit.episode, starts_at=NINE + 3 * HOUR)


def test_it_takes_place_once_and_not_before_it_begins(scene):
    visit = a_visit(scene)
    with pytest.raises(Refused, match="has not begun"):
        record_visit_held(an_act(an_actor("front_desk")), HoldEvaluation(visit=visit))
    late = an_act(an_actor("prescriber"), at=NINE + HOUR)
    assert record_visit_held(late, HoldEvaluation(visit=visit)).status == "done"
    with pytest.raises(Refused, match="done already"):
        record_visit_held(an_act(an_actor("prescriber"), at=NINE + HOUR), HoldEvaluation(visit=visit))


def test_a_person_without_an_address_gets_no_letter(scene):
    clinic, _, _ = scene
    a_visit(scene, episode=an_episode(a_patient(clinic=clinic, email="")))
    assert not OutgoingMail.objects.exists()


def test_a_nurse_neither_books_nor_moves_nor_cancels(scene):
    visit, nurse = a_visit(scene), an_actor("nurse")
    with pytest.raises(Denied):
        move_evaluation_visit(an_act(nurse), a_move(visit, scene))
    with pytest.raises(Denied):
        cancel_evaluation_visit(an_act(nurse), CancelEvaluation(visit=visit, reason="ill"))


# the pages


def test_the_pages_move_cancel_and_book_again(scene):
    clinic, doctor, room = scene
    visit, desk = a_visit(scene), signed_in(a_staff("front_desk", clinic=clinic))
    assert "Move visit" in desk.get(f"/request/visit/{visit.id}/").content.decode()
    offered = desk.get(f"/request/visit/{visit.id}/move/").content.decode()
    assert "10:00 to 11:00" in offered
    told = {
        "key": "k",
        "on": "2026-11-24",
        "clinician": doctor.number,
        "slot": f"{(NINE + HOUR).isoformat()}|{room.number}",
    }
    assert desk.post(f"/request/visit/{visit.id}/move/", told).status_code == 422
    moved = desk.post(f"/request/visit/{visit.id}/move/", {**told, "reason": "work"})
    assert moved.status_code == 302
    assert "Moved: work" in desk.get(f"/request/visit/{visit.id}/").content.decode()
    assert desk.get(f"{moved.url}cancel/").status_code == 200
    assert desk.post(f"{moved.url}cancel/", {"key": "k2"}).status_code == 422
    assert desk.post(f"{moved.url}cancel/", {"key": "k2", "reason": "ill"}).status_code == 302
    assert desk.post(f"{moved.url}cancel/", {"key": "k3", "reason": "ill"}).status_code == 422
    text = desk.get(moved.url).content.decode()
    assert "Book another time" in text
    assert desk.get(f"/request/episode/{visit.episode_id}/book/").status_code == 200
    booked = desk.post(f"/request/episode/{visit.episode_id}/book/", {**told, "key": "k4"})
    assert booked.status_code == 302
    again = desk.post(f"/request/episode/{visit.episode_id}/book/", {**told, "key": "k5"})
    assert again.status_code == 422


def test_the_page_keeps_the_reason_when_another_day_is_looked_at(scene):
    clinic, doctor, _ = scene
    visit, desk = a_visit(scene), signed_in(a_staff("front_desk", clinic=clinic))
    told = {"on": "2026-11-25", "clinician": doctor.number, "reason": "her bus", "look": "1", "key": "k"}
    text = desk.post(f"/request/visit/{visit.id}/move/", told).content.decode()
    assert "her bus" in text
    assert "09:00 to 10:00" in text


def test_the_page_records_that_it_took_place(scene, monkeypatch):
    clinic, _, _ = scene
    visit, desk = a_visit(scene), signed_in(a_staff("front_desk", clinic=clinic))
    early = desk.post(f"/request/visit/{visit.id}/held/", {"key": "k"})
    assert early.status_code == 422
    assert desk.post(f"/request/visit/{visit.id}/held/", {}).status_code == 422
    stand_at(monkeypatch, "2026-11-24T16:00:00+00:00")
    assert "Record that it took place" in desk.get(f"/request/visit/{visit.id}/").content.decode()
    assert desk.post(f"/request/visit/{visit.id}/held/", {"key": "k2"}).status_code == 302


def test_a_visit_of_nobody_in_care_is_not_there(scene):
    visit = a_visit(scene)
    assert signed_in(a_staff("nurse", clinic=scene[0])).get(f"/request/visit/{visit.id}/").status_code == 404


def test_the_next_open_day_skips_the_weekend(scene, monkeypatch):
    clinic, doctor, _ = scene
    stand_at(monkeypatch, "2026-11-27T15:00:00+00:00")  # a Friday
    episode = an_episode(a_patient(clinic=clinic))
    text = signed_in(doctor.staff).get(f"/request/episode/{episode.id}/book/").content.decode()
    assert 'value="2026-11-30"' in text
    assert NINE + timedelta(days=1) > NOW
