"""What was treated, as plain values: visits with what they gave, courses, and their judgement. No clock, no database.

The registry's data set and the director's figures stand on the same values, so they cannot tell two stories.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from ebbtide.journey.course.rules import VisitState
from ebbtide.journey.registry.response import (
    JUDGED_AFTER_DAYS,
    JUDGED_WITHIN_DAYS,
    CourseScores,
    Judged,
    judge,
)

NRS, PGIC = "NRS11", "PGIC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The newest exposure of an infusion; times are instants, amounts exact as they are kept."""

    id: UUID
    version: int
    drug: str
    mg: Decimal
    mg_per_kg: Decimal | None
    hours: Decimal
    age_y: int | None
    started_at: datetime
    stopped_at: datetime
    predicted: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatedVisit:
    """One visit that was not cancelled. `given` is None until an exposure is recorded, and it is never guessed."""

    visit_id: UUID
    session_id: UUID | None
    patient_id: UUID
    record_number: str
    episode_id: UUID
    series_id: UUID
    number: int
    ordered: int
    protocol: str
    complaint: str
    sex: str
    language: str
    status: str
    starts_at: datetime
    ends_at: datetime
    opened_at: datetime | None
    left_at: datetime | None
    adverse_events: int
    severe_events: int
    # the person said in a consent that still stands that they count in the registry
    permitted: bool
    given: Given | None
    on: date

    @property
    def used_until(self) -> datetime | None:
        """When the chair was free again: the person left, or else the drug was stopped."""
        return self.left_at or (self.given.stopped_at if self.given else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """One score that no later one replaced, on the clinic's own day."""

    instrument: str
    point: str
    value: Decimal
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The infusions of one series that were given. `ended_on` is None while one of its visits is still to come."""

    series_id: UUID
    episode_id: UUID
    patient_id: UUID
    record_number: str
    complaint: str
    first_on: date
    last_on: date
    ended_on: date | None
    next_on: date | None
    visits: tuple[TreatedVisit, ...]

    @property
    def judged_on(self) -> date | None:
        """The day by which everything that decides must be in."""
        return (
            self.ended_on + timedelta(days=JUDGED_AFTER_DAYS + JUDGED_WITHIN_DAYS) if self.ended_on else None
        )


Scores = Mapping[UUID, Sequence[ScoreRow]]


def courses_of(visits: Iterable[TreatedVisit]) -> list[Course]:
    """The courses of which something was given, in the order of their first infusions."""
    by_series: dict[UUID, list[TreatedVisit]] = defaultdict(list)
    days: dict[UUID, list[tuple[date, UUID]]] = defaultdict(list)
    for visit in visits:
        by_series[visit.series_id].append(visit)
        if visit.given is not None:
            days[visit.patient_id].append((visit.on, visit.series_id))
    courses = [_course(rows, days) for rows in by_series.values() if any(row.given for row in rows)]
    return sorted(courses, key=lambda course: (course.first_on, str(course.series_id)))


def _course(rows: Sequence[TreatedVisit], days: Mapping[UUID, Sequence[tuple[date, UUID]]]) -> Course:
    given = sorted((row for row in rows if row.given is not None), key=lambda row: row.on)
    first, last = given[0], given[-1]
    over = all(row.status != VisitState.BOOKED for row in rows)
    later = [on for on, series_id in days[first.patient_id] if series_id != first.series_id and on > last.on]
    return Course(
        series_id=first.series_id,
        episode_id=first.episode_id,
        patient_id=first.patient_id,
        record_number=first.record_number,
        complaint=first.complaint,
        first_on=first.on,
        last_on=last.on,
        ended_on=last.on if over else None,
        next_on=min(later, default=None),
        visits=tuple(given),
    )


def judged(course: Course, scores: Scores, *, today: date) -> Judged | None:
    """What can be said of the course; None while it is not over."""
    if course.ended_on is None:
        return None
    rows = scores.get(course.episode_id, ())
    return judge(
        CourseScores(
            first_on=course.first_on,
            ended_on=course.ended_on,
            next_on=course.next_on,
            pain={row.on: row.value for row in rows if row.instrument == NRS},
            pgic=_impression(course.ended_on, rows),
        ),
        today=today,
    )


def _impression(ended_on: date, rows: Sequence[ScoreRow]) -> int | None:
    late = range(JUDGED_AFTER_DAYS, JUDGED_AFTER_DAYS + JUDGED_WITHIN_DAYS + 1)
    found = [row for row in rows if row.instrument == PGIC and (row.on - ended_on).days in late]
    return int(found[0].value) if found else None
