"""A high check while drug flows asks what was done with the pump, until somebody says it. Pure.

A question and a record of the answer (check-limits.yaml, evaluation 8): it proposes no rate and no dose, and it touches no
pump. One answer answers every check that was raised before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ebbtide.journey.infusion.events import Event, Kind
from ebbtide.journey.infusion.session import SessionState

ANSWERS = frozenset({Kind.PUMP_ACTION, Kind.PAUSE, Kind.STOP})


@dataclass(frozen=True, slots=True, kw_only=True)
class High:
    """A check that became high, and when."""

    title: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpAsked:
    """What nobody has answered yet: the checks, each once, and since when the oldest of them waits."""

    titles: tuple[str, ...]
    since: datetime


def pump_asked(highs: Iterable[High], state: SessionState) -> PumpAsked | None:
    """What is asked now; None when drug did not flow, or somebody answered."""
    answers = [event for event in state.events if event.kind in ANSWERS]
    waiting = [one for one in highs if _flowed(state, one.at) and not _answered(answers, one.at)]
    if not waiting:
        return None
    titles = tuple(dict.fromkeys(one.title for one in sorted(waiting, key=lambda one: one.at)))
    return PumpAsked(titles=titles, since=min(one.at for one in waiting))


def _flowed(state: SessionState, at: datetime) -> bool:
    return any(one.start_at <= at and (one.end_at is None or at < one.end_at) for one in state.periods)


def _answered(answers: Iterable[Event], raised_at: datetime) -> bool:
    """An answer whose time was typed has no seconds: it may stand in the minute in which the check was raised."""
    minute_at = _its_minute(raised_at)
    return any(
        one.observed_at >= (minute_at if one.observed_at == _its_minute(one.observed_at) else raised_at)
        for one in answers
    )


def _its_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
