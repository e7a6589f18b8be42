"""The clinic's page: people with their licences, chairs and rooms."""

from datetime import timedelta

import pytest
from django.urls import reverse

from ebbtide.ground.people.models import Credential
from tests.builders import NOW, a_clinic, a_staff
from tests.desks.chart.arrange import a_full_journey, signed_in

pytestmark = pytest.mark.django_db


def page(who) -> str:
    answer = signed_in(who).get(reverse("director:home"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_marks_a_licence_that_expires_soon() -> None:
    nurse = a_staff("nurse", name="Robin Vale")
    for kind, days in (("ACLS", 59), ("RN licence", 61), ("BLS", -1)):
        Credential.objects.create(staff=nurse, kind=kind, expires_on=(NOW + timedelta(days=days)).date())
    html = page(a_staff("director"))
    assert html.count("expires in") == 1
    assert "expires in 59 days" in html
    assert html.count("Expired") == 1


def test_it_keeps_another_clinic_out() -> None:
    a_staff("nurse", name="Robin Here")
    a_staff("nurse", clinic=a_clinic(name="Elsewhere"), name="Robin Elsewhere")
    html = page(a_staff("director"))
    assert "Robin Here" in html
    assert "Robin Elsewhere" not in html


def test_it_shows_buttons_and_the_way_to_the_figures_to_the_director_only() -> None:
    figures = reverse("director:figures")
    assert figures in page(a_staff("director"))
    html = page(a_staff("nurse"))
    assert figures not in html
    assert "Add a staff member" not in html


def test_it_asks_the_database_at_most_eight_times(django_assert_max_num_queries) -> None:
    a_full_journey()
    client = signed_in(a_staff("director"))
    with django_assert_max_num_queries(8):
        client.get(reverse("director:home"))
