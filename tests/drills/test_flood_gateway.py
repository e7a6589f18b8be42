"""The gateway under senders that mean harm or are broken: its memory stays bounded, and other monitors are still answered."""

import asyncio
import contextlib
import re
from pathlib import Path

import pytest
from tools.bench.rows import Row
from tools.bench.running import running_clinic
from tools.bench_chair.night import keep

from ebbtide.ground import clock
from ebbtide.twin.monitors.messages import report
from tests.drills.test_kill_gateway import Once, gateway_of, wait_until_heard
from tests.moulds import a_copy

START = b"\x0b"
MOST_MB = 64.0
BIG_BYTES, PIECE = 100 * 1024 * 1024, b"x" * 65536
LOST = (OSError, TimeoutError, asyncio.IncompleteReadError)


def memory_mb(pid: int, name: str) -> float:
    """A figure of /proc/PID/status in MB: VmRSS now, VmHWM at most until now."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


async def slow_loris(port: int) -> None:
    """A byte now and then, for as long as it is let."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(START + b"MSH")
    for _ in range(12):
        await asyncio.sleep(1)
        writer.write(b"|")
        await writer.drain()
    writer.close()


async def endless(port: int, *, begin: bytes) -> None:
    """100 MB in one message, or outside of any."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(begin)
    for _ in range(BIG_BYTES // len(PIECE)):
        writer.write(PIECE)
        await writer.drain()
    writer.close()


async def partial(port: int) -> None:
    """Most of the longest message that is taken, and then nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(START + b"x" * 250_000)
    await asyncio.wait_for(reader.read(), 14)
    writer.close()


async def deaf(port: int) -> None:
    """Message after message, and no answer is ever read."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    for _ in range(20_000):
        writer.write(START + b"MSH|^~\\&|DEAF\r" + b"\x1c\r")
        await asyncio.wait_for(writer.drain(), 8)
    writer.close()


async def quietly(attack) -> None:
    with contextlib.suppress(*LOST):
        await attack


async def flood(port: int) -> list[float]:
    """Everything at once; how long a monitor of the clinic waited meanwhile for each answer (s)."""
    attacks = [
        *(slow_loris(port) for _ in range(300)),
        *(endless(port, begin=START + b"MSH|") for _ in range(3)),
        *(endless(port, begin=b"") for _ in range(2)),
        *(partial(port) for _ in range(200)),
        *(deaf(port) for _ in range(5)),
    ]
    running = [asyncio.create_task(quietly(one)) for one in attacks]
    line, waited_s, number = Once("127.0.0.1", port), [], 0
    while not all(task.done() for task in running):
        begun_s = asyncio.get_running_loop().time()
        code = await line.send_once(report("DRILL-0", number, clock.now(), {"hr": 70.0}))
        assert code in {"AA", "AE"}, "a monitor of the clinic was not answered"
        waited_s.append(asyncio.get_running_loop().time() - begun_s)
        number += 1
        await asyncio.sleep(0.2)
    await line.close()
    return waited_s


@pytest.mark.nightly
def test_its_memory_stays_bounded_under_slow_endless_and_broken_senders(
    demonstration: Path, place: Path
) -> None:
    with running_clinic(a_copy(demonstration, place / "d")) as clinic:
        wait_until_heard(clinic)
        gateway = gateway_of(clinic.data)
        assert gateway is not None
        before_mb = memory_mb(gateway, "VmRSS")
        waited_s = asyncio.run(flood(clinic.mllp_port))
        growth_mb = memory_mb(gateway, "VmHWM") - before_mb
        assert gateway_of(clinic.data) == gateway, "the gateway was started again"
    note = f"{before_mb:.0f} MB before; {len(waited_s)} messages of a monitor answered meanwhile, the slowest in {max(waited_s):.1f} s"
    keep(
        Row(
            name="gateway_growth_mb",
            value=round(growth_mb, 1),
            unit="MB",
            goal=MOST_MB,
            better="lower",
            runs=1,
            note=note,
        )
    )
    assert growth_mb < MOST_MB, f"it grew by {growth_mb:.0f} MB"
