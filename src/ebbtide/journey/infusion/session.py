"""The session as a pure fold over its log: events in, state out. No Django, no clock, and it never raises.

Order of arrival means nothing: events are ordered by when they were observed, then by id. The same event twice is one.
A correction stands where the event stood that it names, a withdrawal leaves nothing there. What cannot have happened
(a resume of something that was never paused) changes nothing and is listed in `problems` in words.

How much was given. Rates are mg/h with at most three decimals, that is whole µg/h; a bolus runs evenly over its minutes.
All parts are summed as exact fractions of a µg and cut once to whole µg, downward: never more than what the log says, never
falling as time goes on. A pause or a stop ends the flow at once, also of a bolus that is running; a resume does not
continue that bolus.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from ebbtide.journey.infusion.events import (
    FLOW_KINDS,
    RATE_KINDS,
    SIGNS,
    UG_PER_MG,
    Event,
    Kind,
    ScaleName,
    plain_signed,
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

MOST_MG = Decimal(10_000)  # as everywhere: no typed rate or amount of an infusion reaches it [design]
MOST_MIN = Decimal(121)  # above the longest bolus that can be charted [design]
CORRECTED_TWICE = (
    "This entry was corrected twice, by people who could not know of each other: the correction recorded last stands. "
    "Read both, and correct what stands if it is wrong."
)
FINEST = -9  # decimals; a number written finer is no number of a chart [design]


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


def fold(events: Iterable[Event]) -> SessionState:
    """The state of a session from any events in any order: total, and the same for every order of arrival."""
    folding = _Folding()
    known = folding.once_each(events)
    standing = folding.standing(known)
    for event in sorted(standing, key=_in_order):
        folding.apply(event)
    return folding.state(known, standing)


def _in_order(event: Event) -> tuple[datetime, UUID]:
    return event.observed_at, event.id


def _first_of(event: Event, known: Mapping[UUID, Event]) -> UUID:
    """The event that a chain of corrections began with; of a ring, which nobody can chart, the one with the least id."""
    passed: list[UUID] = []
    while (before := known.get(event.replaces) if event.replaces else None) is not None:
        if event.id in passed:
            return min(passed[passed.index(event.id) :])
        passed.append(event.id)
        event = before
    return event.id


def _usable(value: Decimal | None, most: Decimal) -> Decimal | None:
    if value is None or not 0 < value < most:
        return None
    return value if int(value.as_tuple().exponent) >= FINEST else None


class _Folding:
    """The state while it is being folded."""

    def __init__(self) -> None:
        self.now = SessionState()
        self.problems: list[Problem] = []

    # — which events stand —

    def once_each(self, events: Iterable[Event]) -> dict[UUID, Event]:
        """Each event once. Two different ones under one id: the one recorded first, whatever came first."""
        known: dict[UUID, Event] = {}
        twice: set[UUID] = set()
        for event in events:
            before = known.setdefault(event.id, event)
            if before != event:
                twice.add(event.id)
                known[event.id] = min(before, event, key=lambda one: (one.recorded_at, repr(one)))
        self._note(sorted(twice), "Two different entries carry this number: the one recorded first is shown.")
        return known

    def standing(self, known: Mapping[UUID, Event]) -> list[Event]:
        """The events that nobody replaced, without withdrawals.

        Of several that correct one event, at whatever remove, the one recorded last stands.
        """
        aside = {event.replaces for event in known.values() if event.replaces in known}
        rivals: dict[UUID, list[Event]] = {}
        for event in known.values():
            if event.replaces in known and event.id not in aside:
                rivals.setdefault(_first_of(event, known), []).append(event)
        for corrections in rivals.values():
            last = max(corrections, key=lambda one: (one.recorded_at, one.id))
            others = sorted(one.id for one in corrections if one is not last)
            aside.update(others)
            self._note(others, CORRECTED_TWICE)
        return [event for event in known.values() if event.id not in aside and not event.withdrawn]

    def _note(self, ids: Sequence[UUID], words: str) -> None:
        self.problems += [Problem(event=one, words=words) for one in ids]

    # — one event after the other —

    def apply(self, event: Event) -> None:
        """Take one standing event in."""
        if event.kind in FLOW_KINDS:
            self._flow(event)
        else:
            _SEEN.get(event.kind, _nothing)(self, event)

    def may(self, event: Event) -> bool:
        """Whether this kind can happen in the present phase."""
        again = event.kind is Kind.START and bool(self.now.periods)
        return event.kind in NEXT[self.now.phase] and not again

    def _flow(self, event: Event) -> None:
        if not self.may(event):
            words = (
                f"{KIND_WORDS[event.kind]} is charted while the session is {PHASE_WORDS[self.now.phase]}: "
            )
            self._note([event.id], words + f"{WHAT_FIRST[self.now.phase]}.")
        elif event.kind in RATE_KINDS:
            self._rate(event)
        elif event.kind is Kind.BOLUS:
            self._bolus(event)
        else:
            self._halt(event)

    def _rate(self, event: Event) -> None:
        rate = _usable(event.rate_mg_per_h, MOST_MG)
        if rate is None:
            self._note([event.id], f"{KIND_WORDS[event.kind]} names no rate in mg/h: correct it.")
            return
        self._check_direction(event, rate)
        self._end_periods(event.observed_at)
        running = RatePeriod(start_at=event.observed_at, end_at=None, rate_mg_per_h=rate)
        self._enter(event, rate_mg_per_h=rate, periods=(*self.now.periods, running))

    def _check_direction(self, event: Event, rate: Decimal) -> None:
        before = self.now.rate_mg_per_h
        raised, lowered = rate > before, rate < before
        wrong = {Kind.RATE_INCREASE: not raised, Kind.RATE_DECREASE: not lowered}.get(event.kind, False)
        if wrong:
            self._note(
                [event.id],
                f"{KIND_WORDS[event.kind]} of {plain_signed(rate)} mg/h follows {plain_signed(before)} mg/h: correct one.",
            )

    def _bolus(self, event: Event) -> None:
        amount, over = _usable(event.decimal("amount_mg"), MOST_MG), event.decimal("over_min")
        if over != 0:  # a push is given at once
            over = _usable(over, MOST_MIN)
        if amount is None or over is None:
            self._note([event.id], "A bolus names no amount in mg or no time in min: correct it.")
            return
        part = BolusPart(start_at=event.observed_at, amount_mg=amount, over_min=over)
        self._enter(event, boluses=(*self.now.boluses, part))

    def _halt(self, event: Event) -> None:
        at, was = event.observed_at, self.now.phase
        self._end_periods(at)
        boluses = tuple(replace(b, cut_at=at) if b.runs(at) else b for b in self.now.boluses)
        pauses = self.now.pauses
        if event.kind is Kind.PAUSE and was is Phase.RUNNING:
            pauses = (*pauses, Pause(from_at=at, until_at=None, reason=event.text("reason")))
        changes = {}
        if event.kind is Kind.STOP and was is not Phase.STOPPED:
            changes = {"stopped_at": at, "stop_reason": event.text("reason")}
        self._enter(event, rate_mg_per_h=Decimal(0), boluses=boluses, pauses=pauses, **changes)

    def _end_periods(self, at: datetime) -> None:
        ended = tuple(replace(p, end_at=at) if p.end_at is None else p for p in self.now.periods)
        self.now = replace(self.now, periods=ended)

    def _enter(self, event: Event, **changes: object) -> None:
        phase = NEXT[self.now.phase][event.kind]
        if phase is not Phase.PAUSED and self.now.phase is Phase.PAUSED:
            last = replace(self.now.pauses[-1], until_at=event.observed_at)
            changes["pauses"] = (*self.now.pauses[:-1], last)
        if phase is Phase.RUNNING and self.now.started_at is None:
            changes["started_at"] = event.observed_at
        self.now = replace(self.now, phase=phase, **changes)  # type: ignore[arg-type]

    # — what was seen —

    def observation(self, event: Event) -> None:
        """The newest value of each vital sign."""
        found = {name: event.decimal(name) for name in SIGNS}
        new = {
            name: Charted(value=value, at=event.observed_at, author=event.author)
            for name, value in found.items()
            if value is not None
        }
        self.now = replace(self.now, signs={**self.now.signs, **new})

    def scale(self, event: Event) -> None:
        """The newest value of each scale."""
        value, name = event.decimal("value"), event.text("name")
        if value is None or name not in ScaleName.__members__:
            self._note([event.id], "A scale names no value or is not one of ours: correct it.")
            return
        one = Charted(value=value, at=event.observed_at, author=event.author)
        self.now = replace(self.now, scales={**self.now.scales, ScaleName(name): one})

    def comfort_call(self, event: Event) -> None:
        """A call is open until it is answered."""
        self.now = replace(self.now, comfort_call=event if event.text("state") == "open" else None)

    def off_monitor(self, event: Event) -> None:
        """The newest "off the monitor"; how long it counts is judged elsewhere."""
        self.now = replace(self.now, off_monitor=event)

    def adverse_event(self, event: Event) -> None:
        """Every adverse event, oldest first."""
        self.now = replace(self.now, adverse_events=(*self.now.adverse_events, event))

    def drug_given(self, event: Event) -> None:
        """Every other drug, oldest first."""
        self.now = replace(self.now, drugs=(*self.now.drugs, event))

    def state(self, known: Mapping[UUID, Event], standing: Sequence[Event]) -> SessionState:
        """What was folded, with the events that stand and the problems in a fixed order."""
        shown = tuple(sorted(standing, key=_in_order))
        aside = frozenset(known) - {event.id for event in standing}
        problems = tuple(sorted(self.problems, key=lambda one: (one.event, one.words)))
        return replace(self.now, events=shown, set_aside=aside, problems=problems)


def _nothing(folding: _Folding, event: Event) -> None:
    """Notes, steps and the like change no state: they are in `events`."""


_SEEN = {
    Kind.OBSERVATION: _Folding.observation,
    Kind.SCALE: _Folding.scale,
    Kind.COMFORT_CALL: _Folding.comfort_call,
    Kind.OFF_MONITOR: _Folding.off_monitor,
    Kind.ADVERSE_EVENT: _Folding.adverse_event,
    Kind.DRUG_GIVEN: _Folding.drug_given,
}
