"""assessment: findings as the record keeps them and as the page reads them. Pure: no Django, no clock."""

import hashlib
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ebbtide.evidence.model import IfMissing, Outcome
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.evidence.suitability import Evaluation, Finding, UsedValue
from ebbtide.evidence.wording import said
from ebbtide.journey.assessment.questions import ASKED_BY

Plain = dict[str, Any]

VERDICT_WORDS: Mapping[str, str] = {
    "exclude": "Exclude: do not treat with ketamine here while this holds",
    "defer": "Defer: not now",
    "needs_data": "Needs data: cannot be decided yet",
    "caution": "Caution: may proceed with a written plan",
    "info": "Information only",
    "clear": "Clear",
}


def as_plain(finding: Finding) -> Plain:
    """One finding as JSON keeps it: everything that EVALUATION 7 asks to be stored."""
    return {
        "rule": finding.rule,
        "outcome": finding.outcome.value,
        "title": finding.title,
        "message": finding.message,
        "values": [_value(value) for value in finding.values],
        "parameters": {name: _json(value) for name, value in finding.parameters.items()},
        "grade": finding.grade,
        "source": list(finding.source),
        "mark": list(finding.mark),
        "mark_note": finding.mark_note,
        "override": finding.override.value,
        "if_missing": finding.if_missing.value,
        "unconfirmed": finding.unconfirmed,
        "missing": [{"input": absence.name, "why": absence.why} for absence in finding.missing],
    }


def needs_as_plain(evaluation: Evaluation) -> list[Plain]:
    """What must still be asked, those that block first."""
    return [
        {"input": need.input, "rules": list(need.rules), "if_missing": need.if_missing.value, "why": need.why}
        for need in evaluation.needs_data
    ]


def fired_by_absence(evaluation: Evaluation, *, known: Container[str]) -> list[Plain]:
    """What a rule objects to because it is not there (no ECG on file, no liver panel): to be asked like a need."""
    rules = {rule.id: rule for rule in load_suitability_pack().rules}
    return [
        {
            "input": name,
            "rules": [finding.rule],
            "if_missing": finding.if_missing.value,
            "why": "not recorded",
        }
        for finding in evaluation.findings
        if finding.outcome in OBJECTIONS
        for name in sorted(rules[finding.rule].input_names)
        if name in ASKED_BY and name not in known
    ]


OBJECTIONS = frozenset({Outcome.EXCLUDE, Outcome.DEFER, Outcome.CAUTION})


def _value(used: UsedValue) -> Plain:
    return {
        "name": used.name,
        "value": _json(used.value),
        "unit": used.unit,
        "date": used.observed_at.isoformat() if used.observed_at else None,
        "confirmed_at": used.confirmed_at.isoformat() if used.confirmed_at else None,
        "origin": used.origin,
        "unconfirmed": used.unconfirmed,
    }


def _json(value: object) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date():
            return value.isoformat()
        case tuple():
            return [_json(item) for item in value]
    return value


def outcomes_digest(findings: Iterable[Plain]) -> str:
    """What the rules said, as one short word: a page that shows it can tell whether it still stands at signing."""
    said_by_rule = "\n".join(sorted(f"{finding['rule']}={finding['outcome']}" for finding in findings))
    return hashlib.sha256(said_by_rule.encode()).hexdigest()[:16]


# — for the page —

GROUPS: Sequence[
    tuple[str, str, str | None, str]
] = (  # key, outcome, if_missing, heading; worst first (EVALUATION 5)
    ("exclude", Outcome.EXCLUDE, None, "Exclude"),
    ("defer", Outcome.DEFER, None, "Defer"),
    ("blocks", Outcome.NEEDS_DATA, IfMissing.BLOCK, "Needs data before anything can start"),
    ("caution", Outcome.CAUTION, None, "Caution"),
    ("info", Outcome.INFO, None, "Information"),
    ("asks", Outcome.NEEDS_DATA, IfMissing.ASK, "Would help to know"),
    ("clear", Outcome.CLEAR, None, "Clear"),
    ("not_applicable", Outcome.NOT_APPLICABLE, None, "Does not apply here"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownValue:
    """One value under a finding, in words."""

    words: str
    observed_at: datetime | None
    origin: str
    unconfirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFinding:
    """A finding as a page prints it."""

    rule: str
    title: str
    message: str
    css: str
    values: tuple[ShownValue, ...]
    parameters: str
    grade: str
    source: str
    recalled: bool
    mark: str
    override: str
    unconfirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The findings of one outcome under their heading."""

    key: str
    heading: str
    findings: tuple[ShownFinding, ...]

    @property
    def speaks(self) -> bool:
        """Whether it is read at once; what is only missing is asked above, and the quiet ones are kept folded."""
        return self.key in {"exclude", "defer", "caution", "info"}

    @property
    def is_grave(self) -> bool:
        """Whether it stands before everything else."""
        return self.key in {"exclude", "defer"}


def grouped(findings: Sequence[Plain], *, sources: Mapping[str, str]) -> list[Group]:
    """The findings by outcome, worst first; groups that hold none are left out."""
    groups = []
    for key, outcome, if_missing, heading in GROUPS:
        members = [
            finding
            for finding in findings
            if finding["outcome"] == outcome and (if_missing is None or finding["if_missing"] == if_missing)
        ]
        if members:
            shown = tuple(_shown(finding, sources) for finding in members)
            groups.append(Group(key=key, heading=heading, findings=shown))
    return groups


def _shown(finding: Plain, sources: Mapping[str, str]) -> ShownFinding:
    note = f" ({finding['mark_note']})" if finding["mark_note"] else ""
    return ShownFinding(
        rule=finding["rule"],
        title=finding["title"],
        message=finding["message"],
        css=finding["outcome"].replace("_", "-"),
        values=tuple(_shown_value(value) for value in finding["values"]),
        parameters=", ".join(f"{said(name)} {said(value)}" for name, value in finding["parameters"].items()),
        grade=finding["grade"],
        source="; ".join(sources.get(key, key) for key in finding["source"]),
        recalled="recalled" in finding["mark"],
        mark=", ".join(finding["mark"]) + note,
        override=finding["override"],
        unconfirmed=finding["unconfirmed"],
    )


def _shown_value(value: Plain) -> ShownValue:
    held = tuple(value["value"]) if isinstance(value["value"], list) else value["value"]
    words = "none" if held == () else said(held)
    unit = value["unit"] if value["unit"] and not isinstance(held, tuple) else ""
    return ShownValue(
        words=f"{label_of(value['name'])}: {words} {unit}".strip(),
        observed_at=datetime.fromisoformat(value["date"]) if value["date"] else None,
        origin=brief(value["origin"]),
        unconfirmed=value["unconfirmed"],
    )


UNIT_AT_THE_END = re.compile(r"_(mmHg|kg|cm|percent|years|days|h|x_uln)$")
SOURCE_ID = re.compile(r"(imported from \w+)/[^\s;,]{12,}")


def label_of(name: str) -> str:
    """The name of an input without the unit that ends it: the unit stands beside the number."""
    return said(UNIT_AT_THE_END.sub("", name))


def brief(origin: str) -> str:
    """An origin without the other system's long id, which the record keeps and nobody reads."""
    return SOURCE_ID.sub(r"\1", origin)
