"""Undoing: a reverse row that names the original, both stay; what two people signed, two people undo."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from ebbtide.ground.ledger.action import Refused
from ebbtide.journey.custody.actions import TakeBackDose, take_back_dose
from ebbtide.journey.custody.models import Movement
from ebbtide.journey.custody.posting import reverse
from ebbtide.journey.custody.queries import balance_of, left_in_vial
from tests.builders import an_act, an_actor
from tests.journey.custody.safe import Safe, mg

pytestmark = pytest.mark.django_db


@pytest.fixture
def safe():
    return Safe()


def test_a_void_is_the_reverse_and_names_what_it_undoes(safe):
    vial, visit = safe.receive(), safe.visit()
    drawn = safe.draw(visit, vial, 53)
    row = safe.void(drawn, reason="typed 53 for 35")
    assert (row.voids, row.from_account, row.to_account) == (drawn, drawn.to_account, drawn.from_account)
    assert (left_in_vial(vial), balance_of(visit).drawn_ug) == (mg(500), 0)
    assert Movement.objects.count() == 3


def test_a_row_is_voided_once_and_a_void_stands(safe):
    drawn = safe.draw(safe.visit(), safe.receive(), 50)
    row = safe.void(drawn)
    for again in (drawn, row):
        with pytest.raises(Refused, match="voided already"):
            safe.void(again)


def test_it_says_what_was_wrong(safe):
    with pytest.raises(Refused, match="Say what was wrong"):
        safe.void(safe.draw(safe.visit(), safe.receive(), 50), reason="")


def test_what_was_used_meanwhile_is_not_taken_back(safe):
    visit = safe.visit()
    drawn = safe.draw(visit, safe.receive(), 50)
    safe.give(visit, 35)
    with pytest.raises(Refused, match="more than the 15 mg still there"):
        safe.void(drawn)


def test_a_waste_is_undone_by_two_people_again(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 50)
    wasted = safe.waste(visit, 10)
    with pytest.raises(Refused, match="takes two people"):
        safe.void(wasted)
    with pytest.raises(Refused, match="own act"):
        safe.void(wasted, witness=safe.by)
    row = safe.void(wasted, witness=an_actor(safe.doctor))
    assert row.witness == safe.doctor
    assert balance_of(visit).in_hand_ug == mg(50)


def test_a_receipt_by_mistake_is_undone_while_the_vial_is_untouched(safe):
    vial = safe.receive()
    safe.void(Movement.objects.get(kind="receive", vial=vial))
    assert left_in_vial(vial) == 0


def test_a_dose_is_corrected_in_the_log_and_never_at_the_register(safe):
    visit, entry_id = safe.visit(), uuid4()
    safe.draw(visit, safe.receive(), 20)
    safe.draw(visit, safe.receive(), 20)
    safe.give(visit, 30, entry_id=entry_id)
    with pytest.raises(Refused, match="correct the entry there"):
        safe.void(Movement.objects.filter(kind="give").first())
    command = TakeBackDose(visit=visit, entry_id=entry_id, reason="entry corrected")
    take_back_dose(an_act(an_actor(safe.nurse, fresh=False)).nested("register"), command)
    assert (balance_of(visit).given_ug, balance_of(visit).in_hand_ug) == (0, mg(40))
    safe.give(visit, 28, entry_id=entry_id)
    with pytest.raises(Refused, match="nothing to take back"):
        take_back_dose(an_act(safe.by), TakeBackDose(visit=visit, entry_id=uuid4(), reason="x"))
    assert balance_of(visit).given_ug == mg(28)


def test_the_database_takes_no_void_that_is_not_the_reverse(safe):
    visit = safe.visit()
    drawn = safe.draw(visit, safe.receive(), 50)
    wasted = safe.waste(visit, 10)
    half = reverse_of(drawn, amount_ug=mg(25))
    unwitnessed = reverse_of(wasted)
    for row in (half, unwitnessed):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            row.save()
        assert refused.value.__cause__.diag.constraint_name == "movement_void_is_reciprocal"
    assert reverse(an_act(safe.by), drawn_rest(safe, visit), reason="x").amount_ug == mg(5)


def drawn_rest(safe, visit):
    return safe.draw(visit, safe.receive(), 5)


def reverse_of(row, **fields):
    told = {
        "clinic": row.clinic, "vial": row.vial, "kind": "void", "from_account": row.to_account,
        "to_account": row.from_account, "amount_ug": row.amount_ug, "visit": row.visit, "by": row.by, "voids": row,
        "moved_at": row.moved_at, "recorded_at": row.recorded_at,
    }  # fmt: skip
    return Movement(**{**told, **fields})
