"""One person's own parameters from drawn levels: prior against posterior, and bands that hold what they promise."""

from dataclasses import replace

import numpy as np
import pytest

from ebbtide.pharmacology.doses.moments import outputs_at
from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.engine.programme import Grid
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.individual import estimate as individual
from ebbtide.pharmacology.individual.estimate import (
    ONE_PERSON,
    bands_of,
    individual_of,
    people_with,
    prior_of,
    residual_log_sd_of,
)
from ebbtide.pharmacology.individual.levels import Level
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug, Residual, Site
from ebbtide.pharmacology.schedule import Bolus, Schedule
from tests.pharmacology.doses_builders import FORTY_MIN, a_question

TIMES_H = (0.5, 0.9, 1.5, 3.0, 5.0)
SIGMA = 0.1095


def a_level(**changes):
    recorded = {
        "ng_per_ml": 150.0,
        "at_h": 0.5,
        "site": Site.ARTERIAL,
        "assay": "LC-MS/MS, hospital laboratory",
        "isomer": Drug.RACEMIC,
    }
    return Level(**(recorded | changes))


def the_prior(model_id="kamp_2020"):
    return prior_of(the_library().model(model_id))


def an_estimate(*levels, question=None, sigma=SIGMA):
    question = question or a_question()
    return individual_of(question, levels, prior=prior_of(question.model), residual_log_sd=sigma)


def levels_of(deviates, *, times_h=TIMES_H, noise=None):
    """What a person with these deviates would have."""
    network = network_of(people_with(a_question(), the_prior(), np.atleast_2d(deviates)))
    found = outputs_at(network, FORTY_MIN, np.array(times_h))[0, 0]
    found = found if noise is None else found * np.exp(noise)
    return [a_level(ng_per_ml=float(value), at_h=at) for value, at in zip(found, times_h, strict=True)]


def test_it_takes_the_prior_of_the_parent_drug_alone():
    assert the_prior().names == ("central", "elimination", "intercompartmental_2")
    assert the_prior("simons_2022").names == the_prior().names
    otto = the_prior("otto_2021")
    assert otto.names == ("central", "elimination")
    assert otto.covariance == pytest.approx(np.array([[0.084177, 0.02261], [0.02261, 0.026048]]))


def test_it_refuses_a_model_without_spread_between_people():
    with pytest.raises(NotComputable, match="domino publishes no spread between people"):
        the_prior("domino")


def test_it_gives_the_prior_back_when_nothing_was_drawn():
    found = an_estimate().estimate
    assert found.mean == pytest.approx(np.zeros(3))
    assert found.covariance == pytest.approx(the_prior().covariance)
    assert found.shrinkage == pytest.approx(np.ones(3))
    assert found.fitted_ng_per_ml == ()


def test_it_recovers_the_truth_from_many_exact_levels():
    truth = np.array([0.3, -0.2, 0.1])
    found = an_estimate(*levels_of(truth), sigma=1e-4)
    assert found.advice == ONE_PERSON
    assert found.estimate.mean == pytest.approx(truth, abs=1e-3)
    assert np.all(found.estimate.shrinkage < 1e-2)
    assert np.all(found.estimate.sd < found.estimate.prior.sd)


def test_it_weighs_one_level_by_hand():
    # at a steady state only the clearance speaks: y = R / (CL e^eta), so the posterior is that of two normals
    question = a_question(
        model=replace(
            the_library().model("kamp_2020"),
            variability=replace(
                the_library().model("kamp_2020").variability, log_variance={"elimination": 0.04}
            ),
        ),
        schedule=Schedule(infusions=(replace(FORTY_MIN.infusions[0], end_h=100.0, rate_mg_per_h=8.4),)),
        crps_course=True,
    )
    found = an_estimate(a_level(ng_per_ml=80.0, at_h=100.0), question=question, sigma=0.1).estimate
    weight = 0.04 / (0.04 + 0.01)
    assert found.mean[0] == pytest.approx(weight * np.log(100 / 80), rel=1e-3)
    assert found.sd[0] ** 2 == pytest.approx(0.04 * 0.01 / 0.05, rel=1e-2)
    assert found.shrinkage[0] == pytest.approx(0.2, rel=1e-2)
    assert found.expected_ng_per_ml[0] == pytest.approx(100.0, rel=1e-3)
    assert 80.0 < found.fitted_ng_per_ml[0] < 100.0


def test_it_finds_the_minimum():
    question = a_question()
    levels = levels_of(np.array([0.5, -0.4, 0.3]), noise=np.array([0.2, -0.1, 0.1, -0.2, 0.1]))
    used = [individual.comparable(level, question) for level in levels]
    fit = individual._Fit(question, used, prior=the_prior(), residual_log_sd=SIGMA)
    here = an_estimate(*levels).estimate.mean
    around = np.random.default_rng(2).standard_normal((200, 3))
    for distance in (1e-3, 1e-2, 0.1, 0.5):
        assert np.all(fit.objective(here + distance * around) > fit.objective(here[None])[0])


def test_it_is_calm_about_a_level_that_is_far_away():
    found = an_estimate(a_level(ng_per_ml=2000.0)).estimate
    assert np.all(np.isfinite(found.mean))
    assert np.all(np.abs(found.mean) < 12 * found.prior.sd)


def test_it_says_when_the_levels_contradict_the_model(monkeypatch):
    monkeypatch.setattr(individual, "MOST_STEPS", 1)
    with pytest.raises(NotComputable, match="No estimate was found in 1 steps"):
        an_estimate(a_level(ng_per_ml=60.0))


@pytest.mark.parametrize("sigma", [0.0, -0.1, float("nan"), float("inf")])
def test_it_refuses_levels_without_any_spread(sigma):
    with pytest.raises(NotComputable, match="would take every level as exact"):
        an_estimate(sigma=sigma)


def test_its_intervals_cover_nine_people_in_ten():
    rng, prior = np.random.default_rng(5), the_prior()
    truths = rng.multivariate_normal(np.zeros(3), prior.covariance, size=60)
    inside = []
    for truth in truths:
        noise = SIGMA * rng.standard_normal(2)
        found = an_estimate(*levels_of(truth, times_h=(0.6, 3.0), noise=noise)).estimate
        inside.append(np.abs(truth - found.mean) <= 1.6448536 * found.sd)
    assert 0.85 <= np.mean(inside) <= 0.95


def test_it_draws_a_narrower_band_after_levels_than_before():
    question, rng = a_question(), np.random.default_rng(3)
    grid = Grid(step_h=0.25, count=16, start_h=0.25)
    before = bands_of(question, an_estimate().estimate, grid=grid, draws=400, rng=rng)
    truth = np.array([0.2, -0.2, 0.0])
    after = bands_of(question, an_estimate(*levels_of(truth)).estimate, grid=grid, draws=400, rng=rng)
    assert np.all(after.p05 < after.p50)
    assert np.all(after.p50 < after.p95)
    assert np.all(np.log(after.p95 / after.p05) < np.log(before.p95 / before.p05))
    real = outputs_at(network_of(people_with(question, the_prior(), truth[None])), FORTY_MIN, grid.times_h)[
        0, 0
    ]
    assert np.mean((after.p05 <= real) & (real <= after.p95)) > 0.8
    assert after.times_h == pytest.approx(grid.times_h)


def test_its_bands_hold_nine_curves_in_ten():
    rng, prior, question = np.random.default_rng(11), the_prior(), a_question()
    grid = Grid(step_h=1.0, count=4, start_h=0.5)
    inside = []
    for truth in rng.multivariate_normal(np.zeros(3), prior.covariance, size=25):
        found = an_estimate(
            *levels_of(truth, times_h=(0.6, 2.0), noise=SIGMA * rng.standard_normal(2))
        ).estimate
        band = bands_of(question, found, grid=grid, draws=100, rng=rng)
        real = outputs_at(network_of(people_with(question, prior, truth[None])), FORTY_MIN, grid.times_h)[
            0, 0
        ]
        inside.append((band.p05 <= real) & (real <= band.p95))
    assert 0.85 <= np.mean(inside) <= 0.95


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ng_per_ml": None}, "The value of the level (ng/mL) is not recorded: enter it"),
        ({"at_h": None}, "When the level was drawn (h since the start) is not recorded"),
        (
            {"site": None},
            "The sampling site of the level is not recorded: say whether the blood was arterial or venous",
        ),
        ({"assay": None}, "The assay of the level is not recorded"),
        ({"assay": ""}, "The assay of the level is not recorded"),
        ({"isomer": None}, "What the assay measures is not recorded"),
        ({"ng_per_ml": 0.0}, "A level of 0 ng/mL cannot be used"),
        ({"ng_per_ml": float("nan")}, "A level of nan ng/mL cannot be used"),
        ({"at_h": 0.0}, "drawn at 0 min and the first drug was given at 0 min"),
        ({"at_h": float("nan")}, "drawn at nan min and the first drug was given at 0 min"),
        ({"at_h": float("inf")}, "drawn at inf min and the first drug was given at 0 min"),
        ({"site": Site.VENOUS}, "The level is venous and kamp_2020 describes arterial blood"),
        ({"isomer": Drug.UNKNOWN}, "the two cannot be compared"),
    ],
)
def test_it_refuses_a_level_in_words(changes, words):
    found = an_estimate(a_level(), a_level(**changes))
    assert found.estimate is None
    assert words in found.advice


def test_it_refuses_a_person_outside_the_model():
    found = an_estimate(a_level(), question=a_question(age_y=80))
    assert found.estimate is None
    assert "80 years old" in found.advice


def test_it_refuses_r_in_a_person_who_was_given_s():
    found = an_estimate(a_level(isomer=Drug.R), question=a_question(drug=Drug.S))
    assert "The assay measures R-ketamine and S-ketamine was given" in found.advice


def test_it_flags_a_site_that_nobody_knows():
    found = an_estimate(a_level(site=Site.UNKNOWN))
    assert found.cautions[0].startswith(
        "The sampling site of the level is unknown and that of kamp_2020 is arterial"
    )
    assert found.estimate is not None


def test_it_takes_half_of_a_racemate_for_an_assay_of_one_form():
    half = an_estimate(a_level(ng_per_ml=75.0, isomer=Drug.S))
    whole = an_estimate(a_level(ng_per_ml=150.0))
    assert half.estimate.mean == pytest.approx(whole.estimate.mean)
    assert half.estimate.fitted_ng_per_ml[0] == pytest.approx(whole.estimate.fitted_ng_per_ml[0] / 2)
    assert half.cautions[0].startswith("The assay measures one form of a racemate")
    assert half.cautions[1:] == whole.cautions


def test_it_does_not_take_a_level_before_a_late_push():
    late = Schedule(boluses=(Bolus(at_h=1.0, amount_mg=10.0, over_h=1 / 60),))
    found = an_estimate(a_level(at_h=0.5), question=a_question(schedule=late))
    assert "drawn at 30 min and the first drug was given at 60 min" in found.advice


def test_it_takes_the_residual_that_the_model_prints_or_that_of_its_site():
    library = the_library()
    assert residual_log_sd_of(library.model("simons_2022")) == 0.1095
    assert residual_log_sd_of(library.model("perez_ruixo_2021")) == 0.276
    assert residual_log_sd_of(library.model("kamp_2020")) == 0.11
    with pytest.raises(NotComputable, match="domino prints no residual spread"):
        residual_log_sd_of(library.model("domino"))


def test_it_takes_no_level_against_a_scatter_in_ng_per_ml_alone():
    scatter = replace(
        the_library().model("kamp_2020"), residuals=(Residual(species="ketamine", additive_ng_per_ml=3),)
    )
    with pytest.raises(NotComputable, match="a level cannot be weighed: choose another model"):
        residual_log_sd_of(scatter)
