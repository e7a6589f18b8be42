"""What a patient sees of their own record: requests, visits, consent and papers. No dose, no predicted value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import CharField, Count, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject

from ebbtide.ground.documents.models import Document
from ebbtide.ground.people.models import Clinic, ClinicSetting
from ebbtide.ground.policy import Actor, visible
from ebbtide.journey.access.models import Episode, EvaluationVisit, Request, VisitStatus
from ebbtide.journey.assessment.consent_text import is_current
from ebbtide.journey.assessment.models import Consent, Decision, Evaluation
from ebbtide.journey.assessment.rules import ConsentState, consent_state
from ebbtide.journey.course.models import Visit
from ebbtide.journey.leaving.models import Departure
from ebbtide.journey.outcomes.curve import RelievedCurve, relief_series
from ebbtide.journey.outcomes.models import Answer, Invitation, Reminder
from ebbtide.journey.outcomes.queries import questions_in

FASTING_SOLIDS, FASTING_CLEAR_FLUID = "parameter.fasting_solids_h", "parameter.fasting_clear_fluid_h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One booked time; `infusion` is its number in the series, None for the evaluation. `left` is the way home from it."""

    starts_at: datetime
    ends_at: datetime
    infusion: int | None
    clinician: str
    took_place: bool = False
    left: Departure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fasting:
    """How long before an infusion a person stops eating and drinking, as a director approved it."""

    solids_h: Any
    clear_fluid_h: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A check-in that takes answers now. Its key is in the letter and nowhere else, so only the letter opens it."""

    closes_at: datetime
    sent_at: datetime
    asked: int
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """Everything on a patient's own page."""

    requests: Sequence[Request]
    coming: Sequence[Appointment]
    past: Sequence[Appointment]
    consent_to_sign: UUID | None
    consent_until: date | None
    papers: Sequence[Document]
    fasting: Fasting | None
    waiting: Waiting | None
    # the newest way home while its "do not drive until" still holds
    no_driving: Departure | None

    @property
    def infusion_coming(self) -> bool:
        return any(one.infusion is not None for one in self.coming)


def mine(actor: Actor, clinic: Clinic, *, at: datetime, today: date) -> Mine:
    """A patient's own page (six queries)."""
    booked = sorted([*_evaluations(actor, at), *_infusions(actor, at)], key=lambda one: one.starts_at)
    episode = _episode(actor, at)
    to_sign, until = _consent(episode, today)
    past = [one for one in reversed(booked) if one.took_place or one.ends_at < at]
    return Mine(
        requests=_requests(actor, at),
        coming=[one for one in booked if one not in past],
        past=past,
        consent_to_sign=to_sign,
        consent_until=until,
        papers=list(visible(actor, Document.objects.order_by("-made_at"), "ground.document", at=at)),
        fasting=_fasting(clinic),
        waiting=_waiting(episode),
        no_driving=next((one.left for one in past if one.left and no_driving_until(one.left) > at), None),
    )


def no_driving_until(left: Departure) -> datetime:
    """The instant behind a time on the wall."""
    zone = ZoneInfo(left.no_driving_zone)
    return datetime.combine(left.no_driving_on, left.no_driving_at, tzinfo=zone)


def _requests(actor: Actor, at: datetime) -> list[Request]:
    # a decision is signed by the act that makes it, so its next step may be read by the person it is for
    rows = visible(actor, Request.objects.select_related("decision"), "access.triage_decision", at=at)
    return list(rows.order_by("-received_at"))


def _evaluations(actor: Actor, at: datetime) -> list[Appointment]:
    rows = visible(
        actor, EvaluationVisit.objects.exclude(status=VisitStatus.CANCELLED), "access.evaluation_visit", at=at
    )
    return [
        Appointment(
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            infusion=None,
            clinician=row.clinician.name,
            took_place=row.status == VisitStatus.DONE,
        )
        for row in rows.select_related("clinician")
    ]


def _infusions(actor: Actor, at: datetime) -> list[Appointment]:
    rows = visible(actor, Visit.objects.exclude(status=VisitStatus.CANCELLED), "course.booking", at=at)
    return [
        Appointment(
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            infusion=row.number,
            clinician="",
            took_place=row.status == VisitStatus.DONE,
            left=_departure_of(row),
        )
        for row in rows.select_related("session__departure")
    ]


def _departure_of(visit: Visit) -> Departure | None:
    session = getattr(visit, "session", None)
    return getattr(session, "departure", None)


def _episode(actor: Actor, at: datetime) -> Any:
    """The newest open episode with its consent and the check-in that takes answers now (one query)."""
    suitable = Evaluation.objects.filter(
        episode=OuterRef("pk"), decision=Decision.SUITABLE, valid_until__gte=at
    )
    newest = Consent.objects.filter(episode=OuterRef("pk")).order_by("-signed_at", "-id").values(
        row=JSONObject(expires_on="expires_on", text_sha256="text_sha256", withdrawn_at="withdrawal__withdrawn_at")
    )  # fmt: skip
    rows = visible(actor, Episode.objects.filter(closed_at__isnull=True), "access.episode", at=at)
    return (
        rows.annotate(
            is_suitable=Exists(suitable),
            newest_consent=Subquery(newest[:1]),
            open_check_in=_open_check_in(actor, at),
        )
        .order_by("-opened_at", "-id")
        .first()
    )


def _open_check_in(actor: Actor, at: datetime) -> Subquery:
    question = Concat("instrument", Value(":"), Cast("item", CharField()))
    touched = Answer.objects.filter(invitation=OuterRef("pk")).order_by().values("invitation")
    reminded = Reminder.objects.filter(invitation=OuterRef("pk")).order_by("-made_at").values("made_at")
    rows: QuerySet[Any] = Invitation.objects.filter(
        episode=OuterRef("pk"), mail__isnull=False, opens_at__lte=at, closes_at__gt=at
    )
    seen = visible(actor, rows, "outcomes.invitation", at=at).order_by("closes_at", "id")
    return Subquery(
        seen.values(
            row=JSONObject(
                closes_at="closes_at",
                instruments="instruments",
                sent_at=Coalesce(Subquery(reminded[:1]), "mail__made_at"),
                answered=Coalesce(Subquery(touched.values(n=Count(question, distinct=True))), 0),
            )
        )[:1]
    )


def _waiting(episode: Any) -> Waiting | None:
    row = episode.open_check_in if episode is not None else None
    if row is None:
        return None
    asked = questions_in(row["instruments"])
    if row["answered"] >= asked:
        return None
    return Waiting(
        closes_at=datetime.fromisoformat(row["closes_at"]),
        sent_at=datetime.fromisoformat(row["sent_at"]),
        asked=asked,
        answered=row["answered"],
    )


def _consent(episode: Any, today: date) -> tuple[UUID | None, date | None]:
    """The episode whose consent waits for a signature, and until when a signed one counts."""
    if episode is None:
        return None, None
    until = _counts_until(episode.newest_consent, today)
    return (episode.id if until is None and episode.is_suitable else None), until


def _counts_until(row: Any, today: date) -> date | None:
    if row is None:
        return None
    expires_on = date.fromisoformat(row["expires_on"])
    state = consent_state(
        expires_on=expires_on,
        today=today,
        withdrawn=row["withdrawn_at"] is not None,
        text_is_current=is_current(row["text_sha256"]),
    )
    return expires_on if state is ConsentState.CURRENT else None


def _fasting(clinic: Clinic) -> Fasting | None:
    """Only what a director has approved is told to a patient; a default of the pack is not."""
    names = [FASTING_SOLIDS, FASTING_CLEAR_FLUID]
    rows = ClinicSetting.objects.filter(clinic=clinic, name__in=names, approved_by__isnull=False)
    newest = {row.name: row.value for row in rows.order_by("set_at", "id")}
    if set(newest) != set(names):
        return None
    return Fasting(solids_h=newest[FASTING_SOLIDS], clear_fluid_h=newest[FASTING_CLEAR_FLUID])


def my_curve(actor: Actor, *, at: datetime) -> RelievedCurve | None:
    """The curve of the newest episode that this person may see the relief of; None without one."""
    rows = visible(actor, Episode.objects.all(), "outcomes.relief_curve", at=at)
    episode = rows.select_related("patient__clinic").order_by("-opened_at", "-id").first()
    return relief_series(episode) if episode else None
