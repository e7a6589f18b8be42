"""The files that were taken out: read again only when they are still what their row says."""

import hashlib

from ebbtide.ground.documents.files import DocumentDamaged, path_of
from ebbtide.journey.registry.models import Export


def read_export(row: Export) -> bytes:
    """The content of an export, proved against its hash.

    Raises:
        DocumentDamaged: the file is missing or was changed.
    """
    try:
        content = path_of(row.id).read_bytes()
    except OSError as error:
        raise DocumentDamaged(
            f"The file of export {row.id} cannot be read ({error.strerror}). Restore it from the backup."
        ) from error
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise DocumentDamaged(
            f"The file of export {row.id} is not the one that was written. Restore it from the backup."
        )
    return content
