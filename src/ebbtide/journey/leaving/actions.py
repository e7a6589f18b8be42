"""Changing the leaving: observations, a prescriber's release, the departure with its two papers, the call on the day after."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ebbtide.ground.documents.actions import StoreDocument, store_document
from ebbtide.ground.documents.models import Document
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.ledger.turns import one_at_a_time
from ebbtide.ground.people.models import Patient, Staff
from ebbtide.journey.assessment.consent_paper import BlankPicture, checked_picture
from ebbtide.journey.course.actions import CloseVisit, close_visit
from ebbtide.journey.course.models import Visit
from ebbtide.journey.infusion.actions.turns import topics
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.leaving import letters
from ebbtide.journey.leaving.calls import CallOutcome, call_due_on, check_call
from ebbtide.journey.leaving.handout import TITLES, Signing, handout
from ebbtide.journey.leaving.instructions import Told, language_of, until_in_words
from ebbtide.journey.leaving.models import Departure, NextDayCall, Recovery, RecoveryPhase, ReleaseDecision
from ebbtide.journey.leaving.queries import Standing, session_to_leave, standing_of
from ebbtide.journey.leaving.record import Leaving, Wall, record_paper
from ebbtide.journey.leaving.rules import (
    Found,
    NotYet,
    Phase,
    WallTime,
    check_observation,
    check_patient_may_leave,
    no_driving_until,
)
from ebbtide.journey.leaving.scores import Points, Pressure, ScoreName, total, with_pressure


@contextmanager
def ruled() -> Iterator[None]:
    """A rule that says not yet refuses the act."""
    try:
        yield
    except NotYet as refused:
        raise Refused(refused.rule, refused.sentence) from refused


# — observations —


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one observation found; None is not recorded. The items that follow from the pressure are not typed."""

    aldrete: Points = field(default_factory=dict)
    padss: Points = field(default_factory=dict)
    pressure: Pressure | None = None
    rass: int | None = None
    dissociation: int | None = None
    pain_nrs: int | None = None
    gait_as_before: bool | None = None
    new_suicidal_thought: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRecovery:
    session: Session
    phase: RecoveryPhase
    seen: Seen
    observed_at: datetime | None = None  # now unless it was seen earlier


@action("leaving.recovery", "create", about=lambda command: command.session)
def record_recovery(act: Act, command: RecordRecovery) -> Done[Recovery]:
    """Keep one observation with both totals: as the items stand, and against the person's own baseline."""
    standing = _held(act, command.session)
    observed_at = command.observed_at or act.at
    with ruled():
        check_observation(
            Phase(command.phase),
            started=standing.state.started_at is not None,
            stopped_at=standing.state.stopped_at,
            observed_at=observed_at,
            recorded_at=act.recorded_at,
        )
    if command.seen == Seen():
        raise Refused(
            "LEA-EMPTY", "Nothing was recorded: fill in what you saw, and leave open what you did not."
        )
    row = Recovery.objects.create(
        session=command.session,
        phase=command.phase,
        **_columns(command.seen, RecoveryPhase(command.phase), standing),
        observed_at=observed_at,
        recorded_at=act.recorded_at,
        recorded_by=_staff(act),
    )
    return Done(value=row, announce=_topics(standing))


def _columns(seen: Seen, phase: RecoveryPhase, standing: Standing) -> dict[str, object]:
    baseline = phase == RecoveryPhase.BASELINE
    pressure_before = seen.pressure if baseline else standing.before.pressure
    now, totals = {}, {}
    for name, typed in ((ScoreName.ALDRETE, seen.aldrete), (ScoreName.PADSS, seen.padss)):
        now[name] = with_pressure(name, typed, seen.pressure, pressure_before)
        totals[name] = total(name, now[name], {} if baseline else standing.before.points(name))
    return {
        "aldrete": now[ScoreName.ALDRETE],
        "padss": now[ScoreName.PADSS],
        "aldrete_plain": totals[ScoreName.ALDRETE].plain,
        "aldrete_compared": totals[ScoreName.ALDRETE].compared,
        "padss_plain": totals[ScoreName.PADSS].plain,
        "padss_compared": totals[ScoreName.PADSS].compared,
        "sbp_mmhg": seen.pressure.sbp_mmhg if seen.pressure else None,
        "dbp_mmhg": seen.pressure.dbp_mmhg if seen.pressure else None,
        "rass": seen.rass,
        "dissociation": seen.dissociation,
        "pain_nrs": seen.pain_nrs,
        "gait_as_before": None if baseline else seen.gait_as_before,
        "new_suicidal_thought": seen.new_suicidal_thought,
        "note": seen.note.strip()[:500],
        "compared_with": None if baseline else standing.before.row,
    }


# — a prescriber's signed decision —


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A prescriber has seen this very observation and signs for these gates; `recovery` is the newest one."""

    recovery: Recovery
    gates: tuple[str, ...]
    reason: str


@action("leaving.discharge", "sign", about=lambda command: command.recovery)
def release(act: Act, command: Release) -> Done[ReleaseDecision]:
    """Sign that the person may leave although these gates are shut; only those that a signature can open."""
    standing = _held(act, command.recovery.session)
    if standing.newest is None or standing.newest.pk != command.recovery.pk:
        raise Refused(
            "LEA-NEWEST", "A newer observation was recorded meanwhile: look at that one and sign again."
        )
    open_to_sign = {found.gate.value for found in standing.signable}
    if not command.gates or set(command.gates) - open_to_sign:
        raise Refused(
            "LEA-SIGN",
            f"A signature opens only {', '.join(sorted(open_to_sign)) or 'nothing now'}: choose among these, "
            "the others open by what is observed.",
        )
    if not command.reason.strip():
        raise Refused(
            "LEA-REASON", "Say why the person may leave: a later reader must be able to understand it."
        )
    row = ReleaseDecision.objects.create(
        recovery=command.recovery,
        gates=sorted(command.gates),
        reason=command.reason.strip()[:500],
        decided_by=_staff(act),
        decided_at=act.at,
    )
    return Done(value=row, announce=_topics(standing))


# — the departure —


@dataclass(frozen=True, slots=True, kw_only=True)
class Escort:
    """Who takes the person home, and their signature under the instructions."""

    name: str
    phone: str
    relation: str
    signed_name: str
    picture: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discharge:
    session: Session
    escort: Escort
    handed_over: bool
    portal: str = ""  # where the person signs in, for the letter; none is sent without it


@action("leaving.discharge", "create", about=lambda command: command.session)
def discharge(act: Act, command: Discharge) -> Done[Departure]:
    """The person leaves: gate, papers, departure and the closed visit in one transaction. The drug's account is never asked."""
    escort = command.escort
    signed = command.handed_over and bool(escort.signed_name.strip())
    standing = _held(act, command.session, escort=escort.name, escort_signed=signed)
    with ruled():
        check_patient_may_leave(standing.signs)
    assert standing.newest is not None  # noqa: S101 - for the type checker; the gate asks for an observation
    picture = _picture(escort.picture)
    visit, patient = standing.session.visit, standing.session.visit.series.episode.patient
    zone = patient.clinic.time_zone
    until = no_driving_until(act.at, zone=zone, drive_from=standing.settings.drive_from)
    told = Told(
        until=until,
        escort=escort.name.strip(),
        phone=patient.clinic.phone,
        call_on=call_due_on(act.at, zone=zone),
    )
    row = Departure.objects.create(
        session=command.session,
        recovery=standing.newest,
        gates=[_gate(found) for found in standing.gates],
        escort_name=told.escort[:120],
        escort_phone=escort.phone.strip()[:32],
        escort_relation=escort.relation.strip()[:60],
        escort_signed_name=escort.signed_name.strip()[:120],
        no_driving_on=until.on,
        no_driving_at=until.at,
        no_driving_zone=until.zone,
        record=_record(act, standing, escort, until, picture),
        instructions=_instructions(act, patient, told, escort, picture),
        language=language_of(patient.language),
        call_due_on=told.call_on,
        discharged_by=_staff(act),
        discharged_at=act.at,
    )
    close_visit(act.nested("visit"), CloseVisit(visit=visit))
    mail = letters.tell_instructions(patient, command.portal, act.at)
    return Done(value=row, rows=mail, announce=[*_topics(standing), f"calls:{patient.clinic_id}"])


def _gate(found: Found) -> dict[str, object]:
    return {
        "gate": found.gate.value,
        "words": found.words,
        "signed": found.signed,
        "shut_because": found.shut_because,
    }


def _picture(picture: bytes) -> bytes:
    try:
        return checked_picture(picture)
    except BlankPicture as blank:
        raise Refused("LEA-PICTURE", str(blank)) from blank


def _record(act: Act, standing: Standing, escort: Escort, until: WallTime, picture: bytes) -> Document:
    patient = standing.session.visit.series.episode.patient
    wall = Wall(patient.clinic.time_zone)
    lines = [
        ("Left", f"{wall.day(act.at)}, discharged by {act.by.name}"),
        ("Escort", ", ".join(part for part in (escort.name, escort.relation, escort.phone) if part.strip())),
        ("Escort signed", escort.signed_name),
        ("No driving until", f"{until_in_words(until, 'en')} ({until.zone}), after a night's sleep"),
    ]
    paper = record_paper(standing, Leaving(lines=lines, signature=picture, gates=standing.gates))
    return store_document(act.nested("record"), _paper(patient, "infusion_record", "Infusion record", paper))


def _instructions(act: Act, patient: Patient, told: Told, escort: Escort, picture: bytes) -> Document:
    signing = Signing(name=escort.signed_name, picture=picture)
    content = handout(patient, told, at=act.at, signing=signing)
    title = TITLES[language_of(patient.language)]
    return store_document(act.nested("instructions"), _paper(patient, "instructions", title, content))


def _paper(patient: Patient, kind: str, title: str, content: bytes) -> StoreDocument:
    return StoreDocument(
        clinic=patient.clinic,
        patient=patient,
        kind=kind,
        title=title,
        media_type="application/pdf",
        content=content,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SendHome:
    """Nothing was given in this session, and the person goes home as they came."""

    session: Session


@action("leaving.discharge", "create", about=lambda command: command.session)
def send_home(act: Act, command: SendHome) -> Done[Visit]:
    """Close the visit of a session that was stopped before any drug was started; there is nothing to recover from."""
    standing = _held(act, command.session)
    if not standing.ended_without_drug:
        raise Refused(
            "LEA-DRUG",
            "Only a session that was stopped before any drug was started ends like this: "
            "stop it at the chair, or discharge the person.",
        )
    visit = close_visit(act.nested("visit"), CloseVisit(visit=standing.session.visit))
    return Done(value=visit, announce=_topics(standing))


# — the call on the day after —


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCall:
    departure: Departure
    outcome: CallOutcome
    red_flags: Mapping[str, bool | None] = field(default_factory=dict)
    note: str = ""
    step: str = ""


@action("leaving.next_day_call", "create", about=lambda command: command.departure)
def record_call(act: Act, command: RecordCall) -> Done[NextDayCall]:
    """One try to call: how it ended, what was told, and what was done about it."""
    one_at_a_time("departure", command.departure.pk)
    departure = Departure.objects.get(pk=command.departure.pk)
    ended = departure.calls.exclude(outcome=CallOutcome.NOT_REACHED).exists()
    with ruled():
        check_call(command.outcome, command.red_flags, note=command.note, step=command.step, ended=ended)
    row = NextDayCall.objects.create(
        departure=departure,
        outcome=command.outcome,
        red_flags=dict(command.red_flags) if command.outcome is CallOutcome.REACHED else {},
        note=command.note.strip()[:500],
        step=command.step.strip()[:500],
        called_by=_staff(act),
        called_at=act.at,
    )
    return Done(value=row, announce=[f"calls:{_clinic_id(command.departure)}"])


def _clinic_id(departure: Departure) -> UUID:
    found: UUID = departure.session.visit.series.episode.patient.clinic_id
    return found


# — shared —


def _held(act: Act, session: Session, *, escort: str = "", escort_signed: bool = False) -> Standing:
    """The session as it stands, locked: two people never decide about one person at once."""
    one_at_a_time("session", session.pk)
    found = session_to_leave(session.pk)
    if Departure.objects.filter(session=found).exists():
        raise Refused("LEA-LEFT", "This person has left already: nothing was changed.")
    return standing_of(found, at=act.at, escort=escort, escort_signed=escort_signed)


def _staff(act: Act) -> Staff:
    if act.by.staff_id is None:
        raise Refused("LEA-STAFF", "This is recorded by somebody of the clinic: sign in as staff.")
    return Staff.objects.get(pk=act.by.staff_id)


def _topics(standing: Standing) -> list[str]:
    return [*topics(standing.session), f"day:{standing.session.chair.clinic_id}"]
