"""The gateway stands still while somebody looks at the chair: what is on the page goes grey on its second, by itself."""

import os
import signal
import time
from pathlib import Path

import pytest
from tools.bench.running import running_clinic

from tests.browser import chromium_path
from tests.drills.charting import running_chairs
from tests.drills.test_kill_gateway import gateway_of
from tests.moulds import a_copy

STALE_AFTER_S, WITHIN_S = 15.0, 2.0


@pytest.mark.nightly
def test_h12_a_value_goes_stale_on_the_page_15_s_after_the_gateway_fell_silent(
    demonstration: Path, place: Path
) -> None:
    from playwright.sync_api import sync_playwright

    with running_clinic(a_copy(demonstration, place / "d")) as clinic, sync_playwright() as playwright:
        chair = running_chairs(clinic)[0]
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1024, "height": 768})
        name, _, value = chair.cookie.partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": clinic.address}])
        page.goto(clinic.address + chair.address)
        page.locator('.vital--live[data-signal="hr"]').wait_for(timeout=60_000)
        gateway = gateway_of(clinic.data)
        assert gateway is not None
        os.kill(gateway, signal.SIGSTOP)  # it lives, so nobody starts another one, and it says nothing
        try:
            stopped_s = time.monotonic()
            page.locator('.vital--stale[data-signal="hr"]').wait_for(timeout=30_000)
            took_s = time.monotonic() - stopped_s
            page.get_by_text("The monitor gateway is silent").wait_for(timeout=5_000)
        finally:
            os.kill(gateway, signal.SIGCONT)
        page.locator('.vital--live[data-signal="hr"]').wait_for(timeout=60_000)
        chromium.close()
    print(f"stale after {took_s:.1f} s")
    assert abs(took_s - STALE_AFTER_S) <= WITHIN_S, f"stale after {took_s:.1f} s"
