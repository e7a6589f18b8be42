"""An invented person's signs, one set a second: calm, a little noisy, with the drop-outs that real probes have. Pure."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

CUFF_EVERY_S, FIRST_CUFF_S = 300, 5
# seconds of a period in which something is off: (period, from, until); all of it [design]
PROBE_OFF = (420, 200, 225)
LINE_OFF = (660, 500, 540)
SILENT = (780, 600, 620)
NO_VALUE = -100.0  # one of the numbers that real monitors send for "no value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Where the signs lie, and how far they swing."""

    hr: float
    spo2: float
    rr: float
    etco2: float
    sbp: float
    dbp: float


def person_of(key: str) -> Person:
    """Somebody for this monitor, always the same one."""
    chance = np.random.default_rng(zlib.crc32(key.encode()))
    return Person(
        hr=float(chance.uniform(62, 84)),
        spo2=float(chance.uniform(95.5, 98)),
        rr=float(chance.uniform(12, 16)),
        etco2=float(chance.uniform(35, 41)),
        sbp=float(chance.uniform(116, 136)),
        dbp=float(chance.uniform(68, 82)),
    )


def _in(window: tuple[int, int, int], second: int) -> bool:
    period, begins, ends = window
    return begins <= second % period < ends


def is_silent(second: int) -> bool:
    """The monitor's cable is out: nothing is sent at all."""
    return _in(SILENT, second)


def is_cuff_time(second: int) -> bool:
    """A measurement of the pressure ends in this second."""
    return second % CUFF_EVERY_S == FIRST_CUFF_S


def signs(key: str, second: int, *, person: Person | None = None) -> Mapping[str, float | None]:
    """What the monitor shows in this second of its life, by signal: of this person, or of the monitor's own."""
    person, chance = person or person_of(key), np.random.default_rng([zlib.crc32(key.encode()), second])
    noise = chance.normal(0, 1, 6)
    swing = math.sin(2 * math.pi * second / 240)
    hr = round(person.hr + 4 * swing + noise[0])
    probe_off, line_off = _in(PROBE_OFF, second), _in(LINE_OFF, second)
    told: dict[str, float | None] = {
        "hr": hr,
        "pulse": 0.0 if probe_off else hr + round(0.6 * noise[1]),
        "spo2": 0.0 if probe_off else min(100, round(person.spo2 + 0.5 * swing + 0.5 * noise[2])),
        "rr": max(6, round(person.rr - 1.5 * swing + 0.7 * noise[3])),
        "etco2": NO_VALUE if line_off else round(person.etco2 + swing + 0.8 * noise[4]),
    }
    if is_cuff_time(second):
        sbp, dbp = round(person.sbp + 6 * swing + 3 * noise[5]), round(person.dbp + 3 * swing + 2 * noise[0])
        told |= {"sbp": sbp, "dbp": dbp, "map": round(dbp + (sbp - dbp) / 3)}
    return told
