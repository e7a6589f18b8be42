"""The preview: a curve with site, source and band, or the sentence that says why there is none."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.pharmacology import (
    Bolus,
    Drug,
    Mark,
    Outcome,
    Person,
    Preview,
    Schedule,
    Site,
    UnknownModel,
    constant_infusion,
    preview,
    the_library,
    two_figures,
)
from ebbtide.pharmacology.preview import LONGEST_GRID
from ebbtide.pharmacology.validity import Question, why_not

HALF_MG_PER_KG = constant_infusion(amount_mg=35, over_h=40 / 60)


def a_person(**changes):
    return dataclasses.replace(Person(age_y=46, weight_kg=70.0), **changes)


def ask(schedule=HALF_MG_PER_KG, *, drug=Drug.RACEMIC, models=("kamp_2020",), person=None, **options):
    return preview(schedule=schedule, person=person or a_person(), drug=drug, model_ids=models, **options)


def infused(mg, minutes):
    return constant_infusion(amount_mg=mg, over_h=minutes / 60)


def test_it_shows_one_arterial_and_one_venous_model():
    kamp, otto = preview(schedule=HALF_MG_PER_KG, person=a_person(), drug=Drug.RACEMIC)
    assert (kamp.curve.site, otto.curve.site) == (Site.ARTERIAL, Site.VENOUS)
    assert (kamp.curve.model_id, otto.curve.model_id) == ("kamp_2020", "otto_2021")
    assert kamp.curve.peak_ng_per_ml == pytest.approx(253.0518, rel=1e-6)
    assert otto.curve.peak_ng_per_ml == pytest.approx(158.0417, rel=1e-6)
    assert kamp.curve.peak_at_min == pytest.approx(40)


def test_it_carries_source_mark_hash_and_the_words():
    (answer,) = ask()
    model = the_library().model("kamp_2020")
    assert answer.outcome is Outcome.PREDICTED
    assert (answer.curve.source, answer.curve.mark) == (model.source, Mark.SECOND_HAND)
    assert answer.curve.parameter_hash == model.parameter_hash
    assert (
        "not a measurement; no concentration is known to predict chronic-pain relief" in answer.curve.caption
    )
    assert "14 pooled data sets" in answer.curve.population
    assert any("Scaling with weight: disputed" in caution for caution in answer.curve.cautions)


def test_it_draws_a_band_of_the_stated_factor():
    (answer,) = ask()
    curve, at_end = answer.curve, answer.curve.minutes.index(pytest.approx(40))
    assert (curve.band.level, curve.band.factor, curve.band.mark) == (0.90, 1.6, Mark.DESIGN)
    assert curve.lower_ng_per_ml[at_end] == pytest.approx(253.0518 / 1.6, rel=1e-6)
    assert curve.upper_ng_per_ml[at_end] == pytest.approx(253.0518 * 1.6, rel=1e-6)


def test_it_gives_the_same_answer_twice():
    assert ask() == ask()


def test_it_looks_four_hours_past_the_end_or_as_far_as_asked():
    assert ask()[0].curve.minutes[-1] == pytest.approx(280)
    assert ask(until_min=30.5)[0].curve.minutes[-1] == 30.5


def test_it_keeps_long_courses_drawable_and_their_edges_exact():
    (answer,) = ask(infused(2000, 6000.5), crps_course=True)
    assert len(answer.curve.minutes) <= LONGEST_GRID + 3
    assert pytest.approx(6000.5) in answer.curve.minutes


def test_it_calls_a_racemate_in_an_s_model_a_comparison():
    (answer,) = ask(models=("otto_2021",))
    assert answer.curve.cautions[0].startswith(
        "A comparison, not a prediction: racemic ketamine enters a model of S-"
    )
    (own,) = ask(models=("otto_2021",), drug=Drug.S)
    assert not any("comparison" in caution for caution in own.curve.cautions)
    (legacy,) = ask(models=("domino",), drug=Drug.S)
    assert legacy.curve.cautions[0].startswith("A comparison")


def test_it_warns_where_only_one_model_goes_on():
    (answer,) = ask(models=("perez_ruixo_2021",), drug=Drug.S, person=a_person(age_y=80, weight_kg=150.0))
    assert any("Aged 80 years: shown with a warning" in caution for caution in answer.curve.cautions)
    assert any("150 kg: beyond the weights" in caution for caution in answer.curve.cautions)


def test_it_takes_a_bolus_of_a_minute_whatever_its_rate():
    bolus = Schedule(boluses=(Bolus(at_h=0.0, amount_mg=20.0, over_h=1 / 60),))
    assert ask(bolus)[0].outcome is Outcome.PREDICTED


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ({"person": Person(age_y=None, weight_kg=70.0)}, "The age is not recorded"),
        ({"person": Person(age_y=46, weight_kg=None)}, "The weight is not recorded"),
        ({"person": Person(age_y=46, weight_kg=70.0, pregnant=True)}, "validated in pregnancy"),
        ({"person": Person(age_y=17, weight_kg=70.0)}, "shown from 18 to 75 years and this person is 17"),
        (
            {"person": Person(age_y=80, weight_kg=70.0)},
            "80 years old: no concentration is shown; ask perez_ruixo_2021",
        ),
        ({"person": Person(age_y=87, weight_kg=70.0), "models": ("perez_ruixo_2021",)}, "this person is 87"),
        (
            {"person": Person(age_y=46, weight_kg=38.0)},
            "shown from 45 to 130 kg and this person weighs 38 kg",
        ),
        (
            {"person": Person(age_y=46, weight_kg=140.0)},
            "weighs 140 kg: no concentration is shown; ask perez",
        ),
        ({"person": Person(age_y=46, weight_kg=171.0), "models": ("perez_ruixo_2021",)}, "weighs 171 kg"),
        ({"models": ("herd_2007",)}, "not offered for adults \\(paediatric\\)"),
        (
            {"models": ("otto_2021",), "drug": Drug.R},
            "describes S-ketamine and cannot speak about R-ketamine",
        ),
        ({"schedule": infused(60, 40)}, "reaches 90 mg/h \\(1.29 mg/kg/h\\).*lower the rate"),
        ({"schedule": infused(121, 60), "person": Person(age_y=46, weight_kg=120.0)}, "reaches 121 mg/h"),
        (
            {"schedule": infused(2, 4)},
            "lasts 4 min and models are shown from 5 min to 8 h \\(120 h for a CRPS",
        ),
        ({"schedule": infused(100, 481)}, "lasts 481 min"),
        ({"schedule": infused(100, 7201), "crps_course": True}, "from 5 min to 120 h: change the duration"),
        (
            {"schedule": Schedule(boluses=(Bolus(at_h=0, amount_mg=5, over_h=0.5 / 60),))},
            "A bolus over 0.5 min",
        ),
        ({"schedule": Schedule(boluses=(Bolus(at_h=0, amount_mg=5),))}, "A bolus over 0 min is not modelled"),
        ({"schedule": Schedule()}, "Nothing is given"),
    ],
)
def test_it_refuses_in_words_and_shows_no_number(case, sentence):
    (answer,) = ask(**case)
    assert (answer.outcome, answer.curve) == (Outcome.OUTSIDE_MODEL_RANGE, None)
    assert re.search(sentence, answer.advice)


@pytest.mark.parametrize(
    "case",
    [
        {"schedule": infused(84, 60)},  # 1.2 mg/kg/h exactly
        {"schedule": infused(120, 60), "person": Person(age_y=46, weight_kg=120.0)},
        {"schedule": infused(2, 5)},
        {"schedule": infused(100, 480)},
        {"schedule": infused(1000, 7200), "crps_course": True},
        {"person": Person(age_y=18, weight_kg=45.0), "schedule": infused(20, 40)},
        {"person": Person(age_y=75, weight_kg=130.0)},
    ],
)
def test_it_takes_the_limit_itself_as_inside(case):
    assert ask(**case)[0].outcome is Outcome.PREDICTED


def test_it_lets_a_model_without_limits_follow_the_policy_alone():
    library = the_library()
    model = dataclasses.replace(library.model("hijazi_2003"), offered=True, drugs=(Drug.RACEMIC,))
    question = Question(
        schedule=HALF_MG_PER_KG,
        age_y=46,
        weight_kg=70.0,
        pregnant=None,
        drug=Drug.RACEMIC,
        model=model,
        policy=library.policy,
        crps_course=False,
    )
    assert why_not(question) is None


def test_it_names_a_model_that_is_not_there():
    with pytest.raises(UnknownModel):
        ask(models=("propofol",))


def test_it_is_never_both_a_curve_and_a_refusal():
    with pytest.raises(ValueError, match="exactly when it was predicted"):
        Preview(outcome=Outcome.PREDICTED, model_id="kamp_2020", advice="")


@given(st.integers(18, 75), st.floats(45, 130), st.floats(0.1, 1.2), st.floats(5, 480))
def test_it_answers_every_question_inside_the_limits(age_y, weight_kg, rate_mg_per_kg_h, minutes):
    mg = min(rate_mg_per_kg_h * weight_kg, 120.0) * minutes / 60
    for answer in preview(
        schedule=infused(mg, minutes),
        person=Person(age_y=age_y, weight_kg=weight_kg),
        drug=Drug.RACEMIC,
        until_min=600,
    ):
        assert answer.curve.peak_ng_per_ml >= max(answer.curve.ng_per_ml) * (1 - 1e-9)


@pytest.mark.parametrize(
    ("value", "words"),
    [(253.05, "250"), (0.2711, "0.27"), (0, "0"), (99.6, "100"), (1485, "1500"), (26.74, "27"), (4.0, "4")],
)
def test_it_writes_two_significant_figures(value, words):
    assert two_figures(value) == words
