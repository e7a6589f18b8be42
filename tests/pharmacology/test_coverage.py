"""90 % bands hold 90 % of new measurements: by simulation, for every model that has variability and for the mixture."""

import numpy as np
import pytest

from ebbtide.pharmacology.people.bands import coverage, measurements, model_bands
from ebbtide.pharmacology.people.coverage import FRESH_PEOPLE, HALF_MG_PER_KG, MIXTURE, coverage_rows
from ebbtide.pharmacology.people.population import chronic_pain_adults
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Site


@pytest.fixture(scope="module")
def rows():
    return coverage_rows(np.random.default_rng(20_110))


def test_it_covers_88_to_92_percent_of_20_000_new_measurements_at_each_time(rows):
    for row in rows:
        assert (row.fresh_people, len(row.shares)) == (FRESH_PEOPLE, 12)
        assert row.minutes == pytest.approx(range(20, 260, 20))
        assert min(row.shares) >= 0.88, row
        assert max(row.shares) <= 0.92, row


def test_it_asks_every_model_with_published_variability_and_the_mixture(rows):
    assert [row.model_id for row in rows] == [
        "kamp_2020",
        "simons_2022",
        "otto_2021",
        "perez_ruixo_2021",
        MIXTURE,
    ]
    assert rows[-1].sites == (Site.ARTERIAL, Site.VENOUS)


def test_it_gives_the_same_shares_for_the_same_seed():
    few = {"band_people": 50, "fresh_people": 60}
    one, again = (coverage_rows(np.random.default_rng(3), **few) for _ in range(2))
    assert one == again
    assert coverage_rows(np.random.default_rng(4), **few) != one


def test_it_notices_a_band_of_the_wrong_model():
    one, other = np.random.default_rng(1).spawn(2)
    library = the_library()
    bands = model_bands(library.model("kamp_2020"), chronic_pain_adults(2000, one), HALF_MG_PER_KG, one)
    measured = measurements(
        library.model("simons_2022"), chronic_pain_adults(2000, other), HALF_MG_PER_KG, other
    )
    assert coverage(bands, measured).min() < 0.85
