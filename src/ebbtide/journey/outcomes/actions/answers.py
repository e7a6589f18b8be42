"""Answering: each answer is kept as it is given; a finished instrument is scored; what asks for a person opens an alert at once."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model

from ebbtide.evidence.instruments import load_instruments
from ebbtide.evidence.scoring import Scored, check_item, score
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.journey.outcomes import rules
from ebbtide.journey.outcomes.actions.acting import one_at_a_time, ruled, topics
from ebbtide.journey.outcomes.actions.alerts import alert_for_answer
from ebbtide.journey.outcomes.actions.scores import detail_of
from ebbtide.journey.outcomes.models import Answer, How, Invitation, Score
from ebbtide.journey.outcomes.queries import answers_of, given_in, window_of


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerItem:
    """One answer. `value` None: the person was asked and declined."""

    invitation: Invitation
    instrument: str
    item: int
    value: int | None


@action("outcomes.score", "create", about=lambda command: command.invitation)
def answer_item(act: Act, command: AnswerItem) -> Done[Answer]:
    """Keep one answer. What asks for a person opens an alert here, in the same transaction; a finished instrument is scored."""
    row = command.invitation
    one_at_a_time("check-in", row.pk)
    if command.instrument not in row.instruments:
        raise Refused("OUT-ASKED", f"{command.instrument} is no part of this check-in: nothing was changed.")
    instrument = load_instruments().instrument(command.instrument)
    with ruled():
        rules.check_open(window_of(row), at=act.at)
        # a declined answer has no value; the lowest stands in to check that the item exists
        low = instrument.range_of(command.item).low
        check_item(instrument, command.item, low if command.value is None else command.value)
    answer = Answer.objects.create(
        invitation=row,
        instrument=command.instrument,
        item=command.item,
        value=command.value,
        how=How.DECLINED if command.value is None else How.ANSWERED,
        answered_at=act.at,
    )
    rows: list[Model] = list(alert_for_answer(act, instrument, answer))
    answers = answers_of(row)
    if all((instrument.id, item) in answers for item in range(1, instrument.items + 1)):
        rows += _kept(act, row, score(instrument, given_in(answers, instrument)), observed_at=act.at)
    return Done(value=answer, rows=rows, announce=topics(row.episode, rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitCheckIn:
    invitation: Invitation


@action("outcomes.score", "create", about=lambda command: command.invitation)
def submit_check_in(act: Act, command: SubmitCheckIn) -> Done[Invitation]:
    """Score what was answered so far; the person says that this is all, or the time is over. Nothing answered makes no score."""
    row = command.invitation
    one_at_a_time("check-in", row.pk)
    answers = answers_of(row)
    rows: list[Model] = []
    for name in row.instruments:
        touched = [answer for (instrument, _), answer in answers.items() if instrument == name]
        if touched:
            instrument = load_instruments().instrument(name)
            last_at = max(answer.answered_at for answer in touched)
            rows += _kept(act, row, score(instrument, given_in(answers, instrument)), observed_at=last_at)
    return Done(value=row, rows=rows, announce=topics(row.episode, rows))


def _kept(act: Act, row: Invitation, scored: Scored, *, observed_at: datetime) -> list[Score]:
    """The score of a check-in; it replaces the one before, unless it says the same."""
    before = Score.objects.filter(
        invitation=row, instrument=scored.instrument, replaced_by__isnull=True
    ).first()
    told = detail_of(scored)
    if before is not None and (before.value, before.status, before.detail) == (
        scored.value,
        scored.status,
        told,
    ):
        return []
    made = Score.objects.create(
        episode=row.episode,
        instrument=scored.instrument,
        point=row.point,
        value=scored.value,
        status=scored.status,
        detail=told,
        observed_at=observed_at,
        recorded_at=act.recorded_at,
        invitation=row,
        replaces=before,
    )
    return [made]
