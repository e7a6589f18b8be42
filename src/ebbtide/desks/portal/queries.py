"""What a patient sees of their own record: requests, visits, consent and papers. No dose, no predicted value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import JSONObject

from ebbtide.ground.documents.models import Document
from ebbtide.ground.people.models import Clinic, ClinicSetting
from ebbtide.ground.policy import Actor, visible
from ebbtide.journey.access.models import Episode, EvaluationVisit, Request, VisitStatus
from ebbtide.journey.assessment.consent_text import is_current
from ebbtide.journey.assessment.models import Consent, Decision, Evaluation
from ebbtide.journey.assessment.rules import ConsentState, consent_state
from ebbtide.journey.course.models import Visit

FASTING_SOLIDS, FASTING_CLEAR_FLUID = "parameter.fasting_solids_h", "parameter.fasting_clear_fluid_h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One booked time; `infusion` is its number in the series, None for the evaluation."""

    starts_at: datetime
    ends_at: datetime
    infusion: int | None
    clinician: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fasting:
    """How long before an infusion a person stops eating and drinking, as a director approved it."""

    solids_h: Any
    clear_fluid_h: Any


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

    @property
    def infusion_coming(self) -> bool:
        return any(one.infusion is not None for one in self.coming)


def mine(actor: Actor, clinic: Clinic, *, at: datetime, today: date) -> Mine:
    """A patient's own page (six queries)."""
    booked = sorted([*_evaluations(actor, at), *_infusions(actor, at)], key=lambda one: one.starts_at)
    to_sign, until = _consent(actor, at=at, today=today)
    return Mine(
        requests=_requests(actor, at),
        coming=[one for one in booked if one.ends_at >= at],
        past=[one for one in reversed(booked) if one.ends_at < at],
        consent_to_sign=to_sign,
        consent_until=until,
        papers=list(visible(actor, Document.objects.order_by("-made_at"), "ground.document", at=at)),
        fasting=_fasting(clinic),
    )


def _requests(actor: Actor, at: datetime) -> list[Request]:
    # a decision is signed by the act that makes it, so its next step may be read by the person it is for
    rows = visible(actor, Request.objects.select_related("decision"), "access.triage_decision", at=at)
    return list(rows.order_by("-received_at"))


def _evaluations(actor: Actor, at: datetime) -> list[Appointment]:
    rows = visible(
        actor, EvaluationVisit.objects.exclude(status=VisitStatus.CANCELLED), "access.evaluation_visit", at=at
    )
    return [
        Appointment(starts_at=row.starts_at, ends_at=row.ends_at, infusion=None, clinician=row.clinician.name)
        for row in rows.select_related("clinician")
    ]


def _infusions(actor: Actor, at: datetime) -> list[Appointment]:
    rows = visible(actor, Visit.objects.exclude(status=VisitStatus.CANCELLED), "course.booking", at=at)
    return [
        Appointment(starts_at=row.starts_at, ends_at=row.ends_at, infusion=row.number, clinician="")
        for row in rows
    ]


def _consent(actor: Actor, *, at: datetime, today: date) -> tuple[UUID | None, date | None]:
    """The episode whose consent waits for a signature, and until when a signed one counts."""
    suitable = Evaluation.objects.filter(
        episode=OuterRef("pk"), decision=Decision.SUITABLE, valid_until__gte=at
    )
    newest = Consent.objects.filter(episode=OuterRef("pk")).order_by("-signed_at", "-id").values(
        row=JSONObject(expires_on="expires_on", text_sha256="text_sha256", withdrawn_at="withdrawal__withdrawn_at")
    )  # fmt: skip
    rows = visible(actor, Episode.objects.filter(closed_at__isnull=True), "access.episode", at=at)
    found = (
        rows.annotate(is_suitable=Exists(suitable), newest_consent=Subquery(newest[:1]))
        .order_by("-opened_at", "-id")
        .first()
    )
    if found is None:
        return None, None
    until = _counts_until(found.newest_consent, today)
    return (found.id if until is None and found.is_suitable else None), until


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
