"""Signing in: by e-mail and password, one query for the account, its staff row and its clinic; nobody signs up alone."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from ebbtide.ground.people.models import Account


class AccountBackend(AuthenticationBackend):
    """allauth's backend, loading in one query what every page needs to decide."""

    def get_user(self, user_id: Any) -> Account | None:
        rows = Account.objects.select_related("staff__clinic", "patient__clinic")
        account = rows.filter(pk=user_id).first()
        return account if account is not None and account.is_active else None


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the clinic, never by a visitor."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
