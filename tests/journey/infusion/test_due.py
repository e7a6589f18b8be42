"""When a check is due: pressure closely after each change of rate, then every 15 min; RASS and pain on their own clocks."""

import pytest

from ebbtide.journey.infusion.due import dues
from ebbtide.journey.infusion.session import fold
from tests.journey.infusion.events import an_event, at

START = an_event("start", 0, rate_mg_per_h="60")


def pressure(minutes):
    return an_event("observation", minutes, sbp_mmHg="120", dbp_mmHg="80")


@pytest.mark.parametrize(
    ("events", "now", "due"),
    [
        ([START], 1, 5),
        ([START, pressure(5)], 6, 10),
        ([START, pressure(14)], 14.5, 19),
        ([START, pressure(16)], 17, 31),
        ([START, pressure(16), an_event("rate_decrease", 20, rate_mg_per_h="30")], 21, 21),
        ([START, pressure(2), an_event("pause", 3)], 4, 17),
    ],
)
def test_it_asks_for_the_next_pressure(events, now, due):
    found = {one.what: one.due_at for one in dues(fold(events), at=at(now))}
    assert found["pressure"] == at(due)


def test_it_asks_for_scales_and_says_what_is_overdue():
    found = dues(fold([START, an_event("scale", 10, name="RASS", value="0")]), at=at(27))
    assert [(one.what, one.due_at, one.overdue(at(27))) for one in found] == [
        ("pressure", at(15), True),
        ("RASS", at(25), True),
        ("NRS11", at(30), False),
    ]


@pytest.mark.parametrize("before", [[], [START]])
def test_it_says_when_a_person_must_be_back_on_the_monitor(before):
    """Off the monitor has an end: nobody forgets the probe on the table."""
    off = an_event("off_monitor", 2, reason="toilet", for_min=3)
    found = {one.what: one for one in dues(fold([*before, off]), at=at(6))}
    assert (found["off_monitor"].due_at, found["off_monitor"].overdue(at(6))) == (at(5), True)
    unsaid = {one.what: one.due_at for one in dues(fold([an_event("off_monitor", 2, reason="x")]), at=at(3))}
    assert unsaid == {"off_monitor": at(7)}
    back = an_event("back_on_monitor", 4)
    assert "off_monitor" not in {one.what for one in dues(fold([*before, off, back]), at=at(6))}


@pytest.mark.parametrize("events", [[], [START, an_event("stop", 40)]])
def test_it_asks_for_nothing_before_the_start_and_after_the_stop(events):
    assert dues(fold(events), at=at(50)) == ()
