"""The list of patients: only those this person may see, each with a stage and a next step."""

import pytest
from django.urls import reverse

from tests.builders import a_clinic, a_patient, a_staff, an_assignment, an_episode
from tests.desks.chart.arrange import a_full_journey, signed_in

pytestmark = pytest.mark.django_db


def page(who) -> str:
    return signed_in(who).get(reverse("chart:patients")).content.decode()


def test_it_lists_everybody_of_the_clinic_for_the_front_desk() -> None:
    mine = a_patient()
    far = a_patient(clinic=a_clinic(name="Elsewhere"))
    html = page(a_staff("front_desk", clinic=mine.clinic))
    assert mine.record_number in html
    assert far.record_number not in html


def test_it_shows_a_nurse_the_assigned_only() -> None:
    one, other = a_patient(), a_patient()
    nurse = a_staff("nurse")
    an_assignment(nurse, one)
    html = page(nurse)
    assert one.record_number in html
    assert other.record_number not in html


def test_it_names_the_stage_and_the_next_step() -> None:
    a_full_journey()
    an_episode(a_patient(given_name="Bruno"))
    html = page(a_staff("prescriber"))
    assert "Course" in html
    assert "Infusion 1 is on Tue 24 Nov 2026, 09:00." in html
    assert "The evaluation visit is not booked. Owner: the front desk." in html


def test_it_costs_the_same_for_many_patients(django_assert_max_num_queries) -> None:
    for _ in range(12):
        an_episode(a_patient())
    client = signed_in(a_staff("prescriber"))
    with django_assert_max_num_queries(4):
        client.get(reverse("chart:patients"))


def test_it_teaches_the_next_step_when_the_list_is_empty() -> None:
    assert "A nurse sees the people assigned to them." in page(a_staff("nurse"))
