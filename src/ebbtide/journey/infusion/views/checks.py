"""infusion: answering the protocol checks at the chair, and what the page's script asks for."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.journey.infusion.actions import (
    AcknowledgeCheck,
    SilenceChecks,
    acknowledge_check,
    silence_checks,
)
from ebbtide.journey.infusion.actions.checks import note_tablet
from ebbtide.journey.infusion.checking import checking_of, not_compared, told_to_page
from ebbtide.journey.infusion.forms import AcknowledgeForm, SilenceForm
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.open_chart import in_open_chart
from ebbtide.journey.infusion.queries import state_of
from ebbtide.journey.infusion.views.pages import frame, show

CHECK = "infusion.protocol_check"


@require_safe
@guarded(CHECK, "read", about=Session)
def checks(request: ClinicRequest, row: Session) -> HttpResponse:
    """What sounds, until when it is silenced, and whether the checks run: no word about the person."""
    at = clock.now()
    if "Ebbtide-Background" in request.headers and request.actor.has("nurse"):
        note_tablet(row, at=at)  # a page beside the person is awake
    return JsonResponse(told_to_page(checking_of(row, at), at))


@require_safe
@guarded(CHECK, "read", about=Session)
def checks_now(request: ClinicRequest, row: Session) -> HttpResponse:
    """The checks alone, for the page that heard that something changed."""
    checking = checking_of(row, clock.now())
    context = {
        "session": row,
        "checking": checking,
        "not_compared": not_compared(row, state_of(row), on=checking.on),
    }
    return show(request, "_checks", context)


@require_POST
@guarded(CHECK, "acknowledge", about=Session)
@in_open_chart
def acknowledge(request: ClinicRequest, row: Session) -> HttpResponse:
    """Somebody goes to the person. The check stays until it is over."""
    form = AcknowledgeForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        command = AcknowledgeCheck(session=row, key=told["check"])
        try:
            acknowledge_check(act_now(request.actor, told["key"]), command)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return redirect("infusion:chair", row.pk)
    return _refused(request, row, form)


@require_POST
@guarded(CHECK, "acknowledge", about=Session)
@in_open_chart
def silence(request: ClinicRequest, row: Session) -> HttpResponse:
    """The sound of what is shown now stops for a minute or two, and then goes on by itself."""
    form = SilenceForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        command = SilenceChecks(session=row, silence_s=int(told["silence_s"]))
        try:
            silence_checks(act_now(request.actor, told["key"]), command)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return redirect("infusion:chair", row.pk)
    return _refused(request, row, form)


def _refused(request: ClinicRequest, row: Session, form: AcknowledgeForm | SilenceForm) -> HttpResponse:
    return show(
        request, "check_refused", frame(row, form=form, back=reverse("infusion:chair", args=[row.pk]))
    )
