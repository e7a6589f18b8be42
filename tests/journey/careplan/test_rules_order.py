"""States of an order, the weight that drives it, and the blind second check."""

import itertools

import numpy as np
import pytest

from ebbtide.journey.careplan.dosing import KG_PER_LB, OrderRefused
from ebbtide.journey.careplan.rules import (
    NEXT,
    OWNER,
    BlindEntry,
    EnteredWeight,
    Level,
    Status,
    WeightUnit,
    blind_check,
    check_may_become,
    check_weight,
    expected_entry,
)
from tests.journey.careplan.builders import a_crps_order, an_order, d, ids_of


def reachable(start):
    found = {start}
    while more := {after for status in found for after in NEXT[status]} - found:
        found |= more
    return found


def test_it_gives_every_status_a_row_and_an_owner():
    assert set(NEXT) == set(OWNER) == set(Status)


def test_it_lets_every_order_end():
    ends = {status for status, after in NEXT.items() if not after}
    assert all(ends & reachable(status) for status in Status)


def test_it_never_goes_back_to_a_draft():
    assert all(Status.DRAFT not in after for after in NEXT.values())


@pytest.mark.parametrize(("now", "after"), list(itertools.product(Status, Status)))
def test_it_moves_only_as_the_table_says(now, after):
    if after in NEXT[now]:
        check_may_become(now, after)
    else:
        with pytest.raises(OrderRefused, match=f"An order that is {now} cannot become {after}"):
            check_may_become(now, after)


def test_it_says_what_is_left_for_a_final_order():
    with pytest.raises(OrderRefused, match="nothing else: write a new order"):
        check_may_become(Status.WITHDRAWN, Status.SIGNED)


def kg(value):
    return EnteredWeight(value=d(value), unit=WeightUnit.KG)


def lb(value):
    return EnteredWeight(value=d(value), unit=WeightUnit.LB)


def weighed(first, second=None, *, last_kg="70", height_cm="170"):
    return check_weight(
        first=first,
        second=second or first,
        last_kg=None if last_kg is None else d(last_kg),
        height_cm=None if height_cm is None else d(height_cm),
    )


def test_it_takes_a_weight_near_the_last():
    assert weighed(kg("73.4")) == []
    assert weighed(kg("77")) == []
    assert weighed(lb("154.3")) == []


def test_it_converts_pounds():
    assert lb("154.3").kg == d("69.98")


@pytest.mark.parametrize(("first", "second"), [(kg("70"), kg("71")), (kg("70"), lb("70"))])
def test_it_refuses_two_entries_that_differ(first, second):
    (found,) = weighed(first, second)
    assert (found.limit_id, found.level) == ("WEIGHT-TWICE", Level.HARD)


def test_it_challenges_a_change_above_ten_percent():
    (found,) = weighed(kg("77.1"))
    assert found.sentence.startswith(
        "77.1 kg is more than 10 % away from the last weight, 70 kg: were pounds"
    )


def test_it_challenges_a_first_weight_with_its_pounds():
    (found,) = weighed(kg("70"), last_kg=None)
    assert "No earlier weight stands beside 70 kg (154 lb)" in found.sentence


def test_it_challenges_an_implausible_bmi():
    assert ids_of(weighed(kg("150"), last_kg="150")) == {"WEIGHT-BMI"}
    assert ids_of(weighed(kg("40"), last_kg="40")) == {"WEIGHT-BMI"}
    assert weighed(kg("150"), last_kg="150", height_cm=None) == []


def test_h03_lb_kg_swap_challenged():
    """100,000 weights of 40 kg or more, typed in pounds as kilograms and the other way: all challenged."""
    chance = np.random.default_rng(3)
    for grams in chance.integers(40_000, 200_000, size=50_000):
        true_kg = d(int(grams)) / 1000
        up = kg(str(round(true_kg / KG_PER_LB, 1)))
        down = lb(str(round(true_kg, 1)))
        for swapped in (up, down):
            last = true_kg if grams % 2 else None
            assert check_weight(first=swapped, second=swapped, last_kg=last, height_cm=None)


def an_entry(weight_kg="70", dose_mg="35", rate_ml_per_h="150"):
    return BlindEntry(weight_kg=d(weight_kg), dose_mg=d(dose_mg), rate_ml_per_h=d(rate_ml_per_h))


def test_it_agrees_when_a_second_person_finds_the_same():
    assert blind_check(expected_entry(an_order()), an_entry()).agrees
    assert blind_check(expected_entry(an_order()), an_entry(weight_kg="70.1")).agrees


def test_it_cuts_further_digits_as_the_chart_does():
    order = an_order(weight_kg="73.35", bag_mg_per_ml="2")
    assert expected_entry(order) == an_entry("73.35", "36.675", "27.50")
    assert blind_check(expected_entry(order), an_entry("73.35", "36.675", "27.50625")).agrees


@pytest.mark.parametrize(
    ("second", "field"),
    [
        (an_entry(weight_kg="70.2"), "weight"),
        (an_entry(dose_mg="35.001"), "dose"),
        (an_entry(dose_mg="350"), "dose"),
        (an_entry(rate_ml_per_h="15"), "rate"),
    ],
)
def test_it_names_what_differs_and_hides_the_first_value(second, field):
    result = blind_check(expected_entry(an_order()), second)
    assert not result.agrees
    (difference,) = result.differences
    assert difference.field == field
    assert not any(digit.isdigit() for digit in difference.sentence)


def test_it_names_every_difference():
    result = blind_check(expected_entry(a_crps_order()), an_entry("154", "216", "54"))
    assert [difference.field for difference in result.differences] == ["weight", "dose", "rate"]
