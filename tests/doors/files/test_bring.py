"""Bringing a bundle in the browser: taken, left and why, unmapped; somebody else's file is refused; twice changes nothing."""

import json
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ebbtide.ground import clock
from ebbtide.journey.assessment.models import Fact, Import
from ebbtide.journey.assessment.queries import current_facts
from tests.builders import a_patient, a_staff, an_assignment, an_episode
from tests.journey.assessment.browsing import hidden_of, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.doors.files.routes")]
SNOMED = "http://snomed.info/sct"


def a_condition(number, code, text, status="active"):
    return {
        "resourceType": "Condition", "id": f"c{number}", "subject": {"reference": "Patient/p1"},
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": status}]},
        "code": {"coding": [{"system": SNOMED, "code": code, "display": text}], "text": text},
        "onsetDateTime": "2020-05-01",
    }  # fmt: skip


def a_bundle(*resources, born="1979-05-04", **person):
    who = {
        "resourceType": "Patient",
        "id": "p1",
        "birthDate": born,
        "gender": "female",
        "name": [{"family": "Reyes", "given": ["Alma"]}],
    }
    entries = [
        {"fullUrl": f"https://example.org/{r['resourceType']}/{r['id']}", "resource": r}
        for r in ({**who, **person}, *resources)
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def an_export(**person):
    return a_bundle(
        a_condition(1, "38341003", "Hypertension"), a_condition(2, "444814009", "Sinusitis", "resolved"),
        a_condition(3, "82423001", "Chronic pain"), **person,
    )  # fmt: skip


def bring(client, patient, content, name="export.json"):
    url = reverse("files:import", args=[patient.id])
    hidden = hidden_of(client.get(url))
    return client.post(url, {**hidden, "bundle": SimpleUploadedFile(name, content)}, follow=True)


def text_of(response):
    return response.content.decode()


def test_it_shows_what_was_taken_left_and_unmapped():
    patient, client = a_patient(birth_date=date(1979, 5, 4)), signed_in(a_staff("prescriber"))
    an_episode(patient)
    page = text_of(bring(client, patient, an_export()))
    row = Import.objects.get()
    assert f"{row.taken} facts taken, 0 already there, 1 entries left" in page
    assert "the record calls it resolved" in page
    assert "82423001" in page
    fact = current_facts(patient).get(name="problems")
    assert (fact.value, fact.confirmed_by, fact.origin) == ("hypertension", None, "imported")


def test_it_changes_nothing_the_second_time():
    patient, client = a_patient(), signed_in(a_staff("prescriber"))
    bring(client, patient, an_export())
    before = list(Fact.objects.order_by("id").values())
    page = text_of(bring(client, patient, an_export()))
    assert f"0 facts taken, {len(before)} already there" in page
    assert list(Fact.objects.order_by("id").values()) == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not json", "not JSON"),
        (b'{"resourceType": "Patient"}', "not a FHIR bundle"),
        (a_bundle(born="1980-01-01"), "another date of birth"),
        (b'{"resourceType": "Bundle", "type": "collection"}', "no Patient"),
        (b"", "empty"),
    ],
)
def test_it_refuses_in_words_and_takes_nothing(content, words):
    patient, client = a_patient(birth_date=date(1979, 5, 4)), signed_in(a_staff("prescriber"))
    answer = bring(client, patient, content)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not Import.objects.exists()


def test_it_refuses_a_file_above_ten_megabytes(monkeypatch):
    monkeypatch.setattr("ebbtide.doors.files.views.MAX_BYTES", 100)
    patient, client = a_patient(), signed_in(a_staff("prescriber"))
    assert "larger than 10 MB" in text_of(bring(client, patient, an_export()))


def test_it_tells_of_a_death_and_writes_none():
    patient, client = a_patient(), signed_in(a_staff("prescriber"))
    page = text_of(bring(client, patient, an_export(deceasedDateTime="2025-01-02")))
    assert "died on 2025-01-02" in page
    patient.refresh_from_db()
    assert patient.deceased_on is None


def test_it_lets_the_desk_bring_a_file_and_read_counts_alone():
    patient, client = a_patient(), signed_in(a_staff("front_desk"))
    page = text_of(bring(client, patient, an_export()))
    assert "facts taken" in page
    assert "Hypertension" not in page
    assert client.get(reverse("files:import_result", args=[Import.objects.get().id])).status_code == 403


def test_it_is_closed_to_others_and_to_other_patients():
    patient, nurse = a_patient(), a_staff("nurse")
    client = signed_in(nurse)
    assert client.get(reverse("files:import", args=[patient.id])).status_code == 403
    bring(signed_in(a_staff("prescriber")), patient, an_export())
    result = reverse("files:import_result", args=[Import.objects.get().id])
    assert client.get(result).status_code == 404
    an_assignment(nurse, patient, from_at=clock.now() - timedelta(days=1))
    assert client.get(result).status_code == 200


def test_it_stays_within_eight_queries(django_assert_max_num_queries):
    patient, client = a_patient(), signed_in(a_staff("prescriber"))
    bring(client, patient, an_export())
    for url in (
        reverse("files:import", args=[patient.id]),
        reverse("files:import_result", args=[Import.objects.get().id]),
    ):
        client.get(url)
        with django_assert_max_num_queries(8):
            assert client.get(url).status_code == 200
