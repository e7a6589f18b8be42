"""H10: every medicine of the list that a rule speaks of is read from its name and makes that rule speak."""

import pytest

from ebbtide.evidence.coding import classes_named_in
from ebbtide.evidence.interactions import load_interactions
from ebbtide.evidence.model import Outcome
from tests.evidence.builders import outcome_of, pack

LISTED = load_interactions()
WITH_A_RULE = [row for row in LISTED.interactions if row.rule and "oral" not in row.routes]
# what else a rule asks about beside the class: the answers that leave it to the medicine
BESIDE = {
    "route": "iv", "mood_goal": True, "cns_depressant_class_count": 2, "opioid_mme_per_day": 500,
    "antihypertensive_taken_today": False, "intoxicated_now": True,
}  # fmt: skip


@pytest.mark.parametrize("row", WITH_A_RULE, ids=lambda row: row.id)
def test_h10_interaction_pairs_recall(row) -> None:
    named = LISTED.classes[row.medication_class].ingredients
    assert all(row.medication_class in classes_named_in(f"{name.upper()} 5 mg, daily") for name in named)
    classes = [row.medication_class]
    told = {
        "medication_classes": classes, "medication_classes_24h": classes,
        "stimulant_prescribed": row.rule == "SUI-DRG-12", **BESIDE,
    }  # fmt: skip
    known = {name: value for name, value in told.items() if name in pack().inputs}
    assert outcome_of(row.rule, known) not in {Outcome.CLEAR, Outcome.NEEDS_DATA}


def test_whatever_is_to_be_held_has_a_rule_that_stops_a_start() -> None:
    assert not {row.id for row in LISTED.interactions if row.action in {"hold", "stop"} and not row.rule}


@pytest.mark.parametrize("taken", ["vasopressin", "ergot_oxytocic", "decongestant"])
def test_a_drug_that_raises_the_pressure_and_was_taken_today_moves_the_visit(taken) -> None:
    told = {"medication_classes_24h": [taken], "stimulant_prescribed": False}
    assert outcome_of("SUI-DRG-04", told) is Outcome.DEFER
    assert outcome_of("SUI-DRG-04", {**told, "medication_classes_24h": []}) is not Outcome.DEFER
