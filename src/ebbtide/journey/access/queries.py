"""Reading the way in: the queue, one request as this person may see it, who looks like the same person, and free times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import Http404

from ebbtide.ground.people.models import Clinic, ClinicSetting, Patient, Resource, ResourceKind, Staff
from ebbtide.ground.people.occupancy import SECONDS_PER_MINUTE, busy_between
from ebbtide.ground.policy import Actor, may, visible
from ebbtide.ground.policy.decisions import Denied
from ebbtide.journey.access import rules, slots
from ebbtide.journey.access.crisis import folded
from ebbtide.journey.access.models import EvaluationVisit, Request, RequestStatus

CONSULT_REQUEST = "access.consult_request"
LATE_AFTER = timedelta(hours=24)  # a request that waits longer is shown as late [design]
ANSWERED_SHOWN = 50


def clinic_of(actor: Actor) -> Clinic:
    """The clinic this person is in, or the one whose pages a visitor reads."""
    clinic = Clinic.objects.filter(id=actor.clinic_id).first() if actor.clinic_id else None
    if clinic is None:
        raise Http404("No clinic is set up here yet.")
    return clinic


def staff_of(actor: Actor) -> Staff:
    """The staff member who acts."""
    staff = Staff.objects.filter(id=actor.staff_id).first() if actor.staff_id else None
    if staff is None:
        raise Denied("Only a member of the staff does this: sign in as one.")
    return staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A request as this actor may see it: what the task does not need is None and never reaches the page."""

    id: UUID
    name: str
    status: str
    channel: str
    call_today: bool
    received_at: datetime
    owner: Staff | None
    owned_since: datetime | None
    birth_date: date | None
    phone: str
    email: str
    language: str
    best_time: str
    referred_by: str
    complaint: str | None
    story: str | None
    typed_by: Staff | None
    late: bool


def shown(row: Request, actor: Actor, *, at: datetime) -> Shown:
    """The request with the minimum fields for those whose task needs no more."""
    # for this row: a nurse who also works at the front desk has the nurse's view of assigned people only
    minimum = may(actor, "read", CONSULT_REQUEST, row, at=at).minimum_only
    kept = rules.MINIMUM_FIELDS[CONSULT_REQUEST]
    return Shown(
        id=row.id,
        name=row.name,
        status=row.status,
        channel=row.get_channel_display(),
        call_today=row.call_today,
        received_at=row.received_at,
        owner=row.owner,
        owned_since=row.owned_since,
        birth_date=row.birth_date,
        phone=row.phone,
        email=row.email,
        language=row.language,
        best_time=row.best_time,
        referred_by=row.referred_by,
        complaint=None if minimum and "complaint" not in kept else row.get_complaint_display(),
        story=None if minimum and "story" not in kept else row.story,
        typed_by=row.typed_by,
        late=row.status == RequestStatus.RECEIVED and at - row.received_at > LATE_AFTER,
    )


def queue(actor: Actor, *, at: datetime, only: str = "") -> list[Shown]:
    """Requests that wait: those to call today first, then the oldest. `only`: mine, nobody, answered."""
    rows = visible(actor, Request.objects.select_related("owner", "typed_by"), CONSULT_REQUEST, at=at)
    if only == "answered":
        answered = rows.exclude(status=RequestStatus.RECEIVED).order_by("-received_at")[:ANSWERED_SHOWN]
        return [shown(row, actor, at=at) for row in answered]
    waiting = rows.filter(_whose(actor, only), status=RequestStatus.RECEIVED)
    return [shown(row, actor, at=at) for row in waiting.order_by("-call_today", "received_at")]


def _whose(actor: Actor, only: str) -> Q:
    if only == "mine":
        return Q(owner_id=actor.staff_id)
    return Q(owner__isnull=True) if only == "nobody" else Q()


def colleagues(clinic_id: UUID) -> QuerySet[Staff]:
    """Who may own a request: the front desk and those who triage."""
    return Staff.objects.filter(
        clinic_id=clinic_id, left_at__isnull=True, roles__overlap=["front_desk", "prescriber", "director"]
    ).order_by("name")


def people_alike(
    clinic_id: UUID, *, given_name: str, family_name: str, birth_date: date | None
) -> list[Patient]:
    """People on record with this name and birth date; a name that differs only in case or accents is the same."""
    if birth_date is None:
        return []
    wanted = (folded(given_name), folded(family_name))
    born = Patient.objects.filter(clinic_id=clinic_id, birth_date=birth_date).order_by("record_number")
    return [p for p in born if (folded(p.given_name), folded(p.family_name)) == wanted]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What an evaluation visit is placed in, read in two queries: who and what can be booked, and when."""

    clinicians: Sequence[Resource]
    rooms: Sequence[Resource]
    hours: slots.Hours
    minutes: int


def house_of(clinic: Clinic) -> House:
    """The bookable clinicians and rooms, the opening hours, and how long an evaluation takes (min)."""
    wanted = [ResourceKind.CLINICIAN, ResourceKind.ROOM]
    rows = Resource.objects.filter(
        clinic=clinic, kind__in=wanted, out_of_use_at__isnull=True, staff__left_at__isnull=True
    )
    bookable = list(rows.select_related("staff").order_by("name"))
    known = _settings(clinic)
    length = known.get(EVALUATION_MIN)
    return House(
        clinicians=[r for r in bookable if r.kind == ResourceKind.CLINICIAN],
        rooms=[r for r in bookable if r.kind == ResourceKind.ROOM],
        hours=_hours(clinic, known),
        minutes=int(length.value if length else slots.EVALUATION_MIN),
    )


OPENING_HOURS, CLOSED_ON, EVALUATION_MIN = "course.opening_hours", "course.closed_on", "access.evaluation_min"


def _settings(clinic: Clinic) -> Mapping[str, ClinicSetting]:
    rows = ClinicSetting.objects.filter(clinic=clinic, name__in=[OPENING_HOURS, CLOSED_ON, EVALUATION_MIN])
    return {row.name: row for row in rows.order_by("set_at", "id")}


def _hours(clinic: Clinic, known: Mapping[str, ClinicSetting]) -> slots.Hours:
    hours, closed = known.get(OPENING_HOURS), known.get(CLOSED_ON)
    return slots.Hours(
        zone=ZoneInfo(clinic.time_zone),
        by_weekday=hours.value if hours else slots.WORKING_DAYS,
        closed_on=frozenset(closed.value if closed else ()),
    )


def opening_hours(clinic: Clinic) -> slots.Hours:
    """The clinic's opening hours and closed days: the same settings that place a series; Mon to Fri 08:00 to 17:00 until set."""
    return _hours(clinic, _settings(clinic))


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeTime:
    """A time that can be booked, with its room."""

    starts_at: datetime
    ends_at: datetime
    room: Resource

    @property
    def minutes(self) -> int:
        """Its length (min)."""
        return int((self.ends_at - self.starts_at).total_seconds()) // SECONDS_PER_MINUTE


def free_times(
    house: House, *, on: date, clinician: Resource, patient: Resource | None, after: datetime
) -> Sequence[FreeTime]:
    """Times on a day at which the clinician, some room and the patient are free, inside the opening hours."""
    opened = slots.open_span(house.hours, on)
    if opened is None:
        return []
    offered = {room.number: room for room in house.rooms}
    people = [clinician, *([patient] if patient else [])]
    taken = _taken_by_number([*people, *offered.values()], opened)
    found = slots.offers(
        opened=opened,
        minutes=house.minutes,
        taken=[span for person in people for span in taken.get(person.number, ())],
        rooms={number: taken.get(number, ()) for number in offered},
        after=after,
    )
    return [FreeTime(starts_at=o.span.starts_at, ends_at=o.span.ends_at, room=offered[o.room]) for o in found]


def _taken_by_number(resources: Sequence[Resource], opened: slots.Span) -> dict[int, list[slots.Span]]:
    taken: dict[int, list[slots.Span]] = {}
    for row in busy_between(resources, opened.starts_at, opened.ends_at):
        span = slots.Span(starts_at=_instant(row.start_min), ends_at=_instant(row.end_min))
        taken.setdefault(row.resource_id, []).append(span)
    return taken


def _instant(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * SECONDS_PER_MINUTE, tz=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be booked on one day with one clinician."""

    clinic: Clinic
    clinicians: Sequence[Resource]
    clinician: Resource | None
    on: date
    free: Sequence[FreeTime]


def offer_for(
    clinic: Clinic, *, asked: Mapping[str, str], staff_id: UUID | None, patient: Resource | None, at: datetime
) -> Offer:
    """The free times of the day and clinician that were asked for; else of oneself, or the first, on the next open day."""
    house = house_of(clinic)
    people = house.clinicians
    wanted = [r for r in people if str(r.number) == asked.get("clinician")]
    clinician = next(iter([*wanted, *(r for r in people if r.staff_id == staff_id), *people]), None)
    on = day(asked.get("on", "")) or next_open_day(house.hours, after=at)
    free = free_times(house, on=on, clinician=clinician, patient=patient, after=at) if clinician else []
    return Offer(clinic=clinic, clinicians=people, clinician=clinician, on=on, free=free)


def day(text: str) -> date | None:
    """The day that a page's address or form names, None when it names none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def next_open_day(hours: slots.Hours, *, after: datetime) -> date:
    """The first day after today on which the clinic opens; tomorrow when its hours name no day at all."""
    today = after.astimezone(hours.zone).date()
    week = [today + timedelta(days=n) for n in range(1, 8)]
    return next((on for on in week if slots.open_span(hours, on)), week[0])


def visits_of(request: Request) -> list[EvaluationVisit]:
    """Every evaluation visit of this request, the newest first, with what happened to it."""
    rows = EvaluationVisit.objects.filter(episode__request=request)
    return list(rows.select_related("clinician", "room").order_by("-id"))


def sent_to_clinic_since(clinic: Clinic, since: datetime) -> int:
    """How many web requests the clinic has received since then."""
    return Request.objects.filter(clinic=clinic, channel="web", received_at__gt=since).count()
