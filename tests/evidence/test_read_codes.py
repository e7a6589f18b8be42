"""Codes and drug names in, concepts and classes out."""

import pytest

from ebbtide.evidence.coding import (
    SNOMED,
    classes_for_atc,
    classes_named_in,
    concepts_for,
    names_ketamine,
)
from tests.evidence.builders import pack

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"

CODES = [
    (SNOMED, "22298006", {"mi_stroke_tia": (True, True)}),
    (SNOMED, "399211009", {"mi_stroke_tia": (True, False)}),
    (SNOMED, "38341003", {"hypertension": (True, True)}),
    (SNOMED, "84114007", {"decompensated_heart_failure": (False, True)}),
    (SNOMED, "82423001", {}),
    (SNOMED, "53741008", {}),
    (SNOMED, "2229800", {}),
    (ICD, "I10", {"hypertension": (True, True)}),
    (ICD, "I20.0", {"unstable_angina": (True, True)}),
    (ICD, "I200", {"unstable_angina": (True, True)}),
    (ICD, "I20.9", {}),
    (ICD, "I25.2", {"mi_stroke_tia": (True, False)}),
    (ICD, "Z86.73", {"mi_stroke_tia": (True, False)}),
    (ICD, "I63.9", {"mi_stroke_tia": (True, True)}),
    (ICD, "O09.90", {"pregnant": (True, True)}),
    (ICD, "O9A.2", {"pregnant": (True, True)}),
    (ICD, "P00", {}),
    (
        ICD,
        "F20.9",
        {
            "active_psychosis": (False, True),
            "poorly_controlled_schizophrenia_spectrum": (False, True),
            "schizophrenia_spectrum": (True, True),
        },
    ),
    ("http://loinc.org", "I10", {}),
]


@pytest.mark.parametrize(("system", "code", "expected"), CODES)
def test_it_reads_a_diagnosis_code(system: str, code: str, expected: dict[str, tuple[bool, bool]]) -> None:
    matches = concepts_for(system=system, code=code, pack=pack())
    assert {match.concept: (match.certain, match.dated) for match in matches} == expected


DRUGS = [
    ("Acetaminophen 300 MG / HYDROcodone Bitartrate 5 MG [Vicodin]", {"opioid"}),
    ("Abuse-Deterrent 12 HR Oxycodone Hydrochloride 15 MG Extended Release Oral Tablet", {"opioid"}),
    ("Methadone Hydrochloride 10 MG Oral Tablet", {"opioid", "methadone"}),
    ("buprenorphine 2 MG / naloxone 0.5 MG Sublingual Film", {"opioid", "buprenorphine"}),
    ("norepinephrine 1 MG/ML Injection", {"sympathomimetic"}),
    ("adrenaline auto-injector", {"sympathomimetic"}),
    ("phenylephrine 10 MG Oral Tablet", {"sympathomimetic", "decongestant"}),
    ("insulin  glargine 100 UNT/ML", {"insulin"}),
    ("insulin, regular, human", {"insulin"}),
    ("St. John’s wort 300 MG", {"cyp_inducer"}),
    ("methylene blue", {"maoi"}),
    ("Ibuprofen 200 MG Oral Tablet", set()),
    ("codeinex", set()),
    ("", set()),
]


@pytest.mark.parametrize(("text", "classes"), DRUGS)
def test_it_reads_the_classes_a_medicine_names(text: str, classes: set[str]) -> None:
    assert set(classes_named_in(text)) == classes


def test_it_reads_an_atc_code() -> None:
    assert set(classes_for_atc("N02AA05")) == {"opioid"}
    assert set(classes_for_atc("n07bc02")) == {"opioid", "methadone"}
    assert classes_for_atc("X") == ()


@pytest.mark.parametrize(
    ("system", "code", "text", "named"),
    [
        (RXNORM, "6130", "", True),
        (SNOMED, "373464007", "", True),
        ("", "", "Allergy to KETAMINE", True),
        ("", "", "esketamine nasal spray", True),
        ("", "", "norketamine", False),
        (RXNORM, "7982", "Penicillin", False),
    ],
)
def test_it_knows_ketamine_in_an_allergy(system: str, code: str, text: str, *, named: bool) -> None:
    assert names_ketamine(system=system, code=code, text=text) is named
