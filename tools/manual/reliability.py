"""The reliability figures, printed from docs/reference/reliability.yaml and from what the benchmarks measured."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from tools.bench.rows import Row
from tools.manual.hazards import HOME
from tools.manual.marks import cell

FIGURES = HOME / "docs" / "reference" / "reliability.yaml"
MEASURED = HOME / "docs" / "reference" / "reliability-measured.json"
SIGNS = {"higher": "at least ", "lower": "at most ", "equal": ""}


def groups() -> list[Mapping[str, Any]]:
    """The figures in their groups, as they are kept."""
    found: list[Mapping[str, Any]] = yaml.safe_load(FIGURES.read_text(encoding="utf-8"))["groups"]
    return found


def measured() -> Mapping[str, Any]:
    """What was last published: when, where, and a row for each figure that was measured."""
    if not MEASURED.exists():
        return {"on": "", "machine": "", "rows": {}}
    found: Mapping[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return found


def reliability() -> str:
    """A table for each group, and under them where the values come from."""
    told = measured()
    parts = ["\n".join(_table(group, told["rows"])) for group in groups()]
    where = (
        f"Measured on {told['machine']}, published {told['on']}."
        if told["rows"]
        else "Nothing was published yet."
    )
    return "\n\n".join([*parts, where])


def _table(group: Mapping[str, Any], rows: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {group['title']}"
    yield ""
    yield "| Figure | What it says | Goal | Measured | Met | By |"
    yield "|---|---|---|---|---|---|"
    for one in group["figures"]:
        value, met = _said(one, rows.get(one["name"]))
        goal = f"{SIGNS[one['better']]}{one['goal']:g} {one['unit']}"
        yield f"| `{one['name']}` | {cell(one['says'])} | {goal} | {value} | {met} | `{one['measured_by']}` |"


def _said(one: Mapping[str, Any], row: Mapping[str, Any] | None) -> tuple[str, str]:
    if row is None:
        return "not measured", "–"
    if row["value"] is None:
        return "the round failed", "no"
    told = Row(
        name=one["name"],
        value=row["value"],
        unit=one["unit"],
        goal=one["goal"],
        better=one["better"],
        runs=row["runs"],
    )
    return f"{told.value:g} {one['unit']} ({row['runs']} runs)", "yes" if told.met else "no"
