"""The state of a session as a value: what the fold makes of the log, and what is worked out from it. No Django, no clock."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from ebbtide.journey.infusion.events import (
    OFF_MONITOR_MIN,
    OFF_MONITOR_MOST_MIN,
    UG_PER_MG,
    Event,
    Kind,
    ScaleName,
)
from ebbtide.journey.infusion.flow import (
    US_PER_H,
    US_PER_MIN,
    BolusPart,
    Pause,
    RatePeriod,
    earlier,
    us_between,
)


class Phase(StrEnum):
    """Where a session is."""

    CHECKED_IN = "checked_in"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


# What may be charted in which phase, and which phase follows. A second pause or stop is harmless and changes nothing.
NEXT: Mapping[Phase, Mapping[Kind, Phase]] = {
    Phase.CHECKED_IN: {Kind.START: Phase.RUNNING, Kind.BOLUS: Phase.RUNNING, Kind.STOP: Phase.STOPPED},
    Phase.RUNNING: {
        Kind.START: Phase.RUNNING,  # only after a bolus opened the session: see `_Folding.may`
        Kind.RATE_INCREASE: Phase.RUNNING,
        Kind.RATE_DECREASE: Phase.RUNNING,
        Kind.BOLUS: Phase.RUNNING,
        Kind.PAUSE: Phase.PAUSED,
        Kind.STOP: Phase.STOPPED,
    },
    Phase.PAUSED: {Kind.RESUME: Phase.RUNNING, Kind.PAUSE: Phase.PAUSED, Kind.STOP: Phase.STOPPED},
    Phase.STOPPED: {Kind.STOP: Phase.STOPPED},
}

PHASE_WORDS: Mapping[Phase, str] = {
    Phase.CHECKED_IN: "checked in, not started",
    Phase.RUNNING: "running",
    Phase.PAUSED: "paused",
    Phase.STOPPED: "stopped",
}
KIND_WORDS: Mapping[Kind, str] = {
    Kind.START: "A start",
    Kind.RESUME: "A resume",
    Kind.BOLUS: "A bolus",
    Kind.RATE_INCREASE: "A higher rate",
    Kind.RATE_DECREASE: "A lower rate",
    Kind.PAUSE: "A pause",
    Kind.STOP: "A stop",
}
WHAT_FIRST: Mapping[Phase, str] = {
    Phase.CHECKED_IN: "start first",
    Phase.RUNNING: "it runs already: change the rate, pause or stop",
    Phase.PAUSED: "resume or stop",
    Phase.STOPPED: "more drug is a new order",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Charted:
    """The last charted value of one vital sign or scale, with its time and author."""

    value: Decimal
    at: datetime
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cannula:
    """A cannula that is in: where, how wide (gauge), since when, and what the last look said of it (None: nobody looked)."""

    site: str
    gauge: str
    placed_at: datetime | None
    patent: bool | None = None
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An event that cannot have happened as it stands, in words."""

    event: UUID
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """What the log says. `events` are those that stand, in order; `set_aside` are those that were corrected or withdrawn."""

    phase: Phase = Phase.CHECKED_IN
    rate_mg_per_h: Decimal = Decimal(0)
    periods: tuple[RatePeriod, ...] = ()
    boluses: tuple[BolusPart, ...] = ()
    pauses: tuple[Pause, ...] = ()
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_reason: str = ""
    signs: Mapping[str, Charted] = field(default_factory=dict)
    scales: Mapping[ScaleName, Charted] = field(default_factory=dict)
    off_monitor: Event | None = None
    cannulas: Mapping[str, Cannula] = field(default_factory=dict)
    attempts: int = 0
    equipment: Mapping[str, Event] = field(default_factory=dict)
    comfort_call: Event | None = None
    adverse_events: tuple[Event, ...] = ()
    drugs: tuple[Event, ...] = ()
    events: tuple[Event, ...] = ()
    set_aside: frozenset[UUID] = frozenset()
    problems: tuple[Problem, ...] = ()

    def given_ug(self, at: datetime) -> int:
        """What had gone in by `at` (whole µg, cut downward)."""
        parts: tuple[RatePeriod | BolusPart, ...] = (*self.periods, *self.boluses)
        return math.floor(sum((part.given_ug(at) for part in parts), start=Fraction(0)))

    @property
    def off_monitor_until(self) -> datetime | None:
        """Until when the person may be off the monitor, by the entry that took them off; None when they are on it."""
        if self.off_monitor is None:
            return None
        lasts = self.off_monitor.decimal("for_min")
        usable = lasts is not None and 0 < lasts <= OFF_MONITOR_MOST_MIN
        return self.off_monitor.observed_at + timedelta(
            minutes=int(lasts or 0) if usable else OFF_MONITOR_MIN
        )

    @property
    def pump(self) -> str:
        """The number or name on the pump that is in use; empty when nobody charted it."""
        found = self.equipment.get("pump")
        return found.text("identity") if found else ""

    def flowing_min(self, at: datetime) -> float:
        """For how long the pump had run by `at`, pauses left out (min)."""
        return sum(us_between(p.start_at, earlier(p.end_at, at)) for p in self.periods) / US_PER_MIN

    def since_start_min(self, at: datetime) -> float | None:
        """Minutes from the start to `at` or to the stop, pauses included; None before the start."""
        if self.started_at is None:
            return None
        return us_between(self.started_at, earlier(self.stopped_at, at)) / US_PER_MIN

    def ends_at(self, *, ordered_ug: int, at: datetime) -> datetime | None:
        """When the ordered amount will be in, at the rate of this moment; None while nothing flows, or not in this age."""
        if self.phase is not Phase.RUNNING or self.rate_mg_per_h <= 0:
            return None
        left_h = Fraction(max(0, ordered_ug - self.given_ug(at))) / (Fraction(self.rate_mg_per_h) * UG_PER_MG)
        try:
            return at + timedelta(microseconds=math.ceil(left_h * US_PER_H))
        except OverflowError:
            return None

    def paused_min(self, at: datetime) -> float | None:
        """For how long the pause of this moment has lasted (min); None when nothing is paused."""
        if self.phase is not Phase.PAUSED:
            return None
        return us_between(self.pauses[-1].from_at, at) / US_PER_MIN
