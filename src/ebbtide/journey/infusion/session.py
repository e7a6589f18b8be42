"""The session as a pure fold over its log: events in, state out. No Django, no clock, and it never raises.

Order of arrival means nothing: events are ordered by when they were observed, then by id. The same event twice is one.
A correction stands where the event stood that it names, a withdrawal leaves nothing there. What cannot have happened
(a resume of something that was never paused) changes nothing and is listed in `problems` in words.

How much was given. Rates are mg/h with at most three decimals, that is whole µg/h; a bolus runs evenly over its minutes.
All parts are summed as exact fractions of a µg and cut once to whole µg, downward: never more than what the log says, never
falling as time goes on. A pause or a stop ends the flow at once, also of a bolus that is running; a resume does not
continue that bolus.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from uuid import UUID

from ebbtide.journey.infusion.events import (
    FLOW_KINDS,
    RATE_KINDS,
    SIGNS,
    Event,
    Kind,
    ScaleName,
    plain_signed,
)
from ebbtide.journey.infusion.flow import BolusPart, Pause, RatePeriod
from ebbtide.journey.infusion.states import (
    KIND_WORDS,
    NEXT,
    PHASE_WORDS,
    WHAT_FIRST,
    Cannula,
    Charted,
    Phase,
    Problem,
    SessionState,
)

__all__ = ["NEXT", "PHASE_WORDS", "Cannula", "Charted", "Phase", "Problem", "SessionState", "fold"]

MOST_MG = Decimal(10_000)  # as everywhere: no typed rate or amount of an infusion reaches it [design]
MOST_MIN = Decimal(121)  # above the longest bolus that can be charted [design]
CORRECTED_TWICE = (
    "This entry was corrected twice, by people who could not know of each other: the correction recorded last stands. "
    "Read both, and correct what stands if it is wrong."
)
MOST_ATTEMPTS = 10  # of one entry, as its field allows [design]
IN_ORDER = attrgetter("observed_at", "id")
FINEST = -9  # decimals; a number written finer is no number of a chart [design]


def fold(events: Iterable[Event]) -> SessionState:
    """The state of a session from any events in any order: total, and the same for every order of arrival."""
    folding = _Folding()
    standing, aside = folding.standing(folding.once_each(events))
    standing.sort(key=IN_ORDER)
    for event in standing:
        if (take := TAKES.get(event.kind)) is not None:  # notes, steps and the like change no state
            take(folding, event)
    return folding.state(standing, aside)


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
    """The state while it is being folded: parts that grow in place, seen by nobody until `state` makes the value of them.

    A state that is replaced for each event would copy its mappings 5,000 times in a session of 4 hours.
    """

    def __init__(self) -> None:
        self.phase, self.rate_mg_per_h = Phase.CHECKED_IN, Decimal(0)
        self.started_at: datetime | None = None
        self.stopped_at: datetime | None = None
        self.stop_reason = ""
        self.periods: list[RatePeriod] = []
        self.boluses: list[BolusPart] = []
        self.pauses: list[Pause] = []
        self.observations: list[Event] = []
        self.scales: dict[ScaleName, tuple[Decimal, Event]] = {}
        self.cannulas: dict[str, Cannula] = {}
        self.attempts = 0
        self.equipment: dict[str, Event] = {}
        self.newest: dict[Kind, Event | None] = {}
        self.all_of: dict[Kind, list[Event]] = {Kind.ADVERSE_EVENT: [], Kind.DRUG_GIVEN: []}
        self.problems: list[Problem] = []

    # — which events stand —

    def once_each(self, events: Iterable[Event]) -> dict[UUID, Event]:
        """Each event once. Two different ones under one id: the one recorded first, whatever came first."""
        known: dict[UUID, Event] = {}
        twice: set[UUID] = set()
        for event in events:
            before = known.setdefault(event.id, event)
            if before is not event and before != event:
                twice.add(event.id)
                known[event.id] = min(before, event, key=lambda one: (one.recorded_at, repr(one)))
        self._note(sorted(twice), "Two different entries carry this number: the one recorded first is shown.")
        return known

    def standing(self, known: Mapping[UUID, Event]) -> tuple[list[Event], frozenset[UUID]]:
        """The events that nobody replaced, without withdrawals; and the others.

        Of several that correct one event, at whatever remove, the one recorded last stands.
        """
        corrections = [
            event for event in known.values() if event.replaces is not None and event.replaces in known
        ]
        aside: set[UUID] = {event.replaces for event in corrections if event.replaces is not None}
        rivals: dict[UUID, list[Event]] = {}
        for event in corrections:
            if event.id not in aside:
                rivals.setdefault(_first_of(event, known), []).append(event)
        for those in rivals.values():
            last = max(those, key=lambda one: (one.recorded_at, one.id))
            others = sorted(one.id for one in those if one is not last)
            aside.update(others)
            self._note(others, CORRECTED_TWICE)
        left = dict(known)
        for one in aside:
            del left[one]
        aside |= {event.id for event in left.values() if event.withdrawn}
        return [event for event in left.values() if not event.withdrawn], frozenset(aside)

    def _note(self, ids: Sequence[UUID], words: str) -> None:
        self.problems += [Problem(event=one, words=words) for one in ids]

    # — one event after the other —

    def may(self, event: Event) -> bool:
        """Whether this kind can happen in the present phase."""
        again = event.kind is Kind.START and bool(self.periods)
        return event.kind in NEXT[self.phase] and not again

    def flow(self, event: Event) -> None:
        """What changes how much flows, when it can happen now."""
        if not self.may(event):
            words = f"{KIND_WORDS[event.kind]} is charted while the session is {PHASE_WORDS[self.phase]}: "
            self._note([event.id], words + f"{WHAT_FIRST[self.phase]}.")
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
        self._end_period(event.observed_at)
        self.periods.append(RatePeriod(start_at=event.observed_at, end_at=None, rate_mg_per_h=rate))
        self.rate_mg_per_h = rate
        self._enter(event)

    def _check_direction(self, event: Event, rate: Decimal) -> None:
        before = self.rate_mg_per_h
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
        self.boluses.append(BolusPart(start_at=event.observed_at, amount_mg=amount, over_min=over))
        self._enter(event)

    def _halt(self, event: Event) -> None:
        at = event.observed_at
        self._end_period(at)
        self.rate_mg_per_h = Decimal(0)
        self.boluses = [replace(b, cut_at=at) if b.runs(at) else b for b in self.boluses]
        if event.kind is Kind.PAUSE and self.phase is Phase.RUNNING:
            self.pauses.append(Pause(from_at=at, until_at=None, reason=event.text("reason")))
        if event.kind is Kind.STOP and self.phase is not Phase.STOPPED:
            self.stopped_at, self.stop_reason = at, event.text("reason")
        self._enter(event)

    def _end_period(self, at: datetime) -> None:
        if self.periods and self.periods[-1].end_at is None:  # only the newest can be open
            self.periods[-1] = replace(self.periods[-1], end_at=at)

    def _enter(self, event: Event) -> None:
        phase = NEXT[self.phase][event.kind]
        if phase is not Phase.PAUSED and self.phase is Phase.PAUSED:
            self.pauses[-1] = replace(self.pauses[-1], until_at=event.observed_at)
        if phase is Phase.RUNNING and self.started_at is None:
            self.started_at = event.observed_at
        self.phase = phase

    # — what was seen —

    def observation(self, event: Event) -> None:
        """Vital signs by hand; only the newest of each is looked for, once all are known."""
        self.observations.append(event)

    def newest_signs(self) -> dict[str, Charted]:
        """The newest value of each vital sign."""
        found: dict[str, Charted] = {}
        for event in reversed(self.observations):
            for name in event.values:
                if name in SIGNS and name not in found and (value := event.decimal(name)) is not None:
                    found[name] = _charted(value, event)
        return {name: found[name] for name in SIGNS if name in found}

    def scale(self, event: Event) -> None:
        """The newest value of each scale."""
        value, name = event.decimal("value"), event.text("name")
        if value is None or name not in ScaleName.__members__:
            self._note([event.id], "A scale names no value or is not one of ours: correct it.")
            return
        self.scales[ScaleName(name)] = value, event

    def comfort_call(self, event: Event) -> None:
        """A call is open until it is answered."""
        self.newest[Kind.COMFORT_CALL] = event if event.text("state") == "open" else None

    def off_monitor(self, event: Event) -> None:
        """Off the monitor until somebody says that it is on again; how long that may last is judged elsewhere."""
        self.newest[Kind.OFF_MONITOR] = event if event.kind is Kind.OFF_MONITOR else None

    def iv_access(self, event: Event) -> None:
        """Which cannulas are in, by site, and how often it was tried."""
        done = event.text("done")
        if done in {"placed", "attempt_failed"}:
            tried = event.decimal("attempts")
            self.attempts += int(tried) if tried is not None and 0 < tried <= MOST_ATTEMPTS else 1
        if done == "placed":
            placed = Cannula(site=event.text("site"), gauge=event.text("gauge"), placed_at=event.observed_at)
            self.cannulas[_site(event)] = placed
        elif done in {"patent", "not_patent", "removed"}:
            self._look_at_cannula(event, done)

    def _look_at_cannula(self, event: Event, done: str) -> None:
        site = _site(event)
        if not site and len(self.cannulas) == 1:
            site = next(iter(self.cannulas))
        if not site:
            self._note([event.id], "It is not said which cannula this is about: name the site.")
        elif done == "removed":
            self.cannulas.pop(site, None)  # one from before the check-in may be removed here too
        else:
            # one that came with the person is known from the first look at it
            new = Cannula(site=event.text("site"), gauge=event.text("gauge"), placed_at=None)
            seen = self.cannulas.get(site, new)
            self.cannulas[site] = replace(seen, patent=done == "patent", looked_at=event.observed_at)

    def equipment_used(self, event: Event) -> None:
        """The newest of each thing; what was taken away is gone."""
        if event.text("state") == "removed":
            self.equipment.pop(event.text("item"), None)
        else:
            self.equipment[event.text("item")] = event

    def one_more(self, event: Event) -> None:
        """Every adverse event and every other drug, oldest first."""
        self.all_of[event.kind].append(event)

    def state(self, standing: Sequence[Event], aside: frozenset[UUID]) -> SessionState:
        """What was folded, with the events that stand in their order and the problems in a fixed one."""
        return SessionState(
            phase=self.phase,
            rate_mg_per_h=self.rate_mg_per_h,
            periods=tuple(self.periods),
            boluses=tuple(self.boluses),
            pauses=tuple(self.pauses),
            started_at=self.started_at,
            stopped_at=self.stopped_at,
            stop_reason=self.stop_reason,
            signs=self.newest_signs(),
            scales={name: _charted(*found) for name, found in self.scales.items()},
            off_monitor=self.newest.get(Kind.OFF_MONITOR),
            cannulas=dict(self.cannulas),
            attempts=self.attempts,
            equipment=dict(self.equipment),
            comfort_call=self.newest.get(Kind.COMFORT_CALL),
            adverse_events=tuple(self.all_of[Kind.ADVERSE_EVENT]),
            drugs=tuple(self.all_of[Kind.DRUG_GIVEN]),
            events=tuple(standing),
            set_aside=aside,
            problems=tuple(sorted(self.problems, key=lambda one: (one.event, one.words))),
        )


def _charted(value: Decimal, event: Event) -> Charted:
    return Charted(value=value, at=event.observed_at, author=event.author)


def _site(event: Event) -> str:
    return " ".join(event.text("site").casefold().split())


TAKES: Mapping[Kind, Callable[[_Folding, Event], None]] = {
    **dict.fromkeys(FLOW_KINDS, _Folding.flow),
    Kind.OBSERVATION: _Folding.observation,
    Kind.SCALE: _Folding.scale,
    Kind.COMFORT_CALL: _Folding.comfort_call,
    Kind.OFF_MONITOR: _Folding.off_monitor,
    Kind.BACK_ON_MONITOR: _Folding.off_monitor,
    Kind.IV_ACCESS: _Folding.iv_access,
    Kind.EQUIPMENT: _Folding.equipment_used,
    Kind.ADVERSE_EVENT: _Folding.one_more,
    Kind.DRUG_GIVEN: _Folding.one_more,
}
