"""Signing in: e-mail and Argon2id, closed doors for strangers, the same sentence whoever asks."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import get_hasher
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.people.models import Account
from tests.builders import NOW, a_patient, a_staff, an_actor
from tests.ground.people.entering import PASSWORD, sign_in, signed_in_as, type_password


def test_the_product_keeps_passwords_with_argon2id():
    hasher = import_string(settings.PASSWORD_HASHERS[-1])()
    assert hasher.algorithm == "argon2"
    assert hasher.encode(PASSWORD, hasher.salt()).startswith("argon2$argon2id$")
    assert get_hasher("argon2").verify(PASSWORD, hasher.encode(PASSWORD, hasher.salt()))


def test_django_and_allauth_find_nothing_to_say_about_the_settings():
    assert run_checks() == []


@pytest.mark.django_db
def test_a_patient_signs_in_with_e_mail_in_any_case_and_lands_in_their_own_place(client):
    account = Account.objects.get(pk=an_actor(a_patient()).account_id)
    answer = client.post(reverse("account_login"), {"login": account.email.upper(), "password": PASSWORD})
    assert answer.status_code == 302
    assert answer.headers["Location"] == settings.LOGIN_REDIRECT_URL
    assert signed_in_as(client) == str(account.pk)


@pytest.mark.django_db
def test_it_says_the_same_whether_or_not_the_account_exists(client):
    known = type_password(client, a_staff("nurse").account, password="wrong password")
    unknown = client.post(
        reverse("account_login"), {"login": "nobody@harbour.example", "password": "wrong password"}
    )
    assert known.status_code == unknown.status_code == 200
    said = list(known.context["form"].non_field_errors())
    assert said == list(unknown.context["form"].non_field_errors())
    assert len(said) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["disabled", "left"])
def test_it_lets_nobody_in_who_is_disabled_or_has_left(client, how):
    staff = a_staff("nurse")
    if how == "disabled":
        Account.objects.filter(pk=staff.account_id).update(is_active=False)
    else:
        staff.left_at = NOW
        staff.save()
    answer = type_password(client, staff.account)
    assert answer.headers["Location"] == reverse("account_inactive")
    assert signed_in_as(client) == ""
    assert client.get(reverse("account_inactive")).status_code == 200


@pytest.mark.django_db
def test_nobody_makes_an_account_by_themselves(client):
    told = {
        "email": "stranger@example.org",
        "password1": "a long enough phrase",
        "password2": "a long enough phrase",
    }
    client.post(reverse("account_signup"), told)
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_a_forgotten_password_is_answered_alike_and_only_the_known_get_a_letter(client, mailoutbox):
    nurse = a_staff("nurse").account
    answers = [
        client.post(reverse("account_reset_password"), {"email": e})
        for e in (nurse.email, "nobody@example.org")
    ]
    assert {(a.status_code, a.headers["Location"]) for a in answers} == {
        (302, reverse("account_reset_password_done"))
    }
    written = [m.to for m in mailoutbox] + [[m.to] for m in OutgoingMail.objects.all()]
    assert written == [[nurse.email]]


@pytest.mark.django_db
def test_the_letter_opens_a_page_for_a_new_password_and_that_signs_nobody_in(client, mailoutbox):
    nurse = a_staff("nurse").account
    client.post(reverse("account_reset_password"), {"email": nurse.email})
    link = next(word for word in mailoutbox[0].body.split() if "/password/reset/key/" in word)
    page = client.get(link.removeprefix("http://testserver"))
    changed = {"password1": "another long phrase", "password2": "another long phrase"}
    assert client.post(page.headers["Location"], changed).status_code == 302
    assert signed_in_as(client) == ""
    assert type_password(Client(), nurse, password="another long phrase").status_code == 302


@pytest.mark.django_db
def test_one_does_not_change_the_address_one_signs_in_by(client):
    account = Account.objects.get(pk=an_actor(a_patient()).account_id)
    sign_in(client, account)
    answer = client.post("/account/email/", {"action_add": "", "email": "other@example.org"})
    assert answer.status_code == 404
    account.refresh_from_db()
    assert account.email != "other@example.org"


@pytest.mark.django_db
def test_it_lists_the_devices_and_ends_one_from_another(client):
    account = Account.objects.get(pk=an_actor(a_patient()).account_id)
    phone = Client(headers={"user-agent": "A lost phone"})
    sign_in(phone, account)
    sign_in(client, account)
    page = client.get(reverse("usersessions_list"))
    assert "A lost phone" in page.content.decode()
    client.post(reverse("usersessions_list"))  # ends every other one
    assert phone.get("/home/").headers["Location"].startswith(reverse("account_login"))
    assert client.get(reverse("usersessions_list")).status_code == 200


@pytest.mark.django_db
def test_the_lock_is_for_one_account_from_one_address_and_falls_after_a_quarter_of_an_hour(client):
    nurse, other = a_staff("nurse").account, a_staff("nurse").account
    answers = [type_password(client, nurse, password="wrong password") for _ in range(8)]
    assert [a.status_code for a in answers] == [200] * 7 + [429]
    locked = type_password(client, nurse)
    assert locked.status_code == 429
    assert "closed for 15 minutes" in locked.content.decode()
    assert type_password(Client(), other).status_code == 302
    assert type_password(Client(REMOTE_ADDR="10.0.0.9"), nurse).status_code == 302
    from axes.models import AccessAttempt

    for attempt in AccessAttempt.objects.all():
        attempt.attempt_time -= timedelta(minutes=16)
        attempt.save()
    assert type_password(Client(), nurse).status_code == 302


@pytest.mark.django_db
def test_the_lock_says_the_same_of_an_account_that_does_not_exist(client):
    told = {"login": "nobody@harbour.example", "password": "wrong password"}
    pages = [client.post(reverse("account_login"), told) for _ in range(9)]
    nurse = a_staff("nurse").account
    known = [type_password(client, nurse, password="wrong password") for _ in range(9)]
    assert [a.status_code for a in pages] == [a.status_code for a in known]
    assert "closed for 15 minutes" in pages[-1].content.decode()


@pytest.mark.django_db
def test_it_keeps_nothing_that_was_typed_into_the_wrong_field(client):
    from axes.models import AccessAttempt

    client.post(reverse("account_login"), {"login": "my secret phrase", "password": "my secret phrase"})
    client.post(reverse("account_login"), {"login": "alma@example.org", "password": "my secret phrase"})
    kept = str(list(AccessAttempt.objects.values()))
    assert "secret phrase" not in kept
    assert "alma" not in kept


@pytest.mark.django_db
def test_signing_in_gives_the_session_a_new_number(client):
    account = Account.objects.get(pk=an_actor(a_patient()).account_id)
    session = client.session
    session["planted"] = "yes"
    session.save()
    before = session.session_key
    sign_in(client, account)
    assert client.session.session_key != before
    assert not type(client.session)(before).exists(before)


@pytest.mark.django_db
def test_signing_out_ends_the_session_on_the_server_too(client):
    account = Account.objects.get(pk=an_actor(a_patient()).account_id)
    sign_in(client, account)
    kept = client.cookies["sessionid"].value
    client.post(reverse("account_logout"))
    thief = Client()
    thief.cookies["sessionid"] = kept
    assert thief.get("/home/").headers["Location"].startswith(reverse("account_login"))
