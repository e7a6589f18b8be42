"""`make bench-chair`: every figure of the chair, a table, build/bench/chair.json. With --night the slow ones, nightly.json."""

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.bench.rows import Row, table
from tools.bench_chair.night import OUT as NIGHTLY
from tools.bench_chair.night import keep

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "bench" / "chair.json"
BY_DAY = ("fold_ms", "append", "vitals_touches", "page")
BY_NIGHT = ("offline_histories", "custody")


def as_row(told: Row | Mapping[str, Any]) -> Row:
    """A row, whichever way a module hands it over; whether it is met is worked out and not believed."""
    if isinstance(told, Row):
        return told
    return Row(**{name: value for name, value in told.items() if name != "met"})


def rows_of(name: str) -> list[Row]:
    """What one module measures."""
    told = importlib.import_module(f"tools.bench_chair.{name}").measure()
    return [as_row(one) for one in (told if isinstance(told, list) else [told])]


def main(arguments: list[str]) -> int:
    """Measure, print, write. Names of modules measure these alone."""
    by_night = "--night" in arguments
    names = [one for one in arguments if not one.startswith("--")] or (BY_NIGHT if by_night else BY_DAY)
    rows = [row for name in names for row in rows_of(name)]
    print(table(rows))
    out = NIGHTLY if by_night else OUT
    for row in rows:
        keep(row, out)  # what was not measured now stays as it was
    print(f"Written to {out.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
