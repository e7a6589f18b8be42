"""Off the monitor as the wall shows it: until when, and why in the words of the list alone."""

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
        ([event(Kind.OFF_MONITOR, 3, reason="toilet"), event(Kind.BACK_ON_MONITOR, 5)], None),
        ([event(Kind.OFF_MONITOR, 3, reason="toilet"), event(Kind.STOP, 5)], None),
    ],
)
def test_it_says_until_when(events, until_min):
    found = off_monitor(fold(events))
    assert (found and (found.reason, found.until)) == (until_min and ("toilet", NOW + until_min * MIN))


def test_the_wall_never_says_what_somebody_typed_as_the_reason():
    typed = off_monitor(fold([event(Kind.OFF_MONITOR, 3, reason="Alma feels sick", for_min=5)]))
    assert (typed.reason, typed.until) == ("", NOW + 8 * MIN)
    assert off_monitor(fold([event(Kind.OFF_MONITOR, 3, reason="Toilet", for_min=5)])).reason == "toilet"
