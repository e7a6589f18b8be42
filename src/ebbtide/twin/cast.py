"""The twin room: who plays in the demonstration, and how far along the way each of them is. Everybody is invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum
from importlib.resources import files
from typing import Any

import yaml


class Reached(IntEnum):
    """How far somebody has come; a later point passes every earlier one, except that `NOT_HERE` ends the way."""

    WAITING = 0
    NOT_HERE = 1
    VISIT = 2
    WORKUP = 3
    ASSESSED = 4
    CONSENTED = 5
    DRAFTED = 6
    ORDERED = 7
    CHECKED = 8
    BOOKED = 9
    INFUSING = 10
    FOLLOWED = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWish:
    """Which order the prescriber writes, and where in the calendar its series begins."""

    template: str  # empty: one first-trial infusion, straight from the protocol
    goal: str
    from_open_day: int | None = None  # open days from today
    began_days_ago: int | None = None  # calendar days ago, rolled back to an open day
    prefers: str = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one visit of a booked series."""

    kind: str  # "moved" or "cancelled"
    number: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a course that is over went on: how much pain it took away at best, how fast that faded, who answers."""

    relief: float  # share of the pain at baseline
    half_life_days: float
    answers: float  # share of the check-ins that are answered
    harm: str = ""  # an adverse event of one infusion
    item9: int = 0  # the answer to PHQ-9 item 9 at the last check-in


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """One invented person with their story and how far they have come."""

    number: int
    given_name: str
    family_name: str
    born: date
    sex: str
    language: str
    reached: Reached
    complaint: str
    channel: str
    story: str
    asked_ago: timedelta
    best_time: str = ""
    referred_by: str = ""
    taken: bool = False
    answer: str = ""
    visit_open_day: int | None = None
    visit_slot: int = 0
    seen_days_ago: int | None = None
    indication: str = ""
    limbs: tuple[str, ...] = ()
    problems: Mapping[str, str | None] = field(default_factory=dict)  # words, and the concept the rules know
    medicines: Mapping[str, str | None] = field(default_factory=dict)  # words, and the class the rules know
    allergies: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)  # None: this one was never recorded
    body: Mapping[str, float] = field(default_factory=dict)
    decision: str = "suitable"
    plan: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)
    order: OrderWish | None = None
    change: Change | None = None
    chair_part: str = ""  # "running" or "recovering", on a working morning
    course: Course | None = None
    portal: bool = False

    @property
    def email(self) -> str:
        """An address that can never reach anybody (RFC 2606)."""
        return f"patient{self.number:02d}@example.org"

    @property
    def phone(self) -> str:
        """A number of the range that is kept free for fiction."""
        return f"+1 312 555 01{50 + self.number:02d}"


def cast() -> tuple[Invented, ...]:
    """Everybody, in the order of the file."""
    told = yaml.safe_load((files("ebbtide.twin") / "cast.yaml").read_text(encoding="utf-8"))
    return tuple(_invented(number, row) for number, row in enumerate(told["people"], start=1))


# names of the file that are another field, or the same with other values
SAME = (
    "born", "sex", "complaint", "channel", "story", "best_time", "referred_by", "taken", "answer", "indication", "problems",
    "medicines", "facts", "body", "decision", "plan", "overrides", "portal",
)  # fmt: skip


def _invented(number: int, row: Mapping[str, Any]) -> Invented:
    given_name, family_name = row["name"]
    order, change = row.get("order"), row.get("change")
    return Invented(
        number=number,
        given_name=given_name,
        family_name=family_name,
        language=row.get("language", "en"),
        reached=Reached[row["reached"].upper()],
        asked_ago=_ago(row["asked"]),
        visit_open_day=row.get("visit"),
        visit_slot=row.get("slot", 0),
        seen_days_ago=row.get("seen"),
        limbs=tuple(row.get("limbs", ())),
        allergies=tuple(row.get("allergies", ())),
        order=None if order is None else _wish(order),
        change=None if change is None else Change(**change),
        chair_part=row.get("chair", {}).get("part", ""),
        course=Course(**row["course"]) if "course" in row else None,
        **{name: row[name] for name in SAME if name in row},
    )


def _ago(asked: int | str) -> timedelta:
    return timedelta(days=asked) if isinstance(asked, int) else timedelta(hours=int(asked.removesuffix("h")))


def _wish(order: Mapping[str, Any]) -> OrderWish:
    return OrderWish(
        template=order["template"],
        goal=order["goal"],
        from_open_day=order.get("from"),
        began_days_ago=order.get("began"),
        prefers=order.get("prefers", "any"),
    )
