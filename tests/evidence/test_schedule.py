"""The schedule: points from the end of the course until the next infusion, the diary, and at most two reminders."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.evidence.instruments import load_instruments
from ebbtide.evidence.schedule import CourseDays, DueCheckIn, due_check_ins, reminders_on

PACK = load_instruments()
FIRST, END = date(2026, 6, 1), date(2026, 6, 5)
OVER = CourseDays(first_on=FIRST, ended_on=END)


def due(days_after_end: int, course: CourseDays = OVER, **fields) -> list[tuple[str, tuple[str, ...]]]:
    found = due_check_ins(PACK, course, today=END + timedelta(days=days_after_end), **fields)
    return [(one.point, one.ask) for one in found]


@pytest.mark.parametrize(
    ("days", "points"),
    [
        (-12, []),
        (-11, ["BASE"]),
        (-5, ["BASE"]),
        (-4, ["DIARY"]),
        (0, ["DIARY"]),
        (1, ["DIARY"]),
        (7, ["FU-W1"]),
        (8, ["FU-W1", "DIARY"]),
        (9, ["FU-W1", "DIARY"]),
        (10, ["DIARY"]),
        (21, ["FU-D21"]),
        (28, ["DIARY"]),
        (29, []),
        (30, ["FU-M1"]),
        (35, ["FU-M1", "DIARY"]),
        (36, []),
        (42, ["DIARY"]),
        (91, ["FU-M3"]),
        (105, ["FU-M3", "DIARY"]),
        (106, []),
        (365, ["FU-M12"]),
        (392, ["FU-M12"]),
        (399, []),
    ],
)
def test_it_asks_what_is_due(days, points) -> None:
    assert [point for point, _ in due(days)] == points


def test_it_leaves_the_call_of_the_next_day_to_the_stage_that_makes_it() -> None:
    assert not any("safety_call" in ask for days in range(400) for _, ask in due(days))


def test_it_asks_pcl5_only_where_it_is_indicated() -> None:
    assert "PCL5" not in due(91)[0][1]
    assert "PCL5" in due(91, indicated=["PCL5"])[0][1]
    assert due(7)[0][1] == ("NRS11", "PEG", "PGIC", "PHQ9")


def test_it_stops_at_the_next_infusion() -> None:
    again = CourseDays(first_on=FIRST, ended_on=END, next_on=END + timedelta(days=32))
    assert due(24, again) == [("FU-D21", ("NRS11", "PEG", "PGIC", "PHQ9")), ("DIARY", ("NRS11",))]
    assert due(26, again) == [("BASE", ("NRS11",))]
    assert [point for point, _ in due(31, again)] == ["FU-M1", "BASE"]
    # day 32 is an infusion: the window of the month ended the day before, and nothing of the old course is asked
    assert due(32, again) == []
    assert due(61, again) == []


def test_a_course_that_runs_is_not_followed_up_yet() -> None:
    running = CourseDays(first_on=FIRST)
    assert due(7, running) == [("DIARY", ("NRS11",))]


@pytest.mark.parametrize(
    ("length", "days"),
    [(0, []), (1, [1]), (2, [1, 2]), (3, [1, 2]), (5, [1, 2]), (14, [4, 8]), (30, [10, 20])],
)
def test_it_reminds_at_most_twice_and_inside_the_window(length, days) -> None:
    one = DueCheckIn(point="X", due_on=END, closes_on=END + timedelta(days=length), ask=("PEG",))
    assert [(day - END).days for day in reminders_on(one)] == days


@given(st.integers(-30, 500), st.integers(1, 400) | st.none())
def test_nothing_is_asked_twice_a_day_and_every_window_holds_the_day(days, gap) -> None:
    next_on = END + timedelta(days=gap) if gap else None
    course = CourseDays(first_on=FIRST, ended_on=END, next_on=next_on)
    today = END + timedelta(days=days)
    found = due_check_ins(PACK, course, today=today)
    assert len({one.point for one in found}) == len(found)
    assert all(one.due_on <= today <= one.closes_on for one in found)
    if next_on is not None and today >= next_on:
        assert found == ()
