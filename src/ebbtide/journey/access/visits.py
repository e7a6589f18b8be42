"""Changing evaluation visits: booked, moved, cancelled, held; a clinician, a room and the person are taken together or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Model, Q

from ebbtide.ground.jobs.mail import post
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.models import Assignment, Clinic, Patient, Resource, ResourceKind, Staff
from ebbtide.ground.people.occupancy import occupy, release, resource_of
from ebbtide.journey.access import letters, queries, rules, slots
from ebbtide.journey.access.models import Episode, EvaluationVisit, VisitStatus

CARE_TEAM = "evaluation"
MINUTES = (15, 240)  # min; shortest and longest evaluation visit [design]


def day_topic(clinic_id: UUID) -> str:
    return f"day:{clinic_id}"


def one_booking_at_a_time(clinic_id: UUID) -> Clinic:
    """Bookings of one clinic's evaluations queue here, so that a move, which gives back and takes, never meets another half-way."""
    return Clinic.objects.select_for_update(no_key=True).get(id=clinic_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookEvaluation:
    episode: Episode
    clinician: Resource
    room: Resource
    starts_at: datetime
    minutes: int


@action("access.evaluation_visit", "create", about=lambda command: command.episode)
def book_evaluation_visit(act: Act, command: BookEvaluation) -> Done[EvaluationVisit]:
    """An evaluation visit on an episode that has none; the clinician joins the care team."""
    clinic = one_booking_at_a_time(command.episode.patient.clinic_id)
    if command.episode.evaluation_visits.filter(status=VisitStatus.BOOKED).exists():
        raise Refused("ACC-ONE-VISIT", "An evaluation visit is booked already: move that one.")
    visit, rows = _book(act, clinic, command)
    return Done(value=visit, rows=rows, announce=[day_topic(clinic.id)])


def _book(act: Act, clinic: Clinic, command: BookEvaluation) -> tuple[EvaluationVisit, list[Model]]:
    patient = command.episode.patient
    ends_at = command.starts_at + timedelta(minutes=command.minutes)
    _check_bookable(act, clinic, command, slots.Span(starts_at=command.starts_at, ends_at=ends_at))
    staff = command.clinician.staff
    assert staff is not None  # noqa: S101 - for the type checker; _check_bookable refuses it
    visit = EvaluationVisit.objects.create(
        episode=command.episode,
        clinician=staff,
        room=command.room,
        starts_at=command.starts_at,
        ends_at=ends_at,
    )
    person = resource_of(patient)
    taken = occupy(
        [command.clinician, command.room, person], command.starts_at, ends_at, visit.id, act.recorded_at
    )
    letter = letters.visit_letter(clinic, language=patient.language, starts_at=command.starts_at)
    return visit, [person, *taken, *_assigned(act, staff, patient), *_mail(act, clinic, patient, letter)]


def _check_bookable(act: Act, clinic: Clinic, command: BookEvaluation, span: slots.Span) -> None:
    if command.clinician.kind != ResourceKind.CLINICIAN or command.clinician.staff is None:
        raise Refused("ACC-CLINICIAN", "An evaluation needs a clinician: choose one.")
    if command.room.kind != ResourceKind.ROOM:
        raise Refused("ACC-ROOM", "An evaluation needs a room: choose one.")
    if {command.clinician.clinic_id, command.room.clinic_id} != {clinic.id}:
        raise Refused("ACC-CLINIC", "Clinician and room must belong to this clinic: choose again.")
    if not MINUTES[0] <= command.minutes <= MINUTES[1]:
        raise Refused(
            "ACC-LENGTH",
            f"An evaluation of {command.minutes} min is not possible: choose {MINUTES[0]} to {MINUTES[1]} min.",
        )
    if span.starts_at <= act.at:
        raise Refused("ACC-PAST", "This time has passed: choose a later one.")
    if not slots.within_hours(span, queries.opening_hours(clinic)):
        raise Refused(
            "ACC-HOURS", "The clinic is closed at that time: choose a time within the opening hours."
        )


def _assigned(act: Act, staff: Staff, patient: Patient) -> Sequence[Model]:
    current = Q(until_at__isnull=True) | Q(until_at__gt=act.at)
    if Assignment.objects.filter(current, staff=staff, patient=patient, from_at__lte=act.at).exists():
        return []
    return [Assignment.objects.create(staff=staff, patient=patient, from_at=act.at, why=CARE_TEAM)]


def _mail(act: Act, clinic: Clinic, patient: Patient, letter: letters.Letter) -> Sequence[Model]:
    if not patient.email:
        return []
    return [
        post(
            clinic=clinic,
            to=patient.email,
            subject=letter.subject,
            body=letter.body,
            purpose=letter.purpose,
            at=act.recorded_at,
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveEvaluation:
    visit: EvaluationVisit
    clinician: Resource
    room: Resource
    starts_at: datetime
    minutes: int
    reason: str


@action("access.evaluation_visit", "amend", about=lambda command: command.visit)
def move_evaluation_visit(act: Act, command: MoveEvaluation) -> Done[EvaluationVisit]:
    """The old visit ends with its reason and a new one stands; when the new time is taken, the old one stays."""
    clinic = one_booking_at_a_time(command.visit.episode.patient.clinic_id)
    old, freed = _end(act, command.visit, reason=f"Moved: {command.reason}", why=command.reason)
    visit, rows = _book(
        act,
        clinic,
        BookEvaluation(
            episode=old.episode,
            clinician=command.clinician,
            room=command.room,
            starts_at=command.starts_at,
            minutes=command.minutes,
        ),
    )
    return Done(value=visit, rows=[old, *freed, *rows], announce=[day_topic(clinic.id)])


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEvaluation:
    visit: EvaluationVisit
    reason: str


@action("access.evaluation_visit", "cancel", about=lambda command: command.visit)
def cancel_evaluation_visit(act: Act, command: CancelEvaluation) -> Done[EvaluationVisit]:
    """The visit ends with its reason; clinician, room and person are free at once."""
    clinic = one_booking_at_a_time(command.visit.episode.patient.clinic_id)
    visit, freed = _end(act, command.visit, reason=command.reason, why=command.reason)
    patient = visit.episode.patient
    letter = letters.cancelled_letter(clinic, language=patient.language, starts_at=visit.starts_at)
    return Done(
        value=visit, rows=[*freed, *_mail(act, clinic, patient, letter)], announce=[day_topic(clinic.id)]
    )


def _end(
    act: Act, visit: EvaluationVisit, *, reason: str, why: str
) -> tuple[EvaluationVisit, Sequence[Model]]:
    row = EvaluationVisit.objects.select_for_update().get(pk=visit.pk)
    try:
        rules.check_reason(why)
        rules.check_visit_may_follow(rules.VisitState(row.status), rules.VisitState.CANCELLED)
    except rules.NotYet as exc:
        raise Refused(exc.rule, exc.sentence) from exc
    row.status, row.cancel_reason = VisitStatus.CANCELLED, reason[:200]
    row.save(update_fields=["status", "cancel_reason"])
    return row, release(row.id, act.recorded_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEvaluation:
    visit: EvaluationVisit


@action("access.evaluation_visit", "amend", about=lambda command: command.visit)
def record_visit_held(act: Act, command: HoldEvaluation) -> Done[EvaluationVisit]:
    """The evaluation visit took place."""
    row = EvaluationVisit.objects.select_for_update().get(pk=command.visit.pk)
    try:
        rules.check_visit_may_follow(rules.VisitState(row.status), rules.VisitState.DONE)
    except rules.NotYet as exc:
        raise Refused(exc.rule, exc.sentence) from exc
    if act.at < row.starts_at:
        raise Refused("ACC-EARLY", "This visit has not begun: record it when the person has been here.")
    row.status = VisitStatus.DONE
    row.save(update_fields=["status"])
    return Done(value=row, announce=[day_topic(row.episode.patient.clinic_id)])
