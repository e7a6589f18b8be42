"""What failed elsewhere (wish W32): waste without a witness, a dispense that never reached the register, stock that never fell."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from ebbtide.ground.ledger.action import Refused
from ebbtide.journey.custody.models import Destruction, Movement, Undrawn
from ebbtide.journey.custody.queries import balance_of, left_in_vial, undrawn_of
from ebbtide.journey.infusion.actions import Chart, NewEntry, chart
from ebbtide.journey.infusion.models import Entry, Session
from tests.builders import NOW, an_act
from tests.clocks import stand_at
from tests.journey.custody.presses import at
from tests.journey.custody.safe import Safe, mg

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_now(monkeypatch):
    stand_at(monkeypatch, NOW)


@pytest.fixture
def safe():
    return Safe()


@pytest.fixture
def drawn(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 50)
    return visit


def row_of(movement, **fields):
    """A row as somebody would write it past every page and action."""
    same = ("clinic_id", "vial_id", "from_account_id", "to_account_id", "amount_ug", "visit_id", "by_id")
    told = {name: getattr(movement, name) for name in same}
    return Movement(**{**told, "moved_at": NOW, "recorded_at": NOW, **fields})


@pytest.mark.parametrize("name", ["waste", "vial_waste", "destroy"])
def test_waste_is_not_accepted_without_a_witness(safe, drawn, name):
    vial = safe.receive()
    row = {"waste": drawn, "vial_waste": vial, "destroy": None}[name]
    told = {"amount": "1", "unit": "mg", "reason": "x", "method": "x", "place": "x", "vials": [str(vial.pk)]}
    before = Movement.objects.count()
    press = at(safe, name, row, **told)
    answer = press.client.post(press.url, press.told)
    assert answer.status_code == 422
    assert "Their password" in answer.content.decode()
    forged = {**press.told, "witness": str(safe.second.pk), "witness_id": str(safe.second.pk)}
    assert press.client.post(press.url, forged).status_code == 422
    assert Movement.objects.count() == before


@pytest.mark.parametrize("kind", ["waste", "destroy"])
def test_the_database_itself_refuses_waste_without_a_witness(safe, drawn, kind):
    wasted = safe.waste(drawn, 5) if kind == "waste" else safe.destroy(safe.receive()).movements.get()
    for witness in (None, wasted.by_id):
        with pytest.raises(IntegrityError), transaction.atomic():
            row_of(wasted, kind=kind, witness_id=witness, amount_ug=1).save(force_insert=True)


def test_no_row_is_ever_changed_or_removed(safe, drawn):
    movement = drawn.movements.get()
    rows = [movement, safe.variance(1, visit=drawn), safe.destroy(safe.receive())]
    for row in rows:
        same = type(row).objects.filter(id=row.pk)
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            same.update(id=row.pk)
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            same._raw_delete("default")


def test_stock_falls_by_vial_and_lot_when_drug_is_drawn_and_given(safe):
    first, second, visit = safe.receive(lot="L-1"), safe.receive(lot="L-2"), safe.visit()
    safe.draw(visit, first, 300)
    safe.draw(visit, second, 100)
    assert (left_in_vial(first), left_in_vial(second)) == (mg(200), mg(400))
    safe.give(visit, 350)
    given = Movement.objects.filter(kind="give").values_list("vial__lot", "amount_ug")
    assert sorted(given) == [("L-1", mg(300)), ("L-2", mg(50))]


def test_a_split_vial_serves_two_visits_and_its_parts_are_its_content(safe):
    vial, one, other = safe.receive(), safe.visit(), safe.visit(starts_at=NOW + timedelta(hours=3))
    safe.draw(one, vial, 200)
    safe.draw(one, vial, 100)
    safe.draw(other, vial, 150)
    in_hands = balance_of(one).in_hand_ug + balance_of(other).in_hand_ug
    assert left_in_vial(vial) + in_hands == vial.content_ug


def test_a_vial_is_handed_on_once_and_both_visits_say_so(safe, drawn):
    vial = drawn.movements.get().vial
    other = safe.visit(starts_at=NOW + timedelta(hours=3))
    moved = safe.hand_on(drawn, other, vial, 20)
    assert (balance_of(drawn).handed_on_ug, balance_of(other).handed_on_ug) == (mg(20), mg(-20))
    safe.give(other, 15)
    with pytest.raises(Refused, match="still there to be moved back"):
        safe.void(moved)
    assert (balance_of(drawn).in_hand_ug, balance_of(other).in_hand_ug) == (mg(30), mg(5))
    safe.void(safe.hand_on(drawn, other, vial, 10))
    assert balance_of(drawn).in_hand_ug == mg(30)


def test_a_vial_is_never_handed_on_to_another_order_or_day(safe, drawn):
    vial = drawn.movements.get().vial
    for other, words in (
        (drawn, "another visit of today"),
        (safe.visit(starts_at=NOW + timedelta(days=1)), "another visit of today"),
        (safe.visit(drug="s_ketamine"), "another drug or strength"),
    ):
        with pytest.raises(Refused, match=words):
            safe.hand_on(drawn, other, vial, 1)


def test_destroyed_stock_is_one_record_that_two_people_signed(safe):
    vials = [safe.receive(), safe.receive()]
    row = safe.destroy(*vials)
    assert (row.by, row.witness, row.movements.count()) == (safe.nurse, safe.second, 2)
    assert [left_in_vial(vial) for vial in vials] == [0, 0]
    with pytest.raises(Refused, match="hold nothing of vial"):
        safe.destroy(vials[0])
    with pytest.raises(Refused, match="own act"):
        safe.destroy(safe.receive(), witness=safe.by)
    assert Destruction.objects.count() == 1


# premedication


def test_premedication_has_a_balance_of_its_own(safe, drawn):
    safe.draw(drawn, safe.midazolam(), 2, drug="midazolam")
    safe.give(drawn, 1, drug="midazolam")
    with pytest.raises(Refused, match="in hand"):
        safe.give(drawn, 2, drug="midazolam")
    safe.waste(drawn, 1, drug="midazolam")
    found = balance_of(drawn, "midazolam")
    assert (found.drawn_ug, found.given_ug, found.wasted_ug, found.in_hand_ug) == (2000, 1000, 1000, 0)
    assert balance_of(drawn).in_hand_ug == mg(50)


def test_midazolam_is_never_drawn_as_the_order_nor_ketamine_as_premedication(safe, drawn):
    with pytest.raises(Refused, match="another drug than the order"):
        safe.draw(drawn, safe.midazolam(), 1)
    with pytest.raises(Refused, match="another drug"):
        safe.draw(drawn, safe.receive(), 1, drug="midazolam")
    with pytest.raises(Refused, match="not given beside"):
        safe.draw(drawn, safe.receive(drug="s_ketamine"), 1, drug="s_ketamine")


def _chart(safe, session, body, **fields):
    entry = NewEntry(id=uuid4(), kind="drug_given", body=body, **fields)
    return chart(an_act(safe.by), Chart(session=session, entry=entry))


def midazolam(amount="1", unit="mg", drug="Midazolam"):
    return {"drug": drug, "amount": amount, "unit": unit, "route": "iv"}


@pytest.fixture
def session(safe, drawn):
    return Session.objects.create(
        visit=drawn,
        order=drawn.series.order,
        chair=drawn.chair,
        opened_by=safe.nurse,
        opened_at=NOW - timedelta(hours=1),
    )


def test_a_dispense_never_bypasses_the_register(safe, drawn, session):
    with pytest.raises(Refused, match="nobody drew for this visit: draw it first"):
        _chart(safe, session, midazolam())
    assert not Entry.objects.exists()
    safe.draw(drawn, safe.midazolam(), 2, drug="midazolam")
    entry = _chart(safe, session, midazolam("500", "microgram", "Versed"))
    moved = Movement.objects.get(given_by_entry=entry.pk)
    assert (moved.amount_ug, moved.vial.drug, moved.kind) == (500, "midazolam", "give")
    assert balance_of(drawn, "midazolam").in_hand_ug == 1500
    assert balance_of(drawn).given_ug == 0


def test_ketamine_is_never_charted_as_another_drug(safe, session):
    with pytest.raises(Refused, match="as a bolus"):
        _chart(safe, session, midazolam(drug="Ketamine"))


def test_what_is_charted_late_is_kept_and_waits_for_its_draw(safe, drawn, session):
    entry = _chart(safe, session, midazolam(), observed_at=NOW - timedelta(minutes=20))
    assert entry.late
    assert undrawn_of(drawn).get().amount_ug == 1000
    safe.draw(drawn, safe.midazolam(), 2, drug="midazolam")
    assert Movement.objects.get(given_by_entry=entry.pk).amount_ug == 1000
    assert not undrawn_of(drawn).exists()
    assert Undrawn.objects.count() == 2


def test_a_correction_of_the_log_corrects_the_register(safe, drawn, session):
    safe.draw(drawn, safe.midazolam(), 2, drug="midazolam")
    entry = _chart(safe, session, midazolam("2"))
    better = _chart(safe, session, midazolam("1"), replaces=entry.pk)
    assert balance_of(drawn, "midazolam").given_ug == 1000
    _chart(safe, session, {}, replaces=better.pk, withdrawn=True)
    assert balance_of(drawn, "midazolam").given_ug == 0
    late = _chart(safe, session, midazolam("3"), observed_at=NOW - timedelta(minutes=20))
    _chart(safe, session, {}, replaces=late.pk, withdrawn=True)
    assert not undrawn_of(drawn).exists()


def test_an_emergency_never_waits_for_a_draw(safe, drawn, session):
    opened = NewEntry(id=uuid4(), kind="emergency", body={"script": "agitation", "state": "opened"})
    chart(an_act(safe.by), Chart(session=session, entry=opened))
    _chart(safe, session, midazolam())
    assert undrawn_of(drawn).count() == 1


def test_other_drugs_are_charted_and_the_books_stay_as_they_are(safe, session):
    before = Movement.objects.count()
    _chart(safe, session, midazolam("4", drug="ondansetron"))
    assert Movement.objects.count() == before


def test_what_waits_for_its_draw_is_shown_where_it_is_drawn(safe, drawn, session):
    _chart(safe, session, midazolam(), observed_at=NOW - timedelta(minutes=20))
    client = at(safe, "visit", drawn).client
    for url in (reverse("custody:visit", args=[drawn.pk]), reverse("custody:safe")):
        assert "Charted, not drawn" in client.get(url).content.decode()
