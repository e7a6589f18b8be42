"""The check-in by link: one question a screen, each answer kept as it is given, a way back, and no account. It works without JavaScript.

The link's key is the only proof; it stays in the address, so no page of it is cached, and no other site hears of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ebbtide.evidence.instrument_texts import Question, load_texts
from ebbtide.evidence.instruments import load_instruments
from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Act, Refused, act_now
from ebbtide.ground.policy import ClinicRequest, check_may, guarded
from ebbtide.ground.policy.actors import Actor, link_holder
from ebbtide.ground.policy.guard import View
from ebbtide.journey.outcomes import throttle
from ebbtide.journey.outcomes.actions import AnswerItem, SubmitCheckIn, answer_item, submit_check_in
from ebbtide.journey.outcomes.curve import RelievedCurve, picture, relief_series
from ebbtide.journey.outcomes.letters import language_of
from ebbtide.journey.outcomes.models import AlertKind, Answer, Invitation
from ebbtide.journey.outcomes.queries import Answers, answers_of, invitation_by, on_call, window_of
from ebbtide.journey.outcomes.rules import WORKING_DAYS

OPEN = "the key in the address is the proof: it opens this one check-in, and the action asks the policy again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question of this check-in, in the reader's language."""

    instrument: str
    title: str
    intro: str
    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequest:
    """A request that came with a link: whose check-in, and the questions in their order."""

    request: ClinicRequest
    token: str
    invitation: Invitation
    actor: Actor
    questions: tuple[Asked, ...]
    answers: Answers

    @property
    def first_open(self) -> int:
        """The number of the first question that was neither answered nor declined; one past the last when none is."""
        for number, asked in enumerate(self.questions, start=1):
            if (asked.instrument, asked.question.item) not in self.answers:
                return number
        return len(self.questions) + 1


def by_link(view: Callable[..., HttpResponse]) -> View:
    """The check-in that the key opens, in its person's language; one calm sentence for every key that opens none."""

    @guarded.public(OPEN)
    @wraps(view)
    def door(request: ClinicRequest, token: str, **kwargs: Any) -> HttpResponse:
        if throttle.too_many(request):
            return _kept_private(_nothing(request, status=429))
        invitation = invitation_by(token)
        if invitation is None or not window_of(invitation).holds(clock.now()):
            throttle.count(request, "wrong")
            return _kept_private(_nothing(request, status=404))
        patient = invitation.episode.patient
        with translation.override(_language(request, language_of(patient))):
            asked = LinkRequest(
                request=request,
                token=token,
                invitation=invitation,
                actor=link_holder(patient, invitation_id=invitation.pk),
                questions=questions_of(invitation, translation.get_language() or "en"),
                answers=answers_of(invitation),
            )
            return _kept_private(view(asked, **kwargs))

    return door


def _language(request: ClinicRequest, own: str) -> str:
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else own


def _kept_private(response: HttpResponse) -> HttpResponse:
    # same-origin and not "no-referrer": with that a browser sends no origin, and the form's own protection refuses it
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _nothing(request: ClinicRequest, *, status: int) -> HttpResponse:
    return render(request, "outcomes/no_check_in.html", {"limited": status == 429}, status=status)


def questions_of(invitation: Invitation, language: str) -> tuple[Asked, ...]:
    """Every question of a check-in, instrument after instrument."""
    sheets = [(name, load_texts()[name].sheet(language)) for name in invitation.instruments]
    return tuple(
        Asked(instrument=name, title=sheet.title, intro=sheet.intro, question=question)
        for name, sheet in sheets
        for question in sheet.questions
    )


def _page(asked: LinkRequest, template: str, *, status: int = 200, **more: Any) -> HttpResponse:
    invitation = asked.invitation
    clinic = invitation.episode.patient.clinic
    called = on_call(clinic)
    # what ever asked for a person: once shown, the crisis line stays
    alerted: list[str] = getattr(invitation, "alerted", [])
    context = {
        "clinic": clinic,
        "actor": asked.actor,
        "token": asked.token,
        "invitation": invitation,
        "steps": len(asked.questions),
        "called": called.told if called else None,
        "working_days": called is not None and called.told.hours.days == WORKING_DAYS,
        "asks_mood": any(
            load_instruments().instrument(name).remote_needs_on_call for name in invitation.instruments
        ),
        "crisis": AlertKind.SELF_HARM in alerted,
        "blood": AlertKind.BLOOD in alerted,
    }
    return render(asked.request, template, {**context, **more}, status=status)


@require_safe
@by_link
def start(asked: LinkRequest) -> HttpResponse:
    """What this is, how long it takes, and when the answers are read: before the first question."""
    begun = bool(asked.answers)
    finished = asked.first_open > len(asked.questions)
    return _page(
        asked,
        "outcomes/start.html",
        given_name=asked.invitation.episode.patient.given_name,
        begun=begun,
        finished=finished,
        first=1 if finished else asked.first_open,
        minutes=max(1, round(len(asked.questions) / 8)),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def question(asked: LinkRequest, number: int) -> HttpResponse:
    """One question. An answer that was given is shown again; the way back keeps everything."""
    if not 1 <= number <= len(asked.questions):
        return redirect("outcomes:done", asked.token)
    if asked.request.method == "POST":
        throttle.count(asked.request, "press")
        return _answer(asked, number)
    return _ask(asked, number)


def _ask(asked: LinkRequest, number: int, *, trouble: str = "") -> HttpResponse:
    one = asked.questions[number - 1]
    kept = asked.answers.get((one.instrument, one.question.item))
    return _page(
        asked,
        "outcomes/question.html",
        status=422 if trouble else 200,
        one=one,
        step=number,
        kept=kept,
        chosen=None if kept is None else kept.value,
        declined=kept is not None and kept.value is None,
        trouble=trouble,
        back=number - 1,
    )


def _answer(asked: LinkRequest, number: int) -> HttpResponse:
    one = asked.questions[number - 1]
    skipped, told = "skip" in asked.request.POST, asked.request.POST.get("value", "")
    if not skipped and not told.isdecimal():
        return _ask(asked, number, trouble=_("Choose one of the answers, or skip this question."))
    kept = asked.answers.get((one.instrument, one.question.item))
    value = None if skipped else int(told)
    try:
        if kept is None or kept.value != value:
            kept = _keep(asked, one, value, kept)
    except Refused:
        return _ask(asked, number, trouble=_("This answer was not kept. Please choose again, or call us."))
    return _after(asked, number, kept)


def _keep(asked: LinkRequest, one: Asked, value: int | None, before: Answer | None) -> Answer:
    # named by the answer it follows: a double tap is one act, and going back to change one's mind is another
    key = f"{one.instrument}/{one.question.item}/{before.pk if before else 'first'}/{value}"
    command = AnswerItem(
        invitation=asked.invitation, instrument=one.instrument, item=one.question.item, value=value
    )
    return answer_item(_act(asked, key), command)


def _act(asked: LinkRequest, key: str) -> Act:
    return act_now(asked.actor, f"check-in/{asked.invitation.pk}/{key}")


def _after(asked: LinkRequest, number: int, kept: Answer) -> HttpResponse:
    alert = load_instruments().instrument(kept.instrument).alert
    asks = alert is not None and kept.item == alert.item and (kept.value or 0) >= alert.at
    if asks and kept.instrument == "PHQ9":
        return redirect("outcomes:help", asked.token, number + 1)
    if number == len(asked.questions):
        return redirect("outcomes:done", asked.token)
    return redirect("outcomes:question", asked.token, number + 1)


@require_safe
@by_link
def help_now(asked: LinkRequest, number: int) -> HttpResponse:
    """Help, on the very next screen after an answer that asks for it: nothing has to be read before it."""
    last = number > len(asked.questions)
    return _page(asked, "outcomes/help_now.html", number=number, last=last)


@require_POST
@by_link
def finish(asked: LinkRequest) -> HttpResponse:
    """The person says that this is all: what was answered is scored, the rest stays blank."""
    throttle.count(asked.request, "press")
    if asked.answers:
        newest = max(row.pk for row in asked.answers.values())
        submit_check_in(_act(asked, f"finish/{newest}"), SubmitCheckIn(invitation=asked.invitation))
    return redirect("outcomes:done", asked.token)


@require_safe
@by_link
def done(asked: LinkRequest) -> HttpResponse:
    """What is really kept, read back from the record; then the person's own curve."""
    check_may(asked.actor, "read", "outcomes.relief_curve", asked.invitation)
    open_ones = [
        number
        for number, one in enumerate(asked.questions, start=1)
        if (one.instrument, one.question.item) not in asked.answers
    ]
    scored: list[str] = getattr(asked.invitation, "scored_in", [])
    touched = {instrument for instrument, _item in asked.answers}
    curve = relief_series(asked.invitation.episode)
    return _page(
        asked,
        "outcomes/done.html",
        kept=len(asked.answers),
        open_ones=open_ones,
        to_finish=bool(touched - set(scored)),
        curve=curve,
        chart=None if curve.is_empty else picture(curve, words=curve_words(curve)),
    )


def curve_words(curve: RelievedCurve) -> dict[str, str]:
    """The words of the picture, in the language of this request."""
    given = len(curve.infusions)
    return {
        "picture": _(
            "Your pain over time, 0 no pain to 10 the worst, with the days of your infusions marked."
        ),
        "days": _("Days since the first infusion"),
        "unit": _("days"),
        "pain": _("Pain"),
        "mean": _("Mean of 7 days"),
        "single": _("One day"),
        "peg": "PEG",
        "infusions": _("%(n)s infusions") % {"n": given} if given != 1 else _("1 infusion"),
    }
