"""The golden values of the data file: computed elsewhere by a matrix exponential, met here to 1e-6."""

import numpy as np
import pytest

from ebbtide.pharmacology.engine.chains import metabolite_concentrations_ng_per_ml
from ebbtide.pharmacology.engine.closed_form import (
    concentration_ng_per_ml,
    modes_of,
    peak_of,
    symmetric_modes,
)
from ebbtide.pharmacology.engine.divided import convolution
from ebbtide.pharmacology.schedule import Infusion, Schedule, constant_infusion
from tests.pharmacology.builders import ADULT_MODELS, a_body, data

GOLDEN = data()["golden"]
TOLERANCE = GOLDEN["tolerance_relative"]
ROWS = [
    (regimen, model_id, species)
    for regimen, models in GOLDEN["ng_per_ml_at_min"].items()
    for model_id, curves in models.items()
    for species in curves
]


def the_regimen(name):
    return Schedule(
        infusions=tuple(
            Infusion(
                start_h=step["start_min"] / 60, end_h=step["end_min"] / 60, rate_mg_per_h=step["rate_mg_h"]
            )
            for step in GOLDEN["regimens"][name]["steps"]
        )
    )


def curve_of(species, **question):
    if species == "ketamine":
        return concentration_ng_per_ml(**question)
    return metabolite_concentrations_ng_per_ml(**question)[species]


@pytest.mark.parametrize(("regimen", "model_id", "species"), ROWS)
def test_it_meets_the_golden_concentrations(regimen, model_id, species):
    points = GOLDEN["ng_per_ml_at_min"][regimen][model_id][species]
    times_h = np.array(list(points)) / 60
    found = curve_of(species, body=a_body(model_id), schedule=the_regimen(regimen), times_h=times_h)
    assert found == pytest.approx(np.array(list(points.values())), rel=TOLERANCE)


def test_it_meets_t1():
    points = GOLDEN["t1"]["ng_ml_at_min"]
    found = concentration_ng_per_ml(
        body=a_body(),
        schedule=constant_infusion(amount_mg=35, over_h=40 / 60),
        times_h=np.array(list(points)) / 60,
    )
    assert found == pytest.approx(np.array(list(points.values())), rel=TOLERANCE)


def test_it_meets_the_modes_of_kamp():
    modes = modes_of(a_body())
    assert -modes.rates_per_h == pytest.approx(GOLDEN["kamp_modes"]["rates_h"], rel=TOLERANCE)
    assert modes.amounts[0] == pytest.approx(GOLDEN["kamp_modes"]["weights"], rel=TOLERANCE)


@pytest.mark.parametrize("model_id", ADULT_MODELS)
def test_it_meets_the_half_lives_of_the_parent(model_id):
    golden = GOLDEN["half_lives_min"][model_id]
    if isinstance(golden, dict):
        golden = golden.get("ketamine", golden.get("ketamine_with_liver"))
    found_min = 60 * np.log(2) / -modes_of(a_body(model_id)).rates_per_h
    assert found_min == pytest.approx(golden, rel=2e-5)  # printed with five figures


@pytest.mark.parametrize("model_id", ["simons_2022", "otto_2021", "perez_ruixo_2021"])
def test_it_meets_the_half_lives_of_the_metabolites(model_id):
    for metabolite in a_body(model_id).metabolites:
        own = metabolite.compartments
        volumes = np.array([own.central_volume_l, *own.peripheral_volumes_l])
        modes = symmetric_modes(
            volumes_l=volumes,
            flows_l_per_h=np.array(own.intercompartmental_l_per_h),
            losses_per_h=np.array([own.elimination_l_per_h / volumes[0], 0.0]),
        )
        golden = GOLDEN["half_lives_min"][model_id][metabolite.id]
        assert 60 * np.log(2) / -modes.rates_per_h == pytest.approx(golden, rel=5e-5)


def test_it_meets_the_transit_half_lives_of_simons():
    rates = [part.transit.rate_per_h for part in a_body("simons_2022").metabolites for _ in range(2)]
    assert 60 * np.log(2) / np.array(rates) == pytest.approx(
        GOLDEN["half_lives_min"]["simons_2022"]["transit"], rel=5e-5
    )


def test_it_meets_the_peak_of_simons_t5():
    golden = GOLDEN["simons_cmax"]
    schedule = constant_infusion(amount_mg=golden["dose_mg"], over_h=golden["over_min"] / 60)
    peak = peak_of(body=a_body("simons_2022"), schedule=schedule, until_h=6)
    assert peak.ng_per_ml == pytest.approx(golden["ng_ml"], rel=2e-6)
    assert peak.at_h * 60 == pytest.approx(golden["at_min"])


def test_it_meets_the_effect_site_bolus_by_the_same_chain():
    golden = GOLDEN["effect_site_bolus"]
    modes, ke0_per_h = modes_of(a_body()), np.log(2) * 60 / golden["ke0_half_min"]
    hours = np.linspace(0, 0.5, 3001)
    effect = sum(
        1000 / 25 * weight * ke0_per_h * convolution((rate, -ke0_per_h), hours)
        for weight, rate in zip(modes.amounts[0], modes.rates_per_h, strict=True)
    )
    assert golden["target_ce_ng_ml"] / effect.max() == pytest.approx(golden["bolus_mg"], rel=1e-3)
    assert hours[effect.argmax()] * 60 == pytest.approx(golden["peak_min"], abs=0.01)
    assert golden["bolus_mg"] * 1000 / 25 == pytest.approx(golden["plasma_at_0_ng_ml"], rel=1e-3)
