"""More drug: only after the gate, within the order, from a fresh sign-in, and never from an order that was changed."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection, transaction

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.policy import StepUpNeeded
from ebbtide.journey.careplan.actions import WithdrawOrder, withdraw_order
from ebbtide.journey.careplan.models import OrderWithdrawal
from ebbtide.journey.infusion.models import Entry
from tests.builders import NOW, a_signed_order, a_staff, an_act, an_actor, an_assignment
from tests.journey.infusion.arrange import LOADING, Chairside, a_checked_order, after

pytestmark = pytest.mark.django_db
RISING = [
    {"kind": "rate", "value": "20", "minutes": 30, "stop_if": None},
    {"kind": "rate", "value": "40", "minutes": 30,
     "stop_if": {"signal": "heart rate", "comparison": "above", "value": "90", "unit": "/min"}},
]  # fmt: skip


def rising():
    return Chairside(steps=RISING, dose_field="rate_mg_per_h", dose_mg=Decimal(30)).ready()


def loading():
    return Chairside(steps=LOADING, dose_field="dose_mg", dose_mg=Decimal(40)).ready()


def rule(scene, kind, minutes, **more):
    before = Entry.objects.count()
    with pytest.raises(Refused) as found:
        scene.dose(kind, minutes, **more)
    assert Entry.objects.count() == before
    return found.value.rule


def test_it_starts_at_the_ordered_rate():
    scene = Chairside().running()
    assert (scene.state().phase, scene.state().rate_mg_per_h) == ("running", Decimal("52.5"))


@pytest.mark.parametrize(
    ("kind", "body"),
    [("start", {"rate_mg_per_h": "52.5"}), ("rate_increase", {"rate_mg_per_h": "52.5"}),
     ("resume", {"rate_mg_per_h": "52.5"}), ("bolus", {"amount_mg": "1", "over_min": 0})],
)  # fmt: skip
def test_it_asks_to_sign_in_again(kind, body):
    scene = Chairside().ready()
    with pytest.raises(StepUpNeeded):
        scene.dose(kind, 1, by=an_actor(scene.staff, fresh=False), **body)
    assert not Entry.objects.filter(kind=kind).exists()


def test_it_refuses_a_start_without_a_gate():
    scene = Chairside().opened()
    assert rule(scene, "start", 1, rate_mg_per_h="52.5") == "INF-GATE"


def test_it_refuses_a_start_when_the_newest_gate_did_not_pass():
    scene = Chairside().opened().gated(1).gated(2, passed=False)
    assert rule(scene, "start", 2.5, rate_mg_per_h="52.5") == "INF-GATE"


@pytest.mark.parametrize(("minutes", "broken"), [(60, None), (60.1, "INF-GATE-OLD")])
def test_it_counts_a_gate_for_an_hour(minutes, broken):
    scene = Chairside().opened().gated(0)
    by = _signed_in(scene, minutes)
    if broken:
        assert rule(scene, "start", minutes, by=by, rate_mg_per_h="52.5") == broken
    else:
        assert scene.dose("start", minutes, by=by, rate_mg_per_h="52.5").kind == "start"


def test_it_refuses_a_start_before_its_gate():
    scene = Chairside().opened().gated(2)
    assert rule(scene, "start", 1, now=2, rate_mg_per_h="52.5") == "INF-GATE-OLD"


def test_it_refuses_a_rate_above_the_order():
    scene = Chairside().ready()
    assert rule(scene, "start", 1, rate_mg_per_h="52.501", reason="wanted") == "INF-RATE-HARD"
    assert rule(scene, "start", 1, rate_mg_per_h="525", reason="wanted") == "INF-RATE-HARD"


def test_it_asks_why_a_rate_is_above_the_step_that_is_due():
    scene = rising()
    assert rule(scene, "start", 0, rate_mg_per_h="40") == "INF-RATE-SOFT"
    scene.dose("start", 0, rate_mg_per_h="20")
    assert rule(scene, "rate_increase", 1, rate_mg_per_h="40") == "INF-RATE-SOFT"
    raised = scene.dose("rate_increase", 1, rate_mg_per_h="40", reason="prescriber at the chair")
    assert raised.body["reason"] == "prescriber at the chair"


def test_it_lets_a_lower_rate_in_without_a_word():
    scene = rising()
    scene.dose("start", 0, rate_mg_per_h="20")
    scene.dose("rate_increase", 1, rate_mg_per_h="40", reason="prescriber at the chair")
    assert scene.chart("rate_decrease", 2, rate_mg_per_h="30").kind == "rate_decrease"


def test_it_refuses_more_once_the_ordered_dose_is_in():
    scene = Chairside().running()
    scene.chart("pause", 41)
    by = _signed_in(scene, 42)
    assert rule(scene, "resume", 42, by=by, rate_mg_per_h="10") == "INF-TOTAL"


def _signed_in(scene, minutes):
    return replace(scene.nurse, authenticated_at=after(minutes))


def test_it_gives_a_bolus_only_from_an_order_that_has_one():
    scene = Chairside().running()
    assert rule(scene, "bolus", 1, amount_mg="1", over_min=5) == "INF-BOLUS-NONE"


def test_it_gives_the_ordered_bolus_and_no_more():
    scene = loading()
    assert rule(scene, "bolus", 0, amount_mg="10.001", over_min=5, reason="x") == "INF-BOLUS-HARD"
    scene.dose("bolus", 0, amount_mg="6", over_min=5)
    assert scene.state().phase == "running"
    assert rule(scene, "bolus", 1, amount_mg="5", over_min=5, reason="x") == "INF-BOLUS-HARD"
    assert scene.dose("bolus", 1, amount_mg="4", over_min=5).kind == "bolus"
    assert rule(scene, "bolus", 2, amount_mg="1", over_min=5, reason="x") == "INF-BOLUS-HARD"


def test_it_asks_why_a_bolus_is_above_its_own_step():
    two = [LOADING[0], {**LOADING[0], "value": "4"}, LOADING[1]]
    scene = Chairside(steps=two, dose_field="dose_mg", dose_mg=Decimal(44)).ready()
    assert rule(scene, "bolus", 0, amount_mg="12", over_min=5) == "INF-BOLUS-SOFT"
    assert scene.dose("bolus", 0, amount_mg="12", over_min=5, reason="agreed").body["reason"] == "agreed"


def test_it_needs_the_gate_before_a_bolus_that_opens_the_session():
    scene = Chairside(steps=LOADING, dose_field="dose_mg", dose_mg=Decimal(40)).opened().drawn()
    assert rule(scene, "bolus", 0, amount_mg="10", over_min=5) == "INF-GATE"


@pytest.mark.parametrize("change", ["newer draft", "newer signed", "withdrawn"])
def test_it_refuses_an_order_that_was_changed_meanwhile(change):
    scene = Chairside().ready()
    if change == "withdrawn":
        OrderWithdrawal.objects.create(
            order=scene.order, reason="not now", withdrawn_by=scene.order.written_by, withdrawn_at=NOW
        )
    else:
        a_signed_order(scene.episode, order_id=scene.order.order_id, version=2)
    assert rule(scene, "start", 1, rate_mg_per_h="52.5") == "INF-ORDER-STALE"


HELD = """
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(%s, 0)
"""


def holds_the_turn(order) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(HELD, [f"order:{order.order_id}"])
        return cursor.fetchone()[0] == 1


def test_h7_a_start_and_a_change_of_its_order_wait_for_each_other():
    scene = Chairside().ready()
    assert not holds_the_turn(scene.order)
    with transaction.atomic():
        scene.dose("start", 1, rate_mg_per_h="52.5")
        assert holds_the_turn(scene.order)
        transaction.set_rollback(True)
    assert not holds_the_turn(scene.order)
    prescriber = an_actor(a_staff("prescriber", clinic=scene.clinic))
    withdraw_order(an_act(prescriber), WithdrawOrder(order=scene.order, reason="not today"))
    assert holds_the_turn(scene.order)


def test_it_goes_on_with_the_new_order_after_a_new_gate():
    scene = Chairside().running()
    scene.chart("pause", 1)
    steps = [{"kind": "rate", "value": "30", "minutes": 60, "stop_if": None}]
    newer = a_checked_order(scene.episode, order_id=scene.order.order_id, version=2, steps=steps)
    assert rule(scene, "resume", 2, rate_mg_per_h="30") == "INF-ORDER-STALE"
    scene.gated(2, order=newer)
    assert rule(scene, "resume", 2.5, rate_mg_per_h="52.5", reason="x") == "INF-RATE-HARD"
    assert scene.dose("resume", 2.5, rate_mg_per_h="30").kind == "resume"


def test_it_calls_the_prescriber_after_three_pauses_for_one_reason():
    scene = Chairside().running()
    doctor = a_staff("prescriber", clinic=scene.clinic)
    an_assignment(doctor, scene.patient)
    for minute in (0.5, 1, 1.5):
        scene.chart("pause", minute, reason="Pressure")
        if minute < 1.5:
            scene.dose("resume", minute + 0.2, rate_mg_per_h="30")
    assert rule(scene, "resume", 1.8, rate_mg_per_h="30") == "INF-PAUSES"
    assert scene.dose("resume", 1.9, by=an_actor(doctor), rate_mg_per_h="30").author == doctor


def test_it_corrects_a_start_by_the_order_too():
    scene = Chairside().running(rate="40")
    start = Entry.objects.get(kind="start")
    assert rule(scene, "start", 0, now=1, replaces=start, rate_mg_per_h="60") == "INF-RATE-HARD"
    scene.dose("start", 0, now=1, replaces=start, rate_mg_per_h="52.5")
    assert scene.state().rate_mg_per_h == Decimal("52.5")
