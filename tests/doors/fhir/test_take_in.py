"""Taking a bundle in: what is taken, what is left and why, what is unmapped, what a clinician must judge."""

import copy
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ebbtide.doors.fhir.bundle import read_bundle
from ebbtide.doors.fhir.drafts import Intake
from ebbtide.doors.fhir.elements import first_day, instant, last_day
from ebbtide.doors.fhir.intake import take_in
from ebbtide.evidence.packs import load_suitability_pack
from tests.doors.fhir.builders import (
    ABOUT,
    RXNORM,
    SNOMED,
    a_condition,
    a_patient,
    a_prescription,
    an_observation,
    coded,
    facts,
    real_bundles,
    taken_in,
    values,
    why_left,
)

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


# ---- the person ------------------------------------------------------------------------------------------------


def test_it_reads_who_it_is() -> None:
    patient = a_patient(
        identifier=[
            {"system": "http://hospital", "value": "MR-1", "type": {"text": "Medical Record Number"}},
            {"use": "old"},
        ],
        name=[
            {"use": "maiden", "family": "Old"},
            {"use": "official", "family": "Quill", "given": ["Otto", "Mae"]},
        ],
        telecom=[
            {"system": "phone", "value": "555-0100", "use": "old"},
            {"system": "phone", "value": "555-0101"},
            {"system": "email", "value": "q@example.org"},
        ],
        address=[{"use": "old", "city": "Gone"}, {"line": ["1 Quay"], "city": "Kiel", "postalCode": "24103"}],
        communication=[
            {"language": coded("urn:ietf:bcp:47", "de")},
            {"language": coded("urn:ietf:bcp:47", "es"), "preferred": True},
        ],
    )
    person = taken_in(patient=patient).person
    assert (person.family_name, person.given_names, person.born_on) == (
        "Quill",
        "Otto Mae",
        date(1980, 5, 21),
    )
    assert (person.gender, person.language) == ("female", "es")
    assert (person.phone, person.email, person.address) == (
        "555-0101",
        "q@example.org",
        ("1 Quay", "24103 Kiel"),
    )
    assert [(one.system, one.value, one.kind) for one in person.identifiers] == [
        ("http://hospital", "MR-1", "Medical Record Number")
    ]
    assert not person.deceased


def test_it_reads_a_bare_person() -> None:
    person = taken_in(patient={"resourceType": "Patient", "birthDate": "1980"}).person
    assert (person.family_name, person.born_on, person.phone, person.address) == ("", None, "", ())


def test_it_takes_the_first_name_when_none_says_it_is_the_official_one() -> None:
    assert taken_in(patient=a_patient(name=[{"use": "nickname", "family": "Q"}])).person.family_name == "Q"


@pytest.mark.parametrize(
    ("how", "on"),
    [
        ({"deceasedDateTime": "1968-10-11T10:10:39+00:00"}, date(1968, 10, 11)),
        ({"deceasedDateTime": "1968"}, date(1968, 12, 31)),
        ({"deceasedBoolean": True}, None),
    ],
)
def test_it_reads_a_death(how: dict[str, Any], on: date | None) -> None:
    person = taken_in(patient=a_patient(**how)).person
    assert (person.deceased, person.deceased_on) == (True, on)


def test_it_keeps_the_person_out_of_every_repr() -> None:
    intake = taken_in(a_condition("38341003", "Quillfeather's complaint"))
    assert "Quillfeather" not in repr(intake)
    assert "1980" not in repr(intake.person)


# ---- conditions ------------------------------------------------------------------------------------------------


def test_it_takes_an_active_condition_with_its_concept() -> None:
    intake = taken_in(a_condition(recordedDate="2020-01-02"))
    assert values(intake, "problems") == ["hypertension"]
    (line,) = facts(intake, "condition")
    assert (line.text, line.code, line.system) == ("Hypertension", "38341003", SNOMED)
    assert line.observed_at == datetime(2020, 1, 2, tzinfo=UTC)
    assert intake.unmapped == ()


@pytest.mark.parametrize("status", ["resolved", "inactive", "remission"])
def test_it_leaves_what_is_no_longer_active(status: str) -> None:
    intake = taken_in(a_condition(status=status))
    assert (intake.taken, why_left(intake), intake.unmapped) == ((), f"the record calls it {status}", ())


@pytest.mark.parametrize("word", ["refuted", "entered-in-error"])
def test_it_leaves_what_the_record_takes_back(word: str) -> None:
    verification = coded("http://terminology.hl7.org/CodeSystem/condition-ver-status", word)
    assert word in why_left(taken_in(a_condition(verificationStatus=verification)))


def test_it_counts_a_condition_without_a_status_as_present() -> None:
    condition = a_condition()
    del condition["clinicalStatus"]
    assert values(taken_in(condition), "problems") == ["hypertension"]


def test_it_lists_an_active_condition_that_no_rule_reads() -> None:
    intake = taken_in(
        a_condition("82423001", "Chronic pain"), a_condition("82423001", "Chronic pain", id="c2")
    )
    assert [(row.code, row.text, row.count) for row in intake.unmapped] == [("82423001", "Chronic pain", 2)]
    assert values(intake, "condition") == ["Chronic pain", "Chronic pain"]


def test_it_takes_a_condition_that_has_only_a_code() -> None:
    intake = taken_in(
        a_condition(code={"coding": [{"system": SNOMED, "code": "38341003"}]}),
        a_condition(id="c2", code={"id": "x"}),
    )
    assert values(intake, "problems") == ["hypertension"]
    assert values(intake, "condition") == ["38341003"]


def test_it_dates_a_heart_attack_by_its_onset() -> None:
    intake = taken_in(a_condition("22298006", "Myocardial infarction", onsetDateTime="2026-08-01T10:00:00Z"))
    assert values(intake, "vascular_event_on") == [date(2026, 8, 1)]
    assert values(intake, "problems") == ["mi_stroke_tia"]


def test_it_keeps_a_heart_attack_that_the_record_calls_resolved() -> None:
    intake = taken_in(a_condition("22298006", "MI", status="resolved", onsetDateTime="2026-08"))
    assert values(intake, "vascular_event_on") == [date(2026, 8, 31)]
    assert "history" in facts(intake, "condition")[0].note


def test_it_takes_no_date_from_a_history_of_heart_attack() -> None:
    intake = taken_in(a_condition("399211009", "History of MI", onsetDateTime="2026-08-01"))
    assert values(intake, "problems") == ["mi_stroke_tia"]
    assert values(intake, "vascular_event_on") == []


def test_it_takes_no_event_date_from_the_day_it_was_written_down() -> None:
    assert (
        values(taken_in(a_condition("22298006", "MI", recordedDate="2026-08-01")), "vascular_event_on") == []
    )


def test_it_leaves_judgement_to_a_clinician() -> None:
    intake = taken_in(a_condition("84114007", "Heart failure"))
    assert values(intake, "problems") == []
    assert [row.concept for row in intake.to_judge] == ["decompensated_heart_failure"]
    assert intake.unmapped == ()


# ---- medicines -------------------------------------------------------------------------------------------------


def test_it_takes_an_active_medicine_with_every_class_it_names() -> None:
    intake = taken_in(
        a_prescription("Methadone Hydrochloride 10 MG", dosageInstruction=[{"text": "one at night"}])
    )
    assert set(values(intake, "medication_classes")) == {"opioid", "methadone"}
    (line,) = facts(intake, "medicine")
    assert (line.text, line.note) == ("Methadone Hydrochloride 10 MG", "one at night")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "stopped"}, "the prescription is stopped"),
        ({"status": "on-hold"}, "the prescription is on-hold"),
        ({"intent": "proposal"}, "only a proposal"),
        ({"doNotPerform": True}, "not to be taken"),
        ({"medicationCodeableConcept": {}}, "names no medicine"),
    ],
)
def test_it_leaves_a_medicine_that_is_not_taken(change: dict[str, Any], why: str) -> None:
    intake = taken_in(a_prescription(**change))
    assert intake.taken == ()
    assert why in why_left(intake)


def referring(reference: str, **more: Any) -> dict[str, Any]:
    request = a_prescription(medicationReference={"reference": reference}, **more)
    del request["medicationCodeableConcept"]
    return request


def test_it_follows_a_reference_to_the_medicine() -> None:
    medication = {"resourceType": "Medication", "id": "d1", "code": coded(RXNORM, "1", "Diazepam 5 MG")}
    inside = taken_in(referring("#d1", contained=[medication]))
    beside = taken_in(referring("Medication/d1"), medication)
    assert values(inside, "medication_classes") == values(beside, "medication_classes") == ["benzodiazepine"]
    for lost in (referring("Medication/gone"), referring("#gone"), referring("Patient/p1")):
        assert "names no medicine" in why_left(taken_in(lost))


def test_it_reads_an_atc_code() -> None:
    concept = coded("http://www.whocc.no/atc", "N05BA01", "Valium")
    assert values(taken_in(a_prescription(medicationCodeableConcept=concept)), "medication_classes") == [
        "benzodiazepine"
    ]


def test_it_lists_a_medicine_without_a_class() -> None:
    intake = taken_in(a_prescription("Ibuprofen 200 MG Oral Tablet"))
    assert values(intake, "medicine") == ["Ibuprofen 200 MG Oral Tablet"]
    assert [row.text for row in intake.unmapped] == ["Ibuprofen 200 MG Oral Tablet"]


def test_it_puts_a_dosage_into_words() -> None:
    structured = {
        "timing": {"repeat": {"frequency": 1, "period": 6, "periodUnit": "h"}},
        "asNeededBoolean": True,
        "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "mg"}}],
    }
    (line,) = facts(taken_in(a_prescription(dosageInstruction=[structured, {}])), "medicine")
    assert line.note == "2 mg, 1 × every 6 h, as needed"


# ---- allergies and procedures ----------------------------------------------------------------------------------


def an_allergy(text: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": ABOUT,
        "code": coded(RXNORM, "1", text),
        **more,
    }


def test_it_takes_a_ketamine_allergy() -> None:
    intake = taken_in(an_allergy("Ketamine 10 MG/ML", type="allergy", recordedDate="2020-01-01"))
    (draft,) = facts(intake, "ketamine_hypersensitivity")
    assert (draft.value, draft.note) == (True, "allergy")
    assert values(intake, "allergy") == ["Ketamine 10 MG/ML"]


def test_it_takes_a_ketamine_allergy_named_in_the_reaction() -> None:
    reaction = {"substance": {"text": "esketamine"}, "manifestation": [{"text": "rash"}]}
    assert values(taken_in(an_allergy("drug", reaction=[reaction])), "ketamine_hypersensitivity") == [True]


def test_it_says_nothing_of_ketamine_for_another_allergy() -> None:
    intake = taken_in(an_allergy("Penicillin"))
    assert values(intake, "ketamine_hypersensitivity") == []
    assert [row.text for row in intake.unmapped] == ["Penicillin"]


def test_it_takes_an_allergy_without_a_code() -> None:
    intake = taken_in(an_allergy("x", code={"text": "shellfish"}), an_allergy("y", id="a2", code={}))
    assert (values(intake, "allergy"), intake.unmapped) == (["shellfish"], ())


def test_it_leaves_an_allergy_that_does_not_stand() -> None:
    status = coded("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "resolved")
    assert "resolved" in why_left(taken_in(an_allergy("Ketamine", clinicalStatus=status)))


def a_procedure(**more: Any) -> dict[str, Any]:
    code = coded(SNOMED, "232717009", "Coronary artery bypass grafting")
    return {
        "resourceType": "Procedure",
        "id": "x1",
        "status": "completed",
        "code": code,
        "subject": ABOUT,
        **more,
    }


def test_it_keeps_a_procedure_as_history() -> None:
    intake = taken_in(a_procedure(performedPeriod={"start": "2019-03-01"}))
    (line,) = facts(intake, "procedure")
    assert (line.text, line.observed_at) == (
        "Coronary artery bypass grafting",
        datetime(2019, 3, 1, tzinfo=UTC),
    )
    assert [row.code for row in intake.unmapped] == ["232717009"]
    assert taken_in(a_procedure(code={"text": "told by hand"})).unmapped == ()


@pytest.mark.parametrize(
    ("change", "why"), [({"status": "not-done"}, "not-done"), ({"code": {}}, "names no procedure")]
)
def test_it_leaves_a_procedure_that_was_not_done_or_named(change: dict[str, Any], why: str) -> None:
    assert why in why_left(taken_in(a_procedure(**change)))


# ---- the whole -------------------------------------------------------------------------------------------------


def test_it_leaves_other_resources_with_a_reason() -> None:
    intake = taken_in({"resourceType": "Organization", "id": "g1", "name": "Clinic"})
    assert (intake.left[0].resource, "reads no facts" in why_left(intake)) == ("Organization/g1", True)


def test_it_takes_a_resource_that_names_nobody() -> None:
    observation = an_observation("29463-7", 72, "kg")
    del observation["subject"]
    assert values(taken_in(observation), "weight_kg") == [72]


def test_it_makes_the_same_drafts_on_a_second_import() -> None:
    resources = [
        a_condition(),
        a_prescription(),
        an_observation("29463-7", 72, "kg"),
        an_observation("8302-2", 180, "cm"),
    ]
    first, second = taken_in(*resources), taken_in(*reversed(copy.deepcopy(resources)))
    assert {draft.source_key: draft for draft in first.taken} == {
        draft.source_key: draft for draft in second.taken
    }
    assert len({draft.source_key for draft in first.taken}) == len(first.taken)


def test_it_takes_a_repeated_resource_once() -> None:
    intake = taken_in(a_condition(), a_condition())
    assert values(intake, "problems") == ["hypertension"]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-03", date(2024, 2, 3), date(2024, 2, 3)),
        ("2024-02-03T10:00:00Z", date(2024, 2, 3), date(2024, 2, 3)),
    ],
)
def test_it_reads_partial_dates(text: str, first: date, last: date) -> None:
    assert (first_day(text), last_day(text)) == (first, last)


def test_it_reads_moments() -> None:
    assert instant(None) is None
    assert instant("2026-11-20T09:00:00Z") == NINE
    assert instant("2026-11-20T10:00:00+01:00") == NINE
    assert instant("2026-11-20T09:00:00") == NINE
    assert instant("2016-12-31T23:59:60Z") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


def real(name: str) -> Intake:
    (path,) = [path for path in real_bundles() if path.name.startswith(name)]
    return take_in(read_bundle(path.read_bytes()), pack=load_suitability_pack())


def test_it_accounts_for_every_resource_of_a_real_bundle() -> None:
    for path in real_bundles():
        bundle = read_bundle(path.read_bytes())
        intake = take_in(bundle, pack=load_suitability_pack())
        told = {draft.resource for draft in intake.taken} | {row.resource for row in intake.left}
        assert told | {row.resource for row in intake.to_judge} == {
            entry.reference for entry in bundle.entries if entry is not bundle.patient
        }


def test_it_reads_the_dead_mans_record() -> None:
    intake = real("Chet")
    assert intake.person.deceased_on == date(1968, 10, 11)
    assert values(intake, "problems") == ["mi_stroke_tia", "mi_stroke_tia"]
    assert values(intake, "vascular_event_on") == [date(1968, 10, 11)]
    assert values(intake, "medication_classes") == ["opioid"]
    assert "53741008" in {row.code for row in intake.unmapped}


def test_it_reads_forty_pain_scores() -> None:
    intake = real("Bradly")
    assert (len(facts(intake, "pain_nrs")), len(facts(intake, "weight_kg"))) == (40, 5)
    assert values(intake, "medication_classes") == []
    assert sum(row.why == "the prescription is stopped" for row in intake.left) == 34
