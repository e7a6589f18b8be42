"""Who is asked today: the schedule over every open episode of a clinic, what was asked already, and what closed half answered."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q

from ebbtide.evidence.instruments import load_instruments
from ebbtide.evidence.schedule import DueCheckIn, due_check_ins, reminders_on
from ebbtide.ground.people.models import Clinic
from ebbtide.journey.access.models import Complaint, Episode, VisitStatus
from ebbtide.journey.assessment.models import Fact
from ebbtide.journey.course.models import Visit
from ebbtide.journey.outcomes.curve import course_of, visits_of
from ebbtide.journey.outcomes.models import Answer, Invitation, Score
from ebbtide.journey.outcomes.queries import standing, touched_in
from ebbtide.journey.outcomes.rules import CheckIn, window

PCL5 = "PCL5"
LOOK_BACK_DAYS = 60  # days; longer than the widest window of the schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A check-in that is due for an episode, with when it opens and closes."""

    episode: Episode
    due: DueCheckIn
    opens_at: datetime
    closes_at: datetime


def due_now(clinic: Clinic, *, at: datetime) -> Iterator[Asked]:
    """What is due and was not asked yet, in every open episode of the clinic."""
    zone = ZoneInfo(clinic.time_zone)
    today = at.astimezone(zone).date()
    episodes = {row.pk: row for row in _followed(clinic)}
    indicated = _indicated(episodes.values())
    asked = set(
        Invitation.objects.filter(
            episode__in=episodes, due_on__gte=today - timedelta(days=LOOK_BACK_DAYS)
        ).values_list("episode_id", "point", "due_on")
    )
    visits: dict[UUID, list[Visit]] = defaultdict(list)
    for visit in visits_of(list(episodes)):
        visits[visit.series.episode_id].append(visit)
    for episode_id, booked in visits.items():
        course = course_of(booked, zone)
        wanted = {PCL5} if episode_id in indicated else set()
        due = due_check_ins(load_instruments(), course, today=today, indicated=wanted) if course else ()
        for one in due:
            if (episode_id, one.point, one.due_on) not in asked:
                when = window(due_on=one.due_on, closes_on=one.closes_on, zone=clinic.time_zone)
                yield Asked(
                    episode=episodes[episode_id], due=one, opens_at=when.opens_at, closes_at=when.closes_at
                )


def _followed(clinic: Clinic) -> list[Episode]:
    """Episodes of living people that are open and have a visit."""
    visits = Visit.objects.filter(series__episode=OuterRef("pk")).exclude(status=VisitStatus.CANCELLED)
    rows = Episode.objects.filter(
        Exists(visits), patient__clinic=clinic, patient__deceased_on__isnull=True, closed_at__isnull=True
    )
    return list(rows.select_related("patient__clinic"))


def _indicated(episodes: Collection[Episode]) -> set[UUID]:
    """Those in whom a trauma history, PTSD or a mood goal is recorded (`instruments.yaml`, PCL5 asked_when)."""
    named = Q(name="mood_goal", value=True) | Q(name="primary_indication", value="ptsd")
    patients = set(
        Fact.objects.filter(
            named,
            patient__in={row.patient_id for row in episodes},
            replaced_by__isnull=True,
            withdrawn=False,
        ).values_list("patient_id", flat=True)
    )
    return {row.pk for row in episodes if row.complaint == Complaint.MOOD or row.patient_id in patients}


def to_remind(clinic: Clinic, *, at: datetime) -> list[Invitation]:
    """Open check-ins that are not finished and whose next reminder is due; the action looks again, under the lock."""
    zone = ZoneInfo(clinic.time_zone)
    rows = list(
        Invitation.objects.filter(episode__patient__clinic=clinic, opens_at__lte=at, closes_at__gt=at)
        .exclude(instruments=[])
        .select_related("episode__patient__clinic")
        .annotate(reminded=Count("reminders"))
    )
    touched = touched_in(rows)
    today = at.astimezone(zone).date()
    return [
        row for row in rows if _is_late(row, touched[row.pk], row.reminded, at=at, today=today, zone=zone)
    ]


def _is_late(row: Invitation, touched: int, sent: int, *, at: datetime, today: date, zone: ZoneInfo) -> bool:
    if standing(row, touched, at=at) not in {CheckIn.WAITING, CheckIn.STARTED}:
        return False
    closes_on = (row.closes_at - timedelta(seconds=1)).astimezone(zone).date()
    days = reminders_on(DueCheckIn(point=row.point, due_on=row.due_on, closes_on=closes_on, ask=()))
    return sum(day <= today for day in days) > sent


def closed_half_answered(clinic: Clinic, *, at: datetime) -> list[Invitation]:
    """Check-ins whose time is over, with answers that no score holds yet."""
    answers = Answer.objects.filter(invitation=OuterRef("pk"))
    scored = Score.objects.filter(invitation=OuterRef("invitation_id"), instrument=OuterRef("instrument"))
    unscored = answers.exclude(Exists(scored))
    rows = Invitation.objects.filter(
        Exists(unscored),
        episode__patient__clinic=clinic,
        closes_at__lte=at,
        closes_at__gt=at - timedelta(days=LOOK_BACK_DAYS),
    )
    return list(rows.select_related("episode__patient__clinic"))
