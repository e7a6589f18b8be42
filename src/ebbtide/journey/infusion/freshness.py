"""Freshness of live values: what the clinic reads from monitors, and when it stops being live. No clock, no database.

A value is judged by its own signal's expected interval (`check-limits.yaml`, states): stale above the larger of 15 s and
1.5 intervals, lost above the larger of 60 s and 3 intervals. Silence is never normal and never zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple
from uuid import UUID

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

STALE_AT_LEAST_S, STALE_INTERVALS = 15.0, 1.5
LOST_AT_LEAST_S, LOST_INTERVALS = 60.0, 3.0
# long enough to carry a monitor to the next chair; twice what makes a signal lost [design]
ASKS_AT_LEAST_S, ASKS_INTERVALS = 120.0, 6.0


class Freshness(StrEnum):
    """What may be said of the newest reading of a signal; each state has its word on the screen."""

    LIVE = "live"
    SYNTHETIC = "synthetic"
    PROBE_OFF = "probe_off"
    NO_DATA = "no_data"
    ARTEFACT = "artefact"
    STALE = "stale"
    LOST = "lost"


WORDS: Mapping[Freshness, str] = {
    Freshness.LIVE: "live",
    Freshness.SYNTHETIC: "synthetic, not a measurement",
    Freshness.PROBE_OFF: "probe off",
    Freshness.NO_DATA: "no data",
    Freshness.ARTEFACT: "artefact",
    Freshness.STALE: "stale",
    Freshness.LOST: "lost",
}
# of two devices that report one sign, the one that stands further left is shown
BEST_FIRST = tuple(Freshness)
# only these come with a number; of the others the number is not shown, whatever it was
SHOWS_A_NUMBER = frozenset({Freshness.LIVE, Freshness.SYNTHETIC, Freshness.STALE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One sign that monitors send: its name for people, its unit, how often it is expected, and its decimals."""

    id: str
    label: str
    unit: str
    expected_interval_s: float
    decimals: int = 0


LABELS: Mapping[str, tuple[str, int]] = {
    "hr": ("Heart rate", 0),
    "spo2": ("SpO₂", 0),
    "pulse": ("Pulse", 0),
    "rr": ("Breathing rate", 0),
    "etco2": ("EtCO₂", 0),
    "sbp": ("Systolic", 0),
    "dbp": ("Diastolic", 0),
    "map": ("Mean pressure", 0),
    "o2_flow": ("Oxygen flow", 1),
    "temp": ("Temperature", 1),
}


@lru_cache(maxsize=1)
def limits() -> Mapping[str, Any]:
    """The clinic's check limits, as the file has them."""
    text = (files("ebbtide.journey.infusion") / "data" / "check-limits.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader
    return loaded


@lru_cache(maxsize=1)
def signals() -> Mapping[str, Signal]:
    """Every sign that a monitor can send, in the order of the screen."""
    told = {row["id"]: row for row in limits()["signals"]}
    return {
        name: Signal(
            id=name,
            label=label,
            unit=told[name]["unit"],
            expected_interval_s=float(told[name]["expected_interval_s"]),
            decimals=decimals,
        )
        for name, (label, decimals) in LABELS.items()
    }


def interval_of(signal: str, told_by_device: Mapping[str, Any]) -> float:
    """How often this signal is expected (s): what the device was bound with, else the vocabulary's own interval."""
    told = told_by_device.get(signal)
    if isinstance(told, int | float) and told > 0:
        return float(told)
    return signals()[signal].expected_interval_s


def stale_after_s(expected_interval_s: float) -> float:
    """Above this age a value is stale (s)."""
    return max(STALE_AT_LEAST_S, STALE_INTERVALS * expected_interval_s)


def lost_after_s(expected_interval_s: float) -> float:
    """Above this age a signal is lost (s)."""
    return max(LOST_AT_LEAST_S, LOST_INTERVALS * expected_interval_s)


def asks_again_after_s(expected_interval_s: float) -> float:
    """Above this silence of a whole monitor it is asked whether it is still on this person (s)."""
    return max(ASKS_AT_LEAST_S, ASKS_INTERVALS * expected_interval_s)


def judge(observed_at: datetime, at: datetime, expected_interval_s: float, state: str = "value") -> Freshness:
    """What may be said of a reading at this moment. Age decides first: an old "probe off" is lost, not probe off.

    `state` is the stored one: value, synthetic, no_data, probe_off or artefact.
    """
    age_s = (at - observed_at).total_seconds()
    if age_s > lost_after_s(expected_interval_s):
        return Freshness.LOST
    if age_s > stale_after_s(expected_interval_s):
        return Freshness.STALE
    return Freshness.LIVE if state == "value" else Freshness(state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The newest that one bound device said of one signal."""

    signal: str
    value: float | None
    unit: str
    state: str
    observed_at: datetime
    received_at: datetime
    device_id: UUID
    device: str
    simulated: bool
    bound_at: datetime
    expected_interval_s: float

    def freshness(self, at: datetime) -> Freshness:
        """What may be said of it at this moment."""
        judged = judge(self.observed_at, at, self.expected_interval_s, self.state)
        # a stale number is shown grey; a stale "probe off" has no number to show
        return Freshness(self.state) if judged is Freshness.STALE and self.value is None else judged


def chosen(heard: Iterable[Heard], at: datetime) -> dict[str, Heard]:
    """One source for each signal (wish W15): the better state wins, then the device that was bound first.

    The earlier binding decides between two live ones, and not the fresher second: two monitors at 1 Hz would
    otherwise change places at every beat, and so would the source on the screen.
    """
    best: dict[str, Heard] = {}
    for one in sorted(heard, key=lambda h: _rank(h, at)):
        best.setdefault(one.signal, one)
    order = list(signals())
    return {name: best[name] for name in order if name in best}


def others(heard: Iterable[Heard], at: datetime) -> dict[str, list[Heard]]:
    """The live readings of each signal that are not shown in its place, so that the screen can name them beside it."""
    told = list(heard)
    best = chosen(told, at)
    found: dict[str, list[Heard]] = {}
    for one in sorted(told, key=lambda h: _rank(h, at)):
        if one is not best[one.signal] and one.freshness(at) in {Freshness.LIVE, Freshness.SYNTHETIC}:
            found.setdefault(one.signal, []).append(one)
    return found


def _rank(one: Heard, at: datetime) -> tuple[int, datetime, str]:
    return BEST_FIRST.index(one.freshness(at)), one.bound_at, str(one.device_id)


def told_by(heard: Heard) -> dict[str, Any]:
    """A reading as the stream and the page's data carry it: everything the page needs to judge it by itself."""
    source = Source(
        heard.signal,
        heard.unit,
        heard.device_id,
        heard.device,
        heard.simulated,
        heard.bound_at,
        heard.expected_interval_s,
    )
    return told_of(source, heard.value, heard.state, heard.observed_at)


class Source(NamedTuple):
    """What stays the same from one reading of a signal to the next."""

    signal: str
    unit: str
    device_id: UUID
    device: str
    simulated: bool
    bound_at: datetime
    expected_interval_s: float


def told_of(source: Source, value: float | None, state: str, observed_at: datetime) -> dict[str, Any]:
    """The same, of a reading whose source is known: the gateway tells some thousand in a second."""
    same = _same(source)
    return {
        **same,
        "value": None if value is None else round(value, same["decimals"]),
        "state": state,
        "observed_at": observed_at.isoformat(),
    }


@lru_cache(maxsize=8192)
def _same(source: Source) -> Mapping[str, Any]:
    signal = signals()[source.signal]
    return {
        "signal": source.signal,
        "label": signal.label,
        "decimals": signal.decimals,
        "unit": source.unit,
        "bound_at": source.bound_at.isoformat(),
        "device": source.device,
        "device_id": str(source.device_id),
        "simulated": source.simulated,
        "stale_s": stale_after_s(source.expected_interval_s),
        "lost_s": lost_after_s(source.expected_interval_s),
    }
