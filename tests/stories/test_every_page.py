"""Every page that a role may open, at a phone's and at a desk's width: no fault of any kind, and light enough for a slow line."""

import json
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import Page
from tools.bench.running import environment

from ebbtide.ground.database import attach
from tests.stories.conftest import Desk, Open
from tests.stories.looking import HERE

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
LIGHT_B, CHART_B = 150_000, 400_000  # bytes transferred, nothing kept from before; LOOK.md, Proof
CHARTS = (
    "infusion:chair",
    "outcomes:episode",
    "portal:curve",
    "portal:home",
    "director:figures",
    "careplan:show",
    "careplan:sign",
    "front_desk:today",
    "course:place",
    "chart:show",
)


@pytest.fixture(scope="module")
def addresses(running: Open) -> list[tuple[str, str]]:
    """Names and addresses, of rows that the demonstration holds."""
    clinic = running.clinic
    env = {
        **environment(clinic.data), "DATABASE_URL": attach(clinic.data).app_url, "EBBTIDE_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings",
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.stories.addresses"]
    done = subprocess.run(command, cwd=HERE, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [(name, path) for name, path in json.loads(done.stdout.strip().splitlines()[-1])]


class Scale:
    """Weighs what a page loads, as if nothing had been kept from the page before."""

    def __init__(self, page: Page) -> None:
        self.loaded_b = 0.0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on("Network.loadingFinished", self._add)

    def _add(self, told: dict[str, Any]) -> None:
        self.loaded_b += told["encodedDataLength"]


# every page of nine stages at two widths: some minutes for each role, so the week takes those with the fewest pages of their own
@pytest.mark.timeout(1500)
@pytest.mark.parametrize(
    "role",
    [
        pytest.param("prescriber", marks=pytest.mark.nightly),
        pytest.param("patient", marks=pytest.mark.nightly),
        pytest.param("front_desk", marks=pytest.mark.weekly),
        pytest.param("director", marks=pytest.mark.weekly),
    ],
)
def test_it_is_without_fault(role: str, desk: Desk, addresses: list[tuple[str, str]]) -> None:
    desk.looking.faults.clear()
    page = desk.signed_in(role)
    page.wait_for_load_state()
    scale, seen = Scale(page), 0
    for name, path in addresses:
        answer = page.request.get(path, max_redirects=0)
        if answer.status >= 500:
            desk.looking.faults.append(f"{name}: {answer.status}")
        # a file and the part of a page that htmx fetches are nothing that a person opens
        if answer.status != 200 or answer.body().lstrip()[:9].lower() != b"<!doctype":
            continue
        seen += 1
        scale.loaded_b = 0.0
        page.goto(path)
        weigh(desk, name, scale.loaded_b)
        desk.looking.at_both_widths(
            page, lambda width, name=name: desk.looking.inspect(page, f"{name} at {width} px")
        )
    page.context.close()
    assert seen > 8, f"{role} could open only {seen} pages"
    assert not desk.looking.faults, desk.looking.told()


def weigh(desk: Desk, name: str, loaded_b: float) -> None:
    limit_b = CHART_B if name in CHARTS else LIGHT_B
    if loaded_b > limit_b:
        desk.looking.faults.append(
            f"{name}: {loaded_b / 1000:.0f} kB transferred, {limit_b / 1000:.0f} kB allowed"
        )
