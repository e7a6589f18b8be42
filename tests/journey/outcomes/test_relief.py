"""The relief curve: means with their range, single days, infusions, gaps that stay gaps, response and durability."""

from datetime import date, datetime, time, timedelta

import pytest

from ebbtide.journey.outcomes.actions import RecordScore, record_score
from ebbtide.journey.outcomes.curve import InfusionMark, course_of, picture, visits_of
from ebbtide.journey.outcomes.queries import completion, relief_series
from ebbtide.journey.outcomes.views import WORDS
from tests.builders import NOW, a_staff, an_act, an_actor
from tests.journey.outcomes.arrange import (
    CHICAGO,
    TODAY,
    a_check_in,
    a_diary,
    a_person,
    ago,
    d,
    holder,
    visits,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def episode():
    return a_person()


def enter(episode, instrument, value, *, days_ago):
    at = datetime.combine(ago(days_ago), time(9), tzinfo=CHICAGO)
    doctor = a_staff("prescriber", clinic=episode.patient.clinic)
    return record_score(
        an_act(an_actor(doctor), at=at),
        RecordScore(episode=episode, instrument=instrument, answers={1: value}),
    )


def test_four_answers_of_seven_make_a_mean_and_fewer_stay_single_days(episode) -> None:
    a_diary(episode, [8, 6, None, 7, 9, None, None, None, None, None, None, 3])
    points = relief_series(episode).points
    assert [(p.value, p.low, p.high, p.days) for p in points] == [
        (8, None, None, 1),
        (6, None, None, 1),
        (7, None, None, 1),
        (d("7.50"), 6, 9, 4),
        (3, None, None, 1),
    ]
    assert points[-1].day == TODAY


def test_the_day_is_the_clinics_own(episode) -> None:
    doctor = a_staff("prescriber", clinic=episode.patient.clinic)
    late = datetime(2026, 11, 23, 3, 0, tzinfo=NOW.tzinfo)  # Sunday evening in Chicago
    record_score(
        an_act(an_actor(doctor), at=late), RecordScore(episode=episode, instrument="NRS11", answers={1: 5})
    )
    assert relief_series(episode).points[0].day == date(2026, 11, 22)


def test_a_replaced_score_and_one_without_value_are_not_drawn(episode) -> None:
    old = enter(episode, "NRS11", 9, days_ago=1)
    doctor = a_staff("prescriber", clinic=episode.patient.clinic)
    command = RecordScore(episode=episode, instrument="NRS11", answers={1: 2}, replaces=old)
    record_score(an_act(an_actor(doctor), at=old.observed_at), command)
    record_score(an_act(an_actor(doctor)), RecordScore(episode=episode, instrument="PEG", answers={1: 2}))
    curve = relief_series(episode)
    assert [point.value for point in curve.points] == [2]
    assert curve.peg == ()


def test_it_marks_the_infusions_that_were_given(episode) -> None:
    visits(episode, days=[ago(3), ago(2)])
    visits(episode, days=[TODAY + timedelta(days=30)], status="booked")
    marks = relief_series(episode).infusions
    assert [(mark.day, mark.number) for mark in marks] == [(ago(3), 1), (ago(2), 2)]
    handed_in = (InfusionMark(day=ago(1), number=1, visit_id=marks[0].visit_id),)
    assert relief_series(episode, infusions=handed_in).infusions == handed_in


def test_nothing_recorded_is_an_empty_curve(episode) -> None:
    curve = relief_series(episode)
    assert curve.is_empty
    assert (curve.course, curve.before, curve.responder, curve.lasting) == (None, None, None, None)


def test_it_judges_response_and_how_long_relief_lasted(episode) -> None:
    visits(episode, days=[ago(45), ago(44)])
    a_diary(episode, [8] * 7, ending_on=ago(46))
    a_diary(episode, [3] * 30, ending_on=ago(14))
    assert relief_series(episode).responder is None  # nobody asked for the impression of change yet
    enter(episode, "PGIC", 2, days_ago=23)
    curve = relief_series(episode)
    assert curve.before is not None
    assert (curve.before.mean, curve.responder) == (8, True)
    assert curve.lasting is not None
    assert (curve.lasting.days, curve.lasting.returned) == (30, False)
    a_diary(episode, [8] * 13, ending_on=ago(1))
    again = relief_series(episode).lasting
    assert again is not None
    assert again.returned


def test_a_course_that_runs_is_not_judged(episode) -> None:
    series = visits(episode, days=[ago(1), TODAY + timedelta(days=1)])
    series.visits.filter(number=2).update(status="booked")
    a_diary(episode, [8] * 7, ending_on=ago(2))
    curve = relief_series(episode)
    assert curve.course is not None
    assert (curve.course.first_on, curve.course.ended_on) == (ago(1), None)
    assert (curve.responder, curve.lasting) == (None, None)


def test_the_newest_course_that_has_begun_counts(episode) -> None:
    visits(episode, days=[ago(90), ago(89)])
    visits(episode, days=[ago(20), ago(19)])
    visits(episode, days=[TODAY + timedelta(days=9)], status="booked")
    course = course_of(visits_of([episode.pk]), CHICAGO)
    assert course is not None
    assert (course.first_on, course.ended_on, course.next_on) == (ago(20), ago(19), TODAY + timedelta(days=9))


def test_a_cancelled_visit_is_no_infusion(episode) -> None:
    visits(episode, days=[ago(5)], status="cancelled")
    assert course_of(visits_of([episode.pk]), CHICAGO) is None


def test_the_picture_keeps_gaps_and_counts_from_the_first_infusion(episode) -> None:
    visits(episode, days=[ago(4)])
    a_diary(episode, [8, 8, 8, 8, 8, None, None, 4])
    enter(episode, "NRS11", 2, days_ago=0)
    drawn = picture(relief_series(episode), words={**WORDS, "infusions": "1 infusion"})
    assert drawn["x"]["values"] == list(range(-3, 5))
    mean, single = drawn["series"]
    assert mean["values"] == [None, None, None, 8.0, 8.0, None, None, 6.8]
    assert (mean["low"][-1], mean["high"][-1], mean["dots"]) == (2.0, 8.0, False)
    assert single["values"] == [8.0, 8.0, 8.0, None, None, None, None, None]
    assert drawn["marks"] == [{"from": 0, "to": 0, "words": "1 infusion"}]
    assert drawn["y"]["most"] == 10


def test_completion_counts_the_open_ones_apart(episode) -> None:
    from ebbtide.journey.outcomes.actions import AnswerItem, answer_item

    clinic = episode.patient.clinic
    states = {
        n: a_check_in(episode, ask=("PEG",), point=f"P{n}", due_on=ago(4), days=6 if n > 2 else 1)
        for n in range(5)
    }
    for n, items in ((0, 3), (1, 1), (3, 2)):
        row = states[n]
        for item in range(1, items + 1):
            answer_item(
                an_act(holder(row), at=row.opens_at),
                AnswerItem(invitation=row, instrument="PEG", item=item, value=None if item == 3 else 5),
            )
    a_check_in(episode, ask=("PHQ9",), point="AT-VISIT", due_on=ago(4))
    found = completion(clinic, ago(7), TODAY, at=NOW)
    assert (found.asked, found.completed, found.partial, found.none, found.still_open) == (5, 1, 1, 1, 2)
    assert found.ended == 3
    assert completion(clinic, TODAY, TODAY + timedelta(days=1), at=NOW).asked == 0
