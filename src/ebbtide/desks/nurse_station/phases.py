"""What the wall makes of a folded session: its phase, since when, and when the next check is due. Pure."""

from collections.abc import Mapping
from datetime import datetime

from ebbtide.desks.nurse_station.tiles import OffMonitor
from ebbtide.journey.infusion.due import dues
from ebbtide.journey.infusion.session import Phase, SessionState
from ebbtide.journey.leaving.rules import next_observation

# the reasons that check-limits.yaml names for being off the monitor [design]
OFF_REASONS = frozenset({"toilet", "sensor moved", "transfer", "patient's wish", "other"})


def due_at(state: SessionState, *, recovered_at: datetime | None, at: datetime) -> datetime | None:
    """The next check as the chair and the recovery count it, so that no two screens say different times."""
    if state.phase is Phase.STOPPED and state.started_at is not None and state.stopped_at is not None:
        return next_observation(stopped_at=state.stopped_at, observed_at=recovered_at, at=at).at
    return min((one.due_at for one in dues(state, at=at)), default=None)


def phase_word(state: SessionState, *, recovered_at: datetime | None) -> str:
    """The phase as the wall calls it: somebody who was stopped and is observed is recovering."""
    recovering = state.phase is Phase.STOPPED and recovered_at is not None
    return "recovering" if recovering else str(state.phase)


def off_monitor(state: SessionState) -> OffMonitor | None:
    """Off the monitor for a reason, and until when; None while on it, and after the stop."""
    until = state.off_monitor_until
    if until is None or state.off_monitor is None or state.phase is Phase.STOPPED:
        return None
    reason = state.off_monitor.text("reason").strip().casefold()
    # whoever passes reads the wall: only words of the list, never what somebody typed
    return OffMonitor(reason=reason if reason in OFF_REASONS else "", until=until)


def since(state: SessionState, opened_at: datetime) -> datetime:
    """Since when the chair is in its phase."""
    starts: Mapping[Phase, datetime | None] = {
        Phase.RUNNING: state.started_at,
        Phase.PAUSED: state.pauses[-1].from_at if state.pauses else None,
        Phase.STOPPED: state.stopped_at,
    }
    return starts.get(state.phase) or opened_at
