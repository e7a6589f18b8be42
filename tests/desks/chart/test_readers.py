"""Who has read a chart: for the director and the auditor, names and times from the ledger."""

import pytest
from django.urls import reverse

from tests.builders import a_patient, a_staff, an_assignment
from tests.desks.chart.arrange import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", ["director", "auditor"])
def test_it_names_who_read_and_when(role) -> None:
    patient, doctor = a_patient(), a_staff("prescriber", name="Dr Okafor")
    signed_in(doctor).get(reverse("chart:show", args=[patient.id]))
    html = signed_in(a_staff(role)).get(reverse("chart:readers", args=[patient.id])).content.decode()
    assert "Dr Okafor" in html
    assert "read" in html


def test_it_hides_the_name_from_an_auditor() -> None:
    patient = a_patient(family_name="Zanzibar")
    html = signed_in(a_staff("auditor")).get(reverse("chart:readers", args=[patient.id])).content.decode()
    assert "Zanzibar" not in html
    assert patient.record_number in html


@pytest.mark.parametrize("role", ["nurse", "front_desk", "prescriber"])
def test_it_is_shut_for_everybody_else(role) -> None:
    patient, who = a_patient(), a_staff(role)
    an_assignment(who, patient)
    answer = signed_in(who).get(reverse("chart:readers", args=[patient.id]))
    assert answer.status_code in {403, 404}
