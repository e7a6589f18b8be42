"""A schedule and a grid as operations: walked through with a watch and a scale, they give what was ordered, when."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.pharmacology.engine.closed_form import impulses, segments
from ebbtide.pharmacology.engine.programme import BLOCK, ON_GRID, Grid, Op, programme_of, with_the_last_alone
from ebbtide.pharmacology.errors import MalformedSchedule
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule, constant_infusion
from tests.pharmacology.builders import grids, schedules_around, snapped

AN_HOUR = Grid(step_h=1 / 60, count=60)


def walked(programme):
    """What a watch and a scale show at each EMIT: place, count, hours, mg given so far."""
    now_h, rate, seen, given_mg = 0.0, 0.0, [], [0.0]
    for code, number, place, count in zip(
        programme.codes, programme.numbers, programme.places, programme.counts, strict=True
    ):
        hours = {Op.DRIFT: number, Op.ADVANCE: 2.0**place * programme.grid.step_h}.get(Op(code), 0.0)
        now_h += hours
        given_mg.append(rate * hours)
        if code == Op.RATE:
            rate = number
        elif code == Op.IMPULSE:
            given_mg.append(number)
        elif code == Op.EMIT:
            seen.append((int(place), int(count), now_h, math.fsum(given_mg)))
    return seen


def given_by(schedule, at_h):
    return math.fsum(
        rate * (min(max(at_h, start), end) - start) for start, end, rate in segments(schedule)
    ) + math.fsum(amount for when, amount in impulses(schedule) if when <= at_h)


def emits_of(programme):
    """Place and count of every EMIT, in order."""
    chosen = programme.codes == Op.EMIT
    return list(zip(programme.places[chosen].tolist(), programme.counts[chosen].tolist(), strict=True))


def operations(programme):
    return [Op(code).name for code in programme.codes]


@settings(max_examples=80, deadline=None)
@given(grids, st.data())
def test_it_writes_each_time_once_and_has_given_by_then_what_was_ordered(grid, data):
    schedule = data.draw(schedules_around(grid))
    programme = programme_of(schedule, grid)
    emits = emits_of(programme)
    assert [place for first, count in emits for place in range(first, first + count)] == list(
        range(grid.count)
    )
    assert all(0 < count <= BLOCK for _, count in emits)
    assert all(hours > 0 for hours in programme.numbers[programme.codes == Op.DRIFT])
    clean, whole_mg = snapped(schedule, grid), max(schedule.total_mg, 1e-9)
    for place, _, now_h, given_mg in walked(programme):
        # each edge may stand up to ON_GRID of a step beside where it was ordered
        at_h = grid.time_of(place)
        assert now_h == pytest.approx(at_h, abs=1e-9 * grid.step_h + 1e-14 * at_h)
        assert given_mg == pytest.approx(given_by(clean, at_h), abs=1e-9 * whole_mg)


@settings(max_examples=60, deadline=None)
@given(grids, st.data())
def test_it_stands_at_the_last_time_when_that_is_written_alone(grid, data):
    programme = programme_of(data.draw(schedules_around(grid)), grid)
    alone = with_the_last_alone(programme)
    emits = emits_of(alone)
    assert emits[-1] == (grid.count - 1, 1)
    assert [place for first, count in emits for place in range(first, first + count)] == list(
        range(grid.count)
    )
    before, after = walked(programme), walked(alone)
    assert after[: len(before) - 1] == before[:-1]
    assert after[-1][2] == pytest.approx(grid.times_h[-1], abs=1e-9 * grid.step_h + 1e-14 * grid.times_h[-1])


def test_it_leaves_a_programme_whose_last_time_is_alone():
    programme = programme_of(Schedule(), Grid(step_h=1.0, count=BLOCK + 1))
    assert with_the_last_alone(programme) is programme


def test_it_writes_one_infusion_on_the_grid_without_a_drift():
    programme = programme_of(constant_infusion(amount_mg=40, over_h=40 / 60), AN_HOUR)
    assert operations(programme) == ["RATE", "EMIT", "ADVANCE", "EMIT", "ADVANCE", "RATE", "EMIT"]
    assert programme.numbers[programme.codes == Op.RATE].tolist() == [60.0, 0.0]
    assert emits_of(programme) == [(0, 32), (32, 8), (40, 20)]


def test_it_drifts_to_and_from_an_edge_between_two_times():
    programme = programme_of(constant_infusion(amount_mg=40, over_h=40.25 / 60), AN_HOUR)
    drifts = programme.numbers[programme.codes == Op.DRIFT]
    assert drifts * 60 == pytest.approx([0.25, 0.75])
    assert emits_of(programme) == [(0, 32), (32, 9), (41, 19)]


@pytest.mark.parametrize(("beside", "drifts"), [(0.0, 0), (0.9, 0), (-0.9, 0), (3.0, 2), (-3.0, 2)])
def test_it_takes_an_edge_that_hardly_misses_a_time_as_on_it(beside, drifts):
    at_h = (40 + beside * ON_GRID) / 60
    schedule = Schedule(boluses=(Bolus(at_h=at_h, amount_mg=5.0),))
    programme = programme_of(schedule, AN_HOUR)
    assert operations(programme).count("DRIFT") == drifts
    (before,) = [mg for place, _, _, mg in walked(programme) if place == 32]
    assert before == 0.0
    first_with = min(place for place, _, _, mg in walked(programme) if mg == 5.0)
    assert first_with == (41 if beside > 1 else 40)


@pytest.mark.parametrize(
    "over_h",
    [1e-13, 1e-12, 0.9 * ON_GRID / 60],
)
@pytest.mark.parametrize("at_h", [0.25, 0.2512])
def test_it_loses_nothing_that_goes_in_too_fast_for_the_grid(over_h, at_h):
    """A dose is never lost, however short the pump ran."""
    schedule = Schedule(boluses=(Bolus(at_h=at_h, amount_mg=7.0, over_h=over_h),))
    programme = programme_of(schedule, AN_HOUR)
    assert walked(programme)[-1][3] == pytest.approx(
        7.0, rel=1e-3
    )  # the end of so short a stretch is rounded
    if over_h < ON_GRID / 60:
        assert "IMPULSE" in operations(programme)


def test_it_passes_over_what_came_before_the_first_time():
    grid = Grid(step_h=0.5, count=3, start_h=10.25)
    programme = programme_of(constant_infusion(amount_mg=8, over_h=4), grid)
    assert operations(programme) == ["RATE", "DRIFT", "RATE", "DRIFT", "EMIT"]
    assert programme.numbers[programme.codes == Op.DRIFT] == pytest.approx([4.0, 6.25])


def test_it_leaves_out_what_comes_after_the_last_time():
    ordered = Schedule(
        infusions=tuple(Infusion(start_h=day, end_h=day + 1, rate_mg_per_h=5) for day in (0, 24, 48))
    )
    short = programme_of(ordered, AN_HOUR)
    assert operations(short) == ["RATE", "EMIT", "ADVANCE", "EMIT"]


def test_it_needs_no_more_than_the_edges_for_more_infusions():
    """Six infusions in two weeks add operations by the edge, and none by the hour."""
    grid = Grid(step_h=1 / 6, count=15 * 24 * 6)
    days = (0, 2, 4, 7, 9, 11)
    six = Schedule(
        infusions=tuple(Infusion(start_h=24.0 * day, end_h=24 * day + 4, rate_mg_per_h=25) for day in days)
    )
    one, many = programme_of(Schedule(infusions=six.infusions[:1]), grid), programme_of(six, grid)
    assert "DRIFT" not in operations(many)
    assert len(many) - len(one) <= 10 * 8


def test_it_writes_an_empty_order_as_nothing_given():
    assert operations(programme_of(Schedule(), Grid(step_h=1.0, count=2))) == ["RATE", "EMIT"]


def test_it_sums_infusions_that_run_together_and_says_a_rate_once():
    schedule = Schedule(
        infusions=(
            Infusion(start_h=0, end_h=0.5, rate_mg_per_h=10),
            Infusion(start_h=0.25, end_h=0.75, rate_mg_per_h=10),
            Infusion(start_h=0.5, end_h=1.0, rate_mg_per_h=10),
        )
    )
    programme = programme_of(schedule, AN_HOUR)
    assert programme.numbers[programme.codes == Op.RATE].tolist() == [10.0, 20.0, 10.0]


def test_it_tells_its_times():
    grid = Grid(step_h=0.25, count=3, start_h=1.0)
    assert grid.times_h.tolist() == [1.0, 1.25, 1.5]
    assert [grid.time_of(place) for place in range(3)] == grid.times_h.tolist()
    assert all(a < b for a, b in pairwise(grid.times_h.tolist()))


@pytest.mark.parametrize(
    ("at_h", "place"),
    [
        (0.0, 0),
        (1.0, 0),
        (1.1, 1),
        (1.25, 1),
        (1.25 + 1e-13, 1),
        (1.25 - 1e-13, 1),
        (1.25 + 1e-9, 2),
        (1.5, 2),
        (1.6, 3),
        (99.0, 3),
    ],
)
def test_it_finds_the_first_time_that_is_not_before(at_h, place):
    assert Grid(step_h=0.25, count=3, start_h=1.0).first_at_or_after(at_h) == place


@pytest.mark.parametrize(
    ("step_h", "count", "start_h"),
    [(0.0, 1, 0.0), (-1.0, 1, 0.0), (1.0, 0, 0.0), (1.0, 1, -0.1), (np.nan, 1, 0.0)],
)
def test_it_refuses_a_grid_that_goes_nowhere(step_h, count, start_h):
    with pytest.raises(MalformedSchedule, match="the step and the count must be above zero"):
        Grid(step_h=step_h, count=count, start_h=start_h)
