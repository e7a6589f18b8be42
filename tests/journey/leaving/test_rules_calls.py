"""The call on the day after: when it is due, what must be asked, and when it is done."""

from datetime import UTC, date, datetime

import pytest

from ebbtide.journey.leaving.calls import CALL_ENDS, RED_FLAGS, CallOutcome, call_due_on, check_call
from ebbtide.journey.leaving.models import CallResult
from ebbtide.journey.leaving.rules import NotYet

NO = dict.fromkeys(RED_FLAGS, False)


def test_it_is_due_on_the_next_day_of_the_clinic():
    at = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # the evening of the 23rd in Chicago
    assert call_due_on(at, zone="America/Chicago") == date(2026, 11, 24)


def test_the_record_has_the_words_of_the_rules():
    assert set(CallResult.values) == {outcome.value for outcome in CallOutcome}
    assert set(CallOutcome) - CALL_ENDS == {CallOutcome.NOT_REACHED}


@pytest.mark.parametrize(
    ("outcome", "flags", "note", "step", "ended", "rule"),
    [
        ("reached", NO, "", "", False, None),
        ("reached", NO, "", "", True, "LEA-CALLED"),
        ("reached", {}, "", "", False, "LEA-ASKED"),
        ("reached", NO | {"fall": None}, "", "", False, "LEA-ASKED"),
        ("reached", NO | {"fall": True}, "", " ", False, "LEA-ACTION"),
        ("reached", NO | {"fall": True}, "", "Prescriber called", False, None),
        ("not_reached", {}, "", "", False, None),
        ("declined", {}, "", "", False, None),
        ("stopped", {}, "", "", False, "LEA-NOTE"),
        ("stopped", {}, "Moved away", "", False, None),
    ],
)
def test_which_calls_can_be_recorded(outcome, flags, note, step, ended, rule):
    if rule is None:
        check_call(CallOutcome(outcome), flags, note=note, step=step, ended=ended)
        return
    with pytest.raises(NotYet) as refused:
        check_call(CallOutcome(outcome), flags, note=note, step=step, ended=ended)
    assert refused.value.rule == rule


def test_a_refusal_names_what_was_not_asked():
    with pytest.raises(NotYet, match="A fall since leaving"):
        check_call(CallOutcome.REACHED, NO | {"fall": None}, note="", step="", ended=False)
