"""The call on the day after: one try, how it ended, what was told, and whom it calls at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ebbtide.ground.ledger.action import Act, Done, action
from ebbtide.ground.ledger.turns import one_at_a_time
from ebbtide.journey.leaving.actions.acting import ruled, staff_of
from ebbtide.journey.leaving.calls import (
    THOUGHT_WITHIN_MIN,
    THOUGHTS,
    CallOutcome,
    check_call,
    flags_within_min,
)
from ebbtide.journey.leaving.concerns import CALL_RULE, Concern, ConcernKind, Opened, open_concerns
from ebbtide.journey.leaving.models import Departure, NextDayCall
from ebbtide.journey.leaving.queries import departure_to_show


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCall:
    departure: Departure
    outcome: CallOutcome
    red_flags: Mapping[str, bool | None] = field(default_factory=dict)
    note: str = ""
    step: str = ""


@action("leaving.next_day_call", "create", about=lambda command: command.departure)
def record_call(act: Act, command: RecordCall) -> Done[NextDayCall]:
    """One try to call: how it ended, what was told, and what was done about it."""
    one_at_a_time("departure", command.departure.pk)
    departure = departure_to_show(command.departure.pk)
    ended = departure.calls.exclude(outcome=CallOutcome.NOT_REACHED).exists()
    with ruled():
        check_call(command.outcome, command.red_flags, note=command.note, step=command.step, ended=ended)
    row = NextDayCall.objects.create(
        departure=departure,
        outcome=command.outcome,
        red_flags=dict(command.red_flags) if command.outcome is CallOutcome.REACHED else {},
        note=command.note.strip()[:500],
        step=command.step.strip()[:500],
        called_by=staff_of(act),
        called_at=act.at,
    )
    opened = _concerns(act, row)
    clinic_id = departure.session.visit.series.episode.patient.clinic_id
    return Done(value=row, rows=opened.rows, announce=[f"calls:{clinic_id}", *opened.topics])


def _concerns(act: Act, row: NextDayCall) -> Opened:
    """A thought of suicide and every other red flag get an alert each kind, in this very transaction."""
    clocks = {
        ConcernKind.SELF_HARM: THOUGHT_WITHIN_MIN if row.red_flags.get(THOUGHTS) else None,
        ConcernKind.RED_FLAG: flags_within_min(row.red_flags),
    }
    episode = row.departure.session.visit.series.episode
    return open_concerns(
        act,
        [
            Concern(episode=episode, kind=kind, rule=CALL_RULE, within_min=within_min, at=act.at, told_in=row)
            for kind, within_min in clocks.items()
            if within_min is not None
        ],
    )
