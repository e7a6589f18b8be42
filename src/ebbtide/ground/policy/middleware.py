"""Puts the actor on the request, turns a refusal into a page, and keeps staff without a second factor at the enrolment."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from ebbtide.ground.people.models import Account, Clinic
from ebbtide.ground.policy.actors import Actor, of_account, visitor
from ebbtide.ground.policy.decisions import Denied, StepUpNeeded

log = structlog.get_logger("policy")
SIGNED_IN_AT = "account_authentication_methods"  # allauth keeps each sign-in's method and time here


def last_signed_in_at(request: HttpRequest) -> datetime | None:
    """When this person last proved who they are, as allauth recorded it in the session."""
    methods = request.session.get(SIGNED_IN_AT) or []
    return datetime.fromtimestamp(max(m["at"] for m in methods), tz=UTC) if methods else None


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = self._actor(request)  # type: ignore[attr-defined]
        request.reading = None  # type: ignore[attr-defined]
        return self.get_response(request)

    def _actor(self, request: HttpRequest) -> Actor:
        if isinstance(request.user, Account):
            return of_account(request.user, authenticated_at=last_signed_in_at(request))
        request.clinic = Clinic.objects.order_by("id").first()  # type: ignore[attr-defined]
        return visitor(request.clinic)  # type: ignore[attr-defined]

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, StepUpNeeded):
            if request.method == "GET":
                return redirect_to_login(request.get_full_path(), reverse("account_reauthenticate"))
            return render(request, "401_step_up.html", {"why": str(exception)}, status=401)
        if isinstance(exception, Denied):
            actor: Any = getattr(request, "actor", None)
            log.warning("denied", actor=actor.identity if actor else "", route=request.resolver_match.view_name if request.resolver_match else "")
            return render(request, "403.html", {"why": str(exception)}, status=403)
        return None


class SecondFactorMiddleware:
    """Staff enrol a second factor at their first login and reach nothing else before."""

    OPEN = ("/account/", "/static/", "/healthz", "/demo/")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if actor.is_staff and not request.path.startswith(self.OPEN) and not self._enrolled(request):
            return redirect(settings.EBBTIDE_ENROL_URL)
        return self.get_response(request)

    def _enrolled(self, request: HttpRequest) -> bool:
        if request.session.get("second_factor_enrolled"):
            return True
        from allauth.mfa.utils import is_mfa_enabled

        enrolled = bool(is_mfa_enabled(request.user))
        if enrolled:
            request.session["second_factor_enrolled"] = True
        return enrolled
