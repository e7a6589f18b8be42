"""Today: chairs and rooms by hour, what needs somebody now, at most eight questions to the database."""

from datetime import timedelta

import pytest
from django.urls import reverse

from ebbtide.journey.access.visits import (
    BookEvaluation,
    CancelEvaluation,
    book_evaluation_visit,
    cancel_evaluation_visit,
)
from ebbtide.journey.course.models import Series, Visit
from tests.builders import (
    NOW,
    a_chair,
    a_clinic,
    a_nurse_place,
    a_patient,
    a_signed_order,
    a_staff,
    an_act,
    an_actor,
    an_assignment,
    an_episode,
)
from tests.clocks import stand_at
from tests.desks.chart.arrange import signed_in as chart_signed_in
from tests.journey.access.arrange import HOUR, NINE, a_clinician, a_request, a_room, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return a_clinic()


def an_evaluation(clinic, name, starts_at=NINE):
    episode = an_episode(a_patient(clinic=clinic, family_name=name))
    command = BookEvaluation(
        episode=episode,
        clinician=a_clinician(),
        room=a_room(clinic, f"Room {name}"),
        starts_at=starts_at,
        minutes=60,
    )
    return book_evaluation_visit(an_act(an_actor("front_desk")), command)


def an_infusion(clinic, name, starts_at=NINE, **fields):
    order = a_signed_order(an_episode(a_patient(clinic=clinic, family_name=name)))
    series = Series.objects.create(
        episode=order.episode, order=order, booked_by=order.written_by, booked_at=NOW
    )
    return Visit.objects.create(
        series=series,
        number=1,
        chair=a_chair(clinic, f"Chair {name}"),
        nurse_place=a_nurse_place(a_staff("nurse", clinic=clinic)),
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        **fields,
    )


def test_it_shows_the_day_with_states_in_words(clinic):
    an_evaluation(clinic, "Berg")
    an_infusion(clinic, "Stone")
    text = signed_in(a_staff("front_desk", clinic=clinic)).get("/today/?on=2026-11-24").content.decode()
    assert "1 infusion, 1 evaluation" in text
    assert "booked · 09:00 to 10:00" in text
    assert "infusion 1 · booked" in text
    assert "Consent missing" in text


def test_it_goes_to_the_day_before_and_after_and_forgives_a_bad_date(clinic):
    desk = signed_in(a_staff("front_desk", clinic=clinic))
    text = desk.get("/today/?on=2026-11-24").content.decode()
    assert "?on=2026-11-23" in text
    assert "?on=2026-11-25" in text
    assert "Mon 23 Nov 2026" in desk.get("/today/?on=nonsense").content.decode()


def test_it_says_what_was_cancelled_and_what_has_begun(clinic, monkeypatch):
    gone = an_evaluation(clinic, "Mehta")
    cancel_evaluation_visit(an_act(an_actor("front_desk")), CancelEvaluation(visit=gone, reason="ill"))
    an_evaluation(clinic, "Berg")
    an_infusion(clinic, "Early", starts_at=NINE - HOUR)
    stand_at(monkeypatch, NINE + timedelta(minutes=20))
    text = signed_in(a_staff("front_desk", clinic=clinic)).get("/today/").content.decode()
    assert "cancelled, ill" in text
    assert "booked, time has come" in text
    assert "booked, end not recorded" in text


def test_it_lists_requests_to_call_and_without_owner_oldest_first(clinic):
    a_request(clinic, family_name="Later", received_at=NOW - HOUR)
    a_request(clinic, family_name="Older", received_at=NOW - 5 * HOUR)
    a_request(clinic, family_name="Crisis", call_today=True)
    text = signed_in(a_staff("front_desk", clinic=clinic)).get("/today/rows/").content.decode()
    assert text.index("Crisis") < text.index("Older") < text.index("Later")
    assert "nobody yet · waiting 5 h" in text


def test_a_nurse_sees_the_people_they_care_for_and_no_queue(clinic):
    nurse = a_staff("nurse", clinic=clinic)
    mine = an_infusion(clinic, "Cared")
    an_infusion(clinic, "Others")
    an_assignment(nurse, mine.series.episode.patient)
    a_request(clinic, family_name="Queued")
    text = signed_in(nurse).get("/today/?on=2026-11-24").content.decode()
    assert "Alma Cared" in text
    assert "Alma Others" not in text
    assert "Queued" not in text


@pytest.mark.parametrize(
    ("on", "words"),
    [
        ("2026-11-24", "No chair and no room yet"),
        ("2026-11-22", "The clinic is closed on this day"),
    ],
)
def test_an_empty_day_teaches(clinic, on, words):
    assert words in signed_in(a_staff("front_desk", clinic=clinic)).get(f"/today/?on={on}").content.decode()


@pytest.mark.parametrize("role", ["auditor", "researcher", "operator"])
def test_it_is_closed_to_others(clinic, role):
    assert signed_in(a_staff(role, clinic=clinic)).get("/today/").status_code == 403


@pytest.mark.parametrize("address", ["/today/", "/today/rows/"])
def test_a_patient_is_sent_home(clinic, address):
    patient = a_patient(clinic=clinic)
    an_actor(patient)
    assert chart_signed_in(patient).get(address).url == reverse("portal:home")


def test_it_asks_the_database_little(clinic, django_assert_max_num_queries):
    for n in range(6):
        an_evaluation(clinic, f"E{n}")
        an_infusion(clinic, f"I{n}")
        a_request(clinic, family_name=f"R{n}")
    desk = signed_in(a_staff("front_desk", clinic=clinic))
    with django_assert_max_num_queries(8):
        desk.get("/today/?on=2026-11-24")


def test_it_finds_a_person_without_writing_the_name_into_an_address(clinic):
    a_patient(clinic=clinic, family_name="Stone", record_number="E00042")
    a_patient(clinic=a_clinic(name="Elsewhere"), family_name="Stone", record_number="E00043")
    desk = signed_in(a_staff("front_desk", clinic=clinic))
    assert desk.get("/today/search/").status_code == 200
    for words in ("alma stone", "00042"):
        text = desk.post("/today/search/found/", {"words": words}).content.decode()
        assert "E00042" in text
        assert "E00043" not in text
    assert "Nobody found" in desk.post("/today/search/found/", {"words": "zzz"}).content.decode()
    assert "Nobody found" not in desk.post("/today/search/found/", {"words": " "}).content.decode()
