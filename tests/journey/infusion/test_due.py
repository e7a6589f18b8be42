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


@pytest.mark.parametrize("events", [[], [START, an_event("stop", 40)]])
def test_it_asks_for_nothing_before_the_start_and_after_the_stop(events):
    assert dues(fold(events), at=at(50)) == ()
