"""T15: what must be true of any linear model and any schedule, to 1e-10."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.pharmacology.engine.chains import metabolite_concentrations_ng_per_ml
from ebbtide.pharmacology.engine.closed_form import (
    auc_ng_h_per_ml,
    compartment_amounts_mg,
    concentration_ng_per_ml,
    modes_of,
    peak_of,
)
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule, constant_infusion
from tests.pharmacology.builders import ADULT_MODELS, a_body, bodies, schedules, times

EXACT = 1e-10


def curve(body, schedule, times_h):
    return concentration_ng_per_ml(body=body, schedule=schedule, times_h=times_h)


def close_to(expected, *, of):
    return pytest.approx(expected, rel=EXACT, abs=EXACT * max(float(np.max(of, initial=0.0)), 1e-12))


@given(bodies(), schedules(), schedules(), times)
def test_it_adds_up(body, one, other, times_h):
    apart = curve(body, one, times_h) + curve(body, other, times_h)
    assert curve(body, one.plus(other), times_h) == close_to(apart, of=apart)


@given(bodies(), st.floats(0.1, 20), st.floats(0.05, 0.95), times)
def test_it_does_not_notice_where_an_infusion_is_cut(body, long_h, share, times_h):
    whole = Schedule(infusions=(Infusion(start_h=0, end_h=long_h, rate_mg_per_h=20),))
    cut = whole.paused(at_h=share * long_h, for_h=0.0)
    expected = curve(body, whole, times_h)
    assert len(cut.infusions) == 2
    assert curve(body, cut, times_h) == close_to(expected, of=expected)


@given(bodies(), schedules(), st.floats(0, 12), times)
def test_it_moves_with_the_clock(body, schedule, by_h, times_h):
    expected = curve(body, schedule, times_h)
    peak = peak_of(body=body, schedule=schedule, until_h=60).ng_per_ml
    away = [abs(when - edge) > 1e-9 for when in times_h for edge in schedule.edges_h]
    if all(away):  # at the very instant of a bolus the last bit decides on which side a time falls
        assert curve(body, schedule.delayed(by_h=by_h), times_h + by_h) == close_to(expected, of=peak)


@given(bodies(), schedules(), st.floats(0.1, 10), times)
def test_it_is_proportional_to_the_dose(body, schedule, factor, times_h):
    more = Schedule(
        infusions=tuple(
            Infusion(start_h=part.start_h, end_h=part.end_h, rate_mg_per_h=factor * part.rate_mg_per_h)
            for part in schedule.infusions
        ),
        boluses=tuple(
            Bolus(at_h=part.at_h, amount_mg=factor * part.amount_mg, over_h=part.over_h)
            for part in schedule.boluses
        ),
    )
    expected = factor * curve(body, schedule, times_h)
    assert curve(body, more, times_h) == close_to(expected, of=expected)


@given(bodies(), schedules(), st.floats(0.1, 60))
def test_it_loses_no_drug(body, schedule, at_h):
    """Given so far = in the body + eliminated so far, elimination by integrals in closed form."""
    inside = compartment_amounts_mg(body=body, schedule=schedule, times_h=np.array([at_h]))[:, 0].sum()
    given_mg = math.fsum(
        part.rate_mg_per_h * max(0.0, min(at_h, part.end_h) - part.start_h) for part in schedule.infusions
    ) + math.fsum(
        part.amount_mg
        * (min(1.0, max(0.0, at_h - part.at_h) / part.over_h) if part.over_h else float(at_h >= part.at_h))
        for part in schedule.boluses
    )
    if body.organ is None:
        cleared = body.clearance_l_per_h * auc_ng_h_per_ml(body=body, schedule=schedule, until_h=at_h) / 1000
        assert inside + cleared == close_to(given_mg, of=schedule.total_mg)
    else:
        assert inside <= given_mg * (1 + EXACT) + EXACT


@given(bodies(), schedules())
def test_it_gives_an_area_of_dose_over_clearance(body, schedule):
    long_after_h = schedule.end_h + 60 / -float(modes_of(body).rates_per_h.max())
    area = auc_ng_h_per_ml(body=body, schedule=schedule, until_h=long_after_h)
    assert area == close_to(1000 * schedule.total_mg / body.clearance_l_per_h, of=area)


@given(bodies(), st.floats(1, 100))
def test_it_reaches_rate_over_clearance(body, rate_mg_per_h):
    long_h = 60 / -float(modes_of(body).rates_per_h.max())
    steady = Schedule(infusions=(Infusion(start_h=0, end_h=long_h, rate_mg_per_h=rate_mg_per_h),))
    expected = 1000 * rate_mg_per_h / body.clearance_l_per_h
    assert curve(body, steady, np.array([long_h]))[0] == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("model_id", ["simons_2022", "otto_2021", "perez_ruixo_2021"])
def test_it_reaches_the_steady_state_of_each_metabolite(model_id):
    """Input rate x fractions / clearance, in parent mass."""
    body, rate_mg_per_h, long_h = a_body(model_id), 20.0, 600.0
    steady = constant_infusion(amount_mg=rate_mg_per_h * long_h, over_h=long_h)
    found = metabolite_concentrations_ng_per_ml(body=body, schedule=steady, times_h=np.array([long_h]))
    flux = rate_mg_per_h
    if body.organ is not None:
        flux *= body.organ.k_to_metabolite_per_h / (
            body.organ.k_elimination_per_h + body.organ.k_to_metabolite_per_h
        )
    for metabolite in body.metabolites:
        flux *= metabolite.fraction
        expected = 1000 * metabolite.concentration_factor * flux / metabolite.compartments.elimination_l_per_h
        assert found[metabolite.id][0] == pytest.approx(expected, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(bodies(metabolites=True), schedules(), schedules(), times)
def test_it_adds_up_for_metabolites_too(body, one, other, times_h):
    first, second, both = (
        metabolite_concentrations_ng_per_ml(body=body, schedule=schedule, times_h=times_h)
        for schedule in (one, other, one.plus(other))
    )
    for species, values in both.items():
        assert values == pytest.approx(
            first[species] + second[species], rel=1e-9, abs=1e-9 * max(values.max(), 1e-9)
        )


@pytest.mark.parametrize("model_id", ADULT_MODELS)
def test_it_never_goes_below_zero(model_id):
    hours = np.arange(0, 120, 0.1)
    assert curve(a_body(model_id), constant_infusion(amount_mg=98, over_h=4), hours).min() >= 0
