"""The report's codes and units. A code that nobody has confirmed is marked; a scale without a public code has our own system."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
OWN = "urn:ebbtide:scale"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One vital sign: its code, how it is called, its unit on the page and in UCUM, and whether it is one of FHIR's vital signs."""

    code: str
    words: str
    unit: str
    ucum: str
    profile: str = ""


PROFILES = "http://hl7.org/fhir/StructureDefinition/"
# LOINC codes of the vital-signs panel [seen]; 59408-5, 19889-5 and 3151-8 [recalled]
SIGNS: Mapping[str, Sign] = {
    "hr_per_min": Sign(code="8867-4", words="Heart rate", unit="/min", ucum="/min", profile="heartrate"),
    "sbp_mmHg": Sign(code="8480-6", words="Systolic blood pressure", unit="mmHg", ucum="mm[Hg]"),
    "dbp_mmHg": Sign(code="8462-4", words="Diastolic blood pressure", unit="mmHg", ucum="mm[Hg]"),
    "spo2_percent": Sign(
        code="59408-5", words="Oxygen saturation by pulse oximetry", unit="%", ucum="%", profile="oxygensat"
    ),
    "rr_per_min": Sign(code="9279-1", words="Respiratory rate", unit="/min", ucum="/min", profile="resprate"),
    "etco2_mmHg": Sign(code="19889-5", words="End-tidal carbon dioxide", unit="mmHg", ucum="mm[Hg]"),
    "o2_flow_l_per_min": Sign(code="3151-8", words="Inhaled oxygen flow rate", unit="L/min", ucum="L/min"),
    "temp_c": Sign(code="8310-5", words="Body temperature", unit="°C", ucum="Cel", profile="bodytemp"),
}
PRESSURE_PANEL = ("85354-9", "Blood pressure panel")
OXYGEN_SATURATION = (
    "2708-6",
    "Oxygen saturation in Arterial blood",
)  # FHIR's vital-signs profile asks for it beside 59408-5
# a monitor's signals, as the gateway calls them
OF_SIGNAL: Mapping[str, str] = {
    "hr": "hr_per_min", "pulse": "hr_per_min", "sbp": "sbp_mmHg", "dbp": "dbp_mmHg", "spo2": "spo2_percent",
    "rr": "rr_per_min", "etco2": "etco2_mmHg", "o2_flow": "o2_flow_l_per_min", "temp": "temp_c",
}  # fmt: skip

# scales: a public code where one is known [recalled], else our own
PAIN = {"system": LOINC, "code": "72514-3", "display": "Pain severity - 0-10 verbal numeric rating"}
SCALE_WORDS: Mapping[str, str] = {
    "RASS": "Richmond Agitation-Sedation Scale",
    "MOAAS": "Modified Observer's Assessment of Alertness/Sedation",
    "NRS11": "Pain, 0 to 10",
    "NAUSEA": "Nausea, 0 to 10, the clinic's own",
    "DISSOCIATION": "Dissociation, 0 to 10, the clinic's own",
    "COMFORT": "Comfort, 0 to 10, the clinic's own",
    "ALDRETE": "Aldrete score, 0 to 10, items compared with the person's own baseline",
    "PADSS": "Post-Anesthetic Discharge Scoring System, 0 to 10, items compared with the person's own baseline",
}

# RxNorm [recalled]; only the racemate has one in the product's data
DRUGS: Mapping[str, dict[str, Any]] = {
    "racemate": {
        "coding": [{"system": RXNORM, "code": "6130", "display": "ketamine"}],
        "text": "Ketamine (racemate)",
    }
}
INTRAVENOUS = {"system": SNOMED, "code": "47625008", "display": "Intravenous route"}  # [recalled]
ROUTES: Mapping[str, dict[str, Any]] = {
    "iv": {"coding": [INTRAVENOUS], "text": "intravenous"},
    "im": {"text": "intramuscular"}, "sc": {"text": "subcutaneous"}, "oral": {"text": "oral"},
    "sublingual": {"text": "sublingual"}, "inhaled": {"text": "inhaled"}, "nasal": {"text": "nasal"},
}  # fmt: skip
UNITS: Mapping[str, str] = {"mg": "mg", "microgram": "ug", "g": "g", "mL": "mL", "L/min": "L/min"}
SEVERITY = "http://terminology.hl7.org/CodeSystem/adverse-event-severity"


def quantity(value: Any, unit: str, ucum: str) -> dict[str, Any]:
    """A number with its unit in words and in UCUM."""
    return {"value": value, "unit": unit, "system": UCUM, "code": ucum}


def claims(profile: str) -> dict[str, Any]:
    """The profile of R4 that a resource says it keeps; nothing where it claims none."""
    return {"meta": {"profile": [f"{PROFILES}{profile}"]}} if profile else {}


def category(code: str, words: str) -> list[dict[str, Any]]:
    """The category of an Observation."""
    return [{"coding": [{"system": CATEGORY, "code": code, "display": words}]}]


VITAL_SIGNS = category("vital-signs", "Vital Signs")
SURVEY = category("survey", "Survey")
