"""Signing in: by e-mail and password, one query for the account, its staff row and its clinic; nobody signs up alone."""

import base64
import hashlib
import hmac
from functools import lru_cache
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context, ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from ebbtide.ground import clock
from ebbtide.ground.database.prepared import IDS, Statement
from ebbtide.ground.people.models import Account
from ebbtide.ground.people.sessions import last_signed_in_at

# recovery codes alone are no second factor: they only stand in for one that was lost
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def may_sign_in(account: Any) -> bool:
    """Whether this account is enabled, and its staff member has not left."""
    staff = getattr(account, "staff", None)
    return bool(account.is_active) and (staff is None or staff.left_at is None)


@lru_cache(maxsize=1)
def _account_statement() -> Statement:
    held = Authenticator.objects.filter(user_id=OuterRef("pk"), type__in=SECOND_FACTORS)
    rows = Account.objects.select_related("staff__clinic", "patient__clinic")
    return Statement(rows.annotate(has_second_factor=Exists(held)).filter(pk=IDS[0]), IDS[0])


class AccountBackend(AuthenticationBackend):
    """allauth's backend, loading in one query what every page needs to decide.

    It runs on every request, so a disabled account, a person who left, a role cut and a second factor
    that was reset count from the next request on.
    """

    def get_user(self, user_id: Any) -> Account | None:
        account: Account | None = _account_statement().first(user_id)
        return account if account is not None and may_sign_in(account) else None

    def user_can_authenticate(self, user: Any) -> bool:
        return may_sign_in(user)


def has_second_factor(account: Any) -> bool:
    """Whether this account holds an authenticator app or a passkey."""
    known = getattr(account, "has_second_factor", None)
    if known is None:  # in the very request that signs in, the account did not come through get_user
        known = Authenticator.objects.filter(user_id=account.pk, type__in=SECOND_FACTORS).exists()
    return bool(known)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the clinic, never by a visitor."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        # axes locks one account from one address; this bounds the guesses at one account from everywhere together
        if not ratelimit.consume(request, action="login_guesses", key=label_of(credentials.get("email"))):
            raise self.validation_error("too_many_login_attempts")

    def pre_login(self, request: HttpRequest, user: Any, **told: Any) -> HttpResponse | None:
        if not may_sign_in(user):  # a passkey asks no password, so the backend was not asked either
            refused: HttpResponse = self.respond_user_inactive(request, user)
            return refused
        response: HttpResponse | None = super().pre_login(request, user, **told)
        return response

    def is_reauthentication_required(self, *, app: str, **told: Any) -> bool:
        # whoever signed in a moment ago is not asked for the same password again to set up a second factor
        at = last_signed_in_at(context.request)
        fresh = (
            at is not None and (clock.now() - at).total_seconds() < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        )
        return not fresh and bool(super().is_reauthentication_required(app=app, **told))

    def reauthenticate(self, user: Any, password: str) -> bool:
        # allauth looks for the address in its own table, which the clinic's accounts do not need
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are kept encrypted: a copy of the database alone gives nobody's codes."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "unreadable": _(
            "This second step was set up under another key of the clinic. Ask a director to reset it."
        ),
    }

    def encrypt(self, text: str) -> str:
        return _ciphers().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _ciphers().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            raise self.validation_error("unreadable") from error


def _ciphers() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = (hmac.digest(str(key).encode(), b"ebbtide second factors", hashlib.sha256) for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def label_of(email: Any) -> str:
    """A name for an address that was typed, for locks and logs: the same each time, and no way back to the address."""
    typed = str(email or "").strip().lower()
    return hmac.new(settings.SECRET_KEY.encode(), typed.encode(), hashlib.sha256).hexdigest()[:24]


def lock_label(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """What axes counts failures by; people type passwords into the wrong field, so nothing typed is kept."""
    told = credentials or {}
    return label_of(
        told.get("email") or told.get("login") or told.get("username") or request.POST.get("login")
    )
