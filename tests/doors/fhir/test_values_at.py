"""An intake as the engine reads it: nothing confirmed, nothing from later."""

from datetime import UTC, datetime

from ebbtide.doors.fhir.values import inputs_at
from ebbtide.evidence.interactions import load_interactions
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.evidence.readings import InputValue
from tests.doors.fhir.builders import (
    Resource,
    a_condition,
    a_patient,
    a_prescription,
    an_observation,
    taken_in,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at_noon(
    *resources: Resource, patient: Resource | None = None, as_of: datetime = NOON
) -> dict[str, InputValue]:
    return inputs_at(
        taken_in(*resources, patient=patient),
        pack=load_suitability_pack(),
        interactions=load_interactions(),
        as_of=as_of,
    )


def test_it_gives_the_age_and_nothing_confirmed() -> None:
    inputs = at_noon(a_condition(), an_observation("8480-6", 128, "mm[Hg]"))
    assert inputs["age_years"].value == 46
    assert not inputs["age_years"].confirmed
    assert inputs["systolic_mmHg"].origin == "imported from Observation/o-8480-6"
    assert [member.confirmed for member in inputs["problems"].members] == [False]
    assert inputs["problems"].list_confirmed_at is None


def test_it_takes_the_latest_measurement() -> None:
    old = an_observation("8480-6", 170, "mm[Hg]", id="old", effectiveDateTime="2026-11-01")
    assert at_noon(an_observation("8480-6", 128, "mm[Hg]"), old)["systolic_mmHg"].value == 128


def test_it_leaves_out_what_came_later() -> None:
    condition = a_condition(onsetDateTime="2026-11-22")
    inputs = at_noon(condition, a_prescription(), as_of=datetime(2026, 10, 1, tzinfo=UTC))
    assert not {"problems", "medication_classes"} & set(inputs)


def test_it_counts_days_from_the_latest_event() -> None:
    first = a_condition("22298006", "MI", onsetDateTime="2020-01-01")
    second = a_condition("230690007", "Stroke", id="c2", onsetDateTime="2026-11-13")
    assert at_noon(second, first)["days_since_vascular_event"].value == 10


def test_it_has_no_age_without_a_whole_birth_date() -> None:
    assert "age_years" not in at_noon(patient=a_patient(birthDate="1980"))
