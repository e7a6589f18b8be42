"""The twin room: the evaluation visit: measured, asked, listed, judged by the real rules, signed, consented."""

from datetime import datetime, timedelta
from typing import Any

from ebbtide.ground.ledger.action import Act
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.actions import (
    ConfirmList,
    NewFact,
    RecordFacts,
    SignConsent,
    SignEvaluation,
    confirm_list,
    record_facts,
    sign_consent,
    sign_evaluation,
)
from ebbtide.journey.assessment.consent_text import text_in
from ebbtide.journey.assessment.history import MEASUREMENTS
from ebbtide.journey.assessment.models import Origin
from ebbtide.twin.bodies import draw_body
from ebbtide.twin.cast import Invented, Reached
from ebbtide.twin.way import Story, Way

LISTS = ("problems", "medication_classes", "affected_limbs", "specialist_clearances")
# what somebody answers whose only trouble is pain; the cast says where a person differs
ANSWERS: dict[str, Any] = {
    "breast_feeding": False, "cardiac_risk_present": False, "psychotic_symptoms_now": False, "mania_or_hypomania_now": False,
    "cognitive_screen_failed": False, "suicide_risk_level": "none", "mental_health_clinician": True,
    "tsh_suppressed_with_symptoms": False, "ketamine_hypersensitivity": False, "prior_ketamine_reaction": "none",
    "osa_severity": "none", "difficult_airway": False, "home_oxygen": False, "bladder_symptoms_persistent": False,
    "opioid_mme_per_day": 0, "substance_use_disorder": "none", "ketamine_misuse_history": False, "pdmp_required": False,
    "neuropathic_features": True, "central_features": False, "first_line_therapies_tried": 3, "mood_goal": False,
    "route": "iv", "order_setting": "clinic_supervised", "order_is_remote": False, "in_person_exam_on_file": True,
    "protocol_do_not_offer": False, "series_planned": True, "planned_infusion_h": 4, "previous_infusions": 0,
}  # fmt: skip
LABORATORY: dict[str, Any] = {
    "alt_x_uln": 0.6, "ast_x_uln": 0.5, "alp_x_uln": 0.7, "ggt_x_uln": 0.6, "phq9_item9": 0,
}  # fmt: skip
SAMPLED_AGO = timedelta(days=4)
# what a nurse and a clinician have asked when the work-up is only half done
HALF_ASKED = frozenset(
    {"primary_indication", "neuropathic_features", "first_line_therapies_tried", "ketamine_hypersensitivity", "opioid_mme_per_day"}
)  # fmt: skip
STILL_FERTILE_YEARS = 50


def work_up(way: Way, episode: Episode, *, starts_at: datetime) -> Story:
    """Measured by the nurse, asked by the clinician, lists confirmed; then judged and signed, if the person came so far."""
    half_done = way.person.reached is Reached.WORKUP
    answers = answers_of(way, seen_at=starts_at)
    yield (at := starts_at + timedelta(minutes=6))
    _record(way.act(way.nurse, at, "measure"), episode, _measured(answers, half_done=half_done))
    yield (at := starts_at + timedelta(minutes=24))
    _record(way.act(way.doctor, at, "history"), episode, _told(way.person, answers, half_done=half_done))
    for name in LISTS[:1] if half_done else LISTS:
        yield (at := at + timedelta(minutes=2))
        command = ConfirmList(patient=episode.patient, name=name)
        confirm_list(way.act(way.doctor, at, f"confirm/{name}"), command)
    if not half_done:
        yield (at := starts_at + timedelta(minutes=52))
        _sign(way, episode, at)


def answers_of(way: Way, *, seen_at: datetime) -> dict[str, Any]:
    """Everything this person would answer and show at the visit; None is what nobody recorded."""
    person, seen_on = way.person, seen_at.astimezone(way.house.wall.zone).date()
    body = draw_body(on=way.house.wall.today, number=person.number, sex=person.sex, given=person.body)
    sampled_on = seen_on - SAMPLED_AGO
    fertile = person.sex == "female" and (seen_on.year - person.born.year) < STILL_FERTILE_YEARS
    answers = {
        **{name: getattr(body, name) for name in type(body).__slots__},
        **LABORATORY,
        **ANSWERS,
        "primary_indication": person.indication,
        "child_bearing_potential": fertile,
        "pregnancy_test_result": "negative" if fertile else None,
        "liver_panel_on": sampled_on,
        "urinalysis_on": sampled_on,
        "order_date": seen_on,
        **person.facts,
    }
    for name in ("stop_bang_score", "phq9_total"):
        answers[name] = int(answers[name])
    return {name: value for name, value in answers.items() if value is not None}


def _measured(answers: dict[str, Any], *, half_done: bool) -> tuple[NewFact, ...]:
    laboratory = LABORATORY if half_done else {}
    names = [name for name in answers if name in MEASUREMENTS and name not in laboratory]
    return tuple(NewFact(name=name, value=answers[name]) for name in names)


def _told(person: Invented, answers: dict[str, Any], *, half_done: bool) -> tuple[NewFact, ...]:
    asked = [name for name in answers if name not in MEASUREMENTS]
    if half_done:
        asked = [name for name in asked if name in HALF_ASKED]
    facts = [NewFact(name=name, value=answers[name]) for name in asked]
    facts += [NewFact(name="affected_limbs", value=limb) for limb in person.limbs]
    facts += [NewFact(name="allergy", value=words) for words in person.allergies]
    for line, member, told in (
        ("condition", "problems", person.problems),
        ("medicine", "medication_classes", person.medicines),
    ):
        for words, known_as in told.items():
            facts.append(NewFact(name=line, value=words))
            if known_as is not None:
                facts.append(NewFact(name=member, value=known_as, words=words))
    return tuple(facts)


def _record(act: Act, episode: Episode, facts: tuple[NewFact, ...]) -> None:
    origin = Origin.MEASURED if facts[0].name in MEASUREMENTS else Origin.TYPED
    record_facts(act, RecordFacts(patient=episode.patient, facts=facts, origin=origin))


def _sign(way: Way, episode: Episode, at: datetime) -> None:
    person = way.person
    command = SignEvaluation(
        episode=episode, decision=person.decision, reason=person.plan, overrides=person.overrides
    )
    sign_evaluation(way.act(way.doctor, at, "sign"), command)


def consent(way: Way, episode: Episode, at: datetime) -> None:
    """The person reads every part and signs on the tablet that the front desk hands over."""
    text = text_in(way.person.language)
    sign_consent(
        way.act("desk", at, "consent"),
        SignConsent(
            episode=episode, language=text.language, text_sha256=text.sha256, understood=text.section_ids,
            signed_name=f"{way.person.given_name} {way.person.family_name}",
        ),
    )  # fmt: skip
