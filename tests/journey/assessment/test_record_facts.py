"""Recording facts: checked, appended, corrected by name; W30 what says saved is in the database."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.policy import Denied
from ebbtide.journey.assessment.actions import NewFact, RecordFacts, record_facts
from ebbtide.journey.assessment.models import Fact, Origin
from ebbtide.journey.assessment.queries import current_facts, inputs_for, latest_weight
from ebbtide.journey.assessment.rules import weight_challenge, weight_in_kg
from tests.builders import NOW, a_patient, a_staff, an_act, an_actor, an_assignment
from tests.journey.assessment.made import record


def send(patient, *facts, by=None, origin=Origin.TYPED, at=NOW):
    return record_facts(
        an_act(by or an_actor(), at=at), RecordFacts(patient=patient, facts=facts, origin=origin)
    )


@pytest.mark.django_db
def test_it_writes_a_batch_as_one_entry_that_speaks_for_every_row():
    patient = a_patient()
    record(
        patient, an_actor(), route="iv", weight_kg=Decimal("71.4"), mood_goal=False, ecg_on=date(2026, 11, 1)
    )
    entry = Entry.objects.get(action__endswith="record_facts")
    rows = {row["k"] for row in entry.rows}
    assert rows == {str(fact.id) for fact in Fact.objects.all()}
    assert len(rows) == 4
    assert latest_weight(patient, as_of=NOW).kg == Decimal("71.4")
    assert inputs_for(patient, as_of=NOW)["ecg_age_days"].value == 22


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fact", "rule"),
    [
        (NewFact(name="shoe_size", value=43), "FACT-VALUE"),
        (NewFact(name="route", value="rectal"), "FACT-VALUE"),
        (NewFact(name="systolic_mmHg", value=1220), "FACT-VALUE"),
        (NewFact(name="mood_goal", value="maybe"), "FACT-VALUE"),
        (NewFact(name="weight_kg", value=70, unit="lb"), "FACT-VALUE"),
        (NewFact(name="problems", value="plague"), "FACT-VALUE"),
        (NewFact(name="pain_nrs", value=11), "FACT-VALUE"),
        (NewFact(name="condition", value="  "), "FACT-VALUE"),
        (NewFact(name="mood_goal", value=True, observed_at=NOW + timedelta(minutes=1)), "FACT-FUTURE"),
        (NewFact(name="problems", value=None, withdrawn=True), "FACT-WITHDRAW"),
    ],
)
def test_it_refuses_what_the_vocabulary_does_not_hold(fact, rule):
    patient = a_patient()
    with pytest.raises(Refused) as refused:
        send(patient, fact)
    assert refused.value.rule == rule
    assert not Fact.objects.exists()


@pytest.mark.django_db
def test_it_refuses_an_empty_batch():
    with pytest.raises(Refused, match="Nothing was filled in"):
        send(a_patient())


@pytest.mark.django_db
def test_it_writes_nothing_of_a_batch_in_which_one_value_is_wrong():
    with pytest.raises(Refused):
        send(a_patient(), NewFact(name="mood_goal", value=True), NewFact(name="route", value="rectal"))
    assert not Fact.objects.exists()


@pytest.mark.django_db
def test_it_keeps_the_old_entry_when_one_is_corrected_and_refuses_a_second_correction():
    patient, by = a_patient(), an_actor()
    old = send(patient, NewFact(name="mood_goal", value=True), by=by)
    new = send(patient, NewFact(name="mood_goal", value=False, replaces=old), by=by)
    assert list(current_facts(patient)) == [new]
    assert Fact.objects.count() == 2
    with pytest.raises(Refused) as refused:
        send(patient, NewFact(name="mood_goal", value=True, replaces=old), by=by)
    assert refused.value.rule == "FACT-REPLACED"


@pytest.mark.django_db
def test_it_withdraws_an_item_by_an_entry_that_names_it():
    patient = a_patient()
    old = send(patient, NewFact(name="problems", value="hypertension"))
    end = send(
        patient, NewFact(name="problems", value=None, replaces=old, withdrawn=True, words="was white coat")
    )
    assert (end.withdrawn, end.value) == (True, "hypertension")
    assert not current_facts(patient)


@pytest.mark.django_db
def test_it_refuses_a_correction_of_another_persons_entry():
    old = send(a_patient(), NewFact(name="mood_goal", value=True))
    with pytest.raises(Refused) as refused:
        send(a_patient(), NewFact(name="mood_goal", value=False, replaces=old))
    assert refused.value.rule == "FACT-OTHER"


@pytest.mark.django_db
def test_it_is_for_the_nurse_who_is_assigned_and_not_for_another_and_never_for_the_desk():
    patient, nurse = a_patient(), a_staff("nurse")
    with pytest.raises(Denied):
        send(patient, NewFact(name="mood_goal", value=True), by=an_actor(nurse))
    an_assignment(nurse, patient)
    assert send(patient, NewFact(name="weight_kg", value=70), by=an_actor(nurse)).confirmed_by_id == nurse.id
    for role in ("front_desk", "director", "researcher", "auditor"):
        with pytest.raises(Denied):
            send(patient, NewFact(name="mood_goal", value=True), by=an_actor(role))


@pytest.mark.django_db
def test_it_leaves_what_a_device_said_unconfirmed():
    assert (
        send(a_patient(), NewFact(name="pulse_per_min", value=70), origin=Origin.DEVICE).confirmed_by_id
        is None
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("now_kg", "challenged"),
    [("78.1", False), ("78.2", True), ("63.9", False), ("63.8", True), ("156.5", True)],
)
def test_it_stops_a_weight_that_changed_by_more_than_ten_percent(now_kg, challenged):
    patient, by = a_patient(), an_actor()
    send(patient, NewFact(name="weight_kg", value=Decimal(71), observed_at=NOW - timedelta(days=7)), by=by)
    new = NewFact(name="weight_kg", value=Decimal(now_kg))
    if not challenged:
        assert send(patient, new, by=by)
        return
    with pytest.raises(Refused, match="measure again"):
        send(patient, new, by=by)
    again = NewFact(name="weight_kg", value=Decimal(now_kg), measured_again=True)
    send(patient, again, by=by)
    assert latest_weight(patient, as_of=NOW).kg == Decimal(now_kg)


@pytest.mark.django_db
def test_it_stops_a_first_weight_that_the_height_belies_and_lets_a_wrong_one_be_corrected():
    patient, by = a_patient(), an_actor()
    with pytest.raises(Refused, match="body mass index"):
        send(
            patient,
            NewFact(name="height_cm", value=165),
            NewFact(name="weight_kg", value=Decimal(200)),
            by=by,
        )
    send(patient, NewFact(name="height_cm", value=165), by=by)
    wrong = send(patient, NewFact(name="weight_kg", value=Decimal(170)), by=by)
    send(patient, NewFact(name="weight_kg", value=Decimal("77.1"), replaces=wrong), by=by)
    assert latest_weight(patient, as_of=NOW).kg == Decimal("77.1")


@given(st.decimals(min_value=40, max_value=300, places=1))
def test_h03_it_challenges_every_swap_of_pounds_and_kilograms(kg):
    pounds = (kg / Decimal("0.45359237")).quantize(Decimal("0.1"))
    assert weight_challenge(now_kg=pounds, before_kg=kg, height_cm=None) is not None
    assert weight_challenge(now_kg=kg, before_kg=pounds, height_cm=None) is not None
    assert abs(weight_in_kg(value=pounds, unit="lb") - kg) <= Decimal("0.1")


@pytest.mark.django_db
def test_it_waits_for_the_second_reading_of_a_high_pressure():
    patient, by, first_at = a_patient(), an_actor(), NOW - timedelta(minutes=8)
    record(patient, by, origin=Origin.MEASURED, at=first_at, systolic_mmHg=164, diastolic_mmHg=92)
    assert "systolic_mmHg" not in inputs_for(patient, as_of=NOW)
    record(patient, by, origin=Origin.MEASURED, systolic_mmHg=148, diastolic_mmHg=86)
    assert inputs_for(patient, as_of=NOW)["systolic_mmHg"].value == 148


@pytest.mark.django_db
def test_it_uses_a_pressure_from_elsewhere_as_it_came():
    patient = a_patient()
    record(patient, an_actor(), systolic_mmHg=164, diastolic_mmHg=92)
    assert inputs_for(patient, as_of=NOW)["systolic_mmHg"].value == 164


@pytest.mark.django_db
def test_it_reads_dates_and_instants_back_as_they_were_meant():
    patient = a_patient()
    eaten = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    record(patient, an_actor(), last_solids_at=eaten, vascular_event_on=date(2026, 1, 1))
    inputs = inputs_for(patient, as_of=NOW)
    assert inputs["hours_since_solids"].value == 6
    assert inputs["days_since_vascular_event"].value == 326
    assert inputs["age_years"].value == 47
