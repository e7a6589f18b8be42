"""Dosing schedules: what goes in and when, in h, mg and mg/h. Pure values: adding, shifting and pausing them.

A schedule is a set of constant-rate infusions and boluses. A change of rate is the end of one infusion and
the start of the next, so every schedule that a pump can give is written exactly; times need not fall on any grid.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ebbtide.pharmacology.errors import MalformedSchedule


def check_not_negative(name: str, value: float) -> None:
    """The value is a finite number, zero or more."""
    if not (math.isfinite(value) and value >= 0):
        raise MalformedSchedule(f"{name} is {value}: it must be zero or more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Infusion:
    """A constant rate (mg/h) from ``start_h`` to ``end_h`` (h)."""

    start_h: float
    end_h: float
    rate_mg_per_h: float

    def __post_init__(self) -> None:
        check_not_negative("The start of an infusion (h)", self.start_h)
        check_not_negative("The rate of an infusion (mg/h)", self.rate_mg_per_h)
        if not (math.isfinite(self.end_h) and self.end_h > self.start_h):
            raise MalformedSchedule(
                f"An infusion starts at {self.start_h} h and ends at {self.end_h} h: the end must come later."
            )

    @property
    def amount_mg(self) -> float:
        """Amount given by the whole infusion (mg)."""
        return self.rate_mg_per_h * (self.end_h - self.start_h)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bolus:
    """An amount (mg) from ``at_h`` on, evenly over ``over_h``; zero means all at once, which no preview shows."""

    at_h: float
    amount_mg: float
    over_h: float = 0.0

    def __post_init__(self) -> None:
        check_not_negative("The time of a bolus (h)", self.at_h)
        check_not_negative("The amount of a bolus (mg)", self.amount_mg)
        check_not_negative("The duration of a bolus (h)", self.over_h)

    @property
    def end_h(self) -> float:
        """When the last of it is in (h)."""
        return self.at_h + self.over_h


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange:
    """From ``at_h`` (h) the pump runs at ``rate_mg_per_h`` (mg/h); zero is a pause or the stop."""

    at_h: float
    rate_mg_per_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Everything that is given in one course, from time zero (h)."""

    infusions: tuple[Infusion, ...] = ()
    boluses: tuple[Bolus, ...] = ()

    @property
    def total_mg(self) -> float:
        """Everything given (mg)."""
        return math.fsum(
            [*(part.amount_mg for part in self.infusions), *(part.amount_mg for part in self.boluses)]
        )

    @property
    def edges_h(self) -> tuple[float, ...]:
        """Every instant at which something starts, changes or ends, in order, each once (h)."""
        infused = {edge for part in self.infusions for edge in (part.start_h, part.end_h)}
        pushed = {edge for part in self.boluses for edge in (part.at_h, part.end_h)}
        return tuple(sorted(infused | pushed))

    @property
    def end_h(self) -> float:
        """When the last of the drug is in (h); zero for an empty schedule."""
        return max(self.edges_h, default=0.0)

    @property
    def infused_for_h(self) -> float:
        """From the start of the first infusion to the end of the last, pauses included (h)."""
        if not self.infusions:
            return 0.0
        return max(part.end_h for part in self.infusions) - min(part.start_h for part in self.infusions)

    @property
    def highest_rate_mg_per_h(self) -> float:
        """The highest sum of all infusions that run together (mg/h); boluses are not rates."""
        return max((self.rate_at_mg_per_h(part.start_h) for part in self.infusions), default=0.0)

    def rate_at_mg_per_h(self, at_h: float) -> float:
        """Sum of the infusions that run at an instant, starts included and ends not (mg/h)."""
        return math.fsum(part.rate_mg_per_h for part in self.infusions if part.start_h <= at_h < part.end_h)

    def plus(self, other: "Schedule") -> "Schedule":
        """Both schedules given together."""
        return Schedule(infusions=self.infusions + other.infusions, boluses=self.boluses + other.boluses)

    def times(self, factor: float) -> "Schedule":
        """The same schedule with every rate and amount multiplied: half of it is ``times(0.5)``."""
        check_not_negative("The factor of a schedule", factor)
        return Schedule(
            infusions=tuple(
                replace(part, rate_mg_per_h=part.rate_mg_per_h * factor) for part in self.infusions
            ),
            boluses=tuple(replace(part, amount_mg=part.amount_mg * factor) for part in self.boluses),
        )

    def delayed(self, *, by_h: float) -> "Schedule":
        """The same schedule, everything ``by_h`` hours later."""
        check_not_negative("The delay of a schedule (h)", by_h)
        return self.paused(at_h=0.0, for_h=by_h)

    def paused(self, *, at_h: float, for_h: float) -> "Schedule":
        """The same schedule with a pause: what was due from ``at_h`` on comes ``for_h`` hours later.

        An infusion that runs at that instant is cut in two, so the amount stays the same. A bolus that has begun is
        finished: a hand that pushes a syringe is not a pump.
        """
        check_not_negative("The length of a pause (h)", for_h)
        halves = (half for part in self.infusions for half in _halves(part, at_h=at_h))
        return Schedule(
            infusions=tuple(
                part
                if part.end_h <= at_h
                else replace(part, start_h=part.start_h + for_h, end_h=part.end_h + for_h)
                for part in halves
                if part.end_h <= at_h
                or part.end_h + for_h > part.start_h + for_h  # shorter than time is told
            ),
            boluses=tuple(
                part if part.at_h < at_h else replace(part, at_h=part.at_h + for_h) for part in self.boluses
            ),
        )


def _halves(infusion: Infusion, *, at_h: float) -> tuple[Infusion, ...]:
    if not infusion.start_h < at_h < infusion.end_h:
        return (infusion,)
    return replace(infusion, end_h=at_h), replace(infusion, start_h=at_h)


def constant_infusion(*, amount_mg: float, over_h: float, start_h: float = 0.0) -> Schedule:
    """An amount (mg) given evenly over a time (h)."""
    if not over_h > 0:
        raise MalformedSchedule(
            f"An infusion over {over_h} h cannot be given: its duration must be above zero."
        )
    rate = Infusion(start_h=start_h, end_h=start_h + over_h, rate_mg_per_h=amount_mg / over_h)
    return Schedule(infusions=(rate,))


def from_rate_changes(changes: Sequence[RateChange], *, boluses: tuple[Bolus, ...] = ()) -> Schedule:
    """The schedule of a pump record: each rate (mg/h) runs until the next change, and the last one is zero."""
    if changes and changes[-1].rate_mg_per_h > 0:
        raise MalformedSchedule(
            f"The last rate is {changes[-1].rate_mg_per_h} mg/h and never ends: add the stop as a rate of 0 mg/h."
        )
    return Schedule(
        infusions=tuple(
            Infusion(start_h=now.at_h, end_h=after.at_h, rate_mg_per_h=now.rate_mg_per_h)
            for now, after in pairwise(changes)
            if now.rate_mg_per_h
        ),
        boluses=boluses,
    )
