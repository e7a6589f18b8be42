"""Vendors' habits: each, sent through the real reader, ends in the same readings or in "no data"."""

from datetime import UTC, datetime, timedelta

import pytest

from ebbtide.doors.hl7v2.reading import read
from ebbtide.journey.infusion.arrivals import Reason
from ebbtide.journey.infusion.checks.core import State, run
from ebbtide.journey.infusion.checks.inputs import Bound, Plan, Sample, Tick
from ebbtide.journey.infusion.checks.limits import default_limits
from ebbtide.twin.monitors.habits import PLAIN, Habit, habit_named, the_habits
from ebbtide.twin.monitors.messages import report, sent

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
KEY = "SIM-CHAIR-1"
WHOLE = {"hr": 72.0, "pulse": 73.0, "spo2": 98.0, "rr": 14.0, "etco2": 38.0, "sbp": 124.0, "dbp": 77.0, "map": 93.0, "temp": 36.6}  # fmt: skip
ABSENT = {"hr": None, "spo2": None, "pulse": 0.0, "etco2": None, "rr": 0.0, "sbp": None, "temp": None}
HABITS = list(the_habits())
PLAN = Plan(limits=default_limits(), live_on=True, monitors=(Bound(device=KEY, bound_s=AT.timestamp()),))


def heard(name, values, at=AT):
    return read(report(KEY, 1, at, values, habit_named(name)), AT)


def as_read(name, values):
    return {one.signal: (one.state, one.value) for one in heard(name, values).samples}


@pytest.mark.parametrize("name", HABITS)
def test_every_habit_ends_in_the_same_readings(name):
    found = as_read(name, WHOLE)
    assert {state for state, _ in found.values()} == {"value"}
    assert {signal: value for signal, (_, value) in found.items()} == pytest.approx(WHOLE, abs=0.06)


@pytest.mark.parametrize("name", HABITS)
def test_no_habit_makes_a_reading_of_what_has_no_value(name):
    assert as_read(name, ABSENT) == {
        "hr": ("no_data", None),
        "spo2": ("no_data", None),
        "pulse": ("probe_off", None),
        "etco2": ("no_data", None),
        "rr": ("value", 0.0),  # no breath is a finding, in every vendor's words
        "sbp": ("no_data", None),
        "temp": ("no_data", None),
    }


@pytest.mark.parametrize("name", HABITS)
def test_no_habit_is_taken_for_another_device_or_set_aside(name):
    found = heard(name, WHOLE)
    assert {one.device_key for one in found.samples} == {KEY}
    odd = {one.reason for one in found.set_aside}
    assert odd == ({Reason.CLOCK_AHEAD} if name == "clock-ahead" else set())


@pytest.mark.parametrize(
    ("name", "observed_at"),
    [
        *((name, AT) for name in HABITS if name != "clock-behind"),
        ("clock-behind", AT - timedelta(seconds=40)),
    ],
)
def test_a_clock_that_is_ahead_never_keeps_a_value_alive(name, observed_at):
    """A reading from the future counts from its arrival; one from a slow clock is as old as it says."""
    assert {one.observed_at for one in heard(name, WHOLE).samples} == {observed_at}


def wire(name, rows):
    """The messages of some seconds in the order in which they arrive."""
    habit = habit_named(name)
    told = [
        (second + one.after_s, one.message)
        for second, row in enumerate(rows)
        for one in sent(KEY, second, AT + timedelta(seconds=second), row, habit)
    ]
    return sorted(told, key=lambda one: one[0])


def conditions_after(name, rows):
    """What the checks say in the end of what came over the wire, a tick a second."""
    state, told, waiting = State(), [], wire(name, rows)
    for second in range(len(rows) + 8):
        at = AT + timedelta(seconds=second)
        arrived = [message for when, message in waiting if when == second]
        given = [
            Sample(at_s=s.observed_at.timestamp(), device=KEY, signal=s.signal, value=s.value, state=s.state, received_s=at.timestamp())
            for message in arrived
            for s in read(message, at).samples
        ]  # fmt: skip
        state, events = run(PLAN, state, [*given, Tick(at_s=at.timestamp())])
        told += events
    return {(one.limit, one.key) for one in told if one.said == "raised"}


FALLING = [{"spo2": 98.0 if second < 10 else 84.0, "hr": 72.0} for second in range(45)]


@pytest.mark.parametrize("name", ["twice", "late", "other-separators", "no-status", "worst"])
def test_copies_and_delays_raise_what_a_plain_monitor_raises_and_nothing_more(name):
    plain = conditions_after("plain", FALLING)
    assert {limit for limit, _ in plain} == {"CHK-SPO2"}
    assert conditions_after(name, FALLING) == plain


def test_late_messages_really_come_after_those_that_follow_them():
    numbers = [message.split(b"|")[9] for _, message in wire("late", FALLING)]
    assert numbers != sorted(numbers, key=lambda n: int(n.rsplit(b"-", 1)[1]))
    assert len(wire("twice", FALLING)) == 2 * len(FALLING)


def test_the_plain_one_is_the_default_and_an_unknown_one_is_refused_with_what_there_is():
    assert habit_named("plain").words
    assert report(KEY, 1, AT, WHOLE) == report(KEY, 1, AT, WHOLE, habit_named("plain"))
    assert PLAIN.copies == 1
    with pytest.raises(ValueError, match="There are: plain, minus-999"):
        habit_named("odd")


def test_separators_that_stand_in_the_message_are_refused():
    with pytest.raises(ValueError, match="choose other signs"):
        report(KEY, 1, AT, WHOLE, Habit(signs="M^~\\&"))
