"""The suitability engine: rules + parameters + inputs + as_of -> findings. Pure: no clock, no I/O.

Follows EVALUATION 1 to 8 of `data/suitability-rules.yaml`. Software advises, a clinician decides: a finding carries
its rule, the values it used with their times, its source and its grade, and nothing here starts or stops anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from ebbtide.evidence.errors import InputUnknown, ValueRefused
from ebbtide.evidence.inputs import InputSpec, InputType
from ebbtide.evidence.logic import NOTHING, Answer, Operand, Truth
from ebbtide.evidence.model import IfMissing, Outcome, Override, Rule, Stage, SuitabilityPack
from ebbtide.evidence.readings import Absence, InputValue, Seen, see
from ebbtide.evidence.wording import in_message, said_of


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedValue:
    """A value as a finding shows it: with its unit, both its times and its origin."""

    name: str
    value: object
    unit: str | None
    observed_at: datetime | None
    confirmed_at: datetime | None
    origin: str
    unconfirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule says about this person at this moment.

    `unconfirmed` is true when the outcome rests on something that nobody has confirmed yet.
    `missing` names exactly the inputs whose absence left the rule undecided, and why each counts as absent.
    """

    rule: str
    title: str
    outcome: Outcome
    message: str
    values: tuple[UsedValue, ...]
    parameters: Mapping[str, Operand]
    grade: str
    source: tuple[str, ...]
    mark: tuple[str, ...]
    mark_note: str
    override: Override
    if_missing: IfMissing
    unconfirmed: bool
    missing: tuple[Absence, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether the infusion cannot start because this rule could not be decided."""
        return self.outcome is Outcome.NEEDS_DATA and self.if_missing is IfMissing.BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededInput:
    """One input to ask for: the rules that wait for it, the gravest `if_missing` among them, and why it is absent."""

    input: str
    rules: tuple[str, ...]
    if_missing: IfMissing
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Every rule's finding, one each, and the overall verdict."""

    stage: Stage
    as_of: datetime
    verdict: Outcome
    findings: tuple[Finding, ...]
    needs_data: tuple[NeededInput, ...]
    pack_version: str
    pack_sha256: str
    parameters: Mapping[str, Operand] = field(default_factory=dict)

    @property
    def blocked(self) -> bool:
        """Whether an undecided rule keeps the infusion from starting, whatever the other verdicts."""
        return any(finding.blocks for finding in self.findings)


def evaluate(
    *,
    pack: SuitabilityPack,
    stage: Stage | str,
    inputs: Mapping[str, InputValue],
    as_of: datetime,
    parameters: Mapping[str, object] | None = None,
) -> Evaluation:
    """Evaluate every rule of the pack at one stage and one moment.

    Args:
        pack: the rules, with their default parameters and their vocabulary.
        stage: where in the patient's way we are.
        inputs: what is recorded, by name; an undeclared name or an impossible value is refused.
        as_of: the moment of judgement (aware); nothing observed later counts.
        parameters: the site's own settings, by name; the rest are the pack's defaults.
    """
    stage = Stage(stage)
    if as_of.tzinfo is None:
        raise ValueRefused("The moment of judgement has no zone. Give it with its zone.")
    set_to = site_parameters(pack, parameters or {})
    seen = _see_all(pack, inputs, stage=stage, as_of=as_of)
    judge = _Judge(pack=pack, stage=stage, seen=seen, parameters=set_to)
    findings = tuple(judge.finding(rule) for rule in pack.rules)
    return Evaluation(
        stage=stage,
        as_of=as_of,
        verdict=overall_verdict(findings),
        findings=findings,
        needs_data=inputs_to_ask_for(findings),
        pack_version=pack.version,
        pack_sha256=pack.sha256,
        parameters=set_to,
    )


def site_parameters(pack: SuitabilityPack, settings: Mapping[str, object]) -> dict[str, Operand]:
    """The pack's parameters with the site's settings in place; an unknown name or another kind is refused."""
    values = pack.defaults
    for name, value in settings.items():
        if name not in values:
            raise InputUnknown(f"{name!r} is no parameter of this rule pack. Remove the setting.")
        values[name] = _same_kind(name, value, pack.parameters[name].default)
    return values


def _same_kind(name: str, value: object, default: Operand) -> Operand:
    """A setting that is of its default's kind; numbers are zero or more."""
    spec = InputSpec(
        name=name,
        type=InputType.DATE if isinstance(default, date) else InputType.NUMBER,
        minimum=None if isinstance(default, date) else 0.0,
    )
    spec.check(value)
    return value  # type: ignore[return-value]  # just checked


GRAVEST_FIRST: tuple[tuple[Outcome, IfMissing | None], ...] = (  # EVALUATION 5
    (Outcome.EXCLUDE, None),
    (Outcome.DEFER, None),
    (Outcome.NEEDS_DATA, IfMissing.BLOCK),
    (Outcome.CAUTION, None),
    (Outcome.INFO, None),
    (Outcome.NEEDS_DATA, IfMissing.ASK),
)


def overall_verdict(findings: Sequence[Finding]) -> Outcome:
    """The gravest outcome; clear when no rule says anything. Rules that do not apply never touch it."""
    said = {(finding.outcome, finding.if_missing) for finding in findings}
    outcomes = {outcome for outcome, _ in said}
    for outcome, if_missing in GRAVEST_FIRST:
        if (outcome in outcomes) if if_missing is None else ((outcome, if_missing) in said):
            return outcome
    return Outcome.CLEAR


def inputs_to_ask_for(findings: Sequence[Finding]) -> tuple[NeededInput, ...]:
    """Each absent input once: those that block first, then by name."""
    waiting: dict[str, list[Finding]] = {}
    why: dict[str, str] = {}
    for finding in findings:
        if finding.outcome is Outcome.NEEDS_DATA:
            for absence in finding.missing:
                waiting.setdefault(absence.name, []).append(finding)
                why[absence.name] = absence.why
    needed = [
        NeededInput(
            input=name,
            rules=tuple(finding.rule for finding in undecided),
            if_missing=IfMissing.BLOCK if any(finding.blocks for finding in undecided) else IfMissing.ASK,
            why=why[name],
        )
        for name, undecided in waiting.items()
    ]
    return tuple(sorted(needed, key=lambda need: (need.if_missing is not IfMissing.BLOCK, need.input)))


def _see_all(
    pack: SuitabilityPack, inputs: Mapping[str, InputValue], *, stage: Stage, as_of: datetime
) -> dict[str, Seen]:
    """Every declared input as it looks at this stage and moment."""
    for name, value in inputs.items():
        spec = pack.inputs.get(name)
        if spec is None or spec.record_only or value.name != name:
            raise InputUnknown(f"{name!r} is no input of this rule pack. Derive its inputs first.")
        value.check(spec)
    standing = frozenset(pack.reconfirmation.renews)
    return {
        name: see(spec, inputs.get(name), stage=stage, as_of=as_of, standing=name in standing)
        for name, spec in pack.inputs.items()
        if not spec.record_only
    }


class _Judge:
    """Asks one rule after another about the same person, stage and moment."""

    def __init__(
        self,
        *,
        pack: SuitabilityPack,
        stage: Stage,
        seen: Mapping[str, Seen],
        parameters: Mapping[str, Operand],
    ) -> None:
        self.pack = pack
        self.stage = stage
        self.seen = seen
        self.readings = {name: one.reading for name, one in seen.items()}
        self.parameters = parameters

    def finding(self, rule: Rule) -> Finding:
        """The rule's one finding."""
        if self.stage not in rule.stages:
            return self._write(rule, Outcome.NOT_APPLICABLE, Answer(truth=Truth.FALSE), other_stage=True)
        applies = Answer(truth=Truth.TRUE)
        if rule.applies_if is not None:
            applies = rule.applies_if.ask(self.readings, self.parameters)
        if applies.truth is Truth.FALSE:
            return self._write(rule, Outcome.NOT_APPLICABLE, applies)
        if applies.truth is Truth.UNKNOWN:
            return self._undecided(rule, applies)
        answer = rule.when.ask(self.readings, self.parameters)
        if answer.truth is Truth.UNKNOWN:
            return self._undecided(rule, answer)
        outcome = rule.verdict if answer.truth is Truth.TRUE else Outcome.CLEAR
        ground = answer.unconfirmed | applies.unconfirmed
        return self._write(rule, outcome, Answer(truth=answer.truth, unconfirmed=ground))

    def _undecided(self, rule: Rule, answer: Answer) -> Finding:
        ignored = rule.if_missing is IfMissing.IGNORE
        return self._write(rule, Outcome.CLEAR if ignored else Outcome.NEEDS_DATA, answer)

    def _write(self, rule: Rule, outcome: Outcome, answer: Answer, *, other_stage: bool = False) -> Finding:
        missing = tuple(
            Absence(name=name, why=self.seen[name].why_absent) for name in sorted(answer.absent or NOTHING)
        )
        parameters = {name: self.parameters[name] for name in sorted(rule.parameter_names)}
        return Finding(
            rule=rule.id,
            title=rule.title,
            outcome=outcome,
            message=self._message(rule, outcome, missing, other_stage=other_stage),
            values=() if other_stage else self._values(rule),
            parameters={} if other_stage else parameters,
            grade=rule.grade,
            source=rule.source,
            mark=rule.mark,
            mark_note=rule.mark_note,
            override=rule.override,
            if_missing=rule.if_missing,
            unconfirmed=bool(answer.unconfirmed),
            missing=missing,
        )

    def _values(self, rule: Rule) -> tuple[UsedValue, ...]:
        return tuple(
            UsedValue(
                name=name,
                value=self.seen[name].shown,
                unit=self.pack.inputs[name].unit,
                observed_at=self.seen[name].observed_at,
                confirmed_at=self.seen[name].confirmed_at,
                origin=self.seen[name].origin,
                unconfirmed=self.seen[name].unconfirmed,
            )
            for name in sorted(rule.input_names)
            if self.seen[name].reading.known
        )

    def _message(
        self, rule: Rule, outcome: Outcome, missing: tuple[Absence, ...], *, other_stage: bool
    ) -> str:
        if outcome is rule.verdict:
            shown = {name: one.shown for name, one in self.seen.items() if one.reading.known}
            return in_message(rule.message, {**shown, **self.parameters})
        return said_of(outcome, stages=rule.stages, missing=missing, other_stage=other_stage)
