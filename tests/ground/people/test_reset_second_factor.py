"""A lost second factor: a director takes it away, never their own, and every session of the person ends."""

import pytest
from django.test import Client
from django.urls import reverse

from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.people.actions import ResetSecondFactor, reset_second_factor
from ebbtide.ground.policy import Denied, StepUpNeeded
from tests.builders import a_clinic, a_patient, a_staff, an_act, an_actor
from tests.ground.people.entering import an_app, kinds, sign_in, type_password

pytestmark = pytest.mark.django_db


@pytest.fixture
def nurse():
    return a_staff("nurse", clinic=a_clinic())


def reset(by, person):
    return reset_second_factor(an_act(by), ResetSecondFactor(person=person))


def test_it_takes_everything_away_signs_out_and_stands_in_the_ledger(client, nurse):
    sign_in(client, nurse.account, secret=an_app(nurse.account))
    director = an_actor("director")
    reset(director, nurse)
    assert kinds(nurse.account) == set()
    assert client.get("/home/").headers["Location"].startswith(reverse("account_login"))
    entry = Entry.objects.get()
    assert (entry.action, entry.actor) == ("ground.people.reset_second_factor", str(director.account_id))
    again = Client()
    type_password(again, nurse.account)
    assert again.get("/home/").headers["Location"].startswith("/account/2fa/")


@pytest.mark.parametrize("role", ["front_desk", "nurse", "prescriber", "operator", "auditor", "researcher"])
def test_nobody_but_a_director_does_it(nurse, role):
    an_app(nurse.account)
    with pytest.raises(Denied):
        reset(an_actor(role), nurse)
    assert "totp" in kinds(nurse.account)


def test_a_director_of_another_clinic_does_not_do_it(nurse):
    with pytest.raises(Denied):
        reset(an_actor("director", clinic=a_clinic(name="Elsewhere")), nurse)


def test_a_director_proves_first_who_sits_there(nurse):
    with pytest.raises(StepUpNeeded):
        reset(an_actor("director", fresh=False), nurse)


def test_nobody_takes_away_their_own(nurse):
    director = a_staff("director", clinic=nurse.clinic)
    with pytest.raises(Refused, match="their own"):
        reset(an_actor(director), director)


def test_it_is_refused_where_there_is_no_account(nurse):
    with pytest.raises(Refused, match="no account"):
        reset(an_actor("director"), a_patient(clinic=nurse.clinic))


def test_it_serves_patients_too(nurse):
    patient = a_patient(clinic=nurse.clinic)
    an_actor(patient)
    patient.refresh_from_db()
    an_app(patient.account)
    reset(an_actor("director"), patient)
    assert kinds(patient.account) == set()
