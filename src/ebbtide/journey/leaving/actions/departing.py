"""The departure: the gate once more, the two papers, the closed visit. The drug's account is never asked."""

from dataclasses import dataclass

from ebbtide.ground.documents.actions import StoreDocument, store_document
from ebbtide.ground.documents.models import Document
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import Patient
from ebbtide.journey.assessment.consent_paper import BlankPicture, checked_picture
from ebbtide.journey.course.actions import CloseVisit, close_visit
from ebbtide.journey.course.models import Visit
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.leaving import letters
from ebbtide.journey.leaving.actions.acting import held, ruled, staff_of, topics_of
from ebbtide.journey.leaving.calls import call_due_on
from ebbtide.journey.leaving.handout import TITLES, Signing, handout
from ebbtide.journey.leaving.instructions import Told, language_of, until_in_words
from ebbtide.journey.leaving.models import Departure
from ebbtide.journey.leaving.queries import Standing
from ebbtide.journey.leaving.record import Leaving, Wall, record_paper
from ebbtide.journey.leaving.rules import (
    Found,
    WallTime,
    check_left_at,
    check_patient_may_leave,
    no_driving_until,
)


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
    standing = held(act, command.session, escort=escort.name, escort_signed=signed)
    with ruled():
        check_left_at(act.at, recorded_at=act.recorded_at)
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
        discharged_by=staff_of(act),
        discharged_at=act.at,
        recorded_at=act.recorded_at,
    )
    close_visit(act.nested("visit"), CloseVisit(visit=visit))
    mail = letters.tell_instructions(patient, command.portal, act.at)
    return Done(value=row, rows=mail, announce=[*topics_of(standing), f"calls:{patient.clinic_id}"])


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


def signed_words(act: Act, wall: Wall) -> str:
    """Whose sign-in stands under the record; a departure from paper says when it was written down."""
    late = "" if act.at == act.recorded_at else f", entered late at {wall.day(act.recorded_at)}"
    return f"{act.by.name}, after signing in again{late}. The hash of this paper is sealed in the clinic's ledger."


def _record(act: Act, standing: Standing, escort: Escort, until: WallTime, picture: bytes) -> Document:
    patient = standing.session.visit.series.episode.patient
    wall = Wall(patient.clinic.time_zone)
    lines = [
        ("Left", wall.day(act.at)),
        ("Discharged and signed by", signed_words(act, wall)),
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
    standing = held(act, command.session)
    if not standing.ended_without_drug:
        raise Refused(
            "LEA-DRUG",
            "Only a session that was stopped before any drug was started ends like this: "
            "stop it at the chair, or discharge the person.",
        )
    visit = close_visit(act.nested("visit"), CloseVisit(visit=standing.session.visit))
    return Done(value=visit, announce=topics_of(standing))
