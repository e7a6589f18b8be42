"""Rows of the slow rounds: whichever round ends puts its row into build/bench/nightly.json, in the place of its last one."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tools.bench.rows import Row

OUT = Path(__file__).resolve().parents[2] / "build" / "bench" / "nightly.json"


def keep(row: Row, out: Path = OUT) -> None:
    """Put one row in; two workers may do it at the same moment."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        there = json.loads(out.read_text(encoding="utf-8")) if out.exists() else []
        others = [one for one in there if one["name"] != row.name]
        rows = sorted([*others, {**asdict(row), "met": row.met}], key=lambda one: str(one["name"]))
        out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


@contextmanager
def none_lost(name: str, *, unit: str, runs: int) -> Iterator[None]:
    """A round that fails when anything is lost: its row says none, or that it failed."""
    row = Row(name=name, value=None, unit=unit, goal=0, better="equal", runs=runs, note="the round failed")
    try:
        yield
        row = Row(name=name, value=0, unit=unit, goal=0, better="equal", runs=runs)
    finally:
        keep(row)
