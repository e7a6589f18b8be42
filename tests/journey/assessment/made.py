"""Builders of the assessment's tests: facts by the acts themselves, and what a file would bring."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ebbtide.journey.assessment.actions import (
    ConfirmList,
    ImportFacts,
    NewFact,
    RecordFacts,
    confirm_list,
    import_facts,
    record_facts,
)
from ebbtide.journey.assessment.consent_text import text_in
from ebbtide.journey.assessment.models import Origin
from tests.builders import NOW, an_act

LISTS = ("problems", "medication_classes", "affected_limbs", "specialist_clearances")
HEALTHY = {
    "child_bearing_potential": False, "breast_feeding": False, "cardiac_risk_present": False, "psychotic_symptoms_now": False,
    "mania_or_hypomania_now": False, "cognitive_screen_failed": False, "phq9_total": 4, "phq9_item9": 0,
    "suicide_risk_level": "none", "mental_health_clinician": True, "epilepsy_controlled": True,
    "tsh_suppressed_with_symptoms": False, "ketamine_hypersensitivity": False, "prior_ketamine_reaction": "none",
    "osa_severity": "none", "stop_bang_score": 1, "difficult_airway": False, "home_oxygen": False, "alt_x_uln": 0.5,
    "ast_x_uln": 0.5, "alp_x_uln": 0.5, "ggt_x_uln": 0.5, "child_pugh_class": "A", "bladder_symptoms_persistent": False,
    "opioid_mme_per_day": 0, "substance_use_disorder": "none", "ketamine_misuse_history": False, "pdmp_required": False,
    "primary_indication": "crps_1", "neuropathic_features": True, "central_features": False, "first_line_therapies_tried": 3,
    "mood_goal": False, "route": "iv", "order_setting": "clinic_supervised", "order_is_remote": False,
    "in_person_exam_on_file": True, "protocol_do_not_offer": False, "series_planned": True, "planned_infusion_h": 1,
    "spo2_room_air_percent": 98, "systolic_mmHg": 122, "diastolic_mmHg": 78, "weight_kg": 71, "previous_infusions": 0,
}  # fmt: skip
DATED = ("ecg_on", "liver_panel_on", "urinalysis_on", "order_date")


def record(patient, by, *, origin=Origin.TYPED, at=NOW, **values):
    """One act that records these values."""
    facts = tuple(NewFact(name=name, value=value) for name, value in values.items())
    return record_facts(an_act(by, at=at), RecordFacts(patient=patient, facts=facts, origin=origin))


def confirm(patient, by, *names, at=NOW):
    """Each list confirmed as it stands."""
    return [
        confirm_list(an_act(by, at=at), ConfirmList(patient=patient, name=name)) for name in names or LISTS
    ]


def make_healthy(patient, by, *, at=NOW, **changes):
    """Everything the rules ask for, and nothing wrong."""
    day = {name: (at - timedelta(days=3)).date() for name in DATED}
    record(patient, by, at=at - timedelta(minutes=1), **{**HEALTHY, **day, **changes})
    confirm(patient, by, at=at)


@dataclass(frozen=True, kw_only=True)
class ADraft:
    name: str
    value: object
    source_key: str
    observed_at: datetime | None = NOW - timedelta(days=30)
    text: str = ""


def a_file(patient, *drafts, by, sha="f" * 64, **parts):
    command = ImportFacts(patient=patient, taken=drafts, left=(), unmapped=(), file_sha256=sha)
    return import_facts(an_act(by, **parts), command)


def hypertension(key="Condition/1#problems=hypertension"):
    return ADraft(
        name="problems", value="hypertension", source_key=key, text="Essential hypertension (disorder)"
    )


@dataclass
class Signing:
    """The entries of a complete consent, to be spoilt one at a time."""

    language: str = "en"
    understood: tuple = ()
    signed_name: str = "Alma Reyes"
    text_sha256: str = ""
    more: dict = field(default_factory=dict)

    def __post_init__(self):
        text = text_in(self.language)
        self.understood = self.understood or text.section_ids
        self.text_sha256 = self.text_sha256 or text.sha256
