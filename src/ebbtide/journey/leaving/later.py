"""What is charted after the person has left: an emergence reaction at home, a fall. No clock, no database."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from ebbtide.journey.leaving.rules import NotYet

LATER_WITHIN_DAYS = 30  # days; what happens afterwards is for the check-ins and the next visit [design]
LATE_AFTER_H = 1  # h; written down later than this it is marked late [design]
SEVERE_WITHIN_MIN = 60  # min until a person has acted on a severe event [design]


class LaterKind(StrEnum):
    """What happened after the door; the record has the same words."""

    FALL = "fall"
    EMERGENCE = "emergence_reaction"
    VOMITING = "vomiting"
    BREATHING = "breathing"
    PRESSURE = "blood_pressure"
    OTHER = "other"


LATER_WORDS: Mapping[LaterKind, str] = {
    LaterKind.FALL: "Fall",
    LaterKind.EMERGENCE: "Emergence reaction: unreal, confused, agitated or frightened",
    LaterKind.VOMITING: "Vomiting that does not stop",
    LaterKind.BREATHING: "Chest pain, or hard to breathe",
    LaterKind.PRESSURE: "Severe headache, or very high blood pressure",
    LaterKind.OTHER: "Something else",
}


class Severity(StrEnum):
    """As the log of the chair has it."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


SEVERITY_WORDS: Mapping[Severity, str] = {
    Severity.MILD: "Mild: nothing had to be done",
    Severity.MODERATE: "Moderate: something had to be done",
    Severity.SEVERE: "Severe: an injury, an emergency department, or help that could not wait",
}  # [design]


def is_late(*, observed_at: datetime, recorded_at: datetime) -> bool:
    """Whether it was written down so long after it happened that the chart marks it."""
    return recorded_at - observed_at > timedelta(hours=LATE_AFTER_H)


def check_times(*, happened_at: datetime, left_at: datetime, recorded_at: datetime) -> None:
    """It happened after the person left, is over by now, and not weeks ago.

    Raises:
        NotYet: it lies in the future, before the departure, or too long after it.
    """
    if happened_at > recorded_at:
        raise NotYet("LEA-FUTURE", "This lies in the future: correct the day and the time.")
    if happened_at < left_at:
        raise NotYet(
            "LEA-STILL-HERE",
            "The person had not left yet at that time: correct it, or chart it in the log of the chair.",
        )
    if happened_at > left_at + timedelta(days=LATER_WITHIN_DAYS):
        raise NotYet(
            "LEA-LONG-AGO",
            f"It happened more than {LATER_WITHIN_DAYS} days after the person left: "
            "record it at the next check-in or visit.",
        )


def check_said(*, kind: LaterKind, severity: Severity, what: str, done: str) -> None:
    """A later reader can understand it.

    Raises:
        NotYet: "something else" without words, or no word of what was done about more than a mild event.
    """
    if kind is LaterKind.OTHER and not what.strip():
        raise NotYet("LEA-WHAT", "Something else: say in a few words what happened.")
    if severity is not Severity.MILD and not done.strip():
        raise NotYet("LEA-DONE", f"This was {severity}: write what was done about it, and who did it.")
