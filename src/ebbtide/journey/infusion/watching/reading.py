"""What the process of the checks reads: sessions that are watched, samples after their commit, the log as the checks take it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from ebbtide.ground.database.prepared import planned
from ebbtide.journey.infusion.checks.channels import BY_HAND, Reading
from ebbtide.journey.infusion.checks.inputs import Due, Log, Sample
from ebbtide.journey.infusion.checks.limits import APNOEA
from ebbtide.journey.infusion.due import dues
from ebbtide.journey.infusion.events import Event, Kind, ScaleName
from ebbtide.journey.infusion.models import Binding, Entry, EntryKind, MonitorNotice, Session
from ebbtide.journey.infusion.queries import BY_HAND as TYPED
from ebbtide.journey.infusion.queries import SESSION_WAY, standing
from ebbtide.journey.infusion.session import Phase, SessionState

FORGOTTEN = timedelta(hours=24)  # a session that nobody stopped is watched for so long [design]
# MDC_EVT_APNEA, and a ventilation's apnoea of 15 s and of 30 s: 3:3072, 3:3284, 3:3292 of ISO/IEEE 11073-10101
# [second-hand: the table of equivalents in DICOM PS3.16, and public FHIR profiles]
APNOEA_ALARMS = ("199680", "199892", "199900")
SAMPLES = """
SELECT session_id, device_id, signal, observed_at, value, state, received_at FROM infusion_sample
WHERE session_id = ANY(%s) AND observed_at > %s ORDER BY observed_at
"""
KEPT = "SELECT count(*) FROM infusion_sample WHERE session_id = $1::uuid AND observed_at > $2::timestamptz"


def watched(at: datetime) -> QuerySet[Session, UUID]:
    """The ids of the sessions that nobody stopped, and those that still have a monitor on them."""
    stops = standing(Entry.objects.filter(session=OuterRef("pk"), kind=EntryKind.STOP))
    bound = Binding.objects.filter(session=OuterRef("pk"), until_at__isnull=True)
    rows = Session.objects.filter(opened_at__gte=at - FORGOTTEN, opened_at__lte=at)
    return rows.filter(Q(~Exists(stops)) | Q(Exists(bound))).values_list("pk", flat=True)


def session_of(name: UUID) -> Session | None:
    """One session with everything that its checks ask of it."""
    return Session.objects.select_related(*SESSION_WAY).filter(pk=name).first()


def samples_since(sessions: Iterable[UUID], since: datetime) -> dict[UUID, list[Sample]]:
    """What monitors said since then of these sessions, in the order of its time."""
    found: dict[UUID, list[Sample]] = {}
    with connection.cursor() as cursor:
        cursor.execute(SAMPLES, [list(sessions), since])
        for session_id, device_id, signal, observed_at, value, state, received_at in cursor.fetchall():
            one = Sample(
                at_s=observed_at.timestamp(),
                device=str(device_id),
                signal=signal,
                value=value,
                state=state,
                received_s=received_at.timestamp(),
            )
            found.setdefault(session_id, []).append(one)
    return found


def samples_kept(session: UUID, since: datetime) -> int:
    """How many readings of this session the record holds since then."""
    count: int = planned(KEPT, [session, since])[0][0]
    return count


def apnoea_alarms(session: Session, since: datetime) -> list[Sample]:
    """The apnoea alarms of the monitors on this person, as the checks take them: 1 while it lasts, 0 when it ended.

    Their clocks may be a little ahead; a training alarm is none.
    """
    rows = MonitorNotice.objects.filter(
        session=session, code__in=APNOEA_ALARMS, training=False, observed_at__gt=since
    )
    return [
        Sample(
            at_s=row.observed_at.timestamp(),
            device=str(row.device_id),
            signal=APNOEA,
            value=0.0 if row.ended else 1.0,
            received_s=row.received_at.timestamp(),
        )
        for row in rows.order_by("observed_at", "id")
    ]


def samples_told(values: Mapping[str, Any], at: datetime) -> list[Sample]:
    """The newest samples as the notice after their commit carries them; what it leaves out is read from the record."""
    return [
        Sample(
            at_s=datetime.fromisoformat(one["observed_at"]).timestamp(),
            device=one["device_id"],
            signal=one["signal"],
            value=one["value"],
            state=one["state"],
            received_s=at.timestamp(),
        )
        for one in values.values()
    ]


def log_of(state: SessionState, at: datetime) -> Log:
    """What the log says to the checks at this moment."""
    off, until = state.off_monitor, state.off_monitor_until
    return Log(
        flowing=state.phase is Phase.RUNNING,
        stopped=state.phase is Phase.STOPPED,
        calls_since_s=state.comfort_call.observed_at.timestamp() if state.comfort_call else None,
        off_from_s=off.observed_at.timestamp() if off else None,
        off_until_s=until.timestamp() if until else None,
        off_reason=off.text("reason") if off else "",
        dues=tuple(
            Due(what=one.what, words=one.words, due_s=one.due_at.timestamp()) for one in dues(state, at=at)
        ),
        typed=tuple(reading for event in state.events if (reading := _typed(event)) is not None),
    )


def _typed(event: Event) -> Reading | None:
    """What a person measured and typed; what they read off the monitor is the monitor's and counts once."""
    values: dict[str, float | None] = {}
    if event.kind is Kind.OBSERVATION:
        read_off = set(event.text("as_monitor").split())
        for signal, (name, _) in TYPED.items():
            number = event.decimal(name)
            if number is not None and name not in read_off:
                values[signal] = float(number)
    if event.kind is Kind.SCALE and event.text("name") == ScaleName.RASS:
        score = event.decimal("value")
        values |= {} if score is None else {"rass": float(score)}
    return Reading(at_s=event.observed_at.timestamp(), rank=BY_HAND, values=values) if values else None
