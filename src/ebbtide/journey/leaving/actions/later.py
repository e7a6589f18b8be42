"""What happened after the door: charted later, with its true time, by whoever heard of it."""

from dataclasses import dataclass
from datetime import datetime

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.ledger.turns import one_at_a_time
from ebbtide.journey.leaving import later
from ebbtide.journey.leaving.actions.acting import ruled, staff_of
from ebbtide.journey.leaving.concerns import LATER_RULE, Concern, ConcernKind, Opened, open_concerns
from ebbtide.journey.leaving.models import Departure, LaterEvent
from ebbtide.journey.leaving.queries import departure_to_show


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLater:
    """One event; `replaces` names the entry that it corrects, and `withdrawn` says that it never happened."""

    departure: Departure
    kind: later.LaterKind
    severity: later.Severity
    happened_at: datetime
    what: str = ""
    done: str = ""
    replaces: LaterEvent | None = None
    withdrawn: bool = False


@action("leaving.later_event", "create", about=lambda command: command.departure)
def record_later(act: Act, command: RecordLater) -> Done[LaterEvent]:
    """Keep the event with the time at which it happened, and open an alert when it was severe."""
    one_at_a_time("departure", command.departure.pk)
    departure = departure_to_show(command.departure.pk)
    with ruled():
        later.check_times(
            happened_at=command.happened_at, left_at=departure.discharged_at, recorded_at=act.recorded_at
        )
        later.check_said(kind=command.kind, severity=command.severity, what=command.what, done=command.done)
    _check_corrects(command)
    row = LaterEvent.objects.create(
        departure=departure,
        kind=command.kind,
        severity=command.severity,
        what=command.what.strip()[:200],
        done=command.done.strip()[:500],
        observed_at=command.happened_at,
        recorded_at=act.recorded_at,
        late=later.is_late(observed_at=command.happened_at, recorded_at=act.recorded_at),
        recorded_by=staff_of(act),
        replaces=command.replaces,
        withdrawn=command.withdrawn,
    )
    opened = _concern(act, row)
    clinic_id = departure.session.visit.series.episode.patient.clinic_id
    return Done(value=row, rows=opened.rows, announce=[f"calls:{clinic_id}", *opened.topics])


def _check_corrects(command: RecordLater) -> None:
    old = command.replaces
    if old is None:
        if command.withdrawn:
            raise Refused("LEA-WITHDRAW", "Say which entry is withdrawn: choose it on the departure's page.")
        return
    if old.departure_id != command.departure.pk or LaterEvent.objects.filter(replaces=old).exists():
        raise Refused("LEA-REPLACED", "Somebody corrected this entry meanwhile: read what stands there now.")


def _concern(act: Act, row: LaterEvent) -> Opened:
    if row.severity != later.Severity.SEVERE or row.withdrawn:
        return Opened()
    concern = Concern(
        episode=row.departure.session.visit.series.episode,
        kind=ConcernKind.RED_FLAG,
        rule=LATER_RULE,
        within_min=later.SEVERE_WITHIN_MIN,
        at=act.at,
        told_in=row,
    )
    return open_concerns(act, [concern])
