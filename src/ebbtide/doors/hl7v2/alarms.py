"""A monitor's own alarms, read: ORU^R40 (IHE PCD-04) to notices for the log. Pure.

They are words beside the readings: the bedside monitor is the primary alarm, and no check is derived from them but one, its
apnoea alarm (infusion/watching/reading.py). A watchdog message ("I am still here") is answered and leaves nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from ebbtide.doors.hl7v2.parsing import Fields
from ebbtide.doors.hl7v2.speakers import Speakers
from ebbtide.doors.hl7v2.times import observed, zone_in
from ebbtide.journey.infusion.arrivals import CODE_CHARS, NewNotice

WATCHDOG = "196614"  # MDC_EVT_ACTIVE [seen]
EVENTS = range(
    3 << 16, 4 << 16
)  # the partition of events and alarms of ISO/IEEE 11073-10101 [seen: 196614, 196616, 196916]
# what an alarm says of itself, by code [seen in a public simulator's messages]
SOURCE, PHASE, STATE, PRIORITY = "68480", "68481", "68482", "68484"
PRIORITIES = {"PH": "high", "PM": "medium", "PL": "low", "PN": ""}
ENDED = frozenset({"end", "reset"})
TEXT_CHARS = 120


def notices_of(segments: Sequence[Fields], received_at: datetime) -> Iterator[NewNotice]:
    """Every alarm of a message, one for each order (OBR) that tells of one."""
    speakers, msh = Speakers.of(segments), segments[0]
    for group in _groups(segments):
        told = {line.parts(3, 1)[0]: line for line in group[1:]}
        what = next((line for line in group[1:] if _is_event(line)), None)
        if what is None:
            continue
        code, name, _ = what.parts(3, 3)
        phase, state = _said(told, PHASE).casefold(), _said(told, STATE).casefold()
        times = (what.text(14), group[0].text(7), msh.text(7))
        zone = next((found for text in times if (found := zone_in(text))), None)
        at, _ = observed(times, received_at, zone=zone)
        yield NewNotice(
            device_key=speakers.key(what),
            code=code[:CODE_CHARS],
            text=(what.text(5) or name)[:TEXT_CHARS],
            source=_said(told, SOURCE)[:CODE_CHARS],
            priority=PRIORITIES.get(_said(told, PRIORITY).partition("~")[0].upper(), ""),
            ended=phase in ENDED or state == "inactive",
            goes_on=phase not in ENDED | {"start", "escalate", "deescalate", "tpoint"},
            training=msh.text(11)[:1] in {"T", "D"},
            observed_at=at,
            received_at=received_at,
        )


def _groups(segments: Sequence[Fields]) -> Iterator[list[Fields]]:
    """An OBR and the OBX under it, one after the other."""
    group: list[Fields] = []
    for line in segments:
        if line.name == "OBR":
            if group:
                yield group
            group = [line]
        elif line.name == "OBX" and group:
            group.append(line)
    if group:
        yield group


def _is_event(line: Fields) -> bool:
    code = line.parts(3, 1)[0]
    return code.isascii() and code.isdecimal() and len(code) < 8 and int(code) in EVENTS and code != WATCHDOG


def _said(told: dict[str, Fields], code: str) -> str:
    return told[code].text(5) if code in told else ""
