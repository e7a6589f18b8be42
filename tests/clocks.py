"""A clock that stands still for a test, however long the tests before it took."""

import time
from datetime import datetime

import pytest


def stand_at(monkeypatch: pytest.MonkeyPatch, when: datetime | str) -> None:
    """The product's clock shows this time (aware) until the test ends."""
    said = when if isinstance(when, str) else when.isoformat()
    monkeypatch.setenv("EBBTIDE_CLOCK", f"{said}@0.0001")
    # without an origin the clock counts from the first test that asked it: a quarter of an hour ago, at the end
    monkeypatch.setenv("EBBTIDE_CLOCK_ORIGIN", repr(time.time()))
