"""Response: judged only when everything is known, with what is missing in words, and relief at eight weeks."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ebbtide.evidence.relief import Durability
from ebbtide.journey.registry.response import (
    CourseScores,
    Lasting,
    Response,
    judge,
    lasting_at_eight_weeks,
    weekly_means,
)

FIRST, ENDED = date(2026, 9, 7), date(2026, 9, 11)
LATE = date(2026, 11, 27)


def pain(**weeks) -> dict[date, Decimal]:
    """Seven days before the course, the week to day 21, and what else is told by day after the end."""
    found = {FIRST - timedelta(days=n): Decimal(weeks.get("before", 8)) for n in range(1, 8)}
    found |= {ENDED + timedelta(days=n): Decimal(weeks.get("after", 4)) for n in range(15, 22)}
    return found | {ENDED + timedelta(days=n): Decimal(v) for n, v in weeks.get("later", {}).items()}


def a_course(**told) -> CourseScores:
    made = {"first_on": FIRST, "ended_on": ENDED, "next_on": None, "pain": pain(), "pgic": 2}
    return CourseScores(**{**made, **told})


@pytest.mark.parametrize(
    ("told", "response"),
    [
        ({}, Response.RESPONDER),
        ({"pgic": 3}, Response.NOT),
        ({"pain": pain(after=6)}, Response.NOT),  # two points, and 25 %
        ({"pain": pain(before=3, after=2)}, Response.NOT),  # 33 %, and one point
        ({"pain": pain(before=6, after=4)}, Response.RESPONDER),
        ({"pgic": None}, Response.NOT_JUDGED),
        ({"pgic": None, "pain": pain(after=8)}, Response.NOT_JUDGED),
        ({"next_on": ENDED + timedelta(days=21)}, Response.NOT_JUDGED),
        ({"next_on": ENDED + timedelta(days=22)}, Response.RESPONDER),
    ],
)
def test_it_judges_what_is_known(told, response) -> None:
    assert judge(a_course(**told), today=LATE).response is response


def test_it_says_what_is_missing() -> None:
    found = judge(a_course(pain={}, pgic=None), today=LATE)
    assert found.response is Response.NOT_JUDGED
    assert (found.before, found.after, len(found.missing)) == (None, None, 3)
    assert "7 days before the course" in found.missing[0]


def test_it_waits_until_the_answers_of_day_21_are_due() -> None:
    course = a_course(pgic=None)
    assert judge(course, today=ENDED + timedelta(days=24)).response is Response.NOT_YET
    assert judge(course, today=ENDED + timedelta(days=25)).response is Response.NOT_JUDGED
    assert judge(a_course(), today=ENDED + timedelta(days=21)).response is Response.RESPONDER


def test_it_counts_nothing_from_the_next_course_on() -> None:
    later = dict.fromkeys(range(40, 60), 8)
    found = judge(a_course(pain=pain(later=later), next_on=ENDED + timedelta(days=38)), today=LATE)
    assert found.lasted == Durability(days=21, returned=False)


def test_it_takes_the_answer_itself_once_the_diary_is_weekly() -> None:
    course = a_course(pain=pain(later={35: 3, 42: 7}))
    assert weekly_means(course.pain, course)[-2:] == [
        (ENDED + timedelta(days=35), Decimal(3)),
        (ENDED + timedelta(days=42), Decimal(7)),
    ]


def test_it_takes_no_mean_of_a_week_that_reaches_into_the_course() -> None:
    course = a_course(pain={ENDED + timedelta(days=n): Decimal(3) for n in range(-6, 9)})
    assert weekly_means(course.pain, course)[0][0] == ENDED + timedelta(days=7)


def test_it_finds_the_return_of_pain() -> None:
    later = {35: 4, 42: 7, 49: 7, 56: 8}
    assert judge(a_course(pain=pain(later=later)), today=LATE).lasted == Durability(days=42, returned=True)


@pytest.mark.parametrize(
    ("lasted", "word"),
    [
        (None, Lasting.UNKNOWN),
        (Durability(days=42, returned=True), Lasting.RETURNED),
        (Durability(days=42, returned=False), Lasting.UNKNOWN),
        (Durability(days=56, returned=False), Lasting.LASTED),
        (Durability(days=70, returned=True), Lasting.LASTED),
    ],
)
def test_it_tells_what_lasted_eight_weeks_from_what_is_not_known(lasted, word) -> None:
    assert lasting_at_eight_weeks(lasted) is word
