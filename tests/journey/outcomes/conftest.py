"""The clock of these tests stands at NOW, a Monday at nine in the morning of the clinic, and nobody tried a link before."""

import pytest
from django.core.cache import cache

from tests.builders import NOW


@pytest.fixture(autouse=True)
def monday_morning(monkeypatch):
    monkeypatch.setenv("EBBTIDE_CLOCK", f"{NOW.isoformat()}@0.0001")
    cache.clear()
