"""Where a person stands on the way: the newest of each thing, read in one query for one person or for a whole list."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from ebbtide.desks.chart.compiled import ask
from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy import Actor, visible
from ebbtide.journey.access.models import Episode, EvaluationVisit, Request, VisitStatus
from ebbtide.journey.assessment.models import Consent, Evaluation, Fact
from ebbtide.journey.careplan.models import DoubleCheck, OrderVersion
from ebbtide.journey.course.models import Series, SeriesStatus, Visit
from ebbtide.journey.infusion.events import FLOW_KINDS
from ebbtide.journey.infusion.models import Entry, Session, StartGate
from ebbtide.journey.leaving.calls import CALL_ENDS
from ebbtide.journey.leaving.models import Departure
from ebbtide.journey.outcomes.models import SafetyAlert


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
    seat: Mapping[str, Any]
    due: Mapping[str, Any]
    departure: Mapping[str, Any]
    alert: Mapping[str, Any]
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


# a visit of this day may still lie ahead on the wall: the page itself knows the clinic's day
AHEAD = timedelta(hours=24)


def _seat(way: str) -> Subquery:
    """Whoever was checked in and has not left: the newest gate and the newest entry that changed the flow."""
    gates = StartGate.objects.filter(session=OuterRef("pk")).order_by("-signed_at", "-id")
    flow = Entry.objects.filter(
        session=OuterRef("pk"), kind__in=FLOW_KINDS, withdrawn=False, replaced_by__isnull=True
    ).order_by("-observed_at", "-id")
    return _newest(
        Session.objects.filter(departure__isnull=True, **{f"visit__{way}": OuterRef("p_episode_id")}), "-opened_at",
        id="id", number="visit__number", chair="chair__name", opened_at="opened_at",
        passed=Subquery(gates.values("passed")[:1]), last=Subquery(flow.values("kind")[:1]),
    )  # fmt: skip


def with_position(patients: QuerySet[Patient], actor: Actor, *, at: datetime) -> QuerySet[Patient]:
    """The patients, each with the newest of each thing on its newest episode; an alert only for whoever may read it."""
    way = "series__episode"
    booked = Visit.objects.filter(status=VisitStatus.BOOKED, **{way: OuterRef("p_episode_id")})
    of_series = Visit.objects.filter(series=OuterRef("pk"))
    left = Departure.objects.filter(**{f"session__visit__{way}": OuterRef("p_episode_id")})
    alerts = visible(
        actor,
        _of(SafetyAlert, closed__isnull=True, episode__patient=OuterRef("pk")),
        "outcomes.safety_alert",
        at=at,
    )
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
            _of(Series, status=SeriesStatus.BOOKED, **here), "-booked_at", id="id", order="order_id",
            done=Exists(of_series.filter(status=VisitStatus.DONE)),
            open=Exists(of_series.filter(status=VisitStatus.BOOKED)),
        ),
        p_infusion=_newest(
            booked.filter(starts_at__gte=at), "starts_at", number="number", starts_at="starts_at", series="series_id"
        ),
        p_seat=_seat(way),
        p_due=_newest(
            booked.filter(session__isnull=True, starts_at__lte=at + AHEAD), "starts_at",
            id="id", number="number", starts_at="starts_at", series="series_id",
        ),
        p_departure=_newest(
            left.exclude(calls__outcome__in=CALL_ENDS), "-discharged_at", id="id", call_due_on="call_due_on"
        ),
        p_alert=_newest(alerts, "opened_at", id="id", due_at="due_at", owner="owner__name"),
        p_unconfirmed=Coalesce(
            Subquery(facts.order_by().values("patient").annotate(n=Count("id")).values("n")[:1]), 0
        ),
    )  # fmt: skip


NAMES = (
    "request", "episode", "visit", "evaluation", "consent", "order", "series", "infusion",
    "seat", "due", "departure", "alert",
)  # fmt: skip


def position_from(row: Any) -> Position:
    """The position of a patient that `with_position` read."""
    newest: dict[str, Any] = {name: getattr(row, f"p_{name}") or {} for name in NAMES}
    return Position(patient=row, unconfirmed=row.p_unconfirmed, **newest)


def _position(actor: Actor, patient_id: UUID, at: datetime) -> QuerySet[Any]:
    rows = with_position(Patient.objects.filter(pk=patient_id), actor, at=at)
    return rows.values_list("p_unconfirmed", *(f"p_{name}" for name in NAMES))


def position_of(actor: Actor, patient: Patient, *, at: datetime) -> Position:
    """Where one person stands (one query)."""
    ((unconfirmed, *found),) = ask(_position, actor, patient.pk, at)
    newest: dict[str, Any] = {
        name: json.loads(row) if row else {} for name, row in zip(NAMES, found, strict=True)
    }
    return Position(patient=patient, unconfirmed=unconfirmed, **newest)
