"""The gateway's vocabulary, read from codes.yaml: which code with which text is which signal, and what a number then means."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A signal at the edge: its unit, what a zero means, and what a living person can have."""

    signal: str
    unit: str
    zero: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit as monitors name it, and the way to the signal's own: value x scale + shift."""

    becomes: str
    scale: float
    shift: float
    names: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    kinds: Mapping[str, Kind]
    texts: Mapping[tuple[str, str], tuple[str, frozenset[str]]]
    silent: tuple[tuple[int, int], ...]
    units: Mapping[str, Unit]
    no_value: frozenset[float]

    def is_silent(self, code: str) -> bool:
        """A code of the device tree, which carries no reading."""
        return code.isdecimal() and any(low <= int(code) <= high for low, high in self.silent)


def folded(text: str) -> str:
    """A text as it is compared: without case and outer blanks."""
    return text.strip().casefold()


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The list, read once."""
    text = (files("ebbtide.doors.hl7v2") / "data" / "codes.yaml").read_text(encoding="utf-8")
    raw: Mapping[str, Any] = yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader
    return Vocabulary(
        kinds={name: _kind(name, told) for name, told in raw["signals"].items()},
        texts={
            (str(row["code"]), row["system"]): (row["signal"], frozenset(map(folded, row["texts"])))
            for row in raw["codes"]
        },
        silent=tuple((row["from"], row["to"]) for row in raw["silent"]),
        units={name: _unit(row) for row in raw["units"] for name in row["ids"]},
        no_value=frozenset(map(float, raw["no_value"])),
    )


def _kind(name: str, told: Mapping[str, Any]) -> Kind:
    low, high = told["possible"]
    return Kind(signal=name, unit=told["unit"], zero=told["zero"], low=low, high=high)


def _unit(row: Mapping[str, Any]) -> Unit:
    return Unit(
        becomes=row["is"],
        scale=float(row.get("scale", 1)),
        shift=float(row.get("shift", 0)),
        names=frozenset(map(folded, row["names"])),
    )


def state_of(number: float, converted: float, kind: Kind) -> str:
    """What this number means: a value, or the state that says why there is none.

    `number` is as it was sent and `converted` in the signal's unit: -1 is "no value" in Fahrenheit too.
    """
    if number in vocabulary().no_value:
        return "no_data"
    if number == 0:
        return kind.zero
    if not math.isfinite(converted) or not kind.low <= converted <= kind.high:
        return "artefact"
    return "value"
