"""When which check at the chair is due next. Pure; a reminder of the plan, and not a limit on a value."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ebbtide.journey.infusion.events import RATE_KINDS, ScaleName
from ebbtide.journey.infusion.session import Charted, Phase, SessionState

# clinical.md 6 and check-limits.yaml [design]: pressure every 5 min for 15 min after each change of the rate, then every
# 15; RASS every 15; pain every 30
PRESSURE_EVERY = timedelta(minutes=15)
PRESSURE_AFTER_A_CHANGE = timedelta(minutes=5)
CLOSE_FOR = timedelta(minutes=15)
RASS_EVERY = timedelta(minutes=15)
PAIN_EVERY = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One check, and when it is due."""

    what: str
    words: str
    due_at: datetime

    def overdue(self, at: datetime) -> bool:
        """Whether its time has passed."""
        return at > self.due_at


def dues(state: SessionState, *, at: datetime) -> tuple[Due, ...]:
    """What is due, earliest first; no check before the start and after the stop, where another page watches."""
    found = [*_off_monitor(state), *_checks(state, at)]
    return tuple(sorted(found, key=lambda one: one.due_at))


def _off_monitor(state: SessionState) -> list[Due]:
    """Somebody is off the monitor, before the start too: when they must be on it again."""
    until = state.off_monitor_until
    if until is None or state.phase is Phase.STOPPED:
        return []
    return [Due(what="off_monitor", words="Back on the monitor", due_at=until)]


def _checks(state: SessionState, at: datetime) -> list[Due]:
    start = state.started_at
    if start is None or state.phase not in {Phase.RUNNING, Phase.PAUSED}:
        return []
    pressure = state.signs.get("sbp_mmHg")
    found = [
        Due(
            what="pressure",
            words="Blood pressure",
            due_at=_after(_at(pressure), start) + pressure_every(state, at),
        )
    ]
    for scale, words, every in (
        (ScaleName.RASS, "RASS", RASS_EVERY),
        (ScaleName.NRS11, "Pain", PAIN_EVERY),
    ):
        last = state.scales.get(scale)
        found.append(Due(what=scale.value, words=words, due_at=_after(_at(last), start) + every))
    return found


def _at(charted: Charted | None) -> datetime | None:
    return None if charted is None else charted.at


def _after(last: datetime | None, start: datetime) -> datetime:
    return start if last is None else max(last, start)


def pressure_every(state: SessionState, at: datetime) -> timedelta:
    """How often a pressure is expected: closer for a while after each change of the rate."""
    changed_at = max((e.observed_at for e in state.events if e.kind in RATE_KINDS), default=None)
    close = changed_at is not None and timedelta(0) <= at - changed_at < CLOSE_FOR
    return PRESSURE_AFTER_A_CHANGE if close and state.phase is Phase.RUNNING else PRESSURE_EVERY
