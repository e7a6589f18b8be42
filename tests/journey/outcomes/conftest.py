"""The clock of these tests stands at NOW, a Monday at nine in the morning of the clinic, and nobody tried a link before."""

import pytest
from django.core.cache import cache

from tests.builders import NOW
from tests.clocks import stand_at


@pytest.fixture(autouse=True)
def monday_morning(monkeypatch):
    stand_at(monkeypatch, NOW)
    cache.clear()
