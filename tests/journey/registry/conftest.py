"""The clock of these tests stands on the day of the builders, and the registry's key lies in a folder of its own."""

import pytest
from django.conf import settings


@pytest.fixture(autouse=True)
def monday_afternoon(monkeypatch):
    monkeypatch.setenv("EBBTIDE_CLOCK", "2026-11-23T15:00:00+00:00@0.001")


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "EBBTIDE_DATA", tmp_path)
