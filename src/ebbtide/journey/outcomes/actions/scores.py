"""Recording: a result that staff asked for at the visit, or that came from a licensed sheet or another system."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model

from ebbtide.evidence.instruments import load_instruments
from ebbtide.evidence.scoring import Given, Scored, score
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.journey.access.models import Episode
from ebbtide.journey.outcomes.actions.acting import ruled, topics
from ebbtide.journey.outcomes.actions.alerts import Origin, open_alert
from ebbtide.journey.outcomes.models import Score

VISIT = "VISIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One result as staff asked for it or received it: item by item, or `value` alone from a licensed sheet."""

    instrument: str
    observed_at: datetime
    point: str = VISIT
    answers: Mapping[int, Given] | None = None
    value: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordScore:
    """One result, observed at the time of the act."""

    episode: Episode
    instrument: str
    point: str = VISIT
    answers: Mapping[int, Given] | None = None
    value: Decimal | None = None
    replaces: Score | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordScores:
    """Several results of one episode in one act: a diary that was brought on paper, or the history of another system."""

    episode: Episode
    results: tuple[Result, ...]


@action("outcomes.result", "create", about=lambda command: command.episode)
def record_score(act: Act, command: RecordScore) -> Done[Score]:
    """A score that was asked for at the visit, or typed from a sheet. What asks for a person opens an alert at once."""
    result = Result(
        instrument=command.instrument,
        observed_at=act.at,
        point=command.point,
        answers=command.answers,
        value=command.value,
    )
    made, rows = _record(act, command.episode, result, replaces=command.replaces)
    return Done(value=made, rows=rows, announce=topics(command.episode, rows))


@action("outcomes.result", "create", about=lambda command: command.episode)
def record_scores(act: Act, command: RecordScores) -> Done[Score]:
    """Several results, each at the time at which it was observed."""
    if not command.results:
        raise Refused("OUT-NOTHING", "There is no result to record: name at least one.")
    rows: list[Model] = []
    for result in command.results:
        made, opened = _record(act, command.episode, result)
        rows += [made, *opened]
    return Done(value=made, rows=rows, announce=topics(command.episode, rows))


def _record(
    act: Act, episode: Episode, result: Result, *, replaces: Score | None = None
) -> tuple[Score, list[Model]]:
    if result.observed_at > act.recorded_at:
        raise Refused("OUT-FUTURE", "This result lies in the future: correct its date.")
    scored = _scored(result)
    made = Score.objects.create(
        episode=episode,
        instrument=result.instrument,
        point=result.point,
        value=scored.value if scored else result.value,
        status=scored.status if scored else "complete",
        detail=detail_of(scored) if scored else {},
        observed_at=result.observed_at,
        recorded_at=act.recorded_at,
        entered_by_id=act.by.staff_id,
        replaces=_still_standing(replaces, episode),
    )
    if scored is None or scored.flag is None:
        return made, []
    return made, open_alert(
        act, Origin(episode=episode, rule=scored.flag.rule, at=result.observed_at, score=made)
    )


def _still_standing(replaces: Score | None, episode: Episode) -> Score | None:
    if replaces is None:
        return None
    if replaces.episode_id != episode.pk or Score.objects.filter(replaces=replaces).exists():
        raise Refused("OUT-REPLACED", "That score was replaced already: open the page again.")
    return replaces


def _scored(result: Result) -> Scored | None:
    """The result by our own scoring, or None when it came as a finished value from a sheet that is not ours to score."""
    pack = load_instruments()
    if result.answers is not None:
        with ruled():
            return score(pack.instrument(result.instrument), result.answers)
    if result.value is None or result.instrument not in pack.adapters:
        raise Refused(
            "OUT-RESULT",
            "A result is typed item by item; a bare value is kept only for a licensed scale that is scored elsewhere.",
        )
    return None


def detail_of(scored: Scored) -> dict[str, Any]:
    """What a score rests on, as it is kept: the items in order, clusters, a provisional diagnosis, and which file scored it."""
    told: dict[str, Any] = {
        "items": [given if isinstance(given, int) else given.value for given in scored.items],
        "version": load_instruments().version,
    }
    if scored.clusters:
        told["clusters"] = {
            name: None if value is None else str(value) for name, value in scored.clusters.items()
        }
        told["provisional_diagnosis"] = scored.provisional_diagnosis
    return told
