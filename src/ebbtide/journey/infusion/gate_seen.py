"""What the start gate looks at and what it says of each thing, as plain values. No Django, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from ebbtide.evidence.suitability import Evaluation

# what a chair needs before anything flows; kit per dose: clinical.md 6 (C18) [recalled]
EQUIPMENT: Mapping[str, str] = {
    "pump": "Pump",
    "monitor": "Monitor",
    "oxygen": "Oxygen",
    "suction": "Suction",
    "airway_kit": "Airway kit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of the gate: what it is, whether it is true, and when it is not, why and what to do."""

    key: str
    words: str
    passed: bool
    do: str = ""
    because: str = ""


class Errand(NamedTuple):
    """Everything open that has one reason and one remedy."""

    do: str
    because: str
    open: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSeen:
    """A list of the history, and when somebody last stood behind it."""

    name: str
    words: str
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question of the day, and when it was answered last."""

    name: str
    words: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A licence or certificate of the person who starts."""

    kind: str
    expires_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What the nurse confirms with this signature, having done it at the chair."""

    identifiers: bool = False
    escort_name: str = ""
    escort_phone: str = ""
    alarms_audible: bool = False
    limb: bool = False
    no_monitor_reason: str = ""
    # pieces of EQUIPMENT that were looked at and found ready, and what stands on the pump
    equipment: tuple[str, ...] = ()
    pump_identity: str = ""
    # the call button was pressed and the call was seen; the card was asked about and nothing was wished
    call_tested: bool = False
    comfort_declined: bool = False

    def plain(self) -> dict[str, object]:
        """As the record keeps it."""
        return {**asdict(self), "equipment": list(self.equipment)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fasting:
    """When somebody last ate and drank, and for how long the clinic's rule wants both to lie back (h)."""

    solids_at: datetime | None
    clear_fluid_at: datetime | None
    solids_h: float
    clear_fluid_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTest:
    """Whether the test sound of a tablet was heard, and when."""

    heard: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything the gate looks at, read once at one moment."""

    at: datetime
    today: date
    opened_at: datetime
    confirmed: Confirmed
    limb_words: str
    order_words: str
    order_counts: bool
    # who checked this very version blind, and when; empty: nobody
    second_check: str
    consent_is_current: bool
    consent_words: str
    assessed_until: datetime | None
    assessed_suitable: bool
    lists: Sequence[ListSeen]
    asked: Sequence[Asked]
    evaluation: Evaluation
    fasting: Fasting
    ordered_ug: int
    in_hand_ug: int
    credentials: Sequence[Held]
    monitor: str
    # from the log of this session: when the call button was tested, and when the comfort card was filled in
    call_tested_at: datetime | None
    comfort_card_at: datetime | None
    roles: frozenset[str]
    overrides: Mapping[str, str] = field(default_factory=dict)
    # what somebody heard who played the test sound last; None: nobody has played it in this session
    sound: SoundTest | None = None
    # limits on live values are off: the bedside monitor alone watches the values
    checks_off: bool = True
