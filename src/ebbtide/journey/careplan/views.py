"""The careplan's doors: choose a protocol, write an order, read it, sign it, take it back, check it blind."""

from decimal import Decimal
from typing import Any

from django.db.models import Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from ebbtide.evidence.protocols import load_protocols
from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy import ClinicRequest, check_may, guarded
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.queries import Weight, latest_weight
from ebbtide.journey.careplan.actions import (
    CheckOrder,
    SignOrder,
    WithdrawOrder,
    WriteOrder,
    check_order_blind,
    sign_order,
    withdraw_order,
    write_order,
)
from ebbtide.journey.careplan.dosing import Field, GapDays, OrderRefused, Step, figures, plain
from ebbtide.journey.careplan.findings import Level
from ebbtide.journey.careplan.forms import BlindCheckForm, OrderForm, ReasonsForm, WithdrawForm
from ebbtide.journey.careplan.models import OrderVersion
from ebbtide.journey.careplan.pictures import shown_of
from ebbtide.journey.careplan.queries import (
    age_years,
    director_settings,
    findings_for,
    library,
    newest_of,
    orders_of,
    published,
    review_default,
    status_of,
    template,
)
from ebbtide.journey.careplan.rules import OWNER, Status, propose
from ebbtide.journey.careplan.specs import marks_of, previews_of, question_of, spec_of


def _strip(patient: Patient, weight: Weight | None) -> dict[str, Any]:
    return {"patient": patient, "weight": weight}


@guarded("careplan.order", "create", about=Episode)
def choose(request: ClinicRequest, episode: Episode) -> HttpResponse:
    """The protocols this clinic offers, templates first, each with what is known of it."""
    patient = episode.patient
    known = library(patient.clinic)
    offers = [offer for offer in load_protocols().offered() if offer.protocol.id in known]
    notes = [note for note in load_protocols().notes if episode.complaint in note.show_for]
    return render(
        request,
        "careplan/choose.html",
        {
            **_strip(patient, latest_weight(patient)),
            "episode": episode,
            "notes": notes,
            "first": [offer for offer in offers if offer.template],
            "rest": [offer for offer in offers if not offer.template],
            "orders": orders_of(episode),
        },
    )


def _chosen(episode: Episode, key: str) -> tuple[Any, Any]:
    """The library's row and the template that an address names."""
    found = template(key)
    row = library(episode.patient.clinic).get(found.protocol if found else key)
    if row is None:
        raise Http404("This clinic's library holds no such protocol.")
    return row, found


@guarded("careplan.order", "create", about=Episode)
def write(request: ClinicRequest, episode: Episode, key: str) -> HttpResponse:
    """The order form, opened with the published numbers; it saves a version, and the version is read before it is signed."""
    row, chosen = _chosen(episode, key)
    weight = latest_weight(episode.patient)
    if weight is None:
        return render(
            request, "careplan/no_weight.html", {**_strip(episode.patient, None), "episode": episode}
        )
    published_as = published(row.key)
    proposal = propose(
        protocol=published_as,
        weight_kg=weight.kg,
        template=chosen,
        director_settings=director_settings(episode.patient.clinic),
    )
    unit = proposal.field.unit if proposal.field else ""
    opened = {
        "dose": plain(proposal.value) if proposal.value is not None else "",
        "duration_min": proposal.minutes,
        "infusions": proposal.infusions,
        "gap_days_min": proposal.gap_days_min,
        "gap_days_max": proposal.gap_days_max,
        "vial_mg_per_ml": "50",
        "bag_volume_ml": "100",
        "review_on": review_default(clock.now()),
    }
    form = OrderForm(request.POST or None, initial=opened, dose_unit=unit)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and (
            order := _written(request, form, episode=episode, row=row, weight=weight, proposal=proposal)
        ):
            return redirect("careplan:show", order.id)
    return render(
        request,
        "careplan/write.html",
        {
            **_strip(episode.patient, weight),
            "episode": episode,
            "form": form,
            "protocol": published_as,
            "template": chosen,
            "proposal": proposal,
            "dose_unit": unit,
            "row": row,
        },
        status=status,
    )


def _written(
    request: ClinicRequest, form: OrderForm, *, episode: Episode, row: Any, weight: Weight, proposal: Any
) -> OrderVersion | None:
    values = form.cleaned_data
    series = values["infusions"] > 1
    try:
        return write_order(
            act_now(request.actor, values["key"]),
            WriteOrder(
                episode=episode,
                protocol=row,
                template=proposal.template_id or "",
                drug=published(row.key).drug,
                weight=weight.fact,
                dose_field=Field(proposal.field),
                steps=(Step(value=values["dose"], minutes=values["duration_min"]),),
                vial_mg_per_ml=Decimal(values["vial_mg_per_ml"]),
                bag_volume_ml=values["bag_volume_ml"],
                diluent=values["diluent"],
                infusions=values["infusions"],
                goal=values["goal"],
                review_on=values["review_on"],
                gap_days=GapDays(minimum=values["gap_days_min"], maximum=values["gap_days_max"])
                if series
                else None,
                premedication=tuple(p.strip() for p in values["premedication"].split(",") if p.strip()),
                stop_conditions=form.lines("stop_conditions"),
            ),
        )
    except (Refused, OrderRefused) as refusal:
        form.add_error(None, str(refusal))
        return None


def _reading(order: OrderVersion) -> dict[str, Any]:
    """Everything an order's page shows of it."""
    patient = order.episode.patient
    spec = spec_of(order)
    at = clock.now()
    age_y = age_years(patient.birth_date, at=at)
    previews = previews_of(
        spec,
        age_y=age_y,
        sex=patient.sex,
        crps=order.episode.complaint == "crps",
    )
    newest: int = getattr(order, "newest", None) or newest_of(order.order_id)
    status = status_of(order, newest_version=newest)
    findings = findings_for(spec, order.episode, template_id=order.template, at=at)
    reasons = order.reasons
    if hasattr(order, "signature"):
        reasons = order.signature.preview.get("reasons", reasons)
    return {
        "order": order,
        "episode": order.episode,
        "patient": patient,
        "figures": figures(spec),
        "spec": spec,
        "status": status,
        "owner": OWNER[status],
        "shown": shown_of(previews, marks=marks_of(spec), name="preview"),
        "question": question_of(spec, age_y=age_y),
        "newest": newest,
        "findings": [{"found": f, "reason": reasons.get(f.limit_id, "")} for f in findings],
        "protocol": published(order.protocol.key),
        "template": template(order.template),
        "field_unit": spec.field.unit,
    }


def _full(order: OrderVersion) -> OrderVersion:
    """The order with everything its page shows, the number of its newest version included, in two queries."""
    newest = OrderVersion.objects.filter(order_id=order.order_id).order_by("-version").values("version")
    return (
        OrderVersion.objects.select_related(
            "protocol__approved_by",
            "signature__signed_by",
            "withdrawal__withdrawn_by",
            "written_by",
            "weight",
            "episode__patient__clinic",
        )
        .prefetch_related("double_checks__checked_by")
        .annotate(newest=Subquery(newest[:1]))
        .get(id=order.id)
    )


@guarded("careplan.order", "read", about=OrderVersion)
def show(request: ClinicRequest, order: OrderVersion) -> HttpResponse:
    """The order in every unit, what the limits say, what several models predict, and what happens next.

    The second person must work the numbers out alone, so whoever may still check an order blind does not see it first.
    """
    order = _full(order)
    if not request.actor.has("prescriber", "director"):
        return render(
            request,
            "careplan/summary.html",
            _reading(order) if _may_see_numbers(request, order) else _summary(order),
        )
    return render(request, "careplan/show.html", _reading(order))


def _may_see_numbers(request: ClinicRequest, order: OrderVersion) -> bool:
    return request.actor.has("nurse") and status_of(order) is Status.CHECKED


def _summary(order: OrderVersion) -> dict[str, Any]:
    status = status_of(order, newest_version=getattr(order, "newest", None))
    return {
        "order": order,
        "patient": order.episode.patient,
        "episode": order.episode,
        "status": status,
        "owner": OWNER[status],
        "protocol": published(order.protocol.key),
        "template": template(order.template),
        "field_unit": Field(order.dose_field).unit,
    }


@guarded("careplan.order", "sign", about=OrderVersion)
def sign(request: ClinicRequest, order: OrderVersion) -> HttpResponse:
    """The signature: the numbers are repeated, and each soft limit asks for its reason."""
    check_may(request.actor, "sign", "careplan.order", order)  # sign in again before the form, not after it
    reading = _reading(_full(order))
    soft = [row["found"].limit_id for row in reading["findings"] if row["found"].level is Level.SOFT]
    form = ReasonsForm(request.POST or None, limit_ids=soft)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                sign_order(
                    act_now(request.actor, form.cleaned_data["key"]),
                    SignOrder(order=order, reasons=form.reasons()),
                )
                return redirect("careplan:show", order.id)
            except Refused as refusal:
                form.add_error(None, refusal.sentence)
    asked = [
        {**row, "field": form[f"reason-{row['found'].limit_id}"] if row["found"].limit_id in soft else None}
        for row in reading["findings"]
    ]
    return render(request, "careplan/sign.html", {**reading, "form": form, "asked": asked}, status=status)


@guarded("careplan.order", "amend", about=OrderVersion)
def withdraw(request: ClinicRequest, order: OrderVersion) -> HttpResponse:
    """Take an order back, with the reason."""
    check_may(request.actor, "amend", "careplan.order", order)
    form = WithdrawForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                withdraw_order(
                    act_now(request.actor, form.cleaned_data["key"]),
                    WithdrawOrder(order=order, reason=form.cleaned_data["reason"]),
                )
                return redirect("careplan:show", order.id)
            except Refused as refusal:
                form.add_error(None, refusal.sentence)
    return render(
        request,
        "careplan/withdraw.html",
        {"order": order, "patient": order.episode.patient, "form": form},
        status=status,
    )


@guarded("careplan.double_check", "create", about=OrderVersion)
def check(request: ClinicRequest, order: OrderVersion) -> HttpResponse:
    """The blind second check: weight, protocol and vial are shown, the first person's numbers are not."""
    check_may(request.actor, "create", "careplan.double_check", order)
    order = _full(order)
    form = BlindCheckForm(request.POST or None)
    status, result = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = {name: value for name, value in form.cleaned_data.items() if name != "key"}
            try:
                result = check_order_blind(
                    act_now(request.actor, form.cleaned_data["key"]), CheckOrder(order=order, **values)
                )
                status = 200
            except Refused as refusal:
                form.add_error(None, refusal.sentence)
    return render(
        request, "careplan/check.html", {**_summary(order), "form": form, "result": result}, status=status
    )
