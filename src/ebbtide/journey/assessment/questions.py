"""assessment: how each input is asked, in plain words. Pure."""

from collections.abc import Mapping

QUESTIONS: Mapping[str, str] = {
    "weight_kg": "Body weight",
    "height_cm": "Body height",
    "systolic_mmHg": "Blood pressure, upper value",
    "diastolic_mmHg": "Blood pressure, lower value",
    "pulse_per_min": "Pulse",
    "pain_nrs": "Pain, 0 to 10",
    "birth_date": "Date of birth",
    "child_bearing_potential": "Could this person become pregnant?",
    "pregnancy_test_result": "Pregnancy test",
    "breast_feeding": "Is this person breast-feeding?",
    "vascular_event_on": "Day of the last heart attack, stroke or TIA",
    "cardiac_risk_present": "Is there a cardiac risk?",
    "ecg_on": "Day of the last ECG",
    "psychotic_symptoms_now": "Are there psychotic symptoms now?",
    "mania_or_hypomania_now": "Is there mania or hypomania now?",
    "cognitive_screen_failed": "Was the cognitive screen failed?",
    "phq9_total": "PHQ-9, total",
    "phq9_item9": "PHQ-9, item 9 (thoughts of being better off dead)",
    "suicide_risk_level": "Risk of suicide, as the clinician judges it",
    "mental_health_clinician": "Is a mental-health clinician named on file?",
    "epilepsy_controlled": "Is the epilepsy controlled?",
    "tsh_suppressed_with_symptoms": "Is TSH suppressed, with symptoms?",
    "ketamine_hypersensitivity": "Is there a hypersensitivity to ketamine?",
    "prior_ketamine_reaction": "Worst reaction to ketamine so far",
    "osa_severity": "Sleep apnoea",
    "stop_bang_score": "STOP-BANG",
    "difficult_airway": "Is the airway difficult?",
    "home_oxygen": "Is there oxygen at home?",
    "spo2_room_air_percent": "Oxygen saturation on room air",
    "intoxicated_now": "Is this person intoxicated now?",
    "last_solids_at": "Last solid food",
    "last_clear_fluid_at": "Last clear fluid",
    "liver_panel_on": "Day of the last liver panel (ALT, AST, ALP, GGT, bilirubin)",
    "infusions_since_lft": "Infusions given since that liver panel",
    "alt_x_uln": "ALT, as a multiple of the laboratory's upper limit",
    "ast_x_uln": "AST, as a multiple of the laboratory's upper limit",
    "alp_x_uln": "ALP, as a multiple of the laboratory's upper limit",
    "ggt_x_uln": "GGT, as a multiple of the laboratory's upper limit",
    "child_pugh_class": "Child-Pugh class",
    "urinalysis_on": "Day of the last urinalysis",
    "bladder_symptoms_persistent": "Do bladder symptoms persist?",
    "opioid_mme_per_day": "Opioids, morphine equivalent a day",
    "maoi_stopped_on": "Day of the last dose of an MAO inhibitor",
    "stimulant_prescribed": "Is the stimulant prescribed?",
    "antihypertensive_taken_today": "Were today's blood-pressure tablets taken?",
    "substance_use_disorder": "Substance use disorder",
    "ketamine_misuse_history": "Has ketamine been misused?",
    "pdmp_required": "Does this state ask for a query of the prescription monitoring programme?",
    "pdmp_queried_for_order": "Was the prescription monitoring programme queried for this order?",
    "primary_indication": "Main indication",
    "neuropathic_features": "Does the pain have neuropathic features?",
    "central_features": "Are there signs of central sensitisation?",
    "first_line_therapies_tried": "First-line treatments tried",
    "mood_goal": "Is mood one of the goals?",
    "route": "Planned route",
    "order_setting": "Planned setting",
    "order_is_remote": "Will the order be written from elsewhere?",
    "order_date": "Planned day of the order",
    "in_person_exam_on_file": "Is an examination in person on file?",
    "protocol_do_not_offer": "Is the chosen protocol marked as not to be offered here?",
    "series_planned": "Is more than one infusion planned?",
    "planned_infusion_h": "Longest planned infusion",
    "infusion_number": "Number of this infusion",
    "long_courses_ever": "Multi-day courses ever, here and elsewhere",
    "long_course_ended_on": "End of the last multi-day course",
    "first_infusion_response_recorded": "Is the response to the first infusion recorded?",
    "previous_infusions": "Infusions so far",
    "last_course_kind": "Kind of the last course",
    "last_course_completed": "Was the last course completed?",
    "last_relief_percent": "Relief after the last course, fall of the 7-day mean pain",
    "last_peg_improvement_percent": "Improvement of PEG after the last course",
    "last_relief_days": "Days that the relief lasted",
    "infusions_12_months_with_plan": "Infusions in 12 months, planned ones included",
    "bladder_check_total": "Bladder check now, total",
    "bladder_check_baseline": "Bladder check before the course, total",
}

LIST_WORDS: Mapping[str, str] = {
    "problems": "Problems that the rules know",
    "medication_classes": "Classes of medicines taken",
    "affected_limbs": "Limbs with pain or CRPS",
    "specialist_clearances": "Specialists who cleared ketamine in writing",
    "medication_classes_24h": "Classes of medicines taken in the last 24 hours",
    "uds_positive": "Urine drug screen, positive for",
}
LINE_WORDS: Mapping[str, str] = {
    "condition": "Problems in words",
    "medicine": "Medicines in words",
    "allergy": "Allergies",
    "procedure": "Earlier procedures",
}

# inputs that are computed from another fact are asked by asking for that fact
ASKED_BY: Mapping[str, str] = {
    "age_years": "birth_date",
    "days_since_vascular_event": "vascular_event_on",
    "ecg_age_days": "ecg_on",
    "lft_age_days": "liver_panel_on",
    "urinalysis_age_days": "urinalysis_on",
    "days_since_maoi": "maoi_stopped_on",
    "days_since_long_course": "long_course_ended_on",
    "hours_since_solids": "last_solids_at",
    "hours_since_clear_fluid": "last_clear_fluid_at",
    "pregnancy_test_age_h": "pregnancy_test_result",
    "bladder_check_change": "bladder_check_total",
    "cns_depressant_class_count": "medication_classes",
    "weight_age_days": "weight_kg",
}
# these have a page of their own
ON_MEASUREMENTS = frozenset(
    {"weight_kg", "height_cm", "systolic_mmHg", "diastolic_mmHg", "spo2_room_air_percent"}
)


def question_for(name: str) -> str:
    """How an input is asked."""
    known = QUESTIONS.get(name) or LIST_WORDS.get(name) or LINE_WORDS.get(name)
    return known or name.replace("_", " ").capitalize()


def in_words(choice: str) -> str:
    """A choice of the vocabulary as a person reads it."""
    return choice.replace("_", " ").capitalize()
