"""Dose arithmetic: all figures of an order agree to the last digit, and a second implementation agrees with all."""

import itertools
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.careplan import dosing
from ebbtide.journey.careplan.dosing import (
    Field,
    GapDays,
    NumberRefused,
    OrderRefused,
    Preparation,
    StepKind,
    StopCondition,
    figures,
    parse_number,
    value_in,
)
from tests.journey.careplan.builders import STOP, a_crps_order, a_step, an_order, d

ORDERS = 20_000


def cut(exact: Fraction, place: Decimal) -> Fraction:
    """Toward zero, in fractions alone: the second implementation of the border."""
    unit = Fraction(place)
    whole = abs(exact) // unit
    return (whole if exact >= 0 else -whole) * unit


def oracle(*, weight_kg, field, values, minutes, vial, bag_ml, infusions):
    """Every figure of an order in exact fractions, written from the definitions and not from the code."""
    weight, total = Fraction(weight_kg), Fraction(0)
    amounts = []
    for value, lasting in zip(values, minutes, strict=True):
        mg = (
            Fraction(value)
            * (weight if "per_kg" in field else 1)
            * (Fraction(lasting, 60) if "rate" in field else 1)
        )
        amounts.append(mg)
        total += mg
    concentration = total / Fraction(bag_ml)
    steps = [
        {
            "mg": mg,
            "mg_per_kg": mg / weight,
            "mg_per_h": mg / Fraction(lasting, 60),
            "mg_per_kg_h": mg / weight / Fraction(lasting, 60),
            "ml": mg / concentration,
            "ml_per_h": mg / concentration / Fraction(lasting, 60),
        }
        for mg, lasting in zip(amounts, minutes, strict=True)
    ]
    vial_ml = total / Fraction(vial)
    whole = {
        "mg": total,
        "mg_per_kg": total / weight,
        "ml": Fraction(bag_ml),
        "bag_mg_per_ml": concentration,
        "vial_ml": vial_ml,
        "diluent_ml": Fraction(bag_ml) - vial_ml,
        "course_mg": total * infusions,
    }
    return whole, steps


PLACES = {
    "mg": dosing.MG_PLACE,
    "mg_per_kg": dosing.MG_PER_KG_PLACE,
    "mg_per_h": dosing.MG_PER_H_PLACE,
    "mg_per_kg_h": dosing.MG_PER_KG_H_PLACE,
    "ml": dosing.ML_PLACE,
    "ml_per_h": dosing.ML_PER_H_PLACE,
    "bag_mg_per_ml": dosing.MG_PER_ML_PLACE,
    "vial_ml": dosing.ML_PLACE,
    "diluent_ml": dosing.ML_PLACE,
    "course_mg": dosing.MG_PLACE,
}


@pytest.mark.nightly
def test_it_agrees_with_exact_fractions_on_twenty_thousand_orders():
    chance = np.random.default_rng(20261123)
    for _ in range(ORDERS):
        field = list(Field)[chance.integers(4)]
        count = int(chance.integers(1, 4))
        values = sorted(Decimal(int(chance.integers(1, 40_000))) / 10_000 for _ in range(count))
        minutes = [int(chance.integers(1, 300)) for _ in range(count)]
        case = {
            "weight_kg": str(Decimal(int(chance.integers(3000, 18_000))) / 100),
            "values": [str(value) for value in values],
            "minutes": minutes,
            "vial": ["10", "50", "100"][chance.integers(3)],
            "bag_ml": str(Decimal(int(chance.integers(100, 100_000))) / 100),
        }
        order = an_order(
            weight_kg=case["weight_kg"],
            field=field,
            steps=[
                a_step(value, lasting, stop_if=STOP) for value, lasting in zip(values, minutes, strict=True)
            ],
            vial=case["vial"],
            bag_ml=case["bag_ml"],
        )
        found, (whole, steps) = figures(order), oracle(field=field, infusions=5, **case)
        for name, exact in whole.items():
            assert Fraction(getattr(found, name)) == cut(exact, PLACES[name]), (case, name)
        for step, expected in zip(found.steps, steps, strict=True):
            for name, exact in expected.items():
                assert Fraction(getattr(step, name)) == cut(exact, PLACES[name]), (case, name)


def test_it_shows_the_protocol_offered_first_in_every_unit():
    found = figures(an_order())
    (step,) = found.steps
    assert (found.mg, found.mg_per_kg, found.ml, found.minutes) == (d(35), d("0.5"), d(100), 40)
    assert (step.mg_per_h, step.mg_per_kg_h, step.ml_per_h) == (d("52.5"), d("0.75"), d(150))
    assert (found.bag_mg_per_ml, found.vial_ml, found.diluent_ml) == (d("0.35"), d("0.7"), d("99.3"))
    assert found.course_mg == d(175)
    assert found.first_rate is step


def test_it_shows_a_rate_under_a_cap_in_every_unit():
    found = figures(a_crps_order(bag_mg_per_ml="1"))
    assert (found.mg, found.ml, found.course_mg) == (d(98), d(98), d(980))
    assert (found.first_rate.mg_per_h, found.first_rate.ml_per_h) == (d("24.5"), d("24.5"))
    assert (found.vial_ml, found.diluent_ml) == (d("1.96"), d("96.04"))


def test_it_adds_a_bolus_to_the_infusion():
    order = an_order(steps=[a_step("0.1", 5, kind=StepKind.BOLUS), a_step("0.5", 40)])
    found = figures(order)
    assert (found.mg, found.minutes) == (d(42), 45)
    assert found.first_rate.mg == d(35)
    assert figures(a_crps_order(steps=[a_step("0.1", 5, kind=StepKind.BOLUS), a_step("0.2", 60)])).mg == d(21)


@given(
    st.decimals("0.01", "5", places=4),
    st.integers(1, 600),
    st.decimals(30, 180, places=2),
    st.sampled_from(list(Field)),
)
def test_h04_unit_round_trip(value, minutes, weight_kg, field):
    """A dose restated in any field and back is the same dose: error below 1e-9."""
    order = an_order(weight_kg=weight_kg, steps=[a_step(value, minutes)])
    amount = dosing.sixtieths_mg(order, order.steps[0])
    there = value_in(field, sixtieths=amount, minutes=minutes, weight_kg=weight_kg)
    back = dosing.sixtieths_mg(
        an_order(weight_kg=weight_kg, field=field, steps=[a_step(there, minutes)]), a_step(there, minutes)
    )
    assert abs(back / amount - 1) < d("1e-9")


@given(st.decimals("0.01", "9", places=4), st.integers(1, 600), st.decimals(30, 180, places=2))
def test_it_never_prints_more_than_it_means(value, minutes, weight_kg):
    order = an_order(weight_kg=weight_kg, steps=[a_step(value, minutes)])
    exact_mg = Fraction(value) * Fraction(weight_kg)
    found = figures(order)
    assert 0 <= exact_mg - Fraction(found.mg) < Fraction(dosing.MG_PLACE)
    assert Fraction(found.first_rate.mg_per_h) <= exact_mg * 60 / minutes


REFUSED_FORMS = [
    (".5", "starts with a point"),
    ("5.", "ends with a point"),
    ("5.0", "ends with a zero after the point"),
    ("0.50", "ends with a zero after the point"),
    ("1,5", "has a comma"),
    ("1.000,5", "is not a plain number"),
    ("1,000", "has a comma"),
    ("1e2", "has an exponent"),
    ("5E-1", "has an exponent"),
    ("-5", "has a sign"),
    ("+5", "has a sign"),
    ("05", "starts with a zero"),
    ("5 mg", "has a space or a unit"),
    ("1 000", "has a space or a unit"),
    ("", "is missing"),
    ("  ", "is missing"),
    ("0", "must be above zero"),
    ("10000", "must be above zero and below 10000"),
    ("0.00001", "at most 4 decimals"),
    ("٥", "is not a plain number"),
    ("５", "is not a plain number"),
    ("½", "is not a plain number"),
    ("NaN", "is not a plain number"),
    ("inf", "is not a plain number"),
    ("1_0", "is not a plain number"),
    ("0x5", "is not a plain number"),
    ("1.2.3", "is not a plain number"),
    ("5\n", "has a space or a unit"),
]


@pytest.mark.parametrize(("typed", "sentence"), REFUSED_FORMS)
def test_it_refuses_a_number_with_two_readings(typed, sentence):
    with pytest.raises(NumberRefused, match=sentence):
        parse_number(typed, name="The dose", unit="mg/kg")


@pytest.mark.parametrize("typed", ["0.5", "5", "10", "0.0001", "73.35", "100", "9999.9999", " 0.35 "])
def test_it_reads_a_number_with_one_reading(typed):
    assert parse_number(typed, name="The dose", unit="mg/kg") == Decimal(typed.strip())


def test_it_never_repeats_what_was_typed():
    with pytest.raises(NumberRefused) as refusal:
        parse_number("Alma Reyes", name="The dose", unit="mg/kg")
    assert "Alma" not in str(refusal.value)


@given(st.text(max_size=8))
def test_it_reads_nothing_that_it_would_print_otherwise(typed):
    try:
        number = parse_number(typed, name="The dose", unit="mg/kg")
    except NumberRefused:
        return
    assert dosing.plain(number) == typed.strip(" ")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: an_order(steps=[]), "has no infusion step"),
        (lambda: an_order(steps=[a_step(kind=StepKind.BOLUS)]), "has no infusion step"),
        (lambda: an_order(infusions=0), "0 infusions cannot be ordered"),
        (lambda: an_order(infusions=1), "a single infusion has none"),
        (lambda: an_order(gap_days=None), "A series needs its gap"),
        (lambda: a_step("0"), "value of a step is 0"),
        (lambda: a_step("-0.5"), "enter a number above zero"),
        (lambda: a_step("NaN"), "value of a step is NaN"),
        (lambda: a_step("0.5", 0), "duration of a step is 0 min"),
        (lambda: an_order(weight_kg="0"), "The weight is 0 kg"),
        (lambda: an_order(vial="0"), "strength of the vial is 0"),
        (lambda: an_order(bag_ml="0"), "volume or the concentration of the bag is"),
        (lambda: Preparation(vial_mg_per_ml=d(50)), "either the volume"),
        (lambda: Preparation(vial_mg_per_ml=d(50), bag_volume_ml=d(1), bag_mg_per_ml=d(1)), "not both"),
        (lambda: GapDays(minimum=0, maximum=1), "cannot be kept"),
        (lambda: GapDays(minimum=3, maximum=2), "cannot be kept"),
        (
            lambda: StopCondition(signal="", comparison="above", value=d(90), unit="/min"),
            "names a vital sign",
        ),
        (
            lambda: StopCondition(signal="pulse", comparison="over", value=d(90), unit="/min"),
            "above or below",
        ),
    ],
)
def test_it_refuses_an_order_that_cannot_be_given(make, sentence):
    with pytest.raises(OrderRefused, match=sentence):
        make()


def test_it_refuses_a_step_that_raises_the_rate_without_its_stop_condition():
    with pytest.raises(OrderRefused, match=r"raises the rate to 0\.35 mg/kg/h without a stop condition"):
        a_crps_order(steps=[a_step("0.1", 60), a_step("0.35", 180)])


def test_it_lets_a_rate_rise_with_its_stop_condition_and_fall_without():
    order = a_crps_order(steps=[a_step("0.1", 60), a_step("0.35", 60, stop_if=STOP), a_step("0.2", 120)])
    assert str(order.steps[1].stop_if) == "heart rate above 90 /min"


@pytest.mark.parametrize(
    ("field", "unit"), [("dose_mg", "mg"), ("rate_mg_per_h", "mg/h"), ("dose_mg_per_kg", "mg/kg")]
)
def test_it_names_the_unit_of_every_field(field, unit):
    assert Field(field).unit == unit


def test_h05_every_strength_pair_draws_another_volume():
    """10, 50 and 100 mg/mL: no two give the same volume for one dose, so a mismatch is seen in mL."""
    drawn = {vial: figures(an_order(vial=vial)).vial_ml for vial in ("10", "50", "100")}
    assert all(drawn[one] != drawn[other] for one, other in itertools.combinations(drawn, 2))
