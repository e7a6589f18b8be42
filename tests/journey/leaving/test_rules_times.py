"""Times of the leaving: the observation clock, driving by the wall, when what may be recorded."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.leaving.rules import (
    Due,
    NotYet,
    Phase,
    check_observation,
    due_words,
    next_observation,
    no_driving_until,
)

STOP = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)
ZONES = [
    "America/Chicago",
    "America/New_York",
    "America/Phoenix",
    "Pacific/Auckland",
    "Asia/Kathmandu",
    "UTC",
]


def wall(zone, *parts):
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("observed", "now", "minutes", "words"),
    [
        (None, 0, 15, "next in 15 min"),
        (None, 3, 12, "next in 12 min"),
        (None, 15, 0, "due now"),
        (None, 18, -3, "late by 3 min"),
        (10, 12, 13, "next in 13 min"),
        (-30, 12, 3, "next in 3 min"),  # a baseline starts no clock
    ],
)
def test_the_observation_clock(observed, now, minutes, words):
    seen = None if observed is None else STOP + observed * MIN
    due = next_observation(stopped_at=STOP, observed_at=seen, at=STOP + now * MIN)
    assert (due.minutes, due_words(due), due.late) == (minutes, words, minutes < 0)


def test_h35_an_overdue_observation_is_late_within_60_s():
    due_at = STOP + 15 * MIN
    assert not next_observation(stopped_at=STOP, observed_at=None, at=due_at).late
    assert next_observation(stopped_at=STOP, observed_at=None, at=due_at + timedelta(seconds=60)).late


@pytest.mark.parametrize(
    ("left", "day"),
    [
        (("America/Chicago", 2026, 11, 23, 11, 40), date(2026, 11, 24)),
        (("America/Chicago", 2026, 11, 23, 23, 59), date(2026, 11, 24)),
        (("America/Chicago", 2026, 11, 24, 0, 1), date(2026, 11, 25)),  # after midnight: a whole night ahead
        (("America/Chicago", 2026, 12, 31, 16, 0), date(2027, 1, 1)),
        (("America/Chicago", 2027, 3, 13, 17, 0), date(2027, 3, 14)),  # the clocks go forward in the night
        (("America/Chicago", 2026, 10, 31, 17, 0), date(2026, 11, 1)),  # and back
        (("America/Chicago", 2028, 2, 28, 17, 0), date(2028, 2, 29)),
    ],
)
def test_nobody_drives_until_eight_on_the_next_day_of_the_clinics_wall(left, day):
    found = no_driving_until(wall(*left), zone=left[0])
    assert (found.on, found.at, found.zone) == (day, time(8), left[0])


def test_the_day_is_the_clinics_and_not_the_one_in_utc():
    late = wall("America/Chicago", 2026, 11, 23, 19, 0)  # in UTC it is the 24th already
    assert late.date() == date(2026, 11, 24)
    assert no_driving_until(late, zone="America/Chicago").on == date(2026, 11, 24)


@pytest.mark.parametrize(("asked", "given_"), [(time(10), time(10)), (time(8), time(8)), (time(5), time(8))])
def test_a_clinic_may_say_later_and_never_earlier(asked, given_):
    assert no_driving_until(STOP, zone="UTC", drive_from=asked).at == given_


def test_it_is_said_as_a_clock_on_the_wall():
    assert str(no_driving_until(STOP, zone="America/Chicago")) == "Tuesday 24 November 2026, 08:00"


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.sampled_from(ZONES))
def test_a_night_lies_between_leaving_and_driving(left, zone):
    left_at = left.replace(tzinfo=UTC)
    until = no_driving_until(left_at, zone=zone)
    local = left_at.astimezone(ZoneInfo(zone))
    assert until.on == local.date() + timedelta(days=1)
    drives_at = datetime.combine(until.on, until.at, tzinfo=ZoneInfo(zone))
    assert drives_at.astimezone(UTC) - left_at >= timedelta(hours=7)
    # the hours of sleep lie between: from midnight to eight, whatever the clocks do
    assert local.date() < until.on


@pytest.mark.parametrize(
    ("phase", "started", "stopped", "seen", "rule"),
    [
        ("baseline", False, None, -60, None),
        ("baseline", True, None, -60, "LEA-BASELINE"),
        ("recovery", False, None, 0, "LEA-RUNNING"),
        ("recovery", True, None, 0, "LEA-RUNNING"),
        ("recovery", True, 0, 5, None),
        ("recovery", True, 0, -1, "LEA-BEFORE"),
        ("recovery", True, 0, 61, "LEA-FUTURE"),
    ],
)
def test_when_an_observation_may_be_recorded(phase, started, stopped, seen, rule):
    told = {
        "started": started,
        "stopped_at": None if stopped is None else STOP,
        "observed_at": STOP + seen * MIN,
        "recorded_at": STOP + 60 * MIN,
    }
    if rule is None:
        check_observation(Phase(phase), **told)
        return
    with pytest.raises(NotYet) as refused:
        check_observation(Phase(phase), **told)
    assert refused.value.rule == rule


def test_a_due_time_is_kept_beside_its_minutes():
    assert next_observation(stopped_at=STOP, observed_at=None, at=STOP) == Due(at=STOP + 15 * MIN, minutes=15)
