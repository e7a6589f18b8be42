"""Relief over days: weekly means that need four days, a responder in three parts, durability with its censoring."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.evidence.relief import baseline, durability, is_responder, relief_percent, week_mean

END = date(2026, 6, 5)


def on(day: int) -> date:
    return END + timedelta(days=day)


def daily(*values: int | None) -> dict[date, Decimal]:
    return {on(n): Decimal(value) for n, value in enumerate(values) if value is not None}


@pytest.mark.parametrize(
    ("values", "mean", "lowest", "highest"),
    [
        ([4, 4, 4, 4, 4, 4, 4], "4.00", 4, 4),
        ([2, None, 4, None, 6, None, 8], "5.00", 2, 8),
        ([None, None, None, 7, 6, 7, 7], "6.75", 6, 7),
        ([None, None, None, None, 6, 7, 7], None, None, None),
        ([0, 0, 0, 0, 0, 0, 0], "0.00", 0, 0),
    ],
)
def test_a_weekly_mean_needs_four_of_seven_days(values, mean, lowest, highest) -> None:
    found = week_mean(daily(*values), ending_on=on(6))
    assert (found and str(found.mean)) == mean
    if found is not None:
        assert (found.lowest, found.highest) == (lowest, highest)


def test_the_baseline_ends_on_the_day_before() -> None:
    found = baseline(daily(8, 8, 8, 8, 8, 8, 8, 1), first_on=on(7))
    assert found is not None
    assert (found.mean, found.day, found.days) == (8, on(6), 7)


@pytest.mark.parametrize(
    ("before", "after", "percent"),
    [("8", "4", "50.00"), ("6", "4", "33.33"), ("5", "6", "-20.00"), ("0", "0", None)],
)
def test_relief_in_percent(before, after, percent) -> None:
    found = relief_percent(Decimal(before), Decimal(after))
    assert found == (None if percent is None else Decimal(percent))


@pytest.mark.parametrize(
    ("before", "after", "pgic", "found"),
    [
        ("8", "4", 2, True),
        ("8", "4", 1, True),
        ("8", "4", 3, False),
        ("8", "6", 2, False),  # 25 %
        ("5", "3.5", 2, False),  # 30 %, and only 1.5 points
        ("8", "4", None, None),
        ("8", "7", None, False),
        (None, "4", 2, None),
        ("8", None, 4, False),
        ("0", "0", 2, False),
    ],
)
def test_a_responder_keeps_all_three_parts(before, after, pgic, found) -> None:
    numbers = [None if text is None else Decimal(text) for text in (before, after)]
    assert is_responder(before=numbers[0], after=numbers[1], change_impression=pgic) is found


def lasted(*readings: tuple[int, str], next_on: int | None = None, before: str = "8"):
    found = durability(
        [(on(day), Decimal(value)) for day, value in readings],
        before=Decimal(before),
        ended_on=END,
        next_on=None if next_on is None else on(next_on),
    )
    return None if found is None else (found.days, found.returned)


def test_durability_counts_to_the_first_day_of_seven_days_back() -> None:
    good = [(day, "3") for day in range(1, 20)]
    back = [(day, "6.4") for day in range(20, 27)]
    assert lasted(*good, *back) == (20, True)
    assert lasted(*good, *back[:-1]) == (25, False)  # six days are not seven
    assert lasted(*good, *back[:3], (23, "3"), *[(day, "7") for day in range(24, 31)]) == (24, True)


def test_durability_reads_weekly_values_and_stops_at_a_hole() -> None:
    assert lasted((7, "3"), (14, "7"), (21, "7")) == (14, True)
    assert lasted((7, "3"), (14, "7"), (30, "7")) == (30, False)
    assert lasted((7, "3"), (14, "7"), (30, "7"), (37, "7")) == (30, True)


def test_durability_is_censored_by_the_next_infusion() -> None:
    assert lasted((7, "3"), (14, "7"), (21, "7"), next_on=20) == (14, False)
    assert lasted((0, "8"), (-3, "8")) is None
    assert lasted() is None


@given(
    st.lists(st.tuples(st.integers(-5, 120), st.integers(0, 10)), max_size=40, unique_by=lambda one: one[0])
)
def test_relief_never_lasts_longer_than_it_was_watched(readings) -> None:
    found = lasted(*[(day, str(value)) for day, value in readings])
    watched = [day for day, _ in readings if day > 0]
    assert (found is None) == (not watched)
    if found is not None:
        assert 0 < found[0] <= max(watched)
        if not found[1]:
            assert found[0] == max(watched)
