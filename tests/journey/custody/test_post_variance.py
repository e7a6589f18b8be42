"""A difference nobody can explain: two sign-ins, an owner, a day; nothing charted is altered, and nobody waits for it."""

from datetime import timedelta

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy.decisions import Denied
from ebbtide.journey.custody.models import Variance
from ebbtide.journey.custody.queries import balance_of, left_in_vial, open_variances
from tests.builders import NOW, a_staff, an_actor
from tests.journey.custody.safe import Safe, mg

pytestmark = pytest.mark.django_db


@pytest.fixture
def safe():
    return Safe()


@pytest.fixture
def visit(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 50)
    safe.give(visit, 35)
    return visit


def test_what_is_missing_goes_to_its_own_account_with_two_names_and_an_owner(safe, visit):
    row = safe.variance(2, visit=visit)
    assert (row.movement.by, row.movement.witness, row.owner) == (safe.nurse, safe.second, safe.doctor)
    found = balance_of(visit)
    assert (found.given_ug, found.variance_ug, found.in_hand_ug) == (mg(35), mg(2), mg(13))
    assert list(open_variances(safe.clinic)) == [row]


def test_what_was_found_too_much_comes_from_the_same_account(safe, visit):
    safe.variance(-3, visit=visit)
    found = balance_of(visit)
    assert (found.drawn_ug, found.variance_ug, found.in_hand_ug) == (mg(50), mg(-3), mg(18))
    safe.waste(visit, 18)
    assert balance_of(visit).in_hand_ug == 0


def test_a_difference_in_the_safe_belongs_to_its_vial(safe):
    vial = safe.receive()
    safe.variance("0.5", vial=vial)
    safe.variance("-0.25", vial=vial)
    assert left_in_vial(vial) == mg("499.75")
    with pytest.raises(Refused, match="more than the 499.75 mg left in this vial"):
        safe.variance(500, vial=vial)


def test_over_several_vials_it_is_one_row_for_each(safe, visit):
    safe.draw(visit, safe.receive(), 10)
    safe.variance(20, visit=visit)
    assert sorted(v.movement.amount_ug for v in Variance.objects.all()) == [mg(5), mg(15)]


def test_the_patient_is_not_kept_waiting_for_it(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 50)
    type(visit).objects.filter(pk=visit.pk).update(status="done")
    assert safe.variance(50, visit=visit).movement.amount_ug == mg(50)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"searched": " "}, "CUS-WORDS"),
        ({"due_on": (NOW - timedelta(days=1)).date()}, "CUS-DUE"),
        ({"due_on": (NOW + timedelta(days=31)).date()}, "CUS-DUE"),
        ({"amount_mg": 0}, "CUS-AMOUNT"),
        ({"amount_mg": "15.001"}, "CUS-SHORT"),
    ],
)
def test_it_asks_where_was_searched_by_when_it_ends_and_how_much(safe, visit, fields, rule):
    told = {"amount_mg": 2, "visit": visit, **fields}
    with pytest.raises(Refused) as refused:
        safe.variance(told.pop("amount_mg"), **told)
    assert refused.value.rule == rule
    assert balance_of(visit).variance_ug == 0


def test_nothing_drawn_cannot_be_too_much_and_a_difference_is_somewhere(safe):
    with pytest.raises(Refused, match="Nothing was drawn"):
        safe.variance(-1, visit=safe.visit())


def test_the_owner_is_somebody_who_may_see_it(safe, visit):
    for owner in (safe.nurse, Safe().doctor):
        with pytest.raises(Refused, match="owns the investigation"):
            safe.variance(2, visit=visit, owner=owner)


def test_the_second_person_is_another_one_and_did_not_handle_the_drug_today(safe, visit):
    with pytest.raises(Refused, match="two people"):
        safe.variance(2, visit=visit, second=safe.by)
    with pytest.raises(Refused, match="drawn, given or wasted this drug today"):
        safe.variance(2, visit=visit, by=an_actor(safe.second), second=safe.by)
    assert not Variance.objects.exists()


def test_where_nobody_else_is_there_the_record_says_so(safe, visit):
    assert safe.variance(1, visit=visit).second_touched is False
    row = safe.variance(2, visit=visit, by=an_actor(safe.second), second=safe.by, alone=True)
    assert row.second_touched is True


def test_only_who_may_witness_is_the_second_person(safe, visit):
    with pytest.raises(Refused, match="may not witness"):
        safe.variance(2, visit=visit, second=an_actor("front_desk", clinic=safe.clinic))


def test_a_director_closes_it_once_with_a_finding(safe, visit):
    row = safe.variance(2, visit=visit)
    with pytest.raises(Denied):
        safe.close(row, by=safe.by, second=an_actor(safe.doctor))
    with pytest.raises(Refused, match="found"):
        safe.close(row, finding=" ")
    safe.close(row)
    assert not open_variances(safe.clinic).exists()
    with pytest.raises(Refused, match="closed already"):
        safe.close(row, finding="again")
    assert balance_of(visit).variance_ug == mg(2)


def test_two_people_close_it(safe, visit):
    row = safe.variance(2, visit=visit)
    both = a_staff(roles=["director", "nurse"], clinic=safe.clinic)
    with pytest.raises(Refused, match="two people"):
        safe.close(row, by=an_actor(both), second=an_actor(both))
    with pytest.raises(Refused, match="may not witness"):
        safe.close(row, second=an_actor("front_desk", clinic=safe.clinic))
    assert safe.close(row, by=an_actor(both)).second == safe.second


def test_a_theft_or_significant_loss_is_reported_before_it_is_closed(safe, visit):
    row = safe.variance(2, visit=visit, to_report=True)
    with pytest.raises(Refused, match="report it first"):
        safe.close(row, finding="stolen")
    assert safe.close(row, finding="stolen", reported=True).reported


def test_what_was_found_again_is_voided_by_two_and_no_longer_open(safe, visit):
    row = safe.variance(2, visit=visit)
    safe.void(row.movement, witness=an_actor(safe.second), reason="found under the chair")
    assert balance_of(visit).in_hand_ug == mg(15)
    assert not open_variances(safe.clinic).exists()
