"""The hazard log, printed from docs/reference/hazards.yaml with the tests that prove each control."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.manual.marks import cell

HOME = Path(__file__).resolve().parents[2]
LOG = HOME / "docs" / "reference" / "hazards.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A test that a hazard names: whether it is there, whether it is skipped or expected to fail, and when it runs."""

    name: str
    exists: bool
    by_night: bool
    counts: bool


def hazard_log() -> Sequence[Mapping[str, Any]]:
    """Every hazard as it is kept."""
    found: Sequence[Mapping[str, Any]] = yaml.safe_load(LOG.read_text(encoding="utf-8"))["hazards"]
    return found


def evidence(name: str) -> Evidence:
    """What the file of a test says about it: `tests/x.py::test_y`, or a whole file of tests."""
    path, _, wanted = name.partition("::")
    file = HOME / path
    tests = _tests(file) if file.is_file() else {}
    marks = tests.get(wanted) if wanted else _shared(tests)
    if marks is None:
        return Evidence(name=name, exists=False, by_night=False, counts=False)
    by_night = "nightly" in marks
    return Evidence(
        name=name, exists=True, by_night=by_night, counts=not marks & {"skip", "skipif", "xfail", "weekly"}
    )


def hazards() -> str:
    """Each hazard with its control, its evidence, and what is open."""
    return "\n\n".join(_hazard(one) for one in hazard_log())


def hazards_index() -> str:
    """How many are controlled and how many are open, stage by stage."""
    named = {one["stage"] for one in hazard_log()}
    stages = [*(stage for stage in STAGES if stage in named), *sorted(named - set(STAGES))]
    lines = ["| Stage | Controlled | Open |", "| --- | --- | --- |"]
    for stage in stages:
        here = [one for one in hazard_log() if one["stage"] == stage]
        by_state = {state: [one["id"] for one in here if one["status"] == state] for state in STATES}
        lines.append(f"| {stage} | {_ids(by_state['controlled'])} | {_ids(by_state['open'])} |")
    return "\n".join(lines)


STATES = ("controlled", "open")
STAGES = (
    "access", "assessment", "careplan", "course", "custody", "infusion", "leaving", "outcomes", "registry",
)  # fmt: skip


def _ids(found: Sequence[str]) -> str:
    return ", ".join(f"[{one}](#{one.lower()})" for one in found) or "none"


def _hazard(one: Mapping[str, Any]) -> str:
    lines = [
        f"### {one['id']}",
        "",
        (
            f"**{cell(one['cause'])}** → {cell(one['harm']).lower()}. Stage {one['stage']}, priority {one['priority']}, "
            f"**{one['status']}**."
        ),
        "",
        f"- Control: {cell(one['control'])}.",
    ]
    if one.get("not_controlled_when"):
        lines.append(f"- Not controlled when {cell(one['not_controlled_when'])}.")
    lines += [f"- Evidence: {link(evidence(name))}" for name in one.get("evidence", ())]
    if one.get("open"):
        lines.append(f"- Open: {cell(one['open'])}.")
    return "\n".join(lines)


def link(found: Evidence) -> str:
    """The way to a test, for a page of docs/reference, and when it runs."""
    path, _, test = found.name.partition("::")
    when = ", by night" if found.by_night else ""
    return f"[`{test or path}`](../../{path}){when}"


def _tests(file: Path) -> dict[str, set[str]]:
    """The tests of a file with their marks, those of the whole file included."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    everywhere: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            getattr(one, "id", "") == "pytestmark" for one in node.targets
        ):
            everywhere |= _marks(node.value)
    return {
        node.name: everywhere | {mark for one in node.decorator_list for mark in _marks(one)}
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def _marks(node: ast.expr) -> set[str]:
    return {
        one.attr
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute)
        and isinstance(one.value, ast.Attribute)
        and one.value.attr == "mark"
    }


def _shared(tests: Mapping[str, set[str]]) -> set[str] | None:
    return set.intersection(*tests.values()) if tests else None
