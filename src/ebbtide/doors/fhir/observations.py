"""The FHIR door's observations: measurements, scores and liver tests into drafts.

A unit is checked against UCUM and never converted: a value in another unit is left out, and says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from ebbtide.doors.fhir.bundle import Entry
from ebbtide.doors.fhir.elements import Coding, codings, first_of, instant, quantities, words_of
from ebbtide.doors.fhir.tray import Tray
from ebbtide.evidence.inputs import InputType

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
FINAL = frozenset({"final", "amended", "corrected"})
SCORE_UNITS = frozenset({"{score}", "score", "1", ""})
TIMES = ("effectiveDateTime", "effectiveInstant", "effectivePeriod.start")

MEASURES: Mapping[str, tuple[str, frozenset[str]]] = {  # LOINC: the fact it gives, in which UCUM units
    "29463-7": ("weight_kg", frozenset({"kg"})),
    "3141-9": ("weight_kg", frozenset({"kg"})),
    "8302-2": ("height_cm", frozenset({"cm"})),
    "8480-6": ("systolic_mmHg", frozenset({"mm[Hg]"})),
    "8462-4": ("diastolic_mmHg", frozenset({"mm[Hg]"})),
    "8867-4": ("pulse_per_min", frozenset({"/min"})),
    "59408-5": ("spo2_room_air_percent", frozenset({"%"})),
    "2708-6": ("spo2_room_air_percent", frozenset({"%"})),
    "72514-3": ("pain_nrs", SCORE_UNITS),
    "44261-6": ("phq9_total", SCORE_UNITS),
    "44260-8": ("phq9_item9", SCORE_UNITS),
}
LIVER: Mapping[str, str] = {
    "1742-6": "alt_x_uln",
    "1743-4": "alt_x_uln",
    "1920-8": "ast_x_uln",
    "6768-6": "alp_x_uln",
    "2324-2": "ggt_x_uln",
}
BILIRUBIN = frozenset({"1975-2"})  # total, mass per volume [recalled]
PANEL_PARTS = 5  # ALT AST ALP GGT bilirubin (lft_age_days)
OXYGEN_GIVEN = frozenset({"3151-8", "3150-6"})  # inhaled oxygen flow and concentration [recalled]
ANSWERS: Mapping[str, int] = {"LA6568-5": 0, "LA6569-3": 1, "LA6570-1": 2, "LA6571-9": 3}  # instruments.yaml
ULN_STEP = Decimal("0.0001")


class NotTaken(Exception):
    """A value is left out; `why` says it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def take_observation(entry: Entry, tray: Tray) -> None:
    """Every value of an Observation that a fact can hold; the rest is left out with its reason."""
    observation = entry.resource
    coding = _loinc(observation)
    status = observation.get("status")
    at = instant(first_of(observation, *TIMES))
    if status not in FINAL:
        tray.leave(entry, f"its status is {status}", coding=coding)
        return
    known = [part for part in quantities(observation) if _code(part) in MEASURES or _code(part) in LIVER]
    if not known and _code(observation) not in BILIRUBIN:
        tray.leave(entry, "no fact of the work-up is read from this code", coding=coding)
        tray.unmap(coding)
        return
    if at is None:
        tray.leave(entry, "it does not say when it was observed", coding=coding)
        return
    for part in known:
        _take_part(entry, part, tray, at=at)


def _take_part(entry: Entry, part: Mapping[str, Any], tray: Tray, *, at: datetime) -> None:
    coding = _loinc(part)
    name = LIVER.get(coding.code) or MEASURES[coding.code][0]
    try:
        if name == "spo2_room_air_percent":
            check_room_air(entry.resource)
        value = times_upper_limit(part) if coding.code in LIVER else _value(part, tray, coding.code)
    except NotTaken as reason:
        tray.leave(entry, reason.why, coding=coding)
        return
    tray.take(entry, name, value, observed_at=at, coding=coding)


def _value(part: Mapping[str, Any], tray: Tray, code: str) -> int | Decimal:
    """The number of a measurement in its one allowed unit."""
    name, units = MEASURES[code]
    if "valueCodeableConcept" in part:
        number: int | Decimal = _answer(part["valueCodeableConcept"])
    elif "valueInteger" in part:
        number = int(part["valueInteger"])
    else:
        number = _quantity(part.get("valueQuantity"), units)
    if tray.pack.inputs[name].type is InputType.INTEGER and number == int(number):
        return int(number)
    return number


def _answer(concept: Mapping[str, Any]) -> int:
    for coding in codings(concept):
        if coding.code in ANSWERS:
            return ANSWERS[coding.code]
    raise NotTaken("its answer is not one of the questionnaire's codes")


def _quantity(quantity: Mapping[str, Any] | None, units: frozenset[str]) -> int | Decimal:
    """The value of a Quantity whose unit is one of these; a bound (<, >) is no value."""
    if not quantity or "value" not in quantity:
        raise NotTaken("it holds no value")
    if quantity.get("comparator"):
        raise NotTaken("its value is a bound, not a measurement")
    unit = _unit(quantity)
    if unit not in units or quantity.get("system", UCUM) != UCUM:
        expected = " or ".join(sorted(name for name in units if name))
        raise NotTaken(
            why=f"its unit is {unit or 'not given'}, and {expected} is expected; it is not converted"
        )
    value: int | Decimal = quantity["value"]
    return value


def _unit(quantity: Mapping[str, Any]) -> str:
    """The UCUM code; where none was sent, the unit as printed."""
    return str(quantity.get("code") or quantity.get("unit") or "")


def times_upper_limit(part: Mapping[str, Any]) -> Decimal:
    """A liver test as a multiple of its own laboratory's upper limit (x ULN), to four decimals, half to even."""
    limits = [row["high"] for row in part.get("referenceRange", []) if row.get("high", {}).get("value")]
    if len(limits) != 1:
        raise NotTaken("it carries no single upper limit of normal, so no multiple of it can be given")
    quantity = part.get("valueQuantity", {})
    value = _quantity(quantity, frozenset({_unit(quantity)}))
    if _unit(limits[0]) != _unit(quantity):
        raise NotTaken("its upper limit of normal is in another unit; it is not converted")
    return (Decimal(value) / Decimal(limits[0]["value"])).quantize(ULN_STEP, rounding=ROUND_HALF_EVEN)


def check_room_air(observation: Mapping[str, Any]) -> None:
    """Refuse a saturation that was measured while oxygen was given."""
    if any(_code(part) in OXYGEN_GIVEN for part in observation.get("component", [])):
        raise NotTaken("it was measured with oxygen given, and the rule asks for room air")


def take_liver_panels(entries: Iterable[Entry], tray: Tray) -> None:
    """The day of each complete panel: ALT, AST, ALP, GGT and bilirubin sampled on one day."""
    parts: dict[date, dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        code = _code(entry.resource)
        at = instant(first_of(entry.resource, *TIMES))
        name = LIVER.get(code) or ("bilirubin" if code in BILIRUBIN else None)
        if name and at and entry.resource.get("status") in FINAL and "valueQuantity" in entry.resource:
            parts[at.date()][name] = entry
    for panel in parts.values():
        if len(panel) == PANEL_PARTS:
            at = instant(first_of(panel["alt_x_uln"].resource, *TIMES))
            assert at is not None  # noqa: S101  (only dated entries are in a panel)
            coding = _loinc(panel["alt_x_uln"].resource)
            tray.take(panel["alt_x_uln"], "liver_panel_on", at.date(), observed_at=at, coding=coding)


def _code(part: Mapping[str, Any]) -> str:
    """The LOINC code; empty when it has none, because a code of another system may be spelt the same."""
    coding = _loinc(part)
    return coding.code if coding.system == LOINC else ""


def _loinc(part: Mapping[str, Any]) -> Coding:
    """The LOINC code that a fact is read from; failing that, the first LOINC code, and then the first of all."""
    found = codings(part.get("code"))
    loinc = [coding for coding in found if coding.system == LOINC]
    known = [coding for coding in loinc if coding.code in MEASURES or coding.code in LIVER]
    nothing = Coding(system="", code="", text=words_of(part.get("code")))
    return next(iter(known or loinc or found), nothing)
