"""Which device a line of a message is from. Pure.

A device names itself. A line's own OBX-18 counts first (a central station speaks for many monitors). A line without one
belongs to the device whose line of the device tree stands above it in OBX-4 (1.0.0.0 over 1.1.1.4); where the message
names one device only, to that one; where it names none, to its sender, MSH-3 with MSH-4 behind a slash. Where several are
named and nothing says which, the line is nobody's: it is not guessed. Of a name with several parts the universal id
counts, else the first part. PV1 (a bed) is never a name, because a bed is no monitor; PID is never looked at: who sits in
the chair is said by a clinician, who binds the monitor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ebbtide.doors.hl7v2.parsing import Fields
from ebbtide.journey.infusion.arrivals import KEY_CHARS

DEVICE_AT = 18
PLACE_AT = 4


def thing(line: Fields, number: int = DEVICE_AT) -> str:
    """What a field of type EI calls a device: its universal id, else its first part, else its namespace."""
    if not line.raw(number):
        return ""
    entity, namespace, universal = line.parts(number, 3)
    return (universal or entity or namespace)[:KEY_CHARS]


def sender(msh: Fields) -> str:
    """What MSH-3 and MSH-4 call the program that sends."""
    named = []
    for number in (3, 4):
        namespace, universal = msh.parts(number, 2)
        named.append(universal or namespace)
    return "/".join(filter(None, named))[:KEY_CHARS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speakers:
    """Every device that one message names."""

    alone: str
    by_tree: Mapping[str, str]

    @classmethod
    def of(cls, segments: Sequence[Fields]) -> "Speakers":
        """The devices of a message, from its tree of devices and from its lines."""
        named = [
            (line.parts(PLACE_AT, 1)[0], name)
            for line in segments
            if line.name == "OBX" and (name := thing(line))
        ]
        tops: dict[str, set[str]] = {}
        for place, name in named:
            number, _, below = place.partition(".")
            if below == "0.0.0":
                tops.setdefault(number, set()).add(name)
        names = {name for found in tops.values() for name in found} or {name for _, name in named}
        people = sum(line.name == "PID" for line in segments)
        # one sender that speaks of several people is no monitor
        alone = names.pop() if len(names) == 1 else "" if names or people > 1 else sender(segments[0])
        return cls(alone=alone, by_tree={n: found.pop() for n, found in tops.items() if len(found) == 1})

    def key(self, line: Fields) -> str:
        """The device that this line is from; empty where the message does not say."""
        if own := thing(line):
            return own
        number, _, below = line.parts(PLACE_AT, 1)[0].partition(".")
        return (below and self.by_tree.get(number)) or self.alone
