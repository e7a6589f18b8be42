"""leaving: the instructions on paper: to be read and talked through before the escort signs, and as they were signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ebbtide.ground.documents.paper import render_pdf
from ebbtide.ground.people.models import Patient
from ebbtide.journey.leaving.instructions import Told, instructions

TITLES: Mapping[str, str] = {"en": "Instructions for going home", "es": "Instrucciones para ir a casa"}
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "escort": "Escort",
        "signed": "Signed by",
        "time": "Time",
        "sign": "Signature",
        "day": "Date and time",
    },
    "es": {
        "escort": "Acompañante",
        "signed": "Firmado por",
        "time": "Hora",
        "sign": "Firma",
        "day": "Fecha y hora",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Under which name the escort signed, and what they drew."""

    name: str
    picture: bytes = b""


def handout(patient: Patient, told: Told, *, at: datetime, signing: Signing | None = None) -> bytes:
    """The PDF in the person's language; without a signature it has lines to sign on by hand, and is never kept."""
    text = instructions(told, wanted=patient.language)
    words, clinic = WORDS[text.language], patient.clinic
    signed_at = f"{at.astimezone(ZoneInfo(told.until.zone)):%Y-%m-%d %H:%M} ({told.until.zone})"
    lines = (
        []
        if signing is None
        else [(words["escort"], told.escort), (words["signed"], signing.name), (words["time"], signed_at)]
    )
    data = {
        "title": text.title,
        "language": text.language,
        "clinic": {"name": clinic.name, "address": clinic.address, "phone": clinic.phone},
        "foot": f"{text.version} · {text.sha256[:12]}",
        "name": patient.name,
        "sections": [
            {"heading": part.heading, "paragraphs": part.paragraphs, "items": part.points}
            for part in text.sections
        ],
        "statement": text.statement,
        "signature": list(signing.picture) or None if signing else None,
        "signing": lines,
        "to_sign": [words["sign"], words["day"]],
    }
    return render_pdf("leaving/instructions", data, at=at)
