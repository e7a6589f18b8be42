"""assessment: the acts on facts: recorded, corrected, withdrawn, confirmed one by one or as a whole list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Model

from ebbtide.evidence.errors import EvidenceError
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.evidence.reconfirmation import Statement, reconfirm
from ebbtide.evidence.vocabulary import check_value, input_spec
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy import check_may
from ebbtide.journey.assessment.actions.banner import banners_after
from ebbtide.journey.assessment.actions.turns import CLINICIANS, one_at_a_time, refuse, topics
from ebbtide.journey.assessment.history import WORDS_MAX_CHARS, as_stored
from ebbtide.journey.assessment.models import Fact, ListConfirmation, Origin
from ebbtide.journey.assessment.queries import (
    Standing,
    current_facts,
    gone_through,
    inputs_of,
    is_list,
    names_of,
    resource_for,
    standing_of,
    weight_from,
)
from ebbtide.journey.assessment.rules import weight_challenge


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFact:
    """One fact to record; for a list, `value` is one member. `replaces` makes it a correction, `withdrawn` an end of it."""

    name: str
    value: Any = None
    unit: str = ""
    observed_at: datetime | None = None  # None: now
    words: str = ""
    replaces: Fact | None = None
    withdrawn: bool = False
    measured_again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """A batch of facts about one person, recorded as one act."""

    patient: Patient
    facts: tuple[NewFact, ...]
    origin: str = Origin.TYPED


@action("assessment.history", "amend", about=lambda command: command.patient)
def record_facts(act: Act, command: RecordFacts) -> Done[Fact]:
    """Append facts, corrections and withdrawals; nothing is overwritten."""
    if not command.facts:
        raise Refused("FACT-NONE", "Nothing was filled in. Enter at least one value.")
    one_at_a_time(command.patient)
    for resource in {resource_for(new.name) for new in command.facts}:
        check_may(act.by, "amend", resource, command.patient, at=act.recorded_at)
    _check_weights(command.patient, command.facts, at=act.recorded_at)
    rows = [_new_row(act, command, new) for new in command.facts]
    Fact.objects.bulk_create(rows)
    return Done(
        value=rows[0], rows=[*rows, *banners_after(rows, command.patient)], announce=topics(command.patient)
    )


def _new_row(act: Act, command: RecordFacts, new: NewFact) -> Fact:
    _check_new(new, command.patient, at=act.recorded_at)
    old = new.replaces
    return Fact(
        patient=command.patient,
        name=new.name,
        value=old.value if old and new.withdrawn else as_stored(new.value),
        unit=input_spec(new.name).unit or "",
        words=new.words[:WORDS_MAX_CHARS],
        observed_at=new.observed_at or act.at,
        recorded_at=act.recorded_at,
        origin=command.origin,
        recorded_by=act.by.identity,
        confirmed_by_id=_who_confirms(act, command.origin),
        replaces=old,
        withdrawn=new.withdrawn,
    )


def _check_new(new: NewFact, patient: Patient, *, at: datetime) -> None:
    if new.replaces is not None:
        _check_stands(new.replaces, patient, name=new.name)
    if new.withdrawn:
        if new.replaces is None:
            raise Refused("FACT-WITHDRAW", "Say which entry is withdrawn. Open the list and choose it there.")
        return
    if new.observed_at is not None and new.observed_at > at:
        raise Refused("FACT-FUTURE", "The time of this entry lies in the future. Enter when it was observed.")
    try:
        check_value(new.name, new.value, unit=new.unit or None)
    except EvidenceError as refused:
        raise Refused("FACT-VALUE", str(refused)) from refused


def _check_stands(old: Fact, patient: Patient, *, name: str) -> None:
    if old.patient_id != patient.id or old.name != name:
        raise Refused(
            "FACT-OTHER", "This entry belongs to another list or another person. Open the page again."
        )
    if old.withdrawn or Fact.objects.filter(replaces=old).exists():
        raise Refused(
            "FACT-REPLACED",
            "Somebody has corrected this entry meanwhile. Open the page again and look at it.",
        )


def _check_weights(patient: Patient, facts: Iterable[NewFact], *, at: datetime) -> None:
    """H3: pounds typed as kilograms are stopped, whoever records them and from wherever."""
    weights = [
        new for new in facts if new.name == "weight_kg" and not new.withdrawn and not new.measured_again
    ]
    if not weights or not all(isinstance(new.value, int | float | Decimal) for new in weights):
        return
    rows = current_facts(patient).filter(name__in=("weight_kg", "height_cm"), observed_at__lte=at)
    newest = {fact.name: fact for fact in reversed(list(rows))}
    heights = [new.value for new in facts if new.name == "height_cm" and not new.withdrawn]
    before, height = weight_from(newest.get("weight_kg")), weight_from(newest.get("height_cm"))
    for new in weights:
        corrected = before is not None and new.replaces is not None and new.replaces.pk == before.fact.pk
        challenge = weight_challenge(
            now_kg=Decimal(str(new.value)),
            before_kg=None if before is None or corrected else before.kg,
            height_cm=Decimal(str(heights[0])) if heights else (height.kg if height else None),
        )
        refuse(challenge)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmFacts:
    """A clinician stands behind facts that arrived from elsewhere."""

    patient: Patient
    facts: tuple[Fact, ...]


@action("assessment.history", "amend", about=lambda command: command.patient)
def confirm_facts(act: Act, command: ConfirmFacts) -> Done[Fact]:
    """Append the same facts as confirmed; value, time and origin stay as they were."""
    if not command.facts:
        raise Refused("FACT-NONE", "Nothing was chosen. Tick what you confirm.")
    one_at_a_time(command.patient)
    for fact in command.facts:
        _check_stands(fact, command.patient, name=fact.name)
        if fact.confirmed_by_id is not None:
            raise Refused("FACT-CONFIRMED", "One of these entries is confirmed already. Open the page again.")
    rows = _confirmed(act, command.facts)
    return Done(
        value=rows[0], rows=[*rows, *banners_after(rows, command.patient)], announce=topics(command.patient)
    )


def _confirmed(act: Act, facts: Iterable[Fact]) -> list[Fact]:
    if not act.by.has(*CLINICIANS) or act.by.staff_id is None:
        raise Refused("FACT-CLINICIAN", "Only a nurse or a prescriber confirms entries. Ask one of them.")
    rows = [
        Fact(
            patient_id=fact.patient_id, name=fact.name, value=fact.value, unit=fact.unit, words=fact.words,
            observed_at=fact.observed_at, recorded_at=act.recorded_at, origin=fact.origin, recorded_by=act.by.identity,
            confirmed_by_id=act.by.staff_id, replaces=fact, imported_in_id=fact.imported_in_id,
        )
        for fact in facts
    ]  # fmt: skip
    return list(Fact.objects.bulk_create(rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmList:
    """A person went through a list from top to bottom; or, `unchanged`, asked and nothing had changed since the last day.

    `seen` is what the page showed, so that nobody confirms an item they have not read; None where no page was between.
    """

    patient: Patient
    name: str
    unchanged: bool = False
    seen: tuple[UUID, ...] | None = None


@action("assessment.history", "amend", about=lambda command: command.patient)
def confirm_list(act: Act, command: ConfirmList) -> Done[ListConfirmation]:
    """From now the absences of this list count; what stands on it is confirmed with it."""
    if not is_list(command.name):
        raise Refused("LIST-NAME", f"{command.name.replace('_', ' ')} is no list. Record a value instead.")
    if not act.by.has(*CLINICIANS) or act.by.staff_id is None:
        raise Refused("FACT-CLINICIAN", "Only a nurse or a prescriber confirms a list. Ask one of them.")
    one_at_a_time(command.patient)
    members = gone_through(
        current_facts(command.patient).filter(name__in=names_of(command.name)), command.name
    )
    if command.seen is not None and set(command.seen) != {fact.id for fact in members}:
        raise Refused("LIST-CHANGED", "The list changed while you read it. Read it again, then confirm it.")
    confirmed: list[Fact] = []
    if command.unchanged:
        _check_unchanged(act, standing_of(command.patient, as_of=act.at), command.name)
    else:
        confirmed = _confirmed(act, [fact for fact in members if fact.confirmed_by_id is None])
    row = ListConfirmation.objects.create(
        patient=command.patient,
        name=command.name,
        members=sorted({str(fact.value) for fact in members if fact.name == command.name}),
        unchanged=command.unchanged,
        confirmed_by_id=act.by.staff_id,
        confirmed_at=act.at,
    )
    rows: list[Model] = [*confirmed, *banners_after(confirmed, command.patient)]
    return Done(value=row, rows=rows, announce=topics(command.patient))


def _check_unchanged(act: Act, standing: Standing, name: str) -> None:
    reviewed = {key: state.reviewed_at for key, state in standing.lists.items() if state.reviewed_at}
    statement = Statement(
        role="nurse" if act.by.has("nurse") else "prescriber",
        at=act.at,
        names=(name,),
        full_review_at=reviewed,
    )
    policy = load_suitability_pack().reconfirmation
    answer = reconfirm(statement, policy=policy, inputs=inputs_of(standing))
    for refusal in answer.refused:
        raise Refused("LIST-UNCHANGED", refusal.why)


def _who_confirms(act: Act, origin: str) -> UUID | None:
    """A clinician stands behind what they type or measure; what a device or a patient says waits for one."""
    if origin in {Origin.TYPED, Origin.MEASURED} and act.by.has(*CLINICIANS):
        return act.by.staff_id
    return None
