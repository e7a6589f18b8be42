"""The suitability engine, rule by rule: the pack's own examples, both sides of each number, each missing input."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest

from ebbtide.evidence.errors import InputUnknown, ValueRefused
from ebbtide.evidence.inputs import InputType
from ebbtide.evidence.logic import Compare, Condition, Group
from ebbtide.evidence.model import IfMissing, Outcome, Rule, Stage
from ebbtide.evidence.readings import InputValue
from ebbtide.evidence.suitability import evaluate
from tests.evidence.builders import (
    NOON,
    a_value,
    evaluated,
    finding_of,
    hours_ago,
    outcome_of,
    pack,
    recorded,
)

RULES = pack().rules
BY_STAGE = [
    pytest.param(rule, stage, id=f"{rule.id}-{stage}") for rule in RULES for stage in sorted(rule.stages)
]


@pytest.mark.parametrize(("rule", "stage"), BY_STAGE)
def test_it_fires_on_the_packs_own_example(rule: Rule, stage: Stage) -> None:
    assert outcome_of(rule.id, rule.fires, stage=stage) is rule.verdict


@pytest.mark.parametrize(("rule", "stage"), BY_STAGE)
def test_it_clears_on_the_packs_own_example(rule: Rule, stage: Stage) -> None:
    assert outcome_of(rule.id, rule.clear, stage=stage) in {Outcome.CLEAR, Outcome.NOT_APPLICABLE}


def comparisons(condition: Condition) -> Iterator[Compare]:
    if isinstance(condition, Group):
        for part in condition.parts:
            yield from comparisons(part)
    elif isinstance(condition, Compare):
        yield condition


BOUNDARIES = [
    # rule, what else is recorded, input, values that fire, values that do not: both sides of every threshold
    ("SUI-CV-02", {"diastolic_mmHg": 80}, "systolic_mmHg", [160, 164], [159, 159.9]),
    ("SUI-CV-02", {"systolic_mmHg": 120}, "diastolic_mmHg", [100, 101], [99]),
    ("SUI-CV-03", {"diastolic_mmHg": 80}, "systolic_mmHg", [140, 159], [139, 160]),
    ("SUI-CV-03", {"systolic_mmHg": 120}, "diastolic_mmHg", [90, 99], [89, 100]),
    ("SUI-CV-05", {"problems": ["mi_stroke_tia"]}, "days_since_vascular_event", [0, 183], [184]),
    ("SUI-CV-06", {"cardiac_risk_present": True}, "ecg_age_days", [366], [365]),
    ("SUI-CV-08", {"problems": ["hypertension"], "age_years": 40}, "infusion_number", [3], [4]),
    ("SUI-CV-08", {"problems": [], "infusion_number": 1}, "age_years", [60], [59]),
    ("SUI-PSY-06", {}, "phq9_item9", [1, 3], [0]),
    ("SUI-PSY-07", {"mental_health_clinician": False}, "phq9_total", [20], [19]),
    ("SUI-HEP-03", {"ast_x_uln": 1}, "alt_x_uln", [3, 3.1], [2.9]),
    ("SUI-HEP-03", {"alt_x_uln": 1}, "ast_x_uln", [3], [2.99]),
    ("SUI-HEP-04", {"problems": [], "ggt_x_uln": 1}, "alp_x_uln", [2], [1.9]),
    ("SUI-HEP-04", {"problems": [], "alp_x_uln": 1}, "ggt_x_uln", [2], [1.9]),
    ("SUI-HEP-05", {"planned_infusion_h": 72, "long_courses_ever": 1}, "days_since_long_course", [16], [17]),
    ("SUI-HEP-05", {"days_since_long_course": 5, "long_courses_ever": 1}, "planned_infusion_h", [72], [71.9]),
    ("SUI-HEP-05", {"days_since_long_course": 5, "planned_infusion_h": 72}, "long_courses_ever", [1], [0]),
    ("SUI-HEP-06", {"series_planned": True}, "lft_age_days", [31], [30]),
    ("SUI-HEP-06", {"series_planned": False}, "planned_infusion_h", [24.1], [24]),
    (
        "SUI-DRG-02",
        {"medication_classes": ["opioid"], "cns_depressant_class_count": 1},
        "opioid_mme_per_day",
        [50],
        [49],
    ),
    ("SUI-DRG-02", {"medication_classes": []}, "cns_depressant_class_count", [2], [1]),
    ("SUI-DRG-03", {"medication_classes": []}, "days_since_maoi", [14], [15]),
    ("SUI-PRG-02", {"child_bearing_potential": True}, "pregnancy_test_age_h", [24.1], [24]),
    ("SUI-AGE-01", {}, "age_years", [17], [18]),
    ("SUI-AGE-02", {}, "age_years", [65], [64]),
    ("SUI-URO-02", {"previous_infusions": 1}, "bladder_check_change", [3], [2]),
    ("SUI-URO-02", {"bladder_check_change": 4}, "previous_infusions", [1], [0]),
    ("SUI-AIR-01", {"osa_severity": "none", "difficult_airway": False}, "stop_bang_score", [5], [4]),
    ("SUI-AIR-02", {"home_oxygen": False}, "spo2_room_air_percent", [91], [92]),
    ("SUI-NPO-01", {"hours_since_clear_fluid": 5}, "hours_since_solids", [5.9], [6]),
    ("SUI-NPO-01", {"hours_since_solids": 8}, "hours_since_clear_fluid", [1.9], [2]),
    ("SUI-WGT-01", {}, "weight_age_days", [31], [30]),
    ("SUI-IND-03", {}, "first_line_therapies_tried", [0], [1]),
    (
        "SUI-SER-02",
        {"previous_infusions": 1, "last_course_completed": True, "last_course_kind": "single", "last_relief_days": 30},
        "last_relief_percent",
        [29],
        [30],
    ),
    (
        "SUI-SER-02",
        {"previous_infusions": 1, "last_course_completed": True, "last_course_kind": "single"}
        | {"last_relief_days": 30, "last_relief_percent": 0},
        "last_peg_improvement_percent",
        [29],
        [30],
    ),
    (
        "SUI-SER-02",
        {"previous_infusions": 1, "last_course_completed": True, "last_course_kind": "single"}
        | {"last_relief_percent": 50},
        "last_relief_days",
        [20],
        [21],
    ),
    (
        "SUI-SER-02",
        {"previous_infusions": 5, "last_course_completed": True, "last_course_kind": "series"}
        | {"last_relief_percent": 50},
        "last_relief_days",
        [41],
        [42],
    ),
    ("SUI-SER-02", {"last_course_completed": True, "last_course_kind": "single", "last_relief_percent": 50}
        | {"last_relief_days": 1}, "previous_infusions", [1], [0]),
    ("SUI-SER-03", {}, "infusions_12_months_with_plan", [13], [12]),
    (
        "SUI-HOME-02",
        {"order_is_remote": True, "in_person_exam_on_file": False},
        "order_date",
        [date(2027, 1, 1)],
        [date(2026, 12, 31)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "others", "name", "fire", "stay"), BOUNDARIES)
def test_it_turns_exactly_at_the_threshold(
    rule: str, others: dict[str, object], name: str, fire: list[object], stay: list[object]
) -> None:
    verdict = next(row.verdict for row in RULES if row.id == rule)
    for value in fire:
        assert outcome_of(rule, {**others, name: value}) is verdict, value
    for value in stay:
        assert outcome_of(rule, {**others, name: value}) is not verdict, value


def test_it_tries_both_sides_of_every_threshold_of_the_pack() -> None:
    numeric = {InputType.NUMBER, InputType.INTEGER, InputType.DATE}
    asked = {
        (rule.id, leaf.name)
        for rule in RULES
        for condition in (rule.when, rule.applies_if)
        if condition is not None
        for leaf in comparisons(condition)
        if pack().inputs[leaf.name].type in numeric
    }
    assert asked == {(rule, name) for rule, _, name, _, _ in BOUNDARIES}


UNDECIDED = [
    pytest.param(rule, name, id=f"{rule.id}-{name}")
    for rule in RULES
    for name in sorted(rule.clear)
    if outcome_of(rule.id, {key: value for key, value in rule.clear.items() if key != name})
    is Outcome.NEEDS_DATA
]


@pytest.mark.parametrize(("rule", "name"), UNDECIDED)
def test_it_names_the_one_input_whose_absence_leaves_it_open(rule: Rule, name: str) -> None:
    rest = {key: value for key, value in rule.clear.items() if key != name}
    for stage in rule.stages:
        found = finding_of(evaluated(recorded(rest), stage=stage), rule.id)
        assert name in {absence.name for absence in found.missing}
        assert found.blocks is (rule.if_missing is IfMissing.BLOCK)


def test_it_leaves_no_rule_open_to_silence() -> None:
    """With nothing recorded a rule asks for data, or fires because the absence itself is the fault."""
    fires_on_absence = {"SUI-WGT-01", "SUI-LOG-03"}
    for stage in Stage:
        for finding in evaluated({}, stage=stage).findings:
            rule = next(row for row in RULES if row.id == finding.rule)
            if stage not in rule.stages:
                assert finding.outcome is Outcome.NOT_APPLICABLE
            elif finding.rule == "SUI-PSY-08":  # moderate risk is only ever a recorded answer
                assert finding.outcome is Outcome.CLEAR
            elif finding.rule in fires_on_absence:
                assert finding.outcome is rule.verdict
            else:
                assert finding.outcome is Outcome.NEEDS_DATA, finding.rule
                assert finding.missing


def test_it_gives_one_finding_a_rule_at_every_stage() -> None:
    assert len(RULES) == 72
    for stage in Stage:
        assert [finding.rule for finding in evaluated({}, stage=stage).findings] == [
            rule.id for rule in RULES
        ]


def test_it_says_to_which_stage_a_rule_belongs_and_leaves_the_verdict_alone() -> None:
    evaluation = evaluated(recorded({"protocol_do_not_offer": True}), stage=Stage.ASSESSMENT)
    found = finding_of(evaluation, "SUI-PRO-01")
    assert found.outcome is Outcome.NOT_APPLICABLE
    assert "the planning of a series" in found.message
    assert found.values == ()
    assert evaluation.verdict is Outcome.NEEDS_DATA


def test_it_keeps_proposed_rules_out() -> None:
    assert pack().not_adopted == ("SUI-HEP-07", "SUI-HEP-08", "SUI-URO-03")
    assert not set(pack().not_adopted) & {finding.rule for finding in evaluated({}).findings}


def test_it_shows_values_with_unit_times_and_origin() -> None:
    reading = InputValue(
        name="systolic_mmHg", value=164, unit="mmHg", observed_at=hours_ago(0.5), origin="device OR-3"
    )
    inputs = {"systolic_mmHg": reading, "diastolic_mmHg": a_value("diastolic_mmHg", 92)}
    found = finding_of(evaluated(inputs, stage=Stage.DAY_OF_INFUSION), "SUI-CV-02")
    shown = {value.name: value for value in found.values}
    assert (shown["systolic_mmHg"].value, shown["systolic_mmHg"].unit) == (164, "mmHg")
    assert (shown["systolic_mmHg"].observed_at, shown["systolic_mmHg"].origin) == (
        hours_ago(0.5),
        "device OR-3",
    )
    assert "164/92 mmHg is at or above the hold level 160/100" in found.message
    assert found.parameters == {"bp_hold_systolic_mmHg": 160, "bp_hold_diastolic_mmHg": 100}
    assert (found.source, found.mark) == (("LBL", "OWN"), ("seen", "design"))


def test_it_prints_what_is_missing_as_not_recorded() -> None:
    message = finding_of(evaluated(recorded({"suicide_risk_level": "high"})), "SUI-PSY-06").message
    assert "PHQ-9 item 9 is not recorded" in message


# ---- the whole -------------------------------------------------------------------------------------------------


def everything_clear(stage: Stage) -> dict[str, InputValue]:
    values: dict[str, object] = {}
    for rule in RULES:
        if stage in rule.stages:
            values = {**rule.clear, **values}
    lists: dict[str, object] = {
        name: []
        for name in (
            "problems",
            "medication_classes",
            "medication_classes_24h",
            "affected_limbs",
            "uds_positive",
        )
    }
    numbers = {
        "phq9_total": 3,
        "suicide_risk_level": "none",
        "child_bearing_potential": False,
        "order_is_remote": False,
    }
    rest = {"primary_indication": "crps_1", "neuropathic_features": True, "pdmp_required": False}
    return recorded({**values, **lists, **numbers, **rest})


@pytest.mark.parametrize("stage", list(Stage))
def test_it_can_be_clear_as_a_whole(stage: Stage) -> None:
    evaluation = evaluated(everything_clear(stage), stage=stage)
    loud = [f.rule for f in evaluation.findings if f.outcome not in {Outcome.CLEAR, Outcome.NOT_APPLICABLE}]
    assert loud == []
    assert (evaluation.verdict, evaluation.blocked, evaluation.needs_data) == (Outcome.CLEAR, False, ())


STEPS = [
    ({}, (), Outcome.CLEAR),
    ({}, ("alt_x_uln",), Outcome.NEEDS_DATA),
    ({"age_years": 70}, ("alt_x_uln",), Outcome.INFO),
    ({"age_years": 70, "osa_severity": "severe"}, ("alt_x_uln",), Outcome.CAUTION),
    ({"osa_severity": "severe"}, ("home_oxygen",), Outcome.NEEDS_DATA),
    ({"systolic_mmHg": 170}, ("home_oxygen",), Outcome.DEFER),
    ({"systolic_mmHg": 170, "age_years": 17}, ("home_oxygen",), Outcome.EXCLUDE),
]


@pytest.mark.parametrize(("change", "without", "verdict"), STEPS)
def test_it_gives_the_gravest_verdict(
    change: dict[str, object], without: tuple[str, ...], verdict: Outcome
) -> None:
    inputs = {**everything_clear(Stage.ASSESSMENT), **recorded(change)}
    for name in without:
        inputs.pop(name, None)
    assert evaluated(inputs).verdict is verdict


def test_it_treats_an_ignored_absence_as_clear_and_still_says_so() -> None:
    (limbs,) = [rule for rule in RULES if rule.id == "SUI-LIMB-01"]
    lenient = replace(pack(), rules=(replace(limbs, if_missing=IfMissing.IGNORE),))
    evaluation = evaluate(pack=lenient, stage=Stage.ASSESSMENT, inputs={}, as_of=NOON)
    (found,) = evaluation.findings
    assert (found.outcome, evaluation.verdict, evaluation.needs_data) == (Outcome.CLEAR, Outcome.CLEAR, ())
    assert "Treated as clear although something is missing: affected limbs" in found.message


def test_it_lists_each_missing_input_once_with_the_gravest_consequence() -> None:
    needs = evaluated({}, stage=Stage.ASSESSMENT).needs_data
    names = [need.input for need in needs]
    assert len(names) == len(set(names))
    problems = next(need for need in needs if need.input == "problems")
    assert problems.if_missing is IfMissing.BLOCK
    assert {"SUI-CV-01", "SUI-HEP-04"} <= set(problems.rules)
    weights = [need.if_missing is IfMissing.BLOCK for need in needs]
    assert weights == sorted(weights, reverse=True)


# ---- a site's own settings, and misuse -------------------------------------------------------------------------


def test_it_follows_the_sites_own_parameter() -> None:
    inputs = recorded({"systolic_mmHg": 155, "diastolic_mmHg": 80})
    found = finding_of(evaluated(inputs, parameters={"bp_hold_systolic_mmHg": 150}), "SUI-CV-02")
    assert found.outcome is Outcome.DEFER
    assert found.parameters["bp_hold_systolic_mmHg"] == 150
    remote = recorded(
        {"order_is_remote": True, "in_person_exam_on_file": False, "order_date": date(2027, 1, 10)}
    )
    extended = evaluated(remote, parameters={"telemedicine_flexibility_ends": date(2027, 12, 31)})
    assert finding_of(extended, "SUI-HOME-02").outcome is Outcome.CLEAR


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"no_such_level": 3}, InputUnknown),
        ({"bp_hold_systolic_mmHg": "160"}, ValueRefused),
        ({"bp_hold_systolic_mmHg": -1}, ValueRefused),
        ({"telemedicine_flexibility_ends": 20271231}, ValueRefused),
    ],
)
def test_it_refuses_a_setting_that_is_no_parameter(
    settings: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        evaluated({}, parameters=settings)


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        ({"shoe_size": InputValue(name="shoe_size", value=42)}, InputUnknown),
        ({"weight_kg": InputValue(name="weight_kg", value=72)}, InputUnknown),
        ({"age_years": InputValue(name="phq9_total", value=12)}, InputUnknown),
        ({"age_years": InputValue(name="age_years", value="forty")}, ValueRefused),
        ({"age_years": InputValue(name="age_years", value=40, unit="months")}, ValueRefused),
        ({"problems": InputValue(name="problems", value="hypertension")}, ValueRefused),
        ({"age_years": InputValue(name="age_years", value=())}, ValueRefused),
        (
            {"age_years": InputValue(name="age_years", value=40, observed_at=datetime(2026, 1, 1))},
            ValueRefused,
        ),
    ],
)
def test_it_refuses_inputs_that_the_vocabulary_does_not_allow(
    inputs: dict[str, InputValue], error: type[Exception]
) -> None:
    with pytest.raises(error):
        evaluated(inputs)


def test_it_refuses_a_moment_without_a_zone_and_a_stage_it_does_not_know() -> None:
    with pytest.raises(ValueRefused, match="no zone"):
        evaluated({}, as_of=datetime(2026, 11, 23))
    with pytest.raises(ValueError, match="recovery"):
        evaluated({}, stage="recovery")
