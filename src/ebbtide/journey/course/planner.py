"""The planner of the course: places a whole series at once, or says exactly why none fits. No clock, no database.

Why a search and not a solver: the visits of one series lie on different days, so what is chosen on one day touches
the others only through the gap between them. A depth-first walk over days that remembers its dead ends looks at each
pair (visit number, day) at most once, and answers in milliseconds. A full solver earns its weight when many series
are placed at once, or when booked visits may be moved to make room; neither is done here. The same question always
gets the same answer: days, times, chairs and nurses are tried in a fixed order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ebbtide.journey.course.placement import (
    AIMS_AT_MIN,
    NAMES,
    WHEN,
    WINDOWS,
    Calendar,
    Offer,
    Place,
    Placement,
    PlannedVisit,
    Span,
    TimeOfDay,
    Wishes,
)
from ebbtide.journey.course.rules import Pattern, day_words, days_words

STEP_MIN = 15  # min between the starts that are tried [design]
START_WITHIN_DAYS = 42  # days in which the first visit is looked for [design]
OFFERS = 3
CLOSED = "The clinic is closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """A time of a day at which something is free."""

    at: datetime
    wall_min: int
    chairs: tuple[Place, ...]
    nurse_places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aim:
    """What one offer tries: its window, whether times outside it count, and its first day."""

    window: TimeOfDay
    strict: bool
    from_on: date


@dataclass(slots=True, kw_only=True)
class _Search:
    """One question to the calendar, with the days it has already looked at."""

    pattern: Pattern
    calendar: Calendar
    wishes: Wishes
    days: dict[date, tuple[tuple[_Start, ...], str]] = field(default_factory=dict)

    def starts(self, day: date, aim: _Aim) -> tuple[_Start, ...]:
        found, _ = self.look(day)
        if not aim.strict:
            return found
        first, last = WINDOWS[aim.window]
        return tuple(s for s in found if _minute(first) <= s.wall_min <= _minute(last))

    def why_not(self, day: date) -> str:
        return self.look(day)[1]

    def look(self, day: date) -> tuple[tuple[_Start, ...], str]:
        if day not in self.days:
            self.days[day] = _look(self, day)
        return self.days[day]


@dataclass(slots=True, kw_only=True)
class _Stuck:
    """What stood in the way of the attempt that came furthest.

    A taken or an unwished day says more than a closed one: people can change it, and a weekend always ends some attempts.
    """

    rank: tuple[bool, int] = (False, -1)
    first_on: date | None = None
    reasons: list[str] = field(default_factory=list)

    def note(self, *, reached: int, first_on: date, reason: str) -> None:
        rank = (not reason.startswith(CLOSED), reached)
        if rank > self.rank:
            self.rank, self.first_on, self.reasons = rank, first_on, []
        if rank == self.rank and first_on == self.first_on and reason not in self.reasons:
            self.reasons.append(reason)


def place_series(pattern: Pattern, calendar: Calendar, wishes: Wishes) -> Placement:
    """Up to three ways to place every visit of a series, or the exact reason why there is none."""
    search = _Search(pattern=pattern, calendar=calendar, wishes=wishes)
    offers: list[Offer] = []
    stuck = _Stuck()
    for aim in _aims(search, offers):
        days = _days(search, aim, stuck)
        if days is None:
            continue
        offer = _offer(search, aim, days)
        if all(_times(offer) != _times(other) for other in offers):
            offers.append(offer)
        if len(offers) == OFFERS:
            break
    return Placement(offers=tuple(offers), why_none="" if offers else _why_none(search, stuck))


def place_visit(
    pattern: Pattern, calendar: Calendar, wishes: Wishes, *, days: Sequence[date], number: int
) -> tuple[PlannedVisit, ...]:
    """The times for one visit on each of these days: the first free one of the morning, of midday, of the afternoon."""
    search = _Search(pattern=pattern, calendar=calendar, wishes=wishes)
    found = []
    for day in days:
        for window in (TimeOfDay.MORNING, TimeOfDay.MIDDAY, TimeOfDay.AFTERNOON):
            starts = search.starts(day, _Aim(window=window, strict=True, from_on=day))
            if starts:
                found.append(
                    _visit(search, number, starts[0], why=f"First free time, {NAMES[window].lower()}")
                )
    return tuple(found)


def _aims(search: _Search, offers: list[Offer]) -> Iterator[_Aim]:
    """What to try, in order; `offers` fills up meanwhile, and what is tried next depends on it."""
    wish, from_on = search.wishes.time_of_day, search.wishes.earliest_on
    parts = [TimeOfDay.MORNING, TimeOfDay.MIDDAY, TimeOfDay.AFTERNOON]
    if wish is TimeOfDay.ANY:
        yield from (_Aim(window=part, strict=True, from_on=from_on) for part in parts)
        if not offers:
            yield _Aim(window=wish, strict=False, from_on=from_on)
        return
    yield _Aim(window=wish, strict=True, from_on=from_on)
    if offers:
        yield _Aim(window=wish, strict=True, from_on=_day_after_first(search, offers[0]))
    else:
        yield _Aim(window=wish, strict=False, from_on=from_on)
    yield from (_Aim(window=part, strict=True, from_on=from_on) for part in parts if part is not wish)


def _day_after_first(search: _Search, offer: Offer) -> date:
    return search.calendar.hours.day_of(offer.visits[0].starts_at) + timedelta(days=1)


def _days(search: _Search, aim: _Aim, stuck: _Stuck) -> list[date] | None:
    last_on = search.wishes.earliest_on + timedelta(days=START_WITHIN_DAYS)
    day = aim.from_on
    while day <= last_on:
        found = _walk(search, aim, [day], stuck, set()) if _fits(search, aim, [day], stuck) else None
        if found is not None:
            return found
        day += timedelta(days=1)
    return None


def _walk(
    search: _Search, aim: _Aim, days: list[date], stuck: _Stuck, dead: set[tuple[int, date]]
) -> list[date] | None:
    pattern = search.pattern
    if len(days) == pattern.infusions:
        return days
    for gap in range(pattern.gap_days_min, pattern.gap_days_max + 1):
        longer = [*days, days[-1] + timedelta(days=gap)]
        if (len(longer), longer[-1]) in dead or _too_wide(pattern, longer):
            continue
        found = _walk(search, aim, longer, stuck, dead) if _fits(search, aim, longer, stuck) else None
        if found is not None:
            return found
        dead.add((len(longer), longer[-1]))
    return None


def _fits(search: _Search, aim: _Aim, days: list[date], stuck: _Stuck) -> bool:
    if search.starts(days[-1], aim):
        return True
    reason = search.why_not(days[-1])
    if reason:
        stuck.note(reached=len(days) - 1, first_on=days[0], reason=reason)
    return False


def _too_wide(pattern: Pattern, days: list[date]) -> bool:
    return pattern.span_days_max is not None and (days[-1] - days[0]).days + 1 > pattern.span_days_max


def _look(search: _Search, day: date) -> tuple[tuple[_Start, ...], str]:
    """Every start of a day at which a chair, a place beside a nurse and the patient are free; else why there is none."""
    open_time = search.calendar.hours.on(day)
    if open_time is None:
        return (), f"{CLOSED} on {day_words(day)}"
    if day.weekday() in search.wishes.days_off:
        return (), f"{day_words(day)} is a day that does not work for the patient"
    length = timedelta(minutes=search.pattern.chair_min)
    starts = [at for at in _grid(open_time, length) if at > search.wishes.not_before]
    found = tuple(s for s in (_start(search, at, length) for at in starts) if s is not None)
    return found, "" if found else _why_taken(search, day, starts, length)


def _grid(open_time: Span, length: timedelta) -> Iterator[datetime]:
    # steps of real time, so a night in which the clocks change neither doubles nor loses a start
    at, closes = open_time
    while at + length <= closes:
        yield at
        at += timedelta(minutes=STEP_MIN)


def _start(search: _Search, at: datetime, length: timedelta) -> _Start | None:
    calendar, ends_at = search.calendar, at + length
    chairs = tuple(p for p in calendar.chairs if p.free(at, ends_at))
    nurses = tuple(p for p in calendar.nurse_places if p.free(at, ends_at))
    if not chairs or not nurses or not calendar.patient.free(at, ends_at):
        return None
    wall = at.astimezone(ZoneInfo(calendar.hours.zone)).time()
    return _Start(at=at, wall_min=_minute(wall), chairs=chairs, nurse_places=nurses)


def _why_taken(search: _Search, day: date, starts: list[datetime], length: timedelta) -> str:
    opens, closes = search.calendar.hours.by_weekday[day.weekday()]
    when = f"for {search.pattern.chair_min} min on {day_words(day)} between {opens:%H:%M} and {closes:%H:%M}"
    if not starts:
        return f"There is not enough time left {when}"
    for places, what in (
        (search.calendar.chairs, "No chair is free"),
        (search.calendar.nurse_places, "No nurse has a free place"),
        ((search.calendar.patient,), "The patient has other bookings and is not free"),
    ):
        if not any(place.free(at, at + length) for at in starts for place in places):
            return f"{what} {when}"
    return f"Chair, nurse and patient are never free at the same time {when}"


def _why_none(search: _Search, stuck: _Stuck) -> str:
    reasons = "; ".join(stuck.reasons[:4])
    if stuck.rank[1] <= 0 or stuck.first_on is None:
        until = day_words(search.wishes.earliest_on + timedelta(days=START_WITHIN_DAYS))
        return f"No first day was found until {until}. {reasons}."
    return f"Starting on {day_words(stuck.first_on)}, visit {stuck.rank[1] + 1} finds no day. {reasons}."


def _offer(search: _Search, aim: _Aim, days: list[date]) -> Offer:
    visits: list[PlannedVisit] = []
    chosen: _Start | None = None
    for number, day in enumerate(days, start=1):
        best = _best(search.starts(day, aim), aim, chosen, visits)
        why = _why(search, aim, days, best, chosen)
        visits.append(_visit(search, number, best, why=why, after=visits[-1] if visits else None))
        chosen = chosen or best
    title = f"{NAMES[aim.window]}, from {day_words(days[0])}"
    return Offer(
        title=title if aim.strict or aim.window is TimeOfDay.ANY else f"As near as free: {title.lower()}",
        visits=tuple(visits),
    )


def _best(starts: tuple[_Start, ...], aim: _Aim, first: _Start | None, visits: list[PlannedVisit]) -> _Start:
    target = first.wall_min if first else AIMS_AT_MIN[aim.window]
    same_chair = visits[-1].chair if visits else None

    def badness(start: _Start) -> tuple[int, bool, datetime]:
        away = abs(start.wall_min - target)
        return away, same_chair not in {p.number for p in start.chairs}, start.at

    return min(starts, key=badness)


def _visit(
    search: _Search, number: int, start: _Start, *, why: str, after: PlannedVisit | None = None
) -> PlannedVisit:
    chair = _keep(start.chairs, after.chair if after else None)
    nurse_place = _keep(start.nurse_places, after.nurse_place if after else None)
    words = [why]
    if after is not None:
        words.append("same chair" if chair.number == after.chair else f"{after.chair_name} is taken then")
    return PlannedVisit(
        number=number,
        chair=chair.number,
        chair_name=chair.name,
        nurse_place=nurse_place.number,
        starts_at=start.at,
        ends_at=start.at + timedelta(minutes=search.pattern.chair_min),
        why_here=", ".join(words),
    )


def _keep(places: tuple[Place, ...], number: int | None) -> Place:
    return next((p for p in places if p.number == number), places[0])


def _why(search: _Search, aim: _Aim, days: list[date], best: _Start, first: _Start | None) -> str:
    day = best.at.astimezone(ZoneInfo(search.calendar.hours.zone)).date()
    at = days.index(day)
    if first is None:
        nearest = (
            "first free time" if aim.strict or aim.window is TimeOfDay.ANY else "nearest free time to one"
        )
        return f"First day that fits from {day_words(aim.from_on)}, {nearest}{WHEN[aim.window]}"
    gap = (day - days[at - 1]).days
    words = f"{days_words(gap)} after visit {at}"
    if gap > search.pattern.gap_days_min:
        words += f" ({_lower(_why_later(search, days[at - 1], day))})"
    same = best.wall_min == first.wall_min
    return f"{words}, {'same time' if same else f'nearest free time to {first.wall_min // 60:02}:{first.wall_min % 60:02}'}"


def _why_later(search: _Search, before: date, day: date) -> str:
    sooner = before + timedelta(days=search.pattern.gap_days_min)
    return (
        search.why_not(sooner)
        or f"{day_words(sooner)} would leave a later visit, or this time of day, without a place"
    )


def _lower(sentence: str) -> str:
    return (
        sentence[0].lower() + sentence[1:]
        if sentence.startswith(("The ", "No ", "There ", "Chair"))
        else sentence
    )


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def _times(offer: Offer) -> tuple[datetime, ...]:
    return tuple(visit.starts_at for visit in offer.visits)
