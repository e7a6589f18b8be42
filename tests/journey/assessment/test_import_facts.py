"""Taking in a file: unconfirmed and marked, counted as present; W36 unsigned until a clinician; a second time changes nothing."""

from dataclasses import asdict
from datetime import timedelta

import pytest

from ebbtide.doors.fhir.bundle import read_bundle
from ebbtide.doors.fhir.intake import take_in
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.ground.clock import now
from ebbtide.ground.policy import Denied
from ebbtide.journey.assessment.actions import ConfirmFacts, ImportFacts, confirm_facts, import_facts
from ebbtide.journey.assessment.findings import as_plain
from ebbtide.journey.assessment.models import Fact, Import
from ebbtide.journey.assessment.queries import current_facts, evaluate, inputs_for, standing_of
from ebbtide.site.commands import assess
from tests.builders import NOW, a_clinic, a_patient, an_act, an_actor
from tests.journey.assessment.made import ADraft, a_file, confirm, hypertension

pytestmark = pytest.mark.django_db
REAL_PEOPLE = ("Bradly", "Chet", "Jacki")


def finding(patient, rule):
    return next(f for f in evaluate(standing_of(patient, as_of=NOW)).findings if f.rule == rule)


def test_it_counts_an_unconfirmed_item_as_present_and_marks_it():
    patient = a_patient()
    a_file(
        patient,
        ADraft(name="problems", value="unstable_angina", source_key="Condition/9#problems=unstable_angina"),
        by=an_actor(),
    )
    found = finding(patient, "SUI-CV-01")
    assert (found.outcome, found.unconfirmed) == ("exclude", True)
    assert found.values[0].origin == "imported from Condition/9"
    assert found.values[0].unconfirmed


def test_it_leaves_absence_missing_until_a_person_confirms_the_list():
    patient, by = a_patient(), an_actor()
    a_file(patient, hypertension(), by=by)
    assert finding(patient, "SUI-CV-01").outcome == "needs_data"
    confirm(patient, by, "problems")
    assert finding(patient, "SUI-CV-01").outcome == "clear"
    assert not finding(patient, "SUI-CV-01").unconfirmed


def test_it_changes_nothing_the_second_time_and_says_how_many_were_there():
    patient, by = a_patient(), an_actor()
    drafts = (hypertension(), ADraft(name="weight_kg", value=71, source_key="Observation/2#weight_kg"))
    a_file(patient, *drafts, by=by)
    before = list(Fact.objects.order_by("id").values())
    again = a_file(patient, *drafts, by=by)
    assert (again.taken, again.already_there, again.left) == (0, 2, [])
    assert list(Fact.objects.order_by("id").values()) == before


def test_it_does_not_bring_back_what_a_person_corrected_or_confirmed():
    patient, by = a_patient(), an_actor()
    a_file(patient, hypertension(), by=by)
    confirm_facts(an_act(by), ConfirmFacts(patient=patient, facts=tuple(current_facts(patient))))
    assert a_file(patient, hypertension(), by=by).already_there == 1
    assert current_facts(patient).count() == 1
    assert inputs_for(patient, as_of=NOW)["problems"].members[0].origin == "imported from Condition/1"


def test_it_tells_when_the_file_says_something_else_than_before():
    patient, by = a_patient(), an_actor()
    a_file(patient, ADraft(name="weight_kg", value=71, source_key="Observation/2#weight_kg"), by=by)
    again = a_file(patient, ADraft(name="weight_kg", value=75, source_key="Observation/2#weight_kg"), by=by)
    assert again.left[0]["resource"] == "Observation/2"
    assert current_facts(patient).get().value == 71


def test_it_leaves_a_value_that_the_vocabulary_does_not_hold():
    row = a_file(
        a_patient(),
        ADraft(name="systolic_mmHg", value=9000, source_key="Observation/3#systolic_mmHg"),
        by=an_actor(),
    )
    assert (row.taken, len(row.left)) == (0, 1)
    assert not Fact.objects.exists()


def test_it_keeps_a_fact_without_a_time_without_one():
    patient = a_patient()
    a_file(
        patient,
        ADraft(name="allergy", value="Latex", source_key="AllergyIntolerance/1#allergy", observed_at=None),
        by=an_actor(),
    )
    assert current_facts(patient).get().observed_at is None


def test_it_is_for_the_desk_and_the_prescriber_of_the_clinic_alone():
    patient = a_patient()
    assert a_file(patient, by=an_actor("front_desk"))
    for actor in (
        an_actor("nurse"),
        an_actor("prescriber", clinic=a_clinic(name="Elsewhere")),
        an_actor("researcher"),
    ):
        with pytest.raises(Denied):
            a_file(patient, by=actor)


@pytest.mark.parametrize("given_name", REAL_PEOPLE)
def test_it_gives_through_the_database_what_assess_gives_from_the_file(real_input, given_name):
    path = next((real_input / "fhir").glob(f"{given_name}*.json"))
    answer = assess.assess(path=path, stage="assessment", as_of=NOW.isoformat())
    intake = take_in(read_bundle(path.read_bytes()), pack=load_suitability_pack())
    patient = a_patient(birth_date=intake.person.born_on, source_key=f"fhir:{intake.person.reference}")
    started = now()
    row = import_facts(
        an_act(an_actor()),
        ImportFacts(
            patient=patient, taken=intake.taken, left=tuple(asdict(row) for row in intake.left),
            unmapped=tuple(asdict(row) for row in intake.unmapped), file_sha256="0" * 64,
            to_judge=tuple(asdict(row) for row in intake.to_judge),
        ),
    )  # fmt: skip
    assert now() - started < timedelta(seconds=2)
    assert row.taken == len(intake.taken)
    assert Import.objects.get().unmapped == [asdict(row) for row in intake.unmapped]
    through_the_record = evaluate(standing_of(patient, as_of=NOW))
    assert through_the_record.verdict == answer.evaluation.verdict
    for there, here in zip(answer.evaluation.findings, through_the_record.findings, strict=True):
        assert as_plain(here) == as_plain(there)
