"""The mathematics of effects against other ways of computing them, and against published numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.pharmacology.effects.action import (
    AcuteTolerance,
    additive_linear,
    behind_the_centre_ng_per_ml,
    competitive_occupancy,
    effect_site_ng_per_ml,
    nanomolar,
    sigmoid_emax,
    tolerance_ng_per_ml,
    tolerated_c50_ng_per_ml,
)
from ebbtide.pharmacology.engine.closed_form import concentration_ng_per_ml, modes_of
from ebbtide.pharmacology.engine.cohort import cohort_of
from ebbtide.pharmacology.engine.divided import convolution, convolutions
from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.engine.programme import Grid, programme_of
from ebbtide.pharmacology.engine.stepping import curves
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule, constant_infusion
from tests.pharmacology.builders import ADULT_MODELS, a_body, bodies, data, schedules, times

KE0_PER_H = 60 * np.log(2) / 8.3
rates = st.floats(0.01, 60.0)
milli_h = st.integers(0, 24_000).map(lambda thousandths: thousandths / 1000)


@st.composite
def off_grid(draw):
    """Schedules whose edges stand on a grid time or well away from it: 1e-12 h before one is another question."""
    starts = draw(st.lists(milli_h, min_size=1, max_size=3))
    return Schedule(
        infusions=tuple(
            Infusion(start_h=start, end_h=start + draw(milli_h) + 0.05, rate_mg_per_h=draw(st.floats(0, 100)))
            for start in starts
        ),
        boluses=(Bolus(at_h=draw(milli_h), amount_mg=20, over_h=draw(st.sampled_from([0, 0.05]))),),
    )


def at_one_time(model_id, schedule, grid, ke0_per_h):
    """The centre and the effect site as the engine for many people has them."""
    cohort = cohort_of(
        model=the_library().model(model_id), weight_kg=np.array([70.0]), age_y=np.array([46.0])
    )
    network = network_of(cohort, outputs=("ketamine", "effect_site"), ke0_per_h=np.array([ke0_per_h]))
    return curves(network, programme_of(schedule, grid))[0]


def test_it_meets_the_golden_effect_site_bolus():
    golden = data()["golden"]["effect_site_bolus"]
    hours = np.arange(0, 0.5, 0.01 / 60)
    schedule = Schedule(boluses=(Bolus(at_h=0, amount_mg=golden["bolus_mg"]),))
    question = {"body": a_body(golden["model"]), "schedule": schedule}
    ke0_per_h = 60 * np.log(2) / golden["ke0_half_min"]
    site = effect_site_ng_per_ml(**question, times_h=hours, ke0_per_h=ke0_per_h)
    assert site.max() == pytest.approx(golden["target_ce_ng_ml"], rel=1e-3)
    assert 60 * hours[site.argmax()] == pytest.approx(golden["peak_min"], abs=0.01)
    at_once = concentration_ng_per_ml(**question, times_h=np.zeros(1))
    assert at_once == pytest.approx(golden["plasma_at_0_ng_ml"], rel=1e-3)


@settings(max_examples=15, deadline=None)
@given(model_id=st.sampled_from(ADULT_MODELS), schedule=off_grid(), ke0_per_h=rates)
def test_it_agrees_with_the_network_to_1e_10_of_peak(model_id, schedule, ke0_per_h):
    grid = Grid(step_h=0.25, count=120)
    wanted = at_one_time(model_id, schedule, grid, ke0_per_h)
    found = behind_the_centre_ng_per_ml(
        body=a_body(model_id), schedule=schedule, times_h=grid.times_h, rates_per_h=(ke0_per_h,)
    )
    assert np.all(np.abs(found - wanted).max(axis=1) <= 1e-10 * wanted.max(axis=1))


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-6])
def test_it_is_exact_where_ke0_meets_a_rate_of_the_body(place, gap):
    ke0_per_h = float(-modes_of(a_body()).rates_per_h[place]) * (1 + gap)
    grid, schedule = Grid(step_h=1 / 60, count=300), constant_infusion(amount_mg=35, over_h=40 / 60)
    wanted = at_one_time("kamp_2020", schedule, grid, ke0_per_h)[1]
    found = effect_site_ng_per_ml(body=a_body(), schedule=schedule, times_h=grid.times_h, ke0_per_h=ke0_per_h)
    assert np.abs(found - wanted).max() <= 1e-12 * wanted.max()


@settings(max_examples=15, deadline=None)
@given(body=bodies(), schedule=schedules(), times_h=times, ke0_per_h=rates)
def test_its_centre_is_the_curve_of_the_engine(body, schedule, times_h, ke0_per_h):
    wanted = concentration_ng_per_ml(body=body, schedule=schedule, times_h=times_h)
    found = behind_the_centre_ng_per_ml(
        body=body, schedule=schedule, times_h=times_h, rates_per_h=(ke0_per_h,)
    )[0]
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-10 * max(wanted.max(), 1e-12))


def test_it_follows_a_steady_centre_to_the_same_height():
    schedule = constant_infusion(amount_mg=20 * 400, over_h=400)
    centre, site, tolerance = behind_the_centre_ng_per_ml(
        body=a_body(), schedule=schedule, times_h=np.array([400.0]), rates_per_h=(KE0_PER_H, 0.5)
    )
    assert site == pytest.approx(centre, rel=1e-10)
    assert tolerance == pytest.approx(1000 * 20 / 84, rel=1e-10)


def test_it_holds_nothing_before_the_first_dose_and_before_time_zero():
    schedule = Schedule(boluses=(Bolus(at_h=1.0, amount_mg=10),))
    found = effect_site_ng_per_ml(
        body=a_body(), schedule=schedule, times_h=np.array([-1.0, 0.5, 1.0, 1.1]), ke0_per_h=KE0_PER_H
    )
    assert found[:3].tolist() == [0.0, 0.0, 0.0]
    assert found[3] > 10


@pytest.mark.parametrize("ke0_per_h", [0.0, -1.0, float("nan"), float("inf")])
def test_it_refuses_a_rate_that_no_effect_site_has(ke0_per_h):
    with pytest.raises(NotComputable, match="behind the centre \\(1/h\\) is .*above zero"):
        effect_site_ng_per_ml(body=a_body(), schedule=Schedule(), times_h=np.zeros(1), ke0_per_h=ke0_per_h)


@settings(max_examples=30, deadline=None)
@given(chain=st.lists(st.floats(-20, 0), min_size=1, max_size=4), times_h=times)
def test_one_exponential_holds_every_convolution_of_a_chain(chain, times_h):
    table = convolutions(chain, times_h)
    for first in range(len(chain)):
        for last in range(first, len(chain)):
            alone = convolution(chain[first : last + 1], times_h)
            assert table[:, first, last] == pytest.approx(alone, rel=1e-11, abs=1e-300)


# tolerance -------------------------------------------------------------------------------------------------------


def test_it_follows_the_effect_site_with_tolerance_as_runge_kutta_does():
    tolerance = AcuteTolerance(rate_per_h=1.7, half_ng_per_ml=60)
    schedule, step_h = constant_infusion(amount_mg=35, over_h=40 / 60), 1 / 240
    hours = np.arange(0, 4 + step_h / 4, step_h / 2)  # the 40 minutes end on a whole step
    site = effect_site_ng_per_ml(body=a_body(), schedule=schedule, times_h=hours, ke0_per_h=KE0_PER_H)
    state, walked = 0.0, [0.0]
    for place in range(0, hours.size - 2, 2):
        begin, middle, end = site[place : place + 3]
        first = tolerance.rate_per_h * (begin - state)
        second = tolerance.rate_per_h * (middle - state - step_h / 2 * first)
        third = tolerance.rate_per_h * (middle - state - step_h / 2 * second)
        fourth = tolerance.rate_per_h * (end - state - step_h * third)
        state += step_h / 6 * (first + 2 * second + 2 * third + fourth)
        walked.append(state)
    found = tolerance_ng_per_ml(
        body=a_body(), schedule=schedule, times_h=hours[::2], ke0_per_h=KE0_PER_H, tolerance=tolerance
    )
    assert np.abs(found - walked).max() <= 1e-8 * found.max()


def test_it_is_exact_where_tolerance_is_as_fast_as_the_effect_site():
    hours, schedule = np.linspace(0, 6, 50), constant_infusion(amount_mg=35, over_h=40 / 60)
    near, same = (
        tolerance_ng_per_ml(
            body=a_body(),
            schedule=schedule,
            times_h=hours,
            ke0_per_h=KE0_PER_H,
            tolerance=AcuteTolerance(rate_per_h=KE0_PER_H * factor, half_ng_per_ml=1),
        )
        for factor in (1 + 1e-12, 1.0)
    )
    assert np.abs(near - same).max() <= 1e-11 * same.max()


@pytest.mark.parametrize(("tolerated", "c50"), [(0, 121), (60, 242), (30, 181.5)])
def test_it_raises_c50_by_half_saturation(tolerated, c50):
    found = tolerated_c50_ng_per_ml(
        c50_ng_per_ml=121, tolerance_ng_per_ml=np.array([float(tolerated)]), half_ng_per_ml=60
    )
    assert found == pytest.approx(c50)


@pytest.mark.parametrize(("rate", "half"), [(0, 60), (1, 0), (float("nan"), 60)])
def test_it_refuses_a_tolerance_without_numbers(rate, half):
    with pytest.raises(NotComputable, match="tolerance"):
        AcuteTolerance(rate_per_h=rate, half_ng_per_ml=half)


# how an effect grows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("c50", "share"),
    [(121, 0.38), (71, 0.51), (404, 0.16), (285, 0.21)],
)
def test_it_meets_the_published_pair_at_75_ng_per_ml(c50, share):
    assert sigmoid_emax(np.array([75.0]), c50_ng_per_ml=c50) == pytest.approx(share, abs=0.005)


@given(
    c=st.floats(0, 1e4),
    more=st.floats(0, 1e4),
    c50=st.floats(0.1, 1e4),
    gamma=st.floats(0.2, 200),
    top=st.floats(0.1, 100),
)
def test_it_grows_with_the_concentration_and_never_beyond_its_maximum(c, more, c50, gamma, top):
    low, high, half = sigmoid_emax(np.array([c, c + more, c50]), c50_ng_per_ml=c50, gamma=gamma, maximum=top)
    assert 0 <= low <= high <= top
    assert half == pytest.approx(top / 2)


def test_it_has_no_effect_without_drug():
    assert sigmoid_emax(np.zeros(3), c50_ng_per_ml=121).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("concentration", "c50", "gamma", "sentence"),
    [
        (-1.0, 121, 1, "lowest concentration is -1"),
        (float("nan"), 121, 1, "lowest concentration is nan"),
        (1.0, 0, 1, "C50 \\(ng/mL\\) is 0"),
        (1.0, np.array([121.0, -3.0]), 1, "C50 \\(ng/mL\\) is -3"),
        (1.0, 121, 0, "gamma is 0"),
    ],
)
def test_it_refuses_what_no_sigmoid_has(concentration, c50, gamma, sentence):
    with pytest.raises(NotComputable, match=sentence):
        sigmoid_emax(np.array([concentration]), c50_ng_per_ml=c50, gamma=gamma)


def test_it_adds_the_lines_of_olofsen_2012():
    slopes = {"ketamine": -0.038, "norketamine": 0.030}
    levels = {"ketamine": np.array([100.0, 0.0]), "norketamine": np.array([50.0, 50.0])}
    assert additive_linear(levels, slopes=slopes) == pytest.approx([-2.3, 1.5])


def test_it_does_not_leave_out_a_species_that_is_not_known():
    with pytest.raises(NotComputable, match="also depends on norketamine"):
        additive_linear({"ketamine": np.ones(1)}, slopes={"ketamine": -0.038, "norketamine": 0.03})


def test_it_refuses_a_line_below_zero():
    with pytest.raises(NotComputable, match="lowest concentration"):
        additive_linear({"ketamine": -np.ones(1)}, slopes={"ketamine": 1.0})


def test_it_converts_to_nanomoles_per_litre():
    assert nanomolar(np.array([200.0]), molecular_weight_g_per_mol=237.73) == pytest.approx(841.3, abs=0.05)
    with pytest.raises(NotComputable, match="molecular weight"):
        nanomolar(np.ones(1), molecular_weight_g_per_mol=0)


@given(levels=st.lists(st.floats(0, 1e5), min_size=2, max_size=2), extra=st.floats(0, 1e5))
def test_it_shares_a_receptor_between_drugs(levels, extra):
    halves = {"a": 1420.0, "b": 9110.0}
    first, second = (np.array([level]) for level in levels)
    both = competitive_occupancy({"a": first, "b": second}, half_occupied_nm=halves)
    alone = competitive_occupancy({"a": first}, half_occupied_nm=halves)
    more = competitive_occupancy({"a": first, "b": second + extra}, half_occupied_nm=halves)
    assert np.all(alone <= both)
    assert np.all(both <= more)
    assert np.all(more < 1)


@pytest.mark.parametrize(("level", "half"), [(-1.0, 1420.0), (1.0, 0.0)])
def test_it_refuses_an_impossible_occupancy(level, half):
    with pytest.raises(NotComputable):
        competitive_occupancy({"a": np.array([level])}, half_occupied_nm={"a": half})
