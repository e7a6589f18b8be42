"""Changing orders: writing a version, signing it, taking it back, and the blind second check."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from ebbtide.evidence.protocols import load_protocols
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.ledger.turns import one_at_a_time
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic, Staff
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.models import Decision, Evaluation, Fact
from ebbtide.journey.assessment.queries import current_evaluation, newest_evaluation
from ebbtide.journey.careplan.dosing import (
    Field,
    GapDays,
    OrderDrug,
    OrderRefused,
    OrderSpec,
    Preparation,
    Step,
    Weight,
    figures,
)
from ebbtide.journey.careplan.findings import Level
from ebbtide.journey.careplan.models import (
    DoubleCheck,
    OrderSignature,
    OrderVersion,
    OrderWithdrawal,
    Protocol,
)
from ebbtide.journey.careplan.queries import age_years, findings_for, newest_of, status_of
from ebbtide.journey.careplan.rules import (
    BlindEntry,
    Status,
    blind_check,
    check_may_become,
    expected_entry,
    unanswered,
)
from ebbtide.journey.careplan.specs import kept_preview, previews_of, spec_of, step_as_json


def topics(episode: Episode) -> list[str]:
    """Who wants to read the page again."""
    return [f"orders:{episode.patient.clinic_id}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveProtocols:
    """The published archive becomes this clinic's library: one row for each protocol, approved by a named director."""

    clinic: Clinic
    approved_by: Staff


@action("careplan.protocol_library", "create", about=lambda command: command.clinic)
def approve_protocols(act: Act, command: ApproveProtocols) -> Done[Protocol]:
    """Take the archive of this version into the library; protocols that are there already stay as they are."""
    if "director" not in command.approved_by.roles:
        raise Refused("PRO-DIRECTOR", "Only a medical director approves protocols. Name one.")
    pack = load_protocols()
    known = set(Protocol.objects.filter(clinic=command.clinic).values_list("key", flat=True))
    rows = [
        Protocol(
            id=new_id(),
            clinic=command.clinic,
            key=key,
            version=1,
            body={"pack_sha256": pack.sha256},
            pack_version=pack.version,
            approved_by=command.approved_by,
            approved_at=act.at,
        )
        for key in pack.protocols
        if key not in known
    ]
    if not rows:
        raise Refused("PRO-KNOWN", "Every protocol of the archive is in the library already.")
    Protocol.objects.bulk_create(rows)
    return Done(value=rows[0], rows=rows[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOrder:
    """One version of an order. `replaces` is the version on the prescriber's screen, None for a new order."""

    episode: Episode
    protocol: Protocol
    template: str
    drug: str
    weight: Fact
    dose_field: Field
    steps: tuple[Step, ...]
    vial_mg_per_ml: Decimal
    bag_volume_ml: Decimal
    diluent: str
    infusions: int
    gap_days: GapDays | None
    goal: str
    review_on: date
    premedication: tuple[str, ...] = ()
    stop_conditions: tuple[str, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)
    replaces: OrderVersion | None = None


@action("careplan.order", "create", about=lambda command: command.episode)
def write_order(act: Act, command: WriteOrder) -> Done[OrderVersion]:
    """Write a version: a hard limit refuses it, a soft one asks its reason at the signature."""
    spec = _spec(command)
    _check_texts(command, act)
    order_id, version = _next_version(command.replaces)
    refusals = [
        f
        for f in findings_for(spec, command.episode, template_id=command.template, at=act.at)
        if f.level is Level.HARD
    ]
    if refusals:
        raise Refused(refusals[0].limit_id, " ".join(f.sentence for f in refusals))
    order = OrderVersion.objects.create(
        order_id=order_id,
        version=version,
        episode=command.episode,
        protocol=command.protocol,
        template=command.template,
        evaluation=current_evaluation(command.episode, at=act.at),
        drug=command.drug,
        weight=command.weight,
        weight_kg=spec.weight.kg,
        dose_field=command.dose_field.value,
        dose_mg=figures(spec).mg,
        vial_mg_per_ml=command.vial_mg_per_ml,
        bag_volume_ml=command.bag_volume_ml,
        diluent=command.diluent,
        steps=[step_as_json(s) for s in command.steps],
        infusions=command.infusions,
        gap_days_min=command.gap_days.minimum if command.gap_days else None,
        gap_days_max=command.gap_days.maximum if command.gap_days else None,
        premedication=list(command.premedication),
        stop_conditions=list(command.stop_conditions),
        goal=command.goal,
        review_on=command.review_on,
        reasons=command.reasons,
        written_by=_staff(act),
        written_at=act.at,
    )
    return Done(value=order, announce=topics(command.episode))


def _spec(command: WriteOrder) -> OrderSpec:
    if command.weight.name != "weight_kg" or command.weight.patient_id != command.episode.patient_id:
        raise Refused(
            "ORD-WEIGHT", "The order needs a measured weight of this person. Weigh, then write the order."
        )
    if command.weight.confirmed_by_id is None:
        raise Refused(
            "ORD-WEIGHT", "This weight was imported and nobody has confirmed it. Weigh, then write the order."
        )
    if command.weight.observed_at is None:
        raise Refused(
            "ORD-WEIGHT",
            "The day this weight was measured is not recorded. Weigh again, then write the order.",
        )
    try:
        return OrderSpec(
            protocol_id=command.protocol.key,
            drug=OrderDrug(command.drug),
            setting="outpatient",
            weight=Weight(
                kg=Decimal(str(command.weight.value)), measured_on=command.weight.observed_at.date()
            ),
            field=command.dose_field,
            steps=command.steps,
            infusions=command.infusions,
            gap_days=command.gap_days,
            preparation=Preparation(
                vial_mg_per_ml=command.vial_mg_per_ml, bag_volume_ml=command.bag_volume_ml
            ),
        )
    except OrderRefused as refusal:
        raise Refused("ORD-FORM", str(refusal)) from refusal


def _check_texts(command: WriteOrder, act: Act) -> None:
    if not command.goal.strip():
        raise Refused("ORD-GOAL", "Every order has a goal the person would notice. Write it in their words.")
    if command.review_on <= act.at.date():
        raise Refused(
            "ORD-REVIEW", f"The review on {command.review_on} is not after today. Choose a later day."
        )


def _next_version(replaces: OrderVersion | None) -> tuple[UUID, int]:
    if replaces is None:
        return new_id(), 1
    _check_newest(replaces)
    try:
        check_may_become(status_of(replaces), Status.SUPERSEDED)
    except OrderRefused as refusal:
        raise Refused("ORD-STATE", str(refusal)) from refusal
    return replaces.order_id, replaces.version + 1


def _check_newest(order: OrderVersion) -> None:
    # the screen may show an old version: nothing is done to anything but the newest one (hazard H7); whoever lets drug flow
    # by this order waits for the same turn (infusion/actions/doses.py)
    one_at_a_time("order", order.order_id)
    newest = newest_of(order.order_id)
    if order.version != newest:
        raise Refused(
            "ORD-STALE",
            f"Version {order.version} was replaced by version {newest} meanwhile. Open the order again and read it.",
        )


def _staff(act: Act) -> Staff:
    if act.by.staff_id is None:
        raise Refused("ORD-STAFF", "Only a member of staff may do this. Sign in as one.")
    return Staff.objects.get(id=act.by.staff_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOrder:
    order: OrderVersion
    reasons: dict[str, str] = field(default_factory=dict)


@action("careplan.order", "sign", about=lambda command: command.order)
def sign_order(act: Act, command: SignOrder) -> Done[OrderSignature]:
    """The prescriber's signature: only the newest version, on a signed assessment that still holds, with every reason given."""
    order = command.order
    _check_newest(order)
    _check_becomes(order, Status.SIGNED)
    check_assessment(order.episode, act)
    spec = spec_of(order)
    reasons = {**order.reasons, **command.reasons}
    open_ones = unanswered(
        findings_for(spec, order.episode, template_id=order.template, at=act.at), reasons=reasons
    )
    if open_ones:
        raise Refused(open_ones[0].limit_id, "Before you sign: " + " ".join(f.sentence for f in open_ones))
    patient = order.episode.patient
    previews = previews_of(
        spec,
        age_y=age_years(patient.birth_date, at=act.at),
        sex=patient.sex,
        crps=order.episode.complaint == "crps",
    )
    signature = OrderSignature.objects.create(
        order=order,
        preview={"models": kept_preview(previews), "reasons": reasons},
        signed_by=_staff(act),
        signed_at=act.at,
    )
    return Done(value=signature, announce=topics(order.episode))


def _check_becomes(order: OrderVersion, after: Status) -> None:
    try:
        check_may_become(status_of(order), after)
    except OrderRefused as refusal:
        raise Refused("ORD-STATE", str(refusal)) from refusal


def check_assessment(episode: Episode, act: Act) -> Evaluation:
    """A signed assessment that found the person suitable and has not expired; else the reason and what to do."""
    evaluation = newest_evaluation(episode)
    if evaluation is None:
        raise Refused(
            "ORD-ASSESS",
            "No assessment is signed for this episode. Complete and sign it, then sign the order.",
        )
    if evaluation.valid_until <= act.at:
        raise Refused(
            "ORD-EXPIRED",
            f"The assessment expired on {evaluation.valid_until:%d %b %Y}. Evaluate and sign it again, then sign the order.",
        )
    if evaluation.decision != Decision.SUITABLE:
        raise Refused(
            "ORD-DECISION", "The signed assessment does not say suitable. Reassess before any order."
        )
    if episode.patient.deceased_on is not None:
        raise Refused("ORD-DECEASED", "The record says that this person has died. Nothing can be ordered.")
    return evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOrder:
    order: OrderVersion
    reason: str


@action("careplan.order", "amend", about=lambda command: command.order)
def withdraw_order(act: Act, command: WithdrawOrder) -> Done[OrderWithdrawal]:
    """Take an order back; nothing can be given from it any more."""
    _check_newest(command.order)
    _check_becomes(command.order, Status.WITHDRAWN)
    if not command.reason.strip():
        raise Refused("ORD-REASON", "Say why the order is taken back: whoever reads it later must know.")
    row = OrderWithdrawal.objects.create(
        order=command.order, reason=command.reason, withdrawn_by=_staff(act), withdrawn_at=act.at
    )
    return Done(value=row, announce=topics(command.order.episode))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOrder:
    """What the second person worked out alone."""

    order: OrderVersion
    weight_kg: Decimal
    dose_mg: Decimal
    rate_ml_per_h: Decimal


@action("careplan.double_check", "create", about=lambda command: command.order)
def check_order_blind(act: Act, command: CheckOrder) -> Done[DoubleCheck]:
    """Compare the second person's own numbers with the order's; both results are kept, a disagreement stops the start."""
    order = command.order
    _check_newest(order)
    status = status_of(order)
    if status is not Status.SIGNED:
        words = "was checked already" if status is Status.CHECKED else f"is {status}"
        raise Refused(
            "DBL-STATE", f"This order {words}. Only a signed order that nobody has checked yet is checked."
        )
    if act.by.staff_id in {order.signature.signed_by_id, order.written_by_id}:
        raise Refused(
            "DBL-SELF",
            "You wrote or signed this order. Somebody else must check it: nobody checks their own act.",
        )
    second = BlindEntry(
        weight_kg=command.weight_kg, dose_mg=command.dose_mg, rate_ml_per_h=command.rate_ml_per_h
    )
    found = blind_check(expected_entry(spec_of(order)), second)
    row = DoubleCheck.objects.create(
        order=order,
        weight_kg=command.weight_kg,
        dose_mg=command.dose_mg,
        rate_ml_per_h=command.rate_ml_per_h,
        agrees=found.agrees,
        differences=[{"field": d.field, "sentence": d.sentence} for d in found.differences],
        checked_by=_staff(act),
        checked_at=act.at,
    )
    return Done(value=row, announce=topics(order.episode))
