"""The documents room: giving a document to a person who may see it, as a file to keep and never as a page that runs."""

import re

import structlog
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ebbtide.ground.documents.files import DocumentDamaged, read_file
from ebbtide.ground.documents.models import Document
from ebbtide.ground.policy import ClinicRequest, guarded

log = structlog.get_logger("documents")
SANDBOX = "default-src 'none'; sandbox"
ENDINGS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/json": ".json",
    "text/csv": ".csv",
    "application/zip": ".zip",
}


@require_safe
@guarded("ground.document", "read", about=Document)
def show(request: ClinicRequest, document: Document) -> HttpResponse:
    try:
        content = read_file(document)
    except DocumentDamaged as damaged:
        log.exception("document_damaged", document=str(document.id))
        return render(request, "409.html", {"why": str(damaged)}, status=500)
    response = HttpResponse(content, content_type=document.media_type)
    response["Content-Disposition"] = f'attachment; filename="{file_name(document)}"'
    response["Content-Security-Policy"] = SANDBOX
    response["Content-Length"] = str(len(content))
    return response


def file_name(document: Document) -> str:
    """A plain name: what it is and its day; no name of a person."""
    kind = re.sub(r"[^a-z0-9]+", "-", document.kind.lower()).strip("-") or "document"
    return f"{kind}-{document.made_at:%Y-%m-%d}{ENDINGS.get(document.media_type, '.bin')}"
