"""Builders of the evidence tests: inputs as a clinic would have them, at one fixed moment."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from ebbtide.evidence.inputs import InputType
from ebbtide.evidence.model import Outcome, Stage, SuitabilityPack
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.evidence.readings import InputValue, Member
from ebbtide.evidence.suitability import Evaluation, Finding, evaluate

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def hours_ago(hours: float) -> datetime:
    return NOON - timedelta(hours=hours)


def pack() -> SuitabilityPack:
    return load_suitability_pack()


def a_value(name: str, value: object, *, at: datetime | None = NOON, confirmed: bool = True) -> InputValue:
    if pack().inputs[name].type is InputType.SET:
        return a_list(name, value, confirmed_at=at if confirmed else None, at=at, confirmed=confirmed)
    return InputValue(name=name, value=value, observed_at=at, confirmed=confirmed)


def a_list(
    name: str,
    items: Iterable[str],
    *,
    confirmed_at: datetime | None = NOON,
    at: datetime | None = NOON,
    confirmed: bool = True,
) -> InputValue:
    members = tuple(Member(value=item, confirmed=confirmed, observed_at=at) for item in items)
    return InputValue(name=name, value=members, observed_at=at, list_confirmed_at=confirmed_at)


def recorded(values: Mapping[str, object], **how: object) -> dict[str, InputValue]:
    return {name: a_value(name, value, **how) for name, value in values.items()}


def evaluated(
    inputs: Mapping[str, InputValue],
    *,
    stage: str = Stage.ASSESSMENT,
    parameters: Mapping[str, object] | None = None,
    as_of: datetime = NOON,
) -> Evaluation:
    return evaluate(pack=pack(), stage=stage, inputs=inputs, as_of=as_of, parameters=parameters)


def finding_of(evaluation: Evaluation, rule: str) -> Finding:
    (found,) = [finding for finding in evaluation.findings if finding.rule == rule]
    return found


def outcome_of(rule: str, values: Mapping[str, object], *, stage: str | None = None) -> Outcome:
    (row,) = [one for one in pack().rules if one.id == rule]
    at = stage or min(row.stages)
    return finding_of(evaluated(recorded(values), stage=at), rule).outcome
