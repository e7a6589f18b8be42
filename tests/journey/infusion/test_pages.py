"""The pages of a session, as the nurse at the chair sees them, with and without JavaScript."""

import json
import re

import pytest
from django.urls import reverse

from ebbtide.ground.people.ids import new_id
from ebbtide.journey.infusion.models import Binding, Device, Entry, Quarantined, Session, StartGate
from tests.builders import NOW, a_staff
from tests.clocks import stand_at
from tests.house.posts import browser
from tests.journey.infusion.arrange import RATE, Chairside, after
from tests.journey.infusion.ready import a_ready_chair
from tests.journey.infusion.test_devices import a_device, bind

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock_at(monkeypatch):
    def at(minutes):
        stand_at(monkeypatch, after(minutes))

    at(3)
    return at


def idle(staff):
    """A browser in which the last proof lies long back."""
    client = browser(staff)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 1.0}]
    session.save()
    return client


def url(name, row, *more):
    return reverse(f"infusion:{name}", args=[row.pk, *more])


def text(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def sent(**told):
    return {"key": str(new_id()), "entry": str(new_id()), **told}


def test_it_checks_in_and_leads_to_the_gate():
    scene = Chairside()
    nurse = browser(scene.staff)
    assert "Check in Alma Reyes on Chair 1?" in text(nurse.get(url("open", scene.visit)))
    answer = nurse.post(url("open", scene.visit), sent())
    session = Session.objects.get()
    assert (answer.status_code, answer.url) == (302, url("gate", session))
    assert nurse.get(url("open", scene.visit)).url == url("chair", session)


def test_it_says_why_a_check_in_is_refused():
    scene = Chairside()
    type(scene.visit).objects.filter(pk=scene.visit.pk).update(status="cancelled")
    answer = browser(scene.staff).post(url("open", scene.visit), sent())
    assert answer.status_code == 422
    assert "not booked for today" in text(answer)


def test_the_gate_offers_the_test_sound_and_says_what_was_heard():
    scene = Chairside().opened()
    nurse = browser(scene.staff)
    page = nurse.get(url("gate", scene.session))
    assert f'data-sound-test="{url("entries", scene.session)}"' in page.content.decode()
    assert "Not tested yet." in text(page)
    scene.chart("equipment", 1, item="other", identity="sound of this tablet", state="not_ready")
    assert "Not heard at 09:01: turn the tablet up" in text(nurse.get(url("gate", scene.session)))
    scene.chart("equipment", 2, item="other", identity="sound of this tablet", state="ready")
    assert "Heard at 09:02." in text(nurse.get(url("gate", scene.session)))


def test_it_shows_the_chair_with_head_state_and_log(clock_at):
    scene = Chairside().running()
    scene.patient.limb_not_to_use = "LEFT ARM"
    scene.patient.save()
    scene.chart("observation", 2, sbp_mmHg="128", dbp_mmHg="80")
    clock_at(10)
    page = text(browser(scene.staff).get(url("chair", scene.session)))
    for words in (
        "Alma Reyes", "Chair 1", "LEFT ARM: no cuff, line or tape", "INFUSING", "10/40 min", "52.5 mg/h",
        "CHECKS OFF, bedside monitor only", "BP 128/80 mmHg", "Ebbtide charts and reminds; it is not a monitor",
        "Blood pressure", "overdue by 3 min", "none on this person",
    ):  # fmt: skip
        assert words in page


@pytest.mark.parametrize(
    ("phase", "shown", "hidden"),
    [
        ("opened", ["Start gate", "Close without a start"], ["Pause", "Resume", "Bolus"]),
        ("gated", ["Start"], ["Start gate", "Pause"]),
        ("running", ["Pause", "Rate", "Stop"], ["Resume", "Bolus", "Start gate"]),
        ("paused", ["Resume", "Stop"], ["Pause", "Rate"]),
        ("stopped", ["Recovery"], ["Pause", "Resume", "Stop"]),
    ],
)
def test_it_offers_what_may_follow(phase, shown, hidden):
    scene = Chairside().opened() if phase == "opened" else Chairside().ready()
    if phase not in {"opened", "gated"}:
        scene.dose("start", 0, rate_mg_per_h=RATE)
    if phase in {"paused", "stopped"}:
        scene.chart("pause" if phase == "paused" else "stop", 1)
    page = browser(scene.staff).get(url("now", scene.session)).content.decode()
    group = page[page.index('class="chair-buttons"') : page.index("chair-log__title")]
    buttons = [words.strip() for words in re.findall(r">([^<>]+)</(?:a|button)>", group)]
    assert set(shown) <= set(buttons)
    assert not set(hidden) & set(buttons)


def test_it_pauses_and_stops_from_one_tap_without_signing_in_again():
    scene = Chairside().running()
    nurse = idle(scene.staff)
    assert nurse.post(url("log", scene.session, "pause"), sent()).status_code == 302
    assert scene.state().phase == "paused"
    assert nurse.post(url("log", scene.session, "stop"), sent()).status_code == 302
    assert scene.state().phase == "stopped"


def test_it_pauses_once_for_a_double_tap():
    scene, told = Chairside().running(), sent()
    nurse = browser(scene.staff)
    answers = [nurse.post(url("log", scene.session, "pause"), told).status_code for _ in range(2)]
    assert answers == [302, 302]
    assert Entry.objects.filter(kind="pause").count() == 1


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("observation", {"sbp_mmHg": "128", "dbp_mmHg": "80", "spo2_percent": "97"}),
        ("scale", {"name": "RASS", "value": "-1"}),
        ("drug_given", {"drug": "ondansetron", "amount": "4", "unit": "mg", "route": "iv"}),
        ("note", {"text": "quiet"}),
        ("adverse_event", {"event": "nausea", "severity": "mild"}),
    ],
)
def test_it_charts_by_a_plain_page_and_by_a_part(kind, told):
    scene = Chairside().running()
    nurse = browser(scene.staff)
    address = url("log", scene.session, kind)
    assert "<html" in nurse.get(address).content.decode()
    assert nurse.post(address, sent(**told)).url == url("chair", scene.session)
    part = nurse.get(address, HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in part
    assert 'hx-target="#entry"' in part
    answer = nurse.post(address, sent(**told), HTTP_HX_REQUEST="true")
    assert (answer.status_code, answer["HX-Trigger"]) == (200, "charted")
    assert "Recorded at" in text(answer)
    assert Entry.objects.filter(kind=kind).count() == 2


def test_it_refuses_a_body_with_words_beside_the_form():
    scene = Chairside().running()
    answer = browser(scene.staff).post(url("log", scene.session, "observation"), sent(sbp_mmHg="128"))
    assert answer.status_code == 422
    assert "A blood pressure is two numbers" in text(answer)
    assert not Entry.objects.filter(kind="observation").exists()


@pytest.mark.parametrize(("at", "minutes"), [("09:01", 1), ("", 3)])
def test_it_takes_the_time_on_the_clinics_wall(at, minutes):
    scene = Chairside().running()  # 15:00 UTC is 09:00 in Chicago
    browser(scene.staff).post(url("log", scene.session, "note"), sent(text="x", happened_at=at))
    found = Entry.objects.get(kind="note").observed_at
    assert abs((found - after(minutes)).total_seconds()) < 5


def test_it_refuses_a_time_before_the_check_in():
    scene = Chairside().running()
    answer = browser(scene.staff).post(url("log", scene.session, "note"), sent(text="x", happened_at="08:59"))
    assert (answer.status_code, "before the check-in" in text(answer)) == (422, True)


def test_it_has_no_page_for_a_kind_of_another_door():
    scene = Chairside().running()
    nurse = browser(scene.staff)
    for name, kind in (("log", "start"), ("log", "dance"), ("dose", "note"), ("dose", "rate_increase")):
        assert nurse.get(url(name, scene.session, kind)).status_code == 404


def test_it_starts_with_the_numbers_repeated():
    scene = Chairside().ready()
    nurse = browser(scene.staff)
    page = text(nurse.get(url("dose", scene.session, "start")))
    assert "Ordered 52.5 mg/h (150 mL/h) for 40 min" in page
    assert nurse.post(url("dose", scene.session, "start"), sent(rate_mg_per_h="525")).status_code == 422
    assert nurse.post(url("dose", scene.session, "start"), sent(rate_mg_per_h=RATE)).status_code == 302
    assert scene.state().phase == "running"


def test_it_asks_to_sign_in_again_before_a_dose_is_typed():
    scene = Chairside().ready()
    answer = idle(scene.staff).get(url("dose", scene.session, "start"))
    assert answer.status_code == 302
    assert "reauthenticate" in answer.url


def test_it_changes_the_rate_in_either_direction():
    scene = Chairside().running(rate="30")
    nurse = browser(scene.staff)
    for rate in ("40", "20"):  # up, then down
        assert nurse.post(url("rate", scene.session), sent(rate_mg_per_h=rate)).status_code == 302
    kinds = (
        Entry.objects.filter(kind__startswith="rate").order_by("recorded_at").values_list("kind", flat=True)
    )
    assert list(kinds) == ["rate_increase", "rate_decrease"]
    assert nurse.post(url("rate", scene.session), sent(rate_mg_per_h="5.0")).status_code == 422
    assert nurse.post(url("rate", scene.session), sent(rate_mg_per_h="525")).status_code == 422


def test_it_corrects_and_withdraws_an_entry():
    scene = Chairside().running()
    note = scene.chart("note", 1, text="restless")
    nurse = browser(scene.staff)
    assert "restless" in nurse.get(url("correct", note)).content.decode()
    assert nurse.post(url("correct", note), sent(text="calm")).status_code == 302
    second = Entry.objects.get(replaces=note)
    assert (second.body, second.observed_at) == ({"text": "calm"}, note.observed_at)
    assert nurse.post(url("correct", second), sent(withdrawn="on")).status_code == 302
    assert not [event for event in scene.state().events if event.kind == "note"]
    assert nurse.post(url("correct", second), sent(text="x")).status_code == 422


# — the gate —


def gate_form(page, **told):
    form = page.context["asking"]
    yes = {"acls_clinician_on_site"}
    no = {
        "intends_to_drive",
        "intoxicated_now",
        "psychotic_symptoms_now",
        "mania_or_hypomania_now",
        "stimulant_prescribed",
    }
    answers = {f"ask-{name}": "yes" for name in yes} | {f"ask-{name}": "no" for name in no}
    assert yes | no <= set(form.answers.names)
    return {
        "key": str(new_id()), "identifiers": "on", "limb": "on", "escort_name": "Sam Reyes",
        "escort_phone": "312 555 0177", "alarms_audible": "on", "asked_24h": "on", **answers,
        "equipment": ["pump", "monitor", "oxygen", "suction", "airway_kit"], "pump_identity": "P-07",
        "call_tested": "on", "comfort_declined": "on",
        "ask-last_solids_at": "2026-11-22T21:00", "ask-last_clear_fluid_at": "2026-11-23T05:00",
        "now-systolic_mmHg": "122", "now-diastolic_mmHg": "78", "now-spo2_room_air_percent": "98", **told,
    }  # fmt: skip


def test_it_goes_through_the_gate_and_on_to_the_start():
    scene = a_ready_chair()
    nurse = browser(scene.staff)
    page = nurse.get(url("gate", scene.session))
    assert "Two identifiers read aloud" in text(page)
    answer = nurse.post(url("sign_gate", scene.session), gate_form(page))
    assert (answer.status_code, answer.url) == (302, url("gate", scene.session))
    row = StartGate.objects.get()
    assert [item for item in row.items if not item["passed"]] == []
    assert "Passed" in text(nurse.get(url("gate", scene.session)))
    assert "Start" in text(nurse.get(url("chair", scene.session)))


def test_it_shows_what_a_refused_gate_misses():
    scene = a_ready_chair()
    nurse = browser(scene.staff)
    page = nurse.get(url("gate", scene.session))
    nurse.post(
        url("sign_gate", scene.session),
        gate_form(page, **{"ask-intends_to_drive": "yes", "alarms_audible": ""}),
    )
    shown = text(nurse.get(url("gate", scene.session)))
    assert not StartGate.objects.get().passed
    assert "Not passed at 09:03" in shown
    assert "No escort, or intends to drive" in shown
    assert "Set the limits at the bedside monitor and sound an alarm" in shown


def test_it_shows_a_weight_that_cannot_be_true_beside_the_form():
    scene = a_ready_chair()
    nurse = browser(scene.staff)
    page = nurse.get(url("gate", scene.session))
    odd = {"now-weight": "171", "now-weight_unit": "kg", "now-weight_again": "171"}
    answer = nurse.post(url("sign_gate", scene.session), gate_form(page, **odd))
    assert answer.status_code == 422
    assert "differs from the last weight" in text(answer)
    assert not StartGate.objects.exists()


def test_it_signs_the_history_as_unchanged_or_says_why_not():
    scene = a_ready_chair()
    answer = browser(scene.staff).post(url("unchanged", scene.session), {"key": "k"})
    assert answer.status_code == 422
    assert "today already" in text(answer)


# — monitors —


def test_it_puts_a_monitor_on_and_takes_it_off():
    scene = Chairside().opened()
    device = a_device(scene.clinic)
    nurse = browser(scene.staff)
    assert "Monitor MON1" in text(nurse.get(url("monitor", scene.session)))
    assert nurse.post(url("monitor", scene.session), sent(device=str(device.pk))).status_code == 302
    row = Binding.objects.get()
    assert "is on this person" in text(nurse.get(url("monitor", scene.session)))
    assert nurse.post(url("monitor", scene.session), sent(device=str(device.pk))).status_code == 422
    assert nurse.post(url("unbind", row), sent()).status_code == 302
    row.refresh_from_db()
    assert row.until_at is not None
    assert nurse.post(url("unbind", row), sent()).status_code == 302


def test_it_adds_and_retires_a_monitor():
    scene = Chairside().opened()
    operator = browser(a_staff("operator", clinic=scene.clinic))
    assert "No monitor yet" in text(operator.get(reverse("infusion:devices")))
    assert 'value="BED7"' in operator.get(reverse("infusion:add_device") + "?key=BED7").content.decode()
    told = sent(name="Monitor 7", device_key="BED7")
    assert operator.post(reverse("infusion:add_device"), told).status_code == 302
    assert operator.post(reverse("infusion:add_device"), sent(**{**told, "key": "k2"})).status_code == 422
    device = Device.objects.get()
    assert "Monitor 7" in text(operator.get(reverse("infusion:devices")))
    assert "Retire Monitor 7?" in text(operator.get(url("retire_device", device)))
    assert operator.post(url("retire_device", device), sent()).status_code == 302
    assert "retired" in text(operator.get(reverse("infusion:devices")))
    assert operator.post(url("retire_device", device), sent()).status_code == 422


def test_it_refuses_to_retire_a_monitor_that_is_on_a_person():
    scene = Chairside().opened()
    device = a_device(scene.clinic)
    bind(scene, device)
    answer = browser(a_staff("operator", clinic=scene.clinic)).post(url("retire_device", device), sent())
    assert (answer.status_code, "on a person now" in text(answer)) == (422, True)


def test_it_lists_what_was_set_aside():
    scene = Chairside()
    director = browser(a_staff("director", clinic=scene.clinic))
    assert "Nothing was set aside" in text(director.get(reverse("infusion:quarantine")))
    for reason in ("unknown_device", "some_old_reason"):
        Quarantined.objects.create(
            clinic=scene.clinic,
            device_key="BED9",
            reason=reason,
            seen={"value": "-999"},
            hour=NOW,
            received_at=NOW,
        )
    page = text(director.get(reverse("infusion:quarantine")))
    for words in ("A device the clinic does not know", "some old reason", "value -999", "Add this monitor"):
        assert words in page


# — tablets —


def send(client, scene, **told):
    body = {
        "id": str(new_id()),
        "kind": "note",
        "observed_at": after(2).isoformat(),
        "body": {"text": "x"},
        **told,
    }
    return client.post(url("entries", scene.session), json.dumps(body), content_type="application/json")


def test_it_takes_an_entry_of_a_tablet_once_however_often_it_is_sent():
    scene, number = Chairside().running(), str(new_id())
    nurse = browser(scene.staff)
    first = send(nurse, scene, id=number, tablet="t1", tablet_number=7)
    again = send(nurse, scene, id=number, tablet="t1", tablet_number=7)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    row = Entry.objects.get(kind="note")
    assert (str(row.pk), row.tablet, row.tablet_number) == (number, "t1", 7)
    other = send(nurse, scene, id=number, tablet="t1", tablet_number=7, body={"text": "y"})
    assert other.status_code == 409


def test_it_takes_a_start_of_a_tablet_only_after_a_fresh_sign_in():
    scene = Chairside().ready()
    told = {"kind": "start", "body": {"rate_mg_per_h": RATE}}
    assert send(idle(scene.staff), scene, **told).status_code == 401
    assert send(browser(scene.staff), scene, **told).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "no"}, {"observed_at": "noon"}, {"observed_at": "2026-11-23T15:02:00"}, {"body": "x"},
        {"tablet_number": "7"}, {"tablet_number": True}, {"more": 1}, {"replaces": "no"},
    ],
)  # fmt: skip
def test_it_refuses_what_is_no_entry(wrong):
    scene = Chairside().running()
    answer = send(browser(scene.staff), scene, **wrong)
    assert (answer.status_code, answer.json()["rule"]) == (422, "INF-JSON")


@pytest.mark.parametrize("raw", ["no json", "[]", "{}", '"' + "x" * 20_001 + '"'])
def test_it_refuses_what_is_no_object(raw):
    scene = Chairside().running()
    answer = browser(scene.staff).post(url("entries", scene.session), raw, content_type="application/json")
    assert answer.status_code == 422


def test_it_says_in_words_why_an_entry_is_refused():
    scene = Chairside().running()
    answer = send(browser(scene.staff), scene, kind="observation", body={"spo2_percent": "0"})
    assert (answer.status_code, answer.json()["rule"]) == (409, "INF-BODY")


# — who sees what —


def test_it_shows_no_chair_to_whoever_does_not_care_for_this_person():
    scene = Chairside().running()
    stranger = browser(a_staff("nurse", clinic=scene.clinic))
    assert stranger.get(url("chair", scene.session)).status_code == 404
    director = browser(a_staff("director", clinic=scene.clinic))
    page = director.get(url("chair", scene.session))
    assert page.status_code == 200
    assert "chair-buttons" not in page.content.decode()


@pytest.mark.parametrize(
    ("name", "most"), [("chair", 13), ("now", 12), ("gate", 24), ("monitor", 12), ("vitals", 9)]
)
def test_it_asks_the_database_little(name, most, django_assert_max_num_queries):
    scene = a_ready_chair()
    nurse = browser(scene.staff)
    nurse.get(url(name, scene.session))
    with django_assert_max_num_queries(most):
        assert nurse.get(url(name, scene.session)).status_code == 200


# — entry in seconds, without scripts —


def test_it_opens_a_draft_of_what_the_monitor_shows_and_records_it_as_such(monkeypatch):
    """Taken over, never silently: the draft says where it came from, and a value typed over is no longer the monitor's."""
    from ebbtide.journey.infusion.views import offered

    scene = Chairside().running()
    shown = [
        offered.Shown(name="hr_per_min", value="78", device="M1"),
        offered.Shown(name="rr_per_min", value="14", device="M1"),
    ]
    monkeypatch.setattr(offered, "confirmable", lambda found: iter(shown))
    nurse, address = browser(scene.staff), url("log", scene.session, "observation")
    page = nurse.get(f"{address}?take=monitor")
    assert 'name="hr_per_min" value="78"' in page.content.decode()
    assert "stand on M1 and are not recorded yet" in text(page)
    assert not Entry.objects.filter(kind="observation").exists()
    taken = "hr_per_min=78 rr_per_min=14"
    assert nurse.post(address, sent(hr_per_min="78", rr_per_min="16", taken_over=taken)).status_code == 302
    kept = Entry.objects.get(kind="observation")
    assert kept.body == {"hr_per_min": "78", "rr_per_min": "16", "as_monitor": "hr_per_min"}


def test_it_takes_over_only_what_is_live_and_a_pressure_as_a_pair():
    from types import SimpleNamespace as Of

    from ebbtide.journey.infusion.freshness import Freshness
    from ebbtide.journey.infusion.views.offered import confirmable

    def a_reading(text, freshness=Freshness.LIVE, at=NOW):
        return Of(text=text, value=float(text), freshness=freshness, device="M1", device_id=1, observed_at=at)

    found = {
        "hr": a_reading("78"), "spo2": a_reading("97", Freshness.STALE), "rr": a_reading("14", Freshness.SYNTHETIC),
        "sbp": a_reading("118"), "dbp": a_reading("74"), "temp": a_reading("36.0"),
    }  # fmt: skip
    told = {one.name: one.value for one in confirmable(found)}
    assert told == {"hr_per_min": "78", "sbp_mmHg": "118", "dbp_mmHg": "74", "temp_c": "36"}
    alone = {**found, "dbp": a_reading("74", at=after(-5))}
    assert "sbp_mmHg" not in {one.name for one in confirmable(alone)}


def test_it_offers_the_premedication_of_the_order_and_the_rescue_drugs():
    scene = Chairside(premedication=["clonidine 0.1 mg oral"]).running()
    page = browser(scene.staff).get(url("log", scene.session, "drug_given")).content.decode()
    assert 'data-drug="clonidine" data-amount="0.1" data-unit="mg" data-route="oral"' in page
    assert "labetalol 5 mg, iv" in page


def test_it_shows_cannula_pump_and_time_off_the_monitor(clock_at):
    scene = Chairside().running()
    scene.chart("iv_access", 1, done="placed", site="right hand", gauge="22")
    scene.chart("equipment", 1, item="pump", identity="BB-0231", state="in_use")
    scene.chart("off_monitor", 2, reason="toilet", for_min=2)
    clock_at(7)
    page = text(browser(scene.staff).get(url("now", scene.session)))
    for words in (
        "right hand 22 G not looked at since", "BB-0231", "Off the monitor since 09:02, until 09:04 : toilet",
        "overdue by 3 min: put it on again, or say why not", "Back on the monitor",
    ):  # fmt: skip
        assert words in page
