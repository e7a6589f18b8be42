"""What the chart shows of each thing in the record: the field list of each kind, and the shorter list for a task that needs no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Model

from ebbtide.ground.documents.models import Document
from ebbtide.journey.access.models import Episode, EvaluationVisit, Request, TriageDecision
from ebbtide.journey.assessment.models import Consent, Evaluation, Import, ListConfirmation
from ebbtide.journey.careplan.models import DoubleCheck, OrderSignature, OrderVersion, OrderWithdrawal
from ebbtide.journey.course.models import Series, Visit


class Stage(StrEnum):
    """The headings of the story, newest on top."""

    COURSE = "Course"
    CAREPLAN = "Care plan"
    ASSESSMENT = "Assessment"
    ACCESS = "Access"
    PAPERS = "Papers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of entry: whose resource it is, when it counts, who did it, and its fields.

    `minimum` names the fields that reach a person whose grant says minimum, status only or time only.
    """

    name: str
    model: type[Model]
    resource: str
    stage: Stage
    at: str
    who: str = ""
    fields: Mapping[str, str]
    minimum: tuple[str, ...] = ()


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
        fields={"series": "series_id", "number": "number", "status": "status", "chair": "chair__name"},
        minimum=("series", "number", "status", "chair"),
    ),
    Kind(
        name="document", model=Document, resource="ground.document", stage=Stage.PAPERS, at="made_at",
        fields={"title": "title"},
    ),
)  # fmt: skip
BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
# doses: decimals that must never pass through a float
EXACT = frozenset({"dose_mg"})
# what a grant may say so that only the minimum of a kind is shown
SHORTENING = frozenset({"status_only", "time_only", "log_only"})
# who may read this knows the person clinically: allergies, limb, weight
CLINICAL = "assessment.history"
