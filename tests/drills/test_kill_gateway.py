"""kill -9 of the gateway, the checks or the database in the middle of the feed: what was answered AA is in the record, the
pages never notice, and a condition that arose while nobody watched is told afterwards.
"""

import asyncio
import contextlib
import os
import signal
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from tools.bench.rows import Row
from tools.bench.running import Clinic, answers, running_clinic
from tools.bench_chair.night import keep
from tools.bench_monitor.ward import Place, furnished, shown_in

from ebbtide.ground.database import attach
from ebbtide.twin.monitors.line import Line, code_of
from ebbtide.twin.monitors.messages import report
from tests.drills.clinics import processes_of
from tests.moulds import a_copy

FEEDERS = 4
GATEWAY, CHECKS, DATABASE = "gateway", "checks", "database"
VICTIMS = (
    GATEWAY,
    GATEWAY,
    CHECKS,
    GATEWAY,
    DATABASE,
)  # of five rounds; the database takes longest to come back
PROGRAMS = {GATEWAY: b"ebbtide.doors.hl7v2", CHECKS: b"ebbtide.journey.infusion.watching"}
LEAST = 2 * FEEDERS  # answers in each round before the kill
KEPT = "SELECT d.key, s.observed_at FROM infusion_sample s JOIN infusion_device d ON d.id = s.device_id WHERE d.key = ANY(%s) AND s.signal = 'hr'"
TOLD = """
SELECT session_id::text, at FROM infusion_checkevent WHERE said = 'began' AND "limit" = 'CHK-BP-LOW' AND session_id = ANY(%s)
"""
KEYS = [f"DRILL-{n}" for n in range(FEEDERS)]
ADD = "INSERT INTO infusion_device (id, clinic_id, key, name, interval_s, simulated, added_by, added_at) SELECT gen_random_uuid(), id, %s, %s, '{}', true, 'drill', %s FROM people_clinic"


@dataclass
class Sent:
    """What the feeders sent: answered AA, or never answered."""

    acknowledged: set[tuple[str, datetime]] = field(default_factory=set)
    codes: dict[str, int] = field(default_factory=dict)
    # low pressures that came while the checks were dead: each of another session
    unwatched: set[tuple[str, datetime]] = field(default_factory=set)
    killed: dict[str, set[int]] = field(default_factory=dict)


class Once(Line):
    """A line that sends each message once, so that an answer stands for this very message."""

    async def send_once(self, message: bytes) -> str:
        try:
            return (await self._once(message)).code
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            await self.close()
            return ""


async def feed(
    port: int,
    key: str,
    sent: Sent,
    *,
    first_at: datetime,
    goal: int,
    reached: asyncio.Event,
    enough: asyncio.Event,
) -> None:
    """Send readings, each a millisecond after the last, as fast as they are answered."""
    line, number = Once("127.0.0.1", port), 0
    while not enough.is_set():
        at = first_at + timedelta(milliseconds=number)
        code = await line.send_once(report(key, number, at, {"hr": 70.0, "spo2": 97.0}))
        sent.codes[code] = sent.codes.get(code, 0) + 1
        if code == "AA":
            sent.acknowledged.add((key, at))
            if len(sent.acknowledged) >= goal:
                reached.set()
        elif not code:
            await asyncio.sleep(0.02)
        number += 1
    await line.close()


async def feed_all(port: int, sent: Sent, *, first_at: datetime, seconds: float) -> None:
    """Feed from every monitor for so long."""
    reached, enough = asyncio.Event(), asyncio.Event()
    feeders = [
        asyncio.create_task(feed(port, key, sent, first_at=first_at, goal=0, reached=reached, enough=enough))
        for key in KEYS
    ]
    await asyncio.sleep(seconds)
    enough.set()
    await asyncio.gather(*feeders)


def gateway_of(data: Path) -> int | None:
    return process_of(data, GATEWAY)


def process_of(data: Path, victim: str) -> int | None:
    """The process to be killed; of the database its postmaster, whose death takes the others with it."""
    if victim == DATABASE:
        found = next(data.rglob("postmaster.pid"), None)
        return None if found is None else int(found.read_text(encoding="utf-8").split()[0])
    for pid in processes_of(data):
        try:
            if PROGRAMS[victim] in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        except OSError:
            continue
    return None


def add_devices(clinic: Clinic) -> None:
    """Monitors that are on nobody: what they send is kept without a person, and it is durable all the same."""
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        mighty.execute("SET session_replication_role = replica")  # no entry speaks for them: this is a drill
        for key in KEYS:
            mighty.execute(ADD, [key, key, datetime.now(tz=UTC)])


def take_devices_away(clinic: Clinic) -> None:
    """The drill's own monitors, for which no entry speaks, and their readings: the ledger would rightly name them."""
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        mighty.execute("SET session_replication_role = replica")
        mighty.execute(
            "DELETE FROM infusion_sample WHERE device_id IN (SELECT id FROM infusion_device WHERE key = ANY(%s))",
            [KEYS],
        )
        mighty.execute("DELETE FROM infusion_device WHERE key = ANY(%s)", [KEYS])


def kept(clinic: Clinic) -> set[tuple[str, datetime]]:
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        return {(key, at.astimezone(UTC)) for key, at in mighty.execute(KEPT, [KEYS]).fetchall()}


async def one_round(
    clinic: Clinic, sent: Sent, first_at: datetime, *, victim: str, alive_s: float, alone: Place | None
) -> None:
    """Feed, kill in the middle of it, feed on for a second. `alone`: a chair whose pressure falls while nobody watches."""
    reached, enough, goal = asyncio.Event(), asyncio.Event(), len(sent.acknowledged) + LEAST
    feeders = [
        asyncio.create_task(
            feed(clinic.mllp_port, key, sent, first_at=first_at, goal=goal, reached=reached, enough=enough)
        )
        for key in KEYS
    ]
    await asyncio.sleep(alive_s)
    with contextlib.suppress(TimeoutError):  # a kill before anything was answered would prove nothing
        await asyncio.wait_for(reached.wait(), 30.0)
    process = process_of(clinic.data, victim)
    if process is not None:
        os.kill(process, signal.SIGKILL)
        sent.killed.setdefault(victim, set()).add(process)
    if victim == CHECKS and alone is not None:
        await fall(clinic, sent, alone)
    await asyncio.sleep(1.0)
    enough.set()
    await asyncio.gather(*feeders)
    await asyncio.to_thread(wait_for_the_pages, clinic)


async def fall(clinic: Clinic, sent: Sent, place: Place) -> None:
    """One low pressure of this chair; the process that would tell of it is dead."""
    line, at = Once("127.0.0.1", clinic.mllp_port), shown_in(clinic.data)
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert await line.send_once(report(place.key, 0, at, {"sbp": 84.0})) == "AA"
    sent.unwatched.add((place.session, at))
    await line.close()


def wait_for_the_pages(clinic: Clinic, *, within_s: float = 60.0) -> None:
    """The pages answer without the gateway; on a machine that other tests keep busy they may be slow to."""
    until_s = time.monotonic() + within_s
    while not answers(f"{clinic.address}/healthz"):
        assert time.monotonic() < until_s, "the pages do not answer without the gateway"
        time.sleep(0.2)


def wait_until_heard(clinic: Clinic, *, within_s: float = 90.0) -> None:
    """The supervisor has started the gateway again."""

    async def is_heard() -> bool:
        line = Once("127.0.0.1", clinic.mllp_port)
        code = await line.send_once(report("DRILL-0", 0, datetime(2026, 1, 1, tzinfo=UTC), {"hr": 70.0}))
        await line.close()
        return code == "AA"

    until_s = time.monotonic() + within_s
    while not asyncio.run(is_heard()):
        assert time.monotonic() < until_s, "the gateway was not started again"
        time.sleep(0.3)


def drill(data: Path, rounds: int) -> Sent:
    """So many kills, one after the other; what was lost is said before the next."""
    sent = Sent()
    with running_clinic(data) as clinic:
        # readings that a monitor had kept; by the time of the demonstration, or its clock would be ahead
        begun_at = shown_in(data).replace(microsecond=0) - timedelta(hours=20)
        add_devices(clinic)
        alone = iter(furnished(clinic, 1 + rounds // len(VICTIMS) + 1)[1:])
        wait_until_heard(clinic)
        for number in range(rounds):
            victim = VICTIMS[number % len(VICTIMS)]
            place = next(alone) if victim == CHECKS else None
            first_at, alive_s = begun_at + timedelta(minutes=number), 0.4 + 0.13 * (number % 9)
            asyncio.run(one_round(clinic, sent, first_at, victim=victim, alive_s=alive_s, alone=place))
            wait_until_heard(clinic)
            assert sent.acknowledged <= kept(clinic)
        wait_until_told(clinic, sent)
        assert sum(len(found) for found in sent.killed.values()) == rounds
    return sent


def wait_until_told(clinic: Clinic, sent: Sent, *, within_s: float = 60.0) -> None:
    """Every pressure that fell while the checks were dead became a condition, at its own time."""
    until_s = time.monotonic() + within_s
    while True:
        with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
            rows = mighty.execute(TOLD, [[session for session, _ in sent.unwatched]]).fetchall()
        missed = sent.unwatched - {(session, at.astimezone(UTC)) for session, at in rows}
        if not missed:
            return
        assert time.monotonic() < until_s, f"{len(missed)} of {len(sent.unwatched)} were never told"
        time.sleep(0.5)


def a_night(demonstration: Path, place: Path, *, rounds: int) -> None:
    """A drill with its row; it says none, or that the drill failed."""
    lost, note = None, "the drill failed"
    try:
        sent = drill(a_copy(demonstration, place / "d"), rounds=rounds)
        lost, counts = 0, {victim: len(found) for victim, found in sent.killed.items()}
        note = f"{len(sent.acknowledged)} acknowledged; killed: {counts}; {len(sent.unwatched)} conditions told after a death of the checks"
    finally:
        keep(
            Row(
                name="monitor_kills_lost",
                value=lost,
                unit="messages",
                goal=0,
                better="equal",
                runs=rounds,
                note=note,
            )
        )
    assert set(sent.codes) <= {"AA", "AE", ""}
    assert len(sent.acknowledged) >= rounds * LEAST
    assert sent.codes.get("", 0) > 0  # some were sent to a dead gateway, or it would prove nothing
    assert len(sent.unwatched) == rounds // len(VICTIMS)


@pytest.mark.nightly
def test_it_loses_no_acknowledged_message_in_fifty_rounds(demonstration: Path, place: Path) -> None:
    a_night(demonstration, place, rounds=50)


@pytest.mark.weekly
def test_it_loses_no_acknowledged_message_in_five_hundred_rounds(demonstration: Path, place: Path) -> None:
    a_night(demonstration, place, rounds=500)


def test_it_reads_the_answer_and_takes_none_for_one_to_send_again() -> None:
    assert [code_of(frame) for frame in (b"\x0bMSH|x\rMSA|AA|1\r\x1c\r", b"\x0bMSH|\r\x1c\r")] == ["AA", "AE"]
