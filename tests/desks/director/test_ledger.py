"""The ledger's page: who did what and when, never what was in it."""

import pytest
from django.urls import reverse

from ebbtide.ground.ledger.models import Entry
from tests.builders import a_clinic, a_patient, a_staff
from tests.desks.chart.arrange import signed_in

pytestmark = pytest.mark.django_db


def page(who) -> str:
    answer = signed_in(who).get(reverse("director:ledger"))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("role", ["director", "auditor"])
def test_it_lists_acts_without_names_of_patients(role) -> None:
    patient, doctor = a_patient(family_name="Zanzibar"), a_staff("prescriber")
    signed_in(doctor).get(reverse("chart:show", args=[patient.id]))
    html = page(a_staff(role))
    assert "ground.ledger.read" in html
    assert "Zanzibar" not in html
    assert "1 entry" in html


def test_it_shows_a_prescriber_their_own_acts_only() -> None:
    patient, doctor, other = a_patient(), a_staff("prescriber"), a_staff("prescriber")
    for who in (doctor, other):
        signed_in(who).get(reverse("chart:show", args=[patient.id]))
    html = page(doctor)
    assert html.count("ground.ledger.read") == 1
    assert "Not sealed yet" not in html


def test_it_keeps_another_clinic_out() -> None:
    far = a_patient(clinic=a_clinic(name="Elsewhere"))
    signed_in(a_staff("prescriber", clinic=far.clinic)).get(reverse("chart:show", args=[far.id]))
    assert Entry.objects.count() == 1
    assert "ground.ledger.read" not in page(a_staff("director", clinic=a_clinic()))
