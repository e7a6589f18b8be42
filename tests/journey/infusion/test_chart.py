"""One entry in the log: from one tap, once, in its own time, corrected by a new one, late ones marked."""

from datetime import timedelta

import pytest

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry as LedgerEntry
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.policy import Denied
from ebbtide.journey.infusion.actions import ActOnDose, Chart, act_on_dose, chart
from ebbtide.journey.infusion.models import Entry
from tests.builders import NOW, a_staff, an_act, an_actor, an_assignment
from tests.journey.infusion.arrange import Chairside, after

pytestmark = pytest.mark.django_db


def rule(write, *args, **kwargs):
    before = Entry.objects.count()
    with pytest.raises(Refused) as found:
        write(*args, **kwargs)
    assert Entry.objects.count() == before
    return found.value.rule


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("observation", {"sbp_mmHg": "128", "dbp_mmHg": "80", "etco2_mmHg": "38", "o2_flow_l_per_min": "2"}),
        ("scale", {"name": "RASS", "value": "-1"}),
        ("note", {"text": "quiet, eyes closed"}),
        ("pause", {"reason": "toilet"}),
        ("stop", {"reason": "dose given"}),
        ("rate_decrease", {"rate_mg_per_h": "40"}),
        ("off_monitor", {"reason": "toilet"}),
        ("back_on_monitor", {}),
        ("iv_access", {"done": "placed", "site": "right hand", "gauge": "22", "attempts": "1"}),
        ("equipment", {"item": "pump", "identity": "BB-0231", "state": "in_use"}),
        ("drug_given", {"drug": "ondansetron", "amount": "4", "unit": "mg", "route": "iv"}),
        ("adverse_event", {"event": "nausea", "severity": "moderate", "action": "ondansetron"}),
        ("comfort_call", {"state": "open"}),
        ("pump_action", {"done": "paused"}),
        ("emergency_step", {"script": "low saturation", "step": "oxygen"}),
    ],
)
def test_it_charts_without_signing_in_again(kind, body):
    scene = Chairside().running()
    stale = an_actor(scene.staff, fresh=False)
    entry = scene.chart(kind, 5, by=stale, **body)
    assert (entry.kind, entry.author, entry.late) == (kind, scene.staff, False)
    assert {name: str(value) for name, value in entry.body.items()} == body


def test_it_does_not_let_a_dose_act_in_through_the_log():
    scene = Chairside().ready()
    for kind in ("start", "resume", "bolus", "rate_increase"):
        assert rule(scene.chart, kind, 1, rate_mg_per_h="10") == "INF-KIND"
    assert rule(scene.dose, "note", 1, text="quiet") == "INF-KIND"
    assert rule(scene.chart, "dance", 1) == "INF-KIND"


def test_it_refuses_a_body_in_words():
    assert rule(Chairside().running().chart, "observation", 1, spo2_percent="0") == "INF-BODY"


def test_it_charts_the_same_entry_once_however_often_it_is_sent():
    scene, number = Chairside().running(), new_id()
    first = scene.chart("note", 3, number=number, text="quiet")
    again = scene.chart("note", 3, now=9, number=number, text=" quiet ")
    assert first == again
    assert Entry.objects.filter(kind="note").count() == 1
    assert again.recorded_at == after(3)


def test_it_takes_the_same_entry_from_another_person_as_the_same():
    scene, number = Chairside().running(), new_id()
    other = a_staff("nurse", clinic=scene.clinic)
    an_assignment(other, scene.patient)
    scene.chart("note", 3, number=number, text="quiet")
    assert scene.chart("note", 3, by=an_actor(other), number=number, text="quiet").author == scene.staff


def test_it_refuses_other_contents_under_the_same_number():
    scene, number = Chairside().running(), new_id()
    scene.chart("note", 3, number=number, text="quiet")
    assert rule(scene.chart, "note", 3, number=number, text="restless") == "INF-ENTRY"
    assert rule(scene.chart, "note", 4, number=number, text="quiet") == "INF-ENTRY"
    other = Chairside(clinic=scene.clinic, chair="Chair 2").running()
    assert rule(other.chart, "note", 3, number=number, text="quiet") == "INF-ENTRY"


def test_it_refuses_another_entry_under_a_number_of_the_tablet():
    scene = Chairside().running()
    scene.chart("note", 3, text="quiet", tablet="t1", n=7)
    assert rule(scene.chart, "note", 4, text="restless", tablet="t1", n=7) == "INF-TABLET"
    assert scene.chart("note", 4, text="restless", tablet="t2", n=7).tablet_number == 7


@pytest.mark.parametrize(
    ("minutes", "now", "broken"),
    [(-1, 5, "INF-BEFORE"), (7, 5, "INF-FUTURE"), (24 * 60 + 1, 24 * 60 + 2, "INF-AFTER")],
)
def test_it_refuses_a_time_outside_the_session(minutes, now, broken):
    assert rule(Chairside().running().chart, "note", minutes, now=now, text="x") == broken


@pytest.mark.parametrize(("now", "late"), [(3, False), (8, False), (9, True)])
def test_it_marks_what_is_written_down_late(now, late):
    assert Chairside().running().chart("note", 3, now=now, text="x").late is late


def test_it_puts_a_back_filled_rate_in_its_place():
    scene = Chairside().running()
    scene.chart("stop", 40)
    assert scene.chart("rate_decrease", 20, now=50, rate_mg_per_h="30").late
    assert scene.state().given_ug(after(60)) == 17_500 + 10_000


def test_it_refuses_what_cannot_follow():
    scene = Chairside().ready()
    assert rule(scene.chart, "pause", 1) == "INF-ORDER"
    scene.dose("start", 1, rate_mg_per_h="40")
    assert rule(scene.chart, "rate_decrease", 2, rate_mg_per_h="40") == "INF-ORDER"
    assert rule(scene.dose, "rate_increase", 2, rate_mg_per_h="30") == "INF-ORDER"
    assert rule(scene.dose, "resume", 2, rate_mg_per_h="30") == "INF-ORDER"
    scene.chart("stop", 3)
    assert rule(scene.chart, "pause", 4) == "INF-ORDER"
    assert scene.chart("stop", 4).kind == "stop"
    assert scene.state().stopped_at == after(3)


def test_it_corrects_an_entry_by_a_new_one():
    scene = Chairside().running()
    wrong = scene.chart("observation", 3, spo2_percent="79")
    scene.chart("observation", 3, now=4, replaces=wrong, spo2_percent="97")
    assert scene.state().signs["spo2_percent"].value == 97
    assert Entry.objects.filter(kind="observation").count() == 2


def test_it_refuses_a_correction_that_fits_nothing():
    scene = Chairside().running()
    note = scene.chart("note", 3, text="quiet")
    other = Chairside(clinic=scene.clinic, chair="Chair 2").running().chart("note", 3, text="x")
    assert rule(scene.chart, "observation", 4, replaces=note, spo2_percent="97") == "INF-REPLACES"
    assert rule(scene.chart, "note", 4, replaces=other, text="x") == "INF-REPLACES"
    assert rule(scene.chart, "note", 4, withdrawn=True) == "INF-WITHDRAW"
    scene.chart("note", 4, replaces=note, text="calm")
    assert rule(scene.chart, "note", 5, replaces=note, text="restless") == "INF-REPLACED"


def test_it_does_not_take_a_start_back_through_the_log():
    scene = Chairside().running()
    start = Entry.objects.get(kind="start")
    gone = scene.entry("start", 0, replaces=start, withdrawn=True)
    assert rule(chart, scene.act(1), Chart(session=scene.session, entry=gone)) == "INF-KIND"
    act_on_dose(scene.act(1), ActOnDose(session=scene.session, entry=gone))
    assert scene.state().phase == "checked_in"


def test_it_denies_whoever_does_not_care_for_this_person():
    scene = Chairside().running()
    for role in ("nurse", "prescriber", "director", "front_desk"):
        with pytest.raises(Denied):
            scene.chart("note", 3, by=an_actor(a_staff(role, clinic=scene.clinic)), text="x")


def test_it_writes_one_entry_of_the_ledger_with_no_content():
    scene = Chairside().running()
    scene.chart("note", 3, text="quiet, eyes closed")
    spoken = LedgerEntry.objects.order_by("-id").first()
    assert (spoken.action, spoken.patient_id) == ("journey.infusion.actions.charting.chart", scene.patient.id)
    assert [row["t"] for row in spoken.rows] == ["infusion_entry"]


def test_it_tells_the_pages_of_the_person_and_of_the_clinic(django_capture_on_commit_callbacks, monkeypatch):
    scene, told = Chairside().running(), []
    monkeypatch.setattr("ebbtide.ground.live.announce._notify", told.extend)
    with django_capture_on_commit_callbacks(execute=True):
        scene.chart("pause", 3)
    assert {f"session:{scene.patient.id}", f"chairs:{scene.clinic.id}"} <= set(told)


def test_it_needs_a_person_of_the_clinic():
    scene = Chairside().running()
    system = an_act(an_actor("system", clinic=scene.clinic), at=NOW + timedelta(minutes=1))
    with pytest.raises(Denied):
        chart(system, Chart(session=scene.session, entry=scene.entry("note", 1, text="x")))


def test_it_refuses_a_line_or_cuff_on_the_spared_limb_until_a_reason_is_written():
    scene = Chairside().running()
    scene.patient.limb_not_to_use = "LEFT ARM"
    scene.patient.save()
    scene.session.refresh_from_db()
    cannula = {"done": "placed", "site": "left hand"}
    assert rule(scene.chart, "iv_access", 2, **cannula) == "INF-LIMB"
    assert rule(scene.chart, "observation", 2, hr_per_min="70", cuff_site="left arm") == "INF-LIMB"
    scene.chart("iv_access", 2, **cannula, limb_reason="no other vein, agreed with her")
    scene.chart("observation", 2, hr_per_min="70", cuff_site="right arm")
    assert list(scene.state().cannulas) == ["left hand"]
