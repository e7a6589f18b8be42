"""Whether a course helped and for how long, as the registry counts it: no clock, no database.

The definitions are `ebbtide.evidence.relief`; here stands what is counted at all. A course is judged only when baseline,
day 21 and PGIC are all there: one failed part would decide, but then an incomplete series could only ever be a failure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from ebbtide.evidence.relief import (
    DAYS_NEEDED,
    WEEK_DAYS,
    Durability,
    WeekMean,
    baseline,
    durability,
    is_responder,
    week_mean,
)

JUDGED_AFTER_DAYS = 21  # days after the course; instruments.yaml, responder [design]
JUDGED_WITHIN_DAYS = 3  # days from it until which an answer still counts; FU-D21, window_days [design]
DAILY_UNTIL_DAYS = 28  # days after the course; instruments.yaml, diary [design]
LASTING_DAYS = 56  # days; eight weeks, as McInnes 2022 reports them [seen]

Values = Mapping[date, Decimal]


class Response(StrEnum):
    """What can be said of a course at day 21."""

    RESPONDER = "responder"
    NOT = "not a responder"
    NOT_JUDGED = "not judged"
    NOT_YET = "not yet"


class Lasting(StrEnum):
    """What can be said at eight weeks of a course that responded."""

    LASTED = "lasted"
    RETURNED = "returned"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseScores:
    """The answers of one person around one course.

    Attributes:
        first_on: The day of the first infusion.
        ended_on: The day of the last one.
        next_on: The first infusion of the next course, if there is one: nothing from it on is counted.
        pain: One NRS (0 to 10) for each day that has one.
        pgic: The impression of change at day 21 (1 to 7).
    """

    first_on: date
    ended_on: date
    next_on: date | None
    pain: Values
    pgic: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The judgement of a course, the two means it stands on, what is missing, and how long relief lasted."""

    response: Response
    before: Decimal | None
    after: Decimal | None
    missing: tuple[str, ...] = ()
    lasted: Durability | None = None


def judge(course: CourseScores, *, today: date) -> Judged:
    """A responder or not, when everything is known; "not yet" until the answers of day 21 are due."""
    pain = {
        day: value for day, value in course.pain.items() if course.next_on is None or day < course.next_on
    }
    before, after = _mean(baseline(pain, first_on=course.first_on)), _mean(_week_of_day_21(pain, course))
    due_on = course.ended_on + timedelta(days=JUDGED_AFTER_DAYS)
    known = {
        f"pain on {DAYS_NEEDED} of the 7 days before the course": before,
        f"pain on {DAYS_NEEDED} of the 7 days to day {JUDGED_AFTER_DAYS}": after,
        f"impression of change at day {JUDGED_AFTER_DAYS}": course.pgic,
    }
    missing = tuple(words for words, value in known.items() if value is None)
    if course.next_on is not None and course.next_on <= due_on:
        return Judged(
            response=Response.NOT_JUDGED, before=before, after=None, missing=("next course came first",)
        )
    if missing and today <= due_on + timedelta(days=JUDGED_WITHIN_DAYS):
        return Judged(response=Response.NOT_YET, before=before, after=after, missing=missing)
    if missing or before is None:
        return Judged(response=Response.NOT_JUDGED, before=before, after=after, missing=missing)
    responded = is_responder(before=before, after=after, change_impression=course.pgic)
    return Judged(
        response=Response.RESPONDER if responded else Response.NOT,
        before=before,
        after=after,
        lasted=durability(
            weekly_means(pain, course), before=before, ended_on=course.ended_on, next_on=course.next_on
        ),
    )


def _week_of_day_21(pain: Values, course: CourseScores) -> WeekMean | None:
    """The week that ends with the first answer from day 21 on, as the relief curve takes it."""
    for late in range(JUDGED_WITHIN_DAYS + 1):
        day = course.ended_on + timedelta(days=JUDGED_AFTER_DAYS + late)
        if day in pain and (found := week_mean(pain, ending_on=day)) is not None:
            return found
    return None


def _mean(found: WeekMean | None) -> Decimal | None:
    return None if found is None else found.mean


def weekly_means(pain: Values, course: CourseScores) -> list[tuple[date, Decimal]]:
    """The mean of the week to each day with an answer; once the diary is weekly, the answer itself."""
    daily_until = course.ended_on + timedelta(days=DAILY_UNTIL_DAYS)
    found = []
    for day, value in sorted(pain.items()):
        if day <= course.ended_on + timedelta(days=WEEK_DAYS - 1):
            continue  # a week that reaches back into the course says nothing of what came after it
        mean = value if day > daily_until else _mean(week_mean(pain, ending_on=day))
        if mean is not None:
            found.append((day, mean))
    return found


def lasting_at_eight_weeks(lasted: Durability | None) -> Lasting:
    """Whether relief lasted eight weeks; a silence or another course before that leaves it unknown."""
    if lasted is None:
        return Lasting.UNKNOWN
    if lasted.days >= LASTING_DAYS:
        return Lasting.LASTED
    return Lasting.RETURNED if lasted.returned else Lasting.UNKNOWN
