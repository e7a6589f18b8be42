"""The files door: a FHIR bundle brought to one person's record. It checks that it is that person, and changes nothing itself."""

import hashlib
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

from ebbtide.doors.fhir.bundle import read_bundle
from ebbtide.doors.fhir.drafts import Intake, PersonDraft
from ebbtide.doors.fhir.intake import take_in
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.ground.people.actions import PatientDetails
from ebbtide.ground.people.models import Patient, Sex
from ebbtide.journey.assessment.actions import ImportFacts

MAX_BYTES = 10 * 1024 * 1024  # of an upload; reliability.md, Uploads [design]


class OtherPerson(Exception):
    """The file is about somebody else than the record it was brought to."""


class CannotBecomePatient(Exception):
    """The file does not say enough of the person to open a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A file that was read: what it holds, and the digest of its bytes."""

    intake: Intake
    sha256: str


def read(content: bytes) -> Brought:
    """The file's content, validated and sorted.

    Raises:
        BundleRefused: no JSON, no bundle, no valid R4B, or not exactly one patient.
    """
    intake = take_in(read_bundle(content), pack=load_suitability_pack())
    return Brought(intake=intake, sha256=hashlib.sha256(content).hexdigest())


def source_of(person: PersonDraft) -> str:
    """How the record calls a person of a FHIR file, so that a second import finds the same one."""
    return f"fhir:{person.reference}"


def check_same_person(person: PersonDraft, patient: Patient) -> None:
    """Refuse a file of somebody else: another day of birth, or, without one, another family name.

    Raises:
        OtherPerson: the file and the record disagree.
    """
    if patient.source_key and patient.source_key == source_of(person):
        return
    if person.born_on and patient.birth_date:
        if person.born_on != patient.birth_date:
            raise OtherPerson(
                "The file is about a person with another date of birth. Nothing was taken. Check the file and the patient."
            )
        return
    if _letters(person.family_name) != _letters(patient.family_name):
        raise OtherPerson(
            "The file is about a person with another family name, and no date of birth can be compared. Nothing was taken. "
            "Check the file and the patient."
        )


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalpha())


def details_of(person: PersonDraft) -> PatientDetails:
    """A new patient as the file tells it.

    Raises:
        CannotBecomePatient: the name is missing, or the person has died and nobody says when.
    """
    if not person.family_name or not person.given_names:
        raise CannotBecomePatient(
            "The file gives no full name. Add the patient by hand, then import with --patient."
        )
    if person.deceased and person.deceased_on is None:
        raise CannotBecomePatient(
            "The file says that this person has died, without a date. Nothing was taken."
        )
    return PatientDetails(
        given_name=person.given_names[:80], family_name=person.family_name[:80], birth_date=person.born_on,
        sex=person.gender if person.gender in Sex.values else Sex.UNKNOWN, language=person.language.partition("-")[0][:12] or "en",
        phone=person.phone[:32], email=person.email, address=", ".join(person.address)[:240],
        source_key=source_of(person), deceased_on=person.deceased_on,
    )  # fmt: skip


def command_for(patient: Patient, brought: Brought) -> ImportFacts:
    """The act that takes this file into this record."""
    intake = brought.intake
    return ImportFacts(
        patient=patient,
        taken=intake.taken,
        left=(*(asdict(row) for row in intake.left), *_said_of_death(intake.person, patient)),
        unmapped=tuple(asdict(row) for row in intake.unmapped),
        to_judge=tuple(asdict(row) for row in intake.to_judge),
        file_sha256=brought.sha256,
    )


def _said_of_death(person: PersonDraft, patient: Patient) -> tuple[dict[str, Any], ...]:
    """The file says that the person died and the record does not: told, never written by itself."""
    if not person.deceased or patient.deceased_on is not None:
        return ()
    when = f" on {person.deceased_on.isoformat()}" if person.deceased_on else ""
    why = f"the file says that this person died{when}; correct the patient's details if it is true"
    return ({"resource": person.reference, "why": why, "code": "", "text": ""},)
