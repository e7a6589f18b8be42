"""Gathering one session for its report: the log folded, the recovery, the monitors' minutes, what was charted afterwards."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ebbtide.doors.fhir.report.told import Harm, Monitor, MonitorMinute, Observed, Person, Report
from ebbtide.ground.people.models import Patient
from ebbtide.journey.infusion.models import Device, Sample, SampleState, Session
from ebbtide.journey.infusion.session import SessionState
from ebbtide.journey.leaving.later import LATER_WORDS, LaterKind
from ebbtide.journey.leaving.models import Departure, Recovery
from ebbtide.journey.leaving.queries import departure_to_show, session_to_leave, standing_of

MINUTE = timedelta(minutes=1)


def report_of(departure_id: UUID, *, at: datetime) -> Report:
    """The report of a session whose person has left, as the record stands at `at`."""
    left = departure_to_show(departure_id)
    session = session_to_leave(left.session_id)
    standing = standing_of(session, at=at)
    state, patient = standing.state, session.visit.series.episode.patient
    return Report(
        session=session.pk,
        clinic=patient.clinic.name,
        person=_person(patient),
        drug=session.order.drug,
        weight_kg=session.order.weight_kg,
        state=state,
        opened_at=session.opened_at,
        opened_by=session.opened_by.name,
        left_at=left.discharged_at,
        recorded_at=left.recorded_at or left.discharged_at,
        discharged_by=left.discharged_by.name,
        paper_sha256=left.record.sha256,
        observed=[_observed(row) for row in standing.observations],
        harms=[*_at_the_chair(state), *_afterwards(left)],
        monitors=_monitors(session),
        minutes=_minutes(session, state),
    )


def _person(patient: Patient) -> Person:
    return Person(
        id=patient.pk,
        record_number=patient.record_number,
        family_name=patient.family_name,
        given_name=patient.given_name,
        sex=patient.sex,
        born_on=patient.birth_date,
    )


def _observed(row: Recovery) -> Observed:
    return Observed(
        id=row.pk,
        at=row.observed_at,
        by=row.recorded_by.name,
        before=row.phase == "baseline",
        aldrete=row.aldrete_compared,
        padss=row.padss_compared,
        rass=row.rass,
        dissociation=row.dissociation,
        pain=row.pain_nrs,
        sbp_mmhg=row.sbp_mmhg,
        dbp_mmhg=row.dbp_mmhg,
    )


def _at_the_chair(state: SessionState) -> list[Harm]:
    return [
        Harm(
            id=event.id,
            words=event.text("event") or "not described",
            severity=event.text("severity") or "mild",
            done=event.text("action"),
            at=event.observed_at,
            recorded_at=event.recorded_at,
            by=event.author,
            at_the_chair=True,
        )
        for event in state.adverse_events
    ]


def _afterwards(left: Departure) -> list[Harm]:
    return [
        Harm(
            id=row.pk,
            words=", ".join(filter(None, [LATER_WORDS[LaterKind(row.kind)], row.what])),
            severity=row.severity,
            done=row.done,
            at=row.observed_at,
            recorded_at=row.recorded_at,
            by=row.recorded_by.name,
            at_the_chair=False,
        )
        for row in left.later_events.all()
    ]


def _monitors(session: Session) -> list[Monitor]:
    rows = Device.objects.filter(bindings__session=session).distinct().order_by("name")
    return [Monitor(id=row.pk, name=row.name) for row in rows]


def _minutes(session: Session, state: SessionState) -> list[MonitorMinute]:
    """Each signal's last reading of each minute from start to stop; synthetic values are no measurement."""
    if state.started_at is None or state.stopped_at is None:
        return []
    rows = (
        Sample.objects.filter(
            session=session,
            observed_at__gte=state.started_at,
            observed_at__lte=state.stopped_at,
            state=SampleState.VALUE,
        )
        .order_by("observed_at")
        .values_list("device_id", "signal", "observed_at", "value")
    )
    many = (state.stopped_at - state.started_at) // MINUTE + 1
    found: dict[tuple[UUID, str], list[float | None]] = {}
    for device, signal, at, value in rows.iterator():
        minutes = found.setdefault((device, signal), [None] * many)
        minutes[(at - state.started_at) // MINUTE] = value
    return [_minute(key, values, state.started_at) for key, values in sorted(found.items(), key=str)]


def _minute(key: tuple[UUID, str], values: Sequence[float | None], from_at: datetime) -> MonitorMinute:
    device, signal = key
    return MonitorMinute(
        signal=signal,
        device=device,
        from_at=from_at,
        until_at=from_at + MINUTE * (len(values) - 1) if len(values) > 1 else from_at + MINUTE,
        values=values,
    )
