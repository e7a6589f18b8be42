"""A nurse's finger, counted: what a full set of vital signs costs on the chairside page."""

import time
from dataclasses import dataclass
from typing import Any

FULL_SET = {
    "hr_per_min": "92", "sbp_mmHg": "141", "dbp_mmHg": "87", "spo2_percent": "96", "rr_per_min": "12",
    "o2_flow_l_per_min": "3",
}  # fmt: skip


@dataclass
class Finger:
    """Touches of one page; nothing else may set a value."""

    page: Any
    touches: int = 0

    def tap(self, where: Any) -> None:
        """One touch."""
        where.tap()
        self.touches += 1


@dataclass(frozen=True)
class Counted:
    touches: int
    seconds: float


def a_full_set(page: Any) -> Counted:
    """Every sign set by hand to another value than before, from the open chairside page to the recorded entry."""
    finger, begun_s = Finger(page), time.monotonic()
    finger.tap(page.get_by_role("link", name="Vitals", exact=True))
    page.locator(".pad__cell").first.wait_for()
    for name, value in FULL_SET.items():
        page.locator(f".field--open [name={name}]").wait_for()  # the pad opened it by itself
        finger.tap(page.locator(f".pad__cell[value='{value}']"))
    finger.tap(page.get_by_role("button", name="Record vital signs"))
    page.get_by_text("Recorded at").wait_for()
    return Counted(touches=finger.touches, seconds=time.monotonic() - begun_s)
