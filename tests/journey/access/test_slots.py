"""Free times: inside the opening hours, with a free room, never over anything, on the clinic's wall."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.access.slots import (
    WORKING_DAYS,
    Hours,
    HoursUnreadable,
    Span,
    offers,
    open_span,
    within_hours,
)

CHICAGO = Hours(zone=ZoneInfo("America/Chicago"), by_weekday=WORKING_DAYS)
TUESDAY = date(2026, 11, 24)
OPEN = open_span(CHICAGO, TUESDAY)
EARLY = datetime(2026, 11, 23, tzinfo=UTC)


def span(start_min: int, minutes: int) -> Span:
    start = OPEN.starts_at + timedelta(minutes=start_min)
    return Span(starts_at=start, ends_at=start + timedelta(minutes=minutes))


def test_it_opens_on_the_clinics_wall_in_winter_and_in_summer():
    assert OPEN.starts_at == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    assert open_span(CHICAGO, date(2026, 7, 7)).starts_at == datetime(2026, 7, 7, 13, 0, tzinfo=UTC)


def test_it_is_closed_on_sunday_and_on_a_closed_day():
    closed = Hours(zone=CHICAGO.zone, by_weekday=WORKING_DAYS, closed_on=frozenset({"2026-11-26"}))
    assert open_span(CHICAGO, date(2026, 11, 22)) is None
    assert open_span(closed, date(2026, 11, 26)) is None


@pytest.mark.parametrize("told", [["8", "17:00"], ["08:00"], "08:00-17:00", [8, 17]])
def test_it_names_hours_it_cannot_read(told):
    with pytest.raises(HoursUnreadable, match="Tuesday"):
        open_span(Hours(zone=CHICAGO.zone, by_weekday={"1": told}), TUESDAY)


@pytest.mark.parametrize(
    ("start_min", "minutes", "inside"), [(0, 60, True), (480, 60, True), (481, 60, False), (-1, 60, False)]
)
def test_it_knows_what_lies_within(start_min, minutes, inside):
    assert within_hours(span(start_min, minutes), CHICAGO) is inside


def test_nothing_lies_within_a_closed_day():
    sunday = datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert not within_hours(Span(starts_at=sunday, ends_at=sunday + timedelta(hours=1)), CHICAGO)


def test_it_offers_the_first_free_room():
    found = offers(opened=OPEN, minutes=60, taken=[], rooms={7: [span(0, 60)], 9: []}, after=EARLY)
    assert [(o.span.starts_at, o.room) for o in found[:3]] == [
        (OPEN.starts_at, 9),
        (OPEN.starts_at + timedelta(minutes=30), 9),
        (OPEN.starts_at + timedelta(minutes=60), 7),
    ]


def test_it_offers_nothing_on_a_closed_day_without_a_room_or_in_the_past():
    assert offers(opened=None, minutes=60, taken=[], rooms={1: []}, after=EARLY) == []
    assert offers(opened=OPEN, minutes=60, taken=[], rooms={}, after=EARLY) == []
    assert offers(opened=OPEN, minutes=60, taken=[], rooms={1: []}, after=OPEN.ends_at) == []


@given(
    taken=st.lists(st.tuples(st.integers(-60, 540), st.integers(1, 200)), max_size=6),
    minutes=st.integers(15, 240),
)
def test_it_never_offers_over_anything(taken, minutes):
    busy = [span(start, length) for start, length in taken]
    for offer in offers(opened=OPEN, minutes=minutes, taken=busy, rooms={1: busy}, after=EARLY):
        assert not any(offer.span.overlaps(other) for other in busy)
        assert within_hours(offer.span, CHICAGO)
