"""Showing a chart: the story newest on top, the strip above it, each role its own fields, and every reading recorded."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from ebbtide.ground.ledger.models import Entry
from tests.builders import NOW, a_patient, a_signed_order, a_staff, an_assignment, an_episode
from tests.desks.chart.arrange import a_full_journey, signed_in
from tests.objects import a_fact

pytestmark = pytest.mark.django_db
CANARY = "zanzibar-canary"


def page(who, patient) -> str:
    answer = signed_in(who).get(reverse("chart:show", args=[patient.id]))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_it_tells_the_journey_newest_stage_first() -> None:
    patient = a_full_journey()
    html = page(a_staff("prescriber"), patient)
    headings = re.findall(r'journey__title">([^<]+)<', html)
    assert headings == ["Course", "Care plan", "Assessment", "Access"]
    assert html.index("Infusion 3, booked") < html.index("Infusion 1, booked") < html.index("Series booked")


def test_it_shows_no_stage_that_has_not_begun() -> None:
    patient = a_patient()
    an_episode(patient)
    html = page(a_staff("prescriber"), patient)
    assert re.findall(r'journey__title">([^<]+)<', html) == ["Access"]


def test_it_keeps_the_strip_on_top() -> None:
    patient = a_full_journey()
    html = page(a_staff("prescriber"), patient)
    strip = html[html.index('class="strip"') : html.index("<main")]
    for words in (
        patient.record_number,
        "4 May 1979",
        "Penicillin",
        "LEFT ARM",
        "70 kg",
        "expires Mon 21 Dec 2026",
        "35 mg",
        "Tue 24 Nov 2026, 09:00",
        "infusion 1",
    ):
        assert words in strip, words


def test_it_says_what_is_next_with_a_button() -> None:
    patient = a_patient()
    order = a_signed_order(an_episode(patient))
    html = page(a_staff("prescriber"), patient)
    assert "Book the evaluation visit" in html
    assert order.order_id is not None


def test_it_marks_an_imported_weight_as_unconfirmed() -> None:
    patient = a_full_journey()
    a_fact(
        patient,
        value="71.5",
        observed_at=NOW,
        recorded_at=NOW,
        origin="imported",
        source_key="Observation/1#29463-7",
    )
    assert "unconfirmed" in page(a_staff("prescriber"), patient)


def test_it_says_that_a_verdict_expired() -> None:
    patient = a_full_journey()
    evaluation = patient.episodes.get().evaluations.get()
    fields = {f.attname: getattr(evaluation, f.attname) for f in evaluation._meta.fields if f.name != "id"}
    type(evaluation).objects.create(
        **{**fields, "signed_at": NOW - timedelta(hours=1), "valid_until": NOW - timedelta(minutes=5)}
    )
    html = page(a_staff("prescriber"), patient)
    assert "<dd>expired" in html


def test_it_gives_the_front_desk_states_and_times_only() -> None:
    patient = a_full_journey(canary=CANARY)
    html = page(a_staff("front_desk"), patient)
    for clinical in (
        CANARY,
        "Penicillin",
        "LEFT ARM",
        "70 kg",
        "35 mg",
        "CRPS",
        "Complex regional",
        "with caution",
        "facts taken",
        "Problems",
        "Blind second check",
        "Low-dose",
    ):
        assert clinical not in html, clinical
    for theirs in (patient.record_number, "Assessment signed: Suitable", "Infusion 1, booked", "5 infusions"):
        assert theirs in html, theirs


def test_it_never_shows_one_persons_words_in_anothers_chart() -> None:
    other = a_full_journey(canary=CANARY)
    patient = a_full_journey(a_patient(clinic=other.clinic, given_name="Bruno", family_name="Silva"))
    assert CANARY not in page(a_staff("prescriber"), patient)


def test_it_says_in_words_that_a_person_has_died() -> None:
    patient = a_patient(deceased_on=date(2026, 11, 2))
    an_episode(patient)
    html = page(a_staff("prescriber"), patient)
    assert "This person died on Mon 2 Nov 2026. Nothing can be ordered or booked." in html
    assert "Book the evaluation visit" not in html


def test_it_opens_for_a_nurse_only_when_assigned() -> None:
    patient, nurse = a_full_journey(), a_staff("nurse")
    url = reverse("chart:show", args=[patient.id])
    assert signed_in(nurse).get(url).status_code == 404
    an_assignment(nurse, patient)
    assert signed_in(nurse).get(url).status_code == 200


def test_it_opens_the_nurses_fields_only_for_those_assigned_to_them() -> None:
    """A colleague of the same roles reads first: what they saw must not be kept for the next reader."""
    patient = a_full_journey(canary=CANARY)
    roles = ["front_desk", "nurse"]
    assigned, ended, never = (a_staff("nurse", roles=roles) for _ in range(3))
    an_assignment(assigned, patient)
    an_assignment(ended, patient, until_at=NOW - timedelta(hours=1))
    assert "35 mg" in page(assigned, patient)
    assert "Penicillin" in page(assigned, patient)
    for who in (ended, never):
        html = page(who, patient)
        for clinical in (CANARY, "Penicillin", "35 mg", "70 kg", "Blind second check", "Problems"):
            assert clinical not in html, clinical


def test_it_asks_no_more_often_for_a_nurse(django_assert_max_num_queries) -> None:
    patient, nurse = a_full_journey(), a_staff("nurse")
    an_assignment(nurse, patient)
    client, url = signed_in(nurse), reverse("chart:show", args=[patient.id])
    client.get(url)
    with django_assert_max_num_queries(8):
        client.get(url)


def test_it_records_that_the_chart_was_read() -> None:
    patient, doctor = a_full_journey(), a_staff("prescriber")
    page(doctor, patient)
    page(doctor, patient)
    entry = Entry.objects.get(patient_id=patient.id, verb="read")
    assert entry.actor == str(doctor.account_id)


def test_it_asks_the_database_at_most_eight_times(django_assert_max_num_queries) -> None:
    patient = a_full_journey()
    client = signed_in(a_staff("prescriber"))
    url = reverse("chart:show", args=[patient.id])
    client.get(url)  # the first reading in ten minutes is also written to the ledger
    with django_assert_max_num_queries(8):
        client.get(url)


def test_it_leads_from_an_episode_to_the_chart() -> None:
    episode = an_episode()
    answer = signed_in(a_staff("prescriber")).get(reverse("chart:episode", args=[episode.id]))
    assert answer.url == reverse("chart:show", args=[episode.patient_id])
