"""The demonstration's time: a working morning at first, where it was closed later, and never backwards."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ebbtide.site.serve.demo_clock import AT_MOST_UNKEPT, FILE, keeper, of_folder, settle
from ebbtide.twin.wall import ZONE, morning_of

REAL_S = 1_700_000_000.0


def chicago(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("opened", "shows"),
    [
        ("2026-11-23T09:50", "2026-11-23T09:50"),  # Monday morning: the time it is
        ("2026-11-23T11:30", "2026-11-23T11:30"),
        ("2026-11-23T11:31", "2026-11-23T10:20"),
        ("2026-11-23T23:59", "2026-11-23T10:20"),
        ("2026-11-24T00:01", "2026-11-23T10:20"),
        ("2026-11-23T08:00", "2026-11-20T10:20"),  # Monday too early: Friday
        ("2026-11-21T11:00", "2026-11-20T10:20"),  # Saturday
        ("2026-11-22T23:00", "2026-11-20T10:20"),  # Sunday night
        ("2026-03-08T11:00", "2026-03-06T10:20"),  # the Sunday on which the clocks change
    ],
)
def test_it_opens_on_a_working_morning(opened: str, shows: str) -> None:
    assert morning_of(chicago(opened)) == chicago(shows)


def test_it_runs_at_the_time_that_was_asked_for(tmp_path: Path) -> None:
    asked = "2026-11-23T08:00:00+00:00@60"
    settled = settle(tmp_path, asked=asked, now=chicago("2026-11-22T23:00"), real_s=REAL_S)
    assert settled.reads(REAL_S + 60) == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert settled.environment() == {"EBBTIDE_CLOCK": asked, "EBBTIDE_CLOCK_ORIGIN": repr(REAL_S)}


def test_it_stands_still_while_it_is_closed_and_never_goes_back(tmp_path: Path, monkeypatch) -> None:
    first = settle(tmp_path, asked=None, now=chicago("2026-11-22T23:00"), real_s=REAL_S)
    monkeypatch.setattr("time.time", lambda: REAL_S + 600)
    keeper(tmp_path, first)()
    shown = first.reads(REAL_S + 600)
    assert shown == chicago("2026-11-20T10:30")
    a_week_later = REAL_S + 7 * 86_400
    again = settle(tmp_path, asked=None, now=chicago("2026-11-30T03:00"), real_s=a_week_later)
    assert again.reads(a_week_later) - shown == AT_MOST_UNKEPT


def test_it_keeps_its_time_every_ten_seconds(tmp_path: Path, monkeypatch) -> None:
    settled = settle(tmp_path, asked=None, now=chicago("2026-11-23T10:00"), real_s=REAL_S)
    keep = keeper(tmp_path, settled)
    told = []
    for later_s in (0, 5, 9, 10, 19, 20):
        monkeypatch.setattr("time.time", lambda later_s=later_s: REAL_S + later_s)
        keep()
        told.append(json.loads((tmp_path / FILE).read_text())["shown_at"])
    assert len(set(told)) == 3
    assert datetime.fromisoformat(told[-1]) == chicago("2026-11-23T10:00") + timedelta(seconds=20)


def test_it_tells_a_command_beside_it_the_same_time(tmp_path: Path) -> None:
    assert of_folder(tmp_path) is None
    settled = settle(tmp_path, asked=None, now=chicago("2026-11-23T10:00"), real_s=REAL_S)
    keeper(tmp_path, settled)()
    assert of_folder(tmp_path) == settled


def test_it_begins_anew_when_what_was_kept_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{torn")
    settled = settle(tmp_path, asked=None, now=chicago("2026-11-23T10:00"), real_s=REAL_S)
    assert settled.reads(REAL_S) == chicago("2026-11-23T10:00")
    assert of_folder(tmp_path) is None
