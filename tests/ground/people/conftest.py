"""Signing in is limited by counters in the cache: each test starts with none."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_counters() -> None:
    cache.clear()
