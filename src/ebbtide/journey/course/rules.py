"""Rules of the course: states, hours, gaps. No clock, no database; every refusal is a sentence with its next step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

SETUP_MIN = 15  # min; two identifiers, line, baseline vital signs [design] until the director sets it
RECOVERY_MIN = 30  # min; clinical.md section 6, product default after the stop [design]
RECOVERY_LONG_MIN = 60  # min; after a long infusion, 1 to 2 h on clinic pages [seen], the lower end [design]
LONG_INFUSION_MIN = 120  # min; from here the longer recovery counts [design]


class SeriesState(StrEnum):
    BOOKED = "booked"
    CANCELLED = "cancelled"


class VisitState(StrEnum):
    BOOKED = "booked"
    CANCELLED = "cancelled"
    DONE = "done"


SERIES_STEPS: frozenset[tuple[SeriesState, SeriesState]] = frozenset(
    {(SeriesState.BOOKED, SeriesState.CANCELLED)}
)
VISIT_STEPS: frozenset[tuple[VisitState, VisitState]] = frozenset(
    {
        (VisitState.BOOKED, VisitState.BOOKED),  # moved
        (VisitState.BOOKED, VisitState.CANCELLED),
        (VisitState.BOOKED, VisitState.DONE),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule that is not kept: its name, and the sentence for the person who booked."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """What the order asks of the calendar: how many visits, how far apart, how long a chair is needed."""

    infusions: int
    chair_min: int
    gap_days_min: int = 1
    gap_days_max: int = 1
    span_days_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """When the clinic is open, as wall times in its own zone; a day that is not listed is closed."""

    zone: str
    by_weekday: Mapping[int, tuple[time, time]]
    closed_on: frozenset[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        for opens, closes in self.by_weekday.values():
            if closes <= opens:
                raise ValueError(
                    f"Opening hours {opens:%H:%M} to {closes:%H:%M} cross midnight: close on the same day."
                )

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """The instants (UTC) at which the clinic opens and closes on a day, or None when it is closed."""
        wall = self.by_weekday.get(day.weekday())
        if wall is None or day in self.closed_on:
            return None
        zone = ZoneInfo(self.zone)
        opens, closes = (datetime.combine(day, at, tzinfo=zone).astimezone(UTC) for at in wall)
        return opens, closes

    def day_of(self, at: datetime) -> date:
        """The day on the wall of the clinic."""
        return at.astimezone(ZoneInfo(self.zone)).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """From when to when one visit is."""

    starts_at: datetime
    ends_at: datetime


def series_may_become(old: SeriesState, new: SeriesState) -> bool:
    return (old, new) in SERIES_STEPS


def visit_may_become(old: VisitState, new: VisitState) -> bool:
    return (old, new) in VISIT_STEPS


def chair_minutes(*, infusion_min: int, setup_min: int, recovery_min: int, recovery_long_min: int) -> int:
    """How long the chair and the nurse are needed (min): preparation, infusion, recovery."""
    recovery = recovery_long_min if infusion_min >= LONG_INFUSION_MIN else recovery_min
    return setup_min + infusion_min + recovery


def day_words(day: date) -> str:
    """A day as every page and letter writes it: Wed 25 Nov 2026."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def days_words(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def gap_words(pattern: Pattern) -> str:
    """The order's gap in words: 1 day, 3 to 4 days."""
    if pattern.gap_days_min == pattern.gap_days_max:
        return days_words(pattern.gap_days_min)
    return f"{pattern.gap_days_min} to {pattern.gap_days_max} days"


def broken_by_visit(times: Times, *, pattern: Pattern, hours: OpeningHours, at: datetime) -> Broken | None:
    """What one visit breaks by itself: the past, its length, midnight, or the opening hours."""
    day = hours.day_of(times.starts_at)
    words = day_words(day)
    if times.starts_at <= at:
        return Broken(
            rule="COU-PAST", sentence=f"The visit on {words} would start in the past: choose a later time."
        )
    length_min = int((times.ends_at - times.starts_at).total_seconds() // 60)
    if length_min < pattern.chair_min:
        return Broken(
            rule="COU-LENGTH",
            sentence=f"The visit on {words} has {length_min} min, the order needs {pattern.chair_min} min: choose a longer time.",
        )
    if hours.day_of(times.ends_at) != day:
        return Broken(
            rule="COU-MIDNIGHT",
            sentence=f"The visit on {words} would run past midnight: choose an earlier time.",
        )
    open_time = hours.on(day)
    if open_time is None:
        return Broken(rule="COU-CLOSED", sentence=f"The clinic is closed on {words}: choose another day.")
    if times.starts_at < open_time[0] or times.ends_at > open_time[1]:
        return Broken(
            rule="COU-HOURS", sentence=f"The visit on {words} is not within the {hours_words(hours, day)}."
        )
    return None


def hours_words(hours: OpeningHours, day: date) -> str:
    """The opening hours of an open day in words."""
    opens, closes = hours.by_weekday[day.weekday()]
    return f"opening hours, {opens:%H:%M} to {closes:%H:%M}: choose another time"


def broken_by_series(
    visits: Sequence[Times], *, pattern: Pattern, hours: OpeningHours, at: datetime
) -> Broken | None:
    """The first thing a whole series breaks, in the order of its dates; nothing is booked then."""
    if len(visits) != pattern.infusions:
        return Broken(
            rule="COU-COUNT",
            sentence=f"The order asks for {pattern.infusions} visits and {len(visits)} were chosen: ask for fresh times.",
        )
    for number, visit in enumerate(visits, start=1):
        broken = broken_by_visit(visit, pattern=pattern, hours=hours, at=at)
        if broken is not None:
            return Broken(rule=broken.rule, sentence=f"Visit {number}: {broken.sentence}")
    days = {number: hours.day_of(visit.starts_at) for number, visit in enumerate(visits, start=1)}
    return broken_by_days(days, pattern=pattern)


def broken_by_days(days: Mapping[int, date], *, pattern: Pattern) -> Broken | None:
    """Whether visits (number to day, cancelled ones left out) keep the order's gaps and its span."""
    numbers = sorted(days)
    for before, after in pairwise(numbers):
        between, steps = (days[after] - days[before]).days, after - before
        if not pattern.gap_days_min * steps <= between <= pattern.gap_days_max * steps:
            return Broken(
                rule="COU-GAP",
                sentence=f"Visit {after} on {day_words(days[after])} is {days_words(between)} after visit {before}. "
                f"The order asks for {gap_words(pattern)} between visits: choose another day.",
            )
    span = (days[numbers[-1]] - days[numbers[0]]).days + 1 if numbers else 0
    if pattern.span_days_max is not None and span > pattern.span_days_max:
        return Broken(
            rule="COU-SPAN",
            sentence=f"The visits spread over {span} days and the protocol allows {pattern.span_days_max}: choose closer days.",
        )
    return None


def days_for_visit(number: int, others: Mapping[int, date], *, pattern: Pattern, around: date) -> list[date]:
    """The days on which one visit may be, the others staying where they are; a lone visit has a week each way."""
    reach = range(-max(7, pattern.gap_days_max), max(7, pattern.gap_days_max) + 1)
    candidates = (around + timedelta(days=step) for step in reach)
    return [day for day in candidates if broken_by_days({**others, number: day}, pattern=pattern) is None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """What booking must know of an order."""

    infusions: int
    has_gap: bool
    signed: bool
    withdrawn: bool
    replaced: bool
    booked: bool
    episode_open: bool
    patient_lives: bool


def broken_by_order(order: OrderState) -> Broken | None:
    """Why an order cannot be placed, or None."""
    for stands, rule, sentence in (
        (order.signed, "COU-SIGNED", "The order is not signed: the prescriber signs it first."),
        (
            not order.withdrawn,
            "COU-WITHDRAWN",
            "The order was withdrawn: place the order that takes its place.",
        ),
        (not order.replaced, "COU-REPLACED", "A newer version of this order is signed: place that one."),
        (
            not order.booked,
            "COU-BOOKED",
            "This order has a booked series already: move or cancel its visits there.",
        ),
        (
            order.episode_open,
            "COU-EPISODE",
            "The episode is closed: open a new one before anything is booked.",
        ),
        (order.patient_lives, "COU-DECEASED", "The patient is recorded as deceased: nothing can be booked."),
        (
            order.has_gap or order.infusions == 1,
            "COU-NOGAP",
            "The order does not say how many days lie between its visits: the prescriber adds it first.",
        ),
    ):
        if not stands:
            return Broken(rule=rule, sentence=sentence)
    return None


def broken_by_change(old: VisitState, new: VisitState, *, starts_at: datetime, at: datetime) -> Broken | None:
    """Why a visit cannot be moved or cancelled: it was cancelled or done, or it has begun."""
    if not visit_may_become(old, new):
        return Broken(rule="COU-STATE", sentence=f"This visit is {old}: only a booked visit can be changed.")
    if starts_at <= at:
        return Broken(rule="COU-BEGUN", sentence="This visit has begun or is over: what was is not changed.")
    return None


def broken_by_closing(old: VisitState, *, day: date, today: date) -> Broken | None:
    """Why a visit cannot be closed as done: it is cancelled or done already, or its day lies ahead."""
    if not visit_may_become(old, VisitState.DONE):
        return Broken(rule="COU-STATE", sentence=f"This visit is {old}: only a booked visit can be closed.")
    if day > today:
        return Broken(
            rule="COU-AHEAD",
            sentence=f"This visit is on {day_words(day)}, which lies ahead: move it to today first.",
        )
    return None
