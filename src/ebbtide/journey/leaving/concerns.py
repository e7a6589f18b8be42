"""leaving: what asks for a person at once, and the one place that opens it. It is never put off and never left to a job.

Alerts, each with an owner and a clock, are kept by a later stage, which this one may not import. That stage registers its
opener here when it starts, as a room registers its topics; the alert is then opened inside the very act that heard of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from ebbtide.ground.ledger.action import Act
from ebbtide.journey.access.models import Episode
from ebbtide.journey.leaving.models import LaterEvent, NextDayCall, Recovery

THOUGHT_RULE = "GATE-SI"  # the question of instruments.yaml that a yes was given to
CALL_RULE = "FU-D1"  # the call on the day after
LATER_RULE = "LEA-LATER"  # something charted after the person had left


class ConcernKind(StrEnum):
    """What was heard."""

    SELF_HARM = "self_harm"
    RED_FLAG = "red_flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """Something that a person must act on: what, about whom, within how many minutes, and the row that says it."""

    episode: Episode
    kind: ConcernKind
    rule: str
    within_min: int
    at: datetime
    told_in: Recovery | NextDayCall | LaterEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The rows that opening wrote, for the ledger entry of the act, and who hears of it after the commit."""

    rows: Sequence[Model] = ()
    topics: Sequence[str] = ()


class Opener(Protocol):
    """Opens an alert in the transaction of the act; the same call for help is not opened twice."""

    def __call__(self, act: Act, concern: Concern) -> Opened: ...


_opener: list[Opener] = []


def register_opener(opener: Opener) -> None:
    """Say who keeps alerts, in that stage's `apps.py` (`ready`)."""
    _opener[:] = [opener]


def open_concerns(act: Act, concerns: Sequence[Concern]) -> Opened:
    """Open each of them now.

    Raises:
        ImproperlyConfigured: nobody keeps alerts. The act fails whole: a thought of suicide is never kept in silence.
    """
    if concerns and not _opener:
        raise ImproperlyConfigured("No stage keeps alerts: register its opener in its apps.py.")
    done = [_opener[0](act, one) for one in concerns]
    return Opened(
        rows=[row for one in done for row in one.rows], topics=[topic for one in done for topic in one.topics]
    )
