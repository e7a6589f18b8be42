"""Virtual people: who is drawn, how their bodies hang together, and how their parameters differ under a model."""

import copy
import dataclasses
import math

import numpy as np
import pytest

from ebbtide.pharmacology.engine.cohort import parameters_of
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.people.population import (
    Limits,
    chronic_pain_adults,
    cohort_for,
    deviates_of,
    ke0_per_h,
    limits_of,
    one_person,
    us_adults,
)
from ebbtide.pharmacology.people.variability import covariance_factor
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Covariance, Range
from tests.pharmacology.builders import ADULT_MODELS

MANY = 50_000
WOMEN, MEN = {"kg": 77.5, "cm": 161.0}, {"kg": 90.6, "cm": 175.0}  # US adults [recalled]


def a_generator(seed=7):
    return np.random.default_rng(seed)


def truncated_body(kg, log_sd, cm, *, weight=(45, 130), bmi=(15, 60)):
    """Moments of one sex by quadrature over height and weight: weight, its square, height, corr(ln W, H), share kept."""
    z = np.linspace(-6, 6, 601)
    first, second = np.meshgrid(z, z, indexing="ij")
    chance = np.exp(-(first**2 + second**2) / 2)
    height = cm + 7 * first
    weight_kg = kg * np.exp(-(log_sd**2) / 2 + log_sd * (0.4 * first + math.sqrt(1 - 0.16) * second))
    index = weight_kg / (height / 100) ** 2
    kept = (weight_kg >= weight[0]) & (weight_kg <= weight[1]) & (index >= bmi[0]) & (index <= bmi[1])
    share = chance[kept] / chance[kept].sum()
    heights, logs = height[kept], np.log(weight_kg[kept])
    means = share @ heights, share @ logs
    spread = math.sqrt((share @ (heights - means[0]) ** 2) * (share @ (logs - means[1]) ** 2))
    return {
        "kg": float(share @ weight_kg[kept]),
        "kg2": float(share @ weight_kg[kept] ** 2),
        "cm": float(means[0]),
        "correlation": float(share @ ((heights - means[0]) * (logs - means[1])) / spread),
        "kept": float(chance[kept].sum() / chance.sum()),
    }


def truncated_age(mean, sd, low, high):
    """Mean and SD of a normal age rounded to whole years from low to high."""
    years = np.arange(low, high + 1)
    below = np.array([math.erf((year - 0.5 - mean) / sd / math.sqrt(2)) for year in [*years, high + 1]])
    chance = np.diff(below) / (below[-1] - below[0])
    middle = float(chance @ years)
    return middle, math.sqrt(float(chance @ (years - middle) ** 2))


def the_cohort_by_sex():
    """Weights by sex that give 79 +/- 19 kg with 73 % women, found by halving and not by the formula of the code."""
    women_kg = 79 / (0.73 + 0.27 * MEN["kg"] / WOMEN["kg"])
    men_kg = women_kg * MEN["kg"] / WOMEN["kg"]
    low, high = 0.01, 1.0
    for _ in range(60):
        log_sd = (low + high) / 2
        square = (0.73 * women_kg**2 + 0.27 * men_kg**2) * math.exp(log_sd**2)
        low, high = (log_sd, high) if math.sqrt(square - 79**2) < 19 else (low, log_sd)
    return women_kg, men_kg, log_sd


def test_it_draws_the_published_cohort_before_it_truncates():
    women_kg, men_kg, log_sd = the_cohort_by_sex()
    wide = {"weight": (0, 1e9), "bmi": (0, 1e9)}
    women = truncated_body(women_kg, log_sd, 161, **wide)
    men = truncated_body(men_kg, log_sd, 175, **wide)
    mean = 0.73 * women["kg"] + 0.27 * men["kg"]
    assert mean == pytest.approx(79, abs=0.01)
    assert 0.73 * women["kg2"] + 0.27 * men["kg2"] - mean**2 == pytest.approx(19**2, rel=1e-3)
    limits = Limits(age_y=Range(low=0, high=200), weight_kg=Range(low=1, high=1000))
    people = chronic_pain_adults(MANY, a_generator(), limits=limits)
    assert people.weight_kg.mean() == pytest.approx(79, abs=0.4)  # a BMI over 60 is still drawn again
    assert (people.age_y.mean(), people.age_y.std()) == pytest.approx((46, 12), abs=0.2)


def test_it_draws_adults_with_chronic_pain_as_the_truncated_cohort():
    people = chronic_pain_adults(MANY, a_generator())
    women_kg, men_kg, log_sd = the_cohort_by_sex()
    women, men = truncated_body(women_kg, log_sd, 161), truncated_body(men_kg, log_sd, 175)
    mean = 0.73 * women["kg"] + 0.27 * men["kg"]
    sd = math.sqrt(0.73 * women["kg2"] + 0.27 * men["kg2"] - mean**2)
    assert people.weight_kg.mean() == pytest.approx(mean, abs=0.25)
    assert people.weight_kg.std() == pytest.approx(sd, abs=0.2)
    assert (round(mean, 1), round(sd, 1)) == (78.6, 17.2)  # what the limits leave of 79 and 19
    age, age_sd = truncated_age(46, 12, 18, 75)
    assert people.age_y.mean() == pytest.approx(age, abs=0.2)
    assert people.age_y.std() == pytest.approx(age_sd, abs=0.15)
    assert people.female.mean() == pytest.approx(0.73, abs=0.008)
    assert people.height_cm[people.female].mean() == pytest.approx(women["cm"], abs=0.15)
    assert people.height_cm[~people.female].mean() == pytest.approx(men["cm"], abs=0.25)


@pytest.mark.parametrize(("female", "sex"), [(True, WOMEN), (False, MEN)])
def test_it_draws_adults_at_large_by_sex(female, sex):
    people = us_adults(MANY, a_generator())
    these = people.some(people.female == female)
    log_sd = math.sqrt(math.log1p((20 / sex["kg"]) ** 2))
    expected = truncated_body(sex["kg"], log_sd, sex["cm"])
    assert these.size == pytest.approx(MANY / 2, rel=0.02)
    assert these.weight_kg.mean() == pytest.approx(expected["kg"], abs=0.35)
    assert these.weight_kg.std() == pytest.approx(math.sqrt(expected["kg2"] - expected["kg"] ** 2), abs=0.3)
    correlation = np.corrcoef(np.log(these.weight_kg), these.height_cm)[0, 1]
    assert correlation == pytest.approx(expected["correlation"], abs=0.02)
    assert correlation > 0.3
    assert these.age_y.mean() == pytest.approx(46.5, abs=0.4)


@pytest.mark.parametrize("build", [chronic_pain_adults, us_adults])
def test_it_keeps_everybody_plausible_and_nobody_at_a_limit(build):
    people = build(MANY, a_generator())
    assert people.age_y.min() >= 18
    assert people.age_y.max() <= 75
    assert np.all(people.age_y == np.rint(people.age_y))
    assert 45 < people.weight_kg.min() < 46
    assert 129 < people.weight_kg.max() < 130
    assert 15 < people.bmi_kg_per_m2.min() < 17
    assert 50 < people.bmi_kg_per_m2.max() < 60
    assert np.unique(people.weight_kg).size == MANY  # moved to a limit, many would weigh the same


def test_it_gives_the_same_people_for_the_same_seed_only():
    one, again, other = (chronic_pain_adults(50, a_generator(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.weight_kg, again.weight_kg)
    assert np.array_equal(one.age_y, again.age_y)
    assert not np.array_equal(one.weight_kg, other.weight_kg)


def test_it_draws_in_the_order_it_says():
    people, rng = chronic_pain_adults(4, a_generator(3)), a_generator(3)
    assert np.array_equal(people.female, rng.random(4) < 0.73)
    assert np.array_equal(people.age_y, np.rint(rng.normal(46, 12, 4)))
    assert people.height_cm == pytest.approx(
        np.where(people.female, 161, 175) + 7 * rng.standard_normal((2, 4))[0]
    )


@pytest.mark.parametrize("build", [chronic_pain_adults, us_adults])
def test_it_keeps_to_the_limits_that_it_is_given(build):
    limits = Limits(age_y=Range(low=60, high=63), weight_kg=Range(low=100, high=160))
    people = build(2000, a_generator(), limits=limits)
    assert np.unique(people.age_y).tolist() == [60, 61, 62, 63]
    assert 100 <= people.weight_kg.min() < 101
    assert 130 < people.weight_kg.max() <= 160  # the policy's own end is 130


def test_it_says_so_when_hardly_anybody_fits():
    narrow = Limits(age_y=Range(low=18, high=75), weight_kg=Range(low=70, high=70))
    with pytest.raises(NotComputable, match="3 of 3 people still lie outside"):
        chronic_pain_adults(3, a_generator(), limits=narrow)


def test_it_takes_for_each_model_those_for_whom_it_is_shown():
    library = the_library()
    assert limits_of(library.policy) == Limits(
        age_y=Range(low=18, high=75), weight_kg=Range(low=45, high=130)
    )
    assert limits_of(library.policy, library.model("kamp_2020")) == limits_of(library.policy)
    assert limits_of(library.policy, library.model("perez_ruixo_2021")) == Limits(
        age_y=Range(low=18, high=86), weight_kg=Range(low=45, high=170)
    )
    assert limits_of(library.policy, library.model("hijazi_2003")) == limits_of(library.policy)


def test_it_copies_one_person():
    people = one_person(3, weight_kg=82.0, age_y=51, height_cm=170.0, female=True)
    assert people.weight_kg.tolist() == [82.0] * 3
    assert people.age_y.tolist() == [51.0] * 3
    assert people.female.tolist() == [True] * 3
    assert people.bmi_kg_per_m2 == pytest.approx([82 / 1.7**2] * 3)
    assert people.some(slice(1)).size == 1


def test_it_leaves_out_what_is_not_recorded_of_one_person():
    people = one_person(3, weight_kg=82.0, age_y=51).some(slice(2))
    assert (people.height_cm, people.female, people.bmi_kg_per_m2) == (None, None, None)
    assert people.words == "people of 82 kg and 51 years"


@pytest.mark.parametrize("model_id", ADULT_MODELS)
def test_it_draws_the_published_variances_and_covariances(model_id):
    model = the_library().model(model_id)
    deviates = deviates_of(model, MANY, a_generator())
    for name, variance in model.variability.log_variance.items():
        assert deviates[name].mean() == pytest.approx(0, abs=4 * math.sqrt(variance / MANY))
        assert deviates[name].var() == pytest.approx(variance, rel=4 * math.sqrt(2 / MANY))
    paired = {frozenset(covariance.between): covariance.value for covariance in model.variability.covariances}
    names = list(model.variability.log_variance)
    for place, one in enumerate(names):
        for other in names[:place]:
            found = np.cov(deviates[one], deviates[other])[0, 1]
            slack = 5 * math.sqrt(deviates[one].var() * deviates[other].var() / MANY)
            assert found == pytest.approx(paired.get(frozenset({one, other}), 0.0), abs=slack)


def test_it_shares_a_deviate_where_the_source_does():
    deviates = deviates_of(the_library().model("simons_2022"), 20, a_generator())
    assert np.array_equal(deviates["norketamine_central"], deviates["central"])
    assert np.ptp(deviates["central"]) > 0


@pytest.mark.parametrize("model_id", ["domino", "clements_250"])
def test_it_invents_no_difference_between_people(model_id):
    model = the_library().model(model_id)
    assert deviates_of(model, 5, a_generator()) == {}
    assert not model.variability.published
    cohort = cohort_for(model, one_person(5, weight_kg=70, age_y=46), a_generator())
    for parameter in parameters_of(model):
        assert cohort.columns[parameter.name] == pytest.approx([parameter.value] * 5)


def test_it_takes_a_covariance_that_leaves_nothing_of_its_own():
    kamp = the_library().model("kamp_2020")
    together = dataclasses.replace(
        kamp.variability,
        log_variance={"central": 0.04, "peripheral_1": 0.0, "elimination": 0.01},
        covariances=(Covariance(between=("central", "elimination"), value=0.02),),
    )
    model = dataclasses.replace(copy.copy(kamp), variability=together)
    factor = covariance_factor(model)
    assert factor @ factor.T == pytest.approx(np.array([[0.04, 0, 0.02], [0, 0, 0], [0.02, 0, 0.01]]))
    deviates = deviates_of(model, 9, a_generator())
    assert deviates["elimination"] == pytest.approx(deviates["central"] / 2)
    assert deviates["peripheral_1"].tolist() == [0.0] * 9


@pytest.mark.parametrize("model_id", ["kamp_2020", "simons_2022", "otto_2021", "domino"])
def test_it_draws_the_exponent_of_weight_from_nought_to_one(model_id):
    model, people = the_library().model(model_id), one_person(MANY, weight_kg=120, age_y=46)
    own = cohort_for(model, people, a_generator(), uncertain_exponent=False).columns
    drawn = cohort_for(model, people, a_generator()).columns
    exponent = model.allometry.elimination + np.log(drawn["elimination"] / own["elimination"]) / math.log(
        120 / 70
    )
    assert -1e-9 < exponent.min() < 0.01
    assert 0.99 < exponent.max() < 1 + 1e-9
    assert (exponent.mean(), exponent.var()) == pytest.approx((1 / 2, 1 / 12), abs=0.006)
    changed = {name for name in own if not np.array_equal(own[name], drawn[name])}
    assert changed == {name for name in own if name.endswith("elimination")}


def test_it_keeps_that_a_model_found_no_effect_of_weight():
    perez = the_library().model("perez_ruixo_2021")
    light = cohort_for(perez, one_person(50, weight_kg=45, age_y=46), a_generator()).columns
    heavy = cohort_for(perez, one_person(50, weight_kg=170, age_y=46), a_generator()).columns
    assert all(np.array_equal(light[name], heavy[name]) for name in light)


def test_it_draws_deviates_before_exponents():
    kamp, rng = the_library().model("kamp_2020"), a_generator(5)
    cohort = cohort_for(kamp, one_person(6, weight_kg=100, age_y=46), a_generator(5))
    deviates = rng.standard_normal((6, 3)) * np.sqrt([0.057, 0.029, 0.026])
    exponent = rng.uniform(0, 1, 6)
    assert cohort.columns["central"] == pytest.approx(25 * 100 / 70 * np.exp(deviates[:, 0]))
    assert cohort.columns["elimination"] == pytest.approx(
        84 * (100 / 70) ** exponent * np.exp(deviates[:, 1])
    )


def test_it_draws_the_effect_site_around_its_published_half_time():
    half_min = math.log(2) / ke0_per_h(MANY, a_generator()) * 60
    assert np.median(half_min) == pytest.approx(8.3, rel=0.01)
    assert np.log(half_min).std() == pytest.approx(0.24, rel=0.02)
    low, high = np.quantile(half_min, (0.025, 0.975))
    assert (low, high) == pytest.approx((5.1, 13.0), abs=0.35)  # Olofsen 2022: 95 % interval 5.1 to 13.0 min
