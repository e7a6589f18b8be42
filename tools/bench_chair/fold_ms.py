"""How long the fold takes over the log of a 4-hour session with 5,000 entries (ms)."""

import gc
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np

from ebbtide.journey.infusion.events import Event, Kind, Value
from ebbtide.journey.infusion.session import fold

ENTRIES, HOURS, RUNS = 5_000, 4, 30
GOAL_MS = 20.0
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SIGNS: dict[str, Value] = {
    "hr_per_min": Decimal(78),
    "sbp_mmHg": Decimal(128),
    "dbp_mmHg": Decimal(80),
    "spo2_percent": Decimal(97),
    "rr_per_min": Decimal(14),
}


def a_log(entries: int = ENTRIES, *, seed: int = 5) -> list[Event]:
    """A busy session, shuffled: mostly vital signs, with scales, notes, rates, drugs, corrections and withdrawals."""
    chance = np.random.default_rng(seed)
    events = list(_told(entries, chance))
    return [events[n] for n in chance.permutation(entries)]


def _told(entries: int, chance: np.random.Generator) -> Iterator[Event]:
    every = timedelta(hours=HOURS) / entries
    rate = Decimal(60)
    yield _event(chance, Kind.START, START, {"rate_mg_per_h": rate})
    before: Event | None = None
    for number in range(1, entries):
        at = START + number * every
        if number % 25 == 0:
            yield _event(chance, Kind.SCALE, at, {"name": "RASS", "value": -(number % 3)})
        elif number % 25 == 1:
            yield _event(chance, Kind.NOTE, at, {"text": "quiet, eyes closed"})
        elif number % 125 == 2:
            rate -= Decimal("0.5")
            yield _event(chance, Kind.RATE_DECREASE, at, {"rate_mg_per_h": rate})
        elif number % 50 == 3 and before is not None:
            yield _event(chance, before.kind, before.observed_at, {}, replaces=before.id, withdrawn=True)
        else:
            before = _event(chance, Kind.OBSERVATION, at, SIGNS)
            yield before


def _event(
    chance: np.random.Generator,
    kind: Kind,
    at: datetime,
    values: dict[str, Value],
    *,
    replaces: UUID | None = None,
    withdrawn: bool = False,
) -> Event:
    return Event(
        id=UUID(bytes=chance.bytes(16)),
        kind=kind,
        observed_at=at,
        recorded_at=at,
        values=values,
        author="N. Urse",
        replaces=replaces,
        withdrawn=withdrawn,
    )


def measure() -> dict[str, Any]:
    """The row of this figure: the median of 30 folds of one shuffled log."""
    events = a_log()
    fold(events)
    taken = []
    for _ in range(RUNS):
        gc.collect()
        begun_s = time.process_time()
        state = fold(events)
        taken.append((time.process_time() - begun_s) * 1000)
    if len(state.events) + len(state.set_aside) != ENTRIES:
        raise AssertionError("The fold lost entries: the figure counts for nothing.")
    value = round(median(taken), 1)
    return {
        "name": "fold_ms",
        "value": value,
        "unit": "ms",
        "goal": GOAL_MS,
        "better": "lower",
        "met": value <= GOAL_MS,
        "runs": RUNS,
        "note": f"median processor time of {RUNS}, slowest {max(taken):.1f} ms; {ENTRIES} entries of {HOURS} h in random order",
    }
