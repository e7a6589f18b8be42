"""The registry and the director's figures in a real browser, at both widths: no fault that axe or the browser sees."""

import os

import pytest
from django.db import connections
from django.urls import reverse

from ebbtide.journey.registry.actions import ExportDataset, export_dataset
from ebbtide.journey.registry.dataset import Filters
from ebbtide.journey.registry.models import ExportFormat
from tests.browser import chromium_path, served_here
from tests.builders import NOW, an_act, an_actor
from tests.desks.chart.arrange import signed_in
from tests.journey.registry.arrange import DAY, TreatedClinic

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


@pytest.fixture
def address():
    with served_here() as found:
        yield found


@pytest.fixture
def chromium(monkeypatch, db):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = chromium_path()
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    held = connections["default"]
    with playwright.sync_playwright() as browsers:
        connections["default"] = held
        found = browsers.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


def a_treated_clinic() -> TreatedClinic:
    house = TreatedClinic()
    for n in range(12):
        episode = house.relief(house.person(), after=4 if n < 7 else 8)
        house.score(episode, "PEG", 4, at=NOW - 18 * DAY, point="FU-D21")
    for _ in range(2):
        session = (
            house.person(infusions=1, complaint="headache", days_ago=30).series.get().visits.get().session
        )
        house.harm(session)
    house.person(infusions=1, permitted=False)
    house.person(infusions=1, recorded=False)
    return house


@pytest.mark.timeout(300)
@pytest.mark.nightly
def test_each_page_is_without_fault_at_both_widths(address, chromium) -> None:
    from tests.stories.looking import Looking

    house = a_treated_clinic()
    client = signed_in(house.director)
    command = ExportDataset(clinic=house.clinic, format=ExportFormat.CSV, filters=Filters())
    export_dataset(an_act(an_actor(house.director)), command)
    context, looking = chromium.new_context(), Looking()
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
    page = looking.listen(context.new_page())
    pages = {name: reverse(f"registry:{name}") for name in ("dataset", "dictionary", "export", "exports")}
    pages["few"] = reverse("registry:dataset") + "?complaint=headache"
    pages["figures"] = reverse("director:figures")
    for name in ("response", "harm", "lasting"):
        pages[f"figure-{name}"] = reverse("director:figure", args=[name])
    for name, path in pages.items():
        assert page.goto(address + path).status == 200, path
        looking.screen(page, f"registry-{name}")
    assert not looking.told()
