"""`make bench-monitor`: every figure of the monitors' door, a table, build/bench/monitor.json. The slow rounds: `make nightly`."""

import importlib
import sys
from pathlib import Path

from tools.bench.rows import Row, table
from tools.bench_chair.__main__ import as_row
from tools.bench_chair.night import keep

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "bench" / "monitor.json"
FIGURES = ("parser", "load")


def rows_of(name: str, options: list[str]) -> list[Row]:
    """What one module measures; the load takes options of its own."""
    module = importlib.import_module(f"tools.bench_monitor.{name}")
    told = module.measure(options) if name == "load" else module.measure()
    return [as_row(one) for one in told]


def main(arguments: list[str]) -> int:
    """Measure, print, write. Names of modules measure these alone; what was not measured now stays as it was."""
    first = next((n for n, one in enumerate(arguments) if one.startswith("--")), len(arguments))
    names, options = arguments[:first], arguments[first:]
    rows = [row for name in names or FIGURES for row in rows_of(name, options)]
    print(table(rows))
    for row in rows:
        keep(row, OUT)
    print(f"Written to {OUT.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
