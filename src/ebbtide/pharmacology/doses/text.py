"""Doses in writing: what a person types at the command line, read into values, and values written back the same way.

| what | form | examples |
|---|---|---|
| infusion of an amount | AMOUNT/DURATION[@START] | ``35mg/40min``, ``0.5mg/kg/40min``, ``20mg/30min@60min`` |
| infusion at a rate | RATE/DURATION[@START] | ``24.5mg/h/4h``, ``0.35mg/kg/h/4h@1h`` |
| bolus | AMOUNT[@START] | ``10mg``, ``0.1mg/kg@5min`` |
| pause | LENGTH@START | ``20min@30min`` |

Times are min or h from time zero, amounts mg or mg/kg of free base, rates mg/h or mg/kg/h. Numbers take a decimal
point and never a comma, no sign, no powers of ten, and a digit before the point: ``0.5``. What is written stays a
:class:`~decimal.Decimal`; :func:`schedule_of` alone turns it into floats. The grammar is our own [design]; that
writing and reading round-trip is checked in tests/pharmacology/test_dose_text.py.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ebbtide.pharmacology.errors import UnreadableDose
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule

BOLUS_LASTS_MIN = 1  # min [design]: policy_validity's bolus_min_duration_min, a push that the blood can mix
MIN_PER_H = 60
NUMBER = re.compile(
    r"[0-9]{1,9}(\.[0-9]{1,18})?"
)  # no dose, time or weight is longer; 27 digits stay exact in Decimal
QUANTITY = re.compile(r"\s*(?P<number>[^A-Za-z/]*?)\s*(?P<unit>[A-Za-z/\s]*?)\s*")
AROUND_A_SLASH = re.compile(r"\s*/\s*")


class TimeUnit(StrEnum):
    """Units of a time in writing."""

    MINUTE = "min"
    HOUR = "h"


class DoseUnit(StrEnum):
    """Units of a dose in writing: amounts, and rates."""

    MG = "mg"
    MG_PER_KG = "mg/kg"
    MG_PER_H = "mg/h"
    MG_PER_KG_H = "mg/kg/h"


AMOUNTS = (DoseUnit.MG, DoseUnit.MG_PER_KG)
PER_KG = (DoseUnit.MG_PER_KG, DoseUnit.MG_PER_KG_H)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenTime:
    """A time or a length of time as it was written, zero or more."""

    value: Decimal
    unit: TimeUnit

    @property
    def minutes(self) -> Decimal:
        """The same in minutes, exactly (min)."""
        return self.value if self.unit is TimeUnit.MINUTE else self.value * MIN_PER_H

    def __str__(self) -> str:
        return f"{plainly(self.value)}{self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDose:
    """An amount (mg, mg/kg) or a rate (mg/h, mg/kg/h) as it was written, above zero."""

    value: Decimal
    unit: DoseUnit

    def for_weight(self, weight_kg: float) -> float:
        """The amount (mg) or the rate (mg/h) in a person of this weight (kg)."""
        return float(self.value) * (weight_kg if self.unit in PER_KG else 1.0)

    def __str__(self) -> str:
        return f"{plainly(self.value)}{self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenInfusion:
    """A constant-rate infusion as it was written; ``start`` is ``None`` when it starts at time zero."""

    dose: WrittenDose
    duration: WrittenTime
    start: WrittenTime | None = None

    def __str__(self) -> str:
        return f"{self.dose}/{self.duration}{_at(self.start)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBolus:
    """A bolus as it was written; ``start`` is ``None`` when it is given at time zero. It lasts 1 min."""

    dose: WrittenDose
    start: WrittenTime | None = None

    def __str__(self) -> str:
        return f"{self.dose}{_at(self.start)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPause:
    """A pause as it was written: for how long, and from when."""

    length: WrittenTime
    start: WrittenTime

    def __str__(self) -> str:
        return f"{self.length}{_at(self.start)}"


def plainly(value: Decimal) -> str:
    """A number without powers of ten and without zeros at its end: 40, 0.5, 24.5."""
    return f"{value.normalize():f}"


def _at(start: WrittenTime | None) -> str:
    return "" if start is None else f"@{start}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What is being read, for the sentence that says what is wrong with it."""

    text: str
    what: str
    right: str

    def refused(self, wrong: str) -> UnreadableDose:
        return UnreadableDose(f"{self.text!r} cannot be read as {self.what}: {wrong}. Write {self.right}.")


def read_infusion(text: str) -> WrittenInfusion:
    """The infusion that a text such as ``35mg/40min`` or ``0.35mg/kg/h/4h@60min`` says.

    Raises:
        UnreadableDose: The text is not in the grammar; the sentence says what is wrong and shows what is right.
    """
    reading = _Reading(
        text=text,
        what="an infusion",
        right="for example 35mg/40min, 0.5mg/kg/40min, 24.5mg/h/4h or 0.35mg/kg/h/4h, with @60min after it where it "
        "starts later",
    )
    given, start = _parted_at_start(reading)
    dose, slash, duration = given.rpartition("/")
    if not slash or duration.strip() in {"h", "kg"}:
        raise reading.refused("it does not say over how long")
    return WrittenInfusion(
        dose=_dose(dose, tuple(DoseUnit), reading=reading),
        duration=_above_zero(
            _time(duration, "the duration", reading=reading), "the duration", reading=reading
        ),
        start=start,
    )


def read_bolus(text: str) -> WrittenBolus:
    """The bolus that a text such as ``10mg@5min`` or ``0.1mg/kg`` says.

    Raises:
        UnreadableDose: The text is not in the grammar; the sentence says what is wrong and shows what is right.
    """
    reading = _Reading(
        text=text, what="a bolus", right="for example 10mg@5min or 0.1mg/kg@5min; it lasts 1 min"
    )
    given, start = _parted_at_start(reading)
    return WrittenBolus(dose=_dose(given, AMOUNTS, reading=reading), start=start)


def read_pause(text: str) -> WrittenPause:
    """The pause that a text such as ``20min@30min`` says.

    Raises:
        UnreadableDose: The text is not in the grammar; the sentence says what is wrong and shows what is right.
    """
    reading = _Reading(text=text, what="a pause", right="its length and its start, for example 20min@30min")
    length, start = _parted_at_start(reading)
    if start is None:
        raise reading.refused("it does not say when it starts")
    return WrittenPause(
        length=_above_zero(_time(length, "the length", reading=reading), "the length", reading=reading),
        start=start,
    )


def read_duration(text: str) -> WrittenTime:
    """The length of time that a text such as ``40min`` or ``4h`` says, above zero.

    Raises:
        UnreadableDose: The text is not in the grammar; the sentence says what is wrong and shows what is right.
    """
    reading = _Reading(text=text, what="a duration", right="for example 40min or 4h")
    return _above_zero(_time(text, "the duration", reading=reading), "the duration", reading=reading)


def read_number(text: str) -> Decimal:
    """A number as doses are written: digits and a decimal point, zero or more.

    Raises:
        UnreadableDose: It is anything else, a comma for a point included.
    """
    if "," in text:
        raise UnreadableDose(f"{text!r} has a comma: write a decimal point, and nothing between thousands")
    if text.startswith("."):
        raise UnreadableDose(f"{text!r} begins with its point: write a zero before it, as in 0{text}")
    if not NUMBER.fullmatch(text):
        raise UnreadableDose(f"{text!r} is not a number of digits with a decimal point")
    return Decimal(text)


def _parted_at_start(reading: _Reading) -> tuple[str, WrittenTime | None]:
    """What stands before the @, and the start that stands after it."""
    given, sign, start = reading.text.partition("@")
    return given, _time(start, "the start", reading=reading) if sign else None


def _dose(text: str, allowed: tuple[DoseUnit, ...], *, reading: _Reading) -> WrittenDose:
    number, unit = _quantity(text, "the dose", [str(one) for one in allowed], reading=reading)
    if not number > 0:
        raise reading.refused(f"the dose is {plainly(number)} {unit} and must be above zero")
    return WrittenDose(value=number, unit=DoseUnit(unit))


def _time(text: str, name: str, *, reading: _Reading) -> WrittenTime:
    number, unit = _quantity(text, name, [str(one) for one in TimeUnit], reading=reading)
    return WrittenTime(value=number, unit=TimeUnit(unit))


def _above_zero(time: WrittenTime, name: str, *, reading: _Reading) -> WrittenTime:
    if not time.value > 0:
        raise reading.refused(f"{name} is {time} and must be above zero")
    return time


def _quantity(text: str, name: str, units: Sequence[str], *, reading: _Reading) -> tuple[Decimal, str]:
    """The number and the unit of one part of a text."""
    found = QUANTITY.fullmatch(text)
    if found is None or not found["number"]:
        raise reading.refused(f"{name} {text.strip()!r} is not a number with a unit after it")
    number, unit = found["number"], AROUND_A_SLASH.sub("/", found["unit"])
    if not unit:
        raise reading.refused(f"{name} {number!r} has no unit ({_either(units)})")
    if unit not in units:
        raise reading.refused(f"{name} is in {unit!r}, which is not one of its units ({_either(units)})")
    try:
        return read_number(number), unit
    except UnreadableDose as refusal:
        raise reading.refused(f"in {name}, {refusal}") from refusal


def _either(units: Sequence[str]) -> str:
    return f"{', '.join(units[:-1])} or {units[-1]}"


def schedule_of(
    *,
    infusions: Sequence[WrittenInfusion] = (),
    boluses: Sequence[WrittenBolus] = (),
    pauses: Sequence[WrittenPause] = (),
    weight_kg: float,
) -> Schedule:
    """The schedule that written doses say for a person of this weight (kg), in h, mg and mg/h.

    Here writing becomes arithmetic: ends are added up as decimals first, so an infusion that starts when another ends
    starts at the same float. A bolus goes in evenly over 1 min. Pauses are taken in the order of their starts, which
    are times by the clock, earlier pauses included; each delays what was due from its start on, and the amount stays
    the same (:meth:`~ebbtide.pharmacology.schedule.Schedule.paused`).
    """
    schedule = Schedule(
        infusions=tuple(_infusion(written, weight_kg) for written in infusions),
        boluses=tuple(_bolus(written, weight_kg) for written in boluses),
    )
    for pause in sorted(pauses, key=lambda pause: pause.start.minutes):
        schedule = schedule.paused(at_h=_hours(pause.start.minutes), for_h=_hours(pause.length.minutes))
    return schedule


def _infusion(written: WrittenInfusion, weight_kg: float) -> Infusion:
    start_min = _start_min(written.start)
    dose = written.dose.for_weight(weight_kg)
    amount = written.dose.unit in AMOUNTS
    return Infusion(
        start_h=_hours(start_min),
        end_h=_hours(start_min + written.duration.minutes),
        rate_mg_per_h=dose / _hours(written.duration.minutes) if amount else dose,
    )


def _bolus(written: WrittenBolus, weight_kg: float) -> Bolus:
    return Bolus(
        at_h=_hours(_start_min(written.start)),
        amount_mg=written.dose.for_weight(weight_kg),
        over_h=BOLUS_LASTS_MIN / MIN_PER_H,
    )


def _start_min(start: WrittenTime | None) -> Decimal:
    return Decimal(0) if start is None else start.minutes


def _hours(minutes: Decimal) -> float:
    return float(minutes) / MIN_PER_H
