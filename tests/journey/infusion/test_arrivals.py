"""What a monitor's message brings, as plain values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ebbtide.ground.ledger.digests import canonical
from ebbtide.journey.infusion.arrivals import NewSample

AT = datetime(2026, 11, 28, 9, 0, 0, 250_000, tzinfo=UTC)
ONE = NewSample(
    device_key="BED-1", signal="spo2", observed_at=AT, value=97.0, unit="%", state="value", received_at=AT
)


@pytest.mark.parametrize(
    "other",
    [
        {"device_key": "BED-1', 'spo2"},
        {"signal": "pulse"},
        {"observed_at": AT + timedelta(microseconds=1)},
        {"value": 97.1},
        {"value": None},
        {"unit": "1"},
        {"state": "synthetic"},
        {"received_at": AT + timedelta(microseconds=1)},
    ],
)
def test_two_readings_that_differ_in_anything_have_two_lines(other):
    """The line stands for the reading in the digest of what the gateway asked for: the same key with another is refused."""
    assert canonical(replace(ONE, **other)) != canonical(ONE)


def test_the_same_instant_in_another_zone_is_the_same_line():
    away = AT.astimezone(timezone(timedelta(hours=2)))
    assert canonical(replace(ONE, observed_at=away)) == canonical(ONE)
