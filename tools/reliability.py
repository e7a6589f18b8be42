"""`python -m tools.reliability`: publish what build/bench holds of the reliability figures, for docs/reference/reliability.md."""

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from ebbtide.ground import clock
from tools.manual.reliability import MEASURED, groups

BENCH = Path(__file__).resolve().parents[1] / "build" / "bench"


def rows_in(folder: Path) -> dict[str, dict[str, Any]]:
    """Every row that a benchmark or a round of the night left there, by its name."""
    rows: dict[str, dict[str, Any]] = {}
    for file in sorted(folder.glob("*.json")):
        for row in json.loads(file.read_text(encoding="utf-8")):
            rows[row["name"]] = {name: row[name] for name in ("value", "runs", "note")}
    return rows


def machine() -> str:
    """This machine in words: what a figure depends on."""
    return f"{os.cpu_count()} cores ({platform.machine()}), {platform.system()} {platform.release().partition('-')[0]}, Python {platform.python_version()}"


def main(arguments: list[str]) -> int:
    """Take the rows of the figures that the page names; what was not measured stays out."""
    parser = argparse.ArgumentParser(prog="python -m tools.reliability")
    parser.add_argument("folder", nargs="?", type=Path, default=BENCH)
    found = rows_in(parser.parse_args(arguments).folder)
    wanted = [figure["name"] for group in groups() for figure in group["figures"]]
    told = {
        "on": clock.now().date().isoformat(),
        "machine": machine(),
        "rows": {name: found[name] for name in wanted if name in found},
    }
    MEASURED.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(
        f"{len(told['rows'])} of {len(wanted)} figures published; now `python -m tools.manual` prints the page."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
