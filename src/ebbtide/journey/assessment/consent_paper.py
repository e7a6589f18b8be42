"""assessment: the consent on paper: as it was signed, or blank for signing by hand."""

import io
from datetime import datetime
from zoneinfo import ZoneInfo

from PIL import Image

from ebbtide.ground.documents.paper import render_pdf
from ebbtide.ground.documents.uploads import UploadRefused, checked_upload
from ebbtide.ground.people.models import Patient
from ebbtide.journey.assessment.consent_text import ConsentText

WORDS = {
    "en": {
        "name": "Name", "born": "Born", "record": "Record", "understood": "Read and understood", "signed": "Signed by",
        "at": "Signed at", "witness": "Witness", "text": "Text", "sign": "Signature", "day": "Date", "initials": "initials",
    },
    "es": {
        "name": "Nombre", "born": "Fecha de nacimiento", "record": "Historia", "understood": "Leído y entendido",
        "signed": "Firmado por", "at": "Firmado el", "witness": "Testigo", "text": "Texto", "sign": "Firma", "day": "Fecha",
        "initials": "iniciales",
    },
}  # fmt: skip


class BlankPicture(ValueError):
    """The pad holds no signature, or no picture at all."""


def checked_picture(picture: bytes) -> bytes:
    """The drawn signature, drawn anew; empty when the person signs by typing alone.

    Raises:
        BlankPicture: there is a picture and nothing is drawn on it, or it is no PNG.
    """
    if not picture:
        return b""
    try:
        checked = checked_upload(io.BytesIO(picture))
    except UploadRefused as refused:
        raise BlankPicture("The signature could not be read. Clear the pad and sign again.") from refused
    if checked.media_type != "image/png" or not _has_ink(checked.content):
        raise BlankPicture(
            "The pad is empty. Sign with a finger, a pen or the mouse, or clear it and sign by typing the name."
        )
    return checked.content


def _has_ink(content: bytes) -> bool:
    with Image.open(io.BytesIO(content)) as opened:
        on_white = Image.alpha_composite(
            Image.new("RGBA", opened.size, "white"), opened.convert("RGBA")
        ).convert("L")
    darkest, lightest = on_white.getextrema()
    return darkest != lightest


def signed_paper(
    patient: Patient, *, text: ConsentText, signed_name: str, picture: bytes, witness: str, at: datetime
) -> bytes:
    """The PDF of a consent that was signed on the screen."""
    words = WORDS[text.language]
    wall = at.astimezone(ZoneInfo(patient.clinic.time_zone))
    signing = [
        (words["signed"], signed_name),
        (words["at"], f"{wall:%Y-%m-%d %H:%M} ({patient.clinic.time_zone})"),
    ]
    if witness:
        signing.append((words["witness"], witness))
    return render_pdf(
        "assessment/consent",
        {
            **_frame(patient, text),
            "signed": True,
            "signature": list(picture) or None,
            "signing": signing,
            "lines": [],
        },
        at=at,
    )


def blank_paper(patient: Patient, *, text: ConsentText, at: datetime) -> bytes:
    """The PDF of the form to be signed by hand; it is given out and never kept."""
    words = WORDS[text.language]
    lines = [words["sign"], words["day"]]
    return render_pdf(
        "assessment/consent",
        {**_frame(patient, text), "signed": False, "signature": None, "signing": [], "lines": lines},
        at=at,
    )


def _frame(patient: Patient, text: ConsentText) -> dict[str, object]:
    words, clinic = WORDS[text.language], patient.clinic
    born = patient.birth_date.isoformat() if patient.birth_date else "–"
    return {
        "title": text.title,
        "language": text.language,
        "clinic": {"name": clinic.name, "address": clinic.address, "phone": clinic.phone},
        "foot": f"{words['text']} {text.version} · {text.sha256[:12]}",
        "who": [
            (words["name"], patient.name),
            (words["born"], born),
            (words["record"], patient.record_number),
        ],
        "understood": words["understood"],
        "statement": text.statement,
        "sections": [
            {
                "heading": section.heading,
                "paragraphs": section.paragraphs,
                "items": section.points,
            }
            for section in text.sections
        ],
    }
