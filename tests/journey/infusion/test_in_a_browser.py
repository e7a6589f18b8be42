"""The chair in a real browser: a form beside the log, one tap to pause; nothing grave for axe at three widths."""

import pytest
from django.conf import settings
from django.urls import reverse

from ebbtide.journey.infusion.models import Entry
from tests.browser import chromium_path, served_here
from tests.clocks import stand_at
from tests.house.posts import browser
from tests.journey.infusion.arrange import Chairside, after
from tests.stories.looking import Looking

pytestmark = pytest.mark.django_db
SIZES = ((390, 844), (1024, 768), (1280, 900))


def cookie(client):
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"name": settings.SESSION_COOKIE_NAME, "value": value, "domain": "localhost", "path": "/"}


@pytest.fixture
def running(monkeypatch):
    stand_at(monkeypatch, after(8))
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    scene = Chairside().running()
    scene.chart("observation", 5, sbp_mmHg="128", dbp_mmHg="80")
    return scene


def test_it_charts_beside_the_log_and_pauses_from_one_tap(running):
    from playwright.sync_api import sync_playwright

    nurse, looking = browser(running.staff), Looking()
    chair = reverse("infusion:chair", args=[running.session.pk])
    with served_here() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = looking.listen(chromium.new_page(viewport={"width": 1024, "height": 768}))
        page.context.add_cookies([cookie(nurse)])
        page.goto(address + chair)
        page.get_by_role("link", name="Vitals").click()
        page.get_by_label("Oxygen saturation").fill("97")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            looking.inspect(page, f"chair at {width}")
        page.get_by_role("button", name="Record vital signs").click()
        page.get_by_text("Recorded at").wait_for()
        page.get_by_text("SpO₂ 97 %").first.wait_for()  # the log read itself again
        page.get_by_role("button", name="Pause").click()
        page.get_by_text("PAUSED", exact=True).wait_for()
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(address + reverse("infusion:gate", args=[running.session.pk]))
            looking.inspect(page, f"gate at {width}")
        chromium.close()
    assert not looking.told()
    assert Entry.objects.filter(kind="pause").count() == 1
