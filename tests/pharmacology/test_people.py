"""Scaling of a model to a person: weight by the model's own exponents, age where the source has one."""

import pytest

from ebbtide.pharmacology.published.library import the_library
from tests.pharmacology.builders import a_body


def test_it_scales_kamp_with_the_published_exponents():
    small, typical = a_body(weight_kg=45.0).compartments, a_body().compartments
    assert small.central_volume_l == pytest.approx(25 * 45 / 70)
    assert small.elimination_l_per_h == pytest.approx(84 * (45 / 70) ** 0.75)
    assert small.intercompartmental_l_per_h == pytest.approx(
        (161 * (45 / 70) ** 0.75, 79 * (45 / 70) ** 0.75)
    )
    assert typical == the_library().model("kamp_2020").body.compartments


def test_it_leaves_alone_what_otto_did_not_scale():
    heavy = a_body("otto_2021", weight_kg=120.0)
    assert heavy.compartments.peripheral_volumes_l == (187, 98.8)
    assert heavy.metabolites[0].compartments.central_volume_l == pytest.approx(98.638 * 120 / 70)
    assert heavy.metabolites[0].compartments.intercompartmental_l_per_h == (42.778,)


def test_it_does_not_scale_perez_with_weight():
    assert a_body("perez_ruixo_2021", weight_kg=45.0) == a_body("perez_ruixo_2021", weight_kg=170.0)


@pytest.mark.parametrize(("age_y", "clearance"), [(18, 109.0), (60, 109.0), (70, 97.1)])
def test_it_lowers_the_liver_flow_of_perez_above_sixty(age_y, clearance):
    assert a_body("perez_ruixo_2021", age_y=age_y).clearance_l_per_h == pytest.approx(clearance, abs=0.06)


def test_it_keeps_the_transit_time_whatever_the_weight():
    assert a_body("simons_2022", weight_kg=120.0).metabolites[0].transit.mean_time_h == pytest.approx(0.335)
