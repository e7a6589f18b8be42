"""Rules of the custody as tables, and its arithmetic as properties."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.custody import investigation_rules, rules
from ebbtide.journey.custody.models import AccountKind, MovementKind
from ebbtide.journey.custody.rules import (
    WAYS,
    Amount,
    AmountRefused,
    Kind,
    Part,
    Place,
    VialState,
    VisitBalance,
    may_go,
    micrograms,
    millilitres,
    spread,
    to_post,
    total_ug,
    vial_state,
)

TODAY = date(2026, 11, 23)
A, B, C = (UUID(int=n) for n in (1, 2, 3))


def d(text) -> Decimal:
    return Decimal(str(text))


@pytest.mark.parametrize(
    ("mg", "ug"),
    [
        ("0", 0),
        ("0.001", 1),
        ("36", 36_000),
        ("12.3456", 12_346),
        ("0.0005", 0),
        ("0.0015", 2),
        ("0.0025", 2),
        ("100000", 100_000_000),
    ],
)
def test_milligrams_become_whole_micrograms_half_even(mg, ug):
    assert micrograms(d(mg)) == ug


@pytest.mark.parametrize("mg", ["-0.001", "100000.001", "NaN", "Infinity", "-Infinity"])
def test_what_is_no_amount_is_refused(mg):
    with pytest.raises(AmountRefused, match="between 0 and 100000 mg"):
        micrograms(Decimal(mg))


@given(st.decimals(min_value=0, max_value=10_000, places=3))
def test_what_a_person_types_is_never_rounded(mg):
    assert rules.milligrams(micrograms(mg)) == mg


@given(st.decimals(min_value=0, max_value=10_000, places=6))
def test_a_rounded_amount_is_at_most_half_a_microgram_off(mg):
    assert abs(rules.milligrams(micrograms(mg)) - mg) <= d("0.0005")


@pytest.mark.parametrize(
    ("mg_per_ml", "volume_ml", "ug"), [("50", "10", 500_000), ("10", "0.5", 5_000), ("0.01", "0.1", 1)]
)
def test_a_full_vial_holds_strength_times_volume(mg_per_ml, volume_ml, ug):
    assert rules.content_ug(mg_per_ml=d(mg_per_ml), volume_ml=d(volume_ml)) == ug


@pytest.mark.parametrize(
    ("mg_per_ml", "volume_ml"), [("0.01", "0.01"), ("0", "10"), ("50", "0"), ("-1", "1")]
)
def test_a_vial_of_a_broken_microgram_or_of_nothing_is_refused(mg_per_ml, volume_ml):
    with pytest.raises(AmountRefused):
        rules.content_ug(mg_per_ml=d(mg_per_ml), volume_ml=d(volume_ml))


def test_an_amount_shows_mg_ml_and_ug_together():
    shown = Amount(ug=35_500, mg_per_ml=d(50))
    assert (shown.mg, shown.ml, shown.ug) == (d("35.5"), d("0.71"), 35_500)
    assert shown.ug_words == "35,500"
    assert rules.mg_words(35_500) == "35.5 mg"
    assert rules.mg_words(500_000) == "500 mg"
    assert millilitres(1, mg_per_ml=d(50)) == d("0.00")


def test_the_names_of_rules_and_tables_are_the_same():
    assert {k.value for k in Kind} == set(MovementKind.values)
    assert {p.value for p in Place} == set(AccountKind.values)
    assert set(WAYS) == set(Kind) - {Kind.VOID}


@pytest.mark.parametrize("kind", list(WAYS))
def test_each_kind_goes_its_ways_and_no_other(kind):
    every = {(a, b) for a in Place for b in Place}
    assert {way for way in every if may_go(kind, way)} == WAYS[kind]


def test_a_void_goes_a_way_backwards():
    assert may_go(Kind.VOID, (Place.GIVEN, Place.SESSION))
    assert not may_go(Kind.VOID, (Place.SUPPLIER, Place.GIVEN))


held = st.lists(st.integers(1, 10**6), max_size=6).map(
    lambda amounts: [Part(vial=uuid4(), amount_ug=ug) for ug in amounts]
)


@given(held, st.integers(0, 10**7))
def test_what_is_spread_adds_up_and_empties_each_vial_before_the_next(parts, amount_ug):
    if amount_ug > total_ug(parts):
        with pytest.raises(AmountRefused):
            spread(amount_ug, parts)
        return
    taken = spread(amount_ug, parts)
    assert total_ug(taken) == amount_ug
    assert [part.vial for part in taken] == [part.vial for part in parts[: len(taken)]]
    assert all(got == had for got, had in zip(taken[:-1], parts, strict=False))
    assert all(part.amount_ug > 0 for part in taken)


@pytest.mark.parametrize(
    ("charted", "in_hand", "post", "short"),
    [(35, 50, 35, 0), (50, 50, 50, 0), (51, 50, 50, 1), (35, 0, 0, 35), (35, -2, 0, 35), (0, 50, 0, 0)],
)
def test_a_stop_posts_what_was_drawn_and_names_the_rest(charted, in_hand, post, short):
    found = to_post(charted_ug=charted, in_hand_ug=in_hand)
    assert (found.post_ug, found.short_ug) == (post, short)


def test_a_balance_closes():
    found = VisitBalance(drawn_ug=50, given_ug=35, wasted_ug=10, returned_ug=3, variance_ug=-4)
    assert found.in_hand_ug == 6
    assert VisitBalance().in_hand_ug == 0


def names(broken):
    return None if broken is None else broken.rule


@pytest.mark.parametrize(
    ("amount", "held_ug", "rule"),
    [(1, 1, None), (0, 1, "CUS-AMOUNT"), (-1, 1, "CUS-AMOUNT"), (2, 1, "CUS-SHORT")],
)
def test_amounts(amount, held_ug, rule):
    assert names(rules.broken_by_amount(amount, held_ug=held_ug, where="here")) == rule


@pytest.mark.parametrize(("days", "rule"), [(0, None), (1, None), (-1, "CUS-EXPIRED")])
def test_expiry(days, rule):
    assert names(rules.broken_by_expiry(expires_on=TODAY + timedelta(days=days), today=TODAY)) == rule


@pytest.mark.parametrize(
    ("labels", "known", "rule"),
    [
        (("a", "b"), (), None),
        ((), (), "CUS-LABEL"),
        (("a", ""), (), "CUS-LABEL"),
        (("a", "a"), (), "CUS-LABEL-TWICE"),
        (("a",), ("a",), "CUS-LABEL-KNOWN"),
    ],
)
def test_labels(labels, known, rule):
    assert names(rules.broken_by_labels(labels, known=known)) == rule


@pytest.mark.parametrize(
    ("drug", "strength", "rule"),
    [("racemate", "50", None), ("s_ketamine", "50", "CUS-DRUG"), ("racemate", "10", "CUS-STRENGTH")],
)
def test_vials(drug, strength, rule):
    found = rules.broken_by_vial(
        drug=drug, mg_per_ml=d(strength), ordered="racemate", ordered_mg_per_ml=d("50.00")
    )
    assert names(found) == rule


@pytest.mark.parametrize(
    ("witness", "drew", "rule"),
    [(B, {A}, None), (B, set(), None), (A, set(), "CUS-WITNESS-SELF"), (B, {B}, "CUS-WITNESS-DREW")],
)
def test_witnesses(witness, drew, rule):
    assert names(rules.broken_by_witness(by=A, witness=witness, drew=drew)) == rule


@pytest.mark.parametrize(
    ("second", "touched", "alone", "rule"),
    [
        (B, {A}, False, None),
        (A, set(), True, "CUS-SECOND-SELF"),
        (B, {B, C}, False, "CUS-SECOND-TOUCHED"),
        (B, {B}, True, None),
    ],
)
def test_second_people(second, touched, alone, rule):
    assert names(rules.broken_by_second(by=A, second=second, touched=touched, alone=alone)) == rule


@pytest.mark.parametrize(("days", "rule"), [(0, None), (30, None), (31, "CUS-DUE"), (-1, "CUS-DUE")])
def test_due_days(days, rule):
    assert names(investigation_rules.broken_by_due(due_on=TODAY + timedelta(days=days), today=TODAY)) == rule


@pytest.mark.parametrize(("text", "rule"), [("why", None), (" ", "CUS-WORDS"), ("", "CUS-WORDS")])
def test_words(text, rule):
    assert names(rules.broken_by_text(text, what="Say why")) == rule


@pytest.mark.parametrize(
    ("kind", "voided", "rule"),
    [
        (Kind.DRAW, False, None),
        (Kind.WASTE, False, None),
        (Kind.DRAW, True, "CUS-VOID-TWICE"),
        (Kind.VOID, False, "CUS-VOID-TWICE"),
        (Kind.GIVE, False, "CUS-VOID-DOSE"),
    ],
)
def test_voids(kind, voided, rule):
    assert names(rules.broken_by_void(kind, voided=voided)) == rule


@pytest.mark.parametrize(
    ("closed", "to_report", "reported", "rule"),
    [
        (False, None, False, None),
        (False, False, False, None),
        (False, True, True, None),
        (True, None, False, "CUS-CLOSED"),
        (False, True, False, "CUS-REPORT"),
    ],
)
def test_closings(closed, to_report, reported, rule):
    assert (
        names(investigation_rules.broken_by_closing(closed=closed, to_report=to_report, reported=reported))
        == rule
    )


@pytest.mark.parametrize(
    ("left", "days", "state"),
    [
        (500, 1, VialState.SEALED),
        (499, 0, VialState.OPENED),
        (0, 1, VialState.EMPTY),
        (1, -1, VialState.EXPIRED),
    ],
)
def test_states_of_a_vial(left, days, state):
    found = vial_state(left_ug=left, content_ug=500, expires_on=TODAY + timedelta(days=days), today=TODAY)
    assert found is state
