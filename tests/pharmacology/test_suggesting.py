"""One model's suggestion from a question: virtual people are drawn, and rules are put together."""

from dataclasses import replace

import numpy as np
import pytest

from ebbtide.pharmacology.doses.suggesting import DoseAsked, suggest
from ebbtide.pharmacology.doses.suggestions import DoseOutcome, Functional, Limit, LimitedBy, Window
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug
from tests.pharmacology.doses_builders import FORTY_MIN

LIMIT = Limit(value=250.0, share_over=0.05)


def asked(**changes):
    question = {
        "shape": FORTY_MIN,
        "weight_kg": 70.0,
        "age_y": 45,
        "drug": Drug.RACEMIC,
        "functional": Functional.PEAK,
        "rule": LIMIT,
        "people": 200,
        "seed": 1,
    }
    return DoseAsked(**(question | changes))


def suggested(model_id="kamp_2020", **changes):
    return suggest(asked(**changes), the_library().model(model_id), np.random.default_rng(1))


def test_it_gives_the_same_dose_for_the_same_seed():
    first, second = suggested(), suggested()
    assert first == second
    assert (first.people, first.seed) == (200, 1)
    assert 28.0 < first.dose.dose_mg < 34.0  # 250 / 7.23 is 34.6 mg in the middle person


def test_it_meets_half_of_the_people_at_the_typical_dose():
    half = suggested(people=2000, rule=Limit(value=250.0, share_over=0.5))
    assert half.dose.dose_mg == pytest.approx(250 / 7.23005, rel=0.01)


def test_it_allows_more_by_the_effect_site_that_lags():
    blood, site = suggested(), suggested(functional=Functional.EFFECT_SITE_PEAK)
    assert site.dose.dose_mg > 1.05 * blood.dose.dose_mg
    assert site.functional is Functional.EFFECT_SITE_PEAK


def test_it_holds_an_area():
    found = suggested(functional=Functional.AREA, rule=Limit(value=400.0, share_over=0.5), people=2000)
    assert found.dose.dose_mg == pytest.approx(400 * 84 / 1000, rel=0.02)
    assert "ng h/mL (the area under the concentration" in found.reasons[0]


def test_it_puts_people_into_a_window_under_a_limit():
    free = suggested(rule=Window(low=70.0, high=400.0))
    held = suggested(rule=Window(low=70.0, high=400.0), under=Limit(value=100.0, share_over=0.05))
    alone = suggested(rule=Limit(value=100.0, share_over=0.05))
    assert free.dose.limited_by is LimitedBy.WINDOW
    assert held.dose.limited_by is LimitedBy.CAP
    assert held.dose.to_mg == pytest.approx(alone.dose.dose_mg)
    assert held.reasons[0].startswith("Held down by the limit of 100 ng/mL that 0.05 of people may pass")


def test_it_does_not_search_a_window_when_the_limit_cannot_be_held():
    found = suggested(people=10, rule=Window(low=70.0, high=160.0), under=LIMIT)
    assert found.outcome is DoseOutcome.NOT_POSSIBLE
    assert "sample at least 19" in found.advice


def test_it_gives_a_model_without_published_differences_those_of_the_band():
    found = suggested("domino", people=2000)
    assert found.dose.dose_mg == pytest.approx(250 / (240.3308 / 35) / 1.638, rel=0.05)
    assert any("publishes no differences" in reason for reason in found.reasons)


def test_it_calls_a_racemate_in_a_model_of_s_a_comparison():
    found = suggested("simons_2022")
    assert found.cautions[-3].startswith("A comparison, not a prediction")
    assert not any("comparison" in word for word in suggested("simons_2022", drug=Drug.S).cautions)


@pytest.mark.parametrize(
    ("model_id", "changes", "words"),
    [
        ("domino", {"drug": Drug.S}, "cannot speak about S-ketamine"),
        ("kamp_2020", {"age_y": 80}, "80 years old"),
        ("kamp_2020", {"weight_kg": 20.0}, "weighs 20 kg"),
        ("kamp_2020", {"pregnant": True}, "pregnancy"),
        ("flint_2017", {"drug": Drug.S}, "not offered for adults"),
    ],
)
def test_it_refuses_before_anybody_is_drawn(model_id, changes, words):
    found = suggest(asked(**changes), the_library().model(model_id), None)
    assert (found.outcome, found.people, found.dose) == (DoseOutcome.OUTSIDE_MODEL_RANGE, 0, None)
    assert words in found.advice


def test_it_allows_a_long_course_for_crps_alone():
    day = replace(FORTY_MIN, infusions=(replace(FORTY_MIN.infusions[0], end_h=24.0),))
    assert suggested(shape=day).dose is None
    assert suggested(shape=day, crps_course=True).dose is not None
