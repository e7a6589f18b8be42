"""The engine against two oracles that share nothing with it: a matrix exponential and a stiff solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from ebbtide.pharmacology.engine.chains import metabolite_concentrations_ng_per_ml
from ebbtide.pharmacology.engine.closed_form import concentration_ng_per_ml, impulses, peak_of, segments
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule, constant_infusion
from tests.pharmacology.builders import ADULT_MODELS, a_body, bodies, schedules, times, whole_system

CASES = [(model_id, weight_kg) for model_id in ADULT_MODELS for weight_kg in (45.0, 70.0, 130.0)]


def a_titration():
    """Rates up, a pause, a bolus, a lower rate: edges on no grid."""
    return Schedule(
        infusions=(
            Infusion(start_h=0.0, end_h=0.51, rate_mg_per_h=10.0),
            Infusion(start_h=0.51, end_h=1.37, rate_mg_per_h=24.5),
            Infusion(start_h=1.8, end_h=4.03, rate_mg_per_h=17.0),
        ),
        boluses=(Bolus(at_h=1.4, amount_mg=7.0, over_h=1 / 60), Bolus(at_h=2.2, amount_mg=3.0)),
    )


def by_matrix_exponential(body, schedule, at_h):
    """[x;1] -> exp([[A, b], [0, 0]] dt)[x;1] from edge to edge (amounts in mg)."""
    matrix, rows = whole_system(body)
    size = matrix.shape[0]
    state, now = np.zeros(size), 0.0
    for stop in sorted({edge for edge in schedule.edges_h if edge < at_h} | {at_h}):
        rate = sum(mg_h for start, end, mg_h in segments(schedule) if start <= now and stop <= end)
        augmented = np.zeros((size + 1, size + 1))
        augmented[:size, :size], augmented[0, size] = matrix, rate
        state = (expm(augmented * (stop - now)) @ np.append(state, 1.0))[:size]
        now = stop
        state[0] += sum(mg for when, mg in impulses(schedule) if when == now)
    return {species: scale * state[row] for species, (row, scale) in rows.items()}


def all_species(body, schedule, times_h):
    parent = concentration_ng_per_ml(body=body, schedule=schedule, times_h=times_h)
    return {"ketamine": parent} | metabolite_concentrations_ng_per_ml(
        body=body, schedule=schedule, times_h=times_h
    )


@pytest.mark.parametrize(("model_id", "weight_kg"), CASES)
def test_it_agrees_with_a_matrix_exponential(model_id, weight_kg):
    body, schedule, times_h = (
        a_body(model_id, weight_kg=weight_kg),
        a_titration(),
        np.array([0.3, 1.41, 3.0, 9.0, 24.0]),
    )
    found = all_species(body, schedule, times_h)
    peaks = {species: values.max() for species, values in found.items()}
    for place, at_h in enumerate(times_h):
        for species, expected in by_matrix_exponential(body, schedule, at_h).items():
            assert found[species][place] == pytest.approx(expected, abs=1e-11 * peaks[species])


@pytest.mark.parametrize("model_id", ["simons_2022", "perez_ruixo_2021", "domino"])
def test_it_agrees_with_a_stiff_solver(model_id):
    body, schedule = a_body(model_id), constant_infusion(amount_mg=98, over_h=4)
    matrix, rows = whole_system(body)
    source = np.eye(matrix.shape[0])[0] * 24.5
    solved = solve_ivp(
        lambda _, x: matrix @ x + source,
        (0, 4),
        np.zeros(matrix.shape[0]),
        method="Radau",
        rtol=1e-10,
        atol=1e-12,
    )
    found = all_species(body, schedule, np.array([4.0]))
    for species, (row, scale) in rows.items():
        assert found[species][0] == pytest.approx(scale * solved.y[row, -1], rel=1e-7)


@settings(max_examples=40, deadline=None)
@given(bodies(metabolites=True), schedules(), times)
def test_it_agrees_with_a_matrix_exponential_for_any_body(body, schedule, times_h):
    # late, little is left of the peak, and either side may owe its last digits to what was there before
    whole_course = np.union1d(times_h, [*schedule.edges_h, *np.linspace(0.0, times_h[-1], 49)])
    found = all_species(body, schedule, whole_course)
    expected = by_matrix_exponential(body, schedule, times_h[-1])
    at_last = np.searchsorted(whole_course, times_h[-1])
    for species, values in found.items():
        peak = max(values.max(), 1e-9)
        assert values[at_last] == pytest.approx(expected[species], abs=1e-10 * peak)


@given(bodies(), schedules(), times)
def test_it_gives_the_same_answer_on_any_grid(body, schedule, times_h):
    together = concentration_ng_per_ml(body=body, schedule=schedule, times_h=times_h)
    apart = [
        concentration_ng_per_ml(body=body, schedule=schedule, times_h=times_h[[i]])[0]
        for i in range(times_h.size)
    ]
    assert together == pytest.approx(apart, rel=1e-12, abs=1e-15)


def test_it_gives_the_same_metabolites_on_any_grid():
    body, schedule = a_body("simons_2022"), a_titration()
    fine, coarse = np.arange(0, 24, 1 / 60), np.arange(0, 24, 0.5)
    found = metabolite_concentrations_ng_per_ml(body=body, schedule=schedule, times_h=fine)
    again = metabolite_concentrations_ng_per_ml(body=body, schedule=schedule, times_h=coarse)
    for species, values in again.items():
        assert values == pytest.approx(found[species][::30], abs=1e-11 * values.max())


@pytest.mark.parametrize("model_id", ADULT_MODELS)
def test_it_finds_the_peak_at_the_end_of_one_infusion(model_id):
    peak = peak_of(
        body=a_body(model_id), schedule=constant_infusion(amount_mg=35, over_h=40 / 60), until_h=24
    )
    assert peak.at_h == 40 / 60


def test_it_finds_a_peak_that_stands_inside_an_infusion():
    after_a_long_one = Schedule(
        infusions=(
            Infusion(start_h=0, end_h=20, rate_mg_per_h=40.0),
            Infusion(start_h=20.3, end_h=30, rate_mg_per_h=39.0),
        )
    )
    body = a_body()
    restarted = Schedule(infusions=after_a_long_one.infusions[1:])
    assert peak_of(body=body, schedule=restarted, until_h=30).at_h == pytest.approx(30)
    peak = peak_of(body=body, schedule=after_a_long_one, until_h=30)
    looked = concentration_ng_per_ml(
        body=body, schedule=after_a_long_one, times_h=np.linspace(0, 30, 200_001)
    ).max()
    assert peak.ng_per_ml >= looked * (1 - 1e-12)


def test_it_sees_a_bolus_at_once():
    peak = peak_of(body=a_body(), schedule=Schedule(boluses=(Bolus(at_h=0.5, amount_mg=10),)), until_h=2)
    assert (peak.at_h, peak.ng_per_ml) == (0.5, pytest.approx(10_000 / 25))


def test_it_says_which_models_cannot_be_scaled():
    flint = the_library().model("flint_2017")
    with pytest.raises(NotComputable, match="no exponent of weight"):
        a_body("flint_2017")
    with pytest.raises(NotComputable, match=r"clearance \+0\.87 % per hour"):
        metabolite_concentrations_ng_per_ml(body=flint.body, schedule=a_titration(), times_h=np.array([1.0]))
