"""People and places: who and what is taken when. A lock, then a look, then the database's own exclusion; never a hope."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from ebbtide.ground.people.models import Clinic, Occupancy, Patient, Resource, ResourceKind
from ebbtide.ground.people.refusal import Refused

LOCK_CLASS = 7_011  # the first number of our two-number advisory locks; the second is the resource's own
SECONDS_PER_MINUTE = 60
NEVER_OVERLAPS = "occupancy_never_overlaps"


class SlotTaken(Refused):
    """A chair, room or person is not free then. Says which kind and when at the clinic, never who has it."""

    def __init__(self, sentence: str) -> None:
        super().__init__("SLOT-TAKEN", sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What one visit takes: these resources, from one instant to another."""

    visit_id: UUID
    resources: Sequence[Resource]
    starts_at: datetime
    ends_at: datetime


def minute_of(at: datetime) -> int:
    """The minute since 1970-01-01 UTC in which an instant falls."""
    return int(at.timestamp()) // SECONDS_PER_MINUTE


def minute_after(at: datetime) -> int:
    """The first minute since 1970-01-01 UTC that does not begin before an instant."""
    return -(-int(at.timestamp()) // SECONDS_PER_MINUTE)


def occupy(
    resources: Sequence[Resource], starts_at: datetime, ends_at: datetime, visit_id: UUID, at: datetime
) -> list[Occupancy]:
    """Take every one of these resources for one visit, or none; call it inside an action.

    Raises:
        SlotTaken: one of them is not free, or out of use.
    """
    return occupy_all(
        [Booking(visit_id=visit_id, resources=resources, starts_at=starts_at, ends_at=ends_at)], at
    )


def occupy_all(bookings: Sequence[Booking], at: datetime) -> list[Occupancy]:
    """Take everything that several visits need, or nothing; all locks first, in one ascending order.

    Raises:
        SlotTaken: one of them is not free, or out of use; the earliest clash is named.
    """
    lock(resource for booking in bookings for resource in booking.resources)
    for booking in sorted(bookings, key=lambda b: b.starts_at):
        _check_usable(booking, at)
        clash = (
            _taken(booking.resources, booking.starts_at, booking.ends_at)
            .select_related("resource__clinic")
            .first()
        )
        if clash is not None:
            raise SlotTaken(_sentence(clash.resource, booking.starts_at, booking.ends_at, why="is taken"))
    rows = [_row(booking, resource) for booking in bookings for resource in booking.resources]
    try:
        with transaction.atomic():
            return list(Occupancy.objects.bulk_create(rows))
    except IntegrityError as exc:
        if NEVER_OVERLAPS not in str(exc):
            raise
        raise SlotTaken(
            "Someone took one of these times a moment ago: ask for fresh times and choose again."
        ) from exc


def release(visit_id: UUID, at: datetime) -> list[Occupancy]:
    """Give back everything a visit holds; it is free at once. The rows stay, marked with the time of release."""
    held = list(
        Occupancy.objects.filter(visit_id=visit_id, released_at__isnull=True)
        .select_related("resource")
        .order_by("resource_id", "start_min")
    )
    lock(row.resource for row in held)
    for row in held:
        row.released_at = at
        row.save(update_fields=["released_at"])
    return held


def free_between(resource: Resource, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether a resource is free, and in use, for the whole time."""
    out_of_use = resource.out_of_use_at is not None and resource.out_of_use_at < ends_at
    return not out_of_use and not _taken([resource], starts_at, ends_at).exists()


def free_resources(kind: str, starts_at: datetime, ends_at: datetime, clinic: Clinic) -> list[Resource]:
    """The clinic's resources of one kind that are free for the whole time, in the order of their numbers."""
    taken = _overlapping(starts_at, ends_at).filter(resource__clinic=clinic, resource__kind=kind)
    rows = Resource.objects.filter(clinic=clinic, kind=kind).exclude(number__in=taken.values("resource_id"))
    return [
        row
        for row in rows.select_related("staff").order_by("number")
        if row.out_of_use_at is None or row.out_of_use_at >= ends_at
    ]


def busy_between(resources: Sequence[Resource], starts_at: datetime, ends_at: datetime) -> list[Occupancy]:
    """Everything that takes one of these resources between two instants, earliest first."""
    return list(_taken(resources, starts_at, ends_at))


def resource_of(patient: Patient) -> Resource:
    """The resource that keeps a patient from being in two places; made when first needed (then list it in Done.rows)."""
    known: Resource | None = getattr(patient, "resource", None)
    if known is not None:
        return known
    return Resource.objects.create(
        clinic=patient.clinic, kind=ResourceKind.PATIENT, name=patient.record_number, patient=patient
    )


def lock(resources: Iterable[Resource]) -> None:
    """Hold these resources until the end of the transaction; a move takes old and new ones in one call."""
    # ascending and once each: two bookings of the same things always queue, and never wait for each other
    numbers = sorted({resource.number for resource in resources})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_advisory_xact_lock(%s, n)) FROM unnest(%s::int[]) AS n", [LOCK_CLASS, numbers]
        )


def _overlapping(starts_at: datetime, ends_at: datetime) -> QuerySet[Occupancy]:
    return Occupancy.objects.filter(
        released_at__isnull=True, start_min__lt=minute_after(ends_at), end_min__gt=minute_of(starts_at)
    )


def _taken(resources: Sequence[Resource], starts_at: datetime, ends_at: datetime) -> QuerySet[Occupancy]:
    numbers = [resource.number for resource in resources]
    return (
        _overlapping(starts_at, ends_at).filter(resource_id__in=numbers).order_by("start_min", "resource_id")
    )


def _check_usable(booking: Booking, at: datetime) -> None:
    if booking.starts_at.astimezone(UTC) >= booking.ends_at.astimezone(UTC):
        raise SlotTaken("A booking must end after it starts: choose a later end.")
    for resource in booking.resources:
        if resource.out_of_use_at is not None and resource.out_of_use_at < max(booking.ends_at, at):
            raise SlotTaken(_sentence(resource, booking.starts_at, booking.ends_at, why="is out of use"))


def _sentence(resource: Resource, starts_at: datetime, ends_at: datetime, *, why: str) -> str:
    zone = ZoneInfo(resource.clinic.time_zone)
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    who = ResourceKind(resource.kind).label.lower()
    return f"The {who} {why} on {start:%a} {start.day} {start:%b %Y} between {start:%H:%M} and {end:%H:%M}: choose another time."


def _row(booking: Booking, resource: Resource) -> Occupancy:
    return Occupancy(
        resource=resource,
        visit_id=booking.visit_id,
        start_min=minute_of(booking.starts_at),
        end_min=minute_after(booking.ends_at),
    )
