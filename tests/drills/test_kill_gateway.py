"""kill -9 of the gateway in the middle of the feed: what was answered AA is in the record, and the pages never notice."""

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
from tools.bench.running import Clinic, answers, running_clinic

from ebbtide.ground.database import attach
from ebbtide.site.serve.demo_clock import of_folder
from ebbtide.twin.monitors.line import Line, code_of
from ebbtide.twin.monitors.messages import report
from tests.drills.clinics import processes_of
from tests.moulds import a_copy

FEEDERS = 4
LEAST = 2 * FEEDERS  # answers in each round before the kill
KEPT = "SELECT d.key, s.observed_at FROM infusion_sample s JOIN infusion_device d ON d.id = s.device_id WHERE d.key = ANY(%s) AND s.signal = 'hr'"
KEYS = [f"DRILL-{n}" for n in range(FEEDERS)]
ADD = "INSERT INTO infusion_device (id, clinic_id, key, name, interval_s, simulated, added_by, added_at) SELECT gen_random_uuid(), id, %s, %s, '{}', true, 'drill', %s FROM people_clinic"


@dataclass
class Sent:
    """What the feeders sent: answered AA, or never answered."""

    acknowledged: set[tuple[str, datetime]] = field(default_factory=set)
    codes: dict[str, int] = field(default_factory=dict)


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
    for pid in processes_of(data):
        try:
            if b"ebbtide.doors.hl7v2" in Path(f"/proc/{pid}/cmdline").read_bytes():
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


async def one_round(clinic: Clinic, sent: Sent, first_at: datetime, *, alive_s: float) -> None:
    """Feed, kill the gateway in the middle of it, feed on for a second."""
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
    gateway = gateway_of(clinic.data)
    if gateway is not None:
        os.kill(gateway, signal.SIGKILL)
    await asyncio.sleep(1.0)
    enough.set()
    await asyncio.gather(*feeders)
    await asyncio.to_thread(wait_for_the_pages, clinic)


def wait_for_the_pages(clinic: Clinic, *, within_s: float = 60.0) -> None:
    """The pages answer without the gateway; on a machine that other tests keep busy they may be slow to."""
    until_s = time.monotonic() + within_s
    while not answers(f"{clinic.address}/healthz"):
        assert time.monotonic() < until_s, "the pages do not answer without the gateway"
        time.sleep(0.2)


def shown_in(data: Path) -> datetime:
    """The time that the demonstration shows now."""
    shown = of_folder(data)
    return datetime.now(tz=UTC) if shown is None else shown.reads(time.time())


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
    sent = Sent()
    with running_clinic(data) as clinic:
        # readings that a monitor had kept; by the time of the demonstration, or its clock would be ahead
        begun_at = shown_in(data).replace(microsecond=0) - timedelta(hours=20)
        add_devices(clinic)
        killed = set()
        for number in range(rounds):
            wait_until_heard(clinic)
            killed.add(gateway_of(clinic.data))
            first_at = begun_at + timedelta(minutes=number)
            asyncio.run(one_round(clinic, sent, first_at, alive_s=0.4 + 0.13 * (number % 9)))
            assert sent.acknowledged <= kept(clinic)
        wait_until_heard(clinic)
        assert None not in killed
        assert len(killed) == rounds
    return sent


@pytest.mark.nightly
def test_it_loses_no_acknowledged_message(demonstration: Path, place: Path) -> None:
    sent = drill(a_copy(demonstration, place / "d"), rounds=2)
    assert set(sent.codes) <= {"AA", "AE", ""}
    assert len(sent.acknowledged) >= 2 * LEAST
    assert sent.codes.get("", 0) > 0  # some were sent to a dead gateway, or it would prove nothing


@pytest.mark.nightly
def test_it_loses_no_acknowledged_message_in_fifty_rounds(demonstration: Path, place: Path) -> None:
    sent = drill(a_copy(demonstration, place / "d"), rounds=50)
    assert set(sent.codes) <= {"AA", "AE", ""}
    print(f"{len(sent.acknowledged)} acknowledged, {sent.codes}")


def test_it_reads_the_answer_and_takes_none_for_one_to_send_again() -> None:
    assert [code_of(frame) for frame in (b"\x0bMSH|x\rMSA|AA|1\r\x1c\r", b"\x0bMSH|\r\x1c\r")] == ["AA", "AE"]
