"""Reading what the director's figures stand on: one pass over the clinic, six queries, and every figure from the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import CharField, Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from ebbtide.evidence.instruments import load_instruments
from ebbtide.ground.people.models import Clinic, Resource, ResourceKind
from ebbtide.ground.policy import Actor, visible
from ebbtide.journey.access.models import Request, RequestStatus
from ebbtide.journey.course.queries import settings_of
from ebbtide.journey.course.rules import OpeningHours
from ebbtide.journey.custody.models import Variance
from ebbtide.journey.leaving.models import CallResult, Departure, NextDayCall
from ebbtide.journey.outcomes.models import Answer, Invitation, SafetyAlert
from ebbtide.journey.outcomes.rules import CheckIn, Window, state_of
from ebbtide.journey.registry.cohort import scores_of, treated_visits
from ebbtide.journey.registry.response import LASTING_DAYS, Judged
from ebbtide.journey.registry.treated import Course, Scores, TreatedVisit, courses_of, judged

PERIOD = timedelta(days=90)  # [design] long enough for a share that means something in a small clinic
# two periods, eight weeks of relief, and the course before them
LOOK_BACK = 2 * PERIOD + timedelta(days=LASTING_DAYS + 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request for help: when it came, and when it was answered."""

    id: UUID
    status: str
    complaint: str
    received_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One check-in that asked by link, and where it stands."""

    id: UUID
    patient_id: UUID
    record_number: str
    point: str
    due_on: date
    touched: int
    asked: int
    state: CheckIn


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseFound:
    """One course with what could be said of it; None while it is not over."""

    course: Course
    judged: Judged | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenNow:
    """What waits for somebody at this moment, and how many chairs are in use."""

    alerts: int
    variances: int
    calls: int
    chairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything the figures stand on."""

    at: datetime
    zone: ZoneInfo
    hours: OpeningHours
    requests: Sequence[Asked]
    visits: Sequence[TreatedVisit]
    courses: Sequence[CourseFound]
    check_ins: Sequence[Sent]
    open_now: OpenNow

    @property
    def today(self) -> date:
        return self.at.astimezone(self.zone).date()

    def in_period(self, day: date | None, *, back: int = 0) -> bool:
        """Whether a day lies in this period (back 0, today included) or in the one before (back 1)."""
        if day is None:
            return False
        until = self.today - back * PERIOD
        return until - PERIOD < day <= until

    def day_of(self, at: datetime | None) -> date | None:
        """The clinic's day of an instant."""
        return at.astimezone(self.zone).date() if at else None


def measure(actor: Actor, clinic: Clinic, *, at: datetime) -> Measured:
    """Read everything once (six queries)."""
    zone = ZoneInfo(clinic.time_zone)
    today = at.astimezone(zone).date()
    visits = treated_visits(clinic, since=at - LOOK_BACK)
    scores = scores_of(clinic, since=at - LOOK_BACK)
    return Measured(
        at=at,
        zone=zone,
        hours=settings_of(clinic).hours,
        requests=_requests(actor, at),
        visits=visits,
        courses=_courses(visits, scores, today),
        check_ins=_check_ins(actor, today, at),
        open_now=_open_now(clinic, today),
    )


def _courses(visits: Sequence[TreatedVisit], scores: Scores, today: date) -> list[CourseFound]:
    return [
        CourseFound(course=course, judged=judged(course, scores, today=today))
        for course in courses_of(visits)
    ]


def _requests(actor: Actor, at: datetime) -> list[Asked]:
    """What waits, and what came or was answered in two periods."""
    since = at - 2 * PERIOD - timedelta(days=2)
    known = Q(status=RequestStatus.RECEIVED) | Q(received_at__gte=since) | Q(decision__decided_at__gte=since)
    rows = visible(actor, Request.objects.filter(known), "access.consult_request", at=at)
    found = rows.order_by("received_at", "id").values_list(
        "id", "status", "complaint", "received_at", "decision__decided_at"
    )
    return [
        Asked(id=one, status=status, complaint=complaint, received_at=received_at, decided_at=decided_at)
        for one, status, complaint, received_at, decided_at in found
    ]


def _check_ins(actor: Actor, today: date, at: datetime) -> list[Sent]:
    """The check-ins of two periods that asked something by link."""
    question = Concat("instrument", Value("/"), Cast("item", CharField()))
    answered = Answer.objects.filter(invitation=OuterRef("pk")).order_by().values("invitation")
    touched = Subquery(answered.annotate(n=Count(question, distinct=True)).values("n"))
    rows = Invitation.objects.filter(due_on__gt=today - 2 * PERIOD, due_on__lte=today).exclude(instruments=[])
    seen = visible(actor, rows, "outcomes.invitation", at=at).annotate(touched=Coalesce(touched, 0))
    return [_sent(row, at) for row in seen.select_related("episode__patient").order_by("-due_on", "-id")]


def _sent(row: Any, at: datetime) -> Sent:
    asked = sum(load_instruments().instrument(name).items for name in row.instruments)
    when = Window(opens_at=row.opens_at, closes_at=row.closes_at)
    return Sent(
        id=row.id,
        patient_id=row.episode.patient_id,
        record_number=row.episode.patient.record_number,
        point=row.point,
        due_on=row.due_on,
        touched=row.touched,
        asked=asked,
        state=state_of(asked=asked, touched=row.touched, when=when, at=at),
    )


def alerts_open(clinic: Any) -> QuerySet[SafetyAlert]:
    """Alerts that nobody has closed."""
    return SafetyAlert.objects.filter(episode__patient__clinic=clinic, closed__isnull=True)


def variances_open(clinic: Any) -> QuerySet[Variance]:
    """Differences of the drug that nobody has closed; a voided one was found again."""
    return Variance.objects.filter(
        movement__clinic=clinic, closing__isnull=True, movement__voided_by__isnull=True
    )


def calls_open(clinic: Any, today: date) -> QuerySet[Departure]:
    """People who left and whose call is due, and nobody has reached them or ended the trying."""
    ended = NextDayCall.objects.exclude(outcome=CallResult.NOT_REACHED).values("departure_id")
    return Departure.objects.filter(
        session__visit__series__episode__patient__clinic=clinic, call_due_on__lte=today
    ).exclude(pk__in=ended)


def _open_now(clinic: Clinic, today: date) -> OpenNow:
    outer = OuterRef("pk")
    chairs = Resource.objects.filter(clinic=outer, kind=ResourceKind.CHAIR, out_of_use_at__isnull=True)
    found = (
        Clinic.objects.filter(pk=clinic.pk)
        .annotate(
            alerts=_count(alerts_open(outer)),
            variances=_count(variances_open(outer)),
            calls=_count(calls_open(outer, today)),
            chairs=_count(chairs),
        )
        .values("alerts", "variances", "calls", "chairs")[0]
    )
    return OpenNow(**found)


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)
