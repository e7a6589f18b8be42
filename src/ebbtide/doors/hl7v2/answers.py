"""The gateway's answers: AA when the rows are durable, AE when they could not be stored, AR when nothing was understood."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

US = "EBBTIDE"


class Code(StrEnum):
    """MSA-1, HL7 table 0008, in original acknowledgement mode."""

    STORED = "AA"
    NOT_STORED = "AE"
    NOT_UNDERSTOOD = "AR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Of a message, what its answer has to repeat."""

    application: str = ""
    facility: str = ""
    control_id: str = ""
    processing: str = "P"
    version: str = "2.6"
    event: str = "R01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a message was not taken: a number of HL7 table 0357 and one sentence. Nothing of the message stands in it."""

    number: str
    name: str
    words: str


SEGMENTS = ("100", "Segment sequence error")
REQUIRED = ("101", "Required field missing")
TABLE_VALUE = ("103", "Table value not found")
MESSAGE_TYPE = ("200", "Unsupported message type")
EVENT_CODE = ("201", "Unsupported event code")
INTERNAL = ("207", "Application internal error")


def trouble(kind: tuple[str, str], words: str) -> Trouble:
    """A reason of this kind, in words."""
    return Trouble(number=kind[0], name=kind[1], words=words)


def answer(header: Header, code: Code, *, at: datetime, number: int, why: Trouble | None = None) -> bytes:
    """The whole ACK message."""
    stamp = at.strftime("%Y%m%d%H%M%S.%f")[:18] + at.strftime("%z")
    to = f"{_one(header.application)}|{_one(header.facility)}"
    kept = f"{_one(header.processing) or 'P'}|{_one(header.version) or '2.6'}"
    segments = [
        f"MSH|^~\\&|{US}||{to}|{stamp}||ACK^{_one(header.event)[:3]}^ACK|EBB{number}|{kept}",
        f"MSA|{code}|{_one(header.control_id)}",
    ]
    if why is not None:
        segments.append(f"ERR|||{why.number}^{why.name}^HL70357|E||||{_escaped(why.words)}")
    return ("\r".join(segments) + "\r").encode()


def _one(text: str) -> str:
    """A field of the sender, given back without anything that would begin a field or a segment of ours."""
    return "".join(c for c in text if c.isprintable() and c != "|")[:199]


def _escaped(text: str) -> str:
    for sign, escape in (("\\", "\\E\\"), ("|", "\\F\\"), ("^", "\\S\\"), ("&", "\\T\\"), ("~", "\\R\\")):
        text = text.replace(sign, escape)
    return text
