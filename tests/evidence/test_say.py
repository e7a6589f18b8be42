"""How values and findings are said."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ebbtide.evidence.model import Outcome, Stage
from ebbtide.evidence.readings import Absence
from ebbtide.evidence.wording import in_message, said, said_of


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not recorded"),
        ((), "not recorded"),
        (0, "0"),
        (159.904, "159.9"),
        (Decimal("62.27521542720409"), "62.28"),
        (160.0, "160"),
        (True, "yes"),
        (False, "no"),
        (date(2026, 12, 31), "2026-12-31"),
        (datetime(2026, 11, 23, 9, 5, tzinfo=UTC), "2026-11-23 09:05"),
        (("left_arm", "right_leg"), "left arm, right leg"),
        ("post_herpetic_neuralgia", "post herpetic neuralgia"),
    ],
)
def test_it_says_a_value(value: object, words: str) -> None:
    assert said(value) == words


def test_it_fills_a_message() -> None:
    assert in_message("Age {age_years}, limb {limb}.", {"age_years": 70}) == "Age 70, limb not recorded."


def test_it_says_that_something_was_treated_as_clear() -> None:
    absence = Absence(name="mood_goal", why="not recorded")
    words = said_of(Outcome.CLEAR, stages=[Stage.SERIES], missing=[absence], other_stage=False)
    assert words == "Clear. Treated as clear although something is missing: mood goal: not recorded."
