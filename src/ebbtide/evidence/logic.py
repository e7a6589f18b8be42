"""The evidence room's logic: three truth values, and conditions that know what they lack. No clock, no I/O.

Follows EVALUATION 1, 2 and 6 of `data/suitability-rules.yaml`.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from ebbtide.evidence.inputs import Scalar

Operand = bool | int | float | Decimal | str | date | tuple[str, ...]

NOTHING: frozenset[str] = frozenset()


class Truth(StrEnum):
    """True, false, or not to be known from what is recorded."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, fact: bool) -> Self:  # noqa: FBT001
        """The truth value of a plain yes or no."""
        return cls("true" if fact else "false")


NEGATION = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the record says about one input at `as_of`: a scalar, or the members of a set, or nothing.

    `complete` says whether absence from a set may be believed: only after a person confirmed the list.
    `members` maps each present member to whether a person confirmed it.
    """

    value: Scalar | None = None
    confirmed: bool = True
    members: Mapping[str, bool] | None = None
    complete: bool = False

    @property
    def known(self) -> bool:
        """Whether there is anything to reason from; an unconfirmed item counts as present."""
        return self.value is not None or self.complete or bool(self.members)


Readings = Mapping[str, Reading]
NOT_RECORDED = Reading()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A truth value with its ground.

    `absent` names exactly the inputs whose absence made the answer unknown; it is empty otherwise.
    `unconfirmed` names inputs without which, were a person to reject them, the answer might not stand.
    """

    truth: Truth
    absent: frozenset[str] = NOTHING
    unconfirmed: frozenset[str] = NOTHING


@dataclass(frozen=True, slots=True)
class Known:
    """True when the input is recorded and fresh; never unknown."""

    name: str

    def ask(self, readings: Readings, parameters: Mapping[str, Operand]) -> Answer:
        """Whether anything is recorded."""
        del parameters
        return Answer(truth=Truth.of(readings.get(self.name, NOT_RECORDED).known))

    def names(self) -> frozenset[str]:
        """The inputs that this condition reads."""
        return frozenset({self.name})

    def parameter_names(self) -> frozenset[str]:
        """The parameters that this condition reads."""
        return NOTHING


@dataclass(frozen=True, slots=True)
class Missing(Known):
    """True when the input is not recorded or too old; never unknown."""

    def ask(self, readings: Readings, parameters: Mapping[str, Operand]) -> Answer:
        """Whether nothing is recorded."""
        del parameters
        return Answer(truth=Truth.of(not readings.get(self.name, NOT_RECORDED).known))


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "in": lambda value, choices: value in choices,
}
SET_OPERATIONS = ("contains", "intersects")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """One input against a fixed value or a parameter; unknown while the input is missing."""

    name: str
    op: str
    value: Operand | None = None
    parameter: str | None = None

    def ask(self, readings: Readings, parameters: Mapping[str, Operand]) -> Answer:
        """The comparison's truth, its absent input, and whether it rests on something unconfirmed."""
        against = self.value if self.parameter is None else parameters[self.parameter]
        assert against is not None  # noqa: S101  (the reader of the pack demands one of the two)
        reading = readings.get(self.name, NOT_RECORDED)
        if self.op in SET_OPERATIONS:
            wanted = against if isinstance(against, tuple) else (str(against),)
            return self._ask_set(reading, wanted)
        if reading.value is None:
            return Answer(truth=Truth.UNKNOWN, absent=frozenset({self.name}))
        ground = NOTHING if reading.confirmed else frozenset({self.name})
        return Answer(truth=Truth.of(COMPARISONS[self.op](reading.value, against)), unconfirmed=ground)

    def _ask_set(self, reading: Reading, wanted: tuple[str, ...]) -> Answer:
        members = reading.members or {}
        present = [members[member] for member in wanted if member in members]
        if present:
            ground = NOTHING if any(present) else frozenset({self.name})
            return Answer(truth=Truth.TRUE, unconfirmed=ground)
        if reading.complete:
            return Answer(truth=Truth.FALSE)
        return Answer(truth=Truth.UNKNOWN, absent=frozenset({self.name}))

    def names(self) -> frozenset[str]:
        """The inputs that this condition reads."""
        return frozenset({self.name})

    def parameter_names(self) -> frozenset[str]:
        """The parameters that this condition reads."""
        return NOTHING if self.parameter is None else frozenset({self.parameter})


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions joined by one word."""

    parts: tuple["Condition", ...]

    def names(self) -> frozenset[str]:
        """The inputs that this condition reads."""
        return NOTHING.union(*(part.names() for part in self.parts))

    def parameter_names(self) -> frozenset[str]:
        """The parameters that this condition reads."""
        return NOTHING.union(*(part.parameter_names() for part in self.parts))


@dataclass(frozen=True, slots=True)
class All(Group):
    """False if one is false, else unknown if one is unknown, else true."""

    def ask(self, readings: Readings, parameters: Mapping[str, Operand]) -> Answer:
        """Every part holds."""
        return _join([part.ask(readings, parameters) for part in self.parts], deciding=Truth.FALSE)


@dataclass(frozen=True, slots=True)
class AnyOf(Group):
    """True if one is true, else unknown if one is unknown, else false."""

    def ask(self, readings: Readings, parameters: Mapping[str, Operand]) -> Answer:
        """At least one part holds."""
        return _join([part.ask(readings, parameters) for part in self.parts], deciding=Truth.TRUE)


@dataclass(frozen=True, slots=True)
class NoneOf(Group):
    """The negation of `any`."""

    def ask(self, readings: Readings, parameters: Mapping[str, Operand]) -> Answer:
        """No part holds."""
        any_of = AnyOf(self.parts).ask(readings, parameters)
        return Answer(truth=NEGATION[any_of.truth], absent=any_of.absent, unconfirmed=any_of.unconfirmed)


Condition = Known | Missing | Compare | All | AnyOf | NoneOf


def _join(answers: list[Answer], *, deciding: Truth) -> Answer:
    """One deciding part settles it; failing that, one unknown part leaves it open."""
    settled = [answer.unconfirmed for answer in answers if answer.truth is deciding]
    if settled:
        ground = NOTHING if not all(settled) else NOTHING.union(*settled)
        return Answer(truth=deciding, unconfirmed=ground)
    unknown = [answer.absent for answer in answers if answer.truth is Truth.UNKNOWN]
    if unknown:
        return Answer(truth=Truth.UNKNOWN, absent=NOTHING.union(*unknown))
    ground = NOTHING.union(*(answer.unconfirmed for answer in answers))
    return Answer(truth=NEGATION[deciding], unconfirmed=ground)
