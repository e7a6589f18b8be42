"""The engine for many people against the closed form for one, and against forty digits where rates meet."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp
from scipy.linalg import expm

from ebbtide.pharmacology.engine import stepping
from ebbtide.pharmacology.engine.closed_form import auc_ng_h_per_ml, impulses, modes_of, segments
from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.engine.programme import Grid, programme_of
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule, constant_infusion
from tests.pharmacology.builders import (
    ADULT_MODELS,
    a_cohort,
    body_in,
    closed_form,
    crowds,
    grids,
    schedules,
    schedules_around,
    snapped,
)
from tests.pharmacology.oracles import AN_ORDER, GAPS, MEETINGS, in_forty_digits, where_rates_meet

EXACT = 1e-10
STIFFEST = 2e4  # fastest rate x time: beyond, what is rounded in the rates themselves may be more than EXACT


def drawn(network, schedule, grid):
    return stepping.curves(network, programme_of(schedule, grid))


def peaks_of(network, schedule, *grids):
    """The highest value of every output of everybody, on these grids and on others: people x outputs x 1."""
    end_h = max(schedule.end_h, 1.0) * 1.5
    looks = [*grids, Grid(step_h=end_h / 500, count=500)]
    looks += [Grid(step_h=1.0, count=1, start_h=edge_h) for edge_h in schedule.edges_h]
    return np.concatenate([drawn(network, schedule, grid) for grid in looks], axis=2).max(axis=2)[:, :, None]


def of_peak(apart, peaks):
    """The largest difference as a share of the highest value of its curve; what is never given differs by nothing."""
    return float((np.abs(apart) / np.where(peaks > 0, peaks, 1.0)).max())


def is_stiff(network, until_h):
    """Whether the fastest rate of anybody has passed too often for what decays slowly or, as areas, never."""
    return float(np.abs(network.rates_per_h).max()) * until_h > STIFFEST


def given_by(schedule, at_h):
    return math.fsum(
        rate * (min(max(at_h, start), end) - start) for start, end, rate in segments(schedule)
    ) + math.fsum(amount for when, amount in impulses(schedule) if when <= at_h)


def now(network, schedule, at_h):
    """Every output of everybody at one instant: people x outputs."""
    return drawn(network, schedule, Grid(step_h=1.0, count=1, start_h=at_h))[:, :, 0]


@settings(max_examples=20, deadline=None)
@given(crowds(), grids, st.data())
def test_it_draws_the_curves_of_the_closed_form(crowd, grid, data):
    schedule = data.draw(schedules_around(grid))
    network = crowd.network()
    assume(not is_stiff(network, grid.time_of(grid.count)))
    found, peaks = drawn(network, schedule, grid), peaks_of(network, schedule, grid)
    looked = data.draw(st.lists(st.integers(0, grid.count - 1), min_size=1, max_size=5, unique=True))
    for person in range(network.size):
        expected = closed_form(
            body_in(crowd.cohort, person),
            snapped(schedule, grid),
            grid.times_h[looked],
            ke0_per_h=float(crowd.ke0_per_h[person]),
        )
        for place, output in enumerate(network.outputs):
            apart = found[person, place, looked] - expected[output]
            assert of_peak(apart, peaks[person, place]) <= EXACT, output


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("meeting", MEETINGS)
def test_it_keeps_its_figures_where_rates_meet(meeting, gap):
    crowd, body = where_rates_meet(meeting, gap)
    network, grid = crowd.network(), Grid(step_h=0.25, count=40, start_h=0.2)
    looked, found = [2, 11, 39], drawn(network, AN_ORDER, grid)[0]
    expected = in_forty_digits(body, AN_ORDER, grid.times_h[looked], ke0_per_h=float(crowd.ke0_per_h[0]))
    for place, output in enumerate(network.outputs):
        assert found[place, looked] == pytest.approx(expected[output], rel=0, abs=1e-12 * found[place].max())


@settings(max_examples=20, deadline=None)
@given(crowds(), grids, st.data())
def test_it_adds_up(crowd, grid, data):
    one, other = (snapped(data.draw(schedules_around(grid)), grid) for _ in range(2))
    network = crowd.network(areas=True)
    assume(not is_stiff(network, grid.time_of(grid.count)))
    apart = drawn(network, one, grid) + drawn(network, other, grid)
    together = one.plus(other)
    assert of_peak(drawn(network, together, grid) - apart, peaks_of(network, together, grid)) <= EXACT


@settings(max_examples=20, deadline=None)
@given(crowds(), grids, st.floats(0.1, 20), st.floats(0.05, 0.95))
def test_it_does_not_notice_where_an_infusion_is_cut(crowd, grid, long_h, share):
    whole, network = constant_infusion(amount_mg=20, over_h=long_h), crowd.network(areas=True)
    cut = whole.paused(at_h=share * long_h, for_h=0.0)
    assume(not is_stiff(network, grid.time_of(grid.count)))
    assert len(cut.infusions) == 2
    apart = drawn(network, whole, grid) - drawn(network, cut, grid)
    assert of_peak(apart, peaks_of(network, whole, grid)) <= EXACT


@settings(max_examples=20, deadline=None)
@given(crowds(), grids, st.floats(0, 30), st.data())
def test_it_moves_with_the_clock(crowd, grid, by_h, data):
    schedule = snapped(data.draw(schedules_around(grid)), grid)
    later = Grid(step_h=grid.step_h, count=grid.count, start_h=grid.start_h + by_h)
    moved = schedule.delayed(by_h=by_h)
    edges = [(edge - grid.start_h) / grid.step_h for edge in schedule.edges_h]
    # at the very instant of a bolus the last bit decides on which side of ON_GRID a time falls
    assume(all(edge == round(edge) or abs(edge - round(edge)) > 1e-6 for edge in edges))
    network = crowd.network()
    assume(not is_stiff(network, later.time_of(later.count)))
    apart = drawn(network, schedule, grid) - drawn(network, moved, later)
    assert of_peak(apart, peaks_of(network, schedule, grid)) <= EXACT


@settings(max_examples=20, deadline=None)
@given(crowds(), schedules(), st.floats(0.1, 60))
def test_it_loses_no_drug(crowd, schedule, at_h):
    """Given = in the body + eliminated, for the parent by its area, behind an organ by what it forms; and so on."""
    network = crowd.network(areas=True)
    assume(not is_stiff(network, at_h))
    standing = stepping.at_rest(network)
    for start_h, end_h in zip([0.0, *schedule.edges_h], [*schedule.edges_h, math.inf], strict=True):
        if start_h < at_h:
            rate = sum(part for a, b, part in segments(schedule) if a <= start_h < b)
            standing = stepping.carried(
                network,
                standing,
                until_h=min(end_h, at_h),
                rate_mg_per_h=np.full(network.size, rate),
            )
            amount = sum(part for at, part in impulses(schedule) if at == standing.at_h)
            standing = stepping.pushed(standing, amount_mg=np.full(network.size, amount))
    read = dict(zip(network.outputs, stepping.outputs_of(network, standing).T, strict=True))
    for person in range(network.size):
        body = body_in(crowd.cohort, person)
        amounts = standing.amounts[person]
        size = 1 + len(body.compartments.peripheral_volumes_l) + (body.organ is not None)
        held, passed = [amounts[:size].sum()], []
        for metabolite in body.metabolites:
            start = size
            size += (metabolite.transit.stages if metabolite.transit else 0) + 1
            size += len(metabolite.compartments.peripheral_volumes_l)
            area = read[f"area_of_{metabolite.id}"][person] / (1000 * metabolite.concentration_factor)
            held.append(amounts[start:size].sum())
            passed.append(
                held[-1] + metabolite.compartments.elimination_l_per_h * area
            )  # all that was ever formed
        if body.organ is None:
            eliminated = body.clearance_l_per_h * read["area_of_ketamine"][person] / 1000
        elif body.metabolites:
            share = body.organ.k_to_metabolite_per_h / (
                body.organ.k_elimination_per_h + body.organ.k_to_metabolite_per_h
            )
            eliminated = passed[0] / body.metabolites[0].fraction / share
        else:
            eliminated = max(0.0, given_by(schedule, at_h) - held[0])
        close = pytest.approx(given_by(schedule, at_h), rel=EXACT, abs=EXACT * max(schedule.total_mg, 1e-9))
        assert held[0] + eliminated == close
        if len(passed) == 2:
            lost = (passed[0] - held[1]) * body.metabolites[1].fraction
            assert passed[1] == pytest.approx(lost, rel=EXACT, abs=EXACT * max(schedule.total_mg, 1e-9))


@settings(max_examples=20, deadline=None)
@given(crowds(metabolites=0), schedules(), st.floats(0.1, 60))
def test_it_carries_the_area_of_the_closed_form(crowd, schedule, until_h):
    network = crowd.network(areas=True)
    assume(not is_stiff(network, until_h))
    found = now(network, schedule, until_h)[:, network.outputs.index("area_of_ketamine")]
    for person, area in enumerate(found):
        expected = auc_ng_h_per_ml(body=body_in(crowd.cohort, person), schedule=schedule, until_h=until_h)
        assert area == pytest.approx(expected, rel=EXACT, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(crowds(metabolites=0, people=1), schedules(), st.floats(1, 100))
def test_it_comes_to_dose_and_rate_over_clearance(crowd, schedule, rate_mg_per_h):
    """At the end of time, for the effect site as for the blood."""
    body, network = body_in(crowd.cohort, 0), crowd.network(areas=True)
    long_h = 40 / min(-float(modes_of(body).rates_per_h.max()), float(crowd.ke0_per_h[0]))
    assume(not is_stiff(network, schedule.end_h + long_h))
    at_last = dict(zip(network.outputs, now(network, schedule, schedule.end_h + long_h)[0], strict=True))
    area = 1000 * schedule.total_mg / body.clearance_l_per_h
    assert at_last["area_of_ketamine"] == pytest.approx(area, rel=EXACT, abs=1e-9)
    assert at_last["area_of_effect_site"] == pytest.approx(area, rel=EXACT, abs=1e-9)
    steady = constant_infusion(amount_mg=rate_mg_per_h * long_h, over_h=long_h)
    level = now(network, steady, long_h * (1 - 1e-9))[0, :2]
    assert level == pytest.approx(np.full(2, 1000 * rate_mg_per_h / body.clearance_l_per_h), rel=EXACT)


@pytest.mark.parametrize("model_id", ADULT_MODELS)
def test_it_comes_to_the_steady_state_of_every_species(model_id):
    cohort, rate_mg_per_h, long_h = a_cohort(model_id), 20.0, 700.0
    outputs = ("ketamine", *(part.id for part in cohort.model.body.metabolites))
    grid = Grid(step_h=1.0, count=1, start_h=long_h)
    found = drawn(
        network_of(cohort, outputs=outputs),
        constant_infusion(amount_mg=rate_mg_per_h * 800, over_h=800),
        grid,
    )
    for person in range(cohort.size):
        body = body_in(cohort, person)
        assert found[person, 0, 0] == pytest.approx(1000 * rate_mg_per_h / body.clearance_l_per_h, rel=1e-9)
        flux = rate_mg_per_h
        if body.organ is not None:
            flux *= body.organ.k_to_metabolite_per_h / (
                body.organ.k_elimination_per_h + body.organ.k_to_metabolite_per_h
            )
        for place, part in enumerate(body.metabolites, start=1):
            flux *= part.fraction
            level = 1000 * part.concentration_factor * flux / part.compartments.elimination_l_per_h
            assert found[person, place, 0] == pytest.approx(level, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(crowds(), grids, st.data())
def test_it_never_goes_below_zero(crowd, grid, data):
    found = drawn(crowd.network(areas=True), data.draw(schedules_around(grid)), grid)
    assert found.min() >= 0


@settings(max_examples=20, deadline=None)
@given(crowds(people=1), st.floats(0, 3))
def test_it_takes_the_exponential_that_scipy_takes(crowd, hours):
    rates = np.moveaxis(crowd.network(areas=True).rates_per_h, 2, 0)
    found, expected = stepping.exponential(rates, hours)[0], expm(rates[0] * hours)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-11 * expected.max())


@pytest.mark.parametrize("hours", [1 / 60, 1.0, 30.0, 300.0])
def test_it_takes_the_exponential_as_exactly_as_it_says(hours):
    rates = np.moveaxis(network_of(a_cohort(size=1), areas=True).rates_per_h, 2, 0)
    found = stepping.exponential(rates, hours)[0]
    with mp.workdps(40):
        exact = mp.expm(mp.matrix(rates[0].tolist()) * mp.mpf(hours))
        apart = [
            abs(float(mp.mpf(found[place]) / exact[place] - 1))
            for place in np.ndindex(found.shape)
            if exact[place] > 1e-300
        ]
    assert max(apart) <= 3e-15 * max(1.0, float(np.abs(rates).max()) * hours)
    assert len(apart) >= 14


def test_it_takes_the_exponential_of_no_time_and_of_no_rates_as_one():
    rates = np.moveaxis(network_of(a_cohort()).rates_per_h, 2, 0)
    assert np.array_equal(stepping.exponential(rates, 0.0), np.broadcast_to(np.eye(4), (3, 4, 4)))
    assert np.array_equal(
        stepping.exponential(np.zeros((2, 3, 3)), 5.0), np.broadcast_to(np.eye(3), (2, 3, 3))
    )


def test_it_multiplies_every_dose_of_a_person_by_a_factor(monkeypatch):
    """Also across the shares in which people are worked out."""
    monkeypatch.setattr(stepping, "PEOPLE_AT_ONCE", 2)
    network, factors = network_of(a_cohort(size=5), areas=True), np.array([40.0, 70.0, 71.0, 90.0, 130.0])
    grid = Grid(step_h=0.1, count=50)
    found = stepping.curves(network, programme_of(AN_ORDER.times(0.01), grid), doses=factors)
    for person, factor in enumerate(factors):
        alone = network.some(slice(person, person + 1))
        expected = drawn(alone, AN_ORDER.times(0.01 * factor), grid)[0]
        assert found[person] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_it_wants_a_factor_for_each_person():
    network, programme = network_of(a_cohort(size=3)), programme_of(AN_ORDER, Grid(step_h=0.1, count=2))
    with pytest.raises(ValueError, match=r"3 people and factors of doses of shape \(1,\)"):
        stepping.curves(network, programme, doses=np.ones(1))


@settings(max_examples=20, deadline=None)
@given(
    crowds(),
    st.lists(
        st.tuples(st.just(0.0) | st.floats(1e-3, 5), st.floats(0, 60), st.floats(0, 10)),
        min_size=1,
        max_size=5,
    ),
)
def test_it_continues_where_it_stood_as_if_it_had_computed_everything(crowd, parts):
    """Each part: so long at a rate, then a bolus; at every end the bodies hold what the whole schedule leaves."""
    network = crowd.network(areas=True)
    assume(not is_stiff(network, sum(long_h for long_h, _, _ in parts)))
    standing, schedule = stepping.at_rest(network), Schedule()
    for long_h, rate, bolus_mg in parts:
        until_h = standing.at_h + long_h
        if until_h > standing.at_h:
            run = Infusion(start_h=standing.at_h, end_h=until_h, rate_mg_per_h=rate)
            schedule = schedule.plus(Schedule(infusions=(run,)))
        schedule = schedule.plus(Schedule(boluses=(Bolus(at_h=until_h, amount_mg=bolus_mg),)))
        standing = stepping.carried(
            network, standing, until_h=until_h, rate_mg_per_h=np.full(network.size, rate)
        )
        standing = stepping.pushed(standing, amount_mg=np.full(network.size, bolus_mg))
        apart = stepping.outputs_of(network, standing) - now(network, schedule, until_h)
        assert standing.at_h == until_h
        assert of_peak(apart[:, :, None], peaks_of(network, schedule)) <= EXACT


def test_it_leaves_a_state_as_it_was_when_it_continues_it():
    network = network_of(a_cohort())
    first = stepping.pushed(stepping.at_rest(network), amount_mg=np.full(3, 5.0))
    kept = first.amounts.copy()
    stepping.pushed(first, amount_mg=np.ones(3))
    stepping.carried(network, first, until_h=1.0, rate_mg_per_h=np.ones(3))
    assert np.array_equal(first.amounts, kept)


def test_it_does_not_go_back_in_time():
    network = network_of(a_cohort())
    standing = stepping.carried(network, stepping.at_rest(network), until_h=2.0, rate_mg_per_h=np.ones(3))
    with pytest.raises(ValueError, match=r"stand at 2\.0 h: they cannot be carried back to 1\.5 h"):
        stepping.carried(network, standing, until_h=1.5, rate_mg_per_h=np.ones(3))
