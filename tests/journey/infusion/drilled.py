"""A clinic that really runs, its two chairs at work, and monitors that say what a drill wants: over the wire, second by second."""

import asyncio
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page
from tools.bench.running import Clinic, clock_of, environment

from ebbtide.ground.database import attach
from ebbtide.twin.monitors.line import Line
from ebbtide.twin.monitors.messages import report
from tests.drills.clinics import ROOT, processes_of
from tests.drills.test_kill_gateway import shown_in
from tests.stories.looking import SCREENS, Looking

Values = Mapping[str, float | None]
# what the demonstration's own monitors told of before: what is left out would be lost after a minute
WELL: Values = {"hr": 72.0, "pulse": 72.0, "spo2": 97.0, "rr": 14.0, "etco2": 38.0}
FIRST, SECOND, BESIDE = "SIM-CHAIR-1", "SIM-CHAIR-2", "SIM-BESIDE"
TABLET, WALL = {"width": 1024, "height": 768}, {"width": 1920, "height": 1080}
# what the page's sound consists of: each tone that it really starts, and when
COUNT_TONES = """
window.tones = [];
const begin = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.tones.push(performance.now()); return begin.apply(this, when); };
"""


class Monitors:
    """Each says its values once a second while it has some; what is said once is said with the next second."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic, self._enough = clinic, threading.Event()
        self._says: dict[str, Values] = {}
        self._once: dict[str, queue.SimpleQueue[Values]] = {}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)

    def say(self, key: str, values: Values | None) -> None:
        """From now on; None: its cable is out."""
        self._once.setdefault(key, queue.SimpleQueue())
        self._says = {
            **{k: v for k, v in self._says.items() if k != key},
            **({key: values} if values else {}),
        }

    def say_once(self, key: str, values: Values) -> None:
        self._once[key].put(values)

    async def _live(self) -> None:
        lines: dict[str, Line] = {}
        number = 0
        while not self._enough.is_set():
            for key, values in self._says.items():
                told = dict(values)
                with suppress(queue.Empty):
                    told |= self._once[key].get_nowait()
                line = lines.setdefault(key, Line("127.0.0.1", self._clinic.mllp_port))
                await line.send(report(key, number, shown_in(self._clinic.data), told))
            number += 1
            await asyncio.sleep(1.0)
        for line in lines.values():
            await line.close()

    def __enter__(self) -> "Monitors":
        for key in (FIRST, SECOND):
            self.say(key, WELL)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join(15)


@contextmanager
def without_the_twin(data: Path) -> Iterator[None]:
    """The demonstration's own monitors hold their breath; what is heard comes from the drill."""
    held = [pid for pid in processes_of(data) if b"ebbtide.twin.monitors" in _command(pid)]
    assert held, "the demonstration has no monitors"
    for pid in held:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in held:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def staged(clinic: Clinic) -> dict[str, Any]:
    """A second monitor on the second chair; the sessions of both chairs, and the cookies of the nurses who care for them."""
    told = {
        **environment(clinic.data),
        **clock_of(clinic.data),
        "DATABASE_URL": attach(clinic.data).app_url,
        "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings",
        "EBBTIDE_DEMO": "1",
    }
    program = "import json; from tools.bench import inside; from tests.journey.infusion.drill_stage import stage; print(json.dumps(stage()))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=told,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


class Ward:
    """The nurses' browsers: the page of each chair, the wall, and what both say. `tablet` is one that can be put to sleep."""

    def __init__(self, clinic: Clinic, browser: Browser, tablet: Browser, monitors: Monitors) -> None:
        self.clinic, self.monitors, self._browser, self._tablet = clinic, monitors, browser, tablet
        self.told, self.looking = staged(clinic), Looking(expected={422, 204})
        self._open: list[Page] = []

    def page(self, path: str, *, nurse: int = 1, on_the_tablet: bool = False, **how: Any) -> Page:
        browser = self._tablet if on_the_tablet else self._browser
        context = browser.new_context(base_url=self.clinic.address, **{"viewport": TABLET, **how})
        name, value = self.told["cookies"][nurse - 1]
        context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}])
        context.add_init_script(COUNT_TONES)
        page = self.looking.listen(context.new_page())
        page.goto(path)
        page.locator("body").click(position={"x": 4, "y": 4})  # somebody touches it, so that it may sound
        self._open.append(page)
        return page

    def chair(self, number: int, **how: Any) -> Page:
        page = self.page(f"/infusion/sessions/{self.told['sessions'][number - 1]}", nurse=number, **how)
        page.locator(".vital--live").first.wait_for(timeout=20_000)
        return page

    def wall(self) -> Page:
        return self.page("/station/", viewport=WALL)

    def sleep(self) -> None:
        """What a tablet does whose screen goes dark: its pages are there, and no line of their scripts runs."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, which: signal.Signals) -> None:
        told = self._tablet.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
        for one in told["processInfo"]:
            if one["type"] == "renderer":
                os.kill(one["id"], which)

    def close(self) -> None:
        self.wake()
        for page in self._open:
            with suppress(Exception):
                page.context.close()
        self._open.clear()
        for key in (FIRST, SECOND):
            self.monitors.say(key, WELL)
        self.monitors.say(BESIDE, None)


def tile(wall: Page, chair: int) -> Locator:
    return wall.locator(f"article[aria-label='Chair {chair}']")


def vital(page: Page, signal_name: str) -> str:
    """Number and words of one sign, in one line."""
    return " ".join(page.locator(f"[data-signal={signal_name}]").inner_text().split())


def card(page: Page, title: str) -> Locator:
    return page.locator("#checks article", has_text=title)


def tones(page: Page) -> int:
    found: int = page.evaluate("() => window.tones.length")
    return found


def seconds_until(place: Locator, words: str, *, within_s: float, since_s: float) -> float:
    """How long after a moment these words stood there (s)."""
    place.get_by_text(words).first.wait_for(timeout=max(1.0, within_s - (time.monotonic() - since_s)) * 1000)
    return time.monotonic() - since_s


def seen(page: Page, name: str, looking: Looking) -> None:
    """A picture, and axe on it; of the wall one of a quarter of the size too, as it looks from afar."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    path = SCREENS / f"drill-{name}.png"
    page.screenshot(path=path)
    looking.inspect(page, name)
    if page.viewport_size == WALL:
        from PIL import Image

        with Image.open(path) as whole:
            whole.resize((480, 270)).save(SCREENS / f"drill-{name}-afar.png")
