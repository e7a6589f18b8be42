"""Reading the outcomes: who is on call, where a check-in stands, scores, alerts, and how many answer."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from ebbtide.evidence.instruments import Instrument, load_instruments
from ebbtide.evidence.scoring import Blank, Given
from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.ground.people.queries import setting
from ebbtide.journey.access.models import Episode
from ebbtide.journey.careplan.models import OrderSignature
from ebbtide.journey.outcomes.curve import InfusionMark, RelievedCurve, relief_series
from ebbtide.journey.outcomes.models import (
    ORIGINS,
    AlertTaken,
    Answer,
    Invitation,
    Reminder,
    SafetyAlert,
    Score,
)
from ebbtide.journey.outcomes.rules import CheckIn, OnCall, Window, on_call_from, state_of

__all__ = ["InfusionMark", "RelievedCurve", "relief_series"]

ON_CALL = "outcomes.on_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is on call, with the staff member behind the name."""

    staff: Staff
    told: OnCall


def on_call(clinic: Clinic) -> Person | None:
    """Who answers for item 9 now; None when nobody is set, or the name is nobody's who works here."""
    told = on_call_from(setting(clinic, ON_CALL, None))
    if told is None:
        return None
    staff = (
        Staff.objects.filter(clinic=clinic, name=told.name, left_at__isnull=True, account__is_active=True)
        .select_related("account")
        .first()
    )
    return None if staff is None else Person(staff=staff, told=told)


def owner_for(episode: Episode, *, beside: UUID | None, called: Person | None) -> Staff:
    """Who owns a new alert: whoever sits beside the person, else who is on call, else who signed the order, else a director.

    An alert is never left without an owner: with none of these it goes to whoever may close one, or works here at all.
    """
    here = Staff.objects.filter(clinic_id=episode.patient.clinic_id, left_at__isnull=True)
    if beside is not None:
        return here.get(pk=beside)
    if called is not None:
        return called.staff
    signature = (
        OrderSignature.objects.filter(order__episode=episode, signed_by__left_at__isnull=True)
        .select_related("signed_by__account")
        .order_by("-signed_at")
        .first()
    )
    if signature is not None:
        return signature.signed_by
    ranked = here.select_related("account").order_by("name")
    return min(ranked, key=lambda one: ("director" not in one.roles, "prescriber" not in one.roles))


def digest(token: str) -> str:
    """What the record keeps of a link's key."""
    return hashlib.sha256(token.encode()).hexdigest()


def invitation_by(token: str) -> Invitation | None:
    """The check-in that a link opens, whichever of its letters the link came with.

    With it `alerted`, what its answers ever asked a person for, and `scored_in`, the instruments that have a score.
    """
    alerts = SafetyAlert.objects.filter(answer__invitation=OuterRef("pk")).values("kind")
    scores = Score.objects.filter(invitation=OuterRef("pk"), replaced_by__isnull=True).values("instrument")
    rows = Invitation.objects.select_related("episode__patient__clinic").annotate(
        alerted=ArraySubquery(alerts), scored_in=ArraySubquery(scores)
    )
    kept = digest(token)
    found = rows.filter(
        Q(token_sha256=kept) | Q(pk__in=Reminder.objects.filter(token_sha256=kept).values("invitation_id"))
    )
    return found.first()


Answers = Mapping[tuple[str, int], Answer]


def answers_of(invitation: Invitation) -> Answers:
    """The newest answer to each question."""
    rows = Answer.objects.filter(invitation=invitation).order_by("answered_at", "id")
    return {(row.instrument, row.item): row for row in rows}


def given_in(answers: Answers, instrument: Instrument) -> dict[int, Given]:
    """The answers to one instrument as its scoring reads them: a question that was passed over stays blank."""
    found: dict[int, Given] = dict.fromkeys(range(1, instrument.items + 1), Blank.BLANK)
    for item in found:
        row = answers.get((instrument.id, item))
        if row is not None:
            found[item] = Blank.DECLINED if row.value is None else row.value
    return found


def questions_in(instruments: Iterable[str]) -> int:
    """How many questions these instruments ask."""
    return sum(load_instruments().instrument(name).items for name in instruments)


def window_of(invitation: Invitation) -> Window:
    return Window(opens_at=invitation.opens_at, closes_at=invitation.closes_at)


def standing(invitation: Invitation, touched: int, *, at: datetime) -> CheckIn:
    """Where a check-in stands when so many of its questions were answered or declined."""
    return state_of(
        asked=questions_in(invitation.instruments), touched=touched, when=window_of(invitation), at=at
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownInvitation:
    """A check-in for a list: where it stands, and nothing of what was answered."""

    row: Invitation
    state: CheckIn
    touched: int
    reminders: int

    @property
    def asked(self) -> int:
        """How many questions it asks by link."""
        return questions_in(self.row.instruments)


def shown_invitations(rows: QuerySet[Invitation], *, at: datetime, most: int = 200) -> list[ShownInvitation]:
    """These check-ins with where they stand, newest first."""
    found = list(
        rows.select_related("episode__patient")
        .annotate(reminded=Count("reminders"), touched=_touched())
        .order_by("-due_on", "-id")[:most]
    )
    return [
        ShownInvitation(
            row=row,
            state=standing(row, len(row.touched), at=at),
            touched=len(row.touched),
            reminders=row.reminded,
        )
        for row in found
    ]


def _touched() -> ArraySubquery:
    """The questions of a check-in that were answered or declined, each once."""
    answers = Answer.objects.filter(invitation=OuterRef("pk")).order_by()
    named = Concat("instrument", Value("/"), Cast("item", TextField()), output_field=TextField())
    return ArraySubquery(answers.annotate(question=named).values("question").distinct())


def touched_in(rows: Iterable[Invitation]) -> Counter[UUID]:
    """How many questions of each check-in were answered or declined."""
    answered = Answer.objects.filter(invitation__in=[row.pk for row in rows]).order_by()
    return Counter(row[0] for row in answered.values_list("invitation_id", "instrument", "item").distinct())


def current_scores(episode: Episode) -> QuerySet[Score]:
    """The scores that no later one replaced, newest first."""
    rows = Score.objects.filter(episode=episode, replaced_by__isnull=True)
    return rows.select_related("entered_by").order_by("-observed_at", "-id")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAlert:
    """An alert with who owns it now, since when, and how it ended."""

    row: SafetyAlert
    owner: Staff
    taken_at: datetime | None
    late: bool

    @property
    def is_open(self) -> bool:
        return getattr(self.row, "closed", None) is None


def shown_alerts(rows: QuerySet[SafetyAlert], *, at: datetime, most: int = 200) -> list[ShownAlert]:
    """These alerts: open ones first, the one that is due first on top."""
    takings = Prefetch("takings", AlertTaken.objects.select_related("taken_by").order_by("-taken_at", "-id"))
    found = (
        rows.select_related("owner", "episode__patient", "closed__closed_by", *ORIGINS)
        .prefetch_related(takings)
        .order_by("-closed__closed_at", "due_at")
    )
    return [shown_alert(row, at=at) for row in found[:most]]


def shown_alert(row: SafetyAlert, *, at: datetime) -> ShownAlert:
    """One alert; its takings are read when they were not yet."""
    takings = sorted(row.takings.all(), key=lambda one: (one.taken_at, one.pk), reverse=True)
    taken = takings[0] if takings else None
    return ShownAlert(
        row=row,
        owner=taken.taken_by if taken else row.owner,
        taken_at=taken.taken_at if taken else None,
        late=getattr(row, "closed", None) is None and at >= row.due_at,
    )


def open_alerts(clinic: Clinic, *, at: datetime) -> list[ShownAlert]:
    """Every alert of the clinic that nobody has closed, the most pressing first. For pages, filter by `visible` first."""
    rows = SafetyAlert.objects.filter(episode__patient__clinic=clinic, closed__isnull=True)
    return shown_alerts(rows, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """How many of the check-ins that were asked by link came back. Those still open are counted apart: they are no misses."""

    asked: int
    completed: int
    partial: int
    none: int
    still_open: int

    @property
    def ended(self) -> int:
        """The n of the rate: completed, or closed."""
        return self.asked - self.still_open


def completion(clinic: Clinic, since: date, until: date, *, at: datetime) -> Completion:
    """Check-ins that were due from `since` until before `until`, and what became of them."""
    rows = Invitation.objects.filter(
        episode__patient__clinic=clinic, due_on__gte=since, due_on__lt=until
    ).exclude(instruments=[])
    found = list(rows)
    touched = touched_in(found)
    states = Counter(standing(row, touched[row.pk], at=at) for row in found)
    return Completion(
        asked=len(found),
        completed=states[CheckIn.COMPLETED],
        partial=states[CheckIn.PARTIAL],
        none=states[CheckIn.NO_ANSWER],
        still_open=states[CheckIn.WAITING] + states[CheckIn.STARTED] + states[CheckIn.NOT_YET],
    )
