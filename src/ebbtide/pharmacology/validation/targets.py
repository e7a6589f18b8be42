"""Targets T1 to T15 as data, and what became of each: numbers in, verdicts out. No file is opened here, no clock.

A target is a published number, or a computed one, with its source, its mark and how near the library has to come.
A result says what was asked, what came out and what that can and cannot show. A known failure stays a failure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ebbtide.pharmacology.errors import MalformedModel
from ebbtide.pharmacology.published import reading
from ebbtide.pharmacology.published.models import Mark
from ebbtide.pharmacology.published.parsing import parse_mark
from ebbtide.pharmacology.published.reading import Data

TARGET_KEYS = ("id", "what", "source", "mark", "numbers", "shows", "cannot_show")
TARGET_EXTRAS = ("known_fail", "held_for_acceptance")


class Verdict(StrEnum):
    """What became of a target, the words of the page included."""

    PASSED = "passed"
    KNOWN_FAILURE = "known failure"
    FAILED = "failed"
    INFORMATION = "information only"
    HELD = "held for acceptance"
    ABSENT = "data absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing that the library is held against.

    Attributes:
        id: T1 to T15.
        what: What is asked, in words.
        source: Who published it, or how it was computed.
        mark: How the number is known.
        numbers: The numbers of the comparison, by the names of the data file (units end the names).
        shows: What agreement would show.
        cannot_show: What it would not.
        known_fail: Why it is known to fail; ``None`` when it is not.
        held_for_acceptance: Whether its data are held back from those who write the library.
    """

    id: str
    what: str
    source: str
    mark: Mark
    numbers: Data
    shows: str
    cannot_show: str
    known_fail: str | None = None
    held_for_acceptance: bool = False

    def number(self, name: str) -> float:
        """One number of the comparison."""
        return reading.number_of(self._value(name), where=f"Target {self.id}, {name}")

    def several(self, name: str) -> tuple[float, ...]:
        """A list of numbers of the comparison."""
        return reading.numbers_of(self._value(name), where=f"Target {self.id}, {name}")

    def word(self, name: str) -> str:
        """One word of the comparison: a model's id."""
        return reading.text_of(self._value(name), where=f"Target {self.id}, {name}")

    def words(self, name: str) -> tuple[str, ...]:
        """A list of words of the comparison."""
        where = f"Target {self.id}, {name}"
        return tuple(
            reading.text_of(item, where=where) for item in reading.sequence_of(self._value(name), where=where)
        )

    def lists(self, name: str) -> tuple[object, ...]:
        """A list of lists of the comparison, each still to be read."""
        return tuple(reading.sequence_of(self._value(name), where=f"Target {self.id}, {name}"))

    def by_minute(self, name: str) -> dict[float, float]:
        """Concentrations by the minute at which they are asked for."""
        return by_minute_of(self._value(name), where=f"Target {self.id}, {name}")

    def tolerance(self, kind: str) -> float:
        """How far off is still agreement: ``relative``, ``absolute`` or ``relative_to_midrange``."""
        where = f"Target {self.id}, tolerance"
        return reading.number_of(
            reading.mapping_of(self._value("tolerance"), where=where).get(kind), where=where
        )

    def _value(self, name: str) -> object:
        if name not in self.numbers:
            raise MalformedModel(f"Target {self.id} lacks {name}: add it to the numbers in the data file.")
        return self.numbers[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One number that was compared.

    Attributes:
        what: Which model at which site, and which quantity.
        asked: The published value with its tolerance, or the limit, in words.
        found: What the library gives, in ``unit``.
        unit: Unit of ``found``; empty for a ratio.
        met: Whether it agrees; ``None`` when nothing is judged.
        known_to_fail: Whether this very number was known to disagree before it was computed here.
        interval: 95 % interval over points where one was drawn.
    """

    what: str
    asked: str
    found: float
    unit: str
    met: bool | None
    known_to_fail: bool = False
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a target: its findings, the verdict on them, and how sure one can be, in words."""

    target: Target
    findings: tuple[Finding, ...]
    verdict: Verdict
    confidence: str

    def __post_init__(self) -> None:
        if bool(self.findings) == (self.verdict in SILENT):
            raise ValueError(
                f"{self.target.id} is '{self.verdict}' with {len(self.findings)} findings: "
                "it has findings exactly when something was compared."
            )


SILENT = (Verdict.HELD, Verdict.ABSENT)


def percent(share: float, *, decimals: int = 0) -> str:
    """A share as words: 0.15 is "15 %"."""
    return f"{100 * share:.{decimals}f} %"


def judged(target: Target, findings: Iterable[Finding], *, confidence: str) -> Result:
    """The result of a target from what was found.

    A finding that was expected to agree and does not makes it failed; one that is known to fail and does makes it a
    known failure; when nothing is judged it is information only. Checked in tests/pharmacology/test_targets.py.
    """
    found = tuple(findings)
    missed = [one for one in found if one.met is False]
    if any(not one.known_to_fail for one in missed):
        verdict = Verdict.FAILED
    elif missed:
        verdict = Verdict.KNOWN_FAILURE
    elif any(one.met for one in found):
        verdict = Verdict.PASSED
    else:
        verdict = Verdict.INFORMATION
    return Result(target=target, findings=found, verdict=verdict, confidence=confidence)


def silent(target: Target, verdict: Verdict, *, why: str) -> Result:
    """The result of a target that nothing was compared for, with the reason."""
    return Result(target=target, findings=(), verdict=verdict, confidence=why)


def parse_targets(data: Data) -> tuple[Target, ...]:
    """Every target of a data file, in its order."""
    found = tuple(
        _target(reading.mapping_of(item, where="A target"))
        for item in reading.sequence_of(data.get("targets"), where="targets")
    )
    if len({target.id for target in found}) != len(found):
        raise MalformedModel("Two targets have the same id: rename one.")
    return found


def _target(data: Data) -> Target:
    where = f"Target {reading.text_of(data.get('id'), where='The id of a target')}"
    reading.check_keys(data, needed=TARGET_KEYS, allowed=TARGET_EXTRAS, where=where)
    words = {
        name: reading.text_of(data[name], where=f"{where}, {name}")
        for name in ("id", "what", "source", "shows", "cannot_show")
    }
    known = data.get("known_fail")
    return Target(
        **words,
        mark=parse_mark(data["mark"], where=where),
        numbers=reading.mapping_of(data["numbers"], where=f"{where}, numbers"),
        known_fail=None if known is None else reading.text_of(known, where=f"{where}, known_fail"),
        held_for_acceptance=reading.flag_of(
            data.get("held_for_acceptance", False), where=f"{where}, held_for_acceptance"
        ),
    )


def by_minute_of(value: object, *, where: str) -> dict[float, float]:
    """The value as a mapping of minutes to ng/mL."""
    if not isinstance(value, Mapping):
        raise MalformedModel(f"{where} must be a mapping of minutes to ng/mL.")
    return {
        reading.number_of(minute, where=where): reading.number_of(level, where=where)
        for minute, level in value.items()
    }
