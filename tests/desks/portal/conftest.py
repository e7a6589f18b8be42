"""The clock of these tests stands on a Monday morning, and nobody has sent anything from anywhere."""

import pytest
from django.core.cache import cache

from tests.clocks import stand_at


@pytest.fixture(autouse=True)
def monday_morning(monkeypatch):
    stand_at(monkeypatch, "2026-11-23T15:00:00+00:00")
    cache.clear()
