"""The monitors' figures: simulated monitors over real MLLP into a running clinic, pages that listen, charts beside them."""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from ebbtide.ground import clock
from ebbtide.twin.monitors.line import Line
from ebbtide.twin.monitors.messages import report
from tools.bench.load import open_loop
from tools.bench.rows import Row, percentile
from tools.bench.running import Clinic, clock_of

ROOT = Path(__file__).resolve().parents[2]
CHAIRS, PAGES = 20, 20
FEED_S, WARM_S, FLAT_OUT_S = 20.0, 3.0, 5.0
PER_SECOND, CHART_S = 50.0, 20.0
SIGNS = {"hr": 72.0, "pulse": 72.0, "spo2": 97.0, "rr": 14.0, "etco2": 38.0, "sbp": 128.0}
EVERY_S = 1.0


@dataclass
class Fed:
    """What the monitors of one run sent and were answered, and what the pages heard of it."""

    answered_ms: list[float] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    sent_s: dict[tuple[str, str], float] = field(default_factory=dict)
    heard_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def answer(self, code: str, took_s: float) -> None:
        self.codes[code] = self.codes.get(code, 0) + 1
        self.answered_ms.append(took_s * 1000)


async def _monitor(fed: Fed, line: Line, key: str, *, first_s: float, seconds: float, every_s: float) -> None:
    """One monitor: a message each second, or as fast as it is answered when `every_s` is 0."""
    loop = asyncio.get_running_loop()
    begun_s, number = loop.time() + first_s, 0
    at = clock.now()
    while (due_s := begun_s + number * every_s) < begun_s + seconds and loop.time() < begun_s + seconds:
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        # flat out, the readings lie a millisecond apart in the hour before, so that none is sent twice
        at = clock.now() if every_s else at - timedelta(milliseconds=1)
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        fed.sent_s[key, at.isoformat()] = loop.time()
        answered = await line.send(report(key, number, at, SIGNS))
        fed.answer(answered.code, answered.took_s)
        number += 1
    await line.close()


async def _page(fed: Fed, port: int, cookie: str, session: str, keys: Mapping[str, str]) -> None:
    """One open page: every value that it hears, from the moment its message was sent."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET /live/stream?topics=vitals:{session} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
    )
    try:
        while line := await reader.readline():
            if line.startswith(b'data: {"at"'):
                heard_s = loop.time()
                for sent_s in _sent(fed, json.loads(line[6:]), keys):
                    fed.heard_ms.append((heard_s - sent_s) * 1000)
    finally:
        writer.close()


def _sent(fed: Fed, told: Mapping[str, Any], keys: Mapping[str, str]) -> set[float]:
    """When the messages were sent whose values this event brings; each message counts once."""
    readings = [reading for values in told["topics"].values() for reading in values.values()]
    found = {
        fed.sent_s.get((keys.get(reading["device"], ""), reading["observed_at"])) for reading in readings
    }
    return {at_s for at_s in found if at_s is not None}


async def _feed(told: Mapping[str, Any], *, seconds: float, every_s: float, pages: int) -> Fed:
    fed, places = Fed(), told["places"]
    keys = {place["name"]: place["key"] for place in places}
    alone = [place["session"] for place in places if place["alone"]]
    listening = [
        asyncio.create_task(_page(fed, told["port"], told["cookie"], alone[number % len(alone)], keys))
        for number in range(pages)
    ]
    await asyncio.sleep(1.0 if pages else 0.0)
    begun_s = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, place in enumerate(places):
            line = Line("127.0.0.1", told["mllp_port"])
            first_s = number / len(places) if every_s else 0.0
            group.create_task(
                _monitor(fed, line, place["key"], first_s=first_s, seconds=seconds, every_s=every_s)
            )
    fed.seconds = time.perf_counter() - begun_s
    await asyncio.sleep(0.5 if pages else 0.0)
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    return fed


def feed_command(
    told: Mapping[str, Any], *, seconds: float, every_s: float = EVERY_S, pages: int = 0
) -> list[str]:
    """The monitors as a process of their own, as they are in a clinic; it prints one JSON object."""
    return [
        sys.executable, "-m", "tools.bench.monitor", json.dumps(dict(told)),
        "--seconds", str(seconds), "--every", str(every_s), "--pages", str(pages),
    ]  # fmt: skip


def feed(told: Mapping[str, Any], **how: Any) -> dict[str, Any]:
    """Run the monitors to their end; what they were answered and what was heard."""
    command, env = feed_command(told, **how), {**os.environ, **told["clock"]}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    return _told_by(done.returncode, done.stdout, done.stderr)


def _told_by(status: int, out: str, errors: str) -> dict[str, Any]:
    if status:
        raise RuntimeError(f"The monitors of the benchmark ended with {status}: {errors[-2000:]}")
    found: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return found


def _not_stored(fed: Mapping[str, Any]) -> int:
    return sum(count for code, count in fed["codes"].items() if code != "AA")


def monitor_rows(clinic: Clinic, told: Mapping[str, Any]) -> list[Row]:
    """Every row about monitors. `told`: cookie, paths of charts, and 20 places with key, name and session."""
    told = {
        **told,
        "port": clinic.port,
        "mllp_port": clinic.mllp_port,
        "clock": clock_of(clinic.data),
    }
    feed(told, seconds=WARM_S, pages=PAGES)
    calm = feed(told, seconds=FEED_S, pages=PAGES)
    fast = feed(told, seconds=FLAT_OUT_S, every_s=0.0)
    return [_gateway_row(calm), _rate_row(fast), _page_row(calm), _chart_row(clinic, told)]


def _gateway_row(fed: Mapping[str, Any]) -> Row:
    took = fed["answered_ms"]
    note = f"p50 {percentile(took, 0.5):.1f} ms, {len(took)} messages of {len(SIGNS)} signals, {_not_stored(fed)} not AA, {PAGES} pages open"
    value = round(percentile(took, 0.99), 1)
    return Row(
        name="gateway_p99_ms_20_chairs",
        value=value,
        unit="ms",
        goal=20,
        better="lower",
        runs=len(took),
        note=note,
    )


def _rate_row(fed: Mapping[str, Any]) -> Row:
    took = fed["answered_ms"]
    note = f"{CHAIRS} connections, each sends when it is answered; p99 {percentile(took, 0.99):.0f} ms, {_not_stored(fed)} not AA"
    value = round(len(took) / fed["seconds"], 1)
    return Row(
        name="gateway_msgs_per_s",
        value=value,
        unit="/s",
        goal=200,
        better="higher",
        runs=len(took),
        note=note,
    )


def _page_row(fed: Mapping[str, Any]) -> Row:
    heard, sent = fed["heard_ms"], len(fed["answered_ms"])
    value = round(percentile(heard, 0.99), 1) if heard else None
    note = f"from the last byte sent, so the commit is in it; {len(heard)} values heard of {sent} messages"
    return Row(
        name="sse_p99_ms_20_pages",
        value=value,
        unit="ms",
        goal=100,
        better="lower",
        runs=len(heard),
        note=note,
    )


def _chart_row(clinic: Clinic, told: Mapping[str, Any]) -> Row:
    command = feed_command(told, seconds=CHART_S + 2 * WARM_S, pages=PAGES)
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **told["clock"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as feeding:
        time.sleep(1.0)
        open_loop(clinic.port, told["cookie"], told["paths"], per_second=PER_SECOND, seconds=WARM_S)
        answers = open_loop(
            clinic.port, told["cookie"], told["paths"], per_second=PER_SECOND, seconds=CHART_S
        )
        out, errors = feeding.communicate()
    fed = _told_by(feeding.returncode, out, errors)
    took, wrong = [ms for ms, _ in answers], sum(status != 200 for _, status in answers)
    note = (
        f"p50 {percentile(took, 0.5):.1f} ms, {wrong} of {len(answers)} not 200; meanwhile the gateway's p99 was "
        f"{percentile(fed['answered_ms'], 0.99):.1f} ms, {_not_stored(fed)} not AA"
    )
    value = round(percentile(took, 0.95), 1)
    return Row(
        name="chart_p95_ms_with_feed",
        value=value,
        unit="ms",
        goal=50,
        better="lower",
        runs=len(took),
        note=note,
    )


def main() -> None:
    """The monitors, until their time is over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("told", type=json.loads)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--every", type=float, default=EVERY_S)
    parser.add_argument("--pages", type=int, default=0)
    asked = parser.parse_args()
    fed = asyncio.run(_feed(asked.told, seconds=asked.seconds, every_s=asked.every, pages=asked.pages))
    print(
        json.dumps(
            {
                "answered_ms": fed.answered_ms,
                "heard_ms": fed.heard_ms,
                "codes": fed.codes,
                "seconds": fed.seconds,
            }
        )
    )


if __name__ == "__main__":
    main()
