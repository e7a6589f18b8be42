"""A patient's own page: when to come, what to bring, what to sign; nothing of anybody else, and no dose."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from ebbtide.ground.people.models import ClinicSetting
from ebbtide.journey.access.models import Request, TriageDecision
from tests.builders import NOW, a_clinic, a_patient, a_staff, an_actor
from tests.desks.chart.arrange import a_full_journey, signed_in
from tests.objects import a_request, an_evaluation, an_evaluation_visit

pytestmark = pytest.mark.django_db
CANARY = "zanzibar-canary"


def a_portal_patient(**fields):
    patient = a_patient(clinic=a_clinic(address="1 Harbour Street"), **fields)
    an_actor(patient)
    return patient


def page(patient) -> str:
    answer = signed_in(patient).get(reverse("portal:home"))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_it_says_when_and_where_to_come() -> None:
    html = page(a_full_journey(a_portal_patient()))
    assert "Tuesday 24 November 2026" in html
    assert "09:00" in html
    assert "1 Harbour Street" in html
    assert "an adult who takes you home" in html


def test_it_tells_fasting_only_when_a_director_approved_it() -> None:
    patient = a_full_journey(a_portal_patient())
    assert "Ask us how long before" in page(patient)
    director = a_staff("director", clinic=patient.clinic)
    for name, hours in (("solids", 6), ("clear_fluid", 2)):
        ClinicSetting.objects.create(
            clinic=patient.clinic,
            name=f"parameter.fasting_{name}_h",
            value=hours,
            reason="x",
            approved_by=director,
            set_at=NOW,
        )
    assert "Eat nothing for 6 hours before" in page(patient)


def test_it_shows_no_dose_and_no_clinical_word() -> None:
    html = page(a_full_journey(a_portal_patient(), canary=CANARY))
    for never in ("35 mg", " mg", "ng/mL", "rate", CANARY, "caution", "with caution"):
        assert never not in html.replace("separate", ""), never


def test_it_never_shows_another_patient() -> None:
    mine = a_portal_patient()
    other = a_full_journey(a_patient(clinic=mine.clinic, given_name="Zanzibar"), canary=CANARY)
    html = page(mine)
    assert CANARY not in html
    assert "Zanzibar" not in html
    assert "No visit is booked." in html
    assert not any(str(paper.id) in html for paper in other.documents.all())


def test_it_offers_the_consent_once_the_assessment_says_suitable() -> None:
    patient = a_portal_patient()
    an_evaluation_visit(patient)
    assert "Read the consent" not in page(patient)
    episode = an_evaluation(patient).episode
    assert reverse("assessment:consent_sign", args=[episode.id]) in page(patient)


def test_it_says_the_next_step_of_a_request_that_is_not_for_here() -> None:
    patient = a_portal_patient()
    request = a_request(patient)
    assert "We have it, and somebody here answers it." in page(patient)
    Request.objects.filter(pk=request.pk).update(status="not_here")
    TriageDecision.objects.create(
        request=request, outcome="not_here", reason="internal words", next_step="Ask your physician for a pain school.",
        decided_by=a_staff("prescriber", clinic=patient.clinic), decided_at=NOW,
    )  # fmt: skip
    html = page(patient)
    assert "Ask your physician for a pain school." in html
    assert "internal words" not in html


def test_it_sends_staff_to_their_own_first_page() -> None:
    answer = signed_in(a_staff("nurse")).get(reverse("portal:home"))
    assert answer.url == reverse("people:home")


def test_it_asks_a_stranger_to_sign_in() -> None:
    a_clinic()
    assert "/account/login" in Client().get(reverse("portal:home")).url


def test_it_sends_a_patient_from_the_staffs_pages_home() -> None:
    patient = a_portal_patient()
    client = signed_in(patient)
    for url in (reverse("chart:patients"), reverse("chart:show", args=[patient.id])):
        assert client.get(url).url == reverse("portal:home")


def test_it_asks_the_database_at_most_eight_times(django_assert_max_num_queries) -> None:
    client = signed_in(a_full_journey(a_portal_patient()))
    with django_assert_max_num_queries(8):
        client.get(reverse("portal:home"))
