"""`ebbtide import BUNDLE.json --as EMAIL`: facts from a FHIR R4 bundle into a patient's record, as that member of staff."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from ebbtide.site.commands.common import (
    CommandRefused,
    actor_by,
    add_data_argument,
    data_folder,
    django_on,
    refuse,
    say,
)

if TYPE_CHECKING:
    from ebbtide.doors.files.bring_in import Brought
    from ebbtide.ground.people.models import Patient
    from ebbtide.ground.policy import Actor
    from ebbtide.journey.assessment.models import Import

NAMESPACE = UUID("0193a0de-0000-7000-8000-0b1d2e3f4a5b")  # of the keys this command makes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `ebbtide import` can be told."""
    parser.add_argument("bundle", metavar="BUNDLE.json", type=Path, help="a FHIR R4 bundle of one person")
    parser.add_argument(
        "--as", dest="email", metavar="EMAIL", required=True, help="act as this member of staff"
    )
    whom = parser.add_mutually_exclusive_group()
    whom.add_argument("--patient", metavar="ID", help="the patient's id or record number")
    whom.add_argument("--new", action="store_true", help="open a new record for the person in the file")
    add_data_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Import and say what became of it; 0 when it was taken in, 2 with one line when it was refused."""
    try:
        content = _bytes_of(args.bundle)
        with django_on(data_folder(args)):
            _bring(args, content)
    except CommandRefused as refused:
        return refuse(f"ebbtide import: {refused}")
    return 0


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CommandRefused(f"{path}: there is no such file. Check the name.") from None
    except OSError as fault:
        raise CommandRefused(f"{path}: it cannot be read ({fault.strerror}). Check the file.") from None


def _bring(args: argparse.Namespace, content: bytes) -> None:
    from django.db import transaction

    from ebbtide.doors.fhir.bundle import BundleRefused
    from ebbtide.doors.files.bring_in import CannotBecomePatient, OtherPerson, read
    from ebbtide.ground.ledger.action import Refused
    from ebbtide.ground.policy.decisions import Denied

    actor = actor_by(args.email)
    try:
        brought = read(content)
        with transaction.atomic():
            patient = _patient(args, actor, brought)
            row = _take(actor, patient, brought)
    except (BundleRefused, OtherPerson, CannotBecomePatient, Denied, Refused) as refused:
        raise CommandRefused(f"{args.bundle.name}: {refused}") from None
    _tell(patient, row)


def _patient(args: argparse.Namespace, actor: "Actor", brought: "Brought") -> "Patient":
    """The record to bring the file to: the one named, the one it came to before, or a new one."""
    from ebbtide.doors.files.bring_in import check_same_person, details_of, source_of
    from ebbtide.ground.ledger.action import act_now
    from ebbtide.ground.people.actions import AddPatient, add_patient
    from ebbtide.ground.people.models import Clinic, Patient

    if actor.clinic_id is None:
        raise CommandRefused("This account works in no clinic. Name a member of staff with --as.")
    known = Patient.objects.select_related("clinic").filter(clinic_id=actor.clinic_id)
    person = brought.intake.person
    if args.patient:
        named = known.filter(**_identity(args.patient)).first()
        if named is None:
            raise CommandRefused(
                f"There is no patient {args.patient} in this clinic. Give the id or the record number."
            )
        check_same_person(person, named)
        return named
    before = known.filter(source_key=source_of(person)).first()
    if before is not None:
        return before
    if not args.new:
        raise CommandRefused(
            "Nobody here came from this file before. Name the patient with --patient, or open a record with --new."
        )
    clinic = Clinic.objects.get(id=actor.clinic_id)
    key = str(uuid5(NAMESPACE, f"{clinic.id}/{source_of(person)}"))
    return add_patient(
        act_now(actor, f"import/new/{key}"), AddPatient(clinic=clinic, details=details_of(person))
    )


def _identity(named: str) -> dict[str, str]:
    try:
        return {"id": str(UUID(named))}
    except ValueError:
        return {"record_number": named}


def _take(actor: "Actor", patient: "Patient", brought: "Brought") -> "Import":
    from ebbtide.doors.files.bring_in import command_for
    from ebbtide.ground.ledger.action import act_now
    from ebbtide.ground.people.ids import new_id
    from ebbtide.journey.assessment.actions import import_facts

    # every run is an act of its own: what was there already is found by its source and counted
    return import_facts(act_now(actor, f"import/{new_id()}"), command_for(patient, brought))


def _tell(patient: "Patient", row: "Import") -> None:
    say(f"Record {patient.record_number} ({patient.id})")
    say(f"taken:         {row.taken} facts, unconfirmed until a clinician confirms them")
    say(f"already there: {row.already_there}, unchanged")
    say(f"left:          {len(row.left)} entries, each with its reason on the page of this import")
    say(f"unmapped:      {len(row.unmapped)} codes that no rule reads")
    if row.to_judge:
        say(f"to judge:      {len(row.to_judge)} codes that a clinician must judge")
