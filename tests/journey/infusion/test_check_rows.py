"""What the checks said and who answered, in the record: append-only, in the ledger, and never a silence without an end."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry as LedgerEntry
from ebbtide.ground.policy.actors import integration, system
from ebbtide.ground.policy.decisions import Denied
from ebbtide.journey.infusion.actions import (
    AcknowledgeCheck,
    ChangeClinicLimit,
    ChangePatientLimit,
    PinPlan,
    RecordChecks,
    SilenceChecks,
    acknowledge_check,
    change_clinic_limit,
    change_patient_limit,
    pin_plan,
    record_checks,
    silence_checks,
)
from ebbtide.journey.infusion.actions.checks import Happened
from ebbtide.journey.infusion.check_rows import CheckEvent, CheckPlan, CheckTouch, PatientLimit
from ebbtide.journey.infusion.limits_in_force import changes_for, plan_for
from ebbtide.journey.infusion.queries import state_of
from tests.builders import NOW, a_staff, an_act, an_actor, an_assignment
from tests.journey.infusion.monitors import Chair

pytestmark = pytest.mark.django_db
WHY = "Agreed with the cardiologist on 20 November."


def recorded(chair, key="CHK-SPO2|spo2|1.000"):
    one = Happened(
        said="raised", key=key, limit="CHK-SPO2", subject="spo2", priority="high", at=NOW, value=86.0
    )
    command = RecordChecks(session=chair.session, happened=(one,), state="{}", shown=[{"key": key}])
    return record_checks(an_act(system(chair.clinic)), command)


def test_what_happened_is_in_the_record_and_the_ledger_and_stays():
    chair = Chair()
    row = recorded(chair)
    assert LedgerEntry.objects.filter(action__endswith="record_checks").count() == 1
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE infusion_checkevent SET priority = 'low' WHERE id = %s", [row.pk])
    assert CheckEvent.objects.get().priority == "high"


def test_a_nurse_cannot_write_what_the_checks_say():
    chair = Chair()
    command = RecordChecks(session=chair.session, happened=(), state="{}", shown=[])
    with pytest.raises(Denied):
        record_checks(an_act(an_actor(chair.nurse)), command)


def test_a_nurse_takes_a_check_and_silences_what_sounds():
    chair = Chair()
    key = recorded(chair).key
    nurse = an_actor(chair.nurse)
    acknowledge_check(an_act(nurse), AcknowledgeCheck(session=chair.session, key=key))
    silence_checks(an_act(nurse), SilenceChecks(session=chair.session, silence_s=60))
    said = CheckTouch.objects.order_by("at", "kind").values_list("kind", "silence_s", "by__name")
    assert list(said) == [("acknowledge", None, chair.nurse.name), ("silence", 60, chair.nurse.name)]


def test_a_check_that_is_over_is_not_taken():
    chair = Chair()
    with pytest.raises(Refused, match="over or was taken"):
        acknowledge_check(
            an_act(an_actor(chair.nurse)), AcknowledgeCheck(session=chair.session, key="CHK-SPO2|spo2|1.000")
        )


@pytest.mark.parametrize("silence_s", [0, -1, 121, 100_000])
def test_a_silence_has_an_end(silence_s):
    chair = Chair()
    with pytest.raises(Refused, match="has an end"):
        silence_checks(
            an_act(an_actor(chair.nurse)), SilenceChecks(session=chair.session, silence_s=silence_s)
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        CheckTouch.objects.create(
            session=chair.session, kind="silence", silence_s=silence_s, by=chair.nurse, at=NOW
        )


@pytest.mark.parametrize("role", ["front_desk", "auditor", "director", "researcher"])
def test_who_is_not_beside_the_person_answers_no_check(role):
    chair = Chair()
    other = an_actor(a_staff(role, clinic=chair.clinic))
    with pytest.raises(Denied):
        silence_checks(an_act(other), SilenceChecks(session=chair.session, silence_s=60))


def test_each_session_keeps_what_it_ran_under():
    chair = Chair()
    plan = plan_for(chair.session, state_of(chair.session))
    command = PinPlan(
        session=chair.session, version=plan.limits.version, changes=(), live_on=False, baseline={"sbp": 120.0}
    )
    pin_plan(an_act(system(chair.clinic)), command)
    assert CheckPlan.objects.get().version == plan.limits.version


# — limits —


def clinic_limit(chair, value=92.0, *, by=None, field="value", limit="CHK-SPO2", reason=WHY):
    by = by or an_actor(a_staff("director", clinic=chair.clinic))
    command = ChangeClinicLimit(clinic=chair.clinic, limit=limit, field=field, value=value, reason=reason)
    return change_clinic_limit(an_act(by), command)


def patient_limit(chair, value=88.0, *, by=None, field="value", limit="CHK-SPO2", reason=WHY):
    if by is None:
        doctor = a_staff("prescriber", clinic=chair.clinic)
        an_assignment(doctor, chair.patient)
        by = an_actor(doctor)
    command = ChangePatientLimit(patient=chair.patient, limit=limit, field=field, value=value, reason=reason)
    return change_patient_limit(an_act(by), command)


def in_force(chair, limit="CHK-SPO2"):
    found = plan_for(chair.session, state_of(chair.session)).limits.limits
    return next(one for one in found if one.id == limit).when.atoms[0].value


def test_the_director_changes_a_limit_of_the_clinic_with_the_old_number_and_the_reason():
    chair = Chair()
    assert in_force(chair) == 90
    row = clinic_limit(chair)
    assert (row.value["old"], row.value["value"], row.reason) == (90, 92, WHY)
    assert in_force(chair) == 92


def test_a_prescriber_changes_one_persons_limit_inside_its_range():
    chair = Chair()
    clinic_limit(chair)
    row = patient_limit(chair)
    assert (row.old, row.value, row.reason) == (92, 88, WHY)
    assert in_force(chair) == 88
    assert [one["of"] for one in changes_for(chair.session)] == ["clinic", "patient"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"value": 70.0}, "may be 85 to 94"),
        ({"limit": "CHK-SBP-JUMP", "value": 25.0}, "the clinic's"),
        ({"field": "priority"}, "no such number"),
        ({"reason": " "}, "another limit"),
        ({"value": 90.0}, "already"),
        ({"value": float("nan")}, "may be"),
    ],
)
def test_it_refuses_a_limit_of_a_person_that_cannot_be(told, words):
    with pytest.raises(Refused, match=words):
        patient_limit(Chair(), **told)
    assert not PatientLimit.objects.exists()


def test_nobody_else_changes_limits():
    chair = Chair()
    nurse = an_actor(chair.nurse)
    with pytest.raises(Denied):
        clinic_limit(chair, by=nurse)
    with pytest.raises(Denied):
        patient_limit(chair, by=nurse)
    with pytest.raises((Denied, Refused)):
        patient_limit(chair, by=an_actor(a_staff("director", clinic=chair.clinic)))
    with pytest.raises(Denied):
        clinic_limit(chair, by=integration(chair.clinic))


def test_limits_on_live_values_are_off_until_the_director_signs_them_on():
    chair = Chair()
    assert not plan_for(chair.session, state_of(chair.session)).live_on
