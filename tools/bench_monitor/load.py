"""A ward under load: 100 and 1,000 chairs of six signals at 1 Hz over MLLP, everything of the clinic on the same two cores.

`check_p99_ms_N_chairs` ends when the database has told of the event after its commit, `screen_p99_ms_100_chairs` when a browser
has drawn the number; both begin with the last byte of the message. `--minutes` makes the rounds longer, `--chairs 100` fewer.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.drills.charting import running_chairs

from ebbtide.ground.database import attach
from tools.bench.__main__ import WARM_S, inside, scratch
from tools.bench.load import open_loop
from tools.bench.rows import Row, percentile
from tools.bench.running import Clinic, clock_of, running_clinic
from tools.bench_monitor.feeding import CONDITIONS, TROUBLE_S
from tools.bench_monitor.screen import drawn_ms, watched_page
from tools.bench_monitor.ward import KEY, Place, furnished, superuser

ROOT = Path(__file__).resolve().parents[2]
GOALS_MS: Mapping[int, float] = {100: 10.0, 1000: 50.0}
SCREEN_GOAL_MS, CHART_GOAL_MS = 250.0, 50.0
TROUBLED = 100  # so many chairs of a ward get into trouble within a minute, whatever its size
CHARTS_PER_S, CHARTS_S = 50.0, 20.0
MINUTES = 1.0
BEGAN = """
SELECT session_id::text, "limit", extract(epoch FROM at)::float8, id FROM infusion_checkevent
WHERE said = 'began' AND "limit" = ANY(%s) AND session_id = ANY(%s::uuid[])
"""
KEPT = """
SELECT d.key, extract(epoch FROM s.observed_at)::float8, count(*) FROM infusion_sample s
JOIN infusion_device d ON d.id = s.device_id WHERE d.key LIKE %s GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """What one round came to."""

    chairs: int
    seconds: float
    sent: Sequence[tuple[int, float, float, float]]
    told: Mapping[str, Any]
    checked_ms: list[float]
    expected: int
    lost: int
    drawn_ms: list[float]
    charts: Sequence[tuple[float, int]]

    @property
    def answered_ms(self) -> list[float]:
        return [(answered_s - sent_s) * 1000 for _, _, sent_s, answered_s in self.sent]


def fed(clinic: Clinic, chairs: int, *, seconds: float, with_pages: bool) -> Fed:
    """One round: the ward is furnished, fed, looked at and asked for charts, and what came of it is read from the record."""
    director = inside(clinic, "charts", "director")
    chair = running_chairs(clinic)[0] if with_pages else None
    places = furnished(clinic, chairs)
    troubled = list(range(1, chairs, max(1, chairs // TROUBLED)))
    asked = {
        "url": attach(clinic.data).superuser_url, "mllp_port": clinic.mllp_port, "seconds": seconds, "troubled": troubled,
        "places": [{"key": one.key, "patient": one.patient} for one in places],
    }  # fmt: skip
    feeding = subprocess.Popen(
        [sys.executable, "-m", "tools.bench_monitor.feeding"], cwd=ROOT, env={**os.environ, **clock_of(clinic.data)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert feeding.stdin is not None
    if chair is None:
        out, errors = feeding.communicate(json.dumps(asked))
        numbers, charts = [], list[tuple[float, int]]()
    else:
        with watched_page(clinic, chair.cookie, f"/infusion/sessions/{places[0].session}") as drawn:
            feeding.stdin.write(json.dumps(asked))
            feeding.stdin.close()
            feeding.stdin = None
            time.sleep(max(0.0, seconds - CHARTS_S - WARM_S - 2))
            open_loop(
                clinic.port, director["cookie"], director["paths"], per_second=CHARTS_PER_S, seconds=WARM_S
            )
            charts = open_loop(
                clinic.port, director["cookie"], director["paths"], per_second=CHARTS_PER_S, seconds=CHARTS_S
            )
            out, errors = feeding.communicate()
        numbers = drawn.numbers
    if feeding.returncode:
        raise RuntimeError(f"The feed ended with {feeding.returncode}: {errors[-2000:]}")
    told = json.loads(out.strip().splitlines()[-1])
    checked, expected = checked_ms(clinic, places, told, troubled)
    return Fed(
        chairs=chairs, seconds=seconds, sent=told["sent"], told=told, checked_ms=checked, expected=expected,
        lost=lost(clinic, places, told["sent"]), drawn_ms=drawn_ms(told["sent"], numbers, first=50, count=70), charts=charts,
    )  # fmt: skip


def checked_ms(
    clinic: Clinic, places: Sequence[Place], told: Mapping[str, Any], troubled: Sequence[int]
) -> tuple[list[float], int]:
    """From the last byte of the message that made a condition true to the notice of its row (ms), and how many were expected."""
    sent = {(places[number].session, round(at_s, 3)): sent_s for number, at_s, sent_s, _ in told["sent"]}
    patients = {one.session: one.patient for one in places}
    with superuser(clinic) as mighty:
        rows = mighty.execute(BEGAN, [list(CONDITIONS), [places[n].session for n in troubled]]).fetchall()
    found = []
    for session, _, at_s, event in rows:
        sent_s = sent.get((session, round(at_s, 3)))
        # the notice of this very row is the first one after the row was made; its id says when
        made_s = (event.int >> 80) / 1000 if isinstance(event, UUID) else 0.0
        after = [heard_s for heard_s in told["heard"].get(patients[session], ()) if heard_s >= made_s]
        if sent_s is not None and after:
            found.append((min(after) - sent_s) * 1000)
    return found, len(CONDITIONS) * len(troubled)


def lost(clinic: Clinic, places: Sequence[Place], sent: Sequence[tuple[int, float, float, float]]) -> int:
    """How many messages were acknowledged and are not in the record with all their signals."""
    with superuser(clinic) as mighty:
        rows = mighty.execute(KEPT, [f"{KEY}%"]).fetchall()
    kept = {(key, round(at_s, 3)) for key, at_s, count in rows if count >= 6}
    return sum((places[number].key, round(at_s, 3)) not in kept for number, at_s, _, _ in sent)


def rows_of(found: Fed) -> list[Row]:
    """The rows of one round."""
    told, name = found.told, f"{found.chairs}_chairs"
    answered = found.answered_ms
    wire = (
        f"{len(found.sent)} messages in {found.seconds:g} s, answered p50 {percentile(answered, 0.5):.1f} ms, p99 "
        f"{percentile(answered, 0.99):.1f} ms; {told['cuts']} cuts, {told['late']} sent late"
    )
    all_there = len(found.checked_ms) == found.expected
    p50 = percentile(found.checked_ms, 0.5) if found.checked_ms else 0.0
    value = round(percentile(found.checked_ms, 0.99), 1) if all_there and found.checked_ms else None
    note = f"{len(found.checked_ms)} of {found.expected} conditions, p50 {p50:.1f} ms, worst {max(found.checked_ms, default=0):.1f} ms; {wire}"
    rows = [
        Row(name=f"check_p99_ms_{name}", value=value, unit="ms", goal=GOALS_MS.get(found.chairs, 50.0), better="lower", runs=len(found.checked_ms), note=note),
        Row(name=f"feed_lost_{name}", value=found.lost, unit="", goal=0, better="equal", runs=len(found.sent), note=wire),
    ]  # fmt: skip
    return rows + _page_rows(found, name) if found.charts else rows


def _page_rows(found: Fed, name: str) -> list[Row]:
    drawn, took = found.drawn_ms, [ms for ms, _ in found.charts]
    wrong = sum(status != 200 for _, status in found.charts)
    return [
        Row(
            name=f"screen_p99_ms_{name}", value=round(percentile(drawn, 0.99), 1) if drawn else None, unit="ms", goal=SCREEN_GOAL_MS,
            better="lower", runs=len(drawn), note=f"p50 {percentile(drawn, 0.5) if drawn else 0:.1f} ms, {len(drawn)} of {found.seconds:g} numbers seen drawn",
        ),
        Row(
            name="chart_p95_ms_under_feed", value=round(percentile(took, 0.95), 1), unit="ms", goal=CHART_GOAL_MS, better="lower",
            runs=len(took), note=f"p50 {percentile(took, 0.5):.1f} ms, {wrong} of {len(took)} not 200, {found.chairs} chairs fed, {CHARTS_PER_S:g} pages a second",
        ),
    ]  # fmt: skip


def measure(arguments: Sequence[str] = ()) -> list[Row]:
    """Each size on a demonstration of its own; the pages are looked at while 100 chairs are fed."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench_monitor load")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--chairs", type=int, nargs="*", default=list(GOALS_MS))
    asked = parser.parse_args(list(arguments))
    rows: list[Row] = []
    for chairs in asked.chairs:
        seconds = max(TROUBLE_S, asked.minutes * 60)
        with scratch() as place, running_clinic(place / "d") as clinic:
            rows += rows_of(fed(clinic, chairs, seconds=seconds, with_pages=chairs <= 100))
    return rows
