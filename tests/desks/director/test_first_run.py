"""The first run: one code, one clinic, one director; afterwards the page is gone."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from ebbtide.ground.ledger.models import Entry, Receipt
from ebbtide.ground.people.models import Clinic, Staff
from tests.builders import a_clinic

pytestmark = pytest.mark.django_db
URL = "/clinic/first"
TOLD = {
    "code": "q7-long-code", "clinic_name": "Harbour Pain Clinic", "time_zone": "America/Chicago", "phone": "+1 312 555 0100",
    "clinic_email": "desk@harbour.example", "name": "Dr Lindqvist", "email": "lindqvist@harbour.example",
    "password": "tide over the harbour wall",
}  # fmt: skip


@pytest.fixture(autouse=True)
def code(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "EBBTIDE_DATA", tmp_path)
    path = tmp_path / "first-run-code"
    path.write_text("q7-long-code\n")
    return path


def test_it_opens_the_clinic_and_makes_its_director(code) -> None:
    answer = Client().post(URL, {**TOLD, "prescribes": "on"})
    assert answer.url == reverse("account_login")
    staff = Staff.objects.get()
    assert staff.roles == ["director", "prescriber"]
    assert staff.clinic == Clinic.objects.get(name="Harbour Pain Clinic")
    assert staff.account.check_password(TOLD["password"])
    assert set(Entry.objects.values_list("roles", flat=True)) == {"system"}
    assert Receipt.objects.count() == 2
    assert not code.exists()


def test_it_refuses_a_wrong_code(code) -> None:
    answer = Client().post(URL, {**TOLD, "code": "guess"})
    assert answer.status_code == 422
    assert not Clinic.objects.exists()
    assert code.exists()


@pytest.mark.parametrize("kept", ["", None])
def test_it_refuses_every_code_when_there_is_none(code, kept) -> None:
    code.unlink()
    if kept is not None:
        code.write_text(kept)
    assert Client().post(URL, {**TOLD, "code": kept or "q7-long-code"}).status_code == 422
    assert not Clinic.objects.exists()


def test_it_refuses_a_weak_password() -> None:
    answer = Client().post(URL, {**TOLD, "password": "short"})
    assert answer.status_code == 422
    assert "at least 12" in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_is_gone_once_there_is_a_clinic(method) -> None:
    a_clinic()
    assert getattr(Client(), method)(URL, TOLD).status_code == 404


def test_it_asks_plainly() -> None:
    assert "Open the clinic" in Client().get(URL).content.decode()
