"""The documents room: where the files lie, how they are written so that they are still there, and how they are proved."""

import hashlib
import os
from pathlib import Path
from uuid import UUID

from django.conf import settings

from ebbtide.ground.documents.models import Document


class DocumentDamaged(Exception):
    """The file of a document is missing, or is not the one that was stored."""


def folder() -> Path:
    """The folder of all documents, outside everything a web server serves."""
    return Path(settings.EBBTIDE_DATA) / "documents"


def path_of(document_id: UUID) -> Path:
    """Where the file of a document lies: spread over 256 folders by the last two digits of its id."""
    return folder() / document_id.hex[-2:] / str(document_id)


def write_file(document_id: UUID, content: bytes) -> Path:
    """Write the file for its owner alone; when this returns, file and folder entries are on disk."""
    path = path_of(document_id)
    made = [place for place in (path.parent, path.parent.parent) if not place.exists()]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    for place in (path.parent, *(place.parent for place in made)):
        _sync_folder(place)
    return path


def read_file(document: Document) -> bytes:
    """The content of a document, proved against the hash that its row and its ledger entry carry.

    Raises:
        DocumentDamaged: the file is missing or was changed.
    """
    try:
        content = path_of(document.id).read_bytes()
    except OSError as error:
        raise DocumentDamaged(
            f"The file of document {document.id} cannot be read ({error.strerror}). Restore it from the backup."
        ) from error
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise DocumentDamaged(
            f"The file of document {document.id} is not the one that was stored. Restore it from the backup."
        )
    return content


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
