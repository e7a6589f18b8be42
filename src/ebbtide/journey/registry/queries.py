"""Reading the registry: which infusions wait for their exposure, what one gave, the data set, what was taken out."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import Actor, may, visible
from ebbtide.journey.access.models import Complaint
from ebbtide.journey.assessment.models import Fact
from ebbtide.journey.careplan.dosing import OrderDrug
from ebbtide.journey.careplan.models import Protocol
from ebbtide.journey.careplan.queries import age_years
from ebbtide.journey.infusion.events import FLOW_KINDS
from ebbtide.journey.infusion.models import Entry, EntryKind, Session
from ebbtide.journey.infusion.queries import GivenExposure
from ebbtide.journey.registry.cohort import scores_of, treated_visits
from ebbtide.journey.registry.dataset import Source
from ebbtide.journey.registry.exposure import Given
from ebbtide.journey.registry.keys import registry_key
from ebbtide.journey.registry.models import Export, Exposure
from ebbtide.journey.registry.treated import courses_of
from ebbtide.pharmacology.previews import ENGINE_VERSION
from ebbtide.pharmacology.published.models import Drug

PREGNANT = frozenset({"positive", "indeterminate"})


def newest_exposure(session: Session) -> Exposure | None:
    """The exposure that counts."""
    return Exposure.objects.filter(session=session).order_by("-version").first()


def waiting_sessions(clinic: Clinic) -> QuerySet[Session]:
    """Infusions that ended and have no exposure, or one from before a correction of the flow or of the arithmetic."""
    newest = Exposure.objects.filter(session=OuterRef("pk")).order_by("-version")
    flow = Entry.objects.filter(session=OuterRef("pk"), kind__in=sorted(FLOW_KINDS))
    standing = {"withdrawn": False, "replaced_by__isnull": True}
    ended = flow.filter(kind=EntryKind.STOP, **standing)
    begun = flow.filter(kind__in=[EntryKind.START, EntryKind.BOLUS], **standing)
    rows = Session.objects.filter(chair__clinic=clinic).annotate(
        computed_at=Subquery(newest.values("computed_at")[:1]),
        engine=Subquery(newest.values("engine_version")[:1]),
        flow_at=Subquery(flow.order_by("-recorded_at").values("recorded_at")[:1]),
    )
    rows = rows.filter(Exists(ended), Exists(begun)).filter(
        Q(computed_at__isnull=True) | Q(flow_at__gt=F("computed_at")) | ~Q(engine=ENGINE_VERSION)
    )
    return rows.select_related("visit__series__episode__patient__clinic", "visit__series__order").order_by(
        "opened_at"
    )


def given_by(session: Session, found: GivenExposure) -> Given:
    """What the models are asked about an infusion: its log, the order's weight, the age and a pregnancy known that day."""
    episode = session.visit.series.episode
    return Given(
        schedule=found.schedule,
        mg=found.mg,
        hours=found.hours,
        drug=Drug.RACEMIC if session.order.drug == OrderDrug.RACEMATE else Drug.S,
        weight_kg=session.order.weight_kg,
        age_y=age_years(episode.patient.birth_date, at=found.started_at),
        pregnant=_pregnant(session, at=found.started_at),
        crps_course=episode.complaint == Complaint.CRPS,
    )


def _pregnant(session: Session, *, at: datetime) -> bool | None:
    rows = Fact.objects.filter(
        patient_id=session.visit.series.episode.patient_id, name="pregnancy_test_result", observed_at__lte=at
    )
    newest = rows.order_by("-observed_at", "-recorded_at").values_list("value", flat=True).first()
    return None if newest is None else newest in PREGNANT


def source_for(clinic: Clinic, *, at: datetime) -> Source:
    """Everything a data set is made of (two queries and the key)."""
    visits = treated_visits(clinic, with_models=True)
    return Source(
        visits=visits,
        courses=courses_of(visits),
        scores=scores_of(clinic),
        today=at.astimezone(ZoneInfo(clinic.time_zone)).date(),
        key=registry_key(),
    )


def counts_only(actor: Actor, *, at: datetime) -> bool:
    """Whether this person sees counts and no row."""
    return "aggregate" in may(actor, "read", "registry.dataset", at=at).conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What can be filtered by, as the page offers it."""

    complaints: list[tuple[str, str]]
    protocols: list[tuple[str, str]]


def choices(clinic: Clinic) -> Choices:
    """The complaints of the form, and the protocols of the clinic's library (one query)."""
    keys = Protocol.objects.filter(clinic=clinic).order_by("key").values_list("key", flat=True).distinct()
    return Choices(
        complaints=[(str(value), str(label)) for value, label in Complaint.choices],
        protocols=[(key, key) for key in keys],
    )


def exports_of(actor: Actor, *, at: datetime) -> QuerySet[Export]:
    """What was taken out, newest first."""
    rows = visible(actor, Export.objects.all(), "registry.export", at=at)
    return rows.select_related("made_by").order_by("-made_at", "-id")
