"""How many times faster a message of six readings is taken apart than by the hl7 package; both give the same texts."""

import timeit
from collections.abc import Callable
from datetime import UTC, datetime

import hl7

from ebbtide.doors.hl7v2.parsing import segments_of
from ebbtide.twin.monitors.messages import report
from tools.bench.rows import Row

SIGNS = {"hr": 72.0, "pulse": 72.0, "spo2": 97.0, "rr": 14.0, "etco2": 38.0, "sbp": 128.0}
GOAL, RUNS, EACH = 20.0, 15, 200

Told = list[tuple[str, ...]]


def by_package(text: str) -> Told:
    """Code, value, unit, status and time of every reading, as the package gives them."""
    return [
        (str(obx[1]), str(obx[3]), str(obx[5]), str(obx[6]), str(obx[11]), str(obx[14]))
        for obx in hl7.parse(text).segments("OBX")[1:]
    ]


def by_ebbtide(content: bytes) -> Told:
    """The same by our own reader."""
    return [
        tuple(line.raw(number) for number in (1, 3, 5, 6, 11, 14))
        for line in segments_of(content)
        if line.name == "OBX"
    ][1:]


def _best_us(call: Callable[[], object]) -> float:
    return min(timeit.repeat(call, number=EACH, repeat=RUNS)) / EACH * 1e6


def measure() -> list[Row]:
    """The row `parser_vs_hl7`: the quickest of 15 rounds each, so that a busy machine says little in it."""
    content = report("SIM-CHAIR-1", 1, datetime(2026, 11, 23, 15, tzinfo=UTC), SIGNS)
    text = content.decode()
    if by_package(text) != by_ebbtide(content):
        raise AssertionError("The two readers do not agree: the figure counts for nothing.")
    package_us, ours_us = _best_us(lambda: by_package(text)), _best_us(lambda: by_ebbtide(content))
    note = f"{ours_us:.0f} us and {package_us:.0f} us for one message of {len(SIGNS)} readings, the same texts of both"
    value = round(package_us / ours_us, 1)
    return [
        Row(
            name="parser_vs_hl7",
            value=value,
            unit="times",
            goal=GOAL,
            better="higher",
            runs=RUNS * EACH,
            note=note,
        )
    ]
