"""Dated facts and a moment in, ages out."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.evidence.derive import (
    Pressure,
    age_years,
    confirmed_pressure,
    days_since,
    hours_since,
    latest_values,
    to_inputs,
)
from ebbtide.evidence.errors import InputUnknown
from ebbtide.evidence.interactions import load_interactions
from ebbtide.evidence.readings import InputValue
from tests.evidence.builders import NOON, a_list, a_value, hours_ago, pack


def derived(*facts: InputValue, as_of: datetime = NOON) -> dict[str, InputValue]:
    return to_inputs(
        {fact.name: fact for fact in facts}, pack=pack(), interactions=load_interactions(), as_of=as_of
    )


@pytest.mark.parametrize(
    ("born_on", "on", "years"),
    [
        (date(2000, 11, 23), date(2018, 11, 22), 17),
        (date(2000, 11, 23), date(2018, 11, 23), 18),
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
    ],
)
def test_it_counts_completed_years(born_on: date, on: date, years: int) -> None:
    assert age_years(born_on=born_on, on=on) == years


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 40000))
def test_it_never_grows_younger(born_on: date, days: int) -> None:
    on = born_on + timedelta(days=days)
    assert 0 <= age_years(born_on=born_on, on=on) <= age_years(born_on=born_on, on=on + timedelta(days=1))


def test_it_counts_days_and_hours() -> None:
    assert days_since(day=date(2026, 11, 20), as_of=NOON) == 3
    assert hours_since(at=NOON - timedelta(minutes=90), as_of=NOON) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("fact", "value", "name", "expected"),
    [
        ("birth_date", date(1993, 5, 21), "age_years", 33),
        ("vascular_event_on", date(2026, 8, 25), "days_since_vascular_event", 90),
        ("ecg_on", date(2026, 11, 23), "ecg_age_days", 0),
        ("liver_panel_on", date(2026, 11, 11), "lft_age_days", 12),
        ("urinalysis_on", date(2026, 10, 24), "urinalysis_age_days", 30),
        ("maoi_stopped_on", date(2026, 11, 9), "days_since_maoi", 14),
        ("long_course_ended_on", date(2026, 11, 7), "days_since_long_course", 16),
        ("last_solids_at", NOON - timedelta(hours=6), "hours_since_solids", 6),
        ("last_clear_fluid_at", NOON - timedelta(minutes=90), "hours_since_clear_fluid", 1.5),
    ],
)
def test_it_turns_a_date_into_an_age(fact: str, value: object, name: str, expected: float) -> None:
    inputs = derived(a_value(fact, value))
    assert inputs[name].value == pytest.approx(expected)
    assert inputs[name].origin.startswith("computed from")
    assert fact not in inputs


def test_it_counts_a_weight_from_when_it_was_measured() -> None:
    weight = a_value("weight_kg", 72, at=hours_ago(24 * 40))
    assert derived(weight)["weight_age_days"].value == 40
    assert "weight_age_days" not in derived(a_value("weight_kg", 72, at=None))


def test_it_counts_a_pregnancy_test_from_when_it_was_done() -> None:
    inputs = derived(a_value("pregnancy_test_result", "negative", at=hours_ago(3)))
    assert inputs["pregnancy_test_age_h"].value == pytest.approx(3)
    assert "pregnancy_test_age_h" not in derived(a_value("pregnancy_test_result", "negative", at=None))


def test_it_leaves_out_an_age_below_zero() -> None:
    assert "ecg_age_days" not in derived(a_value("ecg_on", date(2026, 12, 1)))
    assert "age_years" not in derived(a_value("birth_date", date(2027, 1, 1)))


def test_it_replaces_a_typed_age() -> None:
    inputs = derived(a_value("ecg_age_days", 3), a_value("ecg_on", date(2026, 10, 24)))
    assert inputs["ecg_age_days"].value == 30


def test_it_compares_two_bladder_checks() -> None:
    now, before = a_value("bladder_check_total", 7), a_value("bladder_check_baseline", 3)
    assert derived(now, before)["bladder_check_change"].value == 4
    assert "bladder_check_change" not in derived(now)


SEDATIVES = [
    (["opioid", "methadone"], 1),
    (["methadone"], 1),
    (["buprenorphine", "methadone"], 1),
    (["opioid", "benzodiazepine"], 2),
    (["buprenorphine", "gabapentinoid", "alcohol"], 3),
    (["antihypertensive", "insulin"], 0),
    ([], 0),
]


@pytest.mark.parametrize(("classes", "count"), SEDATIVES)
def test_it_counts_each_sedating_class_once(classes: list[str], count: int) -> None:
    assert derived(a_list("medication_classes", classes))["cns_depressant_class_count"].value == count


@pytest.mark.parametrize(("classes", "count"), SEDATIVES)
def test_it_gives_no_low_count_over_an_open_list(classes: list[str], count: int) -> None:
    inputs = derived(a_list("medication_classes", classes, confirmed=False, confirmed_at=None))
    found = inputs.get("cns_depressant_class_count")
    assert (found.value if found else None) == (count if count >= 2 else None)
    assert found is None or not found.confirmed


def test_it_refuses_a_name_outside_the_vocabulary() -> None:
    with pytest.raises(InputUnknown, match="shoe_size"):
        derived(InputValue(name="shoe_size", value=42))


def test_it_takes_the_latest_value_of_each_name() -> None:
    values = [
        a_value("phq9_total", 5, at=None),
        a_value("phq9_total", 12, at=hours_ago(48)),
        a_value("phq9_total", 9, at=hours_ago(50)),
        a_value("phq9_total", 27, at=NOON + timedelta(hours=1)),
        a_value("route", "iv", at=None),
    ]
    latest = latest_values(values, as_of=NOON)
    assert (latest["phq9_total"].value, latest["route"].value) == (12, "iv")


def test_it_takes_the_later_recorded_of_two_at_one_time() -> None:
    values = [a_value("phq9_total", 5), a_value("phq9_total", 6)]
    assert latest_values(values, as_of=NOON)["phq9_total"].value == 6


def reading(systolic: int, diastolic: int, minute: int) -> Pressure:
    at = datetime(2026, 11, 23, 9, minute, tzinfo=UTC)
    return Pressure(systolic_mmHg=systolic, diastolic_mmHg=diastolic, at=at)


@pytest.mark.parametrize(
    ("readings", "stands"),
    [
        ([], None),
        ([reading(128, 80, 0)], 0),
        ([reading(150, 80, 0)], None),
        ([reading(128, 92, 0)], None),
        ([reading(150, 80, 0), reading(148, 82, 4)], None),
        ([reading(150, 80, 0), reading(148, 82, 5)], 1),
        ([reading(150, 80, 0), reading(148, 82, 10)], 1),
        ([reading(150, 80, 0), reading(148, 82, 11)], None),
        ([reading(150, 80, 0), reading(128, 82, 11)], 1),
    ],
)
def test_it_waits_for_the_second_reading_of_a_raised_pressure(
    readings: list[Pressure], stands: int | None
) -> None:
    found = confirmed_pressure(reversed(readings), check_systolic_mmHg=140, check_diastolic_mmHg=90)
    assert found == (None if stands is None else readings[stands])
