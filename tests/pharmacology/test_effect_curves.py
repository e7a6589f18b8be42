"""An effect over time in one person, the pressure estimate, the published line and the venous-equivalent curve."""

import numpy as np
import pytest

from ebbtide.pharmacology.effects.action import TOLERANCE_CAUTION, AcuteTolerance
from ebbtide.pharmacology.effects.anchors import Concentration
from ebbtide.pharmacology.effects.curves import (
    Dosed,
    effect_answer,
    line_check,
    systolic_rise,
    venous_equivalent_ng_per_ml,
)
from ebbtide.pharmacology.effects.drivers import site_rate
from ebbtide.pharmacology.effects.library import the_effects
from ebbtide.pharmacology.errors import NotComputable, UnknownModel
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug, Site
from ebbtide.pharmacology.schedule import RateChange, constant_infusion, from_rate_changes
from tests.pharmacology.builders import a_body

TIMES_H = np.linspace(0, 4, 49)


def a_dosed(model_id="kamp_2020", *, drug=Drug.S, schedule=None):
    return Dosed(
        model=the_library().model(model_id),
        body=a_body(model_id),
        schedule=schedule or constant_infusion(amount_mg=35, over_h=40 / 60),
        drug=drug,
    )


def an_answer(effect_id="olofsen_2022", endpoint="pressure_pain_threshold", *, tolerance=None, **dosed):
    effects = the_effects()
    effect = effects.model(effect_id)
    return effect_answer(
        effect=effect,
        endpoint=endpoint,
        dosed=a_dosed(**dosed),
        times_h=TIMES_H,
        rate=site_rate(effect, borrow_from=effects.default),
        tolerance=tolerance,
    )


def test_it_gives_a_share_of_the_maximum_with_the_interval_of_c50():
    curve = an_answer().curve
    site = curve.effect_site_ng_per_ml
    assert curve.middle == pytest.approx(site / (site + 121))
    assert curve.lower == pytest.approx(site / (site + 157))
    assert curve.upper == pytest.approx(site / (site + 90))
    assert (curve.effect_id, curve.endpoint) == ("olofsen_2022", "pressure_pain_threshold")
    assert curve.parameter_hash == the_effects().default.parameter_hash


def test_it_is_driven_by_half_of_the_racemate_and_by_nothing_of_r():
    whole, half, none = (
        an_answer(drug=drug).curve.effect_site_ng_per_ml for drug in (Drug.S, Drug.RACEMIC, Drug.R)
    )
    assert half == pytest.approx(whole / 2)
    assert not none.any()


def test_it_gives_both_ends_and_no_middle_where_the_source_gives_a_range():
    curve = an_answer("simons_2022_pd", "heat_pain", model_id="simons_2022").curve
    assert curve.middle is None
    assert curve.upper == pytest.approx(curve.effect_site_ng_per_ml / (curve.effect_site_ng_per_ml + 285))
    assert any("borrowed from olofsen_2022" in sentence for sentence in curve.cautions)


def test_it_answers_with_a_sentence_when_the_drug_is_not_known():
    answer = an_answer(drug=Drug.UNKNOWN)
    assert answer.curve is None
    assert answer.advice == "It is not known which ketamine is given: name it first."


def test_it_has_no_tolerance_unless_somebody_gives_one():
    tolerance = AcuteTolerance(rate_per_h=2.0, half_ng_per_ml=50)
    without, given = (
        an_answer(drug=Drug.RACEMIC).curve,
        an_answer(drug=Drug.RACEMIC, tolerance=tolerance).curve,
    )
    assert TOLERANCE_CAUTION not in without.cautions
    assert given.cautions[0] == TOLERANCE_CAUTION
    assert given.effect_site_ng_per_ml == pytest.approx(without.effect_site_ng_per_ml, rel=1e-12)
    assert np.all(given.middle[1:] < without.middle[1:])


def test_it_lets_tolerance_follow_the_driving_share_alone():
    tolerance = AcuteTolerance(rate_per_h=2.0, half_ng_per_ml=50)
    half_dose = constant_infusion(amount_mg=17.5, over_h=40 / 60)
    racemate = an_answer(drug=Drug.RACEMIC, tolerance=tolerance).curve
    s_alone = an_answer(drug=Drug.S, tolerance=tolerance, schedule=half_dose).curve
    assert racemate.middle == pytest.approx(s_alone.middle, rel=1e-12)


def test_it_falls_at_a_steady_effect_site_with_tolerance():
    steady = from_rate_changes([RateChange(at_h=0, rate_mg_per_h=40), RateChange(at_h=8, rate_mg_per_h=0)])
    tolerant = an_answer(tolerance=AcuteTolerance(rate_per_h=0.4, half_ng_per_ml=30), schedule=steady).curve
    assert tolerant.middle.argmax() < TIMES_H.size - 1
    assert tolerant.effect_site_ng_per_ml.argmax() == TIMES_H.size - 1


def test_it_names_the_endpoints_and_the_forms_that_it_cannot_draw():
    with pytest.raises(UnknownModel, match="no endpoint 'relief'"):
        an_answer(endpoint="relief")
    effects = the_effects()
    with pytest.raises(NotComputable, match="dahan_2011 is not a share of a maximum"):
        effect_answer(
            effect=effects.model("dahan_2011"),
            endpoint="chronic_pain",
            dosed=a_dosed(),
            times_h=TIMES_H,
            rate=site_rate(effects.default),
        )


def test_it_estimates_a_rise_of_pressure_and_never_without_its_caution():
    found = systolic_rise(
        the_effects().model("blood_pressure_simple"), concentration_ng_per_ml=np.array([0.0, 250.0, 750.0])
    )
    assert found.percent == pytest.approx([0, 10, 20])
    assert "alarms come from measurements only, never from this" in found.cautions[0]


def test_it_refuses_other_forms():
    with pytest.raises(NotComputable, match="percentage"):
        systolic_rise(the_effects().default, concentration_ng_per_ml=np.ones(1))
    with pytest.raises(NotComputable, match="not a line"):
        line_check(the_effects().default, Concentration(ng_per_ml=100, site=Site.VENOUS, drug=Drug.RACEMIC))


@pytest.mark.parametrize(
    ("level", "site", "drug", "said", "not_said"),
    [
        (
            100,
            Site.VENOUS,
            Drug.RACEMIC,
            ["lies inside the 50 to 200 ng/mL", "no score is computed"],
            ["sites", "seen with"],
        ),
        (300, Site.VENOUS, Drug.RACEMIC, ["lies outside"], ["inside"]),
        (
            100,
            Site.ARTERIAL,
            Drug.S,
            ["Sampling sites differ: arterial against venous", "seen with the racemate"],
            [],
        ),
    ],
)
def test_it_checks_a_published_line_in_words(level, site, drug, said, not_said):
    sentence = line_check(
        the_effects().model("bowdle_1998"), Concentration(ng_per_ml=level, site=site, drug=drug)
    )
    assert all(words in sentence for words in said)
    assert not any(words in sentence for words in not_said)


def test_it_meets_t2_with_the_exploratory_venous_link():
    found = venous_equivalent_ng_per_ml(
        body=a_body(),
        schedule=constant_infusion(amount_mg=35, over_h=40 / 60),
        times_h=np.array([40 / 60]),
        link=the_effects().venous_link,
    )
    assert found / the_effects().anchor("depression_dose").value_ng_per_ml == pytest.approx(1.22, abs=0.005)
