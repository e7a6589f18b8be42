"""The decision and the filter: own, assigned, whole, another clinic, step-up; both must agree on every row."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy import Denied, StepUpNeeded, check_may, may, visible
from tests.builders import NOW, a_clinic, a_patient, a_staff, an_actor, an_assignment

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "relation", "allowed"),
    [
        ("prescriber", "none", True),
        ("director", "none", True),
        ("nurse", "none", False),
        ("nurse", "assigned", True),
        ("nurse", "assigned until yesterday", False),
        ("nurse", "assigned from tomorrow", False),
        ("researcher", "none", False),
        ("operator", "none", False),
    ],
)
def test_it_follows_role_and_relation(role, relation, allowed) -> None:
    staff, patient = a_staff(role), a_patient()
    if relation == "assigned":
        an_assignment(staff, patient)
    if relation == "assigned until yesterday":
        an_assignment(staff, patient, from_at=NOW - timedelta(days=3), until_at=NOW - timedelta(days=1))
    if relation == "assigned from tomorrow":
        an_assignment(staff, patient, from_at=NOW + timedelta(days=1))
    actor = an_actor(staff)
    assert may(actor, "read", "access.demographics", patient, at=NOW).allowed is allowed
    assert visible(actor, Patient.objects.all(), "access.demographics", at=NOW).exists() is allowed


def test_it_lets_a_patient_see_themselves_and_nobody_else() -> None:
    me, other = a_patient(), a_patient()
    actor = an_actor(me)
    assert may(actor, "read", "access.demographics", me, at=NOW).allowed
    assert not may(actor, "read", "access.demographics", other, at=NOW).allowed
    assert list(visible(actor, Patient.objects.all(), "access.demographics", at=NOW)) == [me]


def test_it_never_reaches_into_another_clinic() -> None:
    elsewhere = a_clinic(name="Elsewhere")
    actor = an_actor("prescriber", clinic=a_clinic())
    stranger = a_patient(clinic=elsewhere)
    assert not may(actor, "read", "access.demographics", stranger, at=NOW).allowed
    assert not visible(actor, Patient.objects.all(), "access.demographics", at=NOW).exists()


def test_it_takes_every_right_away_at_once_when_somebody_leaves() -> None:
    staff = a_staff("prescriber")
    staff.left_at = NOW
    assert not may(an_actor(staff), "read", "access.demographics", a_patient(), at=NOW).allowed


def test_it_takes_every_right_away_when_the_account_is_disabled() -> None:
    staff = a_staff("prescriber")
    staff.account.is_active = False
    assert not may(an_actor(staff), "read", "access.demographics", a_patient(), at=NOW).allowed


def test_it_asks_for_a_fresh_sign_in_on_guarded_acts_only() -> None:
    patient = a_patient()
    idle = an_actor("prescriber", fresh=False)
    check_may(idle, "read", "careplan.order", patient, at=NOW)
    with pytest.raises(StepUpNeeded):
        check_may(idle, "sign", "careplan.order", patient, at=NOW)
    check_may(an_actor("prescriber"), "sign", "careplan.order", patient, at=NOW)


def test_it_says_why_in_words() -> None:
    with pytest.raises(Denied, match="No role you hold may sign careplan.order"):
        check_may(an_actor("nurse"), "sign", "careplan.order", a_patient(), at=NOW)


def test_it_refuses_to_judge_a_row_that_declares_no_path() -> None:
    with pytest.raises(TypeError, match="declares no policy_path"):
        may(an_actor("prescriber"), "read", "careplan.order", object(), at=NOW)


def test_what_the_guard_asked_for_one_nurse_is_not_believed_of_another():
    """A witness stands beside the first nurse: the row at hand was found for her, and says nothing of the witness."""
    clinic = a_clinic()
    patient = a_patient(clinic=clinic)
    nurse, witness = a_staff("nurse", clinic=clinic), a_staff("nurse", clinic=clinic)
    an_assignment(nurse, patient)
    patient.policy_asked_for, patient.policy_assigned = nurse.pk, True
    with CaptureQueriesContext(connection) as asked:
        assert may(an_actor(nurse), "read", "access.demographics", patient, at=NOW).allowed
        assert len(asked) == 0
    assert not may(an_actor(witness), "read", "access.demographics", patient, at=NOW).allowed
    patient.policy_assigned = False
    assert not may(an_actor(nurse), "read", "access.demographics", patient, at=NOW).allowed
