"""What the course's planner is asked and what it answers: calendars, wishes, offers. Values only: no clock, no database."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from ebbtide.journey.course.rules import OpeningHours

Span = tuple[datetime, datetime]


class TimeOfDay(StrEnum):
    ANY = "any"
    MORNING = "morning"
    MIDDAY = "midday"
    AFTERNOON = "afternoon"


# wall times between which a visit starts [design]
WINDOWS: dict[TimeOfDay, tuple[time, time]] = {
    TimeOfDay.ANY: (time(0, 0), time(23, 59)),
    TimeOfDay.MORNING: (time(0, 0), time(10, 59)),
    TimeOfDay.MIDDAY: (time(11, 0), time(13, 59)),
    TimeOfDay.AFTERNOON: (time(14, 0), time(23, 59)),
}
AIMS_AT_MIN = {
    TimeOfDay.ANY: 0,
    TimeOfDay.MORNING: 0,
    TimeOfDay.MIDDAY: 11 * 60,
    TimeOfDay.AFTERNOON: 14 * 60,
}
NAMES = {
    TimeOfDay.ANY: "At the times that are free",
    TimeOfDay.MORNING: "Mornings",
    TimeOfDay.MIDDAY: "Around midday",
    TimeOfDay.AFTERNOON: "Afternoons",
}


WHEN = {
    TimeOfDay.ANY: "",
    TimeOfDay.MORNING: " in the morning",
    TimeOfDay.MIDDAY: " around midday",
    TimeOfDay.AFTERNOON: " in the afternoon",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A chair, or a place beside a nurse, and when it is taken."""

    number: int
    name: str
    busy: tuple[Span, ...] = ()

    def free(self, starts_at: datetime, ends_at: datetime) -> bool:
        return not any(start < ends_at and starts_at < end for start, end in self.busy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Everything that can be taken or closed: opening hours, chairs, places beside nurses, the patient's own bookings."""

    hours: OpeningHours
    chairs: tuple[Place, ...]
    nurse_places: tuple[Place, ...]
    patient: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the patient asked for. `not_before` keeps the times of a day that is already under way out."""

    earliest_on: date
    not_before: datetime
    time_of_day: TimeOfDay = TimeOfDay.ANY
    days_off: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVisit:
    """One visit as offered, with the reason for its day, time and chair in words."""

    number: int
    chair: int
    nurse_place: int
    chair_name: str
    starts_at: datetime
    ends_at: datetime
    why_here: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    title: str
    visits: tuple[PlannedVisit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Up to three offers; with none, `why_none` says exactly why."""

    offers: tuple[Offer, ...]
    why_none: str = ""


def busy_spans(minutes: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    """Occupied minutes since 1970 (UTC) as instants."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return tuple((epoch + timedelta(minutes=a), epoch + timedelta(minutes=b)) for a, b in minutes)


def with_busy(place: Place, minutes: Sequence[tuple[int, int]]) -> Place:
    """The same place, taken at these minutes."""
    return replace(place, busy=busy_spans(minutes))
