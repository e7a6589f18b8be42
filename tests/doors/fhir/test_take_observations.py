"""Taking observations in: units checked and never converted, panels dated, what is left and why."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.doors.fhir.builders import (
    LOINC,
    a_quantity,
    an_observation,
    coded,
    taken_in,
    values,
    why_left,
)

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


# ---- observations ----------------------------------------------------------------------------------------------

MEASURED = [
    ("29463-7", 72.5, "kg", "weight_kg", Decimal("72.5"), "kg"),
    ("8302-2", 180, "cm", "height_cm", 180, "cm"),
    ("8480-6", 129.9, "mm[Hg]", "systolic_mmHg", Decimal("129.9"), "mmHg"),
    ("8462-4", 80, "mm[Hg]", "diastolic_mmHg", 80, "mmHg"),
    ("59408-5", 97, "%", "spo2_room_air_percent", 97, "percent"),
    ("2708-6", 97, "%", "spo2_room_air_percent", 97, "percent"),
    ("8867-4", 61, "/min", "pulse_per_min", 61, "1/min"),
    ("72514-3", 6.5, "{score}", "pain_nrs", Decimal("6.5"), "score 0-10"),
    ("44261-6", 21, "{score}", "phq9_total", 21, "score"),
    ("44261-6", 21.0, None, "phq9_total", 21, "score"),
]


@pytest.mark.parametrize(("code", "sent", "unit", "name", "value", "kept_in"), MEASURED)
def test_it_takes_a_measurement(
    code: str, sent: float, unit: str | None, name: str, value: object, kept_in: str
) -> None:
    (draft,) = taken_in(an_observation(code, sent, unit)).taken
    assert (draft.name, draft.value, draft.unit, draft.observed_at) == (name, value, kept_in, NINE)
    assert (draft.resource, draft.code) == (f"Observation/o-{code}", code)


LEFT = [
    (an_observation("29463-7", 158, "[lb_av]"), "its unit is [lb_av], and kg is expected"),
    (an_observation("29463-7", 72), "its unit is not given"),
    (
        an_observation("29463-7", valueQuantity={"value": 72, "code": "kg", "system": "http://other"}),
        "is expected",
    ),
    (an_observation("29463-7", valueQuantity={"value": 72, "code": "kg", "comparator": "<"}), "a bound"),
    (an_observation("29463-7"), "holds no value"),
    (an_observation("29463-7", 0, "kg"), "cannot be a weight kg"),
    (an_observation("2708-6", 0, "%"), "cannot be a spo2"),
    (an_observation("44261-6", 12.5, "{score}"), "cannot be a phq9 total"),
    (
        an_observation("44260-8", valueCodeableConcept=coded(LOINC, "LA1-1")),
        "not one of the questionnaire's codes",
    ),
    (an_observation("29463-7", 72, "kg", status="preliminary"), "its status is preliminary"),
    (an_observation("29463-7", 72, "kg", status="entered-in-error"), "entered-in-error"),
    (an_observation("29463-7", 72, "kg", effectiveDateTime=None), "when it was observed"),
    (an_observation("1742-6", 30, "U/L"), "no single upper limit of normal"),
    (an_observation("29463-7", 72, "kg", subject={"reference": "Patient/other"}), "somebody else"),
]


@pytest.mark.parametrize(("observation", "why"), LEFT)
def test_it_leaves_a_measurement_and_says_why(observation: dict[str, Any], why: str) -> None:
    sent = {key: value for key, value in observation.items() if value is not None}
    intake = taken_in(sent)
    assert intake.taken == ()
    assert why in why_left(intake)


def test_it_takes_a_unit_printed_without_a_code() -> None:
    assert values(
        taken_in(an_observation("29463-7", valueQuantity={"value": 72, "unit": "kg"})), "weight_kg"
    ) == [72]


@pytest.mark.parametrize("panel", ["55284-4", "85354-9"])
def test_it_takes_both_pressures_of_a_panel(panel: str) -> None:
    parts = [
        {"code": coded(LOINC, "8462-4"), "valueQuantity": a_quantity(92, "mm[Hg]")},
        {"code": coded(LOINC, "8480-6"), "valueQuantity": a_quantity(164, "mm[Hg]")},
        {"code": coded(LOINC, "8478-0"), "valueQuantity": a_quantity(116, "mm[Hg]")},
    ]
    intake = taken_in(an_observation(panel, component=parts))
    assert (values(intake, "systolic_mmHg"), values(intake, "diastolic_mmHg")) == ([164], [92])
    assert intake.left == ()


def test_it_takes_item_nine_from_its_answer_or_its_number() -> None:
    answered = taken_in(
        an_observation("44260-8", valueCodeableConcept=coded(LOINC, "LA6570-1", "More than half the days"))
    )
    counted = taken_in(an_observation("44260-8", valueInteger=2))
    assert values(answered, "phq9_item9") == values(counted, "phq9_item9") == [2]


def test_it_leaves_a_saturation_with_oxygen_given() -> None:
    flow = {"code": coded(LOINC, "3151-8"), "valueQuantity": a_quantity(2, "L/min")}
    assert "oxygen given" in why_left(taken_in(an_observation("2708-6", 97, "%", component=[flow])))


def a_liver_test(code: str, value: float, high: float, *, unit: str = "U/L", **more: Any) -> dict[str, Any]:
    limits = [{"high": a_quantity(high, unit)}]
    return an_observation(code, value, "U/L", referenceRange=limits, **more)


def test_it_gives_a_liver_test_as_a_multiple_of_its_own_limit() -> None:
    intake = taken_in(a_liver_test("1742-6", 136, 40), a_liver_test("1920-8", 48, 40))
    assert (values(intake, "alt_x_uln"), values(intake, "ast_x_uln")) == (
        [Decimal("3.4000")],
        [Decimal("1.2000")],
    )


def test_it_does_not_mix_the_units_of_a_test_and_its_limit() -> None:
    assert "another unit" in why_left(taken_in(a_liver_test("1742-6", 136, 0.6, unit="ukat/L")))


PANEL = [a_liver_test(code, 20, 40) for code in ("1742-6", "1920-8", "6768-6", "2324-2")]
BILIRUBIN = an_observation("1975-2", 0.6, "mg/dL")


def test_it_dates_a_complete_liver_panel() -> None:
    assert values(taken_in(*PANEL, BILIRUBIN), "liver_panel_on") == [date(2026, 11, 20)]


@pytest.mark.parametrize("missing", range(5))
def test_it_does_not_date_a_panel_with_a_part_missing(missing: int) -> None:
    parts = [*PANEL, BILIRUBIN]
    del parts[missing]
    assert values(taken_in(*parts), "liver_panel_on") == []


def test_it_does_not_date_a_panel_sampled_on_two_days() -> None:
    later = {**BILIRUBIN, "effectiveDateTime": "2026-11-21"}
    assert values(taken_in(*PANEL, later), "liver_panel_on") == []


def test_it_lists_a_code_it_does_not_read() -> None:
    intake = taken_in(an_observation("718-7", 13, "g/dL"), an_observation("718-7", 14, "g/dL", id="o2"))
    assert [(row.code, row.count) for row in intake.unmapped] == [("718-7", 2)]
    assert len(intake.left) == 2


def test_it_reads_the_loinc_code_among_several_and_no_other_systems() -> None:
    both = {"coding": [{"system": "urn:local", "code": "W"}, {"system": LOINC, "code": "29463-7"}]}
    assert values(taken_in(an_observation("x", 72, "kg", code=both)), "weight_kg") == [72]
    spelt_alike = {"coding": [{"system": "urn:local", "code": "29463-7"}]}
    assert taken_in(an_observation("x", 72, "kg", code=spelt_alike)).taken == ()
    assert taken_in(an_observation("x", 72, "kg", code={"text": "weight"})).taken == ()
