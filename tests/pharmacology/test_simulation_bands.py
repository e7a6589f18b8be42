"""Bands at chosen times: the same people at every time, however the times lie and in whatever order."""

import numpy as np
import pytest

from ebbtide.pharmacology import simulation_bands
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.schedule import constant_infusion
from ebbtide.pharmacology.simulation import Asked, simulate
from ebbtide.pharmacology.simulation_bands import bands_of

PEOPLE = 400
EVEN = tuple(float(minute) for minute in range(0, 121, 10))


def banded(times_min, *, model_id="simons_2022", seed=7, given=None, people=PEOPLE):
    asked = Asked(
        schedule=constant_infusion(amount_mg=35, over_h=40 / 60),
        weight_kg=80.0,
        age_y=50,
        times_min=times_min,
        given=given,
    )
    (answer,) = simulate(asked, [model_id])
    rng = np.random.default_rng(seed)
    return answer.simulation, bands_of(asked, answer.model, answer.simulation, people=people, rng=rng)


@pytest.mark.parametrize("model_id", ["kamp_2020", "simons_2022", "otto_2021", "perez_ruixo_2021"])
def test_it_puts_the_curve_of_every_species_inside_its_band(model_id):
    found, bands = banded((10.0, 40.0, 90.0), model_id=model_id)
    assert list(bands.by_species) == list(found.ng_per_ml)
    for name, band in bands.by_species.items():
        for low, middle, high, curve in zip(band.p05, band.p50, band.p95, found.ng_per_ml[name], strict=True):
            assert low < middle < high
            assert low < curve < high
    assert (bands.people, bands.words) == (PEOPLE, "people of 80 kg and 50 years")
    assert bands.holds


@pytest.mark.parametrize("model_id", ["domino", "clements_250"])
def test_it_draws_the_display_band_where_no_variability_is_published(model_id):
    found, bands = banded((10.0, 40.0), model_id=model_id)
    ketamine = bands.by_species["ketamine"]
    assert ketamine.p50 == found.ng_per_ml["ketamine"]
    assert ketamine.p05 == pytest.approx([value / 1.6 for value in ketamine.p50])
    assert ketamine.p95 == pytest.approx([value * 1.6 for value in ketamine.p50])
    assert bands.people == 0
    assert bands.holds[0].startswith("No variability is published for this model: 90% band")


@pytest.mark.parametrize(
    "times_min",
    [
        (40.0,),
        (40.0, 10.0, 20.0),
        (10.0, 10.0, 40.0),
        (10.0, 40.0, 40.1, 90.0),
        (0.1, 119.9, 40.0),
        (40.0, 120.0, 0.0, 33.3),
    ],
)
def test_it_gives_the_same_band_at_a_time_whatever_else_is_asked(times_min):
    _, even = banded(EVEN)
    _, other = banded(times_min)
    for name, band in other.by_species.items():
        for place, minute in enumerate(times_min):
            if minute in EVEN:
                whole = even.by_species[name]
                at = EVEN.index(minute)
                assert band.p05[place] == pytest.approx(whole.p05[at], rel=1e-9, abs=1e-12)
                assert band.p95[place] == pytest.approx(whole.p95[at], rel=1e-9, abs=1e-12)


def test_it_gives_the_same_band_in_pieces(monkeypatch):
    _, whole = banded(EVEN)
    monkeypatch.setattr(simulation_bands, "NUMBERS_AT_ONCE", PEOPLE * 3 * 4)
    _, pieces = banded(EVEN)
    for name, band in pieces.by_species.items():
        assert band.p50 == pytest.approx(whole.by_species[name].p50, rel=1e-9, abs=1e-12)


def test_it_lays_times_on_the_coarsest_even_grid():
    ((grid, places, points),) = simulation_bands._grids((40.0, 10.0, 20.0), most=100)
    assert (grid.count, grid.step_h * 60, grid.start_h * 60) == pytest.approx((4, 10, 10))
    assert (places, points) == ([0, 1, 2], [3, 0, 1])
    assert [grid.count for grid, _, _ in simulation_bands._grids((0.1, 359.9, 40.0), most=100)] == [1, 1, 1]
    assert [grid.count for grid, _, _ in simulation_bands._grids(EVEN, most=5)] == [5, 5, 3]


def test_it_answers_alike_for_one_seed_and_otherwise_for_another():
    assert banded(EVEN)[1] == banded(EVEN)[1]
    assert banded(EVEN)[1].by_species != banded(EVEN, seed=8)[1].by_species


def test_it_halves_the_band_of_a_racemate_in_a_model_of_s():
    _, whole = banded((10.0, 40.0), given=Drug.S, model_id="perez_ruixo_2021")
    _, half = banded((10.0, 40.0), given=Drug.RACEMIC, model_id="perez_ruixo_2021")
    for name, band in half.by_species.items():
        assert band.p95 == pytest.approx([value / 2 for value in whole.by_species[name].p95], rel=1e-9)


def test_it_is_about_as_wide_as_the_spread_that_the_source_prints():
    """Of kamp_2020 at the end of 40 min: people (central, clearance, exchange) and one measurement (0.11), near 0.2."""
    _, bands = banded((40.0,), model_id="kamp_2020", people=4000)
    ketamine = bands.by_species["ketamine"]
    log_sd = np.log(ketamine.p95[0] / ketamine.p05[0]) / (2 * 1.645)
    assert 0.12 < log_sd < 0.30
    assert the_library().model("kamp_2020").site == "arterial"
