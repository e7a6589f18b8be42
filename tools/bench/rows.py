"""Rows of a benchmark: name, value, unit, goal, which way is better, whether it was met, how often it was run, and a note."""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Better = Literal["higher", "lower", "equal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str
    value: float | None
    unit: str
    goal: float
    better: Better
    runs: int
    note: str = ""

    @property
    def met(self) -> bool:
        if self.value is None:
            return False
        return {
            "higher": self.value >= self.goal,
            "lower": self.value <= self.goal,
            "equal": self.value == self.goal,
        }[self.better]


def median_of(measure: Callable[[], float], runs: int) -> float:
    """The median of several runs of one measurement."""
    return round(statistics.median(measure() for _ in range(runs)), 4)


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def write(rows: list[Row], path: Path) -> None:
    """Write the rows as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps([{**asdict(row), "met": row.met} for row in rows], indent=1) + "\n", encoding="utf-8"
    )


def pace_ms() -> float:
    """What a million additions in Python take of one core now (ms, the best of five): a throttled machine shows here."""

    def once() -> float:
        begun_s, total = time.process_time(), 0
        for number in range(1_000_000):
            total += number
        return (time.process_time() - begun_s) * 1000

    return min(once() for _ in range(5))


def table(rows: list[Row]) -> str:
    """The rows as a table for people, under the pace of the machine: figures are compared where it is alike."""
    signs = {"higher": "≥", "lower": "≤", "equal": "="}
    pace = f"This machine now: a million additions in Python take {pace_ms():.0f} ms of one core."
    lines = [pace, f"{'':28} {'value':>10} {'goal':>10}  {'unit':6} met"]
    for row in rows:
        value = "–" if row.value is None else f"{row.value:g}"
        lines.append(
            f"{row.name:28} {value:>10} {signs[row.better] + f'{row.goal:g}':>10}  {row.unit:6} {'yes' if row.met else 'NO'}  {row.note}"
        )
    return "\n".join(lines)
