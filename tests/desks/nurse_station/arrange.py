"""Sessions, logs and monitors for the pages that show several chairs, written straight into the tables."""

from datetime import datetime, time, timedelta
from uuid import uuid4

from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.journey.course.models import Series, Visit
from ebbtide.journey.infusion.models import (
    Batch,
    Binding,
    Device,
    Entry,
    GatewayBeat,
    Sample,
    Session,
    StartGate,
)
from ebbtide.journey.leaving.models import Departure, Recovery
from tests.builders import NOW, a_chair, a_nurse_place, a_patient, a_signed_order, a_staff, an_episode
from tests.objects import a_document

MIN = timedelta(minutes=1)


def a_visit(clinic: Clinic, family_name: str, starts_at: datetime = NOW, **fields) -> Visit:
    """An infusion of 35 mg over 40 min on a chair of its own."""
    order = a_signed_order(an_episode(a_patient(clinic=clinic, family_name=family_name)))
    series = Series.objects.create(
        episode=order.episode, order=order, booked_by=order.written_by, booked_at=NOW
    )
    return Visit.objects.create(
        series=series, number=fields.pop("number", 1), chair=fields.pop("chair", None) or a_chair(clinic, f"Chair {family_name}"),
        nurse_place=a_nurse_place(a_staff("nurse", clinic=clinic)), starts_at=starts_at, ends_at=starts_at + 120 * MIN, **fields,
    )  # fmt: skip


def a_session(visit: Visit, opened_at: datetime = NOW - 30 * MIN, by: Staff | None = None) -> Session:
    by = by or a_staff("nurse", clinic=visit.series.episode.patient.clinic)
    return Session.objects.create(
        visit=visit, order=visit.series.order, chair=visit.chair, opened_by=by, opened_at=opened_at
    )


def a_log_entry(session: Session, kind: str, at: datetime, **body) -> Entry:
    return Entry.objects.create(
        id=uuid4(), session=session, kind=kind, body=body, observed_at=at, recorded_at=at, author=session.opened_by
    )  # fmt: skip


def a_started_session(visit: Visit, started_at: datetime = NOW - 18 * MIN, rate: str = "52.5") -> Session:
    session = a_session(visit)
    a_log_entry(session, "start", started_at, rate_mg_per_h=rate)
    return session


def a_gate(session: Session, *, passed: bool, at: datetime = NOW - 20 * MIN) -> StartGate:
    return StartGate.objects.create(
        session=session, order=session.order, passed=passed, items=[], verdict="clear", findings=[], pack_version="t", pack_sha256="0" * 64,
        signed_by=session.opened_by, signed_at=at,
    )  # fmt: skip


def a_monitor(session: Session, key: str = "MON-1") -> Device:
    clinic = session.opened_by.clinic
    device = Device.objects.create(clinic=clinic, key=key, name=key, added_by="x", added_at=NOW)
    Binding.objects.create(
        device=device,
        session=session,
        chair=session.chair,
        from_at=NOW - 60 * MIN,
        bound_by=session.opened_by,
    )
    return device


def a_sample(session: Session, device: Device, signal: str, ago_s: int, **fields) -> Sample:
    at = NOW - timedelta(seconds=ago_s)
    batch = Batch.objects.create(
        clinic=device.clinic, messages=1, samples=1, samples_sha256="0" * 64, received_at=at
    )
    made = {"value": 97.0, "unit": "%", "state": "value", **fields}
    return Sample.objects.create(
        device=device, signal=signal, observed_at=at, received_at=at, session=session, batch=batch, **made
    )


def a_beat(ago_s: int = 1) -> GatewayBeat:
    return GatewayBeat.objects.create(name="hl7v2", beat_at=NOW - timedelta(seconds=ago_s))


def a_recovery(session: Session, at: datetime = NOW - 5 * MIN) -> Recovery:
    return Recovery.objects.create(
        session=session, phase="recovery", observed_at=at, recorded_at=at, recorded_by=session.opened_by
    )


def a_departure(session: Session, at: datetime = NOW - MIN, **fields) -> Departure:
    paper = a_document(session.visit.series.episode.patient)
    made = {
        "gates": [], "escort_name": "Sam Reyes", "escort_phone": "+1 312 555 0199", "escort_relation": "brother",
        "escort_signed_name": "Sam Reyes", "no_driving_on": (at + timedelta(days=1)).date(), "no_driving_at": time(8),
        "no_driving_zone": "America/Chicago", "record": paper, "instructions": paper, "language": "en",
        "call_due_on": (at + timedelta(days=1)).date(),
    }  # fmt: skip
    return Departure.objects.create(
        session=session,
        recovery=a_recovery(session),
        discharged_by=session.opened_by,
        discharged_at=at,
        **{**made, **fields},
    )
