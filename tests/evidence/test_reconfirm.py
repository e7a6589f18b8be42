"""Consecutive days: what a signed "unchanged since yesterday" renews, and what it does not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ebbtide.evidence.reconfirmation import Reconfirmation, Statement, reconfirm
from tests.evidence.builders import NOON, a_list, a_value, hours_ago, pack

POLICY = pack().reconfirmation
SIGNED = Statement(
    role="nurse", at=NOON, names=("problems",), full_review_at={"problems": NOON - timedelta(days=3)}
)


def asked(statement: Statement, **lists: object) -> Reconfirmation:
    return reconfirm(statement, policy=POLICY, inputs=lists)


def test_it_renews_a_list_confirmed_yesterday() -> None:
    answer = asked(SIGNED, problems=a_list("problems", ["hypertension"], confirmed_at=hours_ago(24)))
    assert (answer.renewed, answer.refused) == (("problems",), ())


CONFIRMED = a_list("problems", [], confirmed_at=hours_ago(24))
REFUSED = [
    (replace(SIGNED, role="front_desk"), CONFIRMED, "Only nurse or prescriber"),
    (replace(SIGNED, changed=frozenset({"problems"})), CONFIRMED, "Something changed"),
    (SIGNED, None, "never confirmed"),
    (SIGNED, a_list("problems", [], confirmed_at=None), "never confirmed"),
    (SIGNED, a_list("problems", ["dementia"], confirmed=False), "nobody has confirmed"),
    (SIGNED, a_list("problems", [], confirmed_at=hours_ago(96.1)), "more than 96 h ago"),
    (replace(SIGNED, full_review_at={}), CONFIRMED, "not gone through in the last 14 days"),
    (replace(SIGNED, full_review_at={"problems": NOON - timedelta(days=14, hours=1)}), CONFIRMED, "14 days"),
]


@pytest.mark.parametrize(("statement", "held", "why"), REFUSED)
def test_it_refuses_and_says_why(statement: Statement, held: object, why: str) -> None:
    answer = asked(statement, **({} if held is None else {"problems": held}))
    assert answer.renewed == ()
    assert why in answer.refused[0].why


def test_it_allows_up_to_the_gap_and_the_review_limit() -> None:
    edge = replace(SIGNED, full_review_at={"problems": NOON - timedelta(days=14)})
    assert asked(edge, problems=a_list("problems", [], confirmed_at=hours_ago(96))).renewed == ("problems",)


@pytest.mark.parametrize("name", sorted(POLICY.never_renews))
def test_it_never_renews_what_is_taken_anew_each_day(name: str) -> None:
    answer = asked(replace(SIGNED, names=(name,)))
    assert "taken anew each day" in answer.refused[0].why


def test_it_decides_each_input_on_its_own() -> None:
    both = replace(SIGNED, names=("problems", "systolic_mmHg"))
    answer = asked(both, problems=CONFIRMED, systolic_mmHg=a_value("systolic_mmHg", 120))
    assert answer.renewed == ("problems",)
    assert [refusal.name for refusal in answer.refused] == ["systolic_mmHg"]
