"""Exposure: what was given by weight and time, and what each offered model says, or why it says nothing."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.journey.registry.exposure import Given, exposure_of, mg_per_kg
from ebbtide.pharmacology.engine.closed_form import auc_ng_h_per_ml, peak_of
from ebbtide.pharmacology.people.person import body_of
from ebbtide.pharmacology.previews import ENGINE_VERSION
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.schedule import Bolus, Schedule, constant_infusion

OFFERED = [model.id for model in the_library().offered]


def a_gift(**told) -> Given:
    made = {
        "schedule": constant_infusion(amount_mg=35.0, over_h=40 / 60),
        "mg": Decimal(35),
        "hours": Decimal(40) / 60,
        "drug": Drug.RACEMIC,
        "weight_kg": Decimal("70.0"),
        "age_y": 47,
    }
    return Given(**{**made, **told})


def test_it_says_mass_by_weight_and_time() -> None:
    found = exposure_of(a_gift())
    assert (found.mg, found.mg_per_kg, found.hours) == (Decimal(35), Decimal("0.500"), Decimal("0.667"))


@pytest.mark.parametrize("weight_kg", [None, Decimal(0)])
def test_it_has_no_mg_per_kg_without_a_weight(weight_kg) -> None:
    assert mg_per_kg(mg=Decimal(35), weight_kg=weight_kg) is None


def test_it_asks_every_offered_model_and_no_other() -> None:
    assert list(exposure_of(a_gift()).predicted) == OFFERED


@pytest.mark.parametrize("model_id", OFFERED)
def test_it_keeps_peak_and_area_as_the_engine_gives_them(model_id) -> None:
    gift = a_gift()
    kept = exposure_of(gift).predicted[model_id]
    model = the_library().model(model_id)
    body = body_of(model=model, weight_kg=70.0, age_y=47)
    until_h = 40 / 60 + 4
    peak = peak_of(body=body, schedule=gift.schedule, until_h=until_h)
    assert kept["peak_ng_per_ml"] == pytest.approx(peak.ng_per_ml, abs=0.05)
    area = auc_ng_h_per_ml(body=body, schedule=gift.schedule, until_h=until_h)
    assert kept["auc_ng_h_per_ml"] == pytest.approx(area, abs=0.05)
    assert kept["auc_until_min"] == pytest.approx(280)
    assert (kept["site"], kept["parameter_hash"]) == (model.site.value, model.parameter_hash)
    assert kept["engine_version"] == ENGINE_VERSION


def test_it_calls_the_racemate_through_a_model_of_s_ketamine_a_comparison() -> None:
    found = exposure_of(a_gift()).predicted
    assert found["kamp_2020"]["reading"] == "predicted"
    assert found["otto_2021"]["reading"] == "comparison"
    assert "comparison, not a prediction" in found["otto_2021"]["cautions"][0]
    assert exposure_of(a_gift(drug=Drug.S)).predicted["otto_2021"]["reading"] == "predicted"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"age_y": 17}, "17 years"),
        ({"age_y": None}, "age is not recorded"),
        ({"weight_kg": None}, "weight is not recorded"),
        ({"weight_kg": Decimal(31)}, "31 kg"),
        ({"pregnant": True}, "pregnancy"),
        ({"schedule": Schedule(), "mg": Decimal(0)}, "Nothing is given"),
        ({"schedule": Schedule(boluses=(Bolus(at_h=0, amount_mg=20),))}, "bolus"),
        ({"schedule": constant_infusion(amount_mg=100, over_h=10)}, "infusion lasts"),
    ],
)
def test_it_keeps_a_sentence_and_no_number_outside_a_models_range(told, words) -> None:
    for kept in exposure_of(a_gift(**told)).predicted.values():
        assert kept["reading"] == "outside_model_range"
        assert words in kept["advice"]
        assert not {"peak_ng_per_ml", "auc_ng_h_per_ml"} & set(kept)


def test_it_lets_a_crps_course_last_for_days() -> None:
    long = {"schedule": constant_infusion(amount_mg=960, over_h=96), "mg": Decimal(960), "hours": Decimal(96)}
    assert exposure_of(a_gift(**long)).predicted["kamp_2020"]["reading"] == "outside_model_range"
    assert exposure_of(a_gift(**long, crps_course=True)).predicted["kamp_2020"]["reading"] == "predicted"


@settings(deadline=None, max_examples=15)
@given(mg=st.integers(1, 80), factor=st.integers(2, 3))
def test_it_is_linear_in_the_dose(mg, factor) -> None:
    def area(amount):
        gift = a_gift(schedule=constant_infusion(amount_mg=amount, over_h=4), mg=Decimal(amount))
        return exposure_of(gift).predicted["kamp_2020"]["auc_ng_h_per_ml"]

    assert area(mg * factor) == pytest.approx(area(mg) * factor, abs=0.06 * factor)
