"""One HL7 v2 message, read: ORU^R01 (IHE PCD-01) to readings, and what cannot be read to what is set aside. Pure.

A device names itself. Its key is the first of these that the message has: OBX-18 of the reading itself (a central station
speaks for many monitors), OBX-18 of any other line (the device's own line in PCD-01), MSH-3 with MSH-4 behind a slash.
Of a name with several parts the universal id counts, else the first part. PV1 (a bed) is never a key, because a bed is
not a monitor; PID is never looked at: who sits in the chair is said by a clinician, who binds the monitor.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone

import hl7

from ebbtide.doors.hl7v2.answers import (
    EVENT_CODE,
    MESSAGE_TYPE,
    REQUIRED,
    SEGMENTS,
    Header,
    Trouble,
    trouble,
)
from ebbtide.doors.hl7v2.codes import folded, state_of, vocabulary
from ebbtide.doors.hl7v2.times import observed, zone_in
from ebbtide.journey.infusion.arrivals import (
    CODE_CHARS,
    KEY_CHARS,
    SEEN_CHARS,
    NewSample,
    Reason,
    SetAside,
)

MOST_SEGMENTS = 2000
READ_STATUSES = frozenset({"", "R", "F"})
NUMBERS = frozenset({"", "NM", "SN", "ST"})
NULL = '""'


class NotUnderstood(Exception):
    """The message is no ORU^R01 that can be read: it is answered AR, with a reason."""

    def __init__(self, header: Header, why: Trouble) -> None:
        super().__init__(why.words)
        self.header = header
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one message brought."""

    header: Header
    samples: tuple[NewSample, ...]
    set_aside: tuple[SetAside, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One OBX with what the message says around it. Texts only; nothing is judged yet."""

    key: str
    code: tuple[str, str, str]
    value: str
    value_type: str
    unit: tuple[str, str]
    status: str
    times: tuple[str, str]
    zone: timezone | None
    training: bool
    received_at: datetime


def read(message: bytes, received_at: datetime) -> Report:
    """Everything that one message says of signals.

    Raises:
        NotUnderstood: it is no ORU^R01, or no HL7 at all.
    """
    segments = _segments(message)
    header = _header(segments[0])
    _check_kind(segments[0], header)
    samples: list[NewSample] = []
    set_aside: dict[tuple[str, str, str], SetAside] = {}
    for line in _lines(segments, received_at):
        taken, odd = _judged(line)
        samples += [taken] if taken else []
        for one in odd:
            set_aside.setdefault((one.device_key, one.reason, one.code), one)
    return Report(header=header, samples=tuple(samples), set_aside=tuple(set_aside.values()))


def text_of(message: bytes) -> str:
    """The message as text: UTF-8, or Latin-1 where it is not. Line ends of every kind become HL7's own."""
    try:
        text = message.decode("utf-8")
    except UnicodeDecodeError:
        text = message.decode("latin-1")
    return text.replace("\r\n", "\r").replace("\n", "\r").replace("\0", "").strip("\r\ufeff ")


def _segments(message: bytes) -> "list[hl7.Segment]":
    text = text_of(message)
    if not text.startswith("MSH"):
        raise _unreadable("The message does not begin with MSH.")
    signs = text[3:8]
    # the package asserts this, and only this: five signs, none of them twice, none a letter
    if len(set(signs)) < 5 or any(sign.isalnum() or sign.isspace() for sign in signs):
        raise _unreadable("MSH-1 and MSH-2 must name five different separators.")
    if text.count("\r") > MOST_SEGMENTS:
        raise _unreadable(f"More than {MOST_SEGMENTS} segments: send fewer.")
    try:
        return list(hl7.parse(text))
    except (hl7.HL7Exception, IndexError, KeyError, ValueError) as error:
        raise _unreadable("The message cannot be split into fields.") from error


def _unreadable(words: str) -> NotUnderstood:
    return NotUnderstood(Header(), trouble(SEGMENTS, words))


class Fields:
    """The fields of one segment as text, with the separators of its own message; what is missing is empty."""

    def __init__(self, segment: "hl7.Segment", signs: str) -> None:
        self._segment = segment
        # MSH-2: component, repetition, escape, subcomponent
        self._component, self._repeat, self._sub = signs[0], signs[1], signs[3]

    def text(self, number: int) -> str:
        """The first repetition of a field."""
        return (
            str(self._segment[number]).split(self._repeat)[0].strip() if number < len(self._segment) else ""
        )

    def parts(self, number: int, count: int) -> list[str]:
        """The first components of a field, as many as asked for."""
        found = [part.split(self._sub)[0].strip() for part in self.text(number).split(self._component)]
        return (found + [""] * count)[:count]

    def thing(self, number: int) -> str:
        """What a field of type EI calls a device: its universal id, else its first part, else its namespace."""
        entity, namespace, universal = self.parts(number, 3)
        return (universal or entity or namespace)[:KEY_CHARS]

    def sender(self, number: int) -> str:
        """What a field of type HD calls a program: its universal id, else its first part."""
        namespace, universal = self.parts(number, 2)
        return universal or namespace


def _fields(segments: "list[hl7.Segment]") -> list[tuple[str, Fields]]:
    signs = str(segments[0][2])
    return [(str(segment[0]), Fields(segment, signs)) for segment in segments]


def _header(msh: "hl7.Segment") -> Header:
    def field(number: int) -> str:
        return str(msh[number]).strip() if number < len(msh) else ""

    return Header(
        application=field(3),
        facility=field(4),
        control_id=field(10),
        processing=field(11),
        version=field(12),
    )


def _check_kind(msh: "hl7.Segment", header: Header) -> None:
    component = str(msh[2])[0]
    kind, event, *_ = [*(str(msh[9]).split(component) if len(msh) > 9 else []), "", ""]
    if kind.strip() != "ORU":
        raise NotUnderstood(header, trouble(MESSAGE_TYPE, "This door reads ORU^R01 only."))
    if event.strip() != "R01":
        raise NotUnderstood(header, trouble(EVENT_CODE, "Of ORU this door reads the event R01 only."))
    if not header.control_id:
        raise NotUnderstood(header, trouble(REQUIRED, "MSH-10, the control id, is missing."))


def _lines(segments: "list[hl7.Segment]", received_at: datetime) -> Iterator[Line]:
    fields = _fields(segments)
    msh = fields[0][1]
    own = "/".join(filter(None, (msh.sender(3), msh.sender(4))))
    for name, line in fields:
        if name == "OBX" and (told := line.thing(18)):
            own = told
            break
    sent, obr_time = msh.text(7), ""
    training = msh.text(11)[:1] in {"T", "D"}
    for name, line in fields:
        if name == "OBR":
            obr_time = line.text(7)
        if name == "OBX":
            code, text, system = line.parts(3, 3)
            yield Line(
                key=(line.thing(18) or own)[:KEY_CHARS],
                code=(code, text, system),
                value=line.text(5),
                value_type=line.text(2),
                unit=(line.parts(6, 2)[0], line.parts(6, 2)[1]),
                status=line.text(11),
                times=(line.text(14), obr_time),
                zone=zone_in(line.text(14)) or zone_in(obr_time) or zone_in(sent),
                training=training,
                received_at=received_at,
            )


def _judged(line: Line) -> tuple[NewSample | None, list[SetAside]]:
    """A reading, or the reason why it is none; a reading may bring a note about its clock."""
    if vocabulary().is_silent(line.code[0]) and not line.value:
        return None, []
    signal, why = _signal_of(line)
    if why:
        return None, [_aside(line, why)]
    if line.status not in READ_STATUSES | {"X"}:
        return None, [_aside(line, Reason.STATUS)]
    sample, why = _measured(line, signal)
    if sample is None:
        return None, [_aside(line, why or Reason.UNIT)]
    at, clock = observed(line.times, line.received_at, zone=line.zone)
    notes = [_aside(line, reason) for reason in (why,) if reason]
    if clock:  # one note for a device and not one for each of its signals
        notes.append(SetAside(device_key=line.key, reason=clock, received_at=line.received_at))
    return replace(sample, observed_at=at), notes


def _signal_of(line: Line) -> tuple[str, Reason | None]:
    code, text, system = line.code
    known = vocabulary().texts.get((code, system))
    if known is None or line.value_type not in NUMBERS:
        return "", Reason.UNKNOWN_CODE
    signal, texts = known
    return signal, None if folded(text) in texts else Reason.CODE_AND_TEXT


def _measured(line: Line, signal: str) -> tuple[NewSample | None, Reason | None]:
    """The reading in the signal's own unit; None when its unit does not lead there."""
    kind = vocabulary().kinds[signal]
    none = NewSample(
        device_key=line.key,
        signal=signal,
        observed_at=line.received_at,
        value=None,
        unit=kind.unit,
        state="no_data",
        received_at=line.received_at,
    )
    if line.status == "X" or line.value in {"", NULL}:
        return none, None
    number = _number(line.value)
    if number is None:
        return none, Reason.NOT_A_NUMBER
    unit = vocabulary().units.get(line.unit[0])
    if unit is None or unit.becomes != kind.unit or (line.unit[1] and folded(line.unit[1]) not in unit.names):
        return None, Reason.UNIT
    converted = round(number * unit.scale + unit.shift, 3)
    state = state_of(number, converted, kind)
    if state == "value":
        return replace(none, value=converted, state="synthetic" if line.training else "value"), None
    return replace(none, state=state), None


def _number(text: str) -> float | None:
    # an HL7 number is plain: no exponent, no word for infinity
    plain = text.strip()
    signless = plain.removeprefix("-").removeprefix("+")
    whole, _, part = signless.partition(".")
    if not (whole + part).isascii() or not (whole + part).isdecimal() or len(signless) > 30:
        return None
    return float(plain)


def _aside(line: Line, reason: Reason) -> SetAside:
    code, text, system = line.code
    shown = "^".join((code, text, system))[:CODE_CHARS]
    seen = {"value": line.value if _number(line.value) is not None else "", "unit": "^".join(line.unit)}
    return SetAside(
        device_key=line.key,
        reason=reason,
        received_at=line.received_at,
        code=shown,
        seen={name: value[:SEEN_CHARS] for name, value in seen.items() if value},
    )
