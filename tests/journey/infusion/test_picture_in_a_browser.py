"""The picture in a real browser: it draws, a gap stays a gap, and the switch shows and hides the band."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.urls import reverse

from ebbtide.ground.policy.actors import integration
from ebbtide.journey.infusion.actions.samples import StoreSamples, store_samples
from tests.browser import chromium_path, served_here
from tests.builders import NOW, a_staff, an_act
from tests.clocks import stand_at
from tests.house.posts import browser
from tests.journey.infusion.arrange import Chairside, after
from tests.journey.infusion.monitors import a_device, a_sample
from tests.journey.infusion.test_devices import bind
from tests.journey.infusion.test_in_a_browser import SIZES, cookie
from tests.journey.infusion.test_picture_pages import switch_on
from tests.stories.looking import Looking

# a browser, a clinic and many waits: on a machine busy with other tests they come too late
pytestmark = [pytest.mark.django_db, pytest.mark.nightly]
DRAWN = ".picture__row--marks canvas"  # the last row that is made
TEN_MINUTES_WITHOUT_A_VALUE = """(at) => document.getElementById('vitals').dispatchEvent(
  new CustomEvent('vitals:values', { detail: { at, readings: [] } }))"""
# how many columns of pixels of a plot hold the colour of a line, left and right of its middle
INKED = """(name) => {
  const canvas = document.querySelector(`.picture__row--${name} canvas`);
  const { width, height } = canvas, data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const [r, g, b] = [31, 95, 168];
  const columns = [];
  for (let x = 60; x < width; x += 1) {
    let inked = false;
    for (let y = 0; y < height && !inked; y += 1) {
      const at = 4 * (y * width + x);
      inked = data[at + 3] > 200 && Math.abs(data[at] - r) + Math.abs(data[at + 1] - g) + Math.abs(data[at + 2] - b) < 60;
    }
    columns.push(inked);
  }
  return columns;
}"""


def monitor_said(scene, minutes, signal="hr", value=76.0):
    samples = tuple(
        a_sample(signal, value + s % 3, at=NOW + timedelta(minutes=m, seconds=s))
        for m in minutes
        for s in range(0, 60, 2)
    )
    command = StoreSamples(clinic=scene.clinic, messages=1, samples=samples, set_aside=())
    store_samples(an_act(integration(scene.clinic), key=f"{signal}{minutes}", at=after(30)), command)


@pytest.fixture
def running(monkeypatch):
    stand_at(monkeypatch, after(30))
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    scene = Chairside().running()
    bind(scene, a_device(scene.clinic))
    for signal, value in (("hr", 76.0), ("spo2", 96.0), ("rr", 14.0)):
        monitor_said(scene, [*range(2, 10), *range(20, 30)], signal, value)
    scene.chart("observation", 5, sbp_mmHg="128", dbp_mmHg="80")
    scene.chart("scale", 6, name="RASS", value="0")
    switch_on(scene.clinic)
    return scene


def longest_without(columns):
    """The longest run of columns without ink between two that have some."""
    inked = [x for x, has in enumerate(columns) if has]
    return max((b - a for a, b in pairwise(inked)), default=0)


def test_it_draws_and_a_gap_stays_a_gap_and_the_switch_shows_and_hides_the_band(running):
    from playwright.sync_api import sync_playwright

    nurse, director = browser(running.staff), browser(a_staff("director", clinic=running.clinic))
    chair, looking = reverse("infusion:chair", args=[running.session.pk]), Looking()
    with served_here() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = looking.listen(chromium.new_page(viewport={"width": 1024, "height": 768}))
        page.context.add_cookies([cookie(nurse)])
        page.goto(address + chair)
        page.locator(DRAWN).wait_for()
        columns = page.evaluate(INKED, "hr")
        assert sum(columns) > 100
        assert longest_without(columns) > len(columns) / 5  # ten of thirty minutes
        page.locator(".picture__site canvas").first.wait_for()
        assert "a model, not a measurement" in page.locator("#picture").inner_text()
        page.get_by_text("The same as a table").click()
        page.get_by_text("nothing received").first.wait_for()
        for width, height in SIZES[:2]:
            page.set_viewport_size({"width": width, "height": height})
            looking.inspect(page, f"picture at {width}")
        page.evaluate(TEN_MINUTES_WITHOUT_A_VALUE, (NOW + timedelta(minutes=40)).isoformat())
        page.wait_for_timeout(1300)  # the page's own timer draws once a second
        columns = page.evaluate(INKED, "hr")
        assert max(x for x, has in enumerate(columns) if has) < len(columns) * 0.85  # no frozen line
        switch_off(chromium, director, address)
        page.evaluate("document.getElementById('vitals').dispatchEvent(new CustomEvent('vitals:message'))")
        page.locator(".picture__site").first.wait_for(state="detached")
        assert "a model, not a measurement" not in page.locator("[data-picture-predicted]").inner_text()
        chromium.close()
    assert not looking.told()


def switch_off(chromium, director, address):
    """As the director does it."""
    page = chromium.new_page()
    page.context.add_cookies([cookie(director)])
    page.goto(address + reverse("infusion:sign_switch", args=["prediction"]))
    page.get_by_label("Why it changes").fill("Not wanted at the chair any more.")
    page.get_by_role("button", name="Switch it off").click()
    page.get_by_text("signed by").wait_for()
    page.close()
