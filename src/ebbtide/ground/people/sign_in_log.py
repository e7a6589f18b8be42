"""The log of signing in: who came in, who failed, who was locked out, which second factor changed; ids and nothing else."""

from typing import Any

import structlog
from allauth.mfa import signals as second_factor
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from ebbtide.ground.people.sessions import BEGAN, USED, real_s
from ebbtide.ground.people.sign_in import label_of

log = structlog.get_logger("ebbtide.sign_in")


def _signed_in(request: HttpRequest, user: Any, **_: Any) -> None:
    if hasattr(request, "session"):
        request.session[BEGAN] = request.session[USED] = real_s()
    log.info("signed_in", account=str(user.pk))


def _signed_out(user: Any, **_: Any) -> None:
    if user is not None:
        log.info("signed_out", account=str(user.pk))


def _failed(credentials: dict[str, Any], **_: Any) -> None:
    # whether such an account exists is not looked up: the answer must take as long either way
    log.warning("sign_in_failed", label=label_of(credentials.get("email")))


def _locked_out(username: str, **_: Any) -> None:
    log.warning("locked_out", label=username)


def _second_factor_failed(user: Any, authenticator: Any, **told: Any) -> None:
    again = bool(told.get("reauthentication"))
    log.warning("second_factor_failed", account=str(user.pk), kind=str(authenticator.type), again=again)


def _second_factor_added(request: HttpRequest, user: Any, authenticator: Any, **_: Any) -> None:
    request.session["second_factor_set_up"] = True
    log.info("second_factor_added", account=str(user.pk), kind=str(authenticator.type))


def _second_factor_removed(user: Any, authenticator: Any, **_: Any) -> None:
    log.warning("second_factor_removed", account=str(user.pk), kind=str(authenticator.type))


def _codes_made_again(user: Any, authenticator: Any, **_: Any) -> None:
    log.info("recovery_codes_made_again", account=str(user.pk), kind=str(authenticator.type))


LISTENERS = (
    (user_logged_in, _signed_in),
    (user_logged_out, _signed_out),
    (user_login_failed, _failed),
    (user_locked_out, _locked_out),
    (second_factor.authentication_failed, _second_factor_failed),
    (second_factor.authenticator_added, _second_factor_added),
    (second_factor.authenticator_removed, _second_factor_removed),
    (second_factor.authenticator_reset, _codes_made_again),
)


def listen() -> None:
    """Connect once, when Django is ready."""
    for signal, hear in LISTENERS:
        signal.connect(hear, dispatch_uid=f"ebbtide{hear.__name__}")
