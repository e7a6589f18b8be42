"""The monitors of a ward as a process of their own, and an ear at the database: what was sent, answered and told, with times.

Run as `python -m tools.bench_monitor.feeding`; it reads one JSON object from its input and prints one.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from ebbtide.ground import clock
from ebbtide.ground.live.announce import CHANNEL
from ebbtide.twin.monitors.line import END, START, code_of
from ebbtide.twin.monitors.messages import report

CALM = {"hr": 72.0, "pulse": 72.0, "spo2": 97.0, "rr": 14.0, "etco2": 38.0, "sbp": 128.0}
EVERY_S, PAUSE_S, ANSWER_WITHIN_S, SETTLE_S = 1.0, 0.2, 20.0, 5.0
# what a chair in trouble says from these seconds on: four messages of it make a condition true, each at its own second
TROUBLE: Sequence[tuple[str, int, int, float]] = (
    ("sbp", 2, 3, 84.0),
    ("spo2", 4, 22, 86.0),
    ("hr", 6, 39, 138.0),
)
TROUBLE_S, SPREAD_S = 60, 15
CONDITIONS = ("CHK-BP-LOW", "CHK-SBP-JUMP", "CHK-SPO2", "CHK-HR")


def signs_at(second: int, *, number: int, is_troubled: bool) -> dict[str, float]:
    """What monitor `number` says in this second. The first one counts up, so that a page shows which message it has drawn."""
    if number == 0:
        return {**CALM, "hr": float(50 + second % 70), "pulse": float(50 + second % 70)}
    since = second - number % SPREAD_S
    lasts = [(signal, value) for signal, begin, end, value in TROUBLE if begin <= since < end]
    return {**CALM, **dict(lasts)} if is_troubled else CALM


@dataclass
class Told:
    """Times are seconds since 1970 of the machine's own clock; `at` is the reading's time on the demonstration's wall."""

    sent: list[tuple[int, float, float, float]] = field(default_factory=list)  # number, at, sent, answered
    codes: dict[str, int] = field(default_factory=dict)
    cuts: int = 0
    late: int = 0
    heard: dict[str, list[float]] = field(default_factory=dict)


class Wire(asyncio.Protocol):
    """One connection of a monitor: bytes out, the next answer in."""

    def __init__(self) -> None:
        self.kept = b""
        self.answer: asyncio.Future[bytes] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.kept += data
        if END in self.kept and self.answer is not None and not self.answer.done():
            frame, _, self.kept = self.kept.partition(END)
            self.answer.set_result(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(ConnectionResetError())

    async def ask(self, message: bytes) -> tuple[bytes, float]:
        """The answer's frame, and when the last byte was handed to the kernel."""
        if self.transport is None:
            raise ConnectionResetError
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(START + message + END)
        sent_s = clock_s()
        return await asyncio.wait_for(self.answer, ANSWER_WITHIN_S), sent_s


def clock_s() -> float:
    """The machine's own clock, which every process of the measurement reads (s)."""
    return time.time()  # noqa: TID251 - a stopwatch over several processes


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One monitor of the ward, and how far into each second it speaks."""

    key: str
    number: int
    first_s: float
    is_troubled: bool


async def monitor(told: Told, port: int, one: Monitor, *, seconds: float) -> None:
    """One message a second; one that was not answered AA is sent again until it is."""
    loop, wire = asyncio.get_running_loop(), Wire()
    begun_s = loop.time() + one.first_s
    for second in range(int(seconds / EVERY_S)):
        due_s = begun_s + second * EVERY_S
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        told.late += loop.time() - due_s > EVERY_S / 2
        now = clock.now()
        at = now.replace(microsecond=now.microsecond // 1000 * 1000)
        message = report(
            one.key, second, at, signs_at(second, number=one.number, is_troubled=one.is_troubled)
        )
        while True:
            try:
                if wire.transport is None:
                    _, wire = await loop.create_connection(Wire, "127.0.0.1", port)
                frame, sent_s = await wire.ask(message)
            except (OSError, TimeoutError):
                told.cuts += 1
                wire = Wire()
                await asyncio.sleep(PAUSE_S)
                continue
            code = code_of(frame)
            told.codes[code] = told.codes.get(code, 0) + 1
            if code == "AA":
                told.sent.append((one.number, at.timestamp(), sent_s, clock_s()))
                break
            await asyncio.sleep(PAUSE_S)
    if wire.transport is not None:
        wire.transport.close()


async def listen(told: Told, url: str, patients: frozenset[str], ready: asyncio.Event) -> None:
    """When each session's pages were told that something happened in it; the database tells it after the commit."""
    begin = '{"topic": "session:'
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as listening:
        await listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        ready.set()
        async for notice in listening.notifies():
            patient = notice.payload[len(begin) : len(begin) + 36] if notice.payload.startswith(begin) else ""
            if patient in patients:
                told.heard.setdefault(patient, []).append(clock_s())


async def feed(asked: Mapping[str, Any]) -> Told:
    """Every monitor, spread over the second as real ones are."""
    told, places, seconds = Told(), asked["places"], float(asked["seconds"])
    troubled = frozenset(asked["troubled"])
    ready = asyncio.Event()
    ear = asyncio.create_task(listen(told, asked["url"], frozenset(p["patient"] for p in places), ready))
    await asyncio.wait_for(ready.wait(), 10)
    async with asyncio.TaskGroup() as group:
        for number, place in enumerate(places):
            one = Monitor(
                key=place["key"], number=number, first_s=number / len(places), is_troubled=number in troubled
            )
            group.create_task(monitor(told, asked["mllp_port"], one, seconds=seconds))
    await asyncio.sleep(SETTLE_S)  # the last conditions are still written
    ear.cancel()
    await asyncio.gather(ear, return_exceptions=True)
    return told


def main() -> None:
    """Feed, and print what came of it."""
    told = asyncio.run(feed(json.loads(sys.stdin.read())))
    print(json.dumps(vars(told)))


if __name__ == "__main__":
    main()
