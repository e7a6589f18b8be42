"""The queue and triage: who waits, who owns it, what the answer is."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.actions import PatientDetails
from ebbtide.ground.people.models import Staff
from ebbtide.ground.policy import ClinicRequest, allowed, guarded, may
from ebbtide.journey.access import answers, queries
from ebbtide.journey.access.actions import (
    AcceptRequest,
    AnswerNotHere,
    NewEpisode,
    ReceiveRequest,
    TakeRequest,
    accept_request,
    answer_not_here,
    hand_over_request,
    receive_request,
)
from ebbtide.journey.access.forms import (
    SOMEBODY_ELSE,
    AcceptForm,
    KeyForm,
    NotHereForm,
    OwnerForm,
    TelephonedForm,
)
from ebbtide.journey.access.models import Channel, Request, RequestStatus

REQUEST = "access.consult_request"
DECISION = "access.triage_decision"
DETAILS = ("given_name", "family_name", "birth_date", "language", "phone", "email")
VIEWS = (("", "Waiting"), ("mine", "Mine"), ("nobody", "Without owner"), ("answered", "Answered"))


def _queue(request: ClinicRequest) -> dict[str, Any]:
    only = request.GET.get("show", "")
    rows = queries.queue(request.actor, at=clock.now(), only=only)
    return {"rows": rows, "only": only, "views": VIEWS, "clinic_id": request.actor.clinic_id}


@require_safe
@guarded(REQUEST, "read")
def queue(request: ClinicRequest) -> HttpResponse:
    return render(request, "access/queue.html", _queue(request))


@require_safe
@guarded(REQUEST, "read")
def queue_rows(request: ClinicRequest) -> HttpResponse:
    return render(request, "access/_queue_rows.html", _queue(request))


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(REQUEST, "amend")
def type_request(request: ClinicRequest) -> HttpResponse:
    """A telephoned request, typed while the person speaks."""
    form = TelephonedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            row = receive_request(
                act_now(request.actor, told["key"]),
                ReceiveRequest(
                    clinic=queries.clinic_of(request.actor),
                    channel=Channel.TELEPHONE,
                    details=PatientDetails(**{name: told[name] for name in DETAILS}),
                    **{
                        name: told[name]
                        for name in ("complaint", "story", "best_time", "referred_by", "call_today")
                    },
                ),
            )
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, f"The request of {row.name} is in the queue.")
            return redirect("access:show", row.id)
    return render(request, "access/type_request.html", {"form": form}, status=_status(form))


def _status(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200


@require_safe
@guarded(REQUEST, "read", about=Request)
def show(request: ClinicRequest, row: Request) -> HttpResponse:
    """One request: what was said, who owns it, what was answered."""
    return _show(request, row, _owner_form(request))


def _owner_form(request: ClinicRequest, data: Any = None) -> OwnerForm:
    form = OwnerForm(data)
    field: Any = form.fields["staff"]
    field.queryset = queries.colleagues(queries.clinic_of(request.actor).id)
    return form


def _show(
    request: ClinicRequest, row: Request, form: OwnerForm | KeyForm, *, status: int = 200
) -> HttpResponse:
    actor, decision = request.actor, getattr(row, "decision", None)
    triage = allowed(actor, "sign", DECISION, row)
    return render(
        request,
        "access/request.html",
        {
            "row": row,
            "shown": queries.shown(row, actor, at=clock.now()),
            "form": form,
            "decision": decision,
            "reasons_shown": not may(actor, "read", DECISION).minimum_only,
            "waiting": row.status == RequestStatus.RECEIVED,
            "may_triage": triage,
            "may_own": allowed(actor, "acknowledge", REQUEST, row),
            "mine": row.owner_id is not None and row.owner_id == actor.staff_id,
            "visits": queries.visits_of(row) if row.status == RequestStatus.ACCEPTED else [],
            "episode": getattr(row, "episode", None),
            "may_book": allowed(actor, "create", "access.evaluation_visit"),
        },
        status=status,
    )


@require_POST
@guarded(REQUEST, "acknowledge", about=Request)
def take(request: ClinicRequest, row: Request) -> HttpResponse:
    """It is mine from now."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _show(request, row, form, status=422)
    return _own(request, row, form, queries.staff_of(request.actor))


@require_POST
@guarded(REQUEST, "acknowledge", about=Request)
def hand_over(request: ClinicRequest, row: Request) -> HttpResponse:
    """It is a colleague's from now."""
    form = _owner_form(request, request.POST)
    if not form.is_valid():
        return _show(request, row, form, status=422)
    return _own(request, row, form, form.cleaned_data["staff"])


def _own(request: ClinicRequest, row: Request, form: OwnerForm | KeyForm, staff: Staff) -> HttpResponse:
    try:
        hand_over_request(
            act_now(request.actor, form.cleaned_data["key"]), TakeRequest(request=row, staff=staff)
        )
    except Refused as refused:
        form.add_error(None, refused.sentence)
        return _show(request, row, form, status=422)
    return redirect("access:show", row.id)


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(DECISION, "sign", about=Request)
def accept(request: ClinicRequest, row: Request) -> HttpResponse:
    """Yes, with a reason and the evaluation visit in the same act."""
    form = _accept_form(request, row)
    if request.method == "POST" and form.is_valid():
        try:
            accept_request(act_now(request.actor, form.cleaned_data["key"]), _acceptance(row, form))
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, f"{row.name} is accepted and the evaluation visit is booked.")
            return redirect("access:show", row.id)
    return render(
        request,
        "access/accept.html",
        {
            "row": row,
            "form": form,
            "offer": form.offer,
            "alike": form.alike,
            "shown": queries.shown(row, request.actor, at=clock.now()),
        },
        status=_status(form),
    )


def _accept_form(request: ClinicRequest, row: Request) -> AcceptForm:
    told = request.POST or {"given_name": row.given_name, "family_name": row.family_name}
    born = queries.day(request.POST.get("birth_date", "")) or row.birth_date
    alike = queries.people_alike(
        row.clinic_id,
        given_name=told.get("given_name", ""),
        family_name=told.get("family_name", ""),
        birth_date=born,
    )
    offer = queries.offer_for(
        row.clinic,
        asked=request.POST.dict(),
        staff_id=request.actor.staff_id,
        patient=None,
        at=clock.now(),
    )
    start = {
        "given_name": row.given_name,
        "family_name": row.family_name,
        "birth_date": born,
        "on": offer.on,
        "clinician": offer.clinician and offer.clinician.number,
    }
    if request.method == "POST" and "look" not in request.POST:
        return AcceptForm(request.POST, offer=offer, alike=alike)
    return AcceptForm(initial={**start, **request.POST.dict()}, offer=offer, alike=alike)


def _acceptance(row: Request, form: AcceptForm) -> AcceptRequest:
    told, free = form.cleaned_data, form.chosen()
    details = PatientDetails(
        given_name=told["given_name"],
        family_name=told["family_name"],
        birth_date=told["birth_date"],
        sex=told["sex"],
        language=row.language,
        phone=row.phone,
        email=row.email,
    )
    person = NewEpisode(
        details=details, same_as=form.same_person(), somebody_else=told["same_as"] == SOMEBODY_ELSE
    )
    return AcceptRequest(
        request=row,
        reason=told["reason"],
        person=person,
        clinician=form.booked_with(),
        room=free.room,
        starts_at=free.starts_at,
        minutes=free.minutes,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(DECISION, "sign", about=Request)
def not_here(request: ClinicRequest, row: Request) -> HttpResponse:
    """No, with a reason and what the person can do now."""
    start = next((a for a in answers.NOT_HERE if a.key == request.GET.get("start")), None)
    initial = {"reason": start.reason, "next_step": start.next_step} if start else None
    form = NotHereForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            answer_not_here(
                act_now(request.actor, told["key"]),
                AnswerNotHere(request=row, reason=told["reason"], next_step=told["next_step"]),
            )
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, f"{row.name} has an answer. Call them to tell it.")
            return redirect("access:show", row.id)
    return render(
        request,
        "access/not_here.html",
        {
            "row": row,
            "form": form,
            "suggestions": answers.NOT_HERE,
            "chosen": start,
            "shown": queries.shown(row, request.actor, at=clock.now()),
        },
        status=_status(form),
    )
