"""Evaluation visits on a page: shown, booked again, moved, cancelled, held."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.models import Patient, Resource
from ebbtide.ground.policy import ClinicRequest, allowed, guarded
from ebbtide.journey.access import queries
from ebbtide.journey.access.forms import KeyForm, MoveForm, ReasonForm, SlotForm
from ebbtide.journey.access.models import Episode, EvaluationVisit, VisitStatus
from ebbtide.journey.access.visits import (
    BookEvaluation,
    CancelEvaluation,
    HoldEvaluation,
    MoveEvaluation,
    book_evaluation_visit,
    cancel_evaluation_visit,
    move_evaluation_visit,
    record_visit_held,
)

VISIT = "access.evaluation_visit"


@require_safe
@guarded(VISIT, "read", about=EvaluationVisit)
def show(request: ClinicRequest, row: EvaluationVisit) -> HttpResponse:
    return _show(request, row)


def _show(
    request: ClinicRequest, row: EvaluationVisit, form: Any = None, *, status: int = 200
) -> HttpResponse:
    actor = request.actor
    return render(
        request,
        "access/visit.html",
        {
            "row": row,
            "patient": row.episode.patient,
            "form": form,
            "booked": row.status == VisitStatus.BOOKED,
            "on": row.starts_at.astimezone(ZoneInfo(row.episode.patient.clinic.time_zone)).date().isoformat(),
            "begun": row.starts_at <= clock.now(),
            "may_move": allowed(actor, "amend", VISIT, row),
            "may_cancel": allowed(actor, "cancel", VISIT, row),
            "may_book": row.status == VisitStatus.CANCELLED
            and allowed(actor, "create", VISIT, row)
            and not row.episode.evaluation_visits.filter(status=VisitStatus.BOOKED).exists(),
        },
        status=status,
    )


def _slot_form(request: ClinicRequest, kind: type[SlotForm], patient: Patient, with_whom: UUID | None) -> Any:
    offer = queries.offer_for(
        patient.clinic,
        asked=request.POST.dict(),
        staff_id=with_whom,
        patient=Resource.objects.filter(patient=patient).first(),
        at=clock.now(),
    )
    if request.method == "POST" and "look" not in request.POST:
        return kind(request.POST, offer=offer)
    start = {"on": offer.on, "clinician": offer.clinician and offer.clinician.number}
    return kind(initial={**start, **request.POST.dict()}, offer=offer)


def _status(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(VISIT, "create", about=Episode)
def book(request: ClinicRequest, row: Episode) -> HttpResponse:
    """Another evaluation visit after one was cancelled."""
    form = _slot_form(request, SlotForm, row.patient, request.actor.staff_id)
    if request.method == "POST" and form.is_bound and form.is_valid():
        free = form.chosen()
        try:
            visit = book_evaluation_visit(
                act_now(request.actor, form.cleaned_data["key"]),
                BookEvaluation(
                    episode=row,
                    clinician=form.booked_with(),
                    room=free.room,
                    starts_at=free.starts_at,
                    minutes=free.minutes,
                ),
            )
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, f"The evaluation of {row.patient.name} is booked.")
            return redirect("access:visit", visit.id)
    return render(
        request,
        "access/book_visit.html",
        {"row": row, "patient": row.patient, "form": form, "offer": form.offer},
        status=_status(form),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(VISIT, "amend", about=EvaluationVisit)
def move(request: ClinicRequest, row: EvaluationVisit) -> HttpResponse:
    """Another time, with a reason; when the new time is taken, the old one stays."""
    patient = row.episode.patient
    form = _slot_form(request, MoveForm, patient, row.clinician_id)
    if request.method == "POST" and form.is_bound and form.is_valid():
        free = form.chosen()
        try:
            visit = move_evaluation_visit(
                act_now(request.actor, form.cleaned_data["key"]),
                MoveEvaluation(
                    visit=row,
                    clinician=form.booked_with(),
                    room=free.room,
                    starts_at=free.starts_at,
                    minutes=free.minutes,
                    reason=form.cleaned_data["reason"],
                ),
            )
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, f"The evaluation of {patient.name} is moved.")
            return redirect("access:visit", visit.id)
    return render(
        request,
        "access/move_visit.html",
        {"row": row, "patient": patient, "form": form, "offer": form.offer},
        status=_status(form),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(VISIT, "cancel", about=EvaluationVisit)
def cancel(request: ClinicRequest, row: EvaluationVisit) -> HttpResponse:
    """The visit does not take place."""
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            cancel_evaluation_visit(
                act_now(request.actor, form.cleaned_data["key"]),
                CancelEvaluation(visit=row, reason=form.cleaned_data["reason"]),
            )
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return redirect("access:visit", row.id)
    return render(
        request,
        "access/cancel_visit.html",
        {"row": row, "patient": row.episode.patient, "form": form},
        status=_status(form),
    )


@require_POST
@guarded(VISIT, "amend", about=EvaluationVisit)
def hold(request: ClinicRequest, row: EvaluationVisit) -> HttpResponse:
    """The visit took place."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _show(request, row, form, status=422)
    try:
        record_visit_held(act_now(request.actor, form.cleaned_data["key"]), HoldEvaluation(visit=row))
    except Refused as refused:
        form.add_error(None, refused.sentence)
        return _show(request, row, form, status=422)
    return redirect("access:visit", row.id)
