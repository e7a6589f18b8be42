"""The care team and the portal: who may put whom there, and what it opens."""

import pytest
from django.urls import reverse

from ebbtide.ground.people.models import Account
from tests.builders import NOW, a_clinic, a_patient, a_staff
from tests.desks.chart.arrange import signed_in

pytestmark = pytest.mark.django_db


def test_it_lets_a_nurse_see_the_patient_from_then_on() -> None:
    clinic = a_clinic()
    patient, nurse = a_patient(clinic=clinic), a_staff("nurse", clinic=clinic)
    chart, team = (reverse(f"chart:{page}", args=[patient.id]) for page in ("show", "team"))
    assert signed_in(nurse).get(chart).status_code == 404
    answer = signed_in(a_staff("front_desk", clinic=clinic)).post(team, {"staff": str(nurse.id), "key": "k"})
    assert answer.status_code == 302
    assert signed_in(nurse).get(chart).status_code == 200


def test_it_offers_only_colleagues_who_treat_here() -> None:
    clinic = a_clinic()
    patient, desk = a_patient(clinic=clinic), a_staff("front_desk", clinic=clinic, name="Desk Alone")
    a_staff("nurse", clinic=a_clinic(name="Elsewhere"), name="Far Away")
    html = signed_in(desk).get(reverse("chart:team", args=[patient.id])).content.decode()
    form = html.partition("<select")[2]
    assert "Far Away" not in html
    assert "Desk Alone" not in form.rpartition("</select>")[0].rpartition("<select")[2]


@pytest.mark.parametrize("role", ["nurse", "auditor"])
def test_it_is_shut_for_whoever_may_not_assign(role) -> None:
    patient = a_patient()
    answer = signed_in(a_staff(role, clinic=patient.clinic)).get(reverse("chart:team", args=[patient.id]))
    assert answer.status_code in {403, 404}


def test_it_opens_the_portal_with_a_link_that_is_shown_once() -> None:
    patient = a_patient()
    desk = signed_in(a_staff("front_desk", clinic=patient.clinic))
    page = reverse("chart:portal", args=[patient.id])
    html = desk.post(page, {"email": "new.patient@example.org", "key": "k"}).content.decode()
    assert "/account/password/reset/key/" in html
    patient.refresh_from_db()
    assert patient.account is not None
    assert "/account/password/reset/key/" not in desk.get(page).content.decode()


def test_it_says_that_an_address_is_taken() -> None:
    patient = a_patient()
    Account.objects.create_user("taken@example.org", None, made_at=NOW)
    page = reverse("chart:portal", args=[patient.id])
    answer = signed_in(a_staff("front_desk", clinic=patient.clinic)).post(
        page, {"email": "taken@example.org", "key": "k"}
    )
    assert answer.status_code == 422
    assert "exists already" in answer.content.decode()
