"""The clock of these tests stands on a Monday morning, and nobody has sent anything from anywhere."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def monday_morning(monkeypatch):
    monkeypatch.setenv("EBBTIDE_CLOCK", "2026-11-23T15:00:00+00:00@0.001")
    cache.clear()
