"""Reading the course: what an order asks of the calendar, what is taken, and which visits are booked."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery

from ebbtide.evidence.protocols import load_protocols
from ebbtide.ground.people.models import Clinic, Occupancy, Resource, ResourceKind
from ebbtide.ground.people.occupancy import minute_after, minute_of
from ebbtide.ground.people.queries import settings_starting_with
from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.assessment.models import Consent
from ebbtide.journey.careplan.models import DoubleCheck, OrderVersion
from ebbtide.journey.course.models import Series, SeriesStatus, Visit
from ebbtide.journey.course.placement import Calendar, Place, Placement, PlannedVisit, Wishes, with_busy
from ebbtide.journey.course.planner import START_WITHIN_DAYS, place_series, place_visit
from ebbtide.journey.course.rules import (
    RECOVERY_LONG_MIN,
    RECOVERY_MIN,
    SETUP_MIN,
    OpeningHours,
    Pattern,
    chair_minutes,
    days_for_visit,
)

WORKING_DAYS = {
    str(day): ["08:00", "17:00"] for day in range(5)
}  # Monday to Friday [design] until the clinic sets it


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseSettings:
    """What the clinic has set about its calendar; see `settings_of`."""

    hours: OpeningHours
    setup_min: int
    recovery_min: int
    recovery_long_min: int


def settings_of(clinic: Clinic) -> CourseSettings:
    """The settings `course.opening_hours`, `.closed_on`, `.setup_min`, `.recovery_min`, `.recovery_long_min`."""
    known = {name: row.value for name, row in settings_starting_with(clinic, "course.").items()}
    by_weekday = {
        int(day): (time.fromisoformat(wall[0]), time.fromisoformat(wall[1]))
        for day, wall in known.get("course.opening_hours", WORKING_DAYS).items()
    }
    closed_on = frozenset(date.fromisoformat(day) for day in known.get("course.closed_on", []))
    return CourseSettings(
        hours=OpeningHours(zone=clinic.time_zone, by_weekday=by_weekday, closed_on=closed_on),
        setup_min=int(known.get("course.setup_min", SETUP_MIN)),
        recovery_min=int(known.get("course.recovery_min", RECOVERY_MIN)),
        recovery_long_min=int(known.get("course.recovery_long_min", RECOVERY_LONG_MIN)),
    )


def order_to_place(order_id: UUID, *, today: date) -> Any:
    """The order with its patient and signature, and whether check, consent, a newer version and a series exist."""
    versions = OrderVersion.objects.filter(order_id=OuterRef("order_id"), version__gt=OuterRef("version"))
    consents = Consent.objects.filter(
        episode=OuterRef("episode"), expires_on__gte=today, withdrawal__isnull=True
    )
    booked = Series.objects.filter(order=OuterRef("pk"), status=SeriesStatus.BOOKED)
    return (
        OrderVersion.objects.select_related(
            "episode__patient__clinic",
            "episode__patient__resource",
            "signature__signed_by",
            "withdrawal",
            "protocol",
        )
        .annotate(
            is_checked=Exists(DoubleCheck.objects.filter(order=OuterRef("pk"), agrees=True)),
            has_consent=Exists(consents),
            is_replaced=Exists(versions.filter(signature__isnull=False)),
            booked_series=Subquery(booked.values("id")[:1]),
        )
        .get(pk=order_id)
    )


def pattern_of(order: OrderVersion, settings: CourseSettings) -> Pattern:
    """How many visits, how far apart and how long, from the order, its template and the clinic's settings."""
    minutes = -(-sum(float(step.get("minutes") or 0) for step in order.steps) // 1)
    template = next((t for t in load_protocols().templates if t.id == order.template), None)
    return Pattern(
        infusions=order.infusions,
        gap_days_min=order.gap_days_min or 1,
        gap_days_max=order.gap_days_max or order.gap_days_min or 1,
        span_days_max=template.span_days_max if template else None,
        chair_min=chair_minutes(
            infusion_min=int(minutes),
            setup_min=settings.setup_min,
            recovery_min=settings.recovery_min,
            recovery_long_min=settings.recovery_long_min,
        ),
    )


def calendar_of(
    patient_place: Resource,
    settings: CourseSettings,
    *,
    from_at: datetime,
    until_at: datetime,
    without: UUID | None = None,
) -> Calendar:
    """Chairs, places beside nurses and the patient, with what takes them; `without` leaves one visit out."""
    usable = Q(out_of_use_at__isnull=True) | Q(out_of_use_at__gte=until_at)
    bookable = Q(kind__in=[ResourceKind.CHAIR, ResourceKind.NURSE_PLACE], staff__left_at__isnull=True)
    rows = list(
        Resource.objects.filter(
            usable, bookable | Q(pk=patient_place.pk), clinic_id=patient_place.clinic_id
        ).order_by("number")
    )
    taken = Occupancy.objects.filter(
        resource__in=rows,
        released_at__isnull=True,
        start_min__lt=minute_after(until_at),
        end_min__gt=minute_of(from_at),
    )
    minutes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, visit_id, start, end in taken.values_list("resource_id", "visit_id", "start_min", "end_min"):
        if visit_id != without:
            minutes[number].append((start, end))
    places = {
        row.number: with_busy(Place(number=row.number, name=row.name), minutes[row.number]) for row in rows
    }
    return Calendar(
        hours=settings.hours,
        chairs=tuple(places[r.number] for r in rows if r.kind == ResourceKind.CHAIR),
        nurse_places=tuple(places[r.number] for r in rows if r.kind == ResourceKind.NURSE_PLACE),
        patient=places[patient_place.number],
    )


def offers_for(order: OrderVersion, settings: CourseSettings, wishes: Wishes) -> Placement:
    """The planner's answer for an order, over everything that is taken now."""
    pattern = pattern_of(order, settings)
    days = START_WITHIN_DAYS + pattern.infusions * pattern.gap_days_max + 2
    from_at = datetime.combine(wishes.earliest_on, time(), tzinfo=wishes.not_before.tzinfo) - timedelta(
        days=1
    )
    calendar = calendar_of(
        order.episode.patient.resource, settings, from_at=from_at, until_at=from_at + timedelta(days=days)
    )
    return place_series(pattern, calendar, wishes)


def visits_of(series_ids: list[UUID]) -> Any:
    return (
        Visit.objects.filter(series__in=series_ids)
        .select_related("chair", "nurse_place__staff")
        .order_by("series_id", "number")
    )


def series_to_show(series_id: UUID) -> Series:
    """A series with its patient, its order's signature and its visits."""
    visits = Visit.objects.select_related("chair", "nurse_place__staff").order_by("number")
    return (
        Series.objects.select_related(
            "episode__patient__clinic", "order__signature", "order__protocol", "booked_by"
        )
        .prefetch_related(Prefetch("visits", queryset=visits))
        .get(pk=series_id)
    )


def visit_to_change(visit_id: UUID) -> Visit:
    """A visit with its series, its patient's place in the calendar, and what it takes."""
    return (
        Visit.objects.select_related(
            "chair",
            "nurse_place__staff",
            "series__order",
            "series__episode__patient__clinic",
            "series__episode__patient__resource",
        )
        .prefetch_related("series__visits")
        .get(pk=visit_id)
    )


def other_days(visit: Visit, hours: OpeningHours) -> dict[int, date]:
    """The days of the series' other visits that are not cancelled, by their number."""
    return {
        other.number: hours.day_of(other.starts_at)
        for other in visit.series.visits.all()
        if other.pk != visit.pk and other.status != VisitStatus.CANCELLED
    }


def times_for_visit(
    visit: Visit, settings: CourseSettings, *, not_before: datetime
) -> tuple[PlannedVisit, ...]:
    """Where one visit can go while its siblings stay where they are."""
    hours = settings.hours
    pattern = pattern_of(visit.series.order, settings)
    days = days_for_visit(
        visit.number, other_days(visit, hours), pattern=pattern, around=hours.day_of(visit.starts_at)
    )
    days = [day for day in days if day >= hours.day_of(not_before)]
    if not days:
        return ()
    calendar = calendar_of(
        visit.series.episode.patient.resource,
        settings,
        without=visit.pk,
        from_at=datetime.combine(days[0], time(), tzinfo=not_before.tzinfo) - timedelta(days=1),
        until_at=datetime.combine(days[-1], time(), tzinfo=not_before.tzinfo) + timedelta(days=2),
    )
    wishes = Wishes(earliest_on=days[0], not_before=not_before)
    found = place_visit(pattern, calendar, wishes, days=days, number=visit.number)
    return tuple(planned for planned in found if planned.starts_at != visit.starts_at)
