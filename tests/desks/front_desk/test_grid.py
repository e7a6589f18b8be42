"""The day's cells fill the frame exactly, hour by hour, whatever is booked."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ebbtide.desks.front_desk.grid import CellKind, Placed, cells, frame, hours

EIGHT = datetime(2026, 11, 24, 8, tzinfo=UTC)
OPEN = (EIGHT, EIGHT + timedelta(hours=9))


def placed(start_min: int, minutes: int) -> Placed:
    start = EIGHT + timedelta(minutes=start_min)
    return Placed(
        row=1,
        starts_at=start,
        ends_at=start + timedelta(minutes=minutes),
        name="A",
        words="booked",
        state="booked",
        href="",
    )


def test_it_shows_nothing_when_nothing_is_open_and_nothing_stands():
    assert frame(None, []) is None


def test_it_widens_for_a_visit_outside_the_hours():
    assert frame(OPEN, [placed(-20, 30), placed(530, 25)]) == (
        EIGHT - timedelta(hours=1),
        EIGHT + timedelta(hours=10),
    )


def test_it_marks_what_is_closed_free_and_taken():
    shown = frame(OPEN, [placed(-30, 60)])
    kinds = [(c.kind, c.span) for c in cells(shown, OPEN, [placed(-30, 60)])][:4]
    assert kinds == [(CellKind.CLOSED, 2), (CellKind.VISIT, 4), (CellKind.FREE, 2), (CellKind.FREE, 4)]


def test_it_cuts_at_opening_hours_that_are_no_full_hours():
    opened = (EIGHT + timedelta(minutes=30), EIGHT + timedelta(minutes=105))
    assert [(c.kind, c.span) for c in cells(frame(opened, []), opened, [])] == [
        (CellKind.CLOSED, 2),
        (CellKind.FREE, 2),
        (CellKind.FREE, 3),
        (CellKind.CLOSED, 1),
    ]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), max_size=5))
def test_it_fills_the_frame_exactly(steps):
    visits, at = [], 0
    for gap, length in steps:
        visits.append(placed((at + gap) * 15, length * 15))
        at += gap + length
    shown = frame(OPEN, visits)
    made = cells(shown, OPEN, visits)
    assert sum(c.span for c in made) == 4 * len(hours(shown))
    assert sum(c.kind is CellKind.VISIT for c in made) == len(visits)
