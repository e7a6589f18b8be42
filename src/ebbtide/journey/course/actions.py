"""Changing the course: a whole series is booked at once or not at all; one visit is moved without touching another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Model

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import Assignment, Patient, Resource, ResourceKind, Staff
from ebbtide.ground.people.occupancy import Booking, lock, occupy, occupy_all, release, resource_of
from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.careplan.models import OrderVersion
from ebbtide.journey.course import letters
from ebbtide.journey.course.models import Series, SeriesStatus, Visit
from ebbtide.journey.course.queries import (
    CourseSettings,
    order_to_place,
    other_days,
    pattern_of,
    settings_of,
    visit_to_change,
    visits_of,
)
from ebbtide.journey.course.rules import (
    Broken,
    OrderState,
    SeriesState,
    Times,
    VisitState,
    broken_by_change,
    broken_by_closing,
    broken_by_days,
    broken_by_order,
    broken_by_series,
    broken_by_visit,
    series_may_become,
)

NURSE_OF_THE_DAY = "Nurse of the visit on this day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A chair and a place beside a nurse, from one instant to another."""

    chair: Resource
    nurse_place: Resource
    starts_at: datetime
    ends_at: datetime
    why_here: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookSeries:
    order: OrderVersion
    slots: tuple[Slot, ...]


@action("course.series", "create", about=lambda command: command.order)
def book_series(act: Act, command: BookSeries) -> Done[Series]:
    """Book every visit of a signed order, or none.

    The prescriber's signature is required now. The agreeing second check is required before the first infusion and is
    shown as open until then; consent likewise: a date may be found while both are still being arranged.
    """
    slots = sorted(command.slots, key=lambda slot: slot.starts_at)
    patient = command.order.episode.patient
    # the lock on the patient also keeps two people from booking the same order at once
    lock([resource_of(patient), *(place for slot in slots for place in (slot.chair, slot.nurse_place))])
    settings = settings_of(patient.clinic)
    order = order_to_place(command.order.pk, today=settings.hours.day_of(act.at))
    _check(broken_by_order(order_state(order)))
    _check_places(slots, patient)
    times = [Times(starts_at=slot.starts_at, ends_at=slot.ends_at) for slot in slots]
    _check(broken_by_series(times, pattern=pattern_of(order, settings), hours=settings.hours, at=act.at))
    series, visits = _write_series(act, order, slots)
    taken = occupy_all([_booking(visit, patient) for visit in visits], act.at)
    team = [row for visit in visits for row in _assign(visit, patient, settings)]
    mail = letters.tell_booked(patient, visits, act.at)
    return Done(value=series, rows=[*visits, *taken, *team, *mail], announce=[f"day:{patient.clinic_id}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveVisit:
    visit: Visit
    slot: Slot


@action("course.booking", "amend", about=lambda command: command.visit)
def move_visit(act: Act, command: MoveVisit) -> Done[Visit]:
    """Give one visit another time; its siblings stay exactly as they are."""
    slot = command.slot
    visit = _held(command.visit)
    patient = visit.series.episode.patient
    settings = settings_of(patient.clinic)
    _check(
        broken_by_change(VisitState(visit.status), VisitState.BOOKED, starts_at=visit.starts_at, at=act.at)
    )
    _check_places([slot], patient)
    _check_move(act, visit, slot, settings)
    lock([visit.chair, visit.nurse_place, slot.chair, slot.nurse_place, resource_of(patient)])
    freed = release(visit.pk, act.at)
    ended = _end_assignment(act, visit, patient, settings)
    visit.chair, visit.nurse_place, visit.why_here = slot.chair, slot.nurse_place, slot.why_here[:240]
    visit.starts_at, visit.ends_at = slot.starts_at, slot.ends_at
    visit.save(update_fields=["chair", "nurse_place", "starts_at", "ends_at", "why_here"])
    taken = occupy(_resources(visit, patient), visit.starts_at, visit.ends_at, visit.pk, act.at)
    rows: list[Model] = [*freed, *ended, *taken, *_assign(visit, patient, settings)]
    rows += letters.tell_moved(patient, visit, act.at)
    return Done(value=visit, rows=rows, announce=[f"day:{patient.clinic_id}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelVisit:
    visit: Visit
    reason: str


@action("course.booking", "cancel", about=lambda command: command.visit)
def cancel_visit(act: Act, command: CancelVisit) -> Done[Visit]:
    """Give one visit up, with a reason; its chair and nurse are free at once, its siblings stay as they are."""
    visit = _held(command.visit)
    patient = visit.series.episode.patient
    _check(
        broken_by_change(VisitState(visit.status), VisitState.CANCELLED, starts_at=visit.starts_at, at=act.at)
    )
    rows = _cancel(act, visit, patient, command.reason, settings_of(patient.clinic))
    rows += letters.tell_cancelled(patient, [visit], act.at)
    return Done(value=visit, rows=rows, announce=[f"day:{patient.clinic_id}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseVisit:
    visit: Visit


@action("course.visit_end", "create", about=lambda command: command.visit)
def close_visit(act: Act, command: CloseVisit) -> Done[Visit]:
    """The visit is done: its person has left. It is called nested by the leaving, and what it took stays as it was."""
    visit = _held(command.visit)
    clinic = visit.series.episode.patient.clinic
    day_of = settings_of(clinic).hours.day_of
    _check(broken_by_closing(VisitState(visit.status), day=day_of(visit.starts_at), today=day_of(act.at)))
    visit.status = VisitStatus.DONE
    visit.save(update_fields=["status"])
    return Done(value=visit, announce=[f"day:{clinic.pk}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSeries:
    series: Series
    reason: str


@action("course.series", "cancel", about=lambda command: command.series)
def cancel_series(act: Act, command: CancelSeries) -> Done[Series]:
    """Give up every visit that still lies ahead, with a reason; visits that were are never changed."""
    series = Series.objects.select_for_update(of=("self",)).get(pk=command.series.pk)
    if not series_may_become(SeriesState(series.status), SeriesState.CANCELLED):
        raise Refused("COU-STATE", "This series is cancelled already: nothing was changed.")
    patient = command.series.episode.patient
    rows: list[Model] = []
    booked = visits_of([series.pk]).filter(status=VisitStatus.BOOKED)
    ahead = list(booked.filter(starts_at__gt=act.at).select_for_update(of=("self",)))
    lock([resource_of(patient), *(place for visit in ahead for place in (visit.chair, visit.nurse_place))])
    settings = settings_of(patient.clinic)
    for visit in ahead:
        rows += [visit, *_cancel(act, visit, patient, command.reason, settings)]
    series.status, series.cancel_reason = SeriesStatus.CANCELLED, _reason(command.reason)
    series.save(update_fields=["status", "cancel_reason"])
    rows += letters.tell_cancelled(patient, ahead, act.at)
    return Done(value=series, rows=rows, announce=[f"day:{patient.clinic_id}"])


def order_state(order: OrderVersion) -> OrderState:
    """What the rules of booking ask about an order that `order_to_place` has read."""
    patient = order.episode.patient
    return OrderState(
        infusions=order.infusions,
        has_gap=order.gap_days_min is not None,
        signed=hasattr(order, "signature"),
        withdrawn=hasattr(order, "withdrawal"),
        replaced=bool(getattr(order, "is_replaced", False)),
        booked=getattr(order, "booked_series", None) is not None,
        episode_open=order.episode.closed_at is None,
        patient_lives=patient.deceased_on is None,
    )


def _check(broken: Broken | None) -> None:
    if broken is not None:
        raise Refused(broken.rule, broken.sentence)


def _check_places(slots: Sequence[Slot], patient: Patient) -> None:
    for slot in slots:
        places = ((slot.chair, ResourceKind.CHAIR), (slot.nurse_place, ResourceKind.NURSE_PLACE))
        if any(row.kind != kind or row.clinic_id != patient.clinic_id for row, kind in places):
            raise Refused(
                "COU-PLACE",
                "A visit needs a chair and a place beside a nurse of this clinic: ask for fresh times.",
            )


def _check_move(act: Act, visit: Visit, slot: Slot, settings: CourseSettings) -> None:
    pattern = pattern_of(visit.series.order, settings)
    times = Times(starts_at=slot.starts_at, ends_at=slot.ends_at)
    _check(broken_by_visit(times, pattern=pattern, hours=settings.hours, at=act.at))
    days = {**other_days(visit, settings.hours), visit.number: settings.hours.day_of(slot.starts_at)}
    _check(broken_by_days(days, pattern=pattern))


def _write_series(act: Act, order: OrderVersion, slots: Sequence[Slot]) -> tuple[Series, list[Visit]]:
    series = Series.objects.create(
        episode=order.episode, order=order, booked_by=_booker(act), booked_at=act.at
    )
    visits = [
        Visit(
            series=series,
            number=number,
            chair=slot.chair,
            nurse_place=slot.nurse_place,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            why_here=slot.why_here[:240],
        )
        for number, slot in enumerate(slots, start=1)
    ]
    return series, list(Visit.objects.bulk_create(visits))


def _booker(act: Act) -> Staff:
    if act.by.staff_id is None:
        raise Refused("COU-STAFF", "A series is booked by somebody of the clinic: sign in as staff.")
    return Staff.objects.get(pk=act.by.staff_id)


def _resources(visit: Visit, patient: Patient) -> list[Resource]:
    return [visit.chair, visit.nurse_place, resource_of(patient)]


def _booking(visit: Visit, patient: Patient) -> Booking:
    return Booking(
        visit_id=visit.pk,
        resources=_resources(visit, patient),
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
    )


def _held(visit: Visit) -> Visit:
    Visit.objects.select_for_update().get(pk=visit.pk)  # two people never change one visit at once
    return visit_to_change(visit.pk)


def _cancel(act: Act, visit: Visit, patient: Patient, reason: str, settings: CourseSettings) -> list[Model]:
    visit.status, visit.cancel_reason = VisitStatus.CANCELLED, _reason(reason)
    visit.save(update_fields=["status", "cancel_reason"])
    return [*release(visit.pk, act.at), *_end_assignment(act, visit, patient, settings)]


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Refused("COU-REASON", "Say why it is cancelled: a later reader must be able to understand it.")
    return reason.strip()[:200]


def _care_days(day: date, zone: str) -> tuple[datetime, datetime]:
    # from the start of the visit's day until the end of the next one, when the nurse calls
    start, end = (datetime.combine(d, time(), tzinfo=ZoneInfo(zone)) for d in (day, day + timedelta(days=2)))
    return start, end


def _assign(visit: Visit, patient: Patient, settings: CourseSettings) -> list[Assignment]:
    nurse = visit.nurse_place.staff
    if nurse is None:
        return []
    from_at, until_at = _care_days(settings.hours.day_of(visit.starts_at), settings.hours.zone)
    return [
        Assignment.objects.create(
            staff=nurse, patient=patient, from_at=from_at, until_at=until_at, why=NURSE_OF_THE_DAY
        )
    ]


def _end_assignment(act: Act, visit: Visit, patient: Patient, settings: CourseSettings) -> list[Assignment]:
    """End what `_assign` wrote for a visit that moves or falls away; it never began when the day lies ahead."""
    from_at, _ = _care_days(settings.hours.day_of(visit.starts_at), settings.hours.zone)
    row = Assignment.objects.filter(
        staff=visit.nurse_place.staff,
        patient=patient,
        from_at=from_at,
        why=NURSE_OF_THE_DAY,
        until_at__gt=act.at,
    ).first()
    if row is None:
        return []
    row.until_at = max(act.at, from_at)
    row.save(update_fields=["until_at"])
    return [row]
