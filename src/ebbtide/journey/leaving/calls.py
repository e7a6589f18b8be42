"""The call on the day after: whom, when, what is asked, and when it is done. No clock, no database."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ebbtide.journey.leaving.rules import NotYet

CALL_AFTER_DAYS = 1  # calendar days; FU-D1 of instruments.yaml [design]


class CallOutcome(StrEnum):
    """How one try to call ended; the record has the same words."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    DECLINED = "declined"
    STOPPED = "stopped"


CALL_ENDS: frozenset[CallOutcome] = frozenset(
    {CallOutcome.REACHED, CallOutcome.DECLINED, CallOutcome.STOPPED}
)


RED_FLAGS: Mapping[str, str] = {
    "fall": "A fall since leaving",
    "drove": "Drove or used a machine before the stated time",
    "thoughts": "Thoughts of suicide or of self-harm",
    "apart": "Feels unreal, confused or very agitated",
    "breathing": "Chest pain, or hard to breathe",
    "headache": "Sudden severe headache, or very high blood pressure at home",
    "vomiting": "Vomiting that does not stop",
    "urine": "Pain on passing urine, or blood in it",
}  # clinical.md section 7 and hazards of the stage [design]


CALL_QUESTION = "Asked on the day after:"
THOUGHTS = "thoughts"
THOUGHT_WITHIN_MIN = 60  # min until somebody has spoken with the person, as for PHQ-9 item 9 [design]
# min until a prescriber has acted on what was told [design]
FLAG_WITHIN_MIN: Mapping[str, int] = {
    "fall": 4 * 60,
    "drove": 24 * 60,
    "apart": 60,
    "breathing": 60,
    "headache": 60,
    "vomiting": 4 * 60,
    "urine": 24 * 60,
}


def flags_within_min(flags: Mapping[str, bool | None]) -> int | None:
    """The shortest clock (min) of the flags that were answered yes, thoughts of suicide apart; None without one."""
    return min((minutes for name, minutes in FLAG_WITHIN_MIN.items() if flags.get(name)), default=None)


def told(flags: Mapping[str, bool | None]) -> list[str]:
    """The flags that were answered yes, in words."""
    return [words for name, words in RED_FLAGS.items() if flags.get(name)]


def call_due_on(left_at: datetime, *, zone: str) -> date:
    """The clinic's day on which the person is called."""
    return left_at.astimezone(ZoneInfo(zone)).date() + timedelta(days=CALL_AFTER_DAYS)


def check_call(
    outcome: CallOutcome, flags: Mapping[str, bool | None], *, note: str, step: str, ended: bool
) -> None:
    """A call can be recorded like this.

    Raises:
        NotYet: the call was ended already, a flag was not asked, or what was done about one is missing.
    """
    if ended:
        raise NotYet("LEA-CALLED", "This person was called already: nothing more is needed.")
    if outcome is CallOutcome.STOPPED and not note.strip():
        raise NotYet("LEA-NOTE", "Nobody tries again after this: write why in the note.")
    if outcome is not CallOutcome.REACHED:
        return
    not_asked = [words for name, words in RED_FLAGS.items() if flags.get(name) is None]
    if not_asked:
        raise NotYet(
            "LEA-ASKED", f"Not answered yet: {'; '.join(not_asked)}. Ask, and choose yes or no for each."
        )
    raised = told(flags)
    if raised and not step.strip():
        raise NotYet(
            "LEA-ACTION", f"Told on the telephone: {'; '.join(raised)}. Write what was done about it."
        )
