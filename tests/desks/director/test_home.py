"""The clinic's page: figures that are true to the rows, people with their licences, chairs and rooms."""

from datetime import timedelta

import pytest
from django.urls import reverse

from ebbtide.ground.people.models import Credential
from ebbtide.journey.access.models import Request
from tests.builders import NOW, a_chair, a_clinic, a_staff, an_episode
from tests.desks.chart.arrange import a_full_journey, signed_in
from tests.objects import a_request

pytestmark = pytest.mark.django_db


def page(who) -> str:
    answer = signed_in(who).get(reverse("director:home"))
    assert answer.status_code == 200
    return answer.content.decode()


def figures(html: str) -> dict[str, tuple[str, str]]:
    found = {}
    for part in html.split('<p class="figure">')[1:]:
        label = part.split('">', 2)[2].split("</a>")[0]
        found[label] = (
            part.split('figure__number">')[1].split("<")[0],
            part.split('figure__interval">')[1].split("<")[0],
        )
    return found


def test_it_counts_what_is_there() -> None:
    episode = an_episode()
    patient = episode.patient
    for hours in (2, 10, 30):
        row = a_request(patient)
        Request.objects.filter(pk=row.pk).update(received_at=NOW - timedelta(hours=hours))
    a_chair(patient.clinic)
    told = figures(page(a_staff("director")))
    assert told["Requests waiting"] == ("3", "the oldest for 30 h")
    assert told["Median wait of an open request"] == ("10 h", "3 open")
    assert told["Accepted, of those answered"] == ("100 %", "1 of 1 in 90 days · 95 % interval 21 % to 100 %")
    assert told["Booked series"] == ("0", "0 with a visit to come")
    assert told["Chair use, next 7 days"] == ("0 %", "0 h taken of 45 h on 1 chair")


def test_it_says_not_known_instead_of_zero() -> None:
    told = figures(page(a_staff("director")))
    assert told["Median wait of an open request"] == ("–", "no request is open")
    assert told["Accepted, of those answered"] == ("–", "none answered in 90 days")
    assert told["Chair use, next 7 days"] == ("–", "no chair is open in these days")


def test_it_counts_a_booked_series() -> None:
    a_full_journey()
    assert figures(page(a_staff("director")))["Booked series"] == ("1", "1 with a visit to come")


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


def test_it_shows_figures_and_buttons_to_the_director_only() -> None:
    html = page(a_staff("nurse"))
    assert "First figures" not in html
    assert "Add a staff member" not in html


def test_it_asks_the_database_at_most_eight_times(django_assert_max_num_queries) -> None:
    a_full_journey()
    client = signed_in(a_staff("director"))
    with django_assert_max_num_queries(8):
        client.get(reverse("director:home"))
