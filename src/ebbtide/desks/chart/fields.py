"""What the chart shows of each thing in the record: the field list of each kind, and the shorter list for a task that needs no more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Model, OuterRef, Subquery, Sum

from ebbtide.ground.documents.models import Document
from ebbtide.journey.access.models import Episode, EvaluationVisit, Request, TriageDecision
from ebbtide.journey.assessment.models import Consent, Evaluation, Import, ListConfirmation
from ebbtide.journey.careplan.models import DoubleCheck, OrderSignature, OrderVersion, OrderWithdrawal
from ebbtide.journey.course.models import Series, Visit
from ebbtide.journey.custody.models import Movement, MovementKind
from ebbtide.journey.infusion.models import Entry, EntryKind, Session, StartGate
from ebbtide.journey.leaving.models import (
    Departure,
    LaterEvent,
    NextDayCall,
    Recovery,
    RecoveryPhase,
    ReleaseDecision,
)
from ebbtide.journey.outcomes.models import SafetyAlert, Score
from ebbtide.journey.registry.models import Exposure


class Stage(StrEnum):
    """The headings of the story, newest on top."""

    REGISTRY = "Registry"
    OUTCOMES = "Outcomes"
    LEAVING = "Leaving"
    INFUSION = "Infusion"
    COURSE = "Course"
    CAREPLAN = "Care plan"
    ASSESSMENT = "Assessment"
    ACCESS = "Access"
    PAPERS = "Papers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of entry: whose resource it is, when it counts, who did it, and its fields.

    `minimum` names the fields that reach a person whose grant says minimum, status only or time only. A field is a path
    from the row or an expression over it. `where` leaves rows of the table out that the story does not tell.
    """

    name: str
    model: type[Model]
    resource: str
    stage: Stage
    at: str
    who: str = ""
    fields: Mapping[str, Any]
    minimum: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=dict)


def _given_ug(visit: str) -> Subquery:
    """What the register says was given at a visit: of custody the story tells this one sum, to readers of the log."""
    given = Movement.objects.filter(
        kind=MovementKind.GIVE, visit=OuterRef(visit), voided_by__isnull=True
    ).order_by()
    return Subquery(given.values("visit").annotate(total=Sum("amount_ug")).values("total"))


def _newest_exposure() -> Subquery:
    rows = Exposure.objects.filter(session=OuterRef("session")).order_by("-version")
    return Subquery(rows.values("version")[:1])


# of a log of hundreds of entries the story tells the start, the stop and what went wrong; the rest is at the chair
STANDING = {"replaced_by__isnull": True, "withdrawn": False}


KINDS = (
    Kind(
        name="request", model=Request, resource="access.consult_request", stage=Stage.ACCESS,
        at="received_at", who="typed_by__name",
        fields={"channel": "channel", "status": "status", "complaint": "complaint"},
        minimum=("channel", "status"),
    ),
    Kind(
        name="decision", model=TriageDecision, resource="access.triage_decision", stage=Stage.ACCESS,
        at="decided_at", who="decided_by__name",
        fields={"outcome": "outcome", "reason": "reason", "request": "request_id"},
        minimum=("outcome", "request"),
    ),
    Kind(
        name="episode", model=Episode, resource="access.episode", stage=Stage.ACCESS, at="opened_at",
        fields={"complaint": "complaint", "closed_at": "closed_at"}, minimum=("closed_at",),
    ),
    Kind(
        name="evaluation_visit", model=EvaluationVisit, resource="access.evaluation_visit", stage=Stage.ACCESS,
        at="starts_at", who="clinician__name",
        fields={"status": "status", "room": "room__name"}, minimum=("status", "room"),
    ),
    Kind(
        name="import", model=Import, resource="assessment.import", stage=Stage.ASSESSMENT, at="imported_at",
        fields={"taken": "taken", "already_there": "already_there"},
    ),
    Kind(
        name="list", model=ListConfirmation, resource="assessment.history", stage=Stage.ASSESSMENT,
        at="confirmed_at", who="confirmed_by__name", fields={"name": "name", "unchanged": "unchanged"},
    ),
    Kind(
        name="evaluation", model=Evaluation, resource="assessment.suitability", stage=Stage.ASSESSMENT,
        at="signed_at", who="signed_by__name",
        fields={"decision": "decision", "verdict": "verdict", "valid_until": "valid_until"},
        minimum=("decision", "valid_until"),
    ),
    Kind(
        name="consent", model=Consent, resource="assessment.consent", stage=Stage.ASSESSMENT,
        at="signed_at", who="witnessed_by__name",
        fields={
            "how": "how", "expires_on": "expires_on", "withdrawn_at": "withdrawal__withdrawn_at",
            "document": "document_id",
        },
    ),
    Kind(
        name="order", model=OrderVersion, resource="careplan.order", stage=Stage.CAREPLAN,
        at="written_at", who="written_by__name",
        fields={
            "order": "order_id", "version": "version", "template": "template", "protocol": "protocol__key",
            "dose_mg": "dose_mg", "infusions": "infusions", "signed_at": "signature__signed_at",
            "withdrawn_at": "withdrawal__withdrawn_at",
        },
        minimum=("order", "version", "infusions", "signed_at", "withdrawn_at"),
    ),
    Kind(
        name="signature", model=OrderSignature, resource="careplan.order", stage=Stage.CAREPLAN,
        at="signed_at", who="signed_by__name",
        fields={"order": "order_id", "version": "order__version"}, minimum=("order", "version"),
    ),
    Kind(
        name="withdrawal", model=OrderWithdrawal, resource="careplan.order", stage=Stage.CAREPLAN,
        at="withdrawn_at", who="withdrawn_by__name",
        fields={"order": "order_id", "version": "order__version", "reason": "reason"},
        minimum=("order", "version"),
    ),
    Kind(
        name="check", model=DoubleCheck, resource="careplan.double_check", stage=Stage.CAREPLAN,
        at="checked_at", who="checked_by__name", fields={"order": "order_id", "agrees": "agrees"},
    ),
    Kind(
        name="series", model=Series, resource="course.series", stage=Stage.COURSE,
        at="booked_at", who="booked_by__name", fields={"status": "status"}, minimum=("status",),
    ),
    Kind(
        name="visit", model=Visit, resource="course.booking", stage=Stage.COURSE, at="starts_at",
        fields={
            "series": "series_id", "number": "number", "status": "status", "chair": "chair__name",
            "episode": "series__episode_id",
        },
        minimum=("series", "number", "status", "chair"),
    ),
    Kind(
        name="session", model=Session, resource="infusion.session_log", stage=Stage.INFUSION,
        at="opened_at", who="opened_by__name", fields={"number": "visit__number", "chair": "chair__name"},
    ),
    Kind(
        name="gate", model=StartGate, resource="infusion.start_gate", stage=Stage.INFUSION,
        at="signed_at", who="signed_by__name", fields={"session": "session_id", "passed": "passed"},
    ),
    Kind(
        name="start", model=Entry, resource="infusion.dose_act", stage=Stage.INFUSION,
        at="observed_at", who="author__name", where={"kind": EntryKind.START, **STANDING},
        fields={"session": "session_id", "number": "session__visit__number", "body": "body"},
    ),
    Kind(
        name="logged", model=Entry, resource="infusion.session_log", stage=Stage.INFUSION,
        at="observed_at", who="author__name",
        where={"kind__in": [EntryKind.STOP, EntryKind.ADVERSE_EVENT], **STANDING},
        fields={
            "session": "session_id", "number": "session__visit__number", "kind": "kind", "body": "body",
            "given_ug": _given_ug("session__visit"), "weight_kg": "session__order__weight_kg",
            "episode": "session__visit__series__episode_id",
        },
    ),
    Kind(
        name="recovery", model=Recovery, resource="leaving.recovery", stage=Stage.LEAVING,
        at="observed_at", who="recorded_by__name", where={"phase": RecoveryPhase.RECOVERY},
        fields={"session": "session_id", "aldrete": "aldrete_compared", "padss": "padss_compared"},
    ),
    Kind(
        name="release", model=ReleaseDecision, resource="leaving.discharge", stage=Stage.LEAVING,
        at="decided_at", who="decided_by__name",
        fields={"reason": "reason", "session": "recovery__session_id"},
    ),
    Kind(
        name="departure", model=Departure, resource="leaving.discharge", stage=Stage.LEAVING,
        at="discharged_at", who="discharged_by__name",
        fields={
            "number": "session__visit__number", "escort": "escort_relation",
            "no_driving_on": "no_driving_on", "no_driving_at": "no_driving_at", "call_due_on": "call_due_on",
        },
    ),
    Kind(
        name="call", model=NextDayCall, resource="leaving.next_day_call", stage=Stage.LEAVING,
        at="called_at", who="called_by__name",
        fields={"departure": "departure_id", "outcome": "outcome", "red_flags": "red_flags", "step": "step"},
        minimum=("outcome",),
    ),
    Kind(
        name="later", model=LaterEvent, resource="leaving.later_event", stage=Stage.LEAVING,
        at="observed_at", who="recorded_by__name", where=STANDING,
        fields={
            "departure": "departure_id", "number": "departure__session__visit__number", "kind": "kind",
            "severity": "severity", "what": "what", "done": "done", "late": "late", "recorded_at": "recorded_at",
        },
    ),
    Kind(
        name="score", model=Score, resource="outcomes.score", stage=Stage.OUTCOMES,
        at="observed_at", who="entered_by__name", where={"replaced_by__isnull": True},
        fields={
            "instrument": "instrument", "point": "point", "value": "value", "status": "status",
            "episode": "episode_id",
        },
        minimum=("point",),
    ),
    Kind(
        name="alert", model=SafetyAlert, resource="outcomes.safety_alert", stage=Stage.OUTCOMES,
        at="opened_at", who="owner__name",
        fields={"kind": "kind", "due_at": "due_at", "closed_at": "closed__closed_at"},
    ),
    Kind(
        name="exposure", model=Exposure, resource="careplan.preview", stage=Stage.REGISTRY,
        at="computed_at", where={"version": _newest_exposure()},
        fields={
            "number": "session__visit__number", "mg": "mg", "mg_per_kg": "mg_per_kg", "hours": "hours",
            "predicted": "predicted",
        },
    ),
    Kind(
        name="document", model=Document, resource="ground.document", stage=Stage.PAPERS, at="made_at",
        fields={"title": "title"},
    ),
)  # fmt: skip
BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
# doses: decimals that must never pass through a float
EXACT = frozenset({"dose_mg", "weight_kg", "value", "mg", "mg_per_kg", "hours"})
# what a grant may say so that only the minimum of a kind is shown
SHORTENING = frozenset({"status_only", "time_only", "log_only"})
# who may read this knows the person clinically: allergies, limb, weight
CLINICAL = "assessment.history"
