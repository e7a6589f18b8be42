"""The sign-in pages: allauth's ways in our frame, for a nurse who signs in for the first time."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.builders import a_staff

OURS = 'class="masthead"'
PASSWORD = "correct horse battery"  # as the builders set it


def enter(client: Client, email: str) -> None:
    """Sign in and confirm, as allauth asks of whoever is about to change how they sign in."""
    assert client.post(reverse("account_login"), {"login": email, "password": PASSWORD}).status_code == 302
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["account_login", "account_reset_password", "account_reset_password_done", "account_signup"]
)
def test_it_frames_the_pages_before_signing_in(client: Client, name: str) -> None:
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert OURS in page
    assert page.count("<h1") == 1
    assert not re.search(r"\sstyle=", page)


@pytest.mark.django_db
def test_it_says_what_is_wrong_with_a_password(client: Client) -> None:
    nurse = a_staff("nurse")
    page = client.post(
        reverse("account_login"), {"login": nurse.account.email, "password": "wrong"}
    ).content.decode()
    assert 'class="errors"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_list_webauthn",
        "account_change_password",
        "usersessions_list",
        "account_reauthenticate",
        "account_logout",
    ],
)
def test_it_frames_the_pages_of_an_account(client: Client, name: str) -> None:
    nurse = a_staff("nurse")
    enter(client, nurse.account.email)
    answer = client.get(reverse(name))
    assert answer.status_code == 200, name
    page = answer.content.decode()
    assert OURS in page
    assert page.count("<h1") == 1
    assert nurse.name in page


@pytest.mark.django_db
def test_it_shows_the_secret_as_a_picture_and_as_words(client: Client) -> None:
    nurse = a_staff("nurse")
    enter(client, nurse.account.email)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    assert 'src="data:image/svg+xml' in page
    assert re.search(r'<p class="code">[A-Z2-7]{16,}</p>', page)
    assert 'inputmode="numeric"' in page or 'autocomplete="one-time-code"' in page
