"""The queue: call today first, then the oldest; each role sees what its task needs."""

from datetime import timedelta

import pytest

from tests.builders import NOW, a_clinic, a_patient, a_staff, an_assignment
from tests.journey.access.arrange import HOUR, a_request, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return a_clinic()


def test_it_puts_call_today_on_top_and_then_the_oldest(clinic):
    a_request(clinic, family_name="Young", received_at=NOW - HOUR)
    a_request(clinic, family_name="Old", received_at=NOW - 30 * HOUR)
    a_request(clinic, family_name="Crisis", received_at=NOW - timedelta(minutes=5), call_today=True)
    text = signed_in(a_staff("front_desk", clinic=clinic)).get("/request/queue/").content.decode()
    assert text.index("Crisis") < text.index("Old") < text.index("Young")
    assert "Call today" in text
    assert "30 h, late" in text
    assert "nobody owns it yet" in text


def test_the_front_desk_sees_neither_complaint_nor_story_and_a_prescriber_both(clinic):
    row = a_request(clinic, story="burning since the fall")
    desk, prescriber = (signed_in(a_staff(role, clinic=clinic)) for role in ("front_desk", "prescriber"))
    for address in ("/request/queue/", f"/request/{row.id}/"):
        assert "CRPS" not in desk.get(address).content.decode()
        assert "CRPS" in prescriber.get(address).content.decode()
    assert "burning" not in desk.get(f"/request/{row.id}/").content.decode()
    assert "burning" in prescriber.get(f"/request/{row.id}/").content.decode()


def test_it_filters_by_owner_and_shows_what_was_answered(clinic):
    me = a_staff("front_desk", clinic=clinic)
    a_request(clinic, family_name="Mine", owner=me, owned_since=NOW)
    a_request(clinic, family_name="Nobodys")
    a_request(clinic, family_name="Answered", status="not_here")
    desk = signed_in(me)

    def names(show):
        text = desk.get(f"/request/queue/?show={show}").content.decode()
        return {name for name in ("Mine", "Nobodys", "Answered") if f"Alma {name}" in text}

    assert names("") == {"Mine", "Nobodys"}
    assert names("mine") == {"Mine"}
    assert names("nobody") == {"Nobodys"}
    assert names("answered") == {"Answered"}


def test_a_nurse_sees_only_requests_of_the_people_they_care_for(clinic):
    nurse, patient = a_staff("nurse", clinic=clinic), a_patient(clinic=clinic)
    an_assignment(nurse, patient)
    a_request(clinic, family_name="Cared", patient=patient)
    other = a_request(clinic, family_name="Other")
    page = signed_in(nurse)
    text = page.get("/request/queue/").content.decode()
    assert "Cared" in text
    assert "Other" not in text
    assert page.get(f"/request/{other.id}/").status_code == 404


@pytest.mark.parametrize("role", ["auditor", "operator", "researcher"])
def test_it_is_closed_to_those_who_read_no_requests(clinic, role):
    row = a_request(clinic)
    page = signed_in(a_staff(role, clinic=clinic))
    assert page.get("/request/queue/").status_code == 403
    assert page.get(f"/request/{row.id}/").status_code == 403


def test_another_clinics_request_is_not_there(clinic):
    row = a_request(a_clinic(name="Elsewhere"))
    assert signed_in(a_staff("director", clinic=clinic)).get(f"/request/{row.id}/").status_code == 404


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("", "No request is waiting"),
        ("mine", "None of this kind"),
        ("answered", "Nothing is answered yet"),
    ],
)
def test_an_empty_queue_teaches_the_next_step(clinic, show, words):
    assert (
        words
        in signed_in(a_staff("front_desk", clinic=clinic))
        .get(f"/request/queue/rows/?show={show}")
        .content.decode()
    )


def test_it_asks_the_database_little(clinic, django_assert_max_num_queries):
    for n in range(12):
        a_request(
            clinic, family_name=f"Person {n}", owner=a_staff("front_desk", clinic=clinic), owned_since=NOW
        )
    desk = signed_in(a_staff("front_desk", clinic=clinic))
    with django_assert_max_num_queries(8):
        desk.get("/request/queue/")


def test_one_request_asks_the_database_little(clinic, django_assert_max_num_queries):
    row = a_request(clinic)
    desk = signed_in(a_staff("prescriber", clinic=clinic))
    with django_assert_max_num_queries(10):
        desk.get(f"/request/{row.id}/")
