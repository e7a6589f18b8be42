"""infusion: the card at the chair, on the person's own screen: no sign-in, no value of the chart, one button that calls.

The key in the address is the proof; it stays there, so no page of it is cached and no other site hears of it.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_POST, require_safe

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import act_now
from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.ground.policy.actors import link_holder
from ebbtide.ground.policy.guard import View
from ebbtide.journey.infusion.actions import CallNurse, call_nurse
from ebbtide.journey.infusion.card import CALLS_PER_H, WRONG_PER_H, session_by, too_often
from ebbtide.journey.infusion.comfort import comfort_of
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.queries import state_of

OPEN = "the key in the address is the proof: it opens the card of one session, shows no value, and ends with the visit"


def by_key(view: Callable[..., HttpResponse]) -> View:
    """The session that the key opens; one calm sentence for every key that opens none."""

    @guarded.public(OPEN)
    @wraps(view)
    def door(request: ClinicRequest, key: str) -> HttpResponse:
        session = session_by(key, clock.now())
        if session is None:
            limited = too_often("card", _address(request), WRONG_PER_H)
            page = render(request, "infusion/card_over.html", {}, status=429 if limited else 404)
            return _kept_private(page)
        language = session.visit.series.episode.patient.language
        with translation.override(language if language in dict(settings.LANGUAGES) else "en"):
            return _kept_private(view(request, session, key))

    return door


def _address(request: HttpRequest) -> str:
    # the address itself is not kept, only a digest, and only for an hour
    return hashlib.sha256(str(request.META.get("REMOTE_ADDR", "")).encode()).hexdigest()[:32]


def _kept_private(response: HttpResponse) -> HttpResponse:
    # same-origin and not "no-referrer": with that a browser sends no origin, and the form's own protection refuses it
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@by_key
def card(request: ClinicRequest, session: Session, key: str) -> HttpResponse:
    """The whole page, for a screen beside the chair."""
    return render(request, "infusion/card.html", _context(session, key))


@require_safe
@by_key
def card_now(request: ClinicRequest, session: Session, key: str) -> HttpResponse:
    """Only what changes: what the page asks for by itself."""
    return render(request, "infusion/_card_now.html", _context(session, key))


@require_POST
@by_key
def card_call(request: ClinicRequest, session: Session, key: str) -> HttpResponse:
    """The button: a call is open until somebody answers it, however often it is pressed."""
    patient = session.visit.series.episode.patient
    pressed = request.POST.get("key", "")[:200]
    if not pressed or too_often("call", session.pk.hex, CALLS_PER_H):
        return render(request, "infusion/card.html", {**_context(session, key), "by_voice": True}, status=429)
    actor = link_holder(patient, invitation_id=session.pk)
    call_nurse(act_now(actor, pressed, device="card"), CallNurse(session=session))
    return redirect("infusion:card", key)


def _context(session: Session, key: str) -> dict[str, Any]:
    patient, at = session.visit.series.episode.patient, clock.now()
    comfort = comfort_of(state_of(session, at).events)
    return {
        "looked_min": int((at - comfort.looked_at).total_seconds() // 60) if comfort.looked_at else None,
        "clinic": patient.clinic,
        "first_name": patient.given_name,
        "card_key": key,
        "comfort": comfort,
    }
