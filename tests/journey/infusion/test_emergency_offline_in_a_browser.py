"""An emergency without the network, in a real browser: the script opens from the tablet's copy, and each tap keeps its own time."""

import json

import pytest

from ebbtide.journey.infusion.emergency import load_scripts
from ebbtide.journey.infusion.models import Entry
from tests.clocks import stand_at
from tests.journey.infusion.arrange import after
from tests.journey.infusion.test_offline_in_a_browser import (
    HOURS_PASS,
    KEPT,
    PIN,
    Tablet,
    at_the_chair,
    running,
    shot,
)

__all__ = ["running"]  # the fixture
# a browser, a clinic and many waits: on a machine busy with other tests they come too late
pytestmark = [pytest.mark.django_db, pytest.mark.nightly]
STEPS = [one.words for one in load_scripts().scripts["hypertension"].steps]
SIZES = ((1024, 768), (390, 844))


def opened(page):
    page.locator("#emergency-bar summary").click()
    page.get_by_role("button", name="Hypertension", exact=True).locator("visible=true").click()
    page.locator("#entry").get_by_role("heading", name="Hypertension").wait_for()


def step(page, words):
    page.locator(".script-step").get_by_role("button", name=words).click()
    page.locator(".script-step__kept", has_text=words).wait_for()


def test_each_step_is_kept_with_its_true_time_and_sent_when_the_network_is_back(running, monkeypatch):
    with at_the_chair() as (chromium, address):
        tablet = Tablet(chromium, address, running).with_pin()
        tablet.offline()
        page = tablet.page
        opened(page)
        step(page, STEPS[0])
        page.evaluate(HOURS_PASS, 4 * 60_000)
        step(page, STEPS[1])
        page.get_by_role("button", name="Paused by hand").click()
        tablet.waits(4)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=shot(f"script-offline-{width}"), full_page=width < 1000)
            tablet.looking.inspect(page, f"script offline at {width}")
        assert [sealed for sealed, _ in page.evaluate(KEPT)] == [True] * 4
        assert "cuff" not in json.dumps(page.evaluate(KEPT))
        page.close()  # killed in the middle of it

        page = tablet.open()
        page.get_by_label("Your PIN on this tablet").fill(PIN)
        page.get_by_role("button", name="Open", exact=True).click()
        page.get_by_text("4 not sent yet").wait_for()
        page.get_by_text(running.patient.name).first.wait_for()  # the head of the page comes with the PIN
        opened(page)  # again from the copy: what was tapped already stands as tapped
        assert page.locator(".script-step__kept").count() == 2
        stand_at(monkeypatch, after(13))
        tablet.offline(False)
        page.get_by_text("sent ✓ all").wait_for()
    assert not tablet.faults()
    steps = Entry.objects.filter(kind="emergency_step").order_by("observed_at")
    assert [row.body["step"] for row in steps] == STEPS[:2]
    times = [row.observed_at for row in steps]
    assert 239 < (times[1] - times[0]).total_seconds() < 300
    assert times[0] < after(9)
    pause = Entry.objects.get(kind="pause")
    assert (pause.body["reason"], pause.observed_at >= times[1]) == ("Emergency: hypertension", True)


def test_the_network_goes_while_the_script_is_open_and_the_taps_are_kept(running):
    with at_the_chair() as (chromium, address):
        tablet = Tablet(chromium, address, running).with_pin()
        page = tablet.page
        page.locator("#emergency-bar summary").click()
        page.get_by_role("button", name="Hypertension", exact=True).locator("visible=true").click()
        page.wait_for_url("**/emergency/of/hypertension")
        page.locator("#tablet[data-ready=yes]").wait_for(state="attached")
        page.locator(".script-step").get_by_role("button", name=STEPS[0]).click()
        page.locator(".script-step__done", has_text=STEPS[0]).wait_for()
        page.screenshot(path=shot("script-online-1024"), full_page=True)
        tablet.offline()
        step(page, STEPS[1])
        page.reload()  # the copy, and the script in it without a touch
        page.locator("#entry").get_by_role("heading", name="Hypertension").wait_for()
        tablet.offline(False)
        page.get_by_label("Your PIN on this tablet").fill(PIN)
        page.get_by_role("button", name="Open", exact=True).click()
        page.get_by_text("sent ✓ all").wait_for()
    assert not tablet.faults()
    assert [
        row.body["step"] for row in Entry.objects.filter(kind="emergency_step").order_by("observed_at")
    ] == STEPS[:2]
