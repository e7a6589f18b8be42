"""The vocabulary: which names exist, and what each may hold."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ebbtide.evidence.errors import InputUnknown, ValueRefused
from ebbtide.evidence.vocabulary import check_value, input_spec, vocabulary

GOOD = [
    ("age_years", 40),
    ("systolic_mmHg", Decimal("129.9")),
    ("systolic_mmHg", 129.9),
    ("bladder_check_change", -4),
    ("last_relief_percent", -25),
    ("phq9_item9", 3),
    ("route", "iv"),
    ("order_date", date(2027, 1, 1)),
    ("mood_goal", False),
    ("problems", "hypertension"),
    ("problems", ["hypertension", "dementia"]),
    ("problems", frozenset()),
    ("medication_classes", ("opioid",)),
    ("weight_kg", Decimal("72.5")),
    ("birth_date", date(1993, 5, 21)),
    ("last_solids_at", datetime(2026, 11, 23, 7, tzinfo=UTC)),
    ("condition", "Chronic pain"),
]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_it_takes_what_the_vocabulary_allows(name: str, value: object) -> None:
    check_value(name, value)


BAD = [
    ("age_years", True),
    ("age_years", "40"),
    ("age_years", -1),
    ("age_years", 131),
    ("age_years", float("nan")),
    ("age_years", float("inf")),
    ("age_years", Decimal("NaN")),
    ("spo2_room_air_percent", 0),
    ("spo2_room_air_percent", 101),
    ("phq9_item9", 4),
    ("phq9_total", 12.5),
    ("hours_since_solids", -0.1),
    ("route", "by post"),
    ("route", 3),
    ("order_date", datetime(2027, 1, 1, tzinfo=UTC)),
    ("order_date", "2027-01-01"),
    ("mood_goal", 1),
    ("problems", ["hypertension", "gout"]),
    ("last_solids_at", datetime(2026, 11, 23, 7)),
    ("condition", ""),
    ("condition", "x" * 301),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_it_refuses_what_the_vocabulary_does_not_allow(name: str, value: object) -> None:
    with pytest.raises(ValueRefused):
        check_value(name, value)


def test_it_refuses_another_unit() -> None:
    check_value("weight_kg", 72, unit="kg")
    with pytest.raises(ValueRefused, match="Enter the value in that unit"):
        check_value("weight_kg", 158, unit="lb")
    with pytest.raises(ValueRefused, match="no unit"):
        check_value("route", "iv", unit="kg")


def test_it_refuses_an_undeclared_name() -> None:
    with pytest.raises(InputUnknown, match="shoe_size"):
        check_value("shoe_size", 42)


def test_it_does_not_repeat_what_a_patient_may_have_said() -> None:
    for name in ("route", "condition"):
        with pytest.raises(ValueRefused) as refused:
            check_value(name, "my sister Ann told me " * 20)
        assert "Ann" not in str(refused.value)


def test_it_says_which_record_feeds_which_input() -> None:
    assert input_spec("weight_kg").feeds == "weight_age_days"
    assert input_spec("weight_age_days").derived_from == "weight_kg"
    assert input_spec("weight_kg").record_only
    assert not input_spec("weight_age_days").record_only
    assert "problems" in vocabulary()
