"""What the forms of the chair offer to a finger: usual values, the drugs at hand, undo. A touch fills in; a person records."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from ebbtide.journey.careplan.dosing import plain
from ebbtide.journey.infusion.events import FIELDS, SCALES, Event, Kind, ScaleName
from ebbtide.journey.infusion.limbs import CUFF_SITES, SITES
from ebbtide.journey.infusion.session import SessionState

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# what a text field of an entry offers beside free words; reasons as in check-limits.yaml, off_monitor
OFFERED: Mapping[tuple[Kind, str], tuple[str, ...]] = {
    (Kind.OFF_MONITOR, "reason"): ("toilet", "sensor moved", "transfer", "patient's wish", "other"),
    (Kind.OFF_MONITOR, "for_min"): ("2", "5", "10"),
    (Kind.IV_ACCESS, "site"): SITES,
    (Kind.IV_ACCESS, "attempts"): ("1", "2", "3"),
    (Kind.OBSERVATION, "cuff_site"): CUFF_SITES,
    (Kind.ADVERSE_EVENT, "event"): ("nausea", "vomiting", "dizziness", "headache", "anxiety", "high blood pressure"),
    (Kind.PAUSE, "reason"): ("toilet", "line out", "high blood pressure", "dissociation", "patient's wish"),
}  # fmt: skip

# — scales —

# where a scale stands in somebody awake and well; a scale without one is offered only as it was before [design]
USUAL: Mapping[ScaleName, int] = {
    ScaleName.RASS: 0,
    ScaleName.MOAAS: 5,
    ScaleName.NAUSEA: 0,
    ScaleName.DISSOCIATION: 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value of a scale, as it is touched."""

    value: int
    words: str
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleRow:
    """One scale with all its values; `one_touch` is the value that is recorded by its name alone."""

    name: ScaleName
    words: str
    ends: tuple[str, str]
    cells: tuple[Cell, ...]
    last_at: datetime | None
    one_touch: Cell | None
    as_before: bool


def signed(value: int) -> str:
    """A value of a scale with a true minus sign."""
    return str(value).replace("-", "−")


def scale_rows(state: SessionState) -> list[ScaleRow]:
    """Every scale of the chair, with what was charted last."""
    return [_scale_row(name, state) for name in ScaleName]


def _scale_row(name: ScaleName, state: SessionState) -> ScaleRow:
    known, scale = state.scales.get(name), SCALES[name]
    last = None if known is None else int(known.value)
    cells = tuple(
        Cell(value=value, words=signed(value), is_last=value == last)
        for value in range(scale.low, scale.high + 1)
    )
    wanted = USUAL.get(name) if last is None else last
    return ScaleRow(
        name=name,
        words=scale.words,
        ends=scale.ends,
        cells=cells,
        last_at=None if known is None else known.at,
        one_touch=next((cell for cell in cells if cell.value == wanted), None),
        as_before=last is not None,
    )


# — drugs —


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugOffer:
    """A drug that one touch fills in; what the words do not say stays empty."""

    drug: str
    amount: str = ""
    unit: str = ""
    route: str = ""
    why: str = ""

    @property
    def words(self) -> str:
        """As the button says it."""
        amount = f"{self.amount} {self.unit}".strip()
        return ", ".join(part for part in (f"{self.drug} {amount}".strip(), self.route) if part)

    @property
    def fills(self) -> dict[str, str]:
        """By field of the entry."""
        return {"drug": self.drug, "amount": self.amount, "unit": self.unit, "route": self.route}


UNIT_WORDS = {"mg": "mg", "mcg": "microgram", "µg": "microgram", "microgram": "microgram", "micrograms": "microgram",
              "g": "g", "ml": "mL", "units": "units"}  # fmt: skip
ROUTE_WORDS = {"iv": "iv", "im": "im", "sc": "sc", "oral": "oral", "po": "oral", "by mouth": "oral", "orally": "oral",
               "sublingual": "sublingual", "sl": "sublingual", "nasal": "nasal", "inhaled": "inhaled"}  # fmt: skip
_ORDERED = re.compile(
    r"(?P<drug>[^\d]+?)\s+(?P<amount>\d+(\.\d+)?)\s*(?P<unit>[a-zµ]+)(\s+(?P<route>[a-z ]+))?", re.IGNORECASE
)


def ordered_drugs(premedication: Iterable[str]) -> list[DrugOffer]:
    """The premedication of the order. What is not drug, amount, unit and route in this order is offered as its name."""
    return [_ordered(" ".join(words.split())) for words in premedication if words.strip()]


def _ordered(words: str) -> DrugOffer:
    """Only what every part of the words says: a half-understood dose is not offered at all."""
    longest, found = FIELDS[Kind.DRUG_GIVEN]["drug"].longest, _ORDERED.fullmatch(words)
    if found is None:
        return DrugOffer(drug=words[:longest], why="ordered")
    unit = UNIT_WORDS.get(found["unit"].lower(), "")
    route = ROUTE_WORDS.get((found["route"] or "").lower(), "")
    if not unit or (found["route"] and not route):
        return DrugOffer(drug=words[:longest], why="ordered")
    return DrugOffer(
        drug=found["drug"], amount=_number(found["amount"]), unit=unit, route=route, why="ordered"
    )


def _number(typed: str) -> str:
    """As the body takes it: no trailing zeros; what is no number stays empty."""
    try:
        number = Decimal(typed)
    except InvalidOperation:
        return ""
    return plain(number) if number > 0 else ""


@cache
def rescue_drugs() -> tuple[DrugOffer, ...]:
    """The rescue drugs of usual-drugs.yaml, each figure a button of its own."""
    text = (files("ebbtide.journey.infusion") / "data" / "usual-drugs.yaml").read_text(encoding="utf-8")
    rows: list[Mapping[str, Any]] = yaml.load(text, Loader=LOADER)["drugs"]  # noqa: S506 - a safe loader
    return tuple(
        DrugOffer(drug=row["drug"], amount=amount, unit=row["unit"], route=row["route"], why=row["for"])
        for row in rows
        for amount in row["amounts"]
    )


# — undo —

UNDO_FOR = timedelta(seconds=10)
# a dose, what the pump did, and a step of an emergency are corrected in the log, with their numbers repeated
UNDOABLE = frozenset(
    {
        Kind.OBSERVATION, Kind.SCALE, Kind.NOTE, Kind.OFF_MONITOR, Kind.BACK_ON_MONITOR, Kind.ADVERSE_EVENT,
        Kind.COMFORT_CALL, Kind.IV_ACCESS, Kind.EQUIPMENT, Kind.COMFORT_CARD,
    }
)  # fmt: skip


def undoable(state: SessionState, *, author: str, at: datetime) -> Event | None:
    """What this person wrote last, while it can be taken back by one touch; None when something else came after it."""
    own = [event for event in state.events if event.author == author]
    newest = max(own, key=lambda one: (one.recorded_at, one.id), default=None)
    if newest is None or newest.kind not in UNDOABLE or newest.replaces is not None:
        return None
    return newest if timedelta(0) <= at - newest.recorded_at < UNDO_FOR else None
