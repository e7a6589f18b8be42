"""Going through the gate: today's answers become facts, the rules of the day are asked, and every try is written."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.journey.assessment.models import Fact, ListConfirmation
from ebbtide.journey.infusion.actions import ReconfirmHistory, reconfirm_history
from ebbtide.journey.infusion.models import StartGate
from ebbtide.journey.infusion.seen import SOUND_OF_TABLET, infusion_number
from tests.builders import NOW, a_signed_order, a_staff, an_actor, an_assignment
from tests.journey.infusion.arrange import RATE, Chairside, a_checked_order, after
from tests.journey.infusion.ready import a_ready_chair, gate

pytestmark = pytest.mark.django_db


def missing(row):
    return [item["key"] for item in row.items if not item["passed"]]


def test_it_passes_and_opens_the_start():
    scene = a_ready_chair()
    row = gate(scene)
    assert missing(row) == []
    assert (row.passed, row.order, row.signed_by, row.signed_at) == (True, scene.order, scene.staff, after(1))
    assert row.confirmed["escort_name"] == "Sam Reyes"
    assert len(row.findings) == 72
    scene.dose("start", 2, rate_mg_per_h=RATE)
    assert scene.state().phase == "running"


def test_it_records_what_was_asked_and_measured_as_facts_of_today():
    scene = a_ready_chair()
    gate(scene, taken=("decongestant",))
    today = Fact.objects.filter(patient=scene.patient, observed_at=after(1))
    said = {fact.name: fact.value for fact in today}
    assert said["systolic_mmHg"] == 122
    assert (said["escort_named_with_phone"], said["infusion_number"]) == (True, 1)
    assert said["medication_classes_24h"] == "decongestant"
    assert today.get(name="systolic_mmHg").origin == "measured"
    assert ListConfirmation.objects.filter(name="medication_classes_24h").count() == 1


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"confirmed": {"identifiers": False}}, "identity"),
        ({"confirmed": {"alarms_audible": False}}, "alarms"),
        ({"intends_to_drive": True}, "rule:SUI-LOG-01"),
        ({"intoxicated_now": True}, "rule:SUI-SUD-05"),
        ({"last_solids_at": NOW - timedelta(hours=2)}, "fasting"),
        ({"confirmed": {"equipment": ("pump", "monitor", "oxygen", "suction")}}, "rule:SUI-LOG-02"),
        ({"confirmed": {"equipment": ()}}, "equipment:suction"),
        ({"confirmed": {"call_tested": False}}, "call"),
        ({"confirmed": {"comfort_declined": False}}, "comfort"),
        ({"taken": ("cocaine",)}, "rule:SUI-DRG-04"),
        ({"taken": None}, "rule:SUI-DRG-04"),
        ({"intends_to_drive": None}, "asked:intends_to_drive"),
        ({"measured": {"systolic_mmHg": 190, "diastolic_mmHg": 110, "spo2_room_air_percent": 98}}, "rule:SUI-CV-02"),
    ],
)  # fmt: skip
def test_it_writes_a_refused_gate_that_says_what_to_do(changes, key):
    row = gate(a_ready_chair(), **changes)
    assert not row.passed
    assert key in missing(row)
    assert all(item["do"] for item in row.items if not item["passed"])


def test_a_tablet_that_was_tried_and_stayed_silent_keeps_the_gate_shut_until_it_is_heard():
    scene = a_ready_chair()
    tried = {"item": "other", "identity": SOUND_OF_TABLET}
    scene.chart("equipment", 0, **tried, state="not_ready")
    assert missing(gate(scene, 1)) == ["sound"]
    scene.chart("equipment", 1.5, **tried, state="ready")
    assert gate(scene, 2).passed


def test_it_refuses_the_start_after_a_gate_that_did_not_pass():
    scene = a_ready_chair()
    gate(scene, 1)
    gate(scene, 2, confirmed={"identifiers": False})
    with pytest.raises(Refused) as found:
        scene.dose("start", 2.5, rate_mg_per_h=RATE)
    assert found.value.rule == "INF-GATE"


def test_it_does_not_count_an_answer_of_an_earlier_day():
    scene = a_ready_chair()
    gate(scene)
    type(scene.session).objects.filter(pk=scene.session.pk)
    later = gate(scene, 3, intends_to_drive=None)
    assert "asked:intends_to_drive" not in missing(later)  # answered since this check-in


def test_it_forgets_a_medicine_that_is_not_said_again():
    scene = a_ready_chair()
    assert "rule:SUI-DRG-04" in missing(gate(scene, 1, taken=("decongestant",)))
    assert missing(gate(scene, 2, taken=())) == []


def test_it_takes_a_second_reading_of_a_high_pressure():
    high = {"systolic_mmHg": 150, "diastolic_mmHg": 92, "spo2_room_air_percent": 98}
    scene = a_ready_chair()
    assert "rule:SUI-CV-02" in missing(gate(scene, 1, measured=high))
    again = gate(scene, 7, measured={"systolic_mmHg": 132, "diastolic_mmHg": 84})
    assert missing(again) == []


def test_it_lets_a_prescriber_set_a_rule_aside_with_a_reason():
    scene = a_ready_chair()
    doctor = a_staff("prescriber", clinic=scene.clinic)
    an_assignment(doctor, scene.patient)
    for kind in ("MD licence", "ACLS"):
        doctor.credentials.create(kind=kind, expires_on=(NOW + timedelta(days=9)).date())
    ate = {"last_solids_at": NOW - timedelta(hours=3)}
    why = {"SUI-NPO-01": "A dry biscuit at noon; anaesthetist informed"}
    row = gate(scene, 1, by=an_actor(doctor), overrides=why, **ate)
    assert missing(row) == []
    assert row.overrides["SUI-NPO-01"]["roles"] == ["prescriber"]
    with pytest.raises(Refused) as found:
        gate(scene, 2, overrides=why, **ate)
    assert found.value.rule == "INF-OVERRIDE-ROLE"
    assert StartGate.objects.count() == 1


def test_it_judges_the_newest_version_of_the_order():
    scene = a_ready_chair()
    a_signed_order(scene.episode, order_id=scene.order.order_id, version=2)
    assert "second_check" in missing(gate(scene, 1))
    newer = a_checked_order(scene.episode, order_id=scene.order.order_id, version=3)
    row = gate(scene, 2)
    assert (row.passed, row.order) == (True, newer)


def test_it_is_written_once_for_a_key():
    scene = a_ready_chair()
    assert gate(scene, key="k") == gate(scene, key="k")
    assert StartGate.objects.count() == 1


def test_it_refuses_a_stopped_session():
    scene = a_ready_chair()
    scene.chart("stop", 1, reason="went home")
    with pytest.raises(Refused) as found:
        gate(scene, 2)
    assert found.value.rule == "INF-STOPPED"


def test_it_counts_the_infusions_that_were_started():
    scene = Chairside().running()
    assert infusion_number(scene.session) == 1
    scene.chart("stop", 5)
    second = replace_visit(scene)
    assert infusion_number(second.opened(10).session) == 2


def replace_visit(scene):
    from tests.journey.infusion.arrange import a_visit

    scene.visit = a_visit(scene.order, scene.chair, scene.place, number=2)
    return scene


# — unchanged since yesterday —


def next_day(scene):
    """The same chair a day later, signed in anew."""
    return replace(scene.act(24 * 60), by=scene.nurse)


def test_it_signs_the_whole_history_as_unchanged():
    scene = a_ready_chair()
    row = reconfirm_history(next_day(scene), ReconfirmHistory(session=scene.session))
    unchanged = ListConfirmation.objects.filter(unchanged=True)
    assert set(unchanged.values_list("name", flat=True)) == {
        "problems", "medication_classes", "specialist_clearances", "affected_limbs",
    }  # fmt: skip
    assert (row.unchanged, row.confirmed_by) == (True, scene.staff)


def test_it_refuses_to_sign_what_was_confirmed_today_or_too_long_ago():
    scene = a_ready_chair()
    with pytest.raises(Refused, match="today already"):
        reconfirm_history(scene.act(5), ReconfirmHistory(session=scene.session))
    with pytest.raises(Refused, match="more than 96 h ago"):
        reconfirm_history(scene.act(97 * 60), ReconfirmHistory(session=scene.session))
