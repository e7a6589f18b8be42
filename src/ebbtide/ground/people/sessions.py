"""Sessions of people: how long a screen may lie unused, how long a sign-in lasts at most, and when it was last proved."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ebbtide.ground import clock
from ebbtide.ground.people.models import Account

log = structlog.get_logger("ebbtide.sign_in")
STAFF_IDLE_S = 10 * 60  # reliability.md section 6, controls [design]
PATIENT_IDLE_S = 15 * 60  # the same
LASTS_S = 12 * 3600  # the same: the absolute limit
NOTED_EVERY_S = (
    15  # the session is written at most this often; a screen may close this much early, never late
)
BEGAN, USED = "session_began_s", "session_used_s"
PROOFS = "account_authentication_methods"  # allauth keeps each proof's method and time here
# what a page asks for by itself does not mean that anybody sits there
BY_ITSELF = "Ebbtide-Background"
NEVER_ENDED = ("/static/", "/healthz")


def real_s() -> float:
    """Seconds of the real clock: a screen lies unused in real time, also when a demonstration's clock runs fast."""
    return time.time()  # noqa: TID251 - the driven clock must neither lock nor keep open a real screen


def last_signed_in_at(request: HttpRequest) -> datetime | None:
    """When this person last proved who they are, on the clock that the record runs on."""
    proofs = request.session.get(PROOFS) or []
    if not proofs:
        return None
    return clock.now() - timedelta(seconds=max(0.0, real_s() - max(p["at"] for p in proofs)))


def proved_second_factor(session: SessionBase) -> bool:
    """Whether this session gave, or set up, a second factor and not only a password."""
    return any(p.get("method") == "mfa" for p in session.get(PROOFS) or []) or bool(
        session.get("second_factor_set_up")
    )


def limit_s(account: Account) -> int:
    """How long this person's screen may lie unused."""
    return STAFF_IDLE_S if getattr(account, "staff", None) is not None else PATIENT_IDLE_S


def why_over(*, began_s: float, used_s: float, now_s: float, idle_s: float) -> str:
    """Why a session is over: "unused", "long", or "" while it is not."""
    if now_s - began_s >= LASTS_S:
        return "long"
    return "unused" if now_s - used_s >= idle_s else ""


class SessionLimitsMiddleware:
    """Ends a session that nobody used, or that lasted a working day; the next page is the sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(NEVER_ENDED) or not isinstance(request.user, Account):
            return self.get_response(request)
        now_s = real_s()
        session = request.session
        began_s = session.setdefault(BEGAN, now_s)
        used_s = session.setdefault(USED, now_s)
        # nobody is hurt by an open screen of invented people, and a visitor of the demonstration reads slowly
        idle_s = float("inf") if settings.EBBTIDE_DEMO else limit_s(request.user)
        why = why_over(began_s=began_s, used_s=used_s, now_s=now_s, idle_s=idle_s)
        if why:
            return self._end(request, why, int(min(idle_s, LASTS_S)))
        if (
            BY_ITSELF not in request.headers
            and not request.path.startswith("/live/")
            and now_s - used_s >= NOTED_EVERY_S
        ):
            session[USED] = now_s
        return self.get_response(request)

    def _end(self, request: HttpRequest, why: str, idle_s: int) -> HttpResponseBase:
        log.info("session_ended", account=str(request.user.pk), why=why)
        back = _page_of(request)
        logout(request)
        if why == "unused":
            minutes = idle_s // 60
            said = ngettext(
                "You were signed out because this screen lay unused for %(minutes)d minute.",
                "You were signed out because this screen lay unused for %(minutes)d minutes.",
                minutes,
            ) % {"minutes": minutes}
        else:
            said = _("You were signed out because you signed in 12 hours ago.")
        messages.info(request, said)
        to_sign_in = redirect_to_login(back, reverse("account_login"))
        if request.headers.get("HX-Request"):  # a part of a page: the whole page goes to the sign-in
            return HttpResponse(status=204, headers={"HX-Redirect": to_sign_in.url})
        return to_sign_in


def _page_of(request: HttpRequest) -> str:
    """The page that the person was on: where the sign-in leads back to."""
    if request.method in {"GET", "HEAD"} and not request.headers.get("HX-Request"):
        return request.get_full_path()
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        return urlsplit(came_from).path
    return str(settings.LOGIN_REDIRECT_URL)


def end_sessions(account_id: Any) -> int:
    """Sign an account out on every device that allauth knows of; how many were ended."""
    from allauth.usersessions.models import UserSession

    rows = list(UserSession.objects.filter(user_id=account_id))
    for row in rows:
        row.end()
    return len(rows)
