"""Drills of the monitor in a real browser, over the wire and in real seconds: what the chair and the wall say, and what sounds."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tools.bench.running import Clinic, running_clinic

from tests.browser import chromium_path
from tests.journey.infusion.drilled import (
    BESIDE,
    FIRST,
    SECOND,
    WALL,
    WELL,
    Monitors,
    Ward,
    card,
    seconds_until,
    seen,
    tile,
    tones,
    vital,
    without_the_twin,
)
from tests.moulds import a_copy, demonstration_mould
from tests.stories.conftest import QUIET

TABLET_QUIET = "The tablet at the chair is quiet"
LOW = "Oxygen saturation is low"
AGAIN_S = 6.0  # a high signal repeats its burst every 5 s


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    chromium_path()
    folder = Path(tempfile.mkdtemp(prefix="ebw-"))
    folder.chmod(0o711)
    try:
        with (
            running_clinic(a_copy(demonstration_mould(), folder / "c")) as running,
            without_the_twin(running.data),
        ):
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def browsers() -> Iterator[tuple[Browser, Browser]]:
    """One that stays awake, and a tablet of its own that can be put to sleep."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=15_000)
        launch = playwright.chromium.launch
        yield tuple(launch(executable_path=chromium_path(), args=QUIET) for _ in range(2))


@pytest.fixture(scope="module")
def all_of_it(clinic: Clinic, browsers: tuple[Browser, Browser]) -> Iterator[Ward]:
    with Monitors(clinic) as monitors:
        yield Ward(clinic, *browsers, monitors)


@pytest.fixture
def ward(all_of_it: Ward) -> Iterator[Ward]:
    yield all_of_it
    all_of_it.close()
    assert not all_of_it.looking.told()


@pytest.mark.nightly
def test_h17_a_tablet_that_sleeps_and_one_whose_tab_was_killed_are_on_the_wall_within_ten_seconds(
    ward: Ward,
) -> None:
    wall, _, killed = ward.wall(), ward.chair(1, on_the_tablet=True), ward.chair(2)
    wall.wait_for_timeout(2500)  # both have beaten
    ward.sleep()
    killed.context.close()
    since_s = time.monotonic()
    took = [seconds_until(tile(wall, n), TABLET_QUIET, within_s=10, since_s=since_s) for n in (1, 2)]
    seen(wall, "tablets-quiet", ward.looking)
    print(f"told to the wall after {took[0]:.1f} s and {took[1]:.1f} s")
    ward.wake()
    expect(tile(wall, 1)).not_to_contain_text(TABLET_QUIET)
    expect(tile(wall, 2)).to_contain_text(TABLET_QUIET)


@pytest.mark.weekly
def test_an_unplugged_monitor_is_stale_within_fifteen_seconds_and_of_two_that_disagree_both_are_named(
    ward: Ward,
) -> None:
    """On the first chair the only monitor goes; on the second one another stands beside it, and then takes its place."""
    wall, first, second = ward.wall(), ward.chair(1), ward.chair(2)
    take_what_still_sounds(first)
    ward.monitors.say(BESIDE, {**WELL, "hr": 118.0})
    said = second.locator("[data-signal=hr]")
    expect(said).to_contain_text("Second monitor 118")
    assert vital(second, "hr").startswith("Heart rate 72 /min")
    assert ward.told["name"] in vital(second, "hr")
    seen(second, "two-monitors", ward.looking)
    for key in (FIRST, SECOND):
        ward.monitors.say(key, None)
    since_s = time.monotonic()
    for place, words in ((first.locator("[data-signal=spo2]"), "stale"), (tile(wall, 1), "stale")):
        took_s = seconds_until(place, words, within_s=20, since_s=since_s)
        assert 13 <= took_s <= 19, f"{words} after {took_s:.1f} s"  # the last value is up to a second old
    expect(card(first, "A signal is stale").first).to_be_visible()
    expect(said).to_contain_text("Second monitor (simulated) · ")  # it stands in the place of the other now
    assert "118" in vital(second, "hr")
    seen(first, "unplugged-stale", ward.looking)


@pytest.mark.nightly
def test_w22_alarms_absent_at_night_a_dark_page_that_slept_and_one_in_low_light_show_it_and_sound(
    ward: Ward,
) -> None:
    """The saturation falls while one page sleeps: woken, it shows the check and sounds before anything else."""
    dark, low = ward.chair(2, on_the_tablet=True, color_scheme="dark"), ward.chair(2)
    low.get_by_role("button", name="Low light").click()
    assert dark.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches")
    ward.sleep()
    ward.monitors.say(SECOND, {**WELL, "spo2": 86.0})
    card(low, LOW).wait_for(timeout=25_000)
    low.wait_for_function("() => window.tones.length >= 10", timeout=8_000)  # one burst of a high signal
    ward.wake()
    card(dark, LOW).wait_for(timeout=8_000)
    dark.wait_for_function("() => window.tones.length >= 10", timeout=8_000)
    for page, name in ((dark, "w22-dark"), (low, "w22-low-light")):
        assert page.locator("#checks .check--high").first.is_visible()
        seen(page, name, ward.looking)


@pytest.mark.nightly
def test_w23_a_silence_that_ends_sounds_again_although_nothing_has_come_since(ward: Ward) -> None:
    page = ward.chair(2)
    ward.monitors.say(SECOND, {**WELL, "spo2": 86.0})
    card(page, LOW).wait_for(timeout=25_000)
    button = page.get_by_role("button", name="Sound off")
    button.evaluate(
        "one => { one.value = '8'; }"
    )  # the product takes 1 to 120 s; a drill need not wait for two minutes
    button.click()
    card(page, LOW).get_by_text("Sound off until").wait_for()
    ward.monitors.say(SECOND, None)  # and now the monitor is gone: no sample will come
    page.locator("body").click(position={"x": 4, "y": 4})
    silent, since_s = tones(page), time.monotonic()
    page.wait_for_timeout(4_000)
    assert tones(page) == silent
    page.wait_for_function("before => window.tones.length >= before + 10", arg=silent, timeout=10_000)
    assert time.monotonic() - since_s < 8 + 3
    expect(card(page, LOW)).to_contain_text("HIGH")


@pytest.mark.weekly
def test_a_lost_monitor_a_probe_that_fell_off_and_a_pressure_that_ends_in_the_emergency_script(
    ward: Ward,
) -> None:
    """Real minutes: on the first chair nothing comes any more; on the second the probe is off and the pressure is high."""
    wall, first, second = ward.wall(), ward.chair(1), ward.chair(2)
    ward.monitors.say(FIRST, None)
    ward.monitors.say(SECOND, {**WELL, "spo2": 0.0, "pulse": 0.0})
    ward.monitors.say_once(SECOND, {"sbp": 192.0, "dbp": 104.0})
    since_s = time.monotonic()
    # 20 s: a monitor that stood beside it in the drill before stands in for it until its last value is stale
    seconds_until(second.locator("[data-signal=spo2]"), "probe off", within_s=20, since_s=since_s)
    raised = card(second, "Pressure is high")
    expect(raised).to_contain_text("take a second reading")
    expect(raised).to_contain_text("MEDIUM")
    seen(second, "probe-off-and-pressure", ward.looking)
    assert not card(second, LOW).count()
    second.wait_for_timeout(62_000 - (time.monotonic() - since_s) * 1000)
    ward.monitors.say_once(SECOND, {"sbp": 190.0, "dbp": 102.0})
    for place in (card(first, "A signal is lost").first, tile(wall, 1)):
        took_s = seconds_until(place, "lost", within_s=70, since_s=since_s)
        assert 58 <= took_s <= 68, f"lost after {took_s:.1f} s"
    expect(raised).to_contain_text("HIGH")
    assert not card(second, LOW).count()  # a probe that is off is no low saturation, and not calm either
    expect(card(second, "A signal is lost").first).to_be_visible()
    for page, name in ((first, "unplugged-lost"), (second, "pressure-high"), (wall, "lost-and-high")):
        seen(page, name, ward.looking)
    through_the_script(second)
    expect(tile(wall, 2)).to_contain_text("EMERGENCY Hypertension")
    wall.set_viewport_size(WALL)
    seen(wall, "emergency-on-the-wall", ward.looking)


def take_what_still_sounds(page: Page) -> None:
    """A high signal stays until somebody takes it: what the opening of the clinic raised is no part of the drill."""
    button = page.get_by_role("button", name="I am going").first
    for _ in range(10):
        page.wait_for_timeout(1000)
        if not button.count():
            return
        button.click()


def through_the_script(page: Page) -> None:
    """From the check to the pump: two touches, and the pump by confirmation."""
    page.locator("#emergency-bar > summary").click()
    page.get_by_role("button", name="Hypertension").click()
    page.get_by_role("heading", name="Pump stopped by hand?").wait_for()
    page.get_by_role("button", name="Paused by hand").click()
    page.get_by_text("Pump: paused by this log").wait_for()
