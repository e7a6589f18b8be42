r"""An HL7 v2 message taken apart: bytes to text by its own character set, text to segments and fields by its own separators.

Pure, and only as deep as it is asked: a monitor sends twenty fields for each one that is read. The separators are those
that MSH-1 and MSH-2 name. Escapes (`\T\`, `\X2082\`) are the hl7 package's work and never ours; it is asked only where one
stands. What is missing is empty.
"""

import logging
import re
from functools import lru_cache
from typing import NamedTuple

import hl7
import hl7.util

MOST_SEGMENTS = 2000
REPEATED_CHARS = 120  # what is longer is not remembered
ESCAPED_CHARS = 200  # a text that is longer is no name of a code, a unit or a device
# the package writes the text it cannot convert into the log, and a text may be anybody's
logging.getLogger(hl7.util.__file__).disabled = True

# MSH-18, HL7 table 0211, letters and digits alone; the last ones are how some senders spell the first [design]
CHARACTER_SETS = {
    "ASCII": "ascii", "UNICODEUTF8": "utf-8", "UNICODE": "utf-8",
    **{f"8859{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "GB180302000": "gb18030", "BIG5": "big5", "KSX1001": "euc-kr",
    "UTF8": "utf-8", "ISO88591": "iso8859-1", "ISOIR100": "iso8859-1", "ISOIR192": "utf-8",
    "USASCII": "ascii", "WINDOWS1252": "cp1252", "CP1252": "cp1252",
}  # fmt: skip
# the escapes that a name can need: a separator, or a character by its number. Others the package drops, and two devices
# whose names differ by what was dropped would be one; a paragraph's blanks it would repeat as often as a sender likes
ESCAPES = re.compile(r"(F|S|T|R|E|X([0-9A-F]{2}){1,20})", re.IGNORECASE)


class NotSplit(Exception):
    """These bytes cannot be taken apart as one HL7 message; the message says why and what to send instead."""

    def __init__(self, words: str, msh: "Fields | None" = None) -> None:
        super().__init__(words)
        self.msh = msh  # where it could be read: the answer names the message


class CharacterSetUnknown(NotSplit):
    """MSH-18 names a character set that is not read, and the message needs it."""


class Signs(NamedTuple):
    """The separators of one message. A sender that needs no subcomponents, or no escapes, may leave the last ones out."""

    field: str
    component: str
    repeat: str
    escape: str
    sub: str


class Fields:
    """One segment: its fields as text by their HL7 number, without escapes; what is missing is empty."""

    __slots__ = ("_raw", "_signs", "name")

    def __init__(self, raw: list[str], signs: Signs) -> None:
        self.name = raw[0].strip()
        self._raw = raw
        self._signs = signs

    def raw(self, number: int) -> str:
        """A field as it was sent, all its repetitions and escapes."""
        return self._raw[number].strip() if number < len(self._raw) else ""

    def repeats(self, number: int) -> bool:
        """More than one value stands in this field."""
        repeat = self._signs.repeat
        return bool(repeat) and number < len(self._raw) and repeat in self._raw[number]

    def text(self, number: int) -> str:
        """The first repetition of a field, with its components."""
        return unescaped(self._first(number), self._signs)

    def parts(self, number: int, count: int) -> tuple[str, ...]:
        """The first components of a field, as many as asked for; of each its first subcomponent."""
        first = self._first(number)
        if len(first) > REPEATED_CHARS:
            return _parts(first, self._signs, count)
        return _parts_again(first, self._signs, count)

    def _first(self, number: int) -> str:
        if number >= len(self._raw):
            return ""
        found, repeat = self._raw[number], self._signs.repeat
        if repeat and repeat in found:
            found = found.partition(repeat)[0]
        return found.strip()


def _parts(first: str, signs: Signs, count: int) -> tuple[str, ...]:
    found = first.split(signs.component, count) if signs.component else [first]
    clean = [_clean(part, signs) for part in found[:count]]
    return (*clean, *[""] * (count - len(clean)))


# a monitor names the same codes, units and devices in every message; of who sits there nothing is asked
_parts_again = lru_cache(maxsize=4096)(_parts)


def _clean(part: str, signs: Signs) -> str:
    if signs.sub and signs.sub in part:
        part = part.partition(signs.sub)[0]
    return unescaped(part.strip(), signs)


def unescaped(text: str, signs: Signs) -> str:
    """A text with its escapes read; one that holds another escape stays as it was sent, and is then nobody's name."""
    if not signs.escape or signs.escape not in text:
        return text
    parts = text.split(signs.escape)
    if len(text) > ESCAPED_CHARS or len(parts) % 2 == 0 or not all(map(ESCAPES.fullmatch, parts[1::2])):
        return text
    container = hl7.Field(
        esc=signs.escape, separators=f"\r{signs.field}{signs.repeat}{signs.component}{signs.sub or '&'}"
    )
    found: str = hl7.util.unescape(container, text)
    return found if found.isprintable() else text


def segments_of(message: bytes) -> list[Fields]:
    """The segments of one message in their order, MSH first.

    Raises:
        NotSplit: it is no message, more than one, or a part of one.
    """
    text = text_of(message)
    if not text.startswith("MSH"):
        batch = text.startswith(("FHS", "BHS"))
        raise NotSplit(
            "A batch is not read: send each message in a frame of its own."
            if batch
            else "The message does not begin with MSH."
        )
    signs = _signs(text)
    lines = text.split("\r")
    segments = [Fields(["MSH", signs.field, *lines[0][4:].split(signs.field)], signs)]
    # also where the end of the first one was lost, in the middle of a line
    if f"MSH{signs.field}" in text[4:]:
        raise NotSplit("Two messages came in one frame: send each in a frame of its own.", segments[0])
    if len(lines) > MOST_SEGMENTS:
        raise NotSplit(f"More than {MOST_SEGMENTS} segments: send fewer.", segments[0])
    segments += [Fields(line.split(signs.field), signs) for line in lines[1:] if line]
    _check_whole(segments)
    return segments


def _check_whole(segments: list[Fields]) -> None:
    """One message and all of it: the readings of a second one, or of half a one, would be taken for the first one's."""
    msh = segments[0]
    for one in segments[1:]:
        if one.name == "ADD" or (one.name == "DSC" and one.raw(1)):
            raise NotSplit("A message in several parts is not read: send fewer readings in one.", msh)


def _signs(text: str) -> Signs:
    found, field = text[4:].partition("\r")[0], text[3:4]
    told = found.partition(field)[0] if field else ""
    named = [field, *told[:4]]
    # one to four of MSH-2 (a fifth marks what was cut short, and is not read): each another one, and none a letter
    if len(named) < 2 or len(set(named)) < len(named) or any(s.isalnum() or s.isspace() for s in named):
        raise NotSplit("MSH-1 and MSH-2 must name different separators, none of them a letter or a blank.")
    return Signs(*named, *[""] * (5 - len(named)))


def text_of(message: bytes) -> str:
    """The message as text, by MSH-18; without it UTF-8, or Latin-1 where it is not. Line ends become HL7's own.

    Raises:
        CharacterSetUnknown: it names another set, and holds more than ASCII.
    """
    text = message.decode("ascii") if message.isascii() else _decoded(message)
    if "\n" in text:
        text = text.replace("\r\n", "\r").replace("\n", "\r")
    return text.replace("\0", "").strip("\r\ufeff ")


def _decoded(message: bytes) -> str:
    told = character_set(message)
    if not told:
        try:
            return message.decode("utf-8")
        except UnicodeDecodeError:
            return message.decode("latin-1")
    codec = CHARACTER_SETS.get("".join(c for c in told.upper() if c.isalnum()))
    if codec is None:
        raise CharacterSetUnknown(
            "The character set in MSH-18 is not read: set the monitor to UNICODE UTF-8."
        )
    # what does not belong to the set becomes a sign that no code, unit or number has
    return message.decode(codec, "replace")


def character_set(message: bytes) -> str:
    """The first character set that MSH-18 names; empty when none does."""
    head = message.lstrip(b"\xef\xbb\xbf\r\n \0").partition(b"\r")[0].partition(b"\n")[0]
    found = head.split(head[3:4], 18) if head[:3] == b"MSH" and head[3:4] else []
    if len(found) < 18:
        return ""
    repeat = found[1][1:2]
    first = found[17].partition(repeat)[0] if repeat else found[17]
    return first.decode("ascii", "replace").strip()
