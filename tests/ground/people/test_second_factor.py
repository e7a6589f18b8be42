"""The second factor: set up at the first sign-in, asked at every later one, proved again before a guarded act."""

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from ebbtide.ground import clock
from ebbtide.ground.people import sessions
from ebbtide.ground.people.models import Account
from ebbtide.ground.people.sessions import last_signed_in_at
from tests.builders import a_patient, a_staff, an_actor
from tests.ground.people.entering import (
    PASSWORD,
    an_app,
    code_of,
    kinds,
    sign_in,
    signed_in_as,
    type_password,
)

pytestmark = pytest.mark.django_db
QUEUE = "/request/queue/"


@pytest.fixture
def nurse():
    return a_staff("prescriber")


def age_s(client: Client) -> float:
    """How long ago this session proved who sits there."""
    request = client.get("/").wsgi_request
    request.session = client.session
    return (clock.now() - last_signed_in_at(request)).total_seconds()


@pytest.mark.parametrize("path", ["/home/", QUEUE, "/today/"])
def test_staff_without_one_reach_only_the_pages_to_set_it_up(client, nurse, path):
    sign_in(client, nurse.account)
    assert client.get(path).headers["Location"] == settings.EBBTIDE_ENROL_URL
    assert client.get(settings.EBBTIDE_ENROL_URL).status_code == 200
    assert client.get("/").headers["Location"] == settings.EBBTIDE_ENROL_URL


def test_they_set_up_an_app_without_typing_the_password_twice_and_go_on(client, nurse, monkeypatch):
    # a test's own transaction never ends: what allauth does after the commit is done at once
    monkeypatch.setattr("django.db.transaction.on_commit", lambda do, **_: do())
    sign_in(client, nurse.account)
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200
    secret = page.context["form"].secret
    wrong = client.post(
        reverse("mfa_activate_totp"), {"code": "000000" if code_of(secret) != "000000" else "000001"}
    )
    assert wrong.context["form"].errors
    done = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert done.headers["Location"] == reverse("mfa_view_recovery_codes")
    assert kinds(nurse.account) == {"totp", "recovery_codes"}
    assert client.get(done.headers["Location"]).status_code == 200
    assert client.get(QUEUE).status_code == 200


def test_the_secret_lies_encrypted_in_the_database(nurse):
    secret = an_app(nurse.account)
    assert secret not in str(Authenticator.objects.values_list("data", flat=True))


def test_another_key_of_the_clinic_reads_no_secret_and_lets_nobody_in(client, nurse, settings):
    secret = an_app(nurse.account)
    settings.SECRET_KEY = "another key of another installation"
    type_password(client, nurse.account)
    page = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert "Ask a director" in str(page.context["form"].errors)
    settings.SECRET_KEY_FALLBACKS = []
    assert signed_in_as(client) == ""


def test_the_password_alone_lets_nobody_in_who_has_one(client, nurse):
    an_app(nurse.account)
    answer = type_password(client, nurse.account)
    assert answer.headers["Location"] == reverse("mfa_authenticate")
    assert signed_in_as(client) == ""
    assert client.get(QUEUE).headers["Location"].startswith(reverse("account_login"))


def test_password_and_code_let_them_in_and_a_code_serves_once(client, nurse):
    secret = an_app(nurse.account)
    sign_in(client, nurse.account, secret=secret)
    assert client.get(QUEUE).status_code == 200
    other = Client()
    type_password(other, nurse.account)
    again = other.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert again.status_code == 200
    assert signed_in_as(other) == ""


def test_a_recovery_code_lets_them_in_once(client, nurse):
    an_app(nurse.account)
    code = Authenticator.objects.get(user=nurse.account, type="recovery_codes").wrap().get_unused_codes()[0]
    type_password(client, nurse.account)
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert client.get(QUEUE).status_code == 200
    other = Client()
    type_password(other, nurse.account)
    assert other.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200


def test_eight_wrong_codes_close_the_door_for_the_right_one(client, nurse):
    secret = an_app(nurse.account)
    type_password(client, nurse.account)
    for _ in range(8):
        client.post(reverse("mfa_authenticate"), {"code": "12345x"})
    page = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert page.status_code == 200
    assert "Too many" in str(page.context["form"].errors)
    assert signed_in_as(client) == ""


def test_a_session_from_before_it_was_set_up_must_prove_it(client, nurse):
    sign_in(client, nurse.account)
    an_app(nurse.account)  # set up at another device meanwhile
    answer = client.get(QUEUE)
    assert answer.headers["Location"].startswith(reverse("mfa_reauthenticate"))


def test_one_that_was_taken_away_counts_from_the_next_request(client, nurse):
    secret = an_app(nurse.account)
    sign_in(client, nurse.account, secret=secret)
    Authenticator.objects.filter(user=nurse.account).delete()
    assert client.get(QUEUE).headers["Location"] == settings.EBBTIDE_ENROL_URL


def test_the_mark_of_the_demonstration_means_nothing_in_a_clinic(client, nurse, settings):
    sign_in(client, nurse.account)
    session = client.session
    session["second_factor_enrolled"] = True
    session.save()
    assert client.get(QUEUE).status_code == 200
    settings.EBBTIDE_DEMO = False
    assert client.get(QUEUE).headers["Location"] == settings.EBBTIDE_ENROL_URL


def test_patients_may_have_one_and_need_none(client):
    account = Account.objects.get(pk=an_actor(a_patient()).account_id)
    sign_in(client, account)
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("how", ["password", "code"])
def test_proving_again_by_password_or_code_opens_a_guarded_act(client, nurse, how):
    secret = an_app(nurse.account)
    sign_in(client, nurse.account, secret=secret)
    session = client.session
    session[sessions.PROOFS] = [{**p, "at": p["at"] - 600} for p in session[sessions.PROOFS]]
    session.save()
    assert age_s(client) > 590
    place = reverse("account_reauthenticate" if how == "password" else "mfa_reauthenticate")
    page = client.get(f"{place}?next={QUEUE}")
    assert page.status_code == 200
    cache.clear()  # half a minute later the app shows another code
    told = {"password": PASSWORD} if how == "password" else {"code": code_of(secret)}
    done = client.post(place, {**told, "next": QUEUE})
    assert done.headers["Location"] == QUEUE
    assert age_s(client) < 30


def test_a_wrong_password_proves_nothing(client, nurse):
    sign_in(client, nurse.account, secret=an_app(nurse.account))
    before = client.session[sessions.PROOFS]
    page = client.post(reverse("account_reauthenticate"), {"password": "wrong password"})
    assert page.status_code == 200
    assert client.session[sessions.PROOFS] == before


def test_the_sign_in_page_offers_a_passkey(client):
    page = client.get(reverse("account_login")).content.decode()
    assert "Sign in with a passkey" in page
    assert client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"}).json()[
        "request_options"
    ]
