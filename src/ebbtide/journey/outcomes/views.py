"""What staff see: where check-ins stand, one episode's outcomes, a score entered at the visit, and the alerts."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ebbtide.evidence.instrument_texts import load_texts
from ebbtide.evidence.instruments import load_instruments
from ebbtide.evidence.schedule import BASELINE, DIARY
from ebbtide.evidence.scoring import severity
from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import ClinicRequest, allowed, guarded, visible
from ebbtide.journey.access.models import Episode
from ebbtide.journey.outcomes.actions import (
    CloseAlert,
    RecordScore,
    TakeAlert,
    close_alert,
    record_score,
    take_alert,
)
from ebbtide.journey.outcomes.curve import RelievedCurve, picture
from ebbtide.journey.outcomes.forms import CloseForm, EnterForm, KeyForm
from ebbtide.journey.outcomes.models import Invitation, SafetyAlert, Score
from ebbtide.journey.outcomes.queries import (
    current_scores,
    on_call,
    relief_series,
    shown_alert,
    shown_alerts,
    shown_invitations,
)
from ebbtide.journey.outcomes.told import told_in

INVITATION, CURVE = "outcomes.invitation", "outcomes.relief_curve"
SCORE, RESULT, ALERT = "outcomes.score", "outcomes.result", "outcomes.safety_alert"
WORDS = {
    "picture": "Pain over time, 0 to 10: the mean of seven days with its range, PEG, and the infusions marked.",
    "days": "Days since the first infusion",
    "unit": "days",
    "pain": "Pain",
    "mean": "Mean of 7 days",
    "single": "One day",
    "peg": "PEG",
}
SCORES_SHOWN = 60
SCORES_READ = 1000  # a daily diary of nearly three years


def _clinic(request: ClinicRequest) -> Any:
    holder: Any = request.user
    return (getattr(holder, "staff", None) or holder.patient).clinic


@require_safe
@guarded(INVITATION, "read")
def check_ins(request: ClinicRequest) -> HttpResponse:
    """Who was asked, and where each check-in stands; nothing of what was answered."""
    return render(request, "outcomes/check_ins.html", _check_ins(request))


@require_safe
@guarded(INVITATION, "read")
def check_in_rows(request: ClinicRequest) -> HttpResponse:
    return render(request, "outcomes/_check_in_rows.html", _check_ins(request))


def _check_ins(request: ClinicRequest) -> dict[str, Any]:
    rows = visible(request.actor, Invitation.objects.all(), INVITATION)
    return {
        "rows": shown_invitations(rows, at=clock.now(), most=100),
        "sees_scores": allowed(request.actor, "read", CURVE),
        "clinic_id": request.actor.clinic_id,
    }


@require_safe
@guarded(CURVE, "read", about=Episode)
def episode(request: ClinicRequest, row: Episode) -> HttpResponse:
    """One episode: the curve with infusions marked, the scores, the check-ins, and what waits for a person."""
    now, actor = clock.now(), request.actor
    scores = list(visible(actor, current_scores(row), SCORE)[:SCORES_READ])
    curve = relief_series(row, scores=scores)
    invitations = visible(actor, Invitation.objects.filter(episode=row), INVITATION)
    shown = shown_invitations(invitations, at=now, most=40)
    opened = visible(actor, SafetyAlert.objects.filter(episode=row), ALERT)
    return render(
        request,
        "outcomes/episode.html",
        {
            "episode": row,
            "patient": row.patient,
            "curve": curve,
            "chart": None if curve.is_empty else picture(curve, words=_words(curve)),
            # a diary day stands in the curve and its table; here stand the scores that somebody reads one by one
            "scores": _told(
                [score for score in scores if score.point not in {DIARY, BASELINE}][:SCORES_SHOWN]
            ),
            "invitations": shown,
            "alerts": shown_alerts(opened, at=now, most=20),
            "may_enter": allowed(actor, "create", RESULT, row),
            "to_enter": [(name, load_instruments().instrument(name).name) for name in load_texts()],
            "kept_back": any("PHQ9" in one.row.at_visit for one in shown),
        },
    )


def _words(curve: RelievedCurve) -> dict[str, str]:
    given = len(curve.infusions)
    return {**WORDS, "infusions": "1 infusion" if given == 1 else f"{given} infusions"}


def _told(scores: Any) -> list[dict[str, Any]]:
    """Each score with the name of its instrument and of its band."""
    pack = load_instruments()
    told = []
    for score in scores:
        instrument = pack.instruments.get(score.instrument)
        named = instrument or pack.adapters[score.instrument]
        told.append(
            {
                "row": score,
                "name": named.name,
                "band": severity(instrument, score.value) if instrument else "",
                "most": instrument.score_range.high if instrument else None,
                "items": _items(score),
            }
        )
    return told


def _items(score: Score) -> Sequence[str]:
    return [str(item).replace("_", " ") for item in score.detail.get("items", [])]


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(RESULT, "create", about=Episode)
def enter(request: ClinicRequest, row: Episode, instrument: str) -> HttpResponse:
    """A score asked for at the visit, item by item; blanks stay blank and the scoring says what it rests on."""
    texts = load_texts().get(instrument)
    if texts is None:
        raise Http404("There is no instrument of this name whose questions may be shown.")
    form = EnterForm(texts.sheet("en"), request.POST or None)
    if request.method == "POST" and form.is_valid():
        command = RecordScore(episode=row, instrument=instrument, answers=form.given())
        try:
            made = record_score(act_now(request.actor, form.cleaned_data["key"]), command)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return _entered(request, row, made)
    return render(
        request,
        "outcomes/enter.html",
        {
            "episode": row,
            "patient": row.patient,
            "form": form,
            "texts": texts,
            "sheet": texts.sheet("en"),
            "instrument": load_instruments().instrument(instrument),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


def _entered(request: ClinicRequest, row: Episode, made: Score) -> HttpResponse:
    alert = made.safety_alerts.first()
    if alert is not None:
        return redirect("outcomes:alert", alert.pk)
    value = "no score, too much is blank" if made.value is None else f"{made.value.normalize():f}"
    messages.success(request, f"{made.instrument} is recorded: {value}.")
    return redirect("outcomes:episode", row.pk)


@require_safe
@guarded(ALERT, "read")
def alerts(request: ClinicRequest) -> HttpResponse:
    """Every answer that asks for a person: open ones first, by their clock."""
    return render(request, "outcomes/alerts.html", _alerts(request))


@require_safe
@guarded(ALERT, "read")
def alert_rows(request: ClinicRequest) -> HttpResponse:
    return render(request, "outcomes/_alert_rows.html", _alerts(request))


def _alerts(request: ClinicRequest) -> dict[str, Any]:
    shown = shown_alerts(visible(request.actor, SafetyAlert.objects.all(), ALERT), at=clock.now(), most=100)
    clinic: Clinic = _clinic(request)
    return {
        "open": [one for one in shown if one.is_open],
        "closed": [one for one in shown if not one.is_open][:20],
        "clinic_id": request.actor.clinic_id,
        "called": on_call(clinic),
    }


@require_safe
@guarded(ALERT, "read", about=SafetyAlert)
def alert(request: ClinicRequest, row: SafetyAlert) -> HttpResponse:
    """One alert: what was answered, whose it is, until when; call, then write what came of it."""
    return _alert(request, row, CloseForm())


def _alert(request: ClinicRequest, row: SafetyAlert, form: KeyForm, *, status: int = 200) -> HttpResponse:
    shown = shown_alert(row, at=clock.now())
    return render(
        request,
        "outcomes/alert.html",
        {
            "shown": shown,
            "row": row,
            "patient": row.episode.patient,
            "form": form,
            "closing": isinstance(form, CloseForm),
            "mine": shown.owner.pk == request.actor.staff_id and shown.taken_at is not None,
            "may_take": allowed(request.actor, "acknowledge", ALERT, row),
            "may_close": allowed(request.actor, "sign", ALERT, row),
            "told": told_in(row),
        },
        status=status,
    )


@require_POST
@guarded(ALERT, "acknowledge", about=SafetyAlert)
def take(request: ClinicRequest, row: SafetyAlert) -> HttpResponse:
    """It is mine from now; the clock runs on."""
    form = KeyForm(request.POST)
    if form.is_valid():
        try:
            take_alert(act_now(request.actor, form.cleaned_data["key"]), TakeAlert(alert=row))
        except Refused as refused:
            form.add_error(None, refused.sentence)
    if form.errors:
        return _alert(request, row, form, status=422)
    return redirect("outcomes:alert", row.pk)


@require_POST
@guarded(ALERT, "sign", about=SafetyAlert)
def close(request: ClinicRequest, row: SafetyAlert) -> HttpResponse:
    """It is over: who spoke with the person, and what came of it."""
    form = CloseForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            close_alert(act_now(request.actor, told["key"]), CloseAlert(alert=row, note=told["note"]))
        except Refused as refused:
            form.add_error(None, refused.sentence)
    if form.errors:
        return _alert(request, row, form, status=422)
    messages.success(request, "The alert is closed.")
    return redirect("outcomes:alerts")
