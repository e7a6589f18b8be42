"""An emergency at the chair: two touches to the script, never a second sign-in, a stop only on confirmation, and the sheet."""

import re
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from ebbtide.ground.documents.files import read_file
from ebbtide.ground.documents.models import Document
from ebbtide.ground.people.actions import SetSetting, set_setting
from ebbtide.journey.infusion.emergency import load_scripts
from ebbtide.journey.infusion.models import Entry
from ebbtide.journey.infusion.scripts import APPROVED_ON, OWN_STEPS
from tests.builders import NOW, a_staff, an_act, an_actor
from tests.house.posts import browser
from tests.journey.infusion.arrange import Chairside, after
from tests.journey.infusion.test_pages import clock_at, idle, sent, text, url  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
HYPERTENSION = load_scripts().scripts["hypertension"]
FIRST = HYPERTENSION.steps[0].words


def an_emergency(client=None):
    """A running infusion with the hypertension script open, and a browser beside it."""
    scene = Chairside().running()
    nurse = client(scene.staff) if client else browser(scene.staff)
    touched = nurse.post(url("open_script", scene.session), sent(script="hypertension", state="opened"))
    assert touched.url == url("script", scene.session, "hypertension")
    return scene, nurse


def entries(scene, kind):
    return list(Entry.objects.filter(session=scene.session, kind=kind).order_by("recorded_at"))


def test_it_is_two_touches_from_the_chair_to_the_script():
    """Hazard H16, wish G9: EMERGENCY, then the event; the second touch is the opening itself, with its own number."""
    scene = Chairside().running()
    nurse = browser(scene.staff)
    page = nurse.get(url("chair", scene.session)).content.decode()
    bar = page[page.index('id="emergency-bar"') :]
    assert bar.count(f'action="{url("open_script", scene.session)}"') == 6
    assert bar.count('data-entry-kind="emergency"') == 6
    for script in load_scripts().scripts:  # a tablet that sends the touch itself must still lead to the steps
        to = reverse("infusion:script", args=[scene.session.pk, script])
        assert bar.count(f'data-entry-then="{to}"') == 1
    for title in ("Hypertension", "Laryngospasm", "Agitation", "Vasovagal", "Apnoea", "Anaphylaxis"):
        assert title in bar


def test_it_opens_the_script_with_its_clock_and_the_first_question(clock_at):  # noqa: F811
    scene, nurse = an_emergency()
    clock_at(5)
    page = nurse.get(url("script", scene.session, "hypertension"))
    said = text(page)
    assert "Pump stopped by hand?" in said
    assert re.search(r'data-elapsed-s="(119|120)"', page.content.decode())  # the test's clock creeps on
    for step in HYPERTENSION.steps:
        assert step.words in said.replace("&#x27;", "'")
    assert "recalled" in said
    assert "Nobody in this clinic has approved this script" in said
    assert "not a monitor and never controls a pump" in said


def test_it_never_asks_to_sign_in_again():
    scene, nurse = an_emergency(idle)
    where = url("script", scene.session, "hypertension")
    assert nurse.get(where).status_code == 200
    step = sent(script="hypertension", step=FIRST)
    assert nurse.post(url("script_step", scene.session, "hypertension"), step).url == where
    assert nurse.post(url("script_pump", scene.session, "hypertension"), sent(done="stopped")).url == where
    closing = sent(outcome="transferred", severity="severe")
    assert nurse.post(url("close_script", scene.session, "hypertension"), closing).url == where
    sheet = nurse.post(url("transfer_sheet", scene.session), sent())
    assert sheet.url == reverse("documents:show", args=[Document.objects.get(kind="transfer-sheet").pk])
    assert nurse.get(sheet.url).status_code == 200


def test_a_stop_is_charted_only_when_a_person_confirms_it():
    scene, nurse = an_emergency()
    assert scene.state().phase == "running"
    nurse.post(url("script_step", scene.session, "hypertension"), sent(script="hypertension", step=FIRST))
    assert scene.state().phase == "running"
    assert entries(scene, "stop") == []
    nurse.post(url("script_pump", scene.session, "hypertension"), sent(done="stopped"))
    (stop,) = entries(scene, "stop")
    assert (scene.state().phase, stop.body) == ("stopped", {"reason": "Emergency: hypertension"})
    assert "stopped by this log" in text(nurse.get(url("script", scene.session, "hypertension")))


@pytest.mark.parametrize(
    ("done", "phase", "said"),
    [("paused", "paused", "Pump: paused by this log"), ("continued", "running", "Pump: left running")],
)
def test_it_charts_what_else_was_done_at_the_pump(done, phase, said):
    scene, nurse = an_emergency()
    nurse.post(url("script_pump", scene.session, "hypertension"), sent(done=done))
    assert scene.state().phase == phase
    page = text(nurse.get(url("script", scene.session, "hypertension")))
    assert said in page
    assert "Yes, stopped by hand" in page
    assert (
        nurse.post(url("script_pump", scene.session, "hypertension"), sent(done="wished")).status_code == 404
    )


def test_nothing_started_is_nothing_to_stop():
    scene = Chairside().opened()
    nurse = browser(scene.staff)
    nurse.post(url("open_script", scene.session), sent(script="vasovagal", state="opened"))
    page = text(nurse.get(url("script", scene.session, "vasovagal")))
    assert "nothing was started by this log" in page
    assert "Yes, stopped by hand" not in page


def test_it_records_a_step_once_with_its_time_and_undoes_it(clock_at):  # noqa: F811
    scene, nurse = an_emergency()
    clock_at(4)
    told = sent(script="hypertension", step=FIRST)
    for _ in range(2):
        nurse.post(url("script_step", scene.session, "hypertension"), told)
    (step,) = entries(scene, "emergency_step")
    assert (step.body, abs((step.observed_at - after(4)).total_seconds()) < 1) == (
        {"script": "hypertension", "step": FIRST},
        True,
    )
    page = nurse.get(url("script", scene.session, "hypertension")).content.decode()
    assert f'aria-label="Undo: {FIRST}"' in page
    nurse.post(url("undo_step", step), sent())
    assert not [one for one in scene.state().events if one.kind == "emergency_step"]
    assert Entry.objects.filter(kind="emergency_step").count() == 2  # both stay readable
    note = scene.chart("note", 4, text="x")
    assert nurse.post(url("undo_step", note), sent()).url == url("correct", note)
    assert nurse.post(url("script_step", scene.session, "hypertension"), sent(step="Sing")).status_code == 404


def test_it_closes_with_an_outcome_and_the_adverse_event_that_is_offered():
    scene, nurse = an_emergency()
    nurse.post(url("script_step", scene.session, "hypertension"), sent(script="hypertension", step=FIRST))
    refused = nurse.post(url("close_script", scene.session, "hypertension"), sent())
    assert refused.status_code == 422
    nurse.post(
        url("close_script", scene.session, "hypertension"),
        sent(outcome="settled", words="158/92 at the end", severity="moderate"),
    )
    closing = entries(scene, "emergency")[-1]
    assert closing.body["text"] == "It settled; the person stays: 158/92 at the end"
    (harm,) = entries(scene, "adverse_event")
    assert (harm.body["event"], harm.body["severity"]) == ("Hypertension", "moderate")
    assert FIRST in harm.body["action"]
    again = nurse.post(url("close_script", scene.session, "hypertension"), sent(outcome="settled"))
    assert again.status_code == 422
    assert "closed already" in text(again)


def test_a_closing_without_severity_charts_no_adverse_event():
    scene, nurse = an_emergency()
    nurse.post(url("close_script", scene.session, "hypertension"), sent(outcome="false_alarm"))
    assert entries(scene, "adverse_event") == []


def test_the_chair_says_that_a_script_is_open_until_it_is_closed():
    scene, nurse = an_emergency()
    assert "EMERGENCY open: Hypertension" in text(nurse.get(url("now", scene.session)))
    assert "EMERGENCY open: Hypertension" in text(nurse.get(url("emergency", scene.session)))
    nurse.post(url("close_script", scene.session, "hypertension"), sent(outcome="settled"))
    assert "EMERGENCY open" not in text(nurse.get(url("now", scene.session)))


def test_a_touch_on_a_script_that_is_open_shows_it_and_writes_nothing():
    scene, nurse = an_emergency()
    again = nurse.post(url("open_script", scene.session), sent(script="hypertension", state="opened"))
    assert again.url == url("script", scene.session, "hypertension")
    assert len(entries(scene, "emergency")) == 1
    assert nurse.post(url("open_script", scene.session), sent(script="moon")).status_code == 422
    assert nurse.get(url("script", scene.session, "apnoea")).url == url("emergency", scene.session)
    assert nurse.get(url("script", scene.session, "moon")).status_code == 404


def sheet_of(scene, nurse) -> str:
    nurse.post(url("transfer_sheet", scene.session), sent())
    document = Document.objects.get(kind="transfer-sheet")
    return " ".join(
        "".join(page.extract_text() for page in PdfReader(BytesIO(read_file(document))).pages).split()
    )


def test_the_transfer_sheet_holds_what_whoever_takes_over_must_know(clock_at):  # noqa: F811
    scene, nurse = an_emergency()
    scene.patient.allergy_banner, scene.patient.limb_not_to_use = "latex", "LEFT ARM"
    scene.patient.save()
    clock_at(20)
    scene.chart("observation", 18, now=20, sbp_mmHg="188", dbp_mmHg="112", hr_per_min="104")
    scene.chart("drug_given", 19, now=20, drug="labetalol", amount="10", unit="mg", route="iv")
    scene.chart("scale", 19, now=20, name="RASS", value=1)
    nurse.post(url("script_step", scene.session, "hypertension"), sent(script="hypertension", step=FIRST))
    nurse.post(url("script_pump", scene.session, "hypertension"), sent(done="stopped"))
    said = sheet_of(scene, nurse)
    for words in (
        "Alma Reyes", scene.patient.record_number, "latex", "LEFT ARM: no cuff, line or tape", "Hypertension: opened",
        FIRST, "17.5 mg of 35 mg ordered had gone in", "52.5 mg/h", "stopped at", "labetalol 10 mg, iv",
        "BP 188/112 mmHg", "HR 104 /min", "RASS", "Contacts", scene.staff.name, "never controls a pump",
    ):  # fmt: skip
        assert words in said, words


def test_the_transfer_sheet_says_what_is_not_recorded():
    scene = Chairside().opened()
    said = sheet_of(scene, browser(scene.staff))
    for words in (
        "Allergies not recorded",
        "No emergency script was opened",
        "No other drug is recorded",
        "No set by hand is recorded",
    ):
        assert words in said, words


def set_by_the_director(scene, name, value):
    director = a_staff("director", clinic=scene.clinic)
    command = SetSetting(clinic=scene.clinic, name=name, value=value, reason="Agreed", approved_by=director)
    set_setting(an_act(an_actor(director), at=NOW), command)
    return director


def test_a_director_approves_this_version_and_no_other():
    scene, nurse = an_emergency()
    where = url("script", scene.session, "hypertension")
    set_by_the_director(scene, APPROVED_ON, "2020-01-01")
    assert "Nobody in this clinic has approved" in text(nurse.get(where))
    director = set_by_the_director(scene, APPROVED_ON, load_scripts().version_on.isoformat())
    assert f"Approved by {director.name}" in text(nurse.get(where))


def test_a_clinics_own_steps_take_the_place_of_ours_and_what_was_tapped_before_stays():
    scene, nurse = an_emergency()
    nurse.post(url("script_step", scene.session, "hypertension"), sent(script="hypertension", step=FIRST))
    director = set_by_the_director(scene, f"{OWN_STEPS}hypertension", ["Call Dr Osei, then sit down"])
    said = text(nurse.get(url("script", scene.session, "hypertension")))
    assert "Call Dr Osei, then sit down" in said
    assert FIRST in said
    assert f"Approved by {director.name}" in said


def test_a_colleague_who_reads_only_is_shown_no_button():
    scene, _ = an_emergency()
    director = browser(a_staff("director", clinic=scene.clinic))
    said = text(director.get(url("script", scene.session, "hypertension")))
    assert FIRST in said
    assert "Yes, stopped by hand" not in said
    assert "Close this emergency" not in said
