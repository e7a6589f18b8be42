"""The chair without the network, in a real browser: nothing typed is lost, and nothing stale looks live."""

import json
from contextlib import contextmanager

import pytest
from django.urls import reverse

from ebbtide.journey.infusion.models import Entry
from tests.browser import chromium_path, served_here
from tests.builders import a_staff, an_assignment
from tests.clocks import stand_at
from tests.house.posts import browser
from tests.journey.infusion.arrange import Chairside, after
from tests.journey.infusion.test_in_a_browser import SIZES, cookie
from tests.stories.looking import SCREENS, Looking

# a browser, a clinic and many waits: on a machine busy with other tests they come too late
pytestmark = [pytest.mark.django_db, pytest.mark.nightly]
PIN = "482915"
# what a browser says by itself when the network is away is no fault of the page; axe leaves empty styles behind,
# and htmx carries them over into the next form
NO_NETWORK = (
    "ERR_INTERNET_DISCONNECTED",
    "Failed to load resource",
    "htmx:sendError",
    "htmx:afterRequest",  # the same failure, told a second time
    "Applying inline style",
)
# the tablet's clock goes on, as it does while it sleeps in a drawer
HOURS_PASS = "ms => { const then = Date.now; Date.now = () => then() + ms; }"
KEPT = """() => new Promise(done => {
  const asked = indexedDB.open("ebbtide-tablet");
  asked.onsuccess = () => {
    const rows = asked.result.transaction("outbox").objectStore("outbox").getAll();
    rows.onsuccess = () => done(rows.result.map(row => [Boolean(row.sealed), JSON.stringify(row)]));
  };
})"""


@pytest.fixture
def running(monkeypatch):
    stand_at(monkeypatch, after(8))
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    scene = Chairside().running()
    scene.chart("observation", 5, sbp_mmHg="128", dbp_mmHg="80")
    # before the browser starts: in its loop the database would be another connection
    scene.signed_in = cookie(browser(scene.staff))
    return scene


@pytest.fixture
def idle(running):
    """The same, but it is a while since the nurse has proved who they are."""
    client = browser(running.staff)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 0}]
    session.save()
    running.signed_in = cookie(client)
    return running


class Tablet:
    """A tablet at the chair: a browser of its own, with a nurse signed in."""

    def __init__(self, chromium, address, scene, *, signed_in=None):
        self.looking = Looking(expected={401, 409, 422})
        self.context = chromium.new_context(viewport={"width": 1024, "height": 768}, reduced_motion="reduce")
        self.context.set_default_timeout(15_000)
        self.context.add_cookies([signed_in or scene.signed_in])
        self.address = address + reverse("infusion:chair", args=[scene.session.pk])
        self.page = self.open()

    def open(self):
        self.page = self.looking.listen(self.context.new_page())
        self.page.goto(self.address)
        self.page.locator("#tablet[data-ready=yes]").wait_for(state="attached")
        return self.page

    def with_pin(self):
        self.page.get_by_text("Choose a PIN to chart without the network").click()
        self.page.get_by_label("New PIN").fill(PIN)
        self.page.get_by_label("The same again").fill(PIN)
        self.page.get_by_role("button", name="Use this PIN").click()
        self.page.get_by_text("Choose a PIN").wait_for(state="detached")
        self.page.locator("#tablet[data-kept=yes]").wait_for(state="attached")
        return self

    def offline(self, away=True):
        self.context.set_offline(away)
        if away:  # the page's buttons give way to those that work without the network: a tap in between finds neither
            self.page.locator("body.body--offline").wait_for()

    def waits(self, count):
        self.page.locator(f"#tablet[data-waiting='{count}']").wait_for(state="attached")

    def chart(self, kind, label, value, button):
        self.page.get_by_role("link", name=kind, exact=True).locator("visible=true").click()
        self.page.locator("#entry").get_by_role("textbox", name=label).fill(value)
        self.page.get_by_role("button", name=button).click()

    def tap(self, name):
        self.page.get_by_role("button", name=name, exact=True).locator("visible=true").click()

    def note(self, text):
        self.chart("Note", "Note", text, "Record note")

    def sent(self, text):
        """It is in the log that the server shows: no entry waits is said before the first one was kept, too."""
        self.page.locator("#now .chair-log__what", has_text=text).wait_for()

    def faults(self):
        return "\n".join(one for one in self.looking.faults if not any(said in one for said in NO_NETWORK))


@contextmanager
def at_the_chair():
    from playwright.sync_api import sync_playwright

    with served_here() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        yield chromium, address
        chromium.close()


def test_it_loses_nothing_when_the_tab_is_killed_without_the_network(running):
    with at_the_chair() as (chromium, address):
        tablet = Tablet(chromium, address, running).with_pin()
        tablet.note("quiet, before")
        tablet.sent("quiet, before")
        tablet.waits(0)
        tablet.offline()
        tablet.note("restless at three")
        tablet.waits(1)
        tablet.page.get_by_role("button", name="Pause").locator("visible=true").click()
        tablet.waits(2)
        tablet.page.get_by_text("2 not sent yet").wait_for()
        assert "restless at three" in tablet.page.locator(".tablet-list").inner_text()
        assert not tablet.page.locator(".vital__number").first.is_visible()
        kept = tablet.page.evaluate(KEPT)
        assert [sealed for sealed, _ in kept] == [True, True]
        assert "restless" not in json.dumps(kept)
        tablet.page.close()  # killed: nothing of the page is left but the disk

        page = tablet.open()
        page.get_by_text("charting goes on; live values are not shown").wait_for()
        assert running.patient.name not in page.locator("body").inner_text()
        page.get_by_text("Enter your PIN to read and send 2 entries").wait_for()
        page.screenshot(path=shot("offline-locked-1024"))
        tablet.note("typed while locked")
        tablet.waits(3)
        page.get_by_label("Your PIN on this tablet").fill("111111")
        page.get_by_role("button", name="Open", exact=True).click()
        page.get_by_text("This PIN opens nothing here").wait_for()
        page.get_by_label("Your PIN on this tablet").fill(PIN)
        page.get_by_role("button", name="Open", exact=True).click()
        page.get_by_text(running.patient.name).first.wait_for()
        page.get_by_text("What the log said at").wait_for()
        for width, height in SIZES[:2]:
            page.set_viewport_size({"width": width, "height": height})
            tablet.looking.inspect(page, f"offline at {width}")
            page.screenshot(path=shot(f"offline-{width}"), full_page=width < 1000)
        tablet.offline(False)
        page.get_by_text("sent ✓ all").wait_for()
    assert not tablet.faults()
    notes = Entry.objects.filter(kind="note").order_by("tablet_number")
    assert [row.body["text"] for row in notes] == ["quiet, before", "restless at three", "typed while locked"]
    assert Entry.objects.filter(kind="pause").count() == 1
    assert len({row.tablet for row in notes}) == 1


def test_it_shows_what_the_clinic_refused_until_a_person_corrects_it_or_sets_it_aside(running):
    with at_the_chair() as (chromium, address):
        tablet = Tablet(chromium, address, running)
        page = tablet.page
        tablet.chart("Vitals", "Oxygen saturation", "9", "Record vital signs")
        page.get_by_text("1 entry was not accepted").wait_for()
        page.get_by_text("Correct it, or set it aside").click()
        page.screenshot(path=shot("refused-1024"))
        tablet.looking.inspect(page, "refused")
        page.locator(".tablet-unsent").get_by_label("Oxygen saturation").fill("97")
        page.get_by_role("button", name="Send corrected").click()
        page.get_by_text("SpO₂ 97 %").first.wait_for()
        tablet.waits(0)
        with page.expect_response(lambda told: "/log/observation" in told.url):
            page.get_by_role("link", name="Vitals", exact=True).locator("visible=true").click()
        page.wait_for_timeout(500)  # the part takes the place of the one before
        page.locator("#entry").get_by_role("textbox", name="Heart rate").fill("7")
        page.get_by_role("button", name="Record vital signs").click()
        page.get_by_text("Correct it, or set it aside").click()
        page.get_by_label("Why is it set aside?").fill("typed into the wrong field")
        page.get_by_role("button", name="Set aside and chart a note").click()
        page.get_by_text("sent ✓ all").wait_for()
    assert not tablet.faults()
    assert Entry.objects.filter(kind="observation", body__spo2_percent="97").count() == 1
    note = Entry.objects.get(kind="note").body["text"]
    assert "Heart rate 7 /min" in note
    assert "typed into the wrong field" in note


def test_it_keeps_a_dose_entry_until_somebody_signs_in_again_and_sends_the_rest(idle):
    with at_the_chair() as (chromium, address):
        tablet = Tablet(chromium, address, idle).with_pin()
        page = tablet.page
        page.get_by_role("button", name="Pause").locator("visible=true").click()
        page.get_by_text("PAUSED", exact=True).wait_for()
        tablet.offline()
        page.get_by_text("charting goes on; live values").wait_for()
        tablet.chart("Resume", "Rate", "52.5", "Resume infusion")
        tablet.waits(1)
        tablet.note("awake")
        tablet.waits(2)
        tablet.offline(False)
        page.get_by_text("Sign in again to send 1 dose entry").wait_for()
        tablet.waits(1)
        page.screenshot(path=shot("dose-waits-1024"))
    assert not tablet.faults()
    assert Entry.objects.filter(kind="note").count() == 1
    assert not Entry.objects.filter(kind="resume").exists()


def test_it_records_that_the_sound_was_heard(running):
    with at_the_chair() as (chromium, address):
        tablet = Tablet(chromium, address, running)
        tablet.page.get_by_role("button", name="Play the test sound").click()
        tablet.page.get_by_role("button", name="I heard it").click()
        tablet.page.get_by_text("Sound heard.").wait_for()
        tablet.waits(0)
    assert not tablet.faults()
    assert Entry.objects.get(kind="equipment").body == {
        "item": "other", "identity": "sound of this tablet", "state": "ready",
    }  # fmt: skip


def test_it_forgets_the_page_at_the_sign_out_and_keeps_no_other_persons(running):
    with at_the_chair() as (chromium, address):
        tablet = Tablet(chromium, address, running).with_pin()
        page = tablet.page
        kept = page.evaluate("async () => (await caches.keys()).filter(name => name.includes('chair'))")
        assert kept == [f"ebbtide-chair-{running.session.pk}"]
        texts = page.evaluate(
            "async () => { const c = await caches.open((await caches.keys()).find(n => n.includes('chair')));"
            "return Promise.all((await c.keys()).map(async k => (await (await c.match(k)).text()))) }"
        )
        assert len(texts) > 5
        assert not any(running.patient.name in text for text in texts)
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(lambda url: "/sessions/" not in url)
        page.wait_for_function("async () => !(await caches.keys()).some(name => name.includes('chair'))")
    assert not tablet.faults()


def test_it_joins_two_tablets_after_half_an_hour_without_the_network(running, monkeypatch):
    """One tablet is away for 30 min while another charts; then both logs are whole, and a person is told what does not fit."""
    other = a_staff("nurse", clinic=running.clinic)
    an_assignment(other, running.patient)
    second = cookie(browser(other))
    with at_the_chair() as (chromium, address):
        away = Tablet(chromium, address, running).with_pin()
        here = Tablet(chromium, address, running, signed_in=second)

        def later(minutes):
            stand_at(monkeypatch, after(minutes))
            away.page.evaluate(HOURS_PASS, (minutes - later.now) * 60_000)
            later.now = minutes

        later.now = 8
        away.offline()
        away.tap("Pause")
        away.waits(1)
        later(18)
        away.chart("Vitals", "Oxygen saturation", "97", "Record vital signs")
        away.waits(2)
        here.page.reload()
        here.page.locator("#tablet[data-ready=yes]").wait_for(state="attached")
        here.note("the second tablet sees it run")
        here.sent("the second tablet sees it run")
        here.waits(0)
        later(28)
        here.page.reload()
        here.page.locator("#tablet[data-ready=yes]").wait_for(state="attached")
        here.tap("Stop")
        here.page.get_by_text("STOPPED", exact=True).wait_for()
        later(38)
        away.chart("Resume", "Rate", "52.5", "Resume infusion")
        away.waits(3)
        away.page.get_by_text("3 not sent yet, oldest 30 min").wait_for()
        away.offline(False)
        away.page.get_by_text("sent ✓ all").wait_for()
        conflict = "A resume is charted while the session is stopped"
        away.page.get_by_text(conflict).wait_for()
        here.page.reload()
        here.page.get_by_text(conflict).wait_for()
        logs = [one.page.locator(".chair-log__what").all_inner_texts() for one in (away, here)]
        away.page.screenshot(path=shot("two-tablets-1024"), full_page=True)
    assert logs[0] == logs[1]
    said = " ".join(logs[0])
    for words in ("Paused", "SpO₂ 97 %", "the second tablet sees it run", "Stopped", "Resumed 52.5 mg/h"):
        assert said.count(words) == 1
    assert away.faults() + here.faults() == ""
    assert set(Entry.objects.filter(kind__in=["pause", "resume"]).values_list("late", flat=True)) == {
        True,
        False,
    }


def shot(name):
    SCREENS.mkdir(parents=True, exist_ok=True)
    return str(SCREENS / f"{name}.png")
