"""A clock that stands still for a test, however long the tests before it took."""

import time
from datetime import datetime

import pytest


def stand_at(monkeypatch: pytest.MonkeyPatch, when: datetime | str) -> None:
    """The product's clock shows this time (aware) until the test ends."""
    _show(monkeypatch, when, rate=0.0001)


def start_from(monkeypatch: pytest.MonkeyPatch, when: datetime | str) -> None:
    """The product's clock goes on from this time (aware): for pages whose own clock goes on too."""
    _show(monkeypatch, when, rate=1)


def _show(monkeypatch: pytest.MonkeyPatch, when: datetime | str, *, rate: float) -> None:
    said = when if isinstance(when, str) else when.isoformat()
    monkeypatch.setenv("EBBTIDE_CLOCK", f"{said}@{rate}")
    # without an origin the clock counts from the first test that asked it: a quarter of an hour ago, at the end
    monkeypatch.setenv("EBBTIDE_CLOCK_ORIGIN", repr(time.time()))
