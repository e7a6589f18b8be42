"""Acceptance: reason, record, episode, assignment and visit in one act, or nothing; one decision, never two."""

from datetime import timedelta

import pytest

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.people.actions import PatientDetails
from ebbtide.ground.people.models import Assignment, Occupancy, Patient
from ebbtide.ground.policy import Denied
from ebbtide.journey.access.actions import AcceptRequest, NewEpisode, accept_request
from ebbtide.journey.access.models import Episode, EvaluationVisit, Request, TriageDecision
from tests.builders import a_clinic, a_patient, a_staff, an_act, an_actor
from tests.journey.access.arrange import HOUR, NINE, a_clinician, a_request, a_room, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return a_clinic(address="1 Harbour Road")


def details(row, **changed):
    told = {
        "given_name": row.given_name,
        "family_name": row.family_name,
        "birth_date": row.birth_date,
        "phone": row.phone,
        "email": row.email,
        "language": row.language,
    }
    return PatientDetails(**{**told, **changed})


def an_acceptance(row, clinician, room, **changed):
    made = {
        "request": row,
        "reason": "CRPS for two years",
        "person": NewEpisode(details=details(row)),
        "clinician": clinician,
        "room": room,
        "starts_at": NINE,
        "minutes": 60,
    }
    return AcceptRequest(**{**made, **changed})


def test_it_opens_the_episode_and_books_the_visit(clinic):
    row, doctor = a_request(clinic), a_staff("prescriber", clinic=clinic)
    episode = accept_request(
        an_act(an_actor(doctor)), an_acceptance(row, a_clinician(doctor), a_room(clinic))
    )
    row.refresh_from_db()
    visit = episode.evaluation_visits.get()
    assert (row.status, row.owner, episode.patient, episode.complaint) == (
        "accepted",
        doctor,
        row.patient,
        "crps",
    )
    assert (visit.clinician, visit.starts_at, visit.ends_at - visit.starts_at) == (doctor, NINE, HOUR)
    assert Occupancy.objects.filter(visit_id=visit.id).count() == 3
    assert Assignment.objects.get().staff == doctor
    assert (row.decision.outcome, row.decision.reason) == ("accept", "CRPS for two years")
    assert row.patient.resource.kind == "patient"
    assert {e.action for e in Entry.objects.all()} == {
        "journey.access.accept_request",
        "journey.access.visits.book_evaluation_visit",
    }


def test_its_letter_says_when_and_where_and_nothing_else(clinic):
    row = a_request(clinic)
    accept_request(an_act(an_actor("prescriber")), an_acceptance(row, a_clinician(), a_room(clinic)))
    letter = OutgoingMail.objects.get()
    assert letter.to == "alma@example.org"
    assert "Tuesday 24 November 2026, 09:00" in letter.body
    assert "1 Harbour Road" in letter.body
    for word in ("evaluation", "crps", "ketamine", "alma", "reyes"):
        assert word not in letter.body.lower()


def test_it_is_all_or_nothing_when_the_room_is_taken(clinic):
    room, doctor = a_room(clinic), a_clinician()
    accept_request(an_act(an_actor("director")), an_acceptance(a_request(clinic), doctor, room))
    second = a_request(clinic, given_name="Ben", email="ben@example.org")
    with pytest.raises(Refused, match="is taken on Tue 24 Nov 2026"):
        accept_request(
            an_act(an_actor("director")),
            an_acceptance(second, a_clinician(), room, starts_at=NINE + HOUR / 2),
        )
    second.refresh_from_db()
    assert (second.status, second.patient) == ("received", None)
    assert (Episode.objects.count(), TriageDecision.objects.count(), Patient.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"reason": " "}, "ACC-REASON"),
        ({"minutes": 5}, "ACC-LENGTH"),
        ({"starts_at": NINE - timedelta(days=2)}, "ACC-PAST"),
        ({"starts_at": NINE + 8 * HOUR}, "ACC-HOURS"),
    ],
)
def test_it_refuses_in_words(clinic, changed, rule):
    with pytest.raises(Refused) as refused:
        accept_request(
            an_act(an_actor("prescriber")),
            an_acceptance(a_request(clinic), a_clinician(), a_room(clinic), **changed),
        )
    assert refused.value.rule == rule
    assert not Episode.objects.exists()


def test_it_refuses_a_room_for_a_clinician_and_the_other_way_round(clinic):
    doctor, room, row = a_clinician(), a_room(clinic), a_request(clinic)
    elsewhere = a_room(a_clinic(name="Elsewhere"))
    for clinician, place, rule in (
        (room, room, "ACC-CLINICIAN"),
        (doctor, doctor, "ACC-ROOM"),
        (doctor, elsewhere, "ACC-CLINIC"),
    ):
        with pytest.raises(Refused) as refused:
            accept_request(
                an_act(an_actor("prescriber", clinic=clinic)), an_acceptance(row, clinician, place)
            )
        assert refused.value.rule == rule


def test_it_needs_two_identifiers(clinic):
    row = a_request(clinic, birth_date=None)
    with pytest.raises(Refused, match="two identifiers"):
        accept_request(an_act(an_actor("prescriber")), an_acceptance(row, a_clinician(), a_room(clinic)))


def test_it_asks_before_it_joins_or_parts_people(clinic):
    known = a_patient(clinic=clinic, given_name="ALMA", family_name="Réyes")
    row, doctor, room = a_request(clinic), a_clinician(), a_room(clinic)
    with pytest.raises(Refused, match="1 on record"):
        accept_request(an_act(an_actor("prescriber")), an_acceptance(row, doctor, room))
    joined = NewEpisode(details=details(row), same_as=known)
    assert (
        accept_request(
            an_act(an_actor("prescriber")), an_acceptance(row, doctor, room, person=joined)
        ).patient
        == known
    )
    other = a_request(clinic)
    apart = NewEpisode(details=details(other), somebody_else=True)
    later = an_acceptance(other, doctor, room, person=apart, starts_at=NINE + HOUR)
    assert accept_request(an_act(an_actor("prescriber")), later).patient != known


def test_it_joins_nobody_with_another_birth_date(clinic):
    stranger = a_patient(clinic=clinic, birth_date="1980-01-01")
    row = a_request(clinic)
    joined = NewEpisode(details=details(row), same_as=stranger)
    with pytest.raises(Refused, match="another name or birth date"):
        accept_request(
            an_act(an_actor("prescriber")), an_acceptance(row, a_clinician(), a_room(clinic), person=joined)
        )


def test_the_same_press_twice_answers_once(clinic):
    row, doctor = a_request(clinic), an_actor("prescriber")
    told = an_acceptance(row, a_clinician(), a_room(clinic))
    assert accept_request(an_act(doctor, key="k"), told) == accept_request(an_act(doctor, key="k"), told)
    assert EvaluationVisit.objects.count() == 1


@pytest.mark.parametrize("role", ["front_desk", "nurse", "auditor", "operator"])
def test_only_those_who_triage_answer(clinic, role):
    with pytest.raises(Denied):
        accept_request(
            an_act(an_actor(role)), an_acceptance(a_request(clinic), a_clinician(), a_room(clinic))
        )


# the page


def posted(row, room, **changed):
    told = {
        "key": "k",
        "reason": "CRPS for two years",
        "given_name": "Alma",
        "family_name": "Reyes",
        "birth_date": "1979-05-04",
        "sex": "female",
        "on": "2026-11-24",
        "slot": f"{NINE.isoformat()}|{room.number}",
    }
    return {**told, **changed}


def test_the_page_offers_free_times_and_books_one(clinic):
    doctor = a_staff("prescriber", clinic=clinic)
    clinician, room, row = a_clinician(doctor), a_room(clinic), a_request(clinic)
    page = signed_in(doctor)
    offered = page.get(f"/request/{row.id}/accept/").content.decode()
    assert "09:00 to 10:00 · Room 1" in offered
    assert "16:30 to" not in offered
    done = page.post(f"/request/{row.id}/accept/", posted(row, room, clinician=clinician.number), follow=True)
    assert "Accepted" in done.content.decode()
    assert Request.objects.get().patient.record_number
    again = page.get(f"/request/{a_request(clinic, given_name='Ben').id}/accept/").content.decode()
    assert "09:00 to 10:00" not in again
    assert "10:00 to 11:00" in again


def test_the_page_keeps_what_was_typed_when_another_day_is_looked_at(clinic):
    doctor = a_staff("prescriber", clinic=clinic)
    clinician, room, row = a_clinician(doctor), a_room(clinic), a_request(clinic)
    page = signed_in(doctor)
    told = posted(row, room, clinician=clinician.number, on="2026-11-28", reason="half a reas", look="1")
    text = page.post(f"/request/{row.id}/accept/", told).content.decode()
    assert "No free time on this day" in text
    assert "half a reas" in text
    assert row.status == "received"


def test_the_page_refuses_a_time_that_is_gone_and_a_missing_answer(clinic):
    doctor = a_staff("prescriber", clinic=clinic)
    clinician, room, row = a_clinician(doctor), a_room(clinic), a_request(clinic)
    page = signed_in(doctor)
    gone = page.post(
        f"/request/{row.id}/accept/", posted(row, room, clinician=clinician.number, slot="2026-11-24T15:07|1")
    )
    assert gone.status_code == 422
    assert "not free any more" in gone.content.decode()
    a_patient(clinic=clinic)
    asked = page.post(f"/request/{row.id}/accept/", posted(row, room, clinician=clinician.number))
    assert asked.status_code == 422
    assert "same person or somebody else" in asked.content.decode()
    told = posted(row, room, clinician=clinician.number, same_as=str(Patient.objects.get().id))
    assert page.post(f"/request/{row.id}/accept/", told).status_code == 302
    assert Patient.objects.count() == 1


def test_the_page_teaches_when_nobody_can_be_booked(clinic):
    row = a_request(clinic)
    text = signed_in(a_staff("director", clinic=clinic)).get(f"/request/{row.id}/accept/").content.decode()
    assert "No clinician can be booked" in text


@pytest.mark.parametrize("role", ["front_desk", "nurse"])
def test_the_page_is_closed_to_those_who_do_not_triage(clinic, role):
    row = a_request(clinic)
    assert signed_in(a_staff(role, clinic=clinic)).get(f"/request/{row.id}/accept/").status_code == 403
