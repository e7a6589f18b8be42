"""Free times of an evaluation: opening hours and what is taken, in whole minutes of the clinic's wall. No clock, no database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

# weekday (0 is Monday) to wall times, until the medical director sets the clinic's own [design]
WORKING_DAYS: Mapping[str, Sequence[str]] = {str(day): ("08:00", "17:00") for day in range(5)}
EVALUATION_MIN = 60  # min; length of an evaluation visit [design]
STEP_MIN = 30  # min between two times that are offered [design]


class HoursUnreadable(ValueError):
    """The setting of the opening hours is not weekday: [from, to]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When the clinic is open, as wall times in its own zone; a day that is not listed is closed."""

    zone: ZoneInfo
    by_weekday: Mapping[str, Any]
    closed_on: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From one instant to another (aware)."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A time at which the clinician and this room are both free."""

    span: Span
    room: int


def open_span(hours: Hours, on: date) -> Span | None:
    """When the clinic is open on a day, or None when it is closed.

    Raises:
        HoursUnreadable: the setting is not weekday: [from, to] with times like 08:00.
    """
    told = hours.by_weekday.get(str(on.weekday()))
    if not told or on.isoformat() in hours.closed_on:
        return None
    try:
        opens, closes = (time.fromisoformat(text) for text in told)
    except (TypeError, ValueError) as exc:
        raise HoursUnreadable(
            f'The opening hours of {on:%A} are {told!r}: write them like ["08:00", "17:00"].'
        ) from exc
    return Span(starts_at=on_the_wall(on, opens, hours.zone), ends_at=on_the_wall(on, closes, hours.zone))


def on_the_wall(on: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant at which the clinic's wall shows this time on this day (UTC)."""
    return datetime.combine(on, at, tzinfo=zone).astimezone(UTC)


def within_hours(span: Span, hours: Hours) -> bool:
    """Whether the clinic is open for the whole time."""
    opened = open_span(hours, span.starts_at.astimezone(hours.zone).date())
    return opened is not None and opened.starts_at <= span.starts_at and span.ends_at <= opened.ends_at


def starts_within(opened: Span, minutes: int) -> Iterator[Span]:
    """Every time that is offered inside the opening hours."""
    start = opened.starts_at
    while start + timedelta(minutes=minutes) <= opened.ends_at:
        yield Span(starts_at=start, ends_at=start + timedelta(minutes=minutes))
        start += timedelta(minutes=STEP_MIN)


def offers(
    *,
    opened: Span | None,
    minutes: int,
    taken: Sequence[Span],
    rooms: Mapping[int, Sequence[Span]],
    after: datetime,
) -> list[Offer]:
    """Each later time at which the people are free and some room is, with the first such room."""
    if opened is None:
        return []
    found = []
    for span in starts_within(opened, minutes):
        room = _first_free(rooms, span)
        if span.starts_at > after and room is not None and not _clashes(span, taken):
            found.append(Offer(span=span, room=room))
    return found


def _first_free(rooms: Mapping[int, Sequence[Span]], span: Span) -> int | None:
    return next((number for number, taken in rooms.items() if not _clashes(span, taken)), None)


def _clashes(span: Span, taken: Iterable[Span]) -> bool:
    return any(span.overlaps(other) for other in taken)
