"""One HL7 v2 message, read: ORU^R01 (IHE PCD-01) to readings, ORU^R40 (PCD-04) to notices, the rest set aside. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import NamedTuple

from ebbtide.doors.hl7v2.alarms import notices_of
from ebbtide.doors.hl7v2.answers import (
    EVENT_CODE,
    MESSAGE_TYPE,
    REQUIRED,
    SEGMENTS,
    TABLE_VALUE,
    Header,
    Trouble,
    trouble,
)
from ebbtide.doors.hl7v2.codes import Kind, folded, state_of, vocabulary
from ebbtide.doors.hl7v2.parsing import CharacterSetUnknown, Fields, NotSplit, segments_of
from ebbtide.doors.hl7v2.speakers import Speakers
from ebbtide.doors.hl7v2.times import observed, zone_in
from ebbtide.journey.infusion.arrivals import (
    CODE_CHARS,
    SEEN_CHARS,
    NewNotice,
    NewSample,
    Reason,
    SetAside,
)

READING, ALARM = "R01", "R40"
READ_STATUSES = frozenset({"", "R", "F"})
NUMBERS = frozenset({"", "NM", "SN", "ST"})
NULL = '""'


class NotUnderstood(Exception):
    """The message is no ORU^R01 or R40 that can be read: it is answered AR, with a reason."""

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
    notices: tuple[NewNotice, ...] = ()


class Line(NamedTuple):
    """One OBX with what the message says around it. Texts only; nothing is judged yet."""

    key: str
    code: tuple[str, str, str]
    other_code: tuple[str, str, str]
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
        NotUnderstood: it is no ORU^R01 or R40, or no HL7 at all.
    """
    segments = _segments(message)
    header = _header(segments[0])
    _check_kind(segments[0], header)
    if header.event == ALARM:
        return _alarms(header, segments, received_at)
    samples: list[NewSample] = []
    set_aside: dict[tuple[str, str, str], SetAside] = {}
    for line in _lines(segments, received_at):
        taken, odd = _judged(line)
        samples += [taken] if taken else []
        for one in odd:
            set_aside.setdefault((one.device_key, one.reason, one.code), one)
    return Report(header=header, samples=tuple(samples), set_aside=tuple(set_aside.values()))


def _alarms(header: Header, segments: list[Fields], received_at: datetime) -> Report:
    notices = tuple(notices_of(segments, received_at))
    unclear = [one for one in notices if not one.device_key][:1]
    return Report(
        header=header,
        samples=(),
        set_aside=tuple(
            SetAside(device_key="", reason=Reason.DEVICE_UNCLEAR, received_at=received_at, code=one.code)
            for one in unclear
        ),
        notices=tuple(one for one in notices if one.device_key),
    )


def _segments(message: bytes) -> list[Fields]:
    try:
        return segments_of(message)
    except CharacterSetUnknown as refusal:
        raise NotUnderstood(Header(), trouble(TABLE_VALUE, str(refusal))) from refusal
    except NotSplit as refusal:
        header = _header(refusal.msh) if refusal.msh else Header()
        raise NotUnderstood(header, trouble(SEGMENTS, str(refusal))) from refusal


def _header(msh: Fields) -> Header:
    # as it was sent, escapes and all: the answer gives it back
    return Header(
        application=msh.raw(3),
        facility=msh.raw(4),
        control_id=msh.raw(10),
        processing=msh.raw(11),
        version=msh.raw(12),
        event=msh.parts(9, 2)[1] or READING,
    )


def _check_kind(msh: Fields, header: Header) -> None:
    kind, event = msh.parts(9, 2)
    if kind != "ORU":
        raise NotUnderstood(header, trouble(MESSAGE_TYPE, "This door reads ORU^R01 and ORU^R40 only."))
    if event not in {READING, ALARM}:
        words = "Of ORU this door reads the events R01 and R40 only."
        raise NotUnderstood(header, trouble(EVENT_CODE, words))
    if not header.control_id:
        raise NotUnderstood(header, trouble(REQUIRED, "MSH-10, the control id, is missing."))


def _lines(segments: list[Fields], received_at: datetime) -> Iterator[Line]:
    msh, speakers = segments[0], Speakers.of(segments)
    sent, obr_time = zone_in(msh.text(7)), ""
    training = msh.text(11)[:1] in {"T", "D"}
    for line in segments:
        if line.name == "OBR":
            obr_time = line.text(7)
        if line.name == "OBX":
            yield _line(line, speakers.key(line), obr_time, sent, training=training, received_at=received_at)


def _line(
    line: Fields, key: str, obr_time: str, sent: timezone | None, *, training: bool, received_at: datetime
) -> Line:
    unit, unit_text = line.parts(6, 2)
    code, text, system, *other = line.parts(3, 6)
    obx_time = line.text(14)
    return Line(
        key=key,
        code=(code, text, system),
        other_code=(other[0], other[1], other[2]),
        value=_value(line),
        value_type=line.text(2),
        unit=(unit, unit_text),
        status=line.text(11),
        times=(obx_time, obr_time),
        zone=zone_in(obx_time) or zone_in(obr_time) or sent,
        training=training,
        received_at=received_at,
    )


def _value(line: Fields) -> str:
    """OBX-5 of a reading. Several values in one field stay together, and then they are no number: which counts is not guessed."""
    told = line.raw(5)  # a number has no escapes, and none is made of a text by reading them
    if line.text(2) != "SN" or line.repeats(5):
        return told
    comparator, number, *more = line.parts(5, 4)
    return number if comparator in {"", "="} and not any(more) else told


def _judged(line: Line) -> tuple[NewSample | None, list[SetAside]]:
    """A reading, or the reason why it is none; a reading may bring a note about its clock."""
    if not line.value and vocabulary().is_silent(line.code[0]):
        return None, []
    signal, why = _signal_of(line)
    if not why and not line.key:
        why = Reason.DEVICE_UNCLEAR
    if not why and line.status not in READ_STATUSES and line.status != "X":
        why = Reason.STATUS
    if why:
        return None, [_aside(line, why)]
    kind = vocabulary().kinds[signal]
    state, value, why = _measured(line, kind)
    if not state:
        return None, [_aside(line, why or Reason.UNIT)]
    at, clock = observed(line.times, line.received_at, zone=line.zone)
    notes = [_aside(line, why)] if why else []
    if clock:  # one note for a device and not one for each of its signals
        notes.append(SetAside(device_key=line.key, reason=clock, received_at=line.received_at))
    sample = NewSample(
        device_key=line.key,
        signal=signal,
        observed_at=at,
        value=value,
        unit=kind.unit,
        state=state,
        received_at=line.received_at,
    )
    return sample, notes


def _signal_of(line: Line) -> tuple[str, Reason | None]:
    """The signal that the code means together with its text; a second code must not mean another."""
    if line.value_type not in NUMBERS:
        return "", Reason.UNKNOWN_CODE
    found = [
        (told[0], folded(code[1]) in told[1])
        for code in (line.code, line.other_code)
        if (told := vocabulary().texts.get((code[0], code[2]))) is not None
    ]
    if not found:
        return "", Reason.UNKNOWN_CODE
    agree = all(fits and signal == found[0][0] for signal, fits in found)
    return found[0][0], None if agree else Reason.CODE_AND_TEXT


def _measured(line: Line, kind: Kind) -> tuple[str, float | None, Reason | None]:
    """The reading's state, and its value in the signal's own unit; no state when its unit does not lead there."""
    if line.status == "X" or line.value in {"", NULL}:
        return "no_data", None, None
    number = _number(line.value)
    if number is None:
        return "no_data", None, Reason.NOT_A_NUMBER
    unit = vocabulary().units.get(line.unit[0])
    if unit is None or unit.becomes != kind.unit or (line.unit[1] and folded(line.unit[1]) not in unit.names):
        return "", None, Reason.UNIT
    converted = round(number * unit.scale + unit.shift, 3)
    state = state_of(number, converted, kind)
    if state != "value":
        return state, None, None
    return ("synthetic" if line.training else state), converted, None


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
