"""One person's own sensitivity from scores: exact by hand, honest over many simulated people."""

import math

import numpy as np
import pytest

from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.individual.sensitivity import Expectation, Score, sensitivity_of

OLOFSEN = Expectation(c50_ng_per_ml=121.0, log_sd=0.4, logit_sd=0.5)


def a_score(value=50.0, *, highest=100.0, ce=121.0, treatment=1):
    return Score(value=value, highest=highest, ce_ng_per_ml=ce, treatment=treatment)


def test_it_gives_the_prior_back_without_a_score():
    found = sensitivity_of([], expectation=OLOFSEN)
    assert found.c50_ng_per_ml == pytest.approx(121.0)
    assert found.log_sd == pytest.approx(0.4)
    assert found.shrinkage == pytest.approx(1.0)
    low, high = found.interval_ng_per_ml
    assert (low, high) == pytest.approx((121 * math.exp(-1.6448536 * 0.4), 121 * math.exp(1.6448536 * 0.4)))


def test_it_weighs_one_score_by_hand():
    # half of the scale at 242 ng/mL implies a C50 of 242; weights 1/0.16 and 1/0.25
    found = sensitivity_of([a_score(ce=242.0)], expectation=OLOFSEN)
    weight = (1 / 0.25) / (1 / 0.16 + 1 / 0.25)
    assert math.log(found.c50_ng_per_ml / 121.0) == pytest.approx(weight * math.log(2))
    assert found.log_sd**-2 == pytest.approx(1 / 0.16 + 1 / 0.25)
    assert found.shrinkage == pytest.approx(1 - weight)


def test_it_does_not_take_ten_scores_of_one_day_for_ten_days():
    expectation = Expectation(c50_ng_per_ml=121.0, log_sd=0.4, logit_sd=0.5, treatment_logit_sd=0.5)
    one_day = sensitivity_of([a_score() for _ in range(10)], expectation=expectation)
    ten_days = sensitivity_of([a_score(treatment=day) for day in range(10)], expectation=expectation)
    assert one_day.log_sd > ten_days.log_sd
    # the mean of ten scores of one day has variance 0.25 + 0.25/10
    assert one_day.log_sd**-2 == pytest.approx(1 / 0.16 + 1 / 0.275)
    assert ten_days.log_sd**-2 == pytest.approx(1 / 0.16 + 10 / 0.5)
    assert (one_day.treatments, ten_days.treatments) == (1, 10)


def test_it_is_less_moved_where_the_sigmoid_is_steep():
    steep = Expectation(c50_ng_per_ml=121.0, log_sd=0.4, logit_sd=0.5, gamma=2.0)
    found = sensitivity_of([a_score(ce=242.0)], expectation=steep)
    assert found.log_sd**-2 == pytest.approx(1 / 0.16 + 4 / 0.25)


@pytest.mark.parametrize(("value", "above"), [(0.0, True), (100.0, False)])
def test_it_stays_finite_at_the_ends_of_a_scale(value, above):
    found = sensitivity_of([a_score(value)], expectation=OLOFSEN)
    assert math.isfinite(found.c50_ng_per_ml)
    assert (found.c50_ng_per_ml > 121.0) is above


def test_it_recovers_the_truth_from_many_scores():
    rng = np.random.default_rng(8)
    scores = simulated(60.0, rng, treatments=40)
    found = sensitivity_of(scores, expectation=OLOFSEN)
    assert found.c50_ng_per_ml == pytest.approx(60.0, rel=0.1)
    assert found.shrinkage < 0.05


def simulated(c50, rng, *, treatments, each=3, day_sd=0.0):
    scores = []
    for treatment in range(treatments):
        day = day_sd * rng.standard_normal()
        for ce in rng.uniform(40.0, 200.0, each):
            logit = math.log(ce / c50) + day + 0.5 * rng.standard_normal()
            value = 101.0 / (1 + math.exp(-logit)) - 0.5
            scores.append(a_score(min(max(value, 0.0), 100.0), ce=ce, treatment=treatment))
    return scores


def test_its_intervals_cover_nine_people_in_ten():
    rng = np.random.default_rng(12)
    expectation = Expectation(c50_ng_per_ml=121.0, log_sd=0.4, logit_sd=0.5, treatment_logit_sd=0.3)
    inside = []
    for _ in range(600):
        truth = 121.0 * math.exp(0.4 * rng.standard_normal())
        found = sensitivity_of(simulated(truth, rng, treatments=2, day_sd=0.3), expectation=expectation)
        low, high = found.interval_ng_per_ml
        inside.append(low <= truth <= high)
    assert 0.87 <= np.mean(inside) <= 0.93


def test_it_says_prior_against_posterior_in_one_sentence():
    found = sensitivity_of([a_score(ce=242.0), a_score(ce=242.0, treatment=2)], expectation=OLOFSEN)
    assert found.words.startswith("Half of the effect is expected at 121 ng/mL in people at large, and at")
    assert "after 2 scores from 2 treatments" in found.words
    assert f"{found.shrinkage:.0%} of the uncertainty is left" in found.words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": -1.0}, "does not lie between 0 and 100"),
        ({"value": 101.0}, "does not lie between 0 and 100"),
        ({"value": 0.0, "highest": 0.0}, "does not lie between 0 and 0"),
        ({"ce": 0.0}, "says nothing about sensitivity"),
        ({"ce": float("inf")}, "says nothing about sensitivity"),
    ],
)
def test_it_refuses_a_score_that_says_nothing(changes, words):
    with pytest.raises(NotComputable, match=words):
        a_score(**changes)


@pytest.mark.parametrize(
    "changes", [{"c50_ng_per_ml": 0.0}, {"log_sd": 0.0}, {"logit_sd": -1.0}, {"gamma": 0.0}]
)
def test_it_refuses_an_expectation_without_spread(changes):
    with pytest.raises(NotComputable, match="must be above zero"):
        Expectation(**({"c50_ng_per_ml": 121.0, "log_sd": 0.4, "logit_sd": 0.5} | changes))
