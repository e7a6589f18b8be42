"""What the wall makes of a folded session: its phase, since when, and when the next check is due. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ebbtide.desks.nurse_station.tiles import OffMonitor
from ebbtide.journey.infusion.due import dues
from ebbtide.journey.infusion.events import Kind
from ebbtide.journey.infusion.session import Phase, SessionState
from ebbtide.journey.leaving.rules import next_observation

# check-limits.yaml, off_monitor: timer_s and timer_max_s [design]
OFF_FOR, OFF_AT_MOST = timedelta(seconds=300), timedelta(seconds=600)


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
    """Off the monitor by the newest word on it, and until when; None while on it, and after the stop."""
    said = [one for one in state.events if one.kind in {Kind.OFF_MONITOR, Kind.BACK_ON_MONITOR}]
    if not said or said[-1].kind is Kind.BACK_ON_MONITOR or state.phase is Phase.STOPPED:
        return None
    newest = said[-1]
    minutes = newest.decimal("for_min")
    lasts = OFF_FOR if minutes is None else min(timedelta(minutes=int(minutes)), OFF_AT_MOST)
    return OffMonitor(reason=newest.text("reason"), until=newest.observed_at + lasts)


def since(state: SessionState, opened_at: datetime) -> datetime:
    """Since when the chair is in its phase."""
    starts: Mapping[Phase, datetime | None] = {
        Phase.RUNNING: state.started_at,
        Phase.PAUSED: state.pauses[-1].from_at if state.pauses else None,
        Phase.STOPPED: state.stopped_at,
    }
    return starts.get(state.phase) or opened_at
