"""What the monitors sent and what was typed, in a few numbers with every gap named. No Django, no clock; a gap is never filled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

from ebbtide.journey.infusion.freshness import interval_of, lost_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of one signal; `value` is None when the device said that it has none."""

    signal: str
    at: datetime
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """From one instant to another nothing usable came."""

    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One signal over the infusion: how many readings, lowest, median and highest, and where it was silent."""

    signal: str
    readings: int
    lowest: float
    median: float
    highest: float
    gaps: tuple[Gap, ...]


def summarise(
    readings: Iterable[Reading],
    *,
    from_at: datetime,
    until_at: datetime,
    intervals: Mapping[str, float] | None = None,
) -> tuple[Summary, ...]:
    """Each signal that had a value between two instants, in the alphabet; a silence longer than "lost" is a gap.

    `intervals` is how often a device said it would send (s); else the signal's own interval counts.
    """
    found: dict[str, list[tuple[datetime, float]]] = {}
    for one in readings:
        if one.value is not None and from_at <= one.at <= until_at:
            found.setdefault(one.signal, []).append((one.at, one.value))
    return tuple(
        _summary(signal, sorted(rows), from_at, until_at, lost_after_s(interval_of(signal, intervals or {})))
        for signal, rows in sorted(found.items())
    )


def _summary(
    signal: str, rows: Sequence[tuple[datetime, float]], from_at: datetime, until_at: datetime, lost_s: float
) -> Summary:
    values = [value for _, value in rows]
    times = [from_at, *(at for at, _ in rows), until_at]
    gaps = tuple(Gap(from_at=a, until_at=b) for a, b in pairwise(times) if (b - a).total_seconds() > lost_s)
    return Summary(
        signal=signal,
        readings=len(rows),
        lowest=min(values),
        median=median(values),
        highest=max(values),
        gaps=gaps,
    )
