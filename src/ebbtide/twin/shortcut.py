"""The twin room: the demonstration's one-press sign-in. This module refuses to be imported anywhere else.

It skips password and second factor, so it exists only under --demo: its routes are not in the URL table of a real clinic,
importing it there fails, and calling it fails again. It signs in nobody but the accounts of demo-accounts.json.
"""

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib.auth import login
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest

from ebbtide.ground.people.models import Account
from ebbtide.twin.accounts import read_accounts

BACKEND = "ebbtide.ground.people.sign_in.AccountBackend"
METHOD = "demonstration"  # what the session remembers as the way this person proved who they are
# the mark that the second factor's middleware looks for, and believes in a demonstration alone
SECOND_FACTOR_WAIVED = "second_factor_enrolled"

if not settings.EBBTIDE_DEMO:
    raise ImproperlyConfigured("The sign-in of the demonstration does not exist outside --demo.")


def check_here() -> None:
    """This process serves a demonstration.

    Raises:
        Http404: it does not; a visitor learns no more than that.
    """
    if not settings.EBBTIDE_DEMO:
        raise Http404("There is nothing here.")


def sign_in_as(request: HttpRequest, email: str) -> Account:
    """Sign in completely as one of the demonstration's accounts.

    Raises:
        Http404: outside the demonstration, or no account of its file has this address.
    """
    check_here()
    if email not in {account.email for account in read_accounts()}:
        raise Http404("The demonstration has no such account.")
    account = Account.objects.filter(email=email, is_active=True).first()
    if account is None:
        raise Http404("The demonstration has no such account.")
    login(request, account, backend=BACKEND)
    record_authentication(request, account, method=METHOD)
    request.session[SECOND_FACTOR_WAIVED] = True
    return account
