"""Stories at the chair in a real browser: the gate refuses and says what to do; a hypertension emergency, touch to transfer sheet."""

import re
from contextlib import contextmanager

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import sync_playwright

from ebbtide.ground.documents.models import Document
from ebbtide.journey.infusion.card import key_for
from ebbtide.journey.infusion.emergency import load_scripts
from ebbtide.journey.infusion.models import Entry, StartGate
from tests.browser import chromium_path, served_here
from tests.clocks import start_from
from tests.house.posts import browser
from tests.journey.infusion.arrange import Chairside, after
from tests.journey.infusion.ready import a_ready_chair
from tests.journey.infusion.test_in_a_browser import cookie
from tests.stories.looking import SCREENS, Looking

pytestmark = [pytest.mark.django_db, pytest.mark.nightly]
TABLET, PHONE, WALL = (
    {"width": 1024, "height": 768},
    {"width": 390, "height": 844},
    {"width": 1920, "height": 1080},
)


@pytest.fixture(autouse=True)
def at_the_chair(monkeypatch):
    start_from(monkeypatch, after(8))
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    cache.clear()


@contextmanager
def pages():
    """New pages of one Chromium, signed in by a client's cookie or not at all.

    Rows are made before and asked for after: inside, the browser's own loop would open another connection.
    """
    looking = Looking(expected={422, 204})
    with served_here() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])

        def page(client=None):
            context = chromium.new_context(viewport=TABLET, base_url=address, accept_downloads=True)
            if client is not None:
                context.add_cookies([cookie(client)])
            return looking.listen(context.new_page())

        yield page, looking
        chromium.close()
    assert not looking.told()


def look(page, looking, name, *sizes):
    """A picture at each width, and axe on each."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    for size in sizes or (TABLET, PHONE):
        page.set_viewport_size(size)
        page.evaluate("() => document.fonts.ready.then(() => true)")
        page.screenshot(path=SCREENS / f"{name}-{size['width']}.png", full_page=size is not WALL)
        looking.inspect(page, f"{name} at {size['width']}")
    page.set_viewport_size(TABLET)
    # axe leaves empty style attributes; htmx would copy them, and the content policy complains
    page.evaluate("() => document.querySelectorAll('[style]').forEach((one) => one.removeAttribute('style'))")


def test_the_gate_refuses_in_five_ways_says_what_to_do_and_then_passes():
    scene = a_ready_chair()
    nurse = browser(scene.staff)
    with pages() as (new_page, looking):
        page = new_page(nurse)
        page.goto(reverse("infusion:gate", args=[scene.session.pk]))
        be_refused_and_pass(page, looking)
    assert list(StartGate.objects.order_by("signed_at").values_list("passed", flat=True)) == [
        False,
        False,
        True,
    ]


def be_refused_and_pass(page, looking):
    """Signed with nothing done, with one thing missing, and then whole."""
    page.get_by_role("button", name="Play the test sound").click()
    page.get_by_role("button", name="I heard it").click()
    page.get_by_text("Sound heard.").wait_for()
    look(page, looking, "gate-open")
    page.get_by_role("button", name="Sign the gate").click()
    page.get_by_text("Not passed at").wait_for()
    said = page.locator(".gate-missing").inner_text()
    for missing, to_do in (
        ("Two identifiers", "Ask for full name and date of birth"),
        ("Escort named", "Ask who takes the person home"),
        ("Fasting", "Ask when the person last ate and drank"),
        ("Pump, number not recorded", "write the number down"),
        ("Suction", "feel it pull"),
        ("Call button", "have the person press the button"),
        ("Comfort card", "Ask what this person wants around them"),
    ):
        assert missing in said, missing
        assert to_do in said, to_do
    look(page, looking, "gate-refused")
    fill(page)
    page.locator("input[name=equipment][value=suction]").uncheck()
    page.get_by_role("button", name="Sign the gate").click()
    page.get_by_text("Not passed at").wait_for()
    assert page.locator(".gate-missing li").count() == 1
    fill(page)
    page.get_by_role("button", name="Sign the gate").click()
    page.get_by_text("Passed", exact=True).first.wait_for()
    look(page, looking, "gate-passed")


def fill(page):
    form = page.locator("form[action$='/gate/sign']")
    for name in ("identifiers", "limb", "alarms_audible", "asked_24h", "call_tested", "comfort_declined"):
        if form.locator(f"input[name={name}]").count():
            form.locator(f"input[name={name}]").check()
    for box in form.locator("input[name=equipment]").all():
        box.check()
    told = {
        "pump_identity": "P-07", "escort_name": "Sam Reyes", "escort_phone": "312 555 0177", "now-systolic_mmHg": "122",
        "now-diastolic_mmHg": "78", "now-spo2_room_air_percent": "98", "now-pulse_per_min": "72",
    }  # fmt: skip
    for name, value in told.items():
        form.locator(f"input[name='{name}']").fill(value)
    for name, value in (("last_solids_at", "2026-11-22T21:00"), ("last_clear_fluid_at", "2026-11-23T05:00")):
        if form.locator(f"[name='ask-{name}']").count():
            form.locator(f"[name='ask-{name}']").fill(value)
    no = (
        "intends_to_drive",
        "intoxicated_now",
        "psychotic_symptoms_now",
        "mania_or_hypomania_now",
        "stimulant_prescribed",
    )
    for name, value in (("acls_clinician_on_site", "yes"), *((one, "no") for one in no)):
        answer = form.locator(f"input[name='ask-{name}'][value='{value}']")
        if answer.count():
            answer.check(force=True)
    risk = form.locator("[name='ask-suicide_risk_level']")
    if risk.count() and risk.first.evaluate("one => one.tagName") == "SELECT":
        risk.first.select_option("none")
    elif risk.count():
        form.locator("[name='ask-suicide_risk_level'][value='none']").check(force=True)


def test_a_hypertension_emergency_from_touch_to_transfer_sheet():
    scene = Chairside().running()
    scene.chart("observation", 7, now=8, sbp_mmHg="188", dbp_mmHg="112", hr_per_min="104", spo2_percent="97")
    nurse = browser(scene.staff)
    with pages() as (new_page, looking):
        page = new_page(nurse)
        page.goto(reverse("infusion:chair", args=[scene.session.pk]))
        go_through_hypertension(page, looking)
    assert scene.state().phase == "stopped"
    assert Document.objects.filter(kind="transfer-sheet").count() == 1
    kinds = Entry.objects.exclude(kind__in=("check_in", "start", "observation")).order_by("recorded_at")
    assert list(kinds.values_list("kind", flat=True)) == [
        "emergency", "pause", *["emergency_step"] * 5, "stop", "emergency", "adverse_event",
    ]  # fmt: skip


def go_through_hypertension(page, looking):
    """Two touches, the pump by confirmation, steps with one undone, the sheet, the closing."""
    look(page, looking, "chair-with-emergency")
    page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
    page.locator("#emergency-bar > summary").click()  # the first touch, from wherever the page stands
    look(page, looking, "emergency-choices")
    page.get_by_role("button", name="Hypertension").click()  # the second
    page.get_by_role("heading", name="Pump stopped by hand?").wait_for()
    look(page, looking, "script-opened")
    page.wait_for_function("() => /^0:0[0-9]$/.test(document.querySelector('[data-elapsed-s]').textContent)")
    before = page.locator("[data-elapsed-s]").inner_text()
    page.wait_for_function(
        "before => document.querySelector('[data-elapsed-s]').textContent !== before", arg=before
    )
    page.get_by_role("button", name="Paused by hand").click()
    page.get_by_text("Pump: paused by this log").wait_for()
    steps = load_scripts().scripts["hypertension"].steps
    for step in steps[:4]:
        page.get_by_role("button", name=step.words).first.click()
        page.get_by_role("button", name=f"Undo: {step.words}").wait_for()
    page.get_by_role("button", name=f"Undo: {steps[3].words}").click()
    page.get_by_role("button", name=re.compile(rf"^{steps[3].words}")).wait_for()
    page.get_by_role("button", name="Yes, stopped by hand").click()
    page.get_by_text("Pump: stopped by this log").wait_for()
    look(page, looking, "script-steps")
    with page.expect_download() as kept:
        page.get_by_role("button", name="Make the transfer sheet (PDF)").click()
    assert kept.value.suggested_filename.startswith("transfer-sheet-")
    page.get_by_text("Close this emergency").click()
    page.get_by_label("Handed over to the emergency service").check(force=True)
    page.locator("input[name=severity][value=severe]").check(force=True)
    look(page, looking, "script-closing")
    page.get_by_role("button", name="Close and record").click()
    page.get_by_text("Closed at").wait_for()
    look(page, looking, "script-closed")
    page.evaluate("() => document.documentElement.dataset.theme = 'low-light'")
    look(page, looking, "script-low-light", TABLET)


def test_a_call_from_the_card_reaches_the_nurse_and_the_wall():
    scene = Chairside().running()
    scene.chart(
        "comfort_card", 1, now=8, light="dim", music="the sea", touch="ask_first", stop_word="harbour"
    )
    scene.chart("scale", 5, now=8, name="RASS", value=0)
    client = browser(scene.staff)
    with pages() as (new_page, looking):
        card, nurse = new_page(), new_page(client)
        nurse.goto(reverse("infusion:comfort", args=[scene.session.pk]))
        look(nurse, looking, "comfort-page")
        card.goto(reverse("infusion:card", args=[key_for(scene.session, after(8))]))
        look(card, looking, "card")
        card.get_by_role("button", name="Call your nurse").click()
        card.get_by_text("You called at").wait_for()
        look(card, looking, "card-called")
        nurse.goto(reverse("infusion:chair", args=[scene.session.pk]))
        nurse.get_by_text("The patient calls").wait_for()
        look(nurse, looking, "chair-called")
        nurse.goto(reverse("nurse_station:wall"))
        look(nurse, looking, "wall-called", WALL, PHONE)
        nurse.get_by_role("button", name="Answered at Chair 1").click()
        nurse.wait_for_url("**/station/")
        assert "patient calls" not in nurse.locator("#wall").inner_text()
        card.get_by_text("Your last call was answered at").wait_for()  # the card read itself again
    assert [
        row.body["state"] for row in Entry.objects.filter(kind="comfort_call").order_by("recorded_at")
    ] == [
        "open",
        "answered",
    ]
