"""Pages of the leaving: the recovery beside the own baseline, the signed release, the door, the papers, the calls."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.policy import ClinicRequest, allowed, check_may, guarded
from ebbtide.ground.policy.decisions import may
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.open_chart import in_open_chart
from ebbtide.journey.infusion.rules import newest_instant
from ebbtide.journey.leaving import actions
from ebbtide.journey.leaving.calls import RED_FLAGS, CallOutcome, call_due_on, told
from ebbtide.journey.leaving.forms import CallForm, DischargeForm, LaterForm, RecoveryForm, ReleaseForm
from ebbtide.journey.leaving.handout import handout
from ebbtide.journey.leaving.instructions import CRISIS, EMERGENCY, Told
from ebbtide.journey.leaving.instructions import instructions as instructions_text
from ebbtide.journey.leaving.later import LATER_WORDS, LaterKind, Severity
from ebbtide.journey.leaving.models import Departure, LaterEvent, RecoveryPhase
from ebbtide.journey.leaving.queries import (
    Standing,
    calls_made,
    departure_to_show,
    session_to_leave,
    standing_of,
    to_call,
)
from ebbtide.journey.leaving.rules import DRIVE_RULE_SOURCE, Gate, WallTime, due_words, no_driving_until
from ebbtide.journey.leaving.scores import GO_AT_LEAST, ITEMS, ScoreName

ALERT_OPEN = (
    "A safety alert is open, with you as its owner: call the prescriber now. It stands under Safety alerts."
)
FALL = "fall"
CALLS_BACK = timedelta(days=7)
TO_FILL_IN = "____________________"
SCORE_LABELS = {ScoreName.ALDRETE: "Aldrete", ScoreName.PADSS: "PADSS"}


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("leaving.recovery", "create", about=Session)
@in_open_chart
def recovery(request: ClinicRequest, row: Session) -> HttpResponse:
    """One observation, its items beside the own baseline; above it what is still missing, and when the next is due."""
    standing = _standing(row)
    phase = RecoveryPhase.BASELINE if standing.state.started_at is None else RecoveryPhase.RECOVERY
    form = RecoveryForm(request.POST or None, phase=phase)
    if request.method == "POST" and form.is_valid():
        command = actions.RecordRecovery(
            session=row, phase=phase, seen=form.seen(), observed_at=_typed(form, "happened_at", standing)
        )
        refused = _refused(
            lambda: actions.record_recovery(act_now(request.actor, form.cleaned_data["key"]), command)
        )
        if refused is None:
            if command.seen.new_suicidal_thought:
                messages.warning(request, ALERT_OPEN)
            return redirect("leaving:recovery", row.pk)
        form.add_error(None, refused)
    context = {**_page(request, standing), "form": form, "scores": _scores(form, standing), "phase": phase}
    return _answer(request, "recovery", context, form)


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("leaving.discharge", "sign", about=Session)
@in_open_chart
def release(request: ClinicRequest, row: Session) -> HttpResponse:
    """A prescriber looks at the newest observation and signs for what a signature can open."""
    check_may(request.actor, "sign", "leaving.discharge")  # sign in again before the form, not after it
    standing = _standing(row)
    gates = [(found.gate.value, f"{found.words}. {found.shut_because}") for found in standing.signable]
    form = ReleaseForm(request.POST or None, gates=gates)
    newest = standing.newest
    if request.method == "POST" and form.is_valid() and newest is not None:
        command = actions.Release(
            recovery=newest, gates=tuple(form.cleaned_data["opens"]), reason=form.cleaned_data["why"]
        )
        refused = _refused(lambda: actions.release(act_now(request.actor, form.cleaned_data["key"]), command))
        if refused is None:
            return redirect("leaving:release", row.pk)
        form.add_error(None, refused)
    return _answer(request, "release", {**_page(request, standing), "form": form}, form)


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("leaving.discharge", "create", about=Session)
@in_open_chart
def discharge(request: ClinicRequest, row: Session) -> HttpResponse:
    """Every gate once more, the escort, their signature, and the time until which nobody drives."""
    check_may(request.actor, "create", "leaving.discharge")
    form, standing = DischargeForm(request.POST or None), _standing(row)
    if request.method == "POST" and form.is_valid():
        command = actions.Discharge(
            session=row,
            escort=form.by(),
            handed_over=form.cleaned_data["handed_over"],
            portal=request.build_absolute_uri(reverse("portal:home")),
        )
        refused = _refused(
            lambda: actions.discharge(
                act_now(request.actor, form.cleaned_data["key"], at=_typed(form, "went_at", standing)),
                command,
            )
        )
        if refused is None:
            return redirect("leaving:departure", Departure.objects.get(session=row).pk)
        form.add_error(None, refused)
    context = {**_page(request, standing), "form": form, "until": _until(standing)}
    return _answer(request, "discharge", context, form)


@require_safe
@guarded("leaving.discharge", "create", about=Session)
def paper(request: ClinicRequest, row: Session) -> HttpResponse:
    """The instructions to be read and talked through before anybody signs; this paper is not kept."""
    standing = _standing(row)
    patient, until = row.visit.series.episode.patient, _until(standing)
    told = Told(
        until=until,
        escort=TO_FILL_IN,
        phone=patient.clinic.phone,
        call_on=call_due_on(standing.at, zone=until.zone),
    )
    response = HttpResponse(handout(patient, told, at=standing.at), content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="instructions-to-sign.pdf"'
    return response


@require_POST
@guarded("leaving.discharge", "create", about=Session)
@in_open_chart
def send_home(request: ClinicRequest, row: Session) -> HttpResponse:
    """Nothing was given: the visit ends as it is."""
    key = request.POST.get("key", "")[:200]
    refused = (
        "Open the page again: the button was pressed without its key."
        if not key
        else _refused(lambda: actions.send_home(act_now(request.actor, key), actions.SendHome(session=row)))
    )
    if refused is None:
        return redirect("leaving:recovery", row.pk)
    standing = _standing(row)
    phase = RecoveryPhase.BASELINE if standing.state.started_at is None else RecoveryPhase.RECOVERY
    form = RecoveryForm(phase=phase)
    context = {**_page(request, standing), "form": form, "scores": _scores(form, standing), "phase": phase}
    return render(request, "leaving/recovery.html", {**context, "trouble": refused}, status=422)


@require_safe
@guarded("leaving.discharge", "read", about=Departure)
def departure(request: ClinicRequest, row: Departure) -> HttpResponse:
    """How the person left, with both papers and the call; the person themselves is shown their instructions."""
    if request.actor.patient_id is not None:
        return redirect("leaving:instructions", row.pk)
    found = departure_to_show(row.pk)
    context = {
        "departure": found,
        "patient": found.session.visit.series.episode.patient,
        "until": _until_of(found),
        "calls": found.calls.all(),
        # whose departure it is, the guard has asked; a part of the page is shown by the role
        "may_call": allowed(request.actor, "create", "leaving.next_day_call"),
        "may_read_call": allowed(request.actor, "read", "leaving.next_day_call"),
        "source": DRIVE_RULE_SOURCE,
        "later": [_later_words(one) for one in found.later_events.all()],
        "fall_not_charted": _fall_not_charted(found),
        "may_chart": allowed(request.actor, "create", "leaving.later_event"),
        "may_read_later": allowed(request.actor, "read", "leaving.later_event"),
        "may_take_out": allowed(request.actor, "read", "leaving.report"),
    }
    return render(request, "leaving/departure.html", context)


@require_safe
@guarded("leaving.discharge", "read", about=Departure)
def instructions(request: ClinicRequest, row: Departure) -> HttpResponse:
    """The written instructions, in the person's own language, as they were handed over."""
    found = departure_to_show(row.pk)
    patient = found.session.visit.series.episode.patient
    told = Told(
        until=_until_of(found),
        escort=found.escort_name,
        phone=patient.clinic.phone,
        call_on=found.call_due_on,
    )
    text = instructions_text(told, wanted=found.language)
    with translation.override(text.language):
        return render(
            request,
            "leaving/instructions.html",
            {
                "text": text,
                "departure": found,
                "patient": patient,
                "contacts": {"clinic": patient.clinic.phone, "emergency": EMERGENCY, "crisis": CRISIS},
            },
        )


@require_safe
@guarded("leaving.next_day_call", "read")
def calls(request: ClinicRequest) -> HttpResponse:
    """Whom to call today, the oldest first, and what the last calls brought."""
    holder: Any = request.user
    clinic, now = (getattr(holder, "staff", None) or holder.patient).clinic, clock.now()
    decision = may(request.actor, "read", "leaving.next_day_call")
    context = {
        "waiting": to_call(request.actor, clinic, at=now),
        "made": calls_made(request.actor, since=now - CALLS_BACK, at=now),
        "status_only": "status_only" in decision.conditions,
        "may_call": allowed(request.actor, "create", "leaving.next_day_call"),
    }
    return render(request, "leaving/calls.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("leaving.next_day_call", "create", about=Departure)
def call(request: ClinicRequest, row: Departure) -> HttpResponse:
    """One try to call: its end, each red flag, and what was done."""
    form = CallForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        command = actions.RecordCall(
            departure=row,
            outcome=CallOutcome(data["ended"]),
            red_flags=form.flags(),
            note=data["remark"],
            step=data["done_about_it"],
        )
        refused = _refused(lambda: actions.record_call(act_now(request.actor, data["key"]), command))
        if refused is None:
            if told(command.red_flags):
                messages.warning(request, ALERT_OPEN)
            return redirect("leaving:departure", row.pk)
        form.add_error(None, refused)
    found = departure_to_show(row.pk)
    context = {
        "departure": found,
        "patient": found.session.visit.series.episode.patient,
        "until": _until_of(found),
        "calls": found.calls.all(),
        "form": form,
        "flags": [form[f"flag-{name}"] for name in RED_FLAGS],
        "crisis": request.POST.get("flag-thoughts") == "yes",
    }
    return _answer(request, "call", context, form)


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("leaving.later_event", "create", about=Departure)
def later(request: ClinicRequest, row: Departure) -> HttpResponse:
    """Something happened after the person had left: a fall, an emergence reaction. It is charted with its own time."""
    found = departure_to_show(row.pk)
    patient = found.session.visit.series.episode.patient
    corrects = _corrected(request, found)
    form = LaterForm(
        request.POST or None,
        zone=patient.clinic.time_zone,
        correcting=corrects is not None,
        initial=_as_it_stands(corrects, patient.clinic.time_zone) if corrects else {},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        command = actions.RecordLater(
            departure=found,
            kind=LaterKind(data["what_kind"]),
            severity=Severity(data["bad"]),
            happened_at=form.happened_at,
            what=data["what"],
            done=data["done_about_it"],
            replaces=corrects,
            withdrawn=data.get("withdraw", False),
        )
        refused = _refused(lambda: actions.record_later(act_now(request.actor, data["key"]), command))
        if refused is None:
            if command.severity is Severity.SEVERE and not command.withdrawn:
                messages.warning(request, ALERT_OPEN)
            return redirect("leaving:departure", row.pk)
        form.add_error(None, refused)
    context = {"departure": found, "patient": patient, "form": form, "corrects": corrects}
    return _answer(request, "later", context, form)


def _corrected(request: ClinicRequest, row: Departure) -> LaterEvent | None:
    """The standing entry that the address or the form names; None for a new one."""
    wanted = request.POST.get("corrects") or request.GET.get("corrects")
    return next((one for one in row.later_events.all() if str(one.pk) == wanted), None) if wanted else None


def _as_it_stands(row: LaterEvent, zone: str) -> dict[str, Any]:
    wall = row.observed_at.astimezone(ZoneInfo(zone))
    return {
        "what_kind": row.kind, "bad": row.severity, "on": wall.date(), "at": wall.time(), "what": row.what,
        "done_about_it": row.done, "corrects": row.pk,
    }  # fmt: skip


def _later_words(row: LaterEvent) -> dict[str, Any]:
    return {"row": row, "words": LATER_WORDS[LaterKind(row.kind)]}


def _fall_not_charted(row: Departure) -> bool:
    """A fall was told on the telephone and stands nowhere as an event of its own."""
    told_of = any(one.red_flags.get(FALL) for one in row.calls.all())
    return told_of and all(one.kind != LaterKind.FALL for one in row.later_events.all())


# — shared —


def _typed(form: Any, name: str, standing: Standing) -> datetime | None:
    """The instant of a time on the wall that somebody typed; None for now."""
    wall = form.cleaned_data[name]
    zone = standing.session.visit.series.episode.patient.clinic.time_zone
    return None if wall is None else newest_instant(wall, now=standing.at, zone=zone)


def _standing(row: Session) -> Standing:
    return standing_of(session_to_leave(row.pk), at=clock.now())


def _refused(write: Callable[[], Any]) -> str | None:
    """Do it; the sentence of the refusal when a rule says no."""
    try:
        write()
    except Refused as refused:
        return refused.sentence
    return None


def _answer(request: ClinicRequest, page: str, context: dict[str, Any], form: Any) -> HttpResponse:
    return render(request, f"leaving/{page}.html", context, status=422 if form.errors else 200)


def _page(request: ClinicRequest, standing: Standing) -> dict[str, Any]:
    session, newest = standing.session, standing.newest
    # before the door nobody has named an escort: that line belongs to the door's own page
    missing = [found for found in standing.missing if found.gate is not Gate.ESCORT]
    return {
        "standing": standing,
        "session": session,
        "patient": session.visit.series.episode.patient,
        "departure": getattr(session, "departure", None),
        "missing": missing,
        "gates": standing.gates,
        "newest": newest,
        "due_words": due_words(standing.due) if standing.due else "",
        "crisis": standing.signs.unseen_thought or bool(standing.signs.new_suicidal_thought),
        # whose session it is, the guard has asked; a button is shown by the role, and the action decides again
        "may_discharge": allowed(request.actor, "create", "leaving.discharge"),
        "may_release": allowed(request.actor, "sign", "leaving.discharge"),
        "go_at_least": GO_AT_LEAST,
    }


def _scores(form: RecoveryForm, standing: Standing) -> list[dict[str, Any]]:
    """Both scores with their items: the field, and what it was before the infusion."""
    return [
        {
            "label": SCORE_LABELS[name],
            "name": name.value,
            "items": [
                {
                    "item": item,
                    "field": None if item.from_pressure else form[f"{name}-{item.id}"],
                    "before": _meant(item.means, standing.before.points(name).get(item.id)),
                }
                for item in ITEMS[name]
            ],
        }
        for name in ScoreName
    ]


def _meant(means: tuple[str, str, str], points: int | None) -> str:
    return "" if points is None else means[points]


def _until(standing: Standing) -> WallTime:
    zone = standing.session.visit.series.episode.patient.clinic.time_zone
    return no_driving_until(standing.at, zone=zone, drive_from=standing.settings.drive_from)


def _until_of(row: Departure) -> WallTime:
    return WallTime(on=row.no_driving_on, at=row.no_driving_at, zone=row.no_driving_zone)
