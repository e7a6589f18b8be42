"""Receiving and drawing: each vial is itself, stock falls when drug is taken, and the wrong vial is refused."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry
from ebbtide.journey.custody.actions import ReturnVial, return_vial
from ebbtide.journey.custody.models import Account, Movement, Vial
from ebbtide.journey.custody.queries import balance_of, left_in_vial
from tests.builders import NOW, an_act
from tests.journey.custody.safe import Safe, mg

pytestmark = pytest.mark.django_db


@pytest.fixture
def safe():
    return Safe()


def test_a_delivery_is_one_vial_for_each_label_and_all_of_it_is_in_the_ledger(safe):
    safe.receive(("A-1", " A-2 "), lot="L-9", mg_per_ml=Decimal(50), volume_ml=Decimal(10))
    vials = list(Vial.objects.order_by("label"))
    assert [(v.label, v.lot, v.content_ug, left_in_vial(v)) for v in vials] == [
        ("A-1", "L-9", 500_000, 500_000),
        ("A-2", "L-9", 500_000, 500_000),
    ]
    spoken = {
        (row["t"], row["k"]) for row in Entry.objects.get(action="journey.custody.stock.receive_vials").rows
    }
    written = [*vials, *Movement.objects.all(), *Account.objects.all()]
    assert spoken == {(row._meta.db_table, str(row.pk)) for row in written}


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"labels": ()}, "CUS-LABEL"),
        ({"labels": ("A", " ")}, "CUS-LABEL"),
        ({"labels": ("A", "A ")}, "CUS-LABEL-TWICE"),
        ({"labels": ("KNOWN", "B")}, "CUS-LABEL-KNOWN"),
        ({"expires_on": date(2026, 11, 22)}, "CUS-EXPIRED"),
        ({"lot": " "}, "CUS-WORDS"),
        ({"drug": ""}, "CUS-WORDS"),
        ({"supplier": ""}, "CUS-WORDS"),
        ({"volume_ml": Decimal("0.01"), "mg_per_ml": Decimal("0.01")}, "CUS-CONTENT"),
        ({"volume_ml": Decimal(0)}, "CUS-CONTENT"),
    ],
)
def test_it_refuses_a_delivery_that_cannot_be_told_apart_or_used(safe, fields, rule):
    safe.receive(("KNOWN",))
    labels = fields.pop("labels", ("B",))
    from ebbtide.journey.custody.actions import ReceiveVials, receive_vials

    told = {
        "clinic": safe.clinic, "drug": "racemate", "mg_per_ml": Decimal(50), "volume_ml": Decimal(10), "lot": "L",
        "expires_on": date(2027, 1, 1), "labels": labels, "supplier": "W",
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        receive_vials(an_act(safe.by), ReceiveVials(**{**told, **fields}))
    assert refused.value.rule == rule
    assert Vial.objects.count() == 1


def test_stock_falls_when_drug_is_drawn(safe):
    vial, visit = safe.receive(), safe.visit()
    safe.draw(visit, vial, "36.5")
    assert left_in_vial(vial) == mg("463.5")
    assert balance_of(visit).in_hand_ug == mg("36.5")


def test_a_vial_may_be_used_through_its_last_day(safe):
    safe.draw(safe.visit(), safe.receive(expires_on=NOW.date()), 1)


@pytest.mark.parametrize(
    ("vial", "visit", "rule"),
    [
        ({"drug": "s_ketamine"}, {}, "CUS-DRUG"),
        ({"mg_per_ml": Decimal(10)}, {}, "CUS-STRENGTH"),
        ({}, {"status": "cancelled"}, "CUS-VISIT"),
        ({}, {"status": "done"}, "CUS-VISIT"),
        ({}, {"starts_at": NOW + timedelta(days=1)}, "CUS-VISIT"),
    ],
)
def test_it_refuses_the_wrong_vial_or_visit(safe, vial, visit, rule):
    with pytest.raises(Refused) as refused:
        safe.draw(safe.visit(**visit), safe.receive(**vial), 1)
    assert refused.value.rule == rule


def test_it_refuses_an_expired_vial(safe):
    vial = safe.receive(expires_on=date(2026, 11, 24))
    later = NOW + timedelta(days=3)
    with pytest.raises(Refused, match="expired on 24 Nov 2026"):
        safe.draw(safe.visit(starts_at=later), vial, 1, at=later)


def test_it_refuses_a_vial_of_another_clinic(safe):
    with pytest.raises(Refused, match="not in this clinic's safe"):
        safe.draw(safe.visit(), Safe().receive(), 1)


@pytest.mark.parametrize(
    ("amount", "rule"), [("500.001", "CUS-SHORT"), (0, "CUS-AMOUNT"), (-1, "CUS-AMOUNT")]
)
def test_it_refuses_more_than_the_vial_holds_and_nothing(safe, amount, rule):
    with pytest.raises(Refused) as refused:
        safe.draw(safe.visit(), safe.receive(), amount)
    assert refused.value.rule == rule


def test_what_was_not_needed_goes_back_into_the_safe(safe):
    vial, other, visit = safe.receive(), safe.receive(), safe.visit()
    safe.draw(visit, vial, 50)
    safe.give_back(visit, vial, 20)
    assert (left_in_vial(vial), balance_of(visit).returned_ug, balance_of(visit).in_hand_ug) == (
        mg(470),
        mg(20),
        mg(30),
    )
    with pytest.raises(Refused, match="more than the 30 mg of this vial in hand"):
        safe.give_back(visit, vial, 31)
    with pytest.raises(Refused, match="more than the 0 mg of this vial in hand"):
        safe.give_back(visit, other, 1)
    with pytest.raises(Refused, match="Say why"):
        safe.give_back(visit, vial, 1, reason="")


def test_a_vial_goes_back_to_the_supplier_whole_and_once(safe):
    vial = safe.receive()
    row = return_vial(an_act(safe.by), ReturnVial(vial=vial, reason="recalled"))
    assert (row.to_account.kind, row.amount_ug, left_in_vial(vial)) == ("returned", mg(500), 0)
    with pytest.raises(Refused) as refused:
        return_vial(an_act(safe.by), ReturnVial(vial=vial, reason="recalled"))
    assert refused.value.rule == "CUS-SHORT"


def test_the_database_receives_a_vial_once_and_never_moves_drug_between_clinics(safe):
    vial, elsewhere = safe.receive(), Safe()
    row = Movement.objects.get(kind="receive")
    again = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name != "id"}
    with pytest.raises(IntegrityError) as twice, transaction.atomic():
        Movement.objects.create(**again)
    assert twice.value.__cause__.diag.constraint_name == "movement_vial_received_once"
    elsewhere.receive()
    other = Account.objects.get(clinic=elsewhere.clinic, kind="safe")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Movement.objects.create(
            clinic=safe.clinic,
            vial=vial,
            kind="return",
            from_account=Account.objects.get(clinic=safe.clinic, kind="safe"),
            to_account=other,
            amount_ug=1,
            by=safe.nurse,
            moved_at=NOW,
            recorded_at=NOW,
        )
    assert refused.value.__cause__.diag.constraint_name == "movement_within_one_clinic"
