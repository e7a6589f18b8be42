"""The preview: a curve with site, source and band, or the sentence that says why there is none."""

import dataclasses
import operator
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.pharmacology import (
    Bolus,
    Drug,
    Infusion,
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
from ebbtide.pharmacology.engine.programme import Grid
from ebbtide.pharmacology.people.bands import Regimen, measurements, model_bands
from ebbtide.pharmacology.people.population import one_person
from ebbtide.pharmacology.previews import (
    BAND_PEOPLE,
    BAND_SEED,
    LONGEST_GRID,
    Asked,
    answers,
    drawn_minutes,
)
from ebbtide.pharmacology.published.models import Range
from ebbtide.pharmacology.published.validity import Question, why_not
from tests.pharmacology.doses_builders import a_question

HALF_MG_PER_KG = constant_infusion(amount_mg=35, over_h=40 / 60)


def a_person(**changes):
    return dataclasses.replace(Person(age_y=46, weight_kg=70.0), **changes)


def ask(schedule=HALF_MG_PER_KG, *, drug=Drug.RACEMIC, models=("kamp_2020",), person=None, **options):
    return preview(schedule=schedule, person=person or a_person(), drug=drug, model_ids=models, **options)


def infused(mg, minutes):
    return constant_infusion(amount_mg=mg, over_h=minutes / 60)


def test_it_shows_two_arterial_models_and_a_venous_one():
    answers = preview(schedule=HALF_MG_PER_KG, person=a_person(), drug=Drug.RACEMIC)
    assert [(answer.curve.model_id, answer.curve.site) for answer in answers] == [
        ("kamp_2020", Site.ARTERIAL),
        ("simons_2022", Site.ARTERIAL),
        ("otto_2021", Site.VENOUS),
    ]
    peaks = [answer.curve.peak_ng_per_ml for answer in answers]
    assert peaks == pytest.approx([253.0518, 288.7416, 158.0417], rel=1e-6)
    assert answers[0].curve.peak_at_min == pytest.approx(40)


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


def at(curve, minute):
    place = curve.minutes.index(pytest.approx(minute))
    return curve.lower_ng_per_ml[place], curve.ng_per_ml[place], curve.upper_ng_per_ml[place]


@pytest.mark.parametrize("model_id", ["kamp_2020", "simons_2022", "otto_2021", "perez_ruixo_2021"])
def test_it_draws_the_band_of_new_measurements_in_people_like_this_one(model_id):
    (answer,) = ask(models=(model_id,), drug=Drug.S, person=a_person(weight_kg=90.0))
    curve = answer.curve
    model, rng = the_library().model(model_id), np.random.default_rng(99)
    regimen = Regimen(schedule=HALF_MG_PER_KG, grid=Grid(step_h=1 / 3, count=13), drug=Drug.S)
    measured = measurements(model, one_person(20_000, weight_kg=90.0, age_y=46), regimen, rng)[:, 0]
    for place, minute in ((1, 20), (2, 40), (4, 80), (12, 240)):
        low, _, high = at(curve, minute)
        share = np.mean((measured[:, place] >= low) & (measured[:, place] <= high))
        assert 0.87 <= share <= 0.93  # 1,000 people: one seed in a hundred lies 2.4 points off
    assert (curve.people, curve.seed) == (BAND_PEOPLE, BAND_SEED)


def test_it_says_what_is_in_the_band():
    kamp, otto = ask(models=("kamp_2020", "otto_2021"))
    assert kamp.curve.band.startswith(
        "90% band of one new measurement, from 1000 virtual people of 70 kg and 46 years (seed 2020)."
    )
    assert "borrowed from simons_2022 (design)" in kamp.curve.band
    assert "log-SD 0.11 of arterial blood is taken (design)" in kamp.curve.band
    assert "The difference between models is not in this band." in kamp.curve.band
    assert "otto_2021, ketamine: scatter of one measurement as its source prints it" in otto.curve.band


@pytest.mark.parametrize("model_id", ["domino", "clements_250"])
def test_it_takes_the_stated_factor_where_no_variability_is_published(model_id):
    (answer,) = ask(models=(model_id,))
    low, line, high = at(answer.curve, 40)
    assert (low, high) == pytest.approx((line / 1.6, line * 1.6))
    assert answer.curve.band.startswith("No variability is published for this model. 90% band: divided and")
    assert (answer.curve.people, answer.curve.seed) == (0, None)


def test_it_draws_nobody_when_nobody_is_asked_for():
    asked = Asked(schedule=HALF_MG_PER_KG, person=a_person(), drug=Drug.RACEMIC, people=0)
    (answer,) = answers(asked, model_ids=("kamp_2020",))
    assert at(answer.curve, 40) == pytest.approx((253.0518 / 1.6, 253.0518, 253.0518 * 1.6), rel=1e-6)
    assert answer.curve.band.startswith("90% band: divided and multiplied by 1.6")


def test_it_draws_a_band_without_steps_in_it():
    (answer,) = ask(infused(98, 240))
    curve = answer.curve
    after = curve.minutes.index(pytest.approx(240))
    for ends in (curve.lower_ng_per_ml, curve.upper_ng_per_ml):
        assert np.all(np.diff(ends[:after]) > 0)  # rises while the infusion runs, falls after it: no noise
        assert np.all(np.diff(ends[after:]) < 0)
    assert (curve.lower_ng_per_ml[0], curve.upper_ng_per_ml[0]) == (0, 0)


@pytest.mark.parametrize("ends_s", [2401, 2459, 2521])
def test_it_keeps_the_band_true_at_an_edge_beside_the_grid(ends_s):
    schedule = constant_infusion(amount_mg=35, over_h=ends_s / 3600)
    (answer,) = ask(schedule, models=("simons_2022",))
    low, _, high = at(answer.curve, ends_s / 60)
    regimen = Regimen(schedule=schedule, grid=Grid(step_h=ends_s / 3600, count=2), drug=Drug.S)
    model, people = the_library().model("simons_2022"), one_person(BAND_PEOPLE, weight_kg=70.0, age_y=46)
    exact = model_bands(model, people, regimen, np.random.default_rng(BAND_SEED))
    assert (low, high) == pytest.approx((exact.p05[0, 1], exact.p95[0, 1]), rel=0.03)


@pytest.mark.parametrize(
    ("minutes", "until_min", "steps"),
    [
        ((40,), None, {2.0}),  # 280 min wanted every 3; every edge lies on 2
        ((240,), 480.0, {4.0}),
        ((1, 480), None, {1.0}),  # a bolus of a minute first
        ((6000,), None, {48.0}),
        ((7, 893), None, {10.0, 7.0, 3.0}),  # every minute would be too fine: the edge stands beside the grid
        ((0.5, 40), 40.0, {1.0, 0.5}),
    ],
)
def test_it_lets_the_edges_fall_on_the_grid_where_that_is_not_too_fine(minutes, until_min, steps):
    ends = np.cumsum([0, *minutes]) / 60
    schedule = Schedule(
        infusions=tuple(Infusion(start_h=a, end_h=b, rate_mg_per_h=20.0) for a, b in pairwise(ends))
    )
    drawn = drawn_minutes(schedule, until_min=until_min)
    assert set(np.round(np.diff(drawn), 6)) == steps


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
        ({"person": a_person(hepatic_impairment=True)}, "No model is validated in liver disease"),
        ({"person": a_person(strong_cyp_modifier=True)}, "inhibitor of CYP3A4 or CYP2B6 is taken"),
        ({"person": a_person(intubated_or_shocked=True)}, "No model is validated in intubation or shock"),
        (
            {"person": a_person(bmi_kg_per_m2=40.6)},
            "body-mass index is 40.6 kg/m2 and models are shown up to 40 kg/m2",
        ),
        ({"person": Person(age_y=17, weight_kg=70.0)}, "shown from 18 to 75 years and this person is 17"),
        (
            {"person": Person(age_y=80, weight_kg=70.0)},
            "80 years old: no concentration is shown; ask perez_ruixo_2021",
        ),
        (
            {"person": Person(age_y=87, weight_kg=70.0), "models": ("perez_ruixo_2021",)},
            "shown from 18 to 86 years and this person is 87",
        ),
        (
            {"person": Person(age_y=46, weight_kg=38.0)},
            "shown from 45 to 130 kg and this person weighs 38 kg",
        ),
        (
            {"person": Person(age_y=46, weight_kg=140.0)},
            "weighs 140 kg: no concentration is shown; ask perez",
        ),
        (
            {"person": Person(age_y=46, weight_kg=171.0), "models": ("perez_ruixo_2021",)},
            "to 170 kg and this person weighs 171 kg",
        ),
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
        {"person": a_person(bmi_kg_per_m2=40.0)},
        {
            "person": a_person(
                pregnant=False,
                hepatic_impairment=False,
                strong_cyp_modifier=False,
                intubated_or_shocked=False,
            )
        },
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


@pytest.mark.parametrize(
    ("person", "refusal"),
    [
        ({"age_y": 60, "weight_kg": 100.0}, None),
        ({"age_y": 61}, "from 18 to 60 years and this person is 61 years old: no concentration is shown."),
        ({"weight_kg": 101.0}, "from 45 to 100 kg and this person weighs 101 kg: no concentration is shown."),
    ],
)
def test_it_lets_a_models_own_range_narrow_the_policy(person, refusal):
    kamp = the_library().model("kamp_2020")
    own = dataclasses.replace(kamp.validity, age_y=Range(low=18, high=60), weight_kg=Range(low=45, high=100))
    said = why_not(a_question(model=dataclasses.replace(kamp, validity=own), **person))
    assert said is None if refusal is None else said.endswith(refusal)


def test_it_shows_a_model_of_children_to_no_adult():
    kamp = the_library().model("kamp_2020")
    own = dataclasses.replace(kamp.validity, age_y=Range(low=2, high=12))
    said = why_not(a_question(model=dataclasses.replace(kamp, validity=own), age_y=30))
    assert (
        said
        == "kamp_2020 is shown for nobody here and this person is 30 years old: no concentration is shown."
    )


def test_it_names_a_model_that_is_not_there():
    with pytest.raises(UnknownModel):
        ask(models=("propofol",))


def test_it_is_never_both_a_curve_and_a_refusal():
    with pytest.raises(ValueError, match="exactly when it was predicted"):
        Preview(outcome=Outcome.PREDICTED, model_id="kamp_2020", advice="")


@settings(deadline=None, max_examples=15)
@given(st.integers(18, 75), st.floats(45, 130), st.floats(0.1, 1.2), st.floats(5, 480))
def test_it_answers_every_question_inside_the_limits(age_y, weight_kg, rate_mg_per_kg_h, minutes):
    mg = min(rate_mg_per_kg_h * weight_kg, 120.0) * minutes / 60
    for answer in preview(
        schedule=infused(mg, minutes),
        person=Person(age_y=age_y, weight_kg=weight_kg),
        drug=Drug.RACEMIC,
        until_min=600,
    ):
        curve = answer.curve
        assert curve.peak_ng_per_ml >= max(curve.ng_per_ml) * (1 - 1e-9)
        assert all(map(operator.le, curve.lower_ng_per_ml, curve.upper_ng_per_ml))


@pytest.mark.parametrize(
    ("value", "words"),
    [(253.05, "250"), (0.2711, "0.27"), (0, "0"), (99.6, "100"), (1485, "1500"), (26.74, "27"), (4.0, "4")],
)
def test_it_writes_two_significant_figures(value, words):
    assert two_figures(value) == words
