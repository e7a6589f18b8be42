"""Looking at a page as its readers do: at both widths, with axe-core, and with every complaint of the browser written down."""

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Response
from playwright.sync_api import TimeoutError as TookTooLong

HERE = Path(__file__).resolve().parents[2]
AXE = HERE / "tests" / "vendor" / "axe" / "axe.min.js"
SCREENS = HERE / "build" / "screens"
TUTORIAL = HERE / "docs" / "tutorials" / "screens"
# the pictures of docs/tutorials/the-first-journey.md; EBBTIDE_WRITE_TUTORIAL=1 makes them anew
IN_TUTORIAL = {
    "request-1-complaint": "390", "queue": "1280", "accept": "1280", "import-result": "1280", "workbench": "1280",
    "consent-sign": "390", "order-draft": "1280", "blind-check-differs": "390", "place-series": "1280", "portal": "390",
    "gate-passed": "1280", "chair-infusing": "1280", "nurse-station": "1280", "departure": "1280",
    "check-in-question": "390", "chart-after": "1280", "registry": "1280",
}  # fmt: skip
TALLEST = {"390": 844, "1280": 900}
LARGEST_B = 120_000
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
GRAVE = ("serious", "critical")
ASK_AXE = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map(v => ({rule: v.id, impact: v.impact, at: v.nodes.slice(0, 3).map(n => n.target.join(" "))}));
}"""
OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"


@dataclass
class Looking:
    """Every fault that was seen, to be told together at the end: one run shows all of them."""

    faults: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=lambda: {422})

    def listen(self, page: Page) -> Page:
        """Write down what the browser complains of on this page from now on."""
        page.on("console", lambda said: self._heard(page, said))
        page.on("pageerror", lambda error: self.faults.append(f"{path_of(page)}: script error: {error}"))
        page.on("response", lambda answer: self._answered(page, answer))
        return page

    def _heard(self, page: Page, said: ConsoleMessage) -> None:
        # an answer of 422 is a form that said what is wrong: the browser calls every such answer an error
        # and at a chair 409 is an entry that was refused in words, shown until a person has looked at it
        told = (422, 409) if path_of(page).startswith("infusion/sessions/") else (422,)
        if said.type == "error" and not any(f"status of {code}" in said.text for code in told):
            self.faults.append(f"{path_of(page)}: console: {said.text[:200]}")

    def _answered(self, page: Page, answer: Response) -> None:
        if answer.status >= 400 and answer.status not in self.expected:
            self.faults.append(
                f"{path_of(page)}: {answer.status} for {answer.url.partition('//')[2].partition('/')[2]}"
            )

    def at_both_widths(self, page: Page, look: Callable[[str], None]) -> None:
        """Do this at 390 px, then at 1280 px; the page stays wide."""
        for word, size in (("390", NARROW), ("1280", WIDE)):
            page.set_viewport_size(size)  # type: ignore[arg-type]  # TypedDict in, dict here
            page.evaluate("() => document.fonts.ready.then(() => true)")
            look(word)

    def screen(self, page: Page, name: str) -> None:
        """Keep a picture of the page at both widths, and let axe look at each."""

        def look(width: str) -> None:
            SCREENS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SCREENS / f"{name}-{width}.png", full_page=True)
            if os.environ.get("EBBTIDE_WRITE_TUTORIAL") and IN_TUTORIAL.get(name) == width:
                write_for_tutorial(page, name, width)
            self.inspect(page, f"{name} at {width} px")

        self.at_both_widths(page, look)

    def dark(self, page: Page, name: str, *, theme: str = "dark") -> None:
        """One more picture in another light."""
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        page.screenshot(path=SCREENS / f"{name}-{theme}-1280.png", full_page=True)
        self.inspect(page, f"{name} in {theme}")
        page.evaluate("() => delete document.documentElement.dataset.theme")

    def inspect(self, page: Page, where: str) -> None:
        """axe-core and the width: nothing serious or critical, nothing that runs out of the page."""
        # a figure that is laid out anew after the width changed has two seconds to settle
        with contextlib.suppress(TookTooLong):
            page.wait_for_function(f"() => ({OVERFLOW})() <= 0", timeout=2000)
        if (out_px := page.evaluate(OVERFLOW)) > 0:
            self.faults.append(f"{where}: runs {out_px} px out of the page")
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE.read_text(encoding="utf-8"))
        for one in page.evaluate(ASK_AXE):
            if one["impact"] in GRAVE:
                self.faults.append(f"{where}: {one['impact']} {one['rule']} on {json.dumps(one['at'])}")

    def told(self) -> str:
        """Each fault once, a line each."""
        return "\n".join(dict.fromkeys(self.faults))


def write_for_tutorial(page: Page, name: str, width: str) -> None:
    """The top of the page, in few colours: small enough for a repository."""
    from PIL import Image

    TUTORIAL.mkdir(parents=True, exist_ok=True)
    path = TUTORIAL / f"{name}.png"
    page.screenshot(
        path=path, clip={"x": 0, "y": 0, "width": int(width), "height": TALLEST[width]}, full_page=True
    )
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(256).save(path, optimize=True)
    assert path.stat().st_size < LARGEST_B, f"{path.name} is too heavy: {path.stat().st_size} bytes"


def path_of(page: Page) -> str:
    """The page's address without what names a row."""
    return page.url.partition("//")[2].partition("/")[2].partition("?")[0] or "home"


def words(page: Page) -> str:
    """Everything a person can read on the page, in one line."""
    text: Any = page.locator("body").inner_text()
    return " ".join(str(text).split())
