"""What the front desk and the nurses see of a day: visits of both kinds, chairs and rooms, and what needs somebody now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from ebbtide.desks.front_desk import grid
from ebbtide.desks.front_desk.needs import NEEDS_SHOWN, Need, gateway_need, link, needs
from ebbtide.desks.front_desk.sessions import LOG, seat_of, with_sessions, words_of
from ebbtide.desks.nurse_station.queries import is_silent
from ebbtide.ground.people.models import Clinic, Patient, Resource, ResourceKind
from ebbtide.ground.policy import Actor, allowed, visible
from ebbtide.journey.access import slots
from ebbtide.journey.access.models import EvaluationVisit, VisitStatus
from ebbtide.journey.access.queries import Shown, opening_hours, queue
from ebbtide.journey.assessment.models import Consent
from ebbtide.journey.course.models import Visit
from ebbtide.journey.infusion.models import Device, GatewayBeat
from ebbtide.journey.infusion.vitals import GATEWAY

AnyVisit = EvaluationVisit | Visit
FOUND_SHOWN = 20
STATE_WORDS = {
    VisitStatus.BOOKED: "booked",
    VisitStatus.DONE: "took place",
    VisitStatus.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    on: date
    hours: Sequence[grid.Hour]
    rows: Sequence[grid.Row]
    needs: Sequence[Need]
    freed: Sequence[grid.Placed]
    evaluations: int
    infusions: int
    is_open: bool


def day(actor: Actor, clinic: Clinic, *, on: date, at: datetime) -> Day:
    """Everything on the page Today, for one day."""
    hours = opening_hours(clinic)
    start = slots.on_the_wall(on, time(), hours.zone)
    end = slots.on_the_wall(on + timedelta(days=1), time(), hours.zone)
    evaluations, infusions = _evaluations(actor, start, end, at), _infusions(actor, start, end, at, on)
    both: list[AnyVisit] = [*evaluations, *infusions]
    standing = [v for v in both if v.status != VisitStatus.CANCELLED]
    placed = [_placed(v, hours, at) for v in standing]
    span = slots.open_span(hours, on)
    opened = (span.starts_at.astimezone(hours.zone), span.ends_at.astimezone(hours.zone)) if span else None
    shown = grid.frame(opened, placed)
    places = list(_places(clinic))
    return Day(
        on=on,
        hours=grid.hours(shown) if shown else [],
        rows=_rows(places, shown, opened, placed) if shown else [],
        needs=[
            *_gateway_needs(actor, places, at),
            *needs(actor, at=at, today=at.astimezone(hours.zone).date()),
            *_check_in_needs(actor, infusions, at, hours),
            *_consent_needs(infusions),
            *_request_needs(actor, at),
        ],
        freed=[_placed(v, hours, at) for v in both if v.status == VisitStatus.CANCELLED],
        evaluations=sum(isinstance(v, EvaluationVisit) for v in standing),
        infusions=sum(isinstance(v, Visit) for v in standing),
        is_open=opened is not None,
    )


def _evaluations(actor: Actor, start: datetime, end: datetime, at: datetime) -> list[EvaluationVisit]:
    rows = EvaluationVisit.objects.filter(starts_at__gte=start, starts_at__lt=end)
    seen = visible(actor, rows, "access.evaluation_visit", at=at)
    return list(seen.select_related("episode__patient", "clinician").order_by("starts_at", "id"))


def _infusions(actor: Actor, start: datetime, end: datetime, at: datetime, on: date) -> list[Visit]:
    consents = Consent.objects.filter(
        episode=OuterRef("series__episode"), expires_on__gte=on, withdrawal__isnull=True
    )
    rows = Visit.objects.filter(starts_at__gte=start, starts_at__lt=end)
    seen = visible(actor, rows.annotate(consented=Exists(consents)), "course.booking", at=at)
    seen = with_sessions(seen, actor, at=at)
    return list(seen.select_related("series__episode__patient").order_by("starts_at", "id"))


def _patient_of(visit: AnyVisit) -> Patient:
    return visit.episode.patient if isinstance(visit, EvaluationVisit) else visit.series.episode.patient


def _placed(visit: AnyVisit, hours: slots.Hours, at: datetime) -> grid.Placed:
    # on the wall of the clinic, so that a full hour is a full hour there
    start, end = (moment.astimezone(hours.zone) for moment in (visit.starts_at, visit.ends_at))
    words = f"{_state_words(visit, at, hours.zone)} · {start:%H:%M} to {end:%H:%M}"
    if isinstance(visit, EvaluationVisit):
        row, what, href = visit.room_id, visit.clinician.name, link("access:visit", visit.id)
    else:
        row, what, href = visit.chair_id, f"infusion {visit.number}", _infusion_page(visit)
    return grid.Placed(
        row=row,
        starts_at=start,
        ends_at=end,
        name=_patient_of(visit).name,
        words=f"{what} · {words}",
        state=visit.status,
        href=href,
    )


def _infusion_page(visit: Any) -> str:
    """The chairside page for whoever may read it, else the series."""
    chair = link("infusion:chair", UUID(visit.seat["id"])) if visit.seat and visit.in_log else ""
    return chair or link("course:series", visit.series_id)


def _state_words(visit: Any, at: datetime, zone: ZoneInfo) -> str:
    seat = seat_of(visit) if isinstance(visit, Visit) else None
    if seat is not None and visit.status != VisitStatus.CANCELLED:
        return words_of(seat, at, zone=zone)
    if visit.status != VisitStatus.BOOKED:
        why = f", {visit.cancel_reason}" if visit.cancel_reason else ""
        return f"{STATE_WORDS[VisitStatus(visit.status)]}{why}"
    if visit.ends_at < at:
        return "booked, end not recorded"
    return "booked, time has come" if visit.starts_at <= at else "booked"


def _places(clinic: Clinic) -> QuerySet[Any]:
    beats = GatewayBeat.objects.filter(name=GATEWAY).values("beat_at")
    monitors = Device.objects.filter(clinic=clinic, retired_at__isnull=True)
    places = Resource.objects.filter(clinic=clinic, kind__in=[ResourceKind.CHAIR, ResourceKind.ROOM])
    return places.annotate(beat_at=Subquery(beats[:1]), monitors=Exists(monitors)).order_by(
        "kind", "name", "number"
    )


def _rows(
    places: Sequence[Resource],
    shown: tuple[datetime, datetime],
    opened: tuple[datetime, datetime] | None,
    placed: Sequence[grid.Placed],
) -> list[grid.Row]:
    used = {p.row for p in placed}
    return [
        grid.Row(
            name=place.name,
            kind=place.kind,
            cells=grid.cells(shown, opened, [p for p in placed if p.row == place.number]),
        )
        for place in places
        if place.out_of_use_at is None or place.number in used
    ]


def _gateway_needs(actor: Actor, places: Sequence[Any], at: datetime) -> Sequence[Need]:
    if not places or not allowed(actor, "read", "infusion.station"):
        return []
    first = places[0]
    return gateway_need(first.beat_at, at, silent=first.monitors and is_silent(first.beat_at, at))


def _check_in_needs(
    actor: Actor, infusions: Sequence[Any], at: datetime, hours: slots.Hours
) -> Sequence[Need]:
    """Infusions whose time has come and whom nobody has checked in, for whoever may."""
    if not allowed(actor, "create", LOG):
        return []
    return [
        Need(
            title=_patient_of(visit).name,
            words=f"Infusion {visit.number} is booked for {visit.starts_at.astimezone(hours.zone):%H:%M}.",
            shape="waiting",
            state="Check in",
            since=visit.starts_at,
            owner="the nurses",
            href=link("infusion:open", visit.id),
        )
        for visit in infusions
        if visit.status == VisitStatus.BOOKED
        and visit.seat is None
        and visit.starts_at <= at <= visit.ends_at
    ]


def _consent_needs(infusions: Sequence[Visit]) -> list[Need]:
    return [
        Need(
            title=visit.series.episode.patient.name,
            words=f"No consent stands for the infusion {visit.number} of this day.",
            shape="needs",
            state="Consent missing",
            since=None,
            owner="front desk",
            href=link("chart:episode", visit.series.episode_id) or link("course:series", visit.series_id),
        )
        for visit in infusions
        # once somebody is checked in, the start gate asks for the consent and says so itself
        if visit.status == VisitStatus.BOOKED
        and not getattr(visit, "consented", False)
        and getattr(visit, "seat", None) is None
    ]


def _request_needs(actor: Actor, at: datetime) -> list[Need]:
    if not (
        allowed(actor, "amend", "access.consult_request") or allowed(actor, "sign", "access.triage_decision")
    ):
        return []
    waiting = [row for row in queue(actor, at=at) if row.call_today or row.owner is None]
    return [_request_need(row) for row in waiting[:NEEDS_SHOWN]]


def _request_need(row: Shown) -> Need:
    return Need(
        title=row.name,
        words="A clinician calls this person today." if row.call_today else "The request has no owner.",
        shape="needs" if row.call_today else "waiting",
        state="Call today" if row.call_today else "Without owner",
        since=row.received_at,
        owner=row.owner.name if row.owner else "nobody yet",
        href=reverse("access:show", args=[row.id]),
    )


def found(actor: Actor, words: str, *, at: datetime) -> list[Patient]:
    """People whose name or record number holds every word, as far as this person may see them."""
    rows = visible(actor, Patient.objects.all(), "access.demographics", at=at)
    for word in words.split():
        rows = rows.filter(
            Q(given_name__icontains=word) | Q(family_name__icontains=word) | Q(record_number__icontains=word)
        )
    return (
        list(rows.order_by("family_name", "given_name", "record_number")[:FOUND_SHOWN])
        if words.split()
        else []
    )
