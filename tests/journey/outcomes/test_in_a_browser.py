"""The check-in and the staff pages in Chromium: at a phone's and a desk's width, with axe, and once without any JavaScript."""

import os

import pytest
from django.db import connections

from ebbtide.journey.outcomes.models import Answer, SafetyAlert
from tests.browser import chromium_path, served_here
from tests.builders import a_staff
from tests.journey.outcomes.arrange import (
    a_check_in,
    a_diary,
    a_person,
    ago,
    link_in,
    somebody_on_call,
    visits,
)
from tests.journey.outcomes.test_answer import say
from tests.journey.outcomes.test_pages import signed_in
from tests.stories.looking import NARROW, WIDE, Looking

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.enable_socket]


@pytest.fixture
def address():
    with served_here() as found:
        yield found


@pytest.fixture
def chromium(monkeypatch, db):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = chromium_path()
    # playwright keeps an event loop in this thread; the queries of the test itself are still one after another
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    held = connections["default"]
    with playwright.sync_playwright() as browsers:
        connections["default"] = held  # the loop would else give the test another connection
        browser = browsers.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def told():
    """A course that ended a month ago, a diary around it, and PEG at the follow-up."""
    episode = a_person()
    somebody_on_call(episode.patient.clinic)
    visits(episode, days=[ago(34), ago(33), ago(32), ago(31), ago(30)])
    before = [8, 7, 8, 8, 7, 8, 8]
    after = [6, 5, 4, 4, 3, 3, 2, 3, 3, None, None, 2, 3, 3, 4, 3, 3, 4, 4, 3, 4, 4, None, 5, 4, 5, 5, 4, 5]
    a_diary(episode, [*before, 8, 7, 7, 6, 6, *after], ending_on=ago(1))
    return episode


def test_a_phone_answers_pain_and_mood_and_is_shown_help_at_once(address, chromium, told):
    path = link_in(a_check_in(told, ask=("NRS11", "PGIC", "PHQ9")).mail)
    looking = Looking()
    page = looking.listen(chromium.new_page(viewport=NARROW))
    page.set_default_timeout(8000)
    page.goto(address + path)
    looking.screen(page, "check-in-1-start")
    page.get_by_role("link", name="Begin").click()
    looking.screen(page, "check-in-2-scale")
    page.locator("label.choice", has_text="6").click()
    page.get_by_role("button", name="Next").click()
    page.get_by_text("Much better", exact=True).click()
    page.get_by_role("button", name="Next").click()
    looking.screen(page, "check-in-3-words")
    for _ in range(8):
        page.get_by_text("Several days", exact=True).click()
        page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Next").click()
    assert page.get_by_role("alert").is_visible()
    looking.screen(page, "check-in-4-error")
    page.get_by_text("Several days", exact=True).click()
    page.get_by_role("button", name="Next").click()
    assert page.get_by_role("heading", name="Thank you for telling us").is_visible()
    looking.screen(page, "check-in-5-help")
    assert SafetyAlert.objects.count() == 1
    page.get_by_role("link", name="Go on").click()
    page.locator(".chart__frame canvas").wait_for()
    looking.screen(page, "check-in-6-done")
    assert not looking.faults, looking.told()


def test_it_works_without_any_javascript(address, chromium, told):
    path = link_in(a_check_in(told, ask=("NRS11", "PEG")).mail)
    page = chromium.new_context(java_script_enabled=False, viewport=NARROW).new_page()
    page.set_default_timeout(8000)
    page.goto(address + path)
    page.get_by_role("link", name="Begin").click()
    for value in ("6", "5", "4"):
        page.locator("label.choice", has_text=value).click()
        page.get_by_role("button", name="Next").click()
    page.get_by_role("link", name="Back").click()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Skip this question").click()
    assert page.get_by_role("heading", name="Thank you. Your answers are kept.").is_visible()
    page.locator("summary").click()
    assert page.get_by_role("cell", name="mean of 7 of 7 days").first.is_visible()
    assert [row.value for row in Answer.objects.order_by("answered_at", "id")] == [6, 5, 4, None]


@pytest.mark.nightly
def test_staff_see_the_curve_and_close_an_alert(address, chromium, told):
    say(a_check_in(told, ask=("NRS11", "PHQ9")), "PHQ9", 9, 2)
    client = signed_in(a_staff("prescriber", clinic=told.patient.clinic))
    looking = Looking()
    context = chromium.new_context(viewport=WIDE)
    host = address.partition("://")[2].partition(":")[0]
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "domain": host, "path": "/"}]
    )
    page = looking.listen(context.new_page())
    page.set_default_timeout(8000)
    for name, where in (
        ("outcomes-episode", f"/outcomes/episode/{told.pk}/"),
        ("outcomes-check-ins", "/outcomes/check-ins/"),
        ("outcomes-enter", f"/outcomes/episode/{told.pk}/enter/PHQ9/"),
        ("outcomes-enter-scale", f"/outcomes/episode/{told.pk}/enter/PEG/"),
        ("outcomes-alerts", "/outcomes/alerts/"),
        ("outcomes-alert", f"/outcomes/alerts/{SafetyAlert.objects.get().pk}/"),
    ):
        assert page.goto(address + where).status == 200
        if name == "outcomes-episode":
            page.locator(".chart__frame canvas").wait_for()
        looking.screen(page, name)
    page.get_by_role("button", name="Take it").click()
    page.get_by_label("Who spoke with the person").fill("Spoke with her at ten; safe at home, sister there.")
    page.get_by_role("button", name="Close the alert").click()
    assert page.get_by_text("No alert is open").is_visible()
    assert not looking.faults, looking.told()
