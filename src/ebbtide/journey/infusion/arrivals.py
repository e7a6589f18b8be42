"""What a monitor's message brings, as plain values: readings with a state each, and what nobody may see as a patient's."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

KEY_CHARS, CODE_CHARS, SEEN_CHARS = 120, 60, 60


class Reason(StrEnum):
    """Why something was set aside; each has its sentence for the monitors' page."""

    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_CODE = "unknown_code"
    DEVICE_UNCLEAR = "device_unclear"
    CODE_AND_TEXT = "code_and_text"
    UNIT = "unit"
    STATUS = "status"
    NOT_A_NUMBER = "not_a_number"
    NO_TIME = "no_time"
    CLOCK_AHEAD = "clock_ahead"
    CLOCK_BEHIND = "clock_behind"
    TOO_MANY = "too_many"


WORDS: dict[Reason, str] = {
    Reason.UNKNOWN_DEVICE: "A device the clinic does not know: add it, or find out who sends.",
    Reason.UNKNOWN_CODE: "A code that is not read: nothing of it is kept as a reading.",
    Reason.DEVICE_UNCLEAR: "The message names several devices, and not which of them sent this: it is not guessed.",
    Reason.CODE_AND_TEXT: "The code and its text do not belong together: which one is right is not guessed.",
    Reason.UNIT: "A unit that is missing or cannot be converted safely.",
    Reason.STATUS: "A reading that the monitor corrected, withdrew or has not finished.",
    Reason.NOT_A_NUMBER: "Where a number belongs stood something else: kept as no data.",
    Reason.NO_TIME: "No time of its own, or one without a zone: the time of arrival was taken.",
    Reason.CLOCK_AHEAD: "The monitor's clock is ahead: the time of arrival was taken.",
    Reason.CLOCK_BEHIND: "The monitor's clock is behind, or it sent late what it had kept.",
    Reason.TOO_MANY: "More was set aside in this hour than is written down one by one.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSample:
    """One reading as it came: a value in the signal's own unit, or the state that says why there is none."""

    device_key: str
    signal: str
    observed_at: datetime
    value: float | None
    unit: str
    state: str
    received_at: datetime

    def in_one_line(self) -> str:
        """All of it as one text, for the digest of what was asked: a ward sends thousands each second."""
        at, received_at = self.observed_at.timestamp(), self.received_at.timestamp()
        return repr((self.device_key, self.signal, at, self.value, self.unit, self.state, received_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Something that is no patient's reading: who sent it, why, and its code, shortened. Never a name of a person."""

    device_key: str
    reason: Reason
    received_at: datetime
    code: str = ""
    seen: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """An alarm of the bedside monitor's own, as it told of it: words for the log; apnoea alone becomes a check of ours."""

    device_key: str
    code: str
    text: str
    source: str
    priority: str
    ended: bool
    goes_on: bool
    training: bool
    observed_at: datetime
    received_at: datetime
