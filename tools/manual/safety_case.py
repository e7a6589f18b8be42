"""The safety case, printed from docs/reference/safety-case.yaml: each claim with its argument, its hazards and its tests."""

from collections.abc import Mapping
from typing import Any

import yaml

from tools.manual.hazards import HOME, evidence, hazard_log, link
from tools.manual.marks import cell

CASE = HOME / "docs" / "reference" / "safety-case.yaml"


def the_case() -> Mapping[str, Any]:
    """The whole case as it is kept."""
    found: Mapping[str, Any] = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    return found


def missing(claim: Mapping[str, Any]) -> list[str]:
    """Why a claim is not shown yet; nothing when it is."""
    by_id = {one["id"]: one for one in hazard_log()}
    open_ones = [
        f"{name} is open: {by_id[name]['open']}" for name in claim["answers"] if by_id[name].get("open")
    ]
    return [*open_ones, *([claim["open"]] if claim.get("open") else [])]


def safety_case() -> str:
    """The top claim, what it takes for granted, and every claim under it."""
    case = the_case()
    lines = [f"**{cell(case['top'])}**", "", "Taken for granted:", ""]
    lines += [f"- {cell(one)}" for one in case["context"]]
    return "\n\n".join(["\n".join(lines), *(_claim(one) for one in case["claims"])])


def _claim(one: Mapping[str, Any]) -> str:
    why_not = missing(one)
    hazards = ", ".join(f"[{name}](hazards.md#{name.lower()})" for name in one["answers"])
    lines = [
        f"### {one['id']}",
        "",
        f"**{cell(one['claim'])}.** {'Not yet shown' if why_not else 'Shown'}. Answers {hazards}.",
        "",
        f"- Argument: {cell(one['argument'])}",
        *(f"- Evidence: {link(evidence(name))}" for name in one["evidence"]),
        *(f"- Open: {cell(words)}." for words in why_not),
    ]
    return "\n".join(lines)
