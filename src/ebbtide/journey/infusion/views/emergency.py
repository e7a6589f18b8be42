"""infusion: an emergency: one touch opens a script, one tap records a step, and nothing here ever asks to sign in again."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Act, Refused, act_now
from ebbtide.ground.policy import ClinicRequest, allowed, guarded
from ebbtide.journey.assessment.forms import KeyedForm
from ebbtide.journey.infusion.actions import (
    Chart,
    CloseEmergency,
    MakeTransferSheet,
    NewEntry,
    chart,
    close_emergency,
    make_transfer_sheet,
)
from ebbtide.journey.infusion.emergency import (
    OFFERED_SEVERITY,
    OUTCOMES,
    Emergency,
    Script,
    named,
    newest_of,
    open_ones,
)
from ebbtide.journey.infusion.events import Kind
from ebbtide.journey.infusion.forms import CloseEmergencyForm, TapForm
from ebbtide.journey.infusion.models import Entry, Session
from ebbtide.journey.infusion.open_chart import in_open_chart
from ebbtide.journey.infusion.queries import state_of
from ebbtide.journey.infusion.scripts import scripts_of
from ebbtide.journey.infusion.session import Phase, SessionState
from ebbtide.journey.infusion.views.pages import frame, show
from ebbtide.journey.infusion.views.tablet import panel_of
from ebbtide.journey.infusion.vitals import page_data

LOG = "infusion.session_log"
# what a person confirms about the pump, and the entry that it becomes; nothing is charted before they do
AT_THE_PUMP = {"stopped": Kind.STOP, "paused": Kind.PAUSE, "continued": Kind.PUMP_ACTION}


@require_safe
@guarded(LOG, "read", about=Session)
def emergency(request: ClinicRequest, row: Session) -> HttpResponse:
    """The six scripts, each one touch away, and those that are open."""
    return _list(request, row, TapForm())


@require_POST
@guarded(LOG, "create", about=Session)
@in_open_chart
def open_script(request: ClinicRequest, row: Session) -> HttpResponse:
    """The touch that opens a script and starts its clock; one that is open already is shown again."""
    script, form = request.POST.get("script", ""), TapForm(request.POST)
    if scripts_of(_clinic(row)).script(script) is None:
        form.add_error(None, "There is no such script: touch one of these.")
        return _list(request, row, form)
    if any(one.script == script for one in open_ones(state_of(row).events)):
        return redirect("infusion:script", row.pk, script)
    body = {"script": script, "state": "opened"}
    refused = _once(form, lambda act: _chart(act, row, Kind.EMERGENCY, body, form.number), request)
    return _list(request, row, form) if refused else redirect("infusion:script", row.pk, script)


@require_safe
@guarded(LOG, "read", about=Session)
def script(request: ClinicRequest, row: Session, script: str) -> HttpResponse:
    """The script: the pump first, then each step, the clock, the sheet, and the closing."""
    return _page(request, row, script, TapForm())


@require_safe
@guarded(LOG, "create", about=Session)
def blank_script(request: ClinicRequest, row: Session, script: str) -> HttpResponse:
    """The script as a tablet keeps it for the time without the network: no name, no value, nothing of what was done."""
    known = scripts_of(_clinic(row))
    context = {
        "session": row,
        "script": _script(row, script),
        "approved": known.approved[script],
        "version_on": known.scripts.version_on,
    }
    return show(request, "_script_blank", context)


@require_POST
@guarded(LOG, "create", about=Session)
@in_open_chart
def step(request: ClinicRequest, row: Session, script: str) -> HttpResponse:
    """One tap records a step with its time; tapped again it is the same step."""
    found, form = _script(row, script), TapForm(request.POST)
    words = request.POST.get("step", "")
    if words not in {one.words for one in found.steps}:
        raise Http404("This script has no such step.")
    body = {"script": script, "step": words}
    return _tapped(
        request, row, script, form, lambda act: _chart(act, row, Kind.EMERGENCY_STEP, body, form.number)
    )


@require_POST
@guarded(LOG, "amend", about=Entry)
@in_open_chart
def undo(request: ClinicRequest, row: Entry) -> HttpResponse:
    """A step that was tapped by mistake: withdrawn, and readable in the log as long as the log is."""
    if row.kind != Kind.EMERGENCY_STEP:
        return redirect("infusion:correct", row.pk)
    form = TapForm(request.POST)

    def perform(act: Act) -> object:
        entry = NewEntry(id=form.number, kind=row.kind, replaces=row.pk, withdrawn=True)
        return chart(act, Chart(session=row.session, entry=entry))

    refused = _once(form, perform, request)
    if refused:
        return _page(request, row.session, str(row.body.get("script", "")), form)
    return redirect("infusion:script", row.session_id, row.body["script"])


@require_POST
@guarded(LOG, "create", about=Session)
@in_open_chart
def pump(request: ClinicRequest, row: Session, script: str) -> HttpResponse:
    """What the person did at the pump with their own hand: only this confirmation charts a stop or a pause."""
    _script(row, script)
    done, form = request.POST.get("done", ""), TapForm(request.POST)
    if done not in AT_THE_PUMP:
        raise Http404("The pump was stopped, paused or left running.")
    kind = AT_THE_PUMP[done]
    title = scripts_of(_clinic(row)).scripts.title(script)
    body: dict[str, object] = {"reason": f"Emergency: {title.lower()}"}
    if kind is Kind.PUMP_ACTION:
        body = {"done": done, "text": f"Emergency: {title.lower()}"}
    return _tapped(request, row, script, form, lambda act: _chart(act, row, kind, body, form.number))


@require_POST
@guarded(LOG, "create", about=Session)
@in_open_chart
def close(request: ClinicRequest, row: Session, script: str) -> HttpResponse:
    """How it ended, and the adverse event that is offered along with it."""
    _script(row, script)
    form = CloseEmergencyForm(request.POST)

    def perform(act: Act) -> object:
        told = form.cleaned_data
        command = CloseEmergency(
            session=row,
            script=script,
            entry_id=form.number,
            outcome=told["outcome"],
            words=told["words"],
            severity=told["severity"],
        )
        return close_emergency(act, command)

    return _tapped(request, row, script, form, perform)


@require_POST
@guarded(LOG, "create", about=Session)
@in_open_chart
def sheet(request: ClinicRequest, row: Session) -> HttpResponse:
    """The transfer sheet as it stands now, kept as a document and given at once."""
    form = KeyedForm(request.POST)
    if not form.is_valid():
        return _list(request, row, form)
    act = act_now(request.actor, form.cleaned_data["key"])
    return redirect("documents:show", make_transfer_sheet(act, MakeTransferSheet(session=row)).pk)


# — shared —


def _clinic(row: Session) -> Any:
    return row.visit.series.episode.patient.clinic


def _script(row: Session, name: str) -> Script:
    found = scripts_of(_clinic(row)).script(name)
    if found is None:
        raise Http404("There is no such script.")
    return found


def _chart(
    act: Act, row: Session, kind: Kind, body: dict[str, object] | dict[str, str], number: UUID
) -> Entry:
    return chart(act, Chart(session=row, entry=NewEntry(id=number, kind=kind, body=body)))


def _once(form: TapForm, perform: Callable[[Act], object], request: ClinicRequest) -> bool:
    """Act once under the form's key; whether it was refused, with the words on the form."""
    if not form.is_valid():
        return True
    try:
        perform(act_now(request.actor, form.cleaned_data["key"]))
    except Refused as refused:
        form.add_error(None, refused.sentence)
        return True
    return False


def _tapped(
    request: ClinicRequest, row: Session, script: str, form: TapForm, perform: Callable[[Act], object]
) -> HttpResponse:
    if _once(form, perform, request):
        return _page(request, row, script, form)
    return redirect("infusion:script", row.pk, script)


def _list(request: ClinicRequest, row: Session, form: KeyedForm) -> HttpResponse:
    known, state = scripts_of(_clinic(row)), state_of(row)
    context = frame(
        row,
        form=form,
        choices_below=True,
        scripts=known.scripts.scripts.values(),
        open_emergencies=named(open_ones(state.events), known.scripts),
        may_chart=allowed(request.actor, "create", LOG, row),
    )
    return show(request, "emergency", context)


def _page(request: ClinicRequest, row: Session, name: str, form: TapForm) -> HttpResponse:
    known, at, state = scripts_of(_clinic(row)), clock.now(), state_of(row)
    found, told = known.script(name), newest_of(state.events, name)
    if found is None:
        raise Http404("There is no such script.")
    if told is None:
        return redirect("infusion:emergency", row.pk)
    context = frame(
        row,
        form=form,
        closing=form if isinstance(form, CloseEmergencyForm) else CloseEmergencyForm(),
        script=found,
        approved=known.approved[name],
        version_on=known.scripts.version_on,
        emergency=told,
        elapsed_s=max(
            0,
            int(((told.closed.observed_at if told.closed else at) - told.opened.observed_at).total_seconds()),
        ),
        steps=[(one, told.steps.get(one.words)) for one in found.steps],
        other_steps=[
            (words, one) for words, one in told.steps.items() if words not in {s.words for s in found.steps}
        ],
        pump=pump_words(state, told),
        flows=state.phase is Phase.RUNNING,
        paused=state.phase is Phase.PAUSED,
        phase=state.phase,
        outcomes=OUTCOMES,
        offered=OFFERED_SEVERITY,
        may_chart=allowed(request.actor, "create", LOG, row),
        vitals_url=reverse("infusion:vitals", args=[row.pk]),
        vitals=lambda: page_data(row, at),
        vitals_parts=["infusion/_vitals.html", "infusion/_no_vitals.html"],
    )
    if context["may_chart"] and not request.htmx:  # type: ignore[attr-defined]
        context |= panel_of(request, row)
    return show(request, "_script" if request.htmx else "script", context)  # type: ignore[attr-defined]


def pump_words(state: SessionState, told: Emergency) -> dict[str, Any]:
    """What the log says of the pump: stopped or paused since when, or what was answered since the script was opened."""
    if state.phase is Phase.STOPPED:
        return {"said": "stopped", "at": state.stopped_at}
    if state.phase is Phase.PAUSED:
        return {"said": "paused", "at": state.pauses[-1].from_at}
    said = [
        one
        for one in state.events
        if one.kind is Kind.PUMP_ACTION and one.observed_at >= told.opened.observed_at
    ]
    if state.phase is Phase.RUNNING and said:
        return {"said": said[-1].text("done"), "at": said[-1].observed_at}
    return {"said": "not_started" if state.phase is Phase.CHECKED_IN else "", "at": None}
