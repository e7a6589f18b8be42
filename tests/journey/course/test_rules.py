"""The rules of the course as tables: states, hours, gaps, orders."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pytest

from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.course.models import SeriesStatus
from ebbtide.journey.course.rules import (
    OpeningHours,
    OrderState,
    Pattern,
    SeriesState,
    Times,
    VisitState,
    broken_by_change,
    broken_by_days,
    broken_by_order,
    broken_by_series,
    broken_by_visit,
    chair_minutes,
    days_for_visit,
    gap_words,
    series_may_become,
    visit_may_become,
)

AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
HOURS = OpeningHours(
    zone="UTC",
    by_weekday={d: (time(8), time(17)) for d in range(5)},
    closed_on=frozenset({date(2026, 11, 26)}),
)
PATTERN = Pattern(infusions=3, gap_days_min=1, gap_days_max=3, chair_min=60, span_days_max=5)
GOOD = OrderState(
    infusions=5,
    has_gap=True,
    signed=True,
    withdrawn=False,
    replaced=False,
    booked=False,
    episode_open=True,
    patient_lives=True,
)


def on(day, hour=9, minutes=60):
    start = datetime(2026, 11, day, hour, tzinfo=UTC)
    return Times(starts_at=start, ends_at=start + timedelta(minutes=minutes))


@pytest.mark.parametrize(("old", "new"), list(product(VisitState, VisitState)))
def test_the_states_of_a_visit(old, new):
    allowed = {("booked", "booked"), ("booked", "cancelled"), ("booked", "done")}
    assert visit_may_become(old, new) is ((old, new) in allowed)


@pytest.mark.parametrize(("old", "new"), list(product(SeriesState, SeriesState)))
def test_the_states_of_a_series(old, new):
    assert series_may_become(old, new) is ((old, new) == ("booked", "cancelled"))


def test_the_states_are_those_of_the_record():
    assert {s.value for s in VisitState} == set(VisitStatus.values)
    assert {s.value for s in SeriesState} == set(SeriesStatus.values)


@pytest.mark.parametrize(
    ("times", "rule"),
    [
        (on(25), None),
        (on(23, hour=15), "COU-PAST"),
        (on(25, minutes=59), "COU-LENGTH"),
        (on(25, hour=23, minutes=120), "COU-MIDNIGHT"),
        (on(26), "COU-CLOSED"),
        (on(28), "COU-CLOSED"),
        (on(25, hour=7), "COU-HOURS"),
        (on(25, hour=16, minutes=61), "COU-HOURS"),
        (on(25, hour=16), None),
    ],
)
def test_one_visit_by_itself(times, rule):
    broken = broken_by_visit(times, pattern=PATTERN, hours=HOURS, at=AT)
    assert (broken and broken.rule) == rule


@pytest.mark.parametrize(
    ("days", "rule"),
    [
        ([24, 25, 27], None),
        ([24, 25], "COU-COUNT"),
        ([24, 24, 25], "COU-GAP"),
        ([23, 24, 25], "COU-PAST"),
        ([25, 24, 27], "COU-GAP"),
        ([24, 27, 30], "COU-SPAN"),
        ([24, 25, 30], "COU-GAP"),
    ],
)
def test_a_whole_series(days, rule):
    broken = broken_by_series([on(day) for day in days], pattern=PATTERN, hours=HOURS, at=AT)
    assert (broken and broken.rule) == rule


def test_a_cancelled_visit_leaves_room_for_its_gap():
    days = {1: date(2026, 11, 24), 3: date(2026, 11, 28)}
    assert broken_by_days(days, pattern=PATTERN) is None
    assert broken_by_days({**days, 3: date(2026, 12, 1)}, pattern=PATTERN).rule == "COU-GAP"
    assert broken_by_days({}, pattern=PATTERN) is None


def test_the_gap_is_said_in_words():
    broken = broken_by_days(
        {1: date(2026, 11, 24), 2: date(2026, 11, 24)}, pattern=replace(PATTERN, gap_days_max=1)
    )
    assert broken.sentence == (
        "Visit 2 on Tue 24 Nov 2026 is 0 days after visit 1. The order asks for 1 day between visits: choose another day."
    )
    assert gap_words(PATTERN) == "1 to 3 days"


def test_the_days_one_visit_may_have():
    others = {1: date(2026, 11, 24), 3: date(2026, 11, 27)}
    found = days_for_visit(2, others, pattern=PATTERN, around=date(2026, 11, 25))
    assert found == [date(2026, 11, 25), date(2026, 11, 26)]
    assert len(days_for_visit(1, {}, pattern=PATTERN, around=date(2026, 11, 25))) == 15


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({}, None),
        ({"signed": False}, "COU-SIGNED"),
        ({"withdrawn": True}, "COU-WITHDRAWN"),
        ({"replaced": True}, "COU-REPLACED"),
        ({"booked": True}, "COU-BOOKED"),
        ({"episode_open": False}, "COU-EPISODE"),
        ({"patient_lives": False}, "COU-DECEASED"),
        ({"has_gap": False}, "COU-NOGAP"),
        ({"has_gap": False, "infusions": 1}, None),
    ],
)
def test_which_orders_can_be_placed(change, rule):
    broken = broken_by_order(replace(GOOD, **change))
    assert (broken and broken.rule) == rule


@pytest.mark.parametrize(
    ("old", "new", "hours_ahead", "rule"),
    [
        (VisitState.BOOKED, VisitState.BOOKED, 1, None),
        (VisitState.BOOKED, VisitState.CANCELLED, 1, None),
        (VisitState.BOOKED, VisitState.BOOKED, 0, "COU-BEGUN"),
        (VisitState.CANCELLED, VisitState.BOOKED, 1, "COU-STATE"),
        (VisitState.DONE, VisitState.CANCELLED, 1, "COU-STATE"),
    ],
)
def test_which_visits_can_be_changed(old, new, hours_ahead, rule):
    broken = broken_by_change(old, new, starts_at=AT + timedelta(hours=hours_ahead), at=AT)
    assert (broken and broken.rule) == rule


@pytest.mark.parametrize(("infusion_min", "expected_min"), [(40, 85), (119, 164), (120, 195), (240, 315)])
def test_how_long_a_chair_is_needed(infusion_min, expected_min):
    assert (
        chair_minutes(infusion_min=infusion_min, setup_min=15, recovery_min=30, recovery_long_min=60)
        == expected_min
    )
