"""The evidence room's scoring: items in, one score out, exactly as the instruments' file says. No clock, no I/O.

A blank answer, a declined one and a question that was not asked are three different things, and none of them is zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from ebbtide.evidence.errors import ValueRefused
from ebbtide.evidence.instruments import Instrument, Method, WhenMissing

WHOLE, HUNDREDTH = Decimal(1), Decimal("0.01")
BLANKS_IN_CLUSTER_MAX = 1  # items; instruments.yaml, PCL5 missing rule [design]


class Blank(StrEnum):
    """Why an item has no value."""

    BLANK = "blank"
    DECLINED = "declined"
    NOT_ASKED = "not_asked"


Given = int | Blank


class Status(StrEnum):
    """What a score rests on."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    PRORATED = "prorated"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """An item that asks for a person whatever the total is, with the rule that says so."""

    item: int
    value: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A score with what it rests on. `value` is None when too much is blank; it is never guessed."""

    instrument: str
    value: Decimal | None
    status: Status
    items: tuple[Given, ...]
    clusters: Mapping[str, Decimal | None]
    provisional_diagnosis: bool | None
    flag: Flag | None

    @property
    def answered(self) -> int:
        """How many items have a value."""
        return sum(isinstance(given, int) for given in self.items)


def check_item(instrument: Instrument, item: int, value: int) -> None:
    """The item exists and the value lies in its range: it is refused, never clipped.

    Raises:
        ValueRefused: there is no such item, or its value lies outside.
    """
    if not 1 <= item <= instrument.items:
        raise ValueRefused(f"{instrument.id} has the items 1 to {instrument.items}; {item} is none of them.")
    allowed = instrument.range_of(item)
    if not allowed.holds(value):
        raise ValueRefused(
            f"Item {item} of {instrument.id} is {value}: it must be from {allowed.low} to {allowed.high}."
        )


def score(instrument: Instrument, given: Mapping[int, Given]) -> Scored:
    """The score of these answers; an item that is not named was not asked.

    Sum, mean or single value over the scored items. With blanks: `instruments.yaml`, `missing` of each instrument.
    Checked in tests/evidence/test_score.py against worked tables and as properties (bounds, monotony, blank is not zero).

    Raises:
        ValueRefused: an item does not exist or its value lies outside its range.
    """
    for item, answer in given.items():
        check_item(instrument, item, answer if isinstance(answer, int) else instrument.range_of(item).low)
    items = tuple(given.get(item, Blank.NOT_ASKED) for item in range(1, instrument.items + 1))
    value, status = _formed(instrument, items)
    return Scored(
        instrument=instrument.id,
        value=value,
        status=status,
        items=items,
        clusters={name: _cluster(span, items) for name, span in instrument.clusters.items()},
        provisional_diagnosis=_provisional(instrument, items),
        flag=_flag(instrument, items),
    )


def _values(span: range, items: tuple[Given, ...]) -> list[int]:
    given = (items[item - 1] for item in span)
    return [value for value in given if isinstance(value, int)]


def _formed(instrument: Instrument, items: tuple[Given, ...]) -> tuple[Decimal | None, Status]:
    present = _values(instrument.scored, items)
    blanks = len(instrument.scored) - len(present)
    if blanks == 0:
        return _whole(instrument, present), Status.COMPLETE
    if blanks > instrument.missing.most or _may_not_be_filled(instrument, items):
        return None, Status.INCOMPLETE
    return _with_blanks(instrument, items, present)


def _whole(instrument: Instrument, present: list[int]) -> Decimal | None:
    if instrument.method is Method.PROFILE:
        return None
    if instrument.method is Method.MEAN:
        return _mean(present)
    return Decimal(sum(present))


def _mean(present: list[int]) -> Decimal:
    return (Decimal(sum(present)) / len(present)).quantize(HUNDREDTH, ROUND_HALF_UP)


def _may_not_be_filled(instrument: Instrument, items: tuple[Given, ...]) -> bool:
    # a total over all items made from the others would fill this one in without saying so
    kept = instrument.never_impute & set(instrument.scored)
    return any(not isinstance(items[item - 1], int) for item in kept)


def _with_blanks(
    instrument: Instrument, items: tuple[Given, ...], present: list[int]
) -> tuple[Decimal | None, Status]:
    if instrument.missing.then is WhenMissing.MEAN_OF_PRESENT:
        return _mean(present), Status.PARTIAL
    if instrument.missing.then is WhenMissing.PRORATE:
        total = Decimal(sum(present)) * len(instrument.scored) / len(present)
        return total.quantize(WHOLE, ROUND_HALF_UP), Status.PRORATED
    parts = [_cluster(span, items) for span in instrument.clusters.values()]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None, Status.INCOMPLETE
    return sum(known, Decimal(0)).quantize(WHOLE, ROUND_HALF_UP), Status.PRORATED


def _cluster(span: range, items: tuple[Given, ...]) -> Decimal | None:
    """A cluster's sum, prorated over at most one blank; None beyond that."""
    present = _values(span, items)
    blanks = len(span) - len(present)
    if blanks > BLANKS_IN_CLUSTER_MAX:
        return None
    return Decimal(sum(present)) * len(span) / len(present)


def _provisional(instrument: Instrument, items: tuple[Given, ...]) -> bool | None:
    rule = instrument.provisional
    if rule is None or any(not isinstance(given, int) for given in items):
        return None
    counted = {
        name: sum(value >= rule.item_counts_at for value in _values(span, items))
        for name, span in instrument.clusters.items()
    }
    return all(counted[name] >= least for name, least in rule.need.items())


def _flag(instrument: Instrument, items: tuple[Given, ...]) -> Flag | None:
    rule = instrument.alert
    if rule is None:
        return None
    given = items[rule.item - 1]
    if not isinstance(given, int) or given < rule.at:
        return None
    return Flag(item=rule.item, value=given, rule=rule.rule)


def severity(instrument: Instrument, value: Decimal | None) -> str:
    """The name of the band a score falls in, as the file's cut-offs say; empty where none is defined or nothing is scored."""
    if value is None:
        return ""
    reached = [name for name, least in instrument.bands.items() if value >= least]
    return reached[-1].replace("_", " ") if reached else ""
