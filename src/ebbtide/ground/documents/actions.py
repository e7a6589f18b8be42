"""The documents room: storing a document. The file is durable before the row that names it commits."""

import hashlib
from dataclasses import dataclass

from ebbtide.ground.documents.files import write_file
from ebbtide.ground.documents.models import Document
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic, Patient

SERVED_TYPES = frozenset(
    {"application/pdf", "image/jpeg", "image/png", "application/json", "text/csv", "application/zip"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreDocument:
    """A paper or an upload, of one patient or (None) of the clinic."""

    clinic: Clinic
    patient: Patient | None
    kind: str
    title: str
    media_type: str
    content: bytes


@action("ground.document", "create", about=lambda c: c.patient or c.clinic)
def store_document(act: Act, command: StoreDocument) -> Done[Document]:
    """Write the file, then the row with its hash; a row never names a file that could be lost."""
    if command.media_type not in SERVED_TYPES:
        raise Refused(
            "DOC-TYPE",
            f"A document of type {command.media_type} cannot be stored. Make a PDF, JPEG or PNG of it.",
        )
    if command.patient is not None and command.patient.clinic_id != command.clinic.id:
        raise Refused(
            "DOC-CLINIC",
            "This patient belongs to another clinic. Open the document from the patient's own chart.",
        )
    document = Document(
        id=new_id(),
        clinic=command.clinic,
        patient=command.patient,
        kind=command.kind,
        title=command.title,
        media_type=command.media_type,
        sha256=hashlib.sha256(command.content).hexdigest(),
        size_bytes=len(command.content),
        made_at=act.at,
        made_by=act.by.identity,
    )
    write_file(document.id, command.content)
    document.save(force_insert=True)
    return Done(value=document)
