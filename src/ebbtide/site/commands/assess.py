"""`ebbtide assess BUNDLE.json`: every suitability rule against one person's FHIR record. Changes nothing, starts no Django."""

import argparse
import gc
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ebbtide.doors.fhir.drafts import Intake, PersonDraft
    from ebbtide.evidence.model import SuitabilityPack
    from ebbtide.evidence.suitability import Evaluation, Finding

HELP = "evaluate every suitability rule against a FHIR R4 bundle of one person"
EXIT_EVALUATED = 0
EXIT_REFUSED = 2
STAGES = ("assessment", "day_of_infusion", "series")
LAST_MOMENT = time(23, 59, 59, 999999, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """One evaluated bundle: what the rules say, and what became of the record that they were asked about."""

    as_of: str
    verdict: str
    exclusion: str | None
    evaluation: "Evaluation"
    intake: "Intake"
    pack: "SuitabilityPack"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE.json", type=Path, help="a FHIR R4 bundle of one person")
    parser.add_argument("--stage", choices=STAGES, default="assessment", help="default: assessment")
    parser.add_argument("--as-of", metavar="DATE", default=None, help="judge as of this day; default: today")
    parser.add_argument("--json", action="store_true", help="print JSON, one finding per rule of the pack")


def run(args: argparse.Namespace) -> int:
    """Assess and print; 0 when it evaluated, 2 with one line when the file or the date cannot be used."""
    # Reading a bundle makes a few hundred thousand small objects that all live to the end: collecting is waste.
    gc.disable()
    try:
        answer = assess(path=args.bundle, stage=args.stage, as_of=args.as_of)
    except AssessRefused as refused:
        # One line, whatever an element of the file is called.
        sys.stderr.write(f"ebbtide assess: {' '.join(str(refused).split())}\n")
        return EXIT_REFUSED
    finally:
        gc.enable()
    sys.stdout.write(as_json(answer) if args.json else as_table(answer))
    return EXIT_EVALUATED


class AssessRefused(Exception):
    """The file or the date cannot be used."""


def assess(*, path: Path, stage: str, as_of: str | None) -> Assessed:
    """Evaluate a bundle at a stage and a day."""
    from ebbtide.doors.fhir.bundle import BundleRefused, read_bundle
    from ebbtide.doors.fhir.intake import take_in
    from ebbtide.doors.fhir.values import inputs_at
    from ebbtide.evidence.interactions import load_interactions
    from ebbtide.evidence.packs import load_suitability_pack
    from ebbtide.evidence.suitability import evaluate

    shown, moment = _moment(as_of)
    try:
        bundle = read_bundle(_bytes_of(path))
    except BundleRefused as refused:
        raise AssessRefused(f"{path.name}: {refused}") from None
    pack = load_suitability_pack()
    intake = take_in(bundle, pack=pack)
    inputs = inputs_at(intake, pack=pack, interactions=load_interactions(), as_of=moment)
    evaluation = evaluate(pack=pack, stage=stage, inputs=inputs, as_of=moment)
    exclusion = _exclusion(intake.person)
    verdict = "exclude" if exclusion else str(evaluation.verdict)
    return Assessed(
        as_of=shown, verdict=verdict, exclusion=exclusion, evaluation=evaluation, intake=intake, pack=pack
    )


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise AssessRefused(f"{path}: there is no such file. Check the name.") from None
    except OSError as fault:
        raise AssessRefused(f"{path}: it cannot be read ({fault.strerror}). Check the file.") from None


def _moment(as_of: str | None) -> tuple[str, datetime]:
    """The day as it is printed, and the moment of judgement: the end of that day (UTC), or the instant given."""
    if as_of is None:
        from ebbtide.ground import clock

        today = clock.now().astimezone(UTC).date()
        return today.isoformat(), datetime.combine(today, LAST_MOMENT)
    try:
        day = date.fromisoformat(as_of)
    except ValueError:
        return _instant(as_of)
    return day.isoformat(), datetime.combine(day, LAST_MOMENT)


def _instant(as_of: str) -> tuple[str, datetime]:
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError:
        raise AssessRefused(f"--as-of {as_of}: write a date, for example 2026-11-23.") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.isoformat(), moment


def _exclusion(person: "PersonDraft") -> str | None:
    """Why nobody may be treated whatever the rules say; None when the record gives no such reason."""
    if not person.deceased:
        return None
    when = (
        f"died on {person.deceased_on.isoformat()}"
        if person.deceased_on
        else "has died (no date is recorded)"
    )
    return f"Excluded: the record says that this person {when}. No infusion may be planned or given."


def as_json(answer: Assessed) -> str:
    """The answer as JSON: one finding per rule, clear and not applicable ones included."""
    evaluation = answer.evaluation
    content = {
        "stage": str(evaluation.stage),
        "as_of": answer.as_of,
        "verdict": answer.verdict,
        "exclusion": answer.exclusion,
        "pack": {"version": evaluation.pack_version, "sha256": evaluation.pack_sha256},
        "findings": [_finding(finding) for finding in evaluation.findings],
        "needs_data": [
            {
                "input": need.input,
                "rules": list(need.rules),
                "if_missing": str(need.if_missing),
                "why": need.why,
            }
            for need in evaluation.needs_data
        ],
        "to_judge": [
            {"concept": row.concept, "system": row.system, "code": row.code, "text": row.text}
            for row in answer.intake.to_judge
        ],
        "unmapped": [
            {"system": row.system, "code": row.code, "text": row.text, "count": row.count}
            for row in answer.intake.unmapped
        ],
        "sources": {key: answer.pack.sources[key] for key in sorted(answer.pack.sources)},
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _finding(finding: "Finding") -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "outcome": str(finding.outcome),
        "title": finding.title,
        "message": finding.message,
        "values": [
            {
                "name": value.name,
                "value": _plain(value.value),
                "unit": value.unit,
                "date": value.observed_at.isoformat() if value.observed_at else None,
                "origin": value.origin + (", unconfirmed" if value.unconfirmed else ""),
            }
            for value in finding.values
        ],
        "grade": finding.grade,
        "source": list(finding.source),
        "mark": list(finding.mark),
        "if_missing": str(finding.if_missing),
        "override": str(finding.override),
        "unconfirmed": finding.unconfirmed,
    }


def _plain(value: object) -> object:
    """A value as JSON can hold it; decimals keep their digits as numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


HEADINGS: Mapping[str, str] = {
    "exclude": "EXCLUDE — do not treat while this holds",
    "defer": "DEFER — not now; this must change first",
    "caution": "CAUTION — may proceed with a recorded plan",
    "info": "INFORMATION",
}
VERDICTS: Mapping[str, str] = {
    "exclude": "Exclude: do not treat with ketamine here while the condition holds.",
    "defer": "Defer: not now.",
    "needs_data": "Cannot be decided yet: something is missing.",
    "caution": "Caution: may proceed with a recorded plan and acknowledgement.",
    "info": "Nothing stands against it; there is something to know.",
    "clear": "Clear.",
}


def as_table(answer: Assessed) -> str:
    """The answer for a person to read: verdict first, then what fired, then what is missing."""
    evaluation = answer.evaluation
    stage = str(evaluation.stage).replace("_", " ")
    lines = [f"Suitability at stage “{stage}”, as of {answer.as_of}", ""]
    lines += [answer.exclusion or VERDICTS[answer.verdict], ""]
    for outcome, heading in HEADINGS.items():
        fired = [finding for finding in evaluation.findings if finding.outcome == outcome]
        lines += _section(heading, [line for finding in fired for line in _fired(finding)])
    lines += _section("MISSING — blocks", _missing(answer, "block"))
    lines += _section("MISSING — asked, does not block", _missing(answer, "ask"))
    judged = [f"  {row.concept.replace('_', ' ')}: {row.text} ({row.code})" for row in answer.intake.to_judge]
    lines += _section("FOR A CLINICIAN TO JUDGE — the code alone does not decide", judged)
    unmapped = [f"  {row.count} × {row.text} ({row.code})" for row in answer.intake.unmapped]
    lines += _section("CODES THAT NO RULE READS", unmapped)
    return "\n".join([*lines, *_footer(answer)]) + "\n"


def _section(heading: str, lines: list[str]) -> list[str]:
    return [heading, *lines, ""] if lines else []


def _fired(finding: "Finding") -> list[str]:
    mark = " [resting on something unconfirmed]" if finding.unconfirmed else ""
    source = f"{', '.join(finding.source)}; grade: {finding.grade}; {', '.join(finding.mark)}"
    return [f"  {finding.rule}  {finding.title}{mark}", f"      {finding.message}", f"      Source: {source}"]


def _missing(answer: Assessed, if_missing: str) -> list[str]:
    return [
        f"  {need.input.replace('_', ' ')}: {need.why} ({', '.join(need.rules)})"
        for need in answer.evaluation.needs_data
        if need.if_missing == if_missing
    ]


def _footer(answer: Assessed) -> list[str]:
    findings = answer.evaluation.findings
    count = {
        outcome: sum(finding.outcome == outcome for finding in findings)
        for outcome in ("clear", "not_applicable")
    }
    taken, left = len(answer.intake.taken), len(answer.intake.left)
    return [
        f"{len(findings)} rules: {count['clear']} clear, {count['not_applicable']} do not apply.",
        f"From the record {taken} facts were taken and {left} entries left; nobody has confirmed them.",
        f"Rule pack {answer.evaluation.pack_version}, sha256 {answer.evaluation.pack_sha256[:16]}…",
        "This is advice. A clinician decides and signs.",
    ]
