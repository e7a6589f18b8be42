"""When the next check at a chair is due. Pure; a reminder of the plan, and not a limit on a value."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from ebbtide.journey.infusion.events import RATE_KINDS
from ebbtide.journey.infusion.session import Phase, SessionState

# check-limits.yaml, signal sbp: every 15 min, and every 5 min for 15 min after each change of the rate [design]
EVERY = timedelta(minutes=15)
AFTER_A_CHANGE = timedelta(minutes=5)
CLOSE_FOR = timedelta(minutes=15)


def due_at(state: SessionState, seen: Iterable[datetime], *, at: datetime) -> datetime | None:
    """One interval after the newest check; None before the start. `seen`: pressures of a monitor, observations of recovery."""
    if state.phase is Phase.CHECKED_IN or state.started_at is None:
        return None
    charted = [one.at for one in state.signs.values()]
    last = max([state.started_at, *charted, *(one for one in seen if one <= at)])
    return last + interval(state, at)


def interval(state: SessionState, at: datetime) -> timedelta:
    """How long may pass between two checks at this moment."""
    changed_at = max((e.observed_at for e in state.events if e.kind in RATE_KINDS), default=None)
    close = (
        state.phase is Phase.RUNNING
        and changed_at is not None
        and timedelta(0) <= at - changed_at < CLOSE_FOR
    )
    return AFTER_A_CHANGE if close else EVERY


def phase_word(state: SessionState, *, recovered_at: datetime | None) -> str:
    """The phase as the wall calls it: somebody who was stopped and is observed is recovering."""
    recovering = state.phase is Phase.STOPPED and recovered_at is not None
    return "recovering" if recovering else str(state.phase)


def since(state: SessionState, opened_at: datetime) -> datetime:
    """Since when the chair is in its phase."""
    starts: Mapping[Phase, datetime | None] = {
        Phase.RUNNING: state.started_at,
        Phase.PAUSED: state.pauses[-1].from_at if state.pauses else None,
        Phase.STOPPED: state.stopped_at,
    }
    return starts.get(state.phase) or opened_at
