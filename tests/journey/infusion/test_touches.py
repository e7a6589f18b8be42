"""Entry in seconds, counted in a real browser: wish W17 (vitals in one step) and a wrong tap that could not be taken back."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest
from django.db import connections
from django.urls import reverse

from ebbtide.journey.infusion.models import Entry
from tests.browser import chromium_path, served_here
from tests.clocks import stand_at
from tests.house.posts import browser
from tests.journey.infusion.arrange import Chairside, after
from tests.journey.infusion.test_in_a_browser import cookie
from tests.journey.infusion.touches import Finger, a_full_set
from tests.stories.looking import SCREENS, Looking

# a browser, a clinic and many waits: on a machine busy with other tests they come too late
pytestmark = [pytest.mark.django_db, pytest.mark.nightly]
SIZES = ((1024, 768), (390, 844), (1280, 900), (512, 384))
MOST_TOUCHES, MOST_S = 8, 10


@pytest.fixture
def scene(monkeypatch):
    stand_at(monkeypatch, after(8))
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    scene = Chairside().running()
    scene.patient.limb_not_to_use = "LEFT ARM"
    scene.patient.save()
    scene.chart(
        "observation", 2, hr_per_min="78", sbp_mmHg="128", dbp_mmHg="80", spo2_percent="98", rr_per_min="14",
        o2_flow_l_per_min="2",
    )  # fmt: skip
    scene.chart("iv_access", 2, done="placed", site="right hand", gauge="22", attempts=1)
    scene.chart("equipment", 2, item="pump", identity="BB-0231", state="in_use")
    return scene


@pytest.fixture
def page(scene):
    from playwright.sync_api import sync_playwright

    crumb, own = cookie(browser(scene.staff)), connections["default"]
    with served_here() as address, sync_playwright() as playwright:
        connections["default"] = (
            own  # the browser's loop would open another one, outside the test's transaction
        )
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1024, "height": 768}, has_touch=True)
        page.set_default_timeout(15_000)
        page.looking = Looking(expected={409, 422})
        page.looking.listen(page)
        page.context.add_cookies([crumb])
        page.goto(address + reverse("infusion:chair", args=[scene.session.pk]))
        yield page
        chromium.close()
        assert not page.looking.told()


def seen(page, name):
    """A picture at each width, and axe and the width of the page looked at."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=SCREENS / f"chair-{name}-{width}.png", full_page=width == 390)
        page.looking.inspect(page, f"{name} at {width}")
    page.set_viewport_size({"width": 1024, "height": 768})
    for theme in ("dark", "low"):
        page.looking.dark(page, f"chair-{name}", theme=theme)
    # axe leaves empty style attributes; htmx would copy them, and the content policy complains
    page.evaluate("() => document.querySelectorAll('[style]').forEach((one) => one.removeAttribute('style'))")


def newest():
    return Entry.objects.order_by("-recorded_at", "-id").first()


def test_w17_vitals_that_take_three_pages_a_full_set_is_eight_touches_and_is_taken_back_in_one(page, scene):
    counted = a_full_set(page)
    if told := os.environ.get("TOUCHES_TO"):  # tools/bench_chair/vitals_touches.py asks
        Path(told).write_text(json.dumps(asdict(counted)), encoding="utf-8")
    assert counted.touches <= MOST_TOUCHES
    assert counted.seconds < MOST_S
    charted = {
        "hr_per_min": "92", "sbp_mmHg": "141", "dbp_mmHg": "87", "spo2_percent": "96", "rr_per_min": "12",
        "o2_flow_l_per_min": "3",
    }  # fmt: skip
    assert newest().body == charted
    page.get_by_role("button", name="Undo").tap()
    page.get_by_text("vital signs by hand withdrawn").wait_for()
    assert newest().withdrawn
    assert scene.state().signs["hr_per_min"].value == 78


def test_it_records_a_scale_in_two_touches_and_a_usual_one_in_one(page):
    finger = Finger(page)
    finger.tap(page.get_by_role("link", name="Scale", exact=True))
    page.locator(".scale-row").first.wait_for()
    finger.tap(page.locator(".scale-row:has(input[value=NRS11]) .touch-cell").nth(4))
    page.get_by_text("Recorded at").wait_for()
    assert (newest().body, finger.touches) == ({"name": "NRS11", "value": 4}, 2)
    page.locator(".chair-usual").get_by_role("button", name="RASS 0").tap()
    page.get_by_text("scale RASS 0").first.wait_for()
    assert newest().body == {"name": "RASS", "value": 0}


def test_it_offers_a_rescue_drug_and_repeats_its_numbers_before_it_is_recorded(page):
    page.get_by_role("link", name="Drug", exact=True).tap()
    page.get_by_role("button", name="ondansetron 4 mg, iv").tap()
    page.get_by_role("button", name="Record ondansetron 4 mg, iv").tap()
    page.get_by_text("drug given ondansetron 4 mg, iv").wait_for()
    assert page.get_by_role("button", name="Undo").count() == 0


def test_it_looks_right_on_every_screen_and_in_every_light(page):
    seen(page, "now")
    for words, title in (
        ("Vitals", "Vital signs"),
        ("Scale", "Scale"),
        ("Drug", "Drug given"),
        ("Cannula", "Cannula"),
    ):
        page.get_by_role("link", name=words, exact=True).tap()
        page.locator("#entry h2").get_by_text(title, exact=True).wait_for()
        seen(page, words.lower())


def test_it_challenges_the_spared_limb_and_counts_the_time_off_the_monitor(page):
    page.get_by_role("link", name="Cannula", exact=True).tap()
    page.get_by_role("button", name="left hand").tap()
    page.get_by_text("Placed", exact=True).tap()
    page.get_by_role("button", name="Record cannula").tap()
    page.get_by_text("choose another limb, or write why this one").first.wait_for()
    page.get_by_role("button", name="Low light").tap()
    assert page.evaluate("() => document.documentElement.dataset.theme") == "low"
    page.get_by_role("button", name="Low light").tap()
    assert page.evaluate("() => document.documentElement.dataset.theme ?? ''") == ""
    page.get_by_role("link", name="Off the monitor").tap()
    page.get_by_role("button", name="toilet").tap()
    page.get_by_role("button", name="Record off the monitor").tap()
    page.get_by_role("button", name="Back on the monitor").tap()
    page.get_by_text(": back on the monitor").wait_for()
    assert newest().kind == "back_on_monitor"
