"""The clock of these tests stands on the day of the builders, and the registry's key lies in a folder of its own."""

import pytest
from django.conf import settings

from tests.clocks import stand_at


@pytest.fixture(autouse=True)
def monday_afternoon(monkeypatch):
    stand_at(monkeypatch, "2026-11-23T15:00:00+00:00")


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "EBBTIDE_DATA", tmp_path)
