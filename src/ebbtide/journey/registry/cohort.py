"""Reading what was treated: each visit with its infusion, exposure and harm, and the scores that stand. Two queries."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, OuterRef, Q, Subquery, When
from django.db.models.functions import JSONObject

from ebbtide.ground.people.models import Clinic
from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.assessment.models import Consent
from ebbtide.journey.course.models import Visit
from ebbtide.journey.infusion.models import Entry, EntryKind
from ebbtide.journey.leaving.models import Departure, LaterEvent
from ebbtide.journey.outcomes.models import Score
from ebbtide.journey.registry.models import Exposure
from ebbtide.journey.registry.treated import Given, ScoreRow, Scores, TreatedVisit

SEVERE = "severe"
PART_OF_CONSENT = "registry"  # the part of the consent text in which a person lets their rows be counted
FIGURES = ("id", "version", "drug", "mg", "mg_per_kg", "hours", "age_y", "started_at", "stopped_at")
NO_HARM = {"all": 0, "severe": 0}
SCORES_BEFORE = timedelta(days=90)  # a baseline is at most this old


def treated_visits(
    clinic: Clinic, *, since: datetime | None = None, with_models: bool = False
) -> list[TreatedVisit]:
    """The visits of a clinic that were not cancelled, oldest first (one query)."""
    zone = ZoneInfo(clinic.time_zone)
    rows = Visit.objects.filter(series__episode__patient__clinic=clinic).exclude(status=VisitStatus.CANCELLED)
    if since is not None:
        rows = rows.filter(starts_at__gte=since)
    found = rows.annotate(
        exposure=_newest_exposure(with_models=with_models),
        harm=_harm(),
        later=_harm_later(),
        left_at=_departures(),
        permission=_permission(),
    ).values(*WAY, "exposure", "harm", "later", "left_at", "permission")
    return [_visit(row, zone) for row in found.order_by("starts_at", "id")]


WAY = (
    "id",
    "session__id",
    "series_id",
    "series__episode_id",
    "series__episode__patient_id",
    "series__episode__patient__record_number",
    "series__episode__patient__sex",
    "series__episode__patient__language",
    "series__episode__complaint",
    "series__order__infusions",
    "series__order__protocol__key",
    "number",
    "status",
    "starts_at",
    "ends_at",
    "session__opened_at",
)


def _newest_exposure(*, with_models: bool) -> Subquery:
    names = (*FIGURES, "predicted") if with_models else FIGURES
    rows = Exposure.objects.filter(session__visit=OuterRef("pk")).order_by("-version")
    return Subquery(rows.values(found=JSONObject(**{name: name for name in names}))[:1])


def _harm() -> Subquery:
    """How many adverse events stand in the log, and how many of them were severe."""
    rows = Entry.objects.filter(
        session__visit=OuterRef("pk"),
        kind=EntryKind.ADVERSE_EVENT,
        withdrawn=False,
        replaced_by__isnull=True,
    ).order_by()
    counted = rows.values("session").annotate(
        all=Count("id"), bad=Count("id", filter=Q(body__severity=SEVERE))
    )
    return Subquery(counted.values(found=JSONObject(all="all", severe="bad")))


def _harm_later() -> Subquery:
    """The same of what was charted after the person had left: a fall on the next day is harm of this infusion."""
    rows = LaterEvent.objects.filter(
        departure__session__visit=OuterRef("pk"), withdrawn=False, replaced_by__isnull=True
    ).order_by()
    counted = rows.values("departure").annotate(all=Count("id"), bad=Count("id", filter=Q(severity=SEVERE)))
    return Subquery(counted.values(found=JSONObject(all="all", severe="bad")))


def _departures() -> Subquery:
    return Subquery(Departure.objects.filter(session__visit=OuterRef("pk")).values("discharged_at")[:1])


def _permission() -> Subquery:
    """What the newest consent of the episode says of the registry: that part was read and agreed to, and nothing withdrawn."""
    rows = Consent.objects.filter(episode=OuterRef("series__episode")).order_by("-signed_at", "-id")
    agreed = Q(understood__contains=[PART_OF_CONSENT], withdrawal__isnull=True)
    return Subquery(rows.annotate(agreed=Case(When(agreed, then=True), default=False)).values("agreed")[:1])


def _visit(row: Mapping[str, Any], zone: ZoneInfo) -> TreatedVisit:
    given = _given(row["exposure"])
    told = [row[name] or NO_HARM for name in ("harm", "later")]
    began = given.started_at if given else row["starts_at"]
    return TreatedVisit(
        visit_id=row["id"],
        session_id=row["session__id"],
        patient_id=row["series__episode__patient_id"],
        record_number=row["series__episode__patient__record_number"],
        episode_id=row["series__episode_id"],
        series_id=row["series_id"],
        number=row["number"],
        ordered=row["series__order__infusions"],
        protocol=row["series__order__protocol__key"],
        complaint=row["series__episode__complaint"],
        sex=row["series__episode__patient__sex"],
        language=row["series__episode__patient__language"],
        status=row["status"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        opened_at=row["session__opened_at"],
        left_at=row["left_at"],
        adverse_events=sum(harm["all"] for harm in told),
        severe_events=sum(harm["severe"] for harm in told),
        permitted=bool(row["permission"]),
        given=given,
        on=began.astimezone(zone).date(),
    )


def _given(found: Mapping[str, Any] | None) -> Given | None:
    if found is None:
        return None
    return Given(
        id=UUID(found["id"]),
        version=found["version"],
        drug=found["drug"],
        mg=Decimal(str(found["mg"])),
        mg_per_kg=None if found["mg_per_kg"] is None else Decimal(str(found["mg_per_kg"])),
        hours=Decimal(str(found["hours"])),
        age_y=found["age_y"],
        started_at=datetime.fromisoformat(found["started_at"]),
        stopped_at=datetime.fromisoformat(found["stopped_at"]),
        predicted=found.get("predicted", {}),
    )


def scores_of(clinic: Clinic, *, since: datetime | None = None) -> Scores:
    """The scores with a value that stand, by episode, oldest first (one query)."""
    zone = ZoneInfo(clinic.time_zone)
    rows = Score.objects.filter(
        episode__patient__clinic=clinic, value__isnull=False, replaced_by__isnull=True
    )
    if since is not None:
        rows = rows.filter(observed_at__gte=since - SCORES_BEFORE)
    found: dict[UUID, list[ScoreRow]] = defaultdict(list)
    told = rows.order_by("observed_at", "id").values_list(
        "episode_id", "instrument", "point", "value", "observed_at"
    )
    for episode_id, instrument, point, value, at in told:
        if value is not None:  # for the type checker: the query asks for a value
            one = ScoreRow(instrument=instrument, point=point, value=value, on=at.astimezone(zone).date())
            found[episode_id].append(one)
    return found
