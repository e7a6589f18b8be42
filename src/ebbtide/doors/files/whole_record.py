"""The whole record of a patient or of the clinic as files that any program can read, with a page that any person can."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from ebbtide.ground.documents.files import path_of, write_file
from ebbtide.ground.documents.models import Document
from ebbtide.ground.ledger.action import Act, Done, action
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Account, Clinic, Patient
from ebbtide.ground.people.paths import PolicyPath

# in the patient's order; what stands in no list of a stage comes last
ORDER = (
    "people",
    "access",
    "assessment",
    "careplan",
    "course",
    "custody",
    "infusion",
    "leaving",
    "outcomes",
    "registry",
    "documents",
)
# a password's hash is not part of anybody's record
HIDDEN: dict[type[Model], set[str]] = {Account: {"password"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One kind of row: its name in the record, what a person calls it, and its rows."""

    name: str
    words: str
    rows: list[dict[str, Any]]


def models_of_the_record(*, of_patient: bool) -> Iterator[type[Model]]:
    """Every model that belongs to a clinic, or to a patient, in the journey's order; row histories are left out."""
    found = [
        model
        for model in apps.get_models()
        if isinstance(path := getattr(model, "policy_path", None), PolicyPath)
        and (path.patient if of_patient else path.clinic) is not None
    ]

    def place(model: type[Model]) -> tuple[int, str]:
        label = model._meta.app_label
        return (ORDER.index(label) if label in ORDER else len(ORDER), model._meta.model_name or "")

    return iter(sorted(found, key=place))


def tables_of(clinic: Clinic, patient: Patient | None) -> list[Table]:
    """Every row of the patient, or of the clinic, as plain values."""
    return [_table(model, clinic, patient) for model in models_of_the_record(of_patient=patient is not None)]


def _table(model: type[Model], clinic: Clinic, patient: Patient | None) -> Table:
    path: PolicyPath = model.policy_path  # type: ignore[attr-defined]
    where = {path.patient: patient.id} if patient is not None else {path.clinic: clinic.id}
    columns = [f.attname for f in model._meta.concrete_fields if f.attname not in HIDDEN.get(model, set())]
    rows = list(
        model._default_manager.filter(**{str(k): v for k, v in where.items()}).order_by("pk").values(*columns)
    )
    return Table(name=model._meta.label_lower, words=str(model._meta.verbose_name_plural), rows=rows)


def write_record(to: Path, *, clinic: Clinic, patient: Patient | None) -> dict[str, str]:
    """Write the files; name to SHA-256. JSON lines for each table, the documents as they are, and `index.html` to read."""
    tables = tables_of(clinic, patient)
    (to / "tables").mkdir(parents=True)
    for table in tables:
        lines = "".join(json.dumps(row, cls=DjangoJSONEncoder, sort_keys=True) + "\n" for row in table.rows)
        (to / "tables" / f"{table.name}.jsonl").write_text(lines, encoding="utf-8")
    _copy_documents(to, clinic, patient)
    (to / "index.html").write_text(reader(clinic, patient, tables), encoding="utf-8")
    return {
        str(path.relative_to(to)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(to.rglob("*"))
        if path.is_file()
    }


def _copy_documents(to: Path, clinic: Clinic, patient: Patient | None) -> None:
    where = {"patient": patient} if patient is not None else {"clinic": clinic}
    (to / "documents").mkdir()
    for document in Document.objects.filter(**where):
        ending = document.media_type.rsplit("/", 1)[1]
        shutil.copyfile(path_of(document.id), to / "documents" / f"{document.id}.{ending}")


PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #14283a; background: #fbfaf7; margin: 2rem auto; max-width: 68rem; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100%; margin: .5rem 0 2rem }} th, td {{ text-align: left; vertical-align: top;
padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #d5d2ca; overflow-wrap: anywhere }} th {{ font-weight: 600; width: 16rem }}
h2 {{ margin-top: 3rem }} summary {{ cursor: pointer; padding: .5rem 0 }} a {{ color: #1f5fa8 }}
</style></head><body><h1>{title}</h1><p>{intro}</p>{body}</body></html>
"""


def reader(clinic: Clinic, patient: Patient | None, tables: list[Table]) -> str:
    """One page without scripts that shows every row; it needs nothing but a browser."""
    title = f"Record {patient.record_number}" if patient is not None else "The clinic's whole record"
    intro = (
        f"Written by Ebbtide for {escape(clinic.name)}. Every row is below; the same rows as JSON lines are in the folder "
        "tables, the papers in the folder documents. Times are UTC. A row that was corrected stays, and its correction names it."
    )
    return PAGE.format(
        title=escape(title), intro=intro, body="".join(_section(table) for table in tables if table.rows)
    )


def _section(table: Table) -> str:
    rows = "".join(
        f"<details><summary>{escape(str(row.get('id', n + 1)))}</summary><table>{_cells(row)}</table></details>"
        for n, row in enumerate(table.rows)
    )
    return f"<h2>{escape(table.words.capitalize())} ({len(table.rows)})</h2>{rows}"


def _cells(row: dict[str, Any]) -> str:
    return "".join(
        f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{'not recorded' if value in (None, '') else escape(str(value))}</td></tr>"
        for name, value in row.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteExport:
    """That a record was taken out: which files with which hashes. An export is a recorded, countable act."""

    clinic: Clinic
    patient: Patient | None
    files: dict[str, str]


@action("ground.export", "create", about=lambda c: c.patient or c.clinic)
def note_export(act: Act, command: NoteExport) -> Done[Document]:
    """Keep the list of what left, sealed by its hash."""
    content = json.dumps(command.files, indent=1, sort_keys=True).encode()
    # written here and not through store_document: whoever may export need not be allowed to file papers
    document = Document(
        id=new_id(),
        clinic=command.clinic,
        patient=command.patient,
        kind="export",
        title="List of exported files",
        media_type="application/json",
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        made_at=act.at,
        made_by=act.by.identity,
    )
    write_file(document.id, content)
    document.save(force_insert=True)
    return Done(value=document)
