"""Puts the actor on the request, turns a refusal into a page, and keeps staff without a second factor at the enrolment."""

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from ebbtide.ground.people.models import Account, Clinic
from ebbtide.ground.people.sessions import last_signed_in_at, proved_second_factor
from ebbtide.ground.people.sign_in import has_second_factor
from ebbtide.ground.policy.actors import Actor, of_account, visitor
from ebbtide.ground.policy.decisions import Denied, StepUpNeeded

log = structlog.get_logger("policy")


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
            route = request.resolver_match.view_name if request.resolver_match else ""
            log.warning("denied", actor=actor.identity if actor else "", route=route)
            return render(request, "403.html", {"why": str(exception)}, status=403)
        return None


class SecondFactorMiddleware:
    """Staff enrol a second factor at their first login, prove it in every session, and reach nothing else before."""

    OPEN = ("/account/", "/static/", "/healthz", "/demo/", "/language/")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if not actor.is_staff or request.path.startswith(self.OPEN) or self._waived(request):
            return self.get_response(request)
        if not has_second_factor(request.user):
            return redirect(settings.EBBTIDE_ENROL_URL)
        if not proved_second_factor(request.session):
            # signed in by password alone before the second factor was set up, on another device
            return redirect_to_login(request.get_full_path(), reverse("mfa_reauthenticate"))
        return self.get_response(request)

    def _waived(self, request: HttpRequest) -> bool:
        # the demonstration's one-click sign-in sets this mark; outside the demonstration it means nothing
        return bool(settings.EBBTIDE_DEMO and request.session.get("second_factor_enrolled"))
