"""infusion: the nurse's side of the card: the link for the second screen, what the person wants, and answering a call."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.policy import ClinicRequest, allowed, guarded
from ebbtide.journey.assessment.forms import KeyedForm
from ebbtide.journey.infusion.actions import AnswerCall, answer_call
from ebbtide.journey.infusion.card import key_for
from ebbtide.journey.infusion.comfort import comfort_of
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.open_chart import in_open_chart
from ebbtide.journey.infusion.queries import state_of
from ebbtide.journey.infusion.session import Phase
from ebbtide.journey.infusion.views.pages import frame, show

CALL = "infusion.comfort_call"


@require_safe
@guarded(CALL, "read", about=Session)
def comfort(request: ClinicRequest, row: Session) -> HttpResponse:
    """The card of this session: the link for the screen beside the chair, and whether the button was tested."""
    return _page(request, row, KeyedForm())


@require_POST
@guarded(CALL, "acknowledge", about=Session)
@in_open_chart
def answer(request: ClinicRequest, row: Session) -> HttpResponse:
    """Somebody is with the person; before the start the same call can be recorded as the test of the button."""
    form = KeyedForm(request.POST)
    if form.is_valid():
        command = AnswerCall(session=row, tested=request.POST.get("tested") == "yes")
        try:
            answer_call(act_now(request.actor, form.cleaned_data["key"]), command)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return redirect(_back(request, row))
    return _page(request, row, form)


def _back(request: ClinicRequest, row: Session) -> str:
    """Where the button stood: the chair, the wall or the card's own page, and never another site."""
    asked = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts=None) and asked.startswith("/")
    return asked if safe else reverse("infusion:chair", args=[row.pk])


def _page(request: ClinicRequest, row: Session, form: KeyedForm) -> HttpResponse:
    at = clock.now()
    state = state_of(row)
    context = frame(
        row,
        form=form,
        comfort=comfort_of(state.events),
        before_start=state.phase is Phase.CHECKED_IN,
        may_answer=allowed(request.actor, "acknowledge", CALL, row),
        may_open=allowed(request.actor, "create", "infusion.session_log", row),
        card_url=request.build_absolute_uri(reverse("infusion:card", args=[key_for(row, at)])),
    )
    return show(request, "comfort", context)
