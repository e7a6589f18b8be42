"""What a value is worth at a stage and a moment: staleness, the future, and lists nobody confirmed."""

from datetime import timedelta

from ebbtide.evidence.model import Outcome, Stage
from ebbtide.evidence.readings import InputValue
from tests.evidence.builders import (
    NOON,
    a_list,
    evaluated,
    finding_of,
    hours_ago,
    recorded,
)

# ---- time ------------------------------------------------------------------------------------------------------


def test_it_counts_a_stale_value_as_missing() -> None:
    for age_h, expected in ((1, Outcome.DEFER), (1.1, Outcome.NEEDS_DATA)):
        inputs = recorded({"systolic_mmHg": 170, "diastolic_mmHg": 80}, at=hours_ago(age_h))
        found = finding_of(evaluated(inputs, stage=Stage.DAY_OF_INFUSION), "SUI-CV-02")
        assert found.outcome is expected
    assert {absence.why for absence in found.missing} == {
        "last recorded 66 min before this was judged, and it counts for 1 h"
    }


def test_it_judges_staleness_by_the_stage() -> None:
    inputs = recorded({"systolic_mmHg": 170, "diastolic_mmHg": 80}, at=hours_ago(100))
    assert finding_of(evaluated(inputs), "SUI-CV-02").outcome is Outcome.DEFER
    at_chair = finding_of(evaluated(inputs, stage=Stage.DAY_OF_INFUSION), "SUI-CV-02")
    assert at_chair.outcome is Outcome.NEEDS_DATA


def test_it_does_not_look_into_the_future() -> None:
    inputs = recorded({"age_years": 17, "problems": ["pregnant"]}, at=NOON + timedelta(days=1))
    evaluation = evaluated(inputs)
    assert finding_of(evaluation, "SUI-AGE-01").outcome is Outcome.NEEDS_DATA
    assert finding_of(evaluation, "SUI-PRG-01").outcome is Outcome.NEEDS_DATA
    whys = {need.input: need.why for need in evaluation.needs_data}
    assert "later than the moment of judgement" in whys["age_years"]
    assert "later than the moment of judgement" in whys["problems"]


def test_it_cannot_judge_the_age_of_a_value_without_a_time() -> None:
    inputs = recorded({"systolic_mmHg": 170, "diastolic_mmHg": 80}, at=None)
    found = finding_of(evaluated(inputs), "SUI-CV-02")
    assert found.outcome is Outcome.NEEDS_DATA
    assert "without a time" in found.missing[0].why


# ---- lists -----------------------------------------------------------------------------------------------------


def test_it_counts_an_unconfirmed_item_as_present_and_marks_it() -> None:
    inputs = {"problems": a_list("problems", ["unstable_angina"], confirmed=False, confirmed_at=None)}
    found = finding_of(evaluated(inputs), "SUI-CV-01")
    assert (found.outcome, found.unconfirmed) == (Outcome.EXCLUDE, True)
    assert found.values[0].unconfirmed


def test_it_does_not_believe_absence_until_a_person_confirmed_the_list() -> None:
    unconfirmed = {"problems": a_list("problems", ["hypertension"], confirmed=False, confirmed_at=None)}
    found = finding_of(evaluated(unconfirmed), "SUI-CV-01")
    assert found.outcome is Outcome.NEEDS_DATA
    assert found.missing[0].why == "the list has not been confirmed by a person"
    confirmed = {"problems": a_list("problems", [])}
    found = finding_of(evaluated(confirmed), "SUI-CV-01")
    assert (found.outcome, found.unconfirmed) == (Outcome.CLEAR, False)


def test_it_keeps_a_standing_item_whose_confirmation_grew_old() -> None:
    old = {"problems": a_list("problems", ["unstable_angina"], at=hours_ago(25), confirmed_at=hours_ago(25))}
    evaluation = evaluated(old, stage=Stage.DAY_OF_INFUSION)
    found = finding_of(evaluation, "SUI-CV-01")
    assert (found.outcome, found.unconfirmed) == (Outcome.EXCLUDE, True)
    open_rule = finding_of(evaluation, "SUI-CV-07")
    assert open_rule.outcome is Outcome.NEEDS_DATA
    assert open_rule.missing[0].why == (
        "the list was last confirmed 25 h before this was judged, and it counts for 24 h"
    )


def test_it_counts_an_item_whose_time_nobody_knows() -> None:
    undated = {"problems": a_list("problems", ["unstable_angina"], at=None)}
    assert finding_of(evaluated(undated), "SUI-CV-01").outcome is Outcome.EXCLUDE


def test_it_forgets_a_urine_screen_after_72_hours() -> None:
    others = {"medication_classes_24h": []}
    for age_h, expected in ((72, Outcome.DEFER), (73, Outcome.CLEAR)):
        screen = a_list("uds_positive", ["cocaine"], at=hours_ago(age_h), confirmed_at=hours_ago(age_h))
        inputs = {**recorded(others), "uds_positive": screen}
        found = finding_of(evaluated(inputs, stage=Stage.DAY_OF_INFUSION), "SUI-DRG-04")
        assert found.outcome is expected


def test_it_takes_a_person_by_the_confirmed_one_of_two_same_items() -> None:
    twice = (
        a_list("problems", ["unstable_angina"], confirmed=False).value
        + a_list("problems", ["unstable_angina"]).value
    )
    inputs = {"problems": InputValue(name="problems", value=twice, list_confirmed_at=NOON)}
    found = finding_of(evaluated(inputs), "SUI-CV-01")
    assert (found.outcome, found.unconfirmed) == (Outcome.EXCLUDE, False)


def test_it_does_not_trust_a_list_confirmed_after_the_moment_of_judgement() -> None:
    later = {"problems": a_list("problems", [], confirmed_at=NOON + timedelta(hours=1))}
    (need,) = [need for need in evaluated(later).needs_data if need.input == "problems"]
    assert need.why == "the list was confirmed later than the moment of judgement"
