"""Rules of the infusion as tables: what is due after how many minutes, what is too much, what is too late."""

from decimal import Decimal

import pytest

from ebbtide.journey.careplan.dosing import Field, figures
from ebbtide.journey.infusion.rules import (
    Ordered,
    broken_by_bolus,
    broken_by_gate,
    broken_by_rate,
    broken_by_time,
    broken_by_total,
    mg_words,
)
from ebbtide.journey.infusion.session import fold
from tests.journey.careplan.builders import STOP, a_step, an_order
from tests.journey.infusion.events import an_event, at


def d(text: str) -> Decimal:
    return Decimal(text)


def an_ordered(*steps) -> Ordered:
    return Ordered.of(figures(an_order(field=Field.RATE_MG_PER_H, steps=steps)))


RISING = an_ordered(a_step("20", 30), a_step("40", 30, stop_if=STOP))


@pytest.mark.parametrize(("flowed_min", "due"), [(0, "20"), (29.9, "20"), (30, "40"), (59, "40"), (90, "40")])
def test_it_knows_the_step_that_is_due(flowed_min, due):
    assert RISING.step_at(flowed_min).mg_per_h == d(due)
    assert (RISING.highest_mg_per_h, RISING.total_ug, RISING.minutes) == (d("40"), 30_000, 60)


@pytest.mark.parametrize(
    ("rate", "flowed_min", "reason", "broken"),
    [
        ("20", 0, "", None),
        ("10", 0, "", None),
        ("20.001", 0, "", "INF-RATE-SOFT"),
        ("20.001", 0, "  ", "INF-RATE-SOFT"),
        ("40", 0, "prescriber here", None),
        ("40", 30, "", None),
        ("40.001", 30, "prescriber here", "INF-RATE-HARD"),
    ],
)
def test_it_judges_a_rate(rate, flowed_min, reason, broken):
    found = broken_by_rate(d(rate), ordered=RISING, flowed_min=flowed_min, reason=reason)
    assert (found and found.rule) == broken


def test_it_gives_no_bolus_without_one_in_the_order():
    found = broken_by_bolus(d("1"), ordered=RISING, state=fold([]), reason="x")
    assert found is not None
    assert found.rule == "INF-BOLUS-NONE"


@pytest.mark.parametrize(
    ("given_ug", "broken"), [(29_999, None), (30_000, "INF-TOTAL"), (31_000, "INF-TOTAL")]
)
def test_it_ends_with_the_ordered_dose(given_ug, broken):
    found = broken_by_total(ordered=RISING, given_ug=given_ug)
    assert (found and found.rule) == broken


@pytest.mark.parametrize(
    ("passed_at", "newest", "broken"),
    [
        (None, False, "INF-GATE"),
        (at(0), False, "INF-GATE"),
        (at(0), True, None),
        (at(-60), True, None),
        (at(-60.1), True, "INF-GATE-OLD"),
        (at(1), True, "INF-GATE-OLD"),
    ],
)
def test_it_counts_the_newest_gate_for_an_hour(passed_at, newest, broken):
    found = broken_by_gate(passed_at=passed_at, newest_passed=newest, observed_at=at(0))
    assert (found and found.rule) == broken


@pytest.mark.parametrize(
    ("observed", "recorded", "broken"),
    [(0, 0, None), (1, 0, None), (1.1, 0, "INF-FUTURE"), (-0.1, 0, "INF-BEFORE"), (1441, 1441, "INF-AFTER")],
)
def test_it_bounds_the_time_of_an_entry(observed, recorded, broken):
    found = broken_by_time(observed_at=at(observed), recorded_at=at(recorded), opened_at=at(0))
    assert (found and found.rule) == broken


def test_it_says_an_amount():
    assert [mg_words(ug) for ug in (0, 1, 12_500, 35_000)] == ["0 mg", "0.001 mg", "12.5 mg", "35 mg"]
    assert an_event("start", rate_mg_per_h="20").rate_mg_per_h == 20
