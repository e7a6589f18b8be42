"""Giving: the register is written in the transaction of the dose, and a dose without drug in hand is impossible (W32)."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from ebbtide.ground.ledger.action import KeyReused, Refused
from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.policy.decisions import Denied
from ebbtide.journey.custody.accounts import accounts_of_visit
from ebbtide.journey.custody.actions import GiveDose, give_dose
from ebbtide.journey.custody.models import Movement
from ebbtide.journey.custody.queries import balance_of, left_in_vial
from tests.builders import NOW, an_act, an_actor
from tests.journey.custody.safe import Safe, mg

pytestmark = pytest.mark.django_db


@pytest.fixture
def safe():
    return Safe()


def test_what_was_given_left_the_safe_and_the_hand(safe):
    visit, vial = safe.visit(), safe.receive()
    safe.draw(visit, vial, 40)
    safe.give(visit, "35.125")
    assert left_in_vial(vial) == mg(460)
    found = balance_of(visit)
    assert (found.drawn_ug, found.given_ug, found.in_hand_ug) == (mg(40), 35_125, 4_875)


def test_a_dose_needs_drug_in_hand(safe):
    visit, vial = safe.visit(), safe.receive()
    with pytest.raises(Refused, match="draw first") as refused:
        safe.give(visit, 35)
    assert refused.value.rule == "CUS-SHORT"
    safe.draw(visit, vial, 30)
    with pytest.raises(Refused, match="35 mg is more than the 30 mg in hand for this visit"):
        safe.give(visit, 35)
    assert not Movement.objects.filter(kind="give").exists()


def test_drug_drawn_for_one_visit_is_never_given_in_another(safe):
    one, other = safe.visit(), safe.visit()
    safe.draw(one, safe.receive(), 35)
    with pytest.raises(Refused):
        safe.give(other, 1)


def test_it_empties_the_vials_in_the_order_of_drawing_one_row_for_each(safe):
    visit = safe.visit()
    first, second = safe.receive(), safe.receive()
    safe.draw(visit, second, 20, at=NOW)
    safe.draw(visit, first, 20, at=NOW + timedelta(minutes=1))
    safe.give(visit, 30)
    rows = {row.vial_id: row.amount_ug for row in Movement.objects.filter(kind="give")}
    assert rows == {second.pk: mg(20), first.pk: mg(10)}


def test_every_row_names_the_entry_that_gave_it_and_stands_in_the_ledger(safe):
    visit, entry_id = safe.visit(), uuid4()
    safe.draw(visit, safe.receive(), 20)
    safe.draw(visit, safe.receive(), 20)
    safe.give(visit, 30, entry_id=entry_id)
    rows = Movement.objects.filter(given_by_entry=entry_id)
    spoken = Entry.objects.get(action="journey.custody.give_dose")
    assert {str(row.pk) for row in rows} == {row["k"] for row in spoken.rows}
    assert spoken.patient_id == visit.series.episode.patient_id


def test_one_entry_gives_once(safe):
    visit, entry_id = safe.visit(), uuid4()
    safe.draw(visit, safe.receive(), 40)
    safe.give(visit, 10, entry_id=entry_id)
    with pytest.raises(Refused, match="this entry's dose already"):
        safe.give(visit, 10, entry_id=entry_id)


def test_the_same_press_twice_gives_once(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 40)
    act, command = an_act(safe.by), GiveDose(visit=visit, amount_ug=mg(10), entry_id=uuid4())
    assert give_dose(act, command) == give_dose(act, command)
    assert balance_of(visit).given_ug == mg(10)
    with pytest.raises(KeyReused):
        give_dose(act, replace(command, amount_ug=mg(11)))


def test_a_stop_works_from_one_tap_so_the_register_never_asks_to_sign_in_again(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 40)
    safe.give(visit, 10, by=an_actor(safe.nurse, fresh=False))
    assert balance_of(visit).given_ug == mg(10)


@pytest.mark.parametrize("role", ["front_desk", "director", "auditor", "operator"])
def test_only_who_may_chart_gives(safe, role):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 40)
    with pytest.raises(Denied):
        safe.give(visit, 10, by=an_actor(role, clinic=safe.clinic))


def test_the_database_knows_no_dose_without_an_entry_and_none_that_goes_past_the_hand(safe):
    visit, vial = safe.visit(), safe.receive()
    safe.draw(visit, vial, 40)
    accounts = accounts_of_visit(visit)
    row = {
        "id": new_id(), "clinic": safe.clinic, "vial": vial, "kind": "give", "amount_ug": 1000, "visit": visit,
        "from_account": accounts["session"], "to_account": accounts["given"], "by": safe.nurse,
        "moved_at": NOW, "recorded_at": NOW, "given_by_entry": uuid4(),
    }  # fmt: skip
    bypasses = {
        "movement_dose_names_visit_and_entry": {"given_by_entry": None},
        "movement_goes_its_way": {"to_account": accounts["wasted"]},
        "movement_never_below_zero": {"amount_ug": mg(41)},
        "movement_names_its_visit": {"visit": safe.visit()},
        "movement_moves_something": {"amount_ug": -1000},
    }
    for name, change in bypasses.items():
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            Movement.objects.create(**{**row, **change})
        assert refused.value.__cause__.diag.constraint_name == name
    Movement.objects.create(**row)
