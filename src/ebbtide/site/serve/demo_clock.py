"""The demonstration's time: it opens on a working morning, and stands still while it is closed.

Two chairs must be at work whenever somebody looks, also on a Sunday night. So a demonstration that is opened outside a
morning of its clinic begins on the last one, and a later start goes on where the clinic was closed.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ebbtide.ground import clock
from ebbtide.twin.wall import morning_of

FILE = "demo-clock.json"
KEPT_EVERY_S = 10.0
# a demonstration that was killed may have run this long after its time was last kept; time never goes back
AT_MOST_UNKEPT = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoClock:
    """START@RATE, and the real instant (s) at which START was shown: what every process of a demonstration shares."""

    setting: str
    origin_s: float

    def environment(self) -> dict[str, str]:
        return {"EBBTIDE_CLOCK": self.setting, "EBBTIDE_CLOCK_ORIGIN": repr(self.origin_s)}

    def reads(self, real_s: float) -> datetime:
        return clock.now_from(self.setting, origin_s=self.origin_s).read(real_s)


def settle(folder: Path, *, asked: str | None, now: datetime, real_s: float) -> DemoClock:
    """The clock of this start: what was asked for, else where it was closed, else a working morning."""
    if asked:
        return DemoClock(setting=asked, origin_s=real_s)
    closed_at = _kept(folder / FILE)
    starts_at = morning_of(now) if closed_at is None else closed_at + AT_MOST_UNKEPT
    return DemoClock(setting=f"{starts_at.isoformat()}@1", origin_s=real_s)


def keeper(folder: Path, demo_clock: DemoClock) -> Callable[[], None]:
    """A function that keeps the time the demonstration shows; called often, it writes every 10 s."""
    last_s = 0.0

    def keep() -> None:
        nonlocal last_s
        real_s = time.time()  # noqa: TID251 - the real time that the driven clock is read at
        if real_s - last_s >= KEPT_EVERY_S:
            last_s = real_s
            keep_now(folder, demo_clock, real_s=real_s)

    return keep


def keep_now(folder: Path, demo_clock: DemoClock, *, real_s: float) -> None:
    """Keep the time that is shown at this moment. Closing keeps it too: the minutes of a first start are not lost."""
    _write(folder / FILE, demo_clock, shown_at=demo_clock.reads(real_s))


def of_folder(folder: Path) -> DemoClock | None:
    """The clock of the demonstration that runs in this folder, for a command beside it; None when none was kept."""
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return DemoClock(setting=str(told["setting"]), origin_s=float(told["origin_s"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _kept(path: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["shown_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, demo_clock: DemoClock, *, shown_at: datetime) -> None:
    beside = path.with_suffix(".new")
    told = {
        "setting": demo_clock.setting,
        "origin_s": demo_clock.origin_s,
        "shown_at": shown_at.isoformat(),
    }
    beside.write_text(f"{json.dumps(told)}\n", encoding="utf-8")
    beside.replace(path)
