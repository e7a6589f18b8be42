"""Logs hold ids only: no name, no birth date, no free text, whatever is asked and whatever breaks."""

import logging

import pytest
from django.core.cache import cache
from django.urls import reverse

from ebbtide.site.logs import FORBIDDEN, drop_what_names_a_patient
from tests.builders import a_clinic, a_patient, a_staff, an_assignment, an_episode
from tests.ground.people.entering import an_app, sign_in

SECRETS = ("Wilhelmina", "Zyskowski", "1961", "wil@secret.example", "burning in the left foot")


@pytest.mark.parametrize("key", sorted(FORBIDDEN))
def test_it_drops_what_names_a_patient_and_says_so(key):
    event = drop_what_names_a_patient(None, "info", {"event": "seen", key: "Wilhelmina", "patient": "an id"})
    assert "Wilhelmina" not in str(event)
    assert event["dropped"] == [key]
    assert (event["event"], event["patient"]) == ("seen", "an id")


def test_it_leaves_everything_else_alone():
    event = {"event": "seen", "patient": "an id", "rows": 3}
    assert drop_what_names_a_patient(None, "info", dict(event)) == event


@pytest.mark.django_db
def test_no_line_names_the_patient(client, caplog, capfd, monkeypatch):
    cache.clear()
    caplog.set_level(logging.INFO)
    clinic = a_clinic()
    patient = a_patient(
        clinic=clinic,
        given_name=SECRETS[0],
        family_name=SECRETS[1],
        birth_date="1961-02-03",
        email=SECRETS[3],
    )
    episode = an_episode(patient)
    doctor, nurse = a_staff("prescriber", clinic=clinic), a_staff("nurse", clinic=clinic)
    an_assignment(doctor, patient)
    client.raise_request_exception = False
    client.post(reverse("account_login"), {"login": SECRETS[3], "password": SECRETS[4]})
    sign_in(client, doctor.account, secret=an_app(doctor.account))
    chart = reverse("chart:show", kwargs={"id": patient.id})
    assert SECRETS[1] in client.get(chart).content.decode()
    client.get(reverse("assessment:workbench", kwargs={"id": episode.id}))
    client.post(
        reverse("assessment:add_item", kwargs={"id": episode.id}),
        {"name": SECRETS[4], "text": SECRETS[4], "key": "k"},
    )
    client.post(
        reverse("access:type_request"),
        {"given_name": SECRETS[0], "family_name": SECRETS[1], "story": SECRETS[4]},
    )
    client.post(reverse("account_logout"))
    sign_in(client, nurse.account, secret=an_app(nurse.account))
    client.get(chart)
    client.get(reverse("access:type_request") + "?q=x")
    monkeypatch.setattr("ebbtide.desks.chart.views._clinic", lambda request: 1 / 0)
    client.get(reverse("chart:patients"))
    out, err = capfd.readouterr()
    lines = caplog.text + out + err
    assert "signed_in" in lines
    assert "sign_in_failed" in lines
    assert not [secret for secret in SECRETS if secret in lines]
