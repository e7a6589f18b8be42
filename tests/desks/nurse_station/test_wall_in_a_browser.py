"""The wall in Chromium: it counts on, reads itself again, fills 1920 × 1080 without scrolling, and says when nothing comes."""

import pytest
from django.urls import reverse
from playwright.sync_api import sync_playwright

from tests.browser import chromium_path, served_here
from tests.builders import NOW, a_clinic, a_staff, an_assignment
from tests.desks.chart.arrange import signed_in
from tests.desks.nurse_station.arrange import (
    MIN,
    a_log_entry,
    a_monitor,
    a_sample,
    a_started_session,
    a_visit,
)
from tests.stories.looking import ASK_AXE, AXE, GRAVE, OVERFLOW, SCREENS

pytestmark = pytest.mark.django_db
WALL = {"width": 1920, "height": 1080}


@pytest.fixture
def chairs():
    """Six chairs that infuse: one with a signal that was lost, one where everything is said at once, one off the monitor."""
    clinic = a_clinic()
    nurse = a_staff("nurse", clinic=clinic)
    for number in range(6):
        session = a_started_session(a_visit(clinic, f"P{number}"), started_at=NOW - number * MIN)
        device = a_monitor(session, f"MON-{number}")
        a_sample(session, device, "spo2", 2 if number else 90)
        an_assignment(nurse, session.visit.series.episode.patient)
        if number == 2:
            a_log_entry(session, "emergency", NOW - MIN, script="hypertension", state="opened")
            a_log_entry(session, "comfort_call", NOW - MIN, state="open")
        if number in {2, 3}:
            a_log_entry(session, "off_monitor", NOW - MIN, reason="toilet", for_min=5)
        if number == 4:
            a_log_entry(session, "pause", NOW - MIN, reason="nausea")
    return signed_in(nurse)


def newest_s(page) -> int:
    """How old the second chair calls its newest data."""
    said = page.locator(".tile").nth(1).locator('[data-counts="age"]').inner_text()
    return int(said.removeprefix("newest data ").removesuffix(" s ago"))


def test_it_counts_reads_itself_again_and_says_when_nothing_comes(chairs, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with served_here() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        context = browser.new_context(viewport=WALL)
        context.add_cookies(
            [{"name": name, "value": one.value, "url": address} for name, one in chairs.cookies.items()]
        )
        page = context.new_page()
        page.clock.install()
        page.goto(address + reverse("nurse_station:wall"))
        assert page.locator(".tile").count() == 6
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / "wall-six-chairs-1920.png")
        assert page.evaluate("() => document.documentElement.scrollHeight - window.innerHeight") <= 0
        assert page.evaluate(OVERFLOW) <= 0
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert [one for one in page.evaluate(ASK_AXE) if one["impact"] in GRAVE] == []

        page.route("**/station/tiles", lambda route: route.abort())
        before = newest_s(page)
        page.clock.run_for(3000)
        assert newest_s(page) >= before + 3

        page.route(
            "**/station/tiles",
            lambda route: route.fulfill(body="<p>read again</p>", content_type="text/html"),
        )
        page.clock.run_for(4000)
        page.get_by_text("read again").wait_for()
        assert page.locator("#wall-broken").is_hidden()

        page.route("**/station/tiles", lambda route: route.abort())
        page.clock.run_for(20_000)
        page.get_by_text("This screen hears nothing: look at the chairs").wait_for(state="visible")
        browser.close()
