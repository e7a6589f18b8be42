"""Who has read my record: everybody who opened it, by name, and nobody else's readers."""

import pytest
from django.urls import reverse

from tests.builders import a_patient, a_staff, an_actor
from tests.desks.chart.arrange import signed_in

pytestmark = pytest.mark.django_db


def page(patient) -> str:
    return signed_in(patient).get(reverse("portal:readers")).content.decode()


def test_it_names_whoever_opened_my_record() -> None:
    mine, other = a_patient(), a_patient()
    an_actor(mine)
    signed_in(a_staff("prescriber", name="Dr Okafor")).get(reverse("chart:show", args=[mine.id]))
    signed_in(a_staff("prescriber", name="Dr Elsewhere")).get(reverse("chart:show", args=[other.id]))
    html = page(mine)
    assert "Dr Okafor" in html
    assert "Dr Elsewhere" not in html


def test_it_says_when_nobody_has() -> None:
    patient = a_patient()
    an_actor(patient)
    assert "Nobody has opened your record yet." in page(patient)


def test_it_sends_staff_to_the_ledger() -> None:
    answer = signed_in(a_staff("director")).get(reverse("portal:readers"))
    assert answer.url == reverse("director:ledger")
