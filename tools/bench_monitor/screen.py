"""The chairside page in a real browser while the ward is fed: when each number of the strip was drawn."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import sync_playwright
from tests.browser import chromium_path

from tools.bench.running import Clinic

YIELDS = 10
# a number that changed is drawn with the next frame: the time is taken in the task after it
WATCH = """() => {
  window.drawn = [];
  const strip = document.querySelector("[data-vitals-places]");
  new MutationObserver(() => {
    const told = strip.querySelector('[data-signal="hr"] .vital__number')?.textContent;
    if (told === window.last) return;
    window.last = told;
    requestAnimationFrame(() => setTimeout(() => window.drawn.push([told, (performance.timeOrigin + performance.now()) / 1000])));
  }).observe(strip, { childList: true, subtree: true, characterData: true });
}"""


@dataclass
class Drawn:
    """Which number stood there from when on (s since 1970)."""

    numbers: list[tuple[str, float]] = field(default_factory=list)


@contextmanager
def watched_page(clinic: Clinic, cookie: str, path: str) -> Iterator[Drawn]:
    """The page is open, and its drawings are there once it was closed. In a thread: the feed must not wait for it."""
    drawn, ready, enough, broken = Drawn(), threading.Event(), threading.Event(), list[BaseException]()

    def look() -> None:
        try:
            _look(clinic, cookie, path, drawn, ready, enough)
        except BaseException as error:  # noqa: BLE001 - told in the thread that asked
            broken.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=look, name="the chairside page")
    thread.start()
    try:
        ready.wait(120)
        yield drawn
    finally:
        enough.set()
        thread.join(60)
    if broken:
        raise broken[0]


def _look(
    clinic: Clinic, cookie: str, path: str, drawn: Drawn, ready: threading.Event, enough: threading.Event
) -> None:
    # it stands for a tablet, and a tablet has a processor of its own: where two are short, it yields
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), YIELDS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1024, "height": 768})
        name, _, value = cookie.partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": clinic.address}])
        page.goto(clinic.address + path)
        page.locator("[data-vitals-places]").first.wait_for()
        page.evaluate(WATCH)
        ready.set()
        while not enough.wait(0.5):
            page.wait_for_timeout(1)  # the browser's own events are handed on
        drawn.numbers += [(text, at_s) for text, at_s in page.evaluate("() => window.drawn")]
        chromium.close()


def drawn_ms(
    sent: Sequence[Sequence[Any]], numbers: Sequence[tuple[str, float]], *, first: int, count: int
) -> list[float]:
    """From the last byte of each message of the first monitor to its number on the page (ms).

    Its rate counts from `first` through `count` numbers, so each number names its message within that many seconds.
    """
    found = []
    for second, (_, _, sent_s, _) in enumerate(one for one in sent if one[0] == 0):
        text = str(first + second % count)
        after = [at_s for told, at_s in numbers if told == text and sent_s <= at_s < sent_s + count / 2]
        if after:
            found.append((min(after) - sent_s) * 1000)
    return found
