"""Builders of small FHIR bundles, made by the project: one invented person and what a test needs of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from ebbtide.doors.fhir.bundle import read_bundle
from ebbtide.doors.fhir.drafts import FactDraft, Intake
from ebbtide.doors.fhir.intake import take_in
from ebbtide.evidence.packs import load_suitability_pack

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
REAL = Path(__file__).resolve().parents[4] / "shared" / "real" / "fhir"
ABOUT = {"reference": "Patient/p1"}
AT = "2026-11-20T09:00:00Z"

Resource = dict[str, Any]


def real_bundles() -> list[Path]:
    if not REAL.is_dir():
        pytest.skip("shared/real is not here")
    return sorted(REAL.glob("*.json"))


def a_patient(**more: Any) -> Resource:
    return {
        "resourceType": "Patient",
        "id": "p1",
        "gender": "female",
        "birthDate": "1980-05-21",
        "name": [{"use": "official", "family": "Quillfeather", "given": ["Ottoline", "Mae"]}],
        **more,
    }


def coded(system: str, code: str, text: str = "") -> Resource:
    coding = {"system": system, "code": code, **({"display": text} if text else {})}
    return {"coding": [coding], **({"text": text} if text else {})}


def a_condition(
    code: str = "38341003", text: str = "Hypertension", /, *, status: str = "active", **more: Any
) -> Resource:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": coded("http://terminology.hl7.org/CodeSystem/condition-clinical", status),
        "code": coded(SNOMED, code, text),
        "subject": ABOUT,
        **more,
    }


def a_prescription(text: str = "Diazepam 5 MG Oral Tablet", **more: Any) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": coded(RXNORM, "197591", text),
        "subject": ABOUT,
        "authoredOn": "2026-11-01",
        **more,
    }


def an_observation(code: str, /, value: Any = None, unit: str | None = None, **more: Any) -> Resource:
    quantity = {} if value is None else {"valueQuantity": a_quantity(value, unit)}
    return {
        "resourceType": "Observation",
        "id": f"o-{code}",
        "status": "final",
        "code": coded(LOINC, code, f"test {code}"),
        "subject": ABOUT,
        "effectiveDateTime": AT,
        **quantity,
        **more,
    }


def a_quantity(value: Any, unit: str | None) -> Resource:
    return {"value": value, **({"unit": unit, "code": unit, "system": UCUM} if unit is not None else {})}


def a_bundle(*resources: Resource, patient: Resource | None = None, **more: Any) -> Resource:
    everyone = [patient or a_patient(), *resources]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in everyone],
        **more,
    }


def as_bytes(content: object) -> bytes:
    return json.dumps(content).encode()


def taken_in(*resources: Resource, patient: Resource | None = None) -> Intake:
    return take_in(read_bundle(as_bytes(a_bundle(*resources, patient=patient))), pack=load_suitability_pack())


def facts(intake: Intake, name: str) -> list[FactDraft]:
    return [draft for draft in intake.taken if draft.name == name]


def values(intake: Intake, name: str) -> list[object]:
    return [draft.value for draft in facts(intake, name)]


def why_left(intake: Intake) -> str:
    (left,) = intake.left
    return left.why
