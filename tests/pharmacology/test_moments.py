"""What n bodies hold at given instants and at their peaks, against the closed form of one person."""

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import minimize_scalar

from ebbtide.pharmacology.doses.moments import areas_per_mg, outputs_at, peaks_of
from ebbtide.pharmacology.engine.closed_form import concentration_ng_per_ml, peak_of
from ebbtide.pharmacology.engine.network import KETAMINE, network_of
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule
from tests.pharmacology.builders import ADULT_MODELS, a_body, schedules, times
from tests.pharmacology.doses_builders import FORTY_MIN, a_cohort, a_network, some_deviates


@settings(max_examples=20, deadline=None)
@given(schedule=schedules(), times_h=times)
def test_it_reads_any_times_like_the_closed_form(schedule, times_h):
    looked = np.unique(times_h)
    found = outputs_at(network_of(a_cohort("kamp_2020")), schedule, looked)[0, 0]
    expected = concentration_ng_per_ml(body=a_body(age_y=45), schedule=schedule, times_h=looked)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * max(expected.max(), 1e-9))


def test_it_reads_times_in_the_order_they_are_asked():
    network = a_network(site=False)
    found = outputs_at(network, FORTY_MIN, np.array([1.0, 0.5, 1.0]))
    assert found[0, 0, 0] == found[0, 0, 2] < found[0, 0, 1]


@pytest.mark.parametrize("model_id", ADULT_MODELS)
def test_it_finds_the_peak_of_the_closed_form(model_id):
    network = network_of(a_cohort(model_id))
    expected = peak_of(body=a_body(model_id, age_y=45), schedule=FORTY_MIN, until_h=4.0)
    found = peaks_of(network, FORTY_MIN)
    assert found.ng_per_ml[0, 0] == pytest.approx(expected.ng_per_ml, rel=1e-9)
    assert found.at_h[0, 0] == pytest.approx(expected.at_h, abs=1e-6)


def test_it_finds_a_peak_between_two_looks():
    step_down = Schedule(
        infusions=(
            Infusion(start_h=0.0, end_h=0.5, rate_mg_per_h=60.0),
            Infusion(start_h=0.5, end_h=4.0, rate_mg_per_h=10.0),
        )
    )
    network = a_network()
    found = peaks_of(network, step_down)
    best = minimize_scalar(
        lambda at: -outputs_at(network, step_down, np.array([at]))[0, 1, 0],
        bounds=(0.5, 0.7),
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert found.ng_per_ml[0, 1] == pytest.approx(-best.fun, rel=1e-7)
    assert found.at_h[0, 1] == pytest.approx(best.x, abs=1e-4)


def test_it_finds_the_peak_of_a_push_at_the_push():
    pushed = Schedule(boluses=(Bolus(at_h=0.5, amount_mg=10.0),))
    found = peaks_of(a_network(site=False), pushed)
    assert found.ng_per_ml[0, 0] == pytest.approx(400.0)
    assert found.at_h[0, 0] == pytest.approx(0.5)


def test_it_takes_people_in_parts_without_a_difference(monkeypatch):
    network = a_network(size=5, deviates=some_deviates(5))
    whole = peaks_of(network, FORTY_MIN)
    monkeypatch.setattr("ebbtide.pharmacology.doses.moments.PEOPLE_AT_ONCE", 2)
    parts = peaks_of(network, FORTY_MIN)
    assert parts.ng_per_ml == pytest.approx(whole.ng_per_ml, rel=1e-12)
    assert len(set(whole.ng_per_ml[:, 0])) == 5


def test_it_gives_the_area_of_one_mg_as_1000_over_the_clearance():
    for model_id in ADULT_MODELS:
        area = areas_per_mg(network_of(a_cohort(model_id)))[0, 0]
        assert area == pytest.approx(1000 / a_body(model_id, age_y=45).clearance_l_per_h, rel=1e-10)


def test_it_gives_blood_and_effect_site_the_same_area():
    areas = areas_per_mg(a_network(size=3, deviates=some_deviates(3)))
    assert areas[:, 0] == pytest.approx(areas[:, 1], rel=1e-12)


def test_it_reads_a_metabolite_too():
    network = network_of(a_cohort("simons_2022"), outputs=(KETAMINE, "norketamine"))
    assert areas_per_mg(network)[0, 1] == pytest.approx(0.8 * 0.940983468640895 * 1000 / 60.0, rel=1e-10)
