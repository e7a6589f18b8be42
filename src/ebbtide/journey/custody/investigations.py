"""Changing an investigation: notes of its owner, what is known of a theft or loss, and its end, which two people sign."""

from dataclasses import dataclass, field
from datetime import date

from ebbtide.ground.ledger.action import Act, Done, action
from ebbtide.ground.ledger.turns import one_at_a_time
from ebbtide.ground.policy import Actor
from ebbtide.journey.custody.investigation_rules import (
    broken_by_closing,
    broken_by_discovery,
    broken_by_notes,
)
from ebbtide.journey.custody.models import LossRecord, Variance, VarianceClosing, VarianceNote
from ebbtide.journey.custody.posting import check, day_of, staff_of, topics, witnessing
from ebbtide.journey.custody.rules import (
    broken_by_second,
    broken_by_text,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote:
    variance: Variance
    words: str


@action("custody.investigation", "create", about=lambda command: command.variance)
def add_note(act: Act, command: AddNote) -> Done[VarianceNote]:
    """What was asked and found, with its time; appended, never edited."""
    _check_writer(act, command.variance)
    check(broken_by_text(command.words, what="Say what was found out"))
    row = VarianceNote.objects.create(
        variance=command.variance, words=command.words.strip(), by_id=staff_of(act), noted_at=act.at
    )
    return Done(value=row, announce=topics(command.variance.movement.clinic_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLoss:
    """What the clinic knows of a theft or loss now; a later record says it anew."""

    variance: Variance
    kind: str
    discovered_on: date
    circumstances: str
    measures: str
    police: str = ""
    authority_told_on: date | None = None


@action("custody.investigation", "create", about=lambda command: command.variance)
def record_loss(act: Act, command: RecordLoss) -> Done[LossRecord]:
    """The facts that the authority asks for, kept as the clinic's own record."""
    variance = command.variance
    _check_writer(act, variance)
    clinic = variance.movement.clinic
    check(
        broken_by_discovery(
            discovered_on=command.discovered_on,
            told_on=command.authority_told_on,
            today=day_of(clinic, act.at),
        )
    )
    check(broken_by_text(command.circumstances, what="Say what is known of how it happened"))
    check(broken_by_text(command.measures, what="Say what was done so that it does not happen again"))
    row = LossRecord.objects.create(
        variance=variance,
        kind=command.kind,
        discovered_on=command.discovered_on,
        circumstances=command.circumstances.strip(),
        measures=command.measures.strip(),
        police=command.police.strip(),
        authority_told_on=command.authority_told_on,
        by_id=staff_of(act),
        recorded_at=act.recorded_at,
    )
    return Done(value=row, announce=topics(clinic.pk))


def _check_writer(act: Act, variance: Variance) -> None:
    one_at_a_time("variance", variance.pk)
    closed = VarianceClosing.objects.filter(variance=variance).exists()
    owner = variance.owner_id
    check(broken_by_notes(closed=closed, by=staff_of(act), owner=owner, is_director=act.by.has("director")))


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseVariance:
    variance: Variance
    finding: str
    # a theft or significant loss was reported to the authority
    reported: bool
    second: Actor = field(metadata={"secret": True})


@action("custody.count", "sign", about=lambda command: command.variance)
def close_variance(act: Act, command: CloseVariance) -> Done[VarianceClosing]:
    """The investigation ends with a finding that two people sign; the variance stays as it was posted."""
    one_at_a_time("variance", command.variance.pk)
    variance = command.variance
    second = witnessing(act, command.second, resource="custody.count", about=variance.movement.clinic)
    check(broken_by_second(by=staff_of(act), second=second, touched=(), alone=False))
    closed = VarianceClosing.objects.filter(variance=variance).exists()
    check(broken_by_closing(closed=closed, to_report=variance.to_report, reported=command.reported))
    check(broken_by_text(command.finding, what="Say what the investigation found"))
    row = VarianceClosing.objects.create(
        variance=variance,
        finding=command.finding.strip(),
        reported=command.reported,
        closed_by_id=staff_of(act),
        second_id=second,
        closed_at=act.at,
    )
    return Done(value=row, announce=topics(variance.movement.clinic_id))
