"""The evidence room's inputs: what each named fact may hold. No clock, no I/O."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ebbtide.evidence.errors import PackRefused, ValueRefused

Scalar = bool | int | float | Decimal | str | date | datetime

TEXT_MAX_CHARS = 300  # [design] one line of a list, not a letter
HOURS_PER_DAY = 24


class InputType(StrEnum):
    """The kinds of value that a fact can hold."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    DATE = "date"
    SET = "set"
    INSTANT = "instant"
    TEXT = "text"


class FeedsBy(StrEnum):
    """Where the date of a dated fact is found: in what it holds, or in when it was observed."""

    VALUE = "value"
    OBSERVED = "observed"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """One line of the vocabulary: name, type, unit, choices, range, and how long a value stays fresh."""

    name: str
    type: InputType
    unit: str | None = None
    choices: tuple[str, ...] = ()  # in the order of the pack, which is the order a person expects
    minimum: float | None = None
    maximum: float | None = None
    origin: str = ""
    stale_after_h: Mapping[str, float] | None = None
    feeds: str | None = None
    feeds_by: FeedsBy | None = None
    derived_from: str | None = None
    record_only: bool = False

    @property
    def words(self) -> str:
        """The name as a person reads it."""
        return self.name.replace("_", " ")

    def check(self, value: object) -> None:
        """Refuse a value (for a set: one member) that this input cannot hold."""
        match self.type:
            case InputType.NUMBER | InputType.INTEGER:
                self._check_number(value)
            case InputType.CHOICE | InputType.SET:
                self._check_choice(value)
            case InputType.BOOLEAN:
                self._require(isinstance(value, bool), value, "yes or no")
            case InputType.DATE:
                self._require(_is_day(value), value, "a date")
            case InputType.INSTANT:
                self._require(_is_instant(value), value, "a time with its zone")
            case _:  # InputType.TEXT
                fits = isinstance(value, str) and len(value.strip()) > 0 and len(value) <= TEXT_MAX_CHARS
                # The text itself is never repeated: it may hold what a patient said.
                self._require(fits, "the text", f"1 to {TEXT_MAX_CHARS} characters")

    def check_unit(self, unit: str | None) -> None:
        """Refuse a unit that is not this input's own: a value is never converted silently."""
        if unit is not None and unit != self.unit:
            raise ValueRefused(
                f"{self.words} is given in {unit!r}; it is kept in {self.unit or 'no unit'!r}. "
                "Enter the value in that unit."
            )

    def _check_number(self, value: object) -> None:
        whole = self.type is InputType.INTEGER
        fits = _is_integer(value) if whole else _is_number(value)
        self._require(fits, value, "a whole number" if whole else "a number")
        assert isinstance(value, int | float | Decimal)  # noqa: S101  (for the type checker; just proved)
        if self.minimum is not None and value < self.minimum:
            raise ValueRefused(
                f"{self.words} is {value} {self.unit or ''}: below {self.minimum:g}. Check it."
            )
        if self.maximum is not None and value > self.maximum:
            raise ValueRefused(
                f"{self.words} is {value} {self.unit or ''}: above {self.maximum:g}. Check it."
            )

    def _check_choice(self, value: object) -> None:
        if not isinstance(value, str) or value not in self.choices:
            # Only a plain word is repeated: anything else might be what a patient said.
            shown = repr(value) if isinstance(value, str) and value.isidentifier() else "that"
            raise ValueRefused(
                f"{self.words} cannot be {shown}. Choose from: {', '.join(sorted(self.choices))}."
            )

    def _require(self, fits: bool, value: object, expected: str) -> None:  # noqa: FBT001
        if not fits:
            raise ValueRefused(f"{self.words} is {value!r}; {expected} is expected.")


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, float):
        return value - value == 0  # false for NaN and both infinities
    return _is_integer(value)


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _is_instant(value: object) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


def read_inputs(
    *,
    inputs: Mapping[str, Mapping[str, object]],
    keys: Mapping[str, Iterable[str]],
    additions: Mapping[str, Mapping[str, Mapping[str, object]]],
) -> dict[str, InputSpec]:
    """The whole vocabulary: the pack's inputs, then the record-only facts that feed them."""
    record, ranges = additions.get("record", {}), additions.get("ranges", {})
    fed_by = {str(row["feeds"]): name for name, row in record.items() if "feeds" in row}
    specs = {
        name: _spec(name, {**row, **ranges.get(name, {})}, keys=keys, derived_from=fed_by.get(name))
        for name, row in inputs.items()
    }
    for name, row in record.items():
        if row.get("feeds") is not None and row["feeds"] not in specs:
            raise PackRefused(
                f"Record fact {name} feeds {row['feeds']}, which is no input. Correct the pack."
            )
        specs[name] = _spec(name, row, keys=keys, record_only=True)
    return specs


def _spec(
    name: str,
    row: Mapping[str, object],
    *,
    keys: Mapping[str, Iterable[str]],
    derived_from: str | None = None,
    record_only: bool = False,
) -> InputSpec:
    kind = str(row.get("type"))
    if kind not in set(InputType):
        raise PackRefused(f"Input {name} has the type {kind!r}; known are {', '.join(InputType)}.")
    feeds_by = row.get("feeds_by")
    return InputSpec(
        name=name,
        type=InputType(kind),
        unit=None if row.get("unit") is None else str(row["unit"]),
        choices=_choices(name, row, keys),
        minimum=_bound(row, "min", default=0.0 if kind in {InputType.NUMBER, InputType.INTEGER} else None),
        maximum=_bound(row, "max", default=None),
        origin=str(row.get("from", "")),
        stale_after_h=_stale_after_h(name, row),
        feeds=None if row.get("feeds") is None else str(row["feeds"]),
        feeds_by=None if feeds_by is None else FeedsBy(str(feeds_by)),
        derived_from=derived_from,
        record_only=record_only,
    )


def _bound(row: Mapping[str, object], key: str, *, default: float | None) -> float | None:
    value = row.get(key)
    return float(value) if isinstance(value, int | float) else default


def _stale_after_h(name: str, row: Mapping[str, object]) -> Mapping[str, float] | None:
    hours = row.get("stale_after_h")
    if hours is None:
        return None
    if not isinstance(hours, Mapping):
        raise PackRefused(f"Input {name}: stale_after_h must give hours per stage.")
    return {str(stage): float(value) for stage, value in hours.items()}


def _choices(name: str, row: Mapping[str, object], keys: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    values = row.get("values")
    if isinstance(values, list):
        return tuple(str(value) for value in values)
    if isinstance(values, str):
        found = re.match(r"keys of `(\w+)`", values)
        if found and found[1] in keys:
            return tuple(keys[found[1]])
        raise PackRefused(f"Input {name}: its values are {values!r}, which names no list of this pack.")
    if row.get("type") in {InputType.CHOICE, InputType.SET}:
        raise PackRefused(f"Input {name} is a {row['type']} without values. Give them.")
    return ()
