"""Signing in as a person does it: the form, the code of an app, the confirmation."""

import time

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client
from django.urls import reverse

from ebbtide.ground.people.models import Account

PASSWORD = "correct horse battery"  # as the builders set it


def code_of(secret: str) -> str:
    """The six digits an app shows now; near the end of their half minute, the next ones are awaited."""
    left_s = app_settings.TOTP_PERIOD - time.time() % app_settings.TOTP_PERIOD
    if left_s < 1.5:
        time.sleep(left_s)
    return format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD))


def an_app(account: Account) -> str:
    """Give the account an authenticator app; its secret."""
    secret = generate_totp_secret()
    TOTP.activate(account, secret)
    RecoveryCodes.activate(account)
    return secret


def kinds(account: Account) -> set[str]:
    return set(Authenticator.objects.filter(user=account).values_list("type", flat=True))


def type_password(client: Client, account: Account, *, password: str = PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": account.email, "password": password, **more})


def sign_in(client: Client, account: Account, *, secret: str = "") -> None:
    answer = type_password(client, account)
    assert answer.status_code == 302, answer.content.decode()
    if secret:
        assert answer.headers["Location"] == reverse("mfa_authenticate")
        answer = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
        assert answer.status_code == 302, answer.content.decode()


def signed_in_as(client: Client) -> str:
    return str(client.session.get("_auth_user_id", ""))
