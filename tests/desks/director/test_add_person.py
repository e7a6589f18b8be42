"""Adding a staff member: an account without a password, and a link that is shown once and opens it."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.people.models import Credential, Staff
from tests.builders import a_staff
from tests.desks.chart.arrange import signed_in

pytestmark = pytest.mark.django_db
TOLD = {
    "key": "k1", "name": "Robin Vale", "email": "robin.vale@harbour.example", "roles": ["nurse"],
    "credential_kind": "RN licence", "credential_number": "41-7", "credential_expires_on": "2027-06-30",
}  # fmt: skip


def add(who, **fields):
    return signed_in(who).post(reverse("director:add_person"), {**TOLD, **fields})


def test_it_adds_the_person_with_roles_and_licence() -> None:
    add(a_staff("director"))
    staff = Staff.objects.get(name="Robin Vale")
    assert staff.roles == ["nurse"]
    assert not staff.account.has_usable_password()
    assert Credential.objects.get(staff=staff).kind == "RN licence"


def test_it_shows_a_link_that_opens_the_account_and_mails_it_to_nobody() -> None:
    html = add(a_staff("director")).content.decode()
    link = re.search(r'value="(http[^"]+)"', html).group(1)
    answer = Client().get(link.partition("testserver")[2], follow=True)
    assert "password" in answer.content.decode().lower()
    assert answer.context.get("token_fail") is not True
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"roles": []}, "required"),
        ({"roles": ["operator", "auditor"]}, "never the same person"),
        ({"roles": ["system"]}, "not one of the available choices"),
        ({"credential_expires_on": ""}, "Enter both, or neither"),
    ],
)
def test_it_refuses_what_must_not_be(fields, words) -> None:
    answer = add(a_staff("director"), **fields)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Staff.objects.filter(name="Robin Vale").exists()


def test_it_refuses_an_address_that_is_taken() -> None:
    director = a_staff("director")
    answer = add(director, email=director.account.email.upper())
    assert answer.status_code == 422
    assert "exists already" in answer.content.decode()
