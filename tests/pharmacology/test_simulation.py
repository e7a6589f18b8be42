"""A simulation: golden values for every species, halves of a racemate, and refusals in words."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.pharmacology.errors import NotComputable, UnknownModel
from ebbtide.pharmacology.previews import Outcome
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule, constant_infusion
from ebbtide.pharmacology.simulation import Answer, Asked, even_minutes, simulate
from tests.pharmacology.builders import data

GOLDEN = data()["golden"]
HALF_MG_PER_KG = constant_infusion(amount_mg=35, over_h=40 / 60)


def an_asked(**changes):
    asked = Asked(schedule=HALF_MG_PER_KG, weight_kg=70.0, age_y=45, times_min=(10.0, 40.0, 80.0))
    return dataclasses.replace(asked, **changes)


def simulated(model_id, **changes):
    (answer,) = simulate(an_asked(**changes), [model_id])
    assert answer.outcome is Outcome.PREDICTED, answer.advice
    return answer.simulation


@pytest.mark.parametrize("regimen", GOLDEN["regimens"])
@pytest.mark.parametrize("model_id", ["kamp_2020", "simons_2022", "otto_2021", "perez_ruixo_2021", "domino"])
def test_it_meets_the_golden_values_of_every_species(regimen, model_id):
    (step,) = GOLDEN["regimens"][regimen]["steps"]
    schedule = Schedule(
        infusions=(Infusion(start_h=0, end_h=step["end_min"] / 60, rate_mg_per_h=step["rate_mg_h"]),)
    )
    species = GOLDEN["ng_per_ml_at_min"][regimen][model_id]
    found = simulated(model_id, schedule=schedule, times_min=tuple(map(float, species["ketamine"])))
    assert list(found.ng_per_ml) == list(species)
    for name, points in species.items():
        assert found.ng_per_ml[name] == pytest.approx(tuple(points.values()), rel=1e-6)


def test_it_answers_in_the_order_of_the_times():
    forth, back = simulated("simons_2022"), simulated("simons_2022", times_min=(80.0, 40.0, 10.0))
    for species, curve in forth.ng_per_ml.items():
        assert back.ng_per_ml[species] == pytest.approx(curve[::-1], rel=1e-14)


@pytest.mark.parametrize("model_id", ["simons_2022", "otto_2021", "perez_ruixo_2021"])
def test_it_lets_half_of_a_racemate_into_a_model_of_s(model_id):
    whole = simulated(model_id, given=Drug.S)
    half = simulated(model_id, given=Drug.RACEMIC)
    for species, curve in whole.ng_per_ml.items():
        assert half.ng_per_ml[species] == pytest.approx([value / 2 for value in curve], rel=1e-12)
    assert half.peak.ng_per_ml == pytest.approx(whole.peak.ng_per_ml / 2, rel=1e-12)
    assert (half.entering.given, half.entering.modelled) == (Drug.RACEMIC, Drug.S)
    assert half.warnings[0].startswith("S-ketamine alone")
    assert whole.warnings == ()
    assert not any("comparison" in caution for caution in half.cautions)


def test_it_finds_the_peak_wherever_it_is_looked():
    found = simulated("simons_2022", schedule=constant_infusion(amount_mg=20, over_h=1 / 3), times_min=(1.0,))
    assert found.peak.ng_per_ml == pytest.approx(GOLDEN["simons_cmax"]["ng_ml"], rel=2e-6)
    assert found.peak.at_h * 60 == pytest.approx(20)


def test_it_calls_metabolites_indicative():
    assert any("indicative" in caution for caution in simulated("otto_2021").cautions)
    assert not any("indicative" in caution for caution in simulated("kamp_2020").cautions)


def test_it_limits_the_rate_that_is_given_and_not_the_half_that_enters():
    (answer,) = simulate(
        an_asked(schedule=constant_infusion(amount_mg=100, over_h=1), given=Drug.RACEMIC), ["simons_2022"]
    )
    assert (answer.outcome, answer.simulation) == (Outcome.OUTSIDE_MODEL_RANGE, None)
    assert "reaches 100 mg/h" in answer.advice


@given(st.floats(1, 500))
def test_it_takes_any_bolus_of_a_minute_past_the_caps_of_rate(amount_mg):
    bolus = Schedule(boluses=(Bolus(at_h=0.0, amount_mg=amount_mg, over_h=1 / 60),))
    (answer,) = simulate(an_asked(schedule=HALF_MG_PER_KG.plus(bolus)), ["kamp_2020"])
    assert answer.outcome is Outcome.PREDICTED


@pytest.mark.parametrize(
    ("changes", "model_id", "sentence"),
    [
        ({"weight_kg": 200.0}, "kamp_2020", "weighs 200 kg"),
        ({"age_y": 17}, "kamp_2020", "this person is 17 years old"),
        ({"given": Drug.S}, "domino", "cannot speak about S-ketamine"),
        ({}, "herd_2007", "not offered for adults"),
        ({"schedule": constant_infusion(amount_mg=90, over_h=9)}, "kamp_2020", "lasts 540 min"),
    ],
)
def test_it_refuses_in_words_and_shows_no_number(changes, model_id, sentence):
    (answer,) = simulate(an_asked(**changes), [model_id])
    assert (answer.outcome, answer.simulation) == (Outcome.OUTSIDE_MODEL_RANGE, None)
    assert sentence in answer.advice


def test_it_takes_a_course_of_days_when_it_is_one():
    found = simulated(
        "kamp_2020",
        schedule=constant_infusion(amount_mg=2000, over_h=100),
        crps_course=True,
        times_min=(6000.0,),
    )
    assert found.ng_per_ml["ketamine"][0] == pytest.approx(20 / 84 * 1000, rel=1e-6)  # rate / clearance


@pytest.mark.parametrize("times_min", [(), (-1.0,), (float("nan"),), (float("inf"),)])
def test_it_refuses_times_that_are_none(times_min):
    with pytest.raises(NotComputable, match="zero or later"):
        an_asked(times_min=times_min)


def test_it_looks_every_minute_and_at_every_edge():
    odd = constant_infusion(amount_mg=35, over_h=40.5 / 60, start_h=0.1)
    assert even_minutes(HALF_MG_PER_KG) == tuple(range(281))
    assert even_minutes(HALF_MG_PER_KG, until_min=2.5) == (0, 1, 2, 2.5)
    assert {6.0, 46.5, 286.5} <= set(even_minutes(odd))
    course = even_minutes(constant_infusion(amount_mg=2000, over_h=100))
    assert course[:3] == (0, 10, 20)
    assert course[-1] == 6240
    assert len(even_minutes(HALF_MG_PER_KG, until_min=1e6)) == 697  # each day, and 40 min, and the last


def test_it_names_a_model_that_is_not_there():
    with pytest.raises(UnknownModel, match="propofol"):
        simulate(an_asked(), ["propofol"])


def test_it_is_never_both_a_simulation_and_a_refusal():
    (answer,) = simulate(an_asked(), ["kamp_2020"])
    with pytest.raises(ValueError, match="exactly when it was predicted"):
        Answer(model=answer.model, outcome=Outcome.PREDICTED, advice="")
