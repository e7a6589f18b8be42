"""How much flows in a piece of a session: at one rate, as a bolus, or not at all. Exact fractions, no Django, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from ebbtide.journey.infusion.events import UG_PER_MG

US_PER_H = 3_600_000_000  # microseconds
US_PER_MIN = 60_000_000


def earlier(first: datetime | None, second: datetime) -> datetime:
    """The earlier instant; the second when the first is open."""
    return second if first is None else min(first, second)


def us_between(start: datetime, end: datetime) -> int:
    """Microseconds from start to end; 0 when the end is earlier."""
    return max(0, (end - start) // timedelta(microseconds=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePeriod:
    """The pump ran at one rate from one instant to another; `end_at` is None while it still does."""

    start_at: datetime
    end_at: datetime | None
    rate_mg_per_h: Decimal

    def given_ug(self, at: datetime) -> Fraction:
        """What this period gave by `at` (µg, exact)."""
        run_us = us_between(self.start_at, earlier(self.end_at, at))
        return Fraction(self.rate_mg_per_h) * UG_PER_MG * run_us / US_PER_H


@dataclass(frozen=True, slots=True, kw_only=True)
class BolusPart:
    """A bolus from one instant to another. `cut_at` is when a pause or a stop ended it before its time."""

    start_at: datetime
    amount_mg: Decimal
    over_min: Decimal
    cut_at: datetime | None = None

    @property
    def lasts_us(self) -> Fraction:
        """How long it takes when nothing ends it before (µs)."""
        return Fraction(self.over_min) * US_PER_MIN

    def runs(self, at: datetime) -> bool:
        """Whether it is going in at this moment."""
        return self.cut_at is None and self.start_at <= at and us_between(self.start_at, at) < self.lasts_us

    def given_ug(self, at: datetime) -> Fraction:
        """What this bolus gave by `at` (µg, exact)."""
        if at < self.start_at:
            return Fraction(0)
        whole, run_us = (
            Fraction(self.amount_mg) * UG_PER_MG,
            us_between(self.start_at, earlier(self.cut_at, at)),
        )
        return whole if run_us >= self.lasts_us else whole * run_us / self.lasts_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nothing flowed from one instant to another, and why."""

    from_at: datetime
    until_at: datetime | None
    reason: str
