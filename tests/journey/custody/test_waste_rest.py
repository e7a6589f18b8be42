"""Wasting: never without a second person who signed in (W32); the balance closes to the microgram."""

import pytest
from django.db import IntegrityError, transaction

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.policy.decisions import StepUpNeeded
from ebbtide.journey.custody.accounts import accounts_of_visit
from ebbtide.journey.custody.actions import WasteVial, waste_vial
from ebbtide.journey.custody.models import Movement
from ebbtide.journey.custody.queries import balance_of, left_in_vial
from tests.builders import NOW, a_staff, an_act, an_actor
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


def test_the_database_itself_takes_no_waste_without_a_witness(safe, visit):
    accounts = accounts_of_visit(visit)
    row = {
        "id": new_id(), "clinic": safe.clinic, "vial": Movement.objects.first().vial, "kind": "waste", "amount_ug": 1000,
        "visit": visit, "from_account": accounts["session"], "to_account": accounts["wasted"], "by": safe.nurse,
        "moved_at": NOW, "recorded_at": NOW,
    }  # fmt: skip
    for witness, name in (
        (None, "movement_waste_and_variance_have_a_witness"),
        (safe.nurse, "movement_witness_is_another_person"),
    ):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            Movement.objects.create(**row, witness=witness)
        assert refused.value.__cause__.diag.constraint_name == name


def test_the_action_takes_no_waste_without_a_witness(safe, visit):
    with pytest.raises(Refused, match="takes two people") as refused:
        safe.waste(visit, 15, witness=an_actor("system", clinic=safe.clinic))
    assert refused.value.rule == "CUS-WITNESS"
    assert balance_of(visit).wasted_ug == 0


def test_what_was_drawn_is_given_or_wasted_to_the_microgram(safe, visit):
    row = safe.waste(visit, "14.999")
    assert row.witness == safe.second
    assert balance_of(visit).in_hand_ug == 1
    safe.waste(visit, "0.001")
    found = balance_of(visit)
    assert (found.drawn_ug, found.given_ug, found.wasted_ug, found.in_hand_ug) == (mg(50), mg(35), mg(15), 0)


def test_more_than_is_in_hand_is_not_wasted(safe, visit):
    with pytest.raises(Refused, match="15.001 mg is more than the 15 mg in hand"):
        safe.waste(visit, "15.001")


def test_nobody_witnesses_their_own_waste(safe, visit):
    with pytest.raises(Refused, match="own act"):
        safe.waste(visit, 15, witness=safe.by)


def test_whoever_drew_is_never_the_only_witness(safe, visit):
    with pytest.raises(Refused, match="never the only witness"):
        safe.waste(visit, 15, by=an_actor(safe.second), witness=safe.by)


def test_one_nurse_alone_can_work_because_a_prescriber_may_witness(safe, visit):
    assert safe.waste(visit, 15, witness=an_actor(safe.doctor)).witness == safe.doctor


@pytest.mark.parametrize("role", ["front_desk", "director", "auditor", "operator"])
def test_only_a_nurse_or_a_prescriber_witnesses(safe, visit, role):
    with pytest.raises(Refused, match="may not witness"):
        safe.waste(visit, 15, witness=an_actor(role, clinic=safe.clinic))


def test_a_witness_of_another_clinic_or_who_left_is_none(safe, visit):
    elsewhere = Safe()
    gone = a_staff("nurse", clinic=safe.clinic)
    gone.left_at = NOW
    gone.save()
    for witness in (an_actor(elsewhere.nurse), an_actor(gone)):
        with pytest.raises(Refused, match="may not witness"):
            safe.waste(visit, 15, witness=witness)


def test_a_witness_signed_in_just_now(safe, visit):
    with pytest.raises(Refused, match="may not witness"):
        safe.waste(visit, 15, witness=an_actor(safe.second, fresh=False))


def test_who_wastes_signs_in_again_after_three_minutes(safe, visit):
    with pytest.raises(StepUpNeeded):
        safe.waste(visit, 15, by=an_actor(safe.nurse, fresh=False))


def test_it_says_why(safe, visit):
    with pytest.raises(Refused, match="Say why it is wasted"):
        safe.waste(visit, 15, reason=" ")


def test_a_vial_that_breaks_in_the_safe_is_wasted_before_a_witness(safe):
    vial = safe.receive()
    command = {"vial": vial, "amount_ug": mg(500), "reason": "fell and broke"}
    with pytest.raises(Refused, match="own act"):
        waste_vial(an_act(safe.by), WasteVial(**command, witness=safe.by))
    row = waste_vial(an_act(safe.by), WasteVial(**command, witness=an_actor(safe.second)))
    assert (row.kind, row.from_account.kind, row.to_account.kind) == ("waste", "safe", "wasted")
    assert left_in_vial(vial) == 0
