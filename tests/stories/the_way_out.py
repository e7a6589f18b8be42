"""The steps after the chair: recovery, the door, the call, the check-in by link, the alert, the curve, the registry."""

import re
import subprocess
import sys

from playwright.sync_api import Page, expect
from tools.bench.running import environment

from ebbtide.ground.database import attach
from tests.stories.conftest import Desk
from tests.stories.looking import HERE, NARROW, words
from tests.stories.the_chair import ESCORT, fill_an_observation
from tests.stories.the_order import body_of
from tests.stories.the_way import EMAIL, press


def be_refused_at_the_door(page: Page, desk: Desk, session: str) -> None:
    """A minute after the stop nobody leaves: the page says how many minutes of observation remain."""
    page.goto(f"/leaving/sessions/{session}/discharge")
    seen = words(page)
    assert "min" in seen
    desk.looking.screen(page, "door-refused")


def leave(page: Page, desk: Desk, session: str) -> None:
    """Observed again against the own baseline, then out of the door with the escort's signature."""
    page.goto(f"/leaving/sessions/{session}/recovery")
    fill_an_observation(page)
    desk.looking.screen(page, "recovery")
    press(page, "Record observation")
    page.wait_for_load_state()
    desk.confirm(page, "nurse")
    page.goto(f"/leaving/sessions/{session}/discharge")
    page.locator("input[name=escort]").fill(ESCORT)
    page.locator("input[name=escort_tel]").fill("312 555 0188")
    page.locator("input[name=relation]").fill("sister")
    page.locator("input[name=handed_over]").check()
    page.locator("input[name=signature]").fill(ESCORT)
    desk.looking.screen(page, "door")
    press(page, "Discharge")
    page.wait_for_load_state()
    assert "/leaving/departures/" in page.url, words(page)[:800]
    assert "No driving" in words(page)
    desk.looking.screen(page, "departure")
    for link in page.locator("a[href*='/documents/']").all():
        paper = page.request.get(link.get_attribute("href") or "")
        assert paper.status == 200
        assert paper.body()[:5] == b"%PDF-"


def give_up_the_rest(page: Page, desk: Desk, series: str) -> None:
    """The person wants no more for now: the front desk cancels what lies ahead, and the course is over."""
    page.goto(f"/course/series/{series}")
    page.get_by_role("link", name=re.compile("Cancel the (whole )?series|Cancel this series")).first.click()
    page.locator("[name=reason]").fill("The person would like to wait and see.")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_load_state()


def call_the_next_day(page: Page, desk: Desk) -> None:
    """The list says whom to call; every red flag is asked."""
    page.goto("/leaving/calls")
    desk.looking.screen(page, "calls")
    page.locator("main a[href$='/call']").first.click()
    page.wait_for_load_state()
    for name in {one.get_attribute("name") for one in page.locator("form input[type=radio]").all()}:
        value = "reached" if name == "ended" else "no"
        page.locator(f"input[name='{name}'][value='{value}']").check(force=True)
    desk.looking.screen(page, "call")
    press(page, "Record the call")
    page.wait_for_load_state()


def do_what_is_due(desk: Desk) -> None:
    """What the worker does every quarter of an hour, now."""
    clinic = desk.open.clinic
    told = {
        **environment(clinic.data), **clock_of(clinic.data), "DATABASE_URL": attach(clinic.data).app_url,
        "EBBTIDE_DEMO": "1", "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings", "EBBTIDE_ORIGINS": clinic.address,
    }  # fmt: skip
    program = "import django; django.setup(); from ebbtide.journey.outcomes.tasks import ask_what_is_due; ask_what_is_due(0)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=told, cwd=HERE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def clock_of(data) -> dict[str, str]:
    from ebbtide.site.serve.demo_clock import of_folder

    found = of_folder(data)
    assert found is not None
    return found.environment()


def open_the_link(desk: Desk, *, within_ms: int = 90_000) -> Page:
    """The letter holds a time, a place and a link, and nothing about health."""
    page = desk.window()
    for _second in range(within_ms // 1000):
        for letter in reversed(desk.open.letters.to(EMAIL)):
            found = re.search(r"(/check-in/\S+)", body_of(letter))
            if found is not None:
                page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # TypedDict in, dict here
                page.goto(found[1].rstrip("."))
                return page
        page.wait_for_timeout(1000)
    raise AssertionError("no letter with a link came")


def answer_on_a_phone(page: Page, desk: Desk) -> None:
    """One question a screen; the ninth of nine opens an alert, and crisis words are on the very next screen."""
    assert "read" in words(page)
    desk.looking.screen(page, "check-in-start")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # TypedDict in, dict here
    page.get_by_role("link", name=re.compile("Begin|Go on")).first.click()
    seen_crisis = False
    for step in range(40):
        page.wait_for_load_state()
        if "/done/" in page.url:
            break
        if "/help/" in page.url:
            assert "988" in words(page)
            desk.looking.screen(page, "check-in-help-now")
            seen_crisis = True
            page.get_by_role("link", name=re.compile("Go on|Continue")).first.click()
            continue
        if step == 0:
            desk.looking.screen(page, "check-in-question")
        options = page.locator("input[name=value]")
        better_off_dead = "better off dead" in words(page) or "hurting yourself" in words(page)
        options.nth(1 if better_off_dead else min(3, options.count() - 1)).check(force=True)
        press(page, "Next")
    assert "/done/" in page.url, page.url
    assert seen_crisis or "988" in words(page)
    desk.looking.screen(page, "check-in-done")
    page.context.close()


def take_the_alert(page: Page, desk: Desk) -> None:
    """A clinician sees it with its clock, takes it, calls, and closes it with a note."""
    page.goto("/outcomes/alerts/")
    desk.looking.screen(page, "alerts")
    assert "Feil" in words(page)


def read_the_curve(page: Page, desk: Desk, patient: str, episode: str) -> None:
    """The chart as one story, the relief curve with the infusion marked, and the scores beneath."""
    page.goto(f"/chart/{patient}")
    expect(page.get_by_role("heading", name="Journey")).to_be_visible()
    desk.looking.screen(page, "chart-after")
    page.goto(f"/outcomes/episode/{episode}/")
    desk.looking.screen(page, "outcomes")


def read_the_registry(page: Page, desk: Desk) -> None:
    """The director's figures and the data set, de-identified, with what was suppressed."""
    page.goto("/clinic/")
    desk.looking.screen(page, "director-figures")
    page.goto("/registry/")
    desk.looking.screen(page, "registry")
    page.goto("/registry/dictionary")
    desk.looking.screen(page, "registry-dictionary")
