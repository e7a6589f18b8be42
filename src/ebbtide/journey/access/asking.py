"""The public form: one question a page, a way back, the telephone number always there; it works without JavaScript."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.actions import PatientDetails
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.journey.access import throttle
from ebbtide.journey.access.actions import ReceiveRequest, receive_request
from ebbtide.journey.access.crisis import PATTERN
from ebbtide.journey.access.draft import BY_SLUG, FILL_MIN_S, SENT_KEY, STEPS, Draft
from ebbtide.journey.access.forms import COMPLAINTS, LANGUAGES, SendForm
from ebbtide.journey.access.models import Channel
from ebbtide.journey.access.queries import clinic_of

DETAILS = ("given_name", "family_name", "birth_date", "language", "phone", "email")


@require_safe
@guarded("access.consult_request", "create")
def start(request: ClinicRequest) -> HttpResponse:
    """Begin, or go on where the person left."""
    draft = Draft(request.session)
    if not draft.begun:
        draft.begin(clock.now())
    step = draft.missing()
    return redirect("access:step", step.slug) if step else redirect("access:review")


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("access.consult_request", "create")
def step(request: ClinicRequest, slug: str) -> HttpResponse:
    """One question. A kept answer is shown again; the way back keeps everything."""
    if slug not in BY_SLUG:
        raise Http404("There is no such question.")
    asked, draft = BY_SLUG[slug], Draft(request.session)
    if not draft.begun:
        draft.begin(clock.now())
    if request.method == "POST":
        form = asked.form(request.POST)
        if not form.is_valid():
            return _ask(request, slug, form, status=422)
        draft.keep(slug, form.cleaned_data)
        return redirect(*_after(request, slug))
    return _ask(request, slug, asked.form(initial=draft.answers(slug) or {}))


def _after(request: ClinicRequest, slug: str) -> tuple[str, ...]:
    number = STEPS.index(BY_SLUG[slug]) + 1
    if number == len(STEPS) or (
        request.POST.get("then") == "review" and Draft(request.session).missing() is None
    ):
        return ("access:review",)
    return ("access:step", STEPS[number].slug)


def _ask(request: ClinicRequest, slug: str, form: Any, *, status: int = 200) -> HttpResponse:
    number = STEPS.index(BY_SLUG[slug]) + 1
    draft = Draft(request.session)
    return render(
        request,
        "access/ask_step.html",
        {
            "clinic": clinic_of(request.actor),
            "form": form,
            "title": BY_SLUG[slug].title,
            "step": number,
            "steps": len(STEPS),
            "back": STEPS[number - 2].slug if number > 1 else "",
            "slug": slug,
            "crisis": draft.in_crisis(),
            "then": request.GET.get("then", request.POST.get("then", "")),
            "self_harm_words": PATTERN,
            "single": len(form.fields) == 1,
        },
        status=status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("access.consult_request", "create")
def review(request: ClinicRequest) -> HttpResponse:
    """All answers once more; the last press sends them."""
    draft = Draft(request.session)
    if not draft.begun:
        # a second tap arrives here after the first has sent everything
        return redirect("access:received" if SENT_KEY in request.session else "access:request")
    if missing := draft.missing():
        return redirect("access:step", missing.slug)
    if request.method == "POST":
        return _send(request, draft)
    return _review(request, draft, SendForm())


def _review(request: ClinicRequest, draft: Draft, form: SendForm, *, status: int = 200) -> HttpResponse:
    told = draft.cleaned()
    told["complaint_words"] = dict(COMPLAINTS)[told["complaint"]]
    told["language_words"] = dict(LANGUAGES)[told["language"]]
    return render(
        request,
        "access/ask_review.html",
        {
            "clinic": clinic_of(request.actor),
            "told": told,
            "form": form,
            "crisis": draft.in_crisis(),
            "back": STEPS[-1].slug,
        },
        status=status,
    )


def _send(request: ClinicRequest, draft: Draft) -> HttpResponse:
    at, clinic, form = clock.now(), clinic_of(request.actor), SendForm(request.POST)
    if throttle.too_many(request, clinic, at=at):
        return _limited(request, draft)
    if form.is_valid() and draft.filled_for_s(at) < FILL_MIN_S:
        form.add_error(
            None,
            _(
                "That was very quick, as machines are. Nothing was sent yet: look at your answers and press again."
            ),
        )
    if not form.is_valid():
        return _review(request, draft, form, status=422)
    try:
        _receive(request, draft, clinic, at)
    except Refused as refused:
        form.add_error(None, refused.sentence)
        return _review(request, draft, form, status=422)
    draft.sent()
    return redirect("access:received")


def _receive(request: ClinicRequest, draft: Draft, clinic: Clinic, at: datetime) -> None:
    told = draft.cleaned()
    throttle.count(request)
    receive_request(
        act_now(request.actor, draft.key, at=at),
        ReceiveRequest(
            clinic=clinic,
            channel=Channel.WEB,
            details=PatientDetails(**{name: told[name] for name in DETAILS}),
            complaint=told["complaint"],
            story=told["story"],
            best_time=told["best_time"],
            referred_by=told["referred_by"],
        ),
    )


def _limited(request: ClinicRequest, draft: Draft) -> HttpResponse:
    context = {"clinic": clinic_of(request.actor), "crisis": draft.in_crisis()}
    return render(request, "access/ask_limited.html", context, status=429)


@require_safe
@guarded("access.consult_request", "create")
def received(request: ClinicRequest) -> HttpResponse:
    """The same answer for everybody."""
    sent = request.session.get(SENT_KEY) or {}
    return render(
        request,
        "access/ask_received.html",
        {
            "clinic": clinic_of(request.actor),
            "crisis": bool(sent.get("crisis")),
        },
    )
