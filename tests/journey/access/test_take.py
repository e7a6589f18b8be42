"""Owning a request: taken, handed over, and not once it is answered."""

import pytest

from tests.builders import NOW, a_clinic, a_patient, a_staff, an_assignment
from tests.journey.access.arrange import a_request, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.mark.parametrize("role", ["front_desk", "prescriber", "director"])
def test_it_is_mine_from_now(clinic, role):
    me, row = a_staff(role, clinic=clinic), a_request(clinic)
    assert signed_in(me).post(f"/request/{row.id}/take/", {"key": "k"}).status_code == 302
    row.refresh_from_db()
    assert row.owner == me
    assert row.owned_since is not None


def test_it_is_handed_to_a_colleague(clinic):
    row, colleague = a_request(clinic), a_staff("prescriber", clinic=clinic, name="Dr Okafor")
    desk = signed_in(a_staff("front_desk", clinic=clinic))
    assert desk.post(f"/request/{row.id}/hand-over/", {"key": "k", "staff": colleague.id}).status_code == 302
    assert "Dr Okafor, since" in desk.get(f"/request/{row.id}/").content.decode()


def test_it_is_not_handed_to_nobody_or_to_another_clinic(clinic):
    row, desk = a_request(clinic), signed_in(a_staff("front_desk", clinic=clinic))
    stranger = a_staff("prescriber", clinic=a_clinic(name="Elsewhere"))
    for staff in ("", stranger.id):
        assert desk.post(f"/request/{row.id}/hand-over/", {"key": "k", "staff": staff}).status_code == 422
    assert desk.post(f"/request/{row.id}/take/", {}).status_code == 422
    row.refresh_from_db()
    assert row.owner is None


def test_an_answered_request_changes_no_owner(clinic):
    row, desk = a_request(clinic, status="accepted"), signed_in(a_staff("front_desk", clinic=clinic))
    page = desk.post(f"/request/{row.id}/take/", {"key": "k"})
    assert page.status_code == 422
    assert "answered this request already" in page.content.decode()


def test_a_nurse_takes_nothing(clinic):
    nurse, patient = a_staff("nurse", clinic=clinic), a_patient(clinic=clinic)
    an_assignment(nurse, patient)
    row = a_request(clinic, patient=patient)
    assert signed_in(nurse).post(f"/request/{row.id}/take/", {"key": "k"}).status_code == 403


def test_a_colleague_who_left_owns_nothing(clinic):
    row, gone = a_request(clinic), a_staff("prescriber", clinic=clinic)
    desk = signed_in(a_staff("front_desk", clinic=clinic))
    gone.left_at = NOW
    gone.save()
    assert desk.post(f"/request/{row.id}/hand-over/", {"key": "k", "staff": gone.id}).status_code == 422
