"""Drills of a running demonstration: what the command asks for is what a chair's monitor shows, and nothing else changes."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from ebbtide.doors.hl7v2.reading import read
from ebbtide.twin.monitors import invented
from ebbtide.twin.monitors.__main__ import live
from ebbtide.twin.monitors.drills import (
    MONITORS,
    MOST_S,
    ORDERS,
    Desk,
    Drill,
    announce,
    chairs_of,
    order,
    ordered,
)
from ebbtide.twin.monitors.line import Answered

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
CALM = {"hr": 70.0, "pulse": 70.0, "spo2": 97.0, "rr": 14.0}


def a_drill(kind="hypertension", *, begins_at=AT, lasts_s=600):
    return Drill(kind=kind, begins_at=begins_at, lasts_s=lasts_s)


def shows(desk, second, *, chair=2, row=CALM):
    return dict(desk.shows(chair, AT + timedelta(seconds=second), row))


def test_it_bends_the_monitor_of_its_chair_and_no_other(tmp_path):
    desk = Desk(tmp_path, count=2)
    assert shows(desk, 30) == {"SIM-CHAIR-2": CALM}
    order(tmp_path, 2, a_drill())
    assert shows(desk, 20)["SIM-CHAIR-2"]["sbp"] > 180
    assert shows(desk, 30, chair=1) == {"SIM-CHAIR-1": CALM}


def test_it_is_over_by_itself_and_before_it_begins_there_is_nothing(tmp_path):
    desk = Desk(tmp_path, count=2)
    order(tmp_path, 2, a_drill(lasts_s=60))
    assert shows(desk, -1) == shows(desk, 121) == {"SIM-CHAIR-2": CALM}
    order(tmp_path, 2, a_drill(lasts_s=10**9))
    assert shows(desk, MOST_S) == {"SIM-CHAIR-2": CALM}


def test_a_second_drill_takes_the_place_of_the_first(tmp_path):
    desk = Desk(tmp_path, count=2)
    order(tmp_path, 2, a_drill())
    shows(desk, 300)
    order(tmp_path, 2, a_drill("apnoea", begins_at=AT + timedelta(seconds=290)))
    found = shows(desk, 300)["SIM-CHAIR-2"]
    assert found["rr"] == 0
    assert "sbp" not in found
    order(tmp_path, 1, a_drill("unplugged"))
    assert set(ordered(tmp_path)) == {1, 2}
    assert shows(desk, 301, chair=1) == {"SIM-CHAIR-1": None}


def test_a_drill_that_is_ended_comes_back_with_a_last_measurement(tmp_path):
    ended = a_drill().ended(AT + timedelta(seconds=200))
    assert ended.lasts_s == 200
    order(tmp_path, 2, ended)
    assert shows(Desk(tmp_path, count=2), 259)["SIM-CHAIR-2"]["sbp"] < 140
    assert ended.ended(AT + timedelta(seconds=230)) is None
    assert a_drill().ended(AT - timedelta(seconds=1)) is None


def test_no_measurement_is_lost_when_the_monitor_is_late(tmp_path):
    """A message a second, but never quite: each measurement of the cuff is shown once, whichever second it falls on."""
    desk, seconds = Desk(tmp_path, count=2), [0.0]
    order(tmp_path, 2, a_drill())
    while seconds[-1] < 400:
        seconds.append(seconds[-1] + 1.31)
    measured = [s for s in seconds if "sbp" in shows(desk, s)["SIM-CHAIR-2"]]
    assert len(measured) == 6  # 20, 95, 170, 245, 320 and 395 s


def test_the_second_monitor_speaks_under_a_name_of_its_own(tmp_path):
    order(tmp_path, 2, a_drill("two-monitors"))
    found = shows(Desk(tmp_path, count=2), 30)
    assert found == {"SIM-CHAIR-2": CALM, "SIM-CHAIR-4": {"spo2": 83.0, "pulse": 68.0}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"2": 5}',
        '{"two": {}}',
        '{"2": {"kind": "fire", "begins_at": "2026-11-23T15:00:00+00:00", "lasts_s": 60}}',
        '{"2": {"kind": "apnoea", "begins_at": "2026-11-23T15:00:00", "lasts_s": 60}}',
        '{"2": {"kind": "apnoea", "begins_at": "soon", "lasts_s": 60}}',
    ],
)
def test_a_file_that_cannot_be_read_changes_no_sign(tmp_path, text):
    (tmp_path / ORDERS).write_text(text)
    assert ordered(tmp_path) == {}
    assert shows(Desk(tmp_path, count=2), 30) == {"SIM-CHAIR-2": CALM}


def test_without_a_folder_there_are_no_drills(tmp_path):
    assert shows(Desk(None, count=2), 30) == {"SIM-CHAIR-2": CALM}
    assert chairs_of(tmp_path) == []
    (tmp_path / MONITORS).write_text(json.dumps({"chairs": "all"}))
    assert chairs_of(tmp_path) == []
    announce(tmp_path, 3)
    assert chairs_of(tmp_path) == [1, 2, 3]


def test_what_a_drill_writes_names_nobody(tmp_path):
    order(tmp_path, 2, a_drill())
    assert set(json.loads((tmp_path / ORDERS).read_text())["2"]) == {"kind", "begins_at", "lasts_s"}


class Kept:
    """A line that keeps what is sent on it."""

    def __init__(self):
        self.messages = []

    async def send(self, message):
        self.messages.append(message)
        return Answered(code="AA", took_s=0.0)


def test_it_reaches_the_wire_of_a_monitor_that_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("ebbtide.twin.monitors.__main__.EVERY_S", 0.01)
    monkeypatch.setattr("ebbtide.ground.clock.now", lambda: AT + timedelta(seconds=120))
    order(tmp_path, 2, a_drill("probe-off"))
    line = Kept()

    async def scene():
        async with asyncio.timeout(0.2):
            await live(2, lambda s: invented.signs("x", s), line, desk=Desk(tmp_path, count=2))

    with pytest.raises(TimeoutError):
        asyncio.run(scene())
    found = {s.signal: s.state for s in read(line.messages[-1], AT + timedelta(seconds=120)).samples}
    assert (found["spo2"], found["pulse"], found["hr"]) == ("probe_off", "probe_off", "value")
