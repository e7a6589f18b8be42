"""Scripted emergencies: `data/emergencies.yaml`, read strictly, and how each bends what a monitor shows. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from ebbtide.twin.monitors.invented import NO_VALUE, Person

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Row = Mapping[str, float | None]

BACK_S = 60  # so long after the script the signs are where they were [design]
CUFF = ("sbp", "dbp")
SHOWN: Mapping[str, float | None] = {"zero": 0.0, "no value": None}
# how far a bent sign swings by itself (SD) [design]
NOISE = {"hr": 1.5, "pulse": 1.5, "spo2": 0.5, "rr": 0.5, "etco2": 0.8, "sbp": 2.0, "dbp": 1.5}
HALF_WAY = 0.5  # from here on a bent sign is shown where the monitor itself had none


class ScriptRefused(ValueError):
    """A script cannot be used; the message says which and why, or what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """A sign moves to a value, from a second on and within so long (s)."""

    to: float
    within_s: float
    from_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Signs of which the monitor shows nothing from a second on: a zero, or no value."""

    signals: tuple[str, ...]
    shown: float | None
    from_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """What the checks must say, and the second of the script from which its limit is beyond."""

    limit: str
    priority: str
    from_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """One script; the words of each field stand in the file."""

    id: str
    title: str
    words: str
    lasts_s: int
    raises: tuple[Raise, ...]
    never: tuple[str, ...]
    cuff_every_s: int | None = None
    cuff_from_s: int = 0
    bends: Mapping[str, Bend] = field(default_factory=dict)
    absent: tuple[Absent, ...] = ()
    silent_s: float | None = None
    beside: Mapping[str, float] = field(default_factory=dict)

    def over_s(self, lasts_s: int | None = None) -> int:
        """The second in which nothing of it is left."""
        return (self.lasts_s if lasts_s is None else lasts_s) + BACK_S


@lru_cache(maxsize=1)
def the_emergencies() -> Mapping[str, Emergency]:
    """Every script by its id, in the order of the file."""
    text = (files("ebbtide.twin.monitors") / "data" / "emergencies.yaml").read_text(encoding="utf-8")
    told: Mapping[str, Any] = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader
    return {row["id"]: read_emergency(row) for row in told["emergencies"]}


def emergency_named(name: str) -> Emergency:
    """The script with this id.

    Raises:
        ScriptRefused: there is none; the message lists what there is.
    """
    if name not in the_emergencies():
        raise ScriptRefused(f"There is no drill {name!r}. There are: {', '.join(the_emergencies())}.")
    return the_emergencies()[name]


def read_emergency(row: Mapping[str, Any]) -> Emergency:
    """The script that this part of the file says.

    Raises:
        ScriptRefused: it has a word that is none of its fields, or lacks one.
    """
    try:
        return Emergency(
            **{
                name: value
                for name, value in row.items()
                if name not in {"bends", "absent", "raises", "never"}
            },
            bends={signal: Bend(**told) for signal, told in row.get("bends", {}).items()},
            absent=tuple(
                Absent(**{**told, "signals": tuple(told["signals"]), "shown": SHOWN[told["shown"]]})
                for told in row.get("absent", ())
            ),
            raises=tuple(Raise(**told) for told in row["raises"]),
            never=tuple(row["never"]),
        )
    except (TypeError, KeyError) as error:
        raise ScriptRefused(f"The script {row.get('id', '?')} cannot be read: {error}.") from error


# — how it bends —


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """A script on one monitor: whose noise it is, where the pressure of its person lies at rest, how long it lasts (s)."""

    emergency: Emergency
    key: str
    rest: Person
    lasts_s: int

    @property
    def over_s(self) -> int:
        """The second in which nothing of it is left."""
        return self.emergency.over_s(self.lasts_s)

    def shown(self, second: int, row: Row | None, *, after_s: int | None = None) -> Row | None:
        """What the monitor shows in this second of the script, instead of this; None while it is silent.

        `after_s` is the second that it showed last, the one before where nothing is said: a measurement of the cuff that
        fell between the two is shown now.
        """
        silent_s = self.emergency.silent_s
        if silent_s is not None and silent_s <= second < self.lasts_s:
            return None
        if not 0 <= second < self.over_s:
            return row
        told = self._bent(second, row)
        if self.emergency.cuff_every_s:
            told = {name: value for name, value in told.items() if name not in {*CUFF, "map"}}
            told |= self._cuff(second, second - 1 if after_s is None else after_s)
        for one in self.emergency.absent:
            if one.from_s <= second < self.lasts_s:
                told |= {signal: one.shown for signal in one.signals if signal in told}
        return told or None

    def beside(self, second: int, row: Row | None) -> Row | None:
        """What a second monitor on the same person shows; None when there is none."""
        by = self.emergency.beside
        if not by or not 0 <= second < self.lasts_s:
            return None
        told = self._bent(second, row)
        return {name: value + by[name] for name in by if (value := told.get(name)) and value != NO_VALUE}

    def _bent(self, second: int, row: Row | None) -> dict[str, float | None]:
        told = dict(row or {})
        for signal, bend in self.emergency.bends.items():
            if signal in CUFF or (row is not None and signal not in row):
                continue  # no sensor, no sign: a script brings none
            told[signal] = self._moved(second, signal, bend, told.get(signal))
        return {name: value for name, value in told.items() if value is not None or name in (row or {})}

    def _moved(self, second: int, signal: str, bend: Bend, base: float | None) -> float | None:
        weight = self._weight(second, bend)
        if base is None or base == NO_VALUE or (base == 0 and bend.to):
            base = bend.to if weight >= HALF_WAY else base
        if base is None or base == NO_VALUE or not weight:
            return base
        noise = self._noise(second, signal) if bend.to else 0.0
        return float(max(0, round(base + weight * (bend.to + noise - base))))

    def _weight(self, second: int, bend: Bend) -> float:
        """How far the sign has moved, 0 to 1: there within its time, and back when the script is over."""
        there = (second - bend.from_s) / bend.within_s
        back = 1 - (second - self.lasts_s) / BACK_S
        return max(0.0, min(1.0, there, back))

    def _cuff(self, second: int, after_s: int) -> dict[str, float | None]:
        """A measurement at each interval, and the last one shows that it is over."""
        every_s, from_s = self.emergency.cuff_every_s or 1, self.emergency.cuff_from_s
        newest_s = from_s + (second - from_s) // every_s * every_s
        is_last = after_s < self.over_s - 1 <= second
        if not is_last and (second < from_s or newest_s <= after_s):
            return {}
        bends = self.emergency.bends
        rest = {"sbp": self.rest.sbp, "dbp": self.rest.dbp}
        sbp, dbp = (
            self._moved(second, name, bends[name], value) if name in bends else round(value)
            for name, value in rest.items()
        )
        return (
            {}
            if sbp is None or dbp is None
            else {"sbp": sbp, "dbp": dbp, "map": round(dbp + (sbp - dbp) / 3)}
        )

    def _noise(self, second: int, signal: str) -> float:
        chance = np.random.default_rng([*f"{self.key}/{signal}".encode(), second])
        return float(chance.normal(0, NOISE.get(signal, 0.0)))
