"""The network of a cohort: drug flows from place to place, nothing is owed, and what is read is where it should be."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.linalg import expm

from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.errors import NotComputable
from tests.pharmacology.builders import a_cohort, body_in, crowds, whole_system


@settings(max_examples=50, deadline=None)
@given(crowds())
def test_it_lays_the_rates_that_mass_balance_gives(crowd):
    """Against the matrix that the oracle of the closed form lays for itself."""
    network = crowd.network()
    for person in range(network.size):
        body = body_in(crowd.cohort, person)
        expected, rows = whole_system(body)
        size = expected.shape[0]
        found = network.rates_per_h[:, :, person]
        assert found[:size, :size] == pytest.approx(expected, rel=1e-13, abs=0)
        for species, (row, scale) in rows.items():
            place = network.outputs.index(species)
            assert network.states[place] == row
            assert network.scales[place, person] == pytest.approx(scale, rel=1e-14)


@settings(max_examples=20, deadline=None)
@given(crowds())
def test_it_owes_nothing_and_adds_the_effect_site_the_areas_and_the_pump(crowd):
    network = crowd.network(areas=True)
    rates, pump = network.rates_per_h, network.pump
    off = ~np.eye(rates.shape[0], dtype=bool)
    assert np.all(rates[off] >= 0)
    assert not rates[pump].any()
    assert np.flatnonzero(rates[:, pump, 0]).tolist() == [0]
    assert np.all(rates[0, pump] == 1.0)
    site = network.states[network.outputs.index("effect_site")]
    assert np.array_equal(rates[site, 0], crowd.ke0_per_h)
    assert np.array_equal(rates[site, site], -crowd.ke0_per_h)
    for output in crowd.outputs:
        here, area = network.outputs.index(output), network.outputs.index(f"area_of_{output}")
        assert np.flatnonzero(rates[network.states[area], :, 0]).tolist() == [network.states[here]]
        assert np.all(rates[network.states[area], network.states[here]] == 1.0)
        assert np.array_equal(network.scales[area], network.scales[here])


@settings(max_examples=20, deadline=None)
@given(crowds())
def test_it_knows_what_can_reach_what(crowd):
    network = crowd.network(areas=True)
    small = network.rates_per_h[:, :, 0] / np.abs(network.rates_per_h[:, :, 0]).max()
    reached = network.reached()
    assert np.all(reached[expm(small) > 1e-9])
    powers, walked = np.eye(len(small)), np.eye(len(small), dtype=bool)
    for _ in range(len(small)):
        powers = (powers @ (network.flows | np.eye(len(small), dtype=bool))) > 0
        walked |= powers
    assert np.array_equal(reached, walked)


def test_it_lays_only_what_an_output_needs():
    cohort = a_cohort("simons_2022")
    whole = network_of(cohort, outputs=("ketamine", "norketamine", "hydroxynorketamine"))
    assert network_of(cohort).rates_per_h.shape[0] == 4
    assert network_of(cohort, outputs=("norketamine",)).pump < whole.pump
    assert network_of(cohort, outputs=("hydroxynorketamine",)).pump == whole.pump


def test_it_reads_outputs_in_the_order_asked():
    network = network_of(a_cohort("simons_2022"), outputs=("norketamine", "ketamine"), areas=True)
    assert network.outputs == ("norketamine", "ketamine", "area_of_norketamine", "area_of_ketamine")
    assert network.states[1] == 0


def test_it_gives_a_part_of_the_people():
    network = network_of(a_cohort(size=5))
    part = network.some(slice(2, 4))
    assert part.size == 2
    assert np.array_equal(part.rates_per_h, network.rates_per_h[:, :, 2:4])
    assert np.array_equal(part.scales, network.scales[:, 2:4])
    assert (part.outputs, part.states, part.pump) == (network.outputs, network.states, network.pump)


def test_it_knows_no_species_that_the_model_lacks():
    with pytest.raises(NotComputable, match="no equations for norketamine: ask for ketamine, effect_site"):
        network_of(a_cohort("kamp_2020"), outputs=("norketamine",))


def test_it_needs_the_rate_of_an_effect_site():
    with pytest.raises(NotComputable, match=r"ke0 \(1/h\): give one for each person"):
        network_of(a_cohort("kamp_2020"), outputs=("effect_site",))


def test_it_has_no_curve_behind_a_metabolite_that_changes_over_time():
    cohort = a_cohort("simons_2022")
    first, *others = cohort.model.body.metabolites
    changing = replace(first, time_effect="clearance falls")
    body = replace(cohort.model.body, metabolites=(changing, *others))
    strange = replace(cohort, model=replace(cohort.model, body=body))
    assert network_of(strange).outputs == ("ketamine",)
    with pytest.raises(NotComputable, match=r"norketamine changes over time \(clearance falls\)"):
        network_of(strange, outputs=("hydroxynorketamine",))
