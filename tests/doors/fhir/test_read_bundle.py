"""Reading a bundle: what is refused, in which words, and that no word gives the patient away."""

from pathlib import Path
from typing import Any

import pytest

from ebbtide.doors.fhir.bundle import (
    BundleRefused,
    Entry,
    NotABundle,
    NotJson,
    NotOnePatient,
    NotR4B,
    read_bundle,
)
from tests.doors.fhir.builders import (
    a_bundle,
    a_condition,
    a_patient,
    an_observation,
    as_bytes,
    real_bundles,
)

NOT_JSON = [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b"9" * 5000, b"<Bundle/>"]


@pytest.mark.parametrize("data", NOT_JSON, ids=[str(n) for n in range(len(NOT_JSON))])
def test_it_refuses_what_is_not_json(data: bytes) -> None:
    with pytest.raises(NotJson, match="not JSON"):
        read_bundle(data)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ([], "no FHIR resource"),
        ("x", "no FHIR"),
        ({}, "no FHIR"),
        (a_patient(), "a Patient"),
        ({"resourceType": 3}, "no"),
    ],
)
def test_it_refuses_what_is_not_a_bundle(content: object, found: str) -> None:
    with pytest.raises(NotABundle, match=found):
        read_bundle(as_bytes(content))


@pytest.mark.parametrize(("patients", "count"), [(0, "no Patient"), (2, "2 Patients"), (3, "3 Patients")])
def test_it_wants_exactly_one_patient(patients: int, count: str) -> None:
    content = a_bundle()
    content["entry"] = [{"resource": a_patient(id=f"p{n}")} for n in range(patients)]
    content["entry"].append({"resource": a_condition()})
    with pytest.raises(NotOnePatient, match=count):
        read_bundle(as_bytes(content))


def broken(**more: Any) -> dict[str, Any]:
    return a_bundle(an_observation("29463-7", 72, "kg", **more))


def without_status() -> dict[str, Any]:
    content = broken()
    del content["entry"][1]["resource"]["status"]
    return content


SOME = {"valueQuantity": {"value": 97}}
FAULTS = [
    (without_status(), "status is missing"),
    (broken(status="finished"), "status is not one of R4's codes"),
    (broken(valueQuantity={"value": "97"}), "valueQuantity.value is a number sent as text"),
    (
        broken(component=[{"code": {"text": "x"}, "valueQuantity": {"value": "9"}}]),
        "component.0.valueQuantity",
    ),
    (broken(referenceRange=[{"high": {"value": "9"}}]), "referenceRange.0.high.value is a number"),
    (broken(effectiveDateTime="23/11/2026"), "effectiveDateTime holds what R4B does not allow"),
    (broken(valueString="x"), "the resource holds what"),
    (a_bundle(an_observation("44260-8", valueInteger="2")), "valueInteger is a number sent as text"),
    (a_bundle(an_observation("1", code={"coding": [{"code": None}]})), "code.coding.0.code is null"),
    (broken(shoeSize=42), "shoeSize is not an element of R4B"),
    (a_bundle(patient=a_patient(birthDate="1979-13-02")), "birthDate holds"),
    (a_bundle(patient=a_patient(gender="f")), "gender is not one of"),
    (a_bundle(type="pile"), "type is not one of"),
    ({"resourceType": "Bundle", "entry": [{"resource": a_patient()}]}, "type is missing"),
    (a_bundle(a_condition(subject=None)), "subject is null"),
    (a_bundle({"resourceType": "Wand"}), "R4B has no such resource"),
    (a_bundle({"resourceType": "HumanName"}), "R4B has no such resource"),
    (a_bundle({"resourceType": "os.path"}), "names no resource type"),
    (a_bundle({}), "names no resource type"),
    ({"resourceType": "Bundle", "type": "collection", "entry": "x"}, "entry"),
    ({"resourceType": "Bundle", "type": "collection", "entry": ["x"]}, "entry"),
    (
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": [1]}]},
        "names no resource type",
    ),
]


@pytest.mark.parametrize(("content", "why"), FAULTS)
def test_it_refuses_what_fails_validation_and_names_the_element(content: object, why: str) -> None:
    with pytest.raises(NotR4B, match=why):
        read_bundle(as_bytes(content))


def test_it_counts_the_faults_and_names_the_entry() -> None:
    content = a_bundle(an_observation("1", status="finished"), an_observation("2", shoeSize=1))
    with pytest.raises(NotR4B, match=r"entry 2 \(Observation\).*and 1 more\)"):
        read_bundle(as_bytes(content))


def test_it_names_nobody_in_a_refusal() -> None:
    content = a_bundle(patient=a_patient(name=[{"family": ["Quillfeather"], "given": "Ottoline"}]))
    with pytest.raises(BundleRefused) as refused:
        read_bundle(as_bytes(content))
    assert "Quillfeather" not in str(refused.value)
    assert "Ottoline" not in str(refused.value)
    assert refused.value.exit_code == 2


def test_it_reads_a_bundle_with_a_byte_order_mark_and_entries_without_resource() -> None:
    content = a_bundle(a_condition())
    content["entry"].append({"fullUrl": "urn:uuid:9f2ad2f6-59a9-4e01-a8fd-dd3c3a5e7a1b"})
    bundle = read_bundle(b"\xef\xbb\xbf" + as_bytes(content))
    assert [entry.reference for entry in bundle.entries] == ["Patient/p1", "Condition/c1"]


def test_it_names_a_resource_the_same_on_every_import() -> None:
    bare = {"resourceType": "Condition", "code": {"text": "pain"}}
    by_address = Entry(position=0, full_url="urn:uuid:abc", resource=bare)
    by_url = Entry(position=0, full_url="https://ehr.example/Condition/7", resource=bare)
    by_content = Entry(position=0, full_url="", resource=bare)
    moved = Entry(position=9, full_url="", resource=dict(reversed(bare.items())))
    assert by_address.reference == "Condition/abc"
    assert by_url.reference == "Condition/7"
    assert by_content.reference == moved.reference


def test_it_finds_an_entry_by_every_way_of_referring_to_it() -> None:
    content = a_bundle()
    content["entry"][0]["fullUrl"] = "urn:uuid:1c43bbd4-f03f-488a-bc6e-05be3f3b1c58"
    bundle = read_bundle(as_bytes(content))
    for reference in (
        "urn:uuid:1c43bbd4-f03f-488a-bc6e-05be3f3b1c58",
        "Patient/p1",
        "Patient/p1/_history/2",
        "https://ehr.example/fhir/Patient/p1",
    ):
        assert bundle.find(reference) is bundle.patient
    assert bundle.find("Patient/p2") is None


def test_it_reads_every_real_bundle() -> None:
    sizes = {path.name.split("_")[0]: len(read_bundle(path.read_bytes()).entries) for path in real_bundles()}
    assert sizes == {"Bradly": 348, "Chet": 117, "Jacki": 257}


def test_it_refuses_real_invalid_questionnaires_as_no_bundle() -> None:
    folder: Path = real_bundles()[0].parents[1] / "questionnaires"
    for path in folder.glob("lforms_*.json"):
        with pytest.raises(NotABundle):
            read_bundle(path.read_bytes())
