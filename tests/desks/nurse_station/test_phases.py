"""Off the monitor by the newest word on it: a timer of its own length, never longer than the data file allows."""

from datetime import timedelta
from uuid import UUID

import pytest

from ebbtide.desks.nurse_station.phases import off_monitor
from ebbtide.journey.infusion.events import Event, Kind
from ebbtide.journey.infusion.session import fold
from tests.builders import NOW

MIN = timedelta(minutes=1)


def event(kind, minute, **values):
    at = NOW + minute * MIN
    return Event(id=UUID(int=minute + 1), kind=kind, observed_at=at, recorded_at=at, values=values)


@pytest.mark.parametrize(
    ("events", "until_min"),
    [
        ([], None),
        ([event(Kind.OFF_MONITOR, 3, reason="toilet", for_min=8)], 11),
        ([event(Kind.OFF_MONITOR, 3, reason="toilet")], 8),
        ([event(Kind.OFF_MONITOR, 3, reason="toilet", for_min=25)], 13),
        ([event(Kind.OFF_MONITOR, 3, reason="toilet"), event(Kind.BACK_ON_MONITOR, 5)], None),
        ([event(Kind.OFF_MONITOR, 3, reason="toilet"), event(Kind.STOP, 5)], None),
    ],
)
def test_it_says_until_when(events, until_min):
    found = off_monitor(fold(events))
    assert (found and (found.reason, found.until)) == (until_min and ("toilet", NOW + until_min * MIN))
