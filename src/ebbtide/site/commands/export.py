"""`ebbtide export FOLDER`: a patient's or the clinic's whole record, with a page to read it."""

import argparse
from pathlib import Path
from uuid import uuid4

from ebbtide.site.commands.common import (
    CommandRefused,
    actor_by,
    add_data_argument,
    data_folder,
    django_on,
    refuse,
    say,
    staff_by,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What, where to, and as whom."""
    parser.add_argument("folder", type=Path, help="a folder that does not exist yet")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--patient", metavar="NUMBER", help="the record number of one patient, for example E00012"
    )
    which.add_argument("--clinic", action="store_true", help="everything")
    parser.add_argument(
        "--as", dest="email", required=True, metavar="EMAIL", help="the member of staff who takes it out"
    )
    add_data_argument(parser)


def run(args: argparse.Namespace) -> int:
    """0 when everything was written, 2 with one line when not."""
    try:
        with django_on(data_folder(args)):
            return _export(args)
    except CommandRefused as refusal:
        return refuse(str(refusal))


def _export(args: argparse.Namespace) -> int:
    from ebbtide.doors.files.whole_record import NoteExport, note_export, write_record
    from ebbtide.ground.ledger.action import act_now
    from ebbtide.ground.people.models import Patient
    from ebbtide.ground.policy import Denied, check_may

    actor = actor_by(args.email)
    clinic = staff_by(args.email).clinic
    patient = (
        Patient.objects.filter(clinic=clinic, record_number=args.patient).first() if args.patient else None
    )
    if args.patient and patient is None:
        return refuse(
            f"No patient of this clinic has the record number {args.patient}. Look it up on the patients' page."
        )
    if args.folder.exists():
        return refuse(f"{args.folder} exists already: an export never overwrites. Name a new folder.")
    try:
        check_may(actor, "create", "ground.export", patient or clinic)
    except Denied as denied:
        return refuse(str(denied))
    args.folder.mkdir(mode=0o700, parents=True)
    files = write_record(args.folder, clinic=clinic, patient=patient)
    note_export(act_now(actor, f"export-{uuid4()}"), NoteExport(clinic=clinic, patient=patient, files=files))
    say(
        f"Wrote {len(files)} files into {args.folder}. Open index.html to read it; the export is noted in the ledger."
    )
    return 0
