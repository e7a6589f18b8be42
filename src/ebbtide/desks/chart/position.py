"""Where a person stands on the way: the newest of each thing, read in one query for one person or for a whole list."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from ebbtide.desks.chart.compiled import ask
from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy import Actor
from ebbtide.journey.access.models import Episode, EvaluationVisit, Request, VisitStatus
from ebbtide.journey.assessment.models import Consent, Evaluation, Fact
from ebbtide.journey.careplan.models import DoubleCheck, OrderVersion
from ebbtide.journey.course.models import Series, SeriesStatus, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The newest of each thing; an empty mapping where there is none yet."""

    patient: Patient
    request: Mapping[str, Any]
    episode: Mapping[str, Any]
    visit: Mapping[str, Any]
    evaluation: Mapping[str, Any]
    consent: Mapping[str, Any]
    order: Mapping[str, Any]
    series: Mapping[str, Any]
    infusion: Mapping[str, Any]
    unconfirmed: int

    def next_visit(self, at: datetime) -> tuple[str, datetime] | None:
        """The next booked visit of either kind, as what and when."""
        booked = (
            [("evaluation", moment(self.visit, "starts_at"))] if self.visit.get("status") == "booked" else []
        )
        if self.infusion:
            booked.append((f"infusion {self.infusion['number']}", moment(self.infusion, "starts_at")))
        coming = [(what, when) for what, when in booked if when is not None and when >= at]
        return min(coming, key=lambda one: one[1], default=None)


def moment(row: Mapping[str, Any], name: str) -> datetime | None:
    """A moment among the values of a row."""
    text = row.get(name)
    return datetime.fromisoformat(text) if text else None


def day(row: Mapping[str, Any], name: str) -> date | None:
    """A day among the values of a row."""
    text = row.get(name)
    return date.fromisoformat(text) if text else None


def _newest(rows: QuerySet[Any], *order: str, **values: Any) -> Subquery:
    return Subquery(rows.order_by(*order).values(row=JSONObject(**values))[:1])


def _of(model: type[Model], **where: Any) -> QuerySet[Any]:
    return model._default_manager.filter(**where)


def with_position(patients: QuerySet[Patient], *, at: datetime) -> QuerySet[Patient]:
    """The patients, each with the newest of each thing on its newest episode."""
    here = {"episode": OuterRef("p_episode_id")}
    facts = Fact.objects.filter(
        patient=OuterRef("pk"), replaced_by__isnull=True, withdrawn=False, confirmed_by__isnull=True
    )
    episodes = Episode.objects.filter(patient=OuterRef("pk")).order_by("-opened_at", "-id")
    agreed = DoubleCheck.objects.filter(order=OuterRef("pk"), agrees=True)
    return patients.annotate(p_episode_id=Subquery(episodes.values("id")[:1])).annotate(
        p_request=_newest(_of(Request, patient=OuterRef("pk")), "-received_at", id="id", status="status", owner="owner__name"),
        p_episode=Subquery(episodes.values(row=JSONObject(id="id", closed_at="closed_at"))[:1]),
        p_visit=_newest(
            _of(EvaluationVisit, **here).exclude(status=VisitStatus.CANCELLED), "-starts_at",
            id="id", starts_at="starts_at", status="status", clinician="clinician__name",
        ),
        p_evaluation=_newest(
            _of(Evaluation, **here), "-signed_at",
            id="id", decision="decision", verdict="verdict", valid_until="valid_until",
        ),
        p_consent=_newest(
            _of(Consent, withdrawal__isnull=True, **here), "-expires_on", id="id", expires_on="expires_on"
        ),
        p_order=_newest(
            _of(OrderVersion, withdrawal__isnull=True, **here), "-written_at", "-version",
            id="id", signed_at="signature__signed_at", checked=Exists(agreed), review_on="review_on",
        ),
        p_series=_newest(
            _of(Series, status=SeriesStatus.BOOKED, **here), "-booked_at", id="id", order="order_id"
        ),
        p_infusion=_newest(
            _of(Visit, series__episode=OuterRef("p_episode_id"), status=VisitStatus.BOOKED, starts_at__gte=at),
            "starts_at", number="number", starts_at="starts_at", series="series_id",
        ),
        p_unconfirmed=Coalesce(
            Subquery(facts.order_by().values("patient").annotate(n=Count("id")).values("n")[:1]), 0
        ),
    )  # fmt: skip


NAMES = ("request", "episode", "visit", "evaluation", "consent", "order", "series", "infusion")


def position_from(row: Any) -> Position:
    """The position of a patient that `with_position` read."""
    newest: dict[str, Any] = {name: getattr(row, f"p_{name}") or {} for name in NAMES}
    return Position(patient=row, unconfirmed=row.p_unconfirmed, **newest)


def _position(_: Actor, patient_id: UUID, at: datetime) -> QuerySet[Any]:
    rows = with_position(Patient.objects.filter(pk=patient_id), at=at)
    return rows.values_list("p_unconfirmed", *(f"p_{name}" for name in NAMES))


def position_of(actor: Actor, patient: Patient, *, at: datetime) -> Position:
    """Where one person stands (one query)."""
    ((unconfirmed, *found),) = ask(_position, actor, patient.pk, at)
    newest: dict[str, Any] = {
        name: json.loads(row) if row else {} for name, row in zip(NAMES, found, strict=True)
    }
    return Position(patient=patient, unconfirmed=unconfirmed, **newest)
