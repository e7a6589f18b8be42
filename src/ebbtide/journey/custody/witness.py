"""The witness: a second person signs in within the request of the first, who stays signed in. Nothing of it is kept."""

import structlog
from allauth.account.adapter import get_adapter
from allauth.mfa.base.forms import BaseAuthenticateForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.people.models import Account
from ebbtide.ground.people.sign_in import may_sign_in
from ebbtide.ground.policy import Actor
from ebbtide.ground.policy.actors import of_account

log = structlog.get_logger("ebbtide.sign_in")


def prove(request: HttpRequest, email: str, password: str, code: str) -> Actor:
    """The person behind these credentials, proved by password and by a code of their app or a recovery code.

    The same locks, counts and log lines as at the sign-in page; the session of whoever is signed in is not touched.

    Raises:
        Refused: anything was wrong, or too much was tried. The sentence is the same whatever was wrong.
    """
    account = _by_password(request, email, password)
    if account is None or not may_sign_in(account):
        raise _not_proved(request)
    asked = BaseAuthenticateForm({"code": code}, user=account)
    if not asked.is_valid():
        raise _not_proved(request)
    # not allauth's own last step: it would write this proof into the session of the other person
    asked.authenticator.record_usage()
    log.info("witness_proved", account=str(account.pk), beside=str(request.user.pk))
    return of_account(account, authenticated_at=clock.now())


def _by_password(request: HttpRequest, email: str, password: str) -> Account | None:
    try:
        found = get_adapter(request).authenticate(request, email=email, password=password)
    except ValidationError:  # too many guesses at this account
        return None
    return found if isinstance(found, Account) else None


def _not_proved(request: HttpRequest) -> Refused:
    # axes would answer with its own page for this; the first person's form must stay on the screen
    locked, request.axes_locked_out = getattr(request, "axes_locked_out", False), False  # type: ignore[attr-defined]
    log.warning("witness_not_proved", beside=str(request.user.pk), locked=bool(locked))
    return Refused(
        "CUS-WITNESS-PROOF",
        "The second person could not be signed in. Check e-mail, password and code (each code counts once; wait for "
        "the next one). After 8 failures an account stays closed for 15 minutes: another person can sign in meanwhile.",
    )
