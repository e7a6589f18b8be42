"""Dose arithmetic of the careplan: one dosing field in, every other figure out. Pure: no Django, no clock, no float.

All mg are ketamine base. Between the typed number and the printed one nothing is rounded: amounts are carried in
sixtieths of a milligram, which are finite decimals for every rate and every whole minute, and each printed figure is
one division away from them. That one division is `cut_for_chart`, the border.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Context, Decimal, localcontext
from enum import StrEnum
from itertools import pairwise

MIN_PER_H = Decimal(60)
KG_PER_LB = Decimal("0.45359237")  # kg; the international pound, exact by definition
MAX_NUMBER = Decimal(10_000)  # above this no typed number of an order makes sense [design]

# The last printed digit of each unit on a chart [design]: a microgram, and what syringes and pumps can show.
MG_PLACE = Decimal("0.001")
MG_PER_KG_PLACE = Decimal("0.0001")
MG_PER_H_PLACE = Decimal("0.001")
MG_PER_KG_H_PLACE = Decimal("0.0001")
MG_PER_ML_PLACE = Decimal("0.0001")
ML_PLACE = Decimal("0.01")
ML_PER_H_PLACE = Decimal("0.01")

# Enough digits that no product or sum of an order's numbers is ever rounded; the division rounds toward zero.
_EXACT = Context(prec=80, rounding=ROUND_DOWN)


class OrderRefused(Exception):
    """The order cannot be written like this; the message says why and what to do."""


class NumberRefused(OrderRefused):
    """A typed number that two people could read differently, or that is no number."""


class Field(StrEnum):
    """The one field of an order in which the dose is typed; every other figure follows from it."""

    DOSE_MG_PER_KG = "dose_mg_per_kg"
    DOSE_MG = "dose_mg"
    RATE_MG_PER_KG_H = "rate_mg_per_kg_h"
    RATE_MG_PER_H = "rate_mg_per_h"

    @property
    def unit(self) -> str:
        return UNITS[self]

    @property
    def is_rate(self) -> bool:
        return self in {Field.RATE_MG_PER_KG_H, Field.RATE_MG_PER_H}

    @property
    def is_per_kg(self) -> bool:
        return self in {Field.DOSE_MG_PER_KG, Field.RATE_MG_PER_KG_H}


UNITS = {
    Field.DOSE_MG_PER_KG: "mg/kg",
    Field.DOSE_MG: "mg",
    Field.RATE_MG_PER_KG_H: "mg/kg/h",
    Field.RATE_MG_PER_H: "mg/h",
}


class OrderDrug(StrEnum):
    """Two different drugs that never exchange doses."""

    RACEMATE = "racemate"
    S_KETAMINE = "s_ketamine"


class StepKind(StrEnum):
    RATE = "rate"
    BOLUS = "bolus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """The weight that drives a dose and the day it was measured."""

    kg: Decimal
    measured_on: date

    def __post_init__(self) -> None:
        check_above_zero("The weight", self.kg, "kg")


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCondition:
    """A vital sign that ends a titration, as the nurse reads it: heart rate above 90 /min."""

    signal: str
    comparison: str  # "above" or "below"
    value: Decimal
    unit: str

    def __post_init__(self) -> None:
        if not self.signal or self.comparison not in {"above", "below"}:
            raise OrderRefused(
                "A stop condition names a vital sign and says above or below which value: complete it."
            )

    def __str__(self) -> str:
        return f"{self.signal} {self.comparison} {plain(self.value)} {self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of an infusion.

    A rate step's value is in the order's dosing field; a bolus is in mg/kg when that field is per kg, else in mg.
    """

    value: Decimal
    minutes: int
    kind: StepKind = StepKind.RATE
    stop_if: StopCondition | None = None

    def __post_init__(self) -> None:
        check_above_zero("The value of a step", self.value, "in its dosing field")
        check_above_zero("The duration of a step", Decimal(self.minutes), "min")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What is drawn and into what: the whole dose into a bag of known volume, or a bag of known concentration."""

    vial_mg_per_ml: Decimal
    bag_volume_ml: Decimal | None = None
    bag_mg_per_ml: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.bag_volume_ml is None) == (self.bag_mg_per_ml is None):
            raise OrderRefused(
                "Give either the volume of the bag (mL) or its concentration (mg/mL), not both."
            )
        check_above_zero("The strength of the vial", self.vial_mg_per_ml, "mg/mL")
        check_above_zero(
            "The volume or the concentration of the bag", self.bag_volume_ml or self.bag_mg_per_ml, ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GapDays:
    """Days from the start of one infusion to the start of the next."""

    minimum: int
    maximum: int

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.maximum:
            raise OrderRefused(
                f"A gap of {self.minimum} to {self.maximum} days cannot be kept: 1 day or more, low first."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSpec:
    """An order as plain values: what `figures` and the limits read."""

    protocol_id: str
    drug: OrderDrug
    setting: str  # outpatient | inpatient
    weight: Weight
    field: Field
    steps: tuple[Step, ...]
    preparation: Preparation
    infusions: int
    gap_days: GapDays | None = None

    def __post_init__(self) -> None:
        if not any(step.kind is StepKind.RATE for step in self.steps):
            raise OrderRefused("The order has no infusion step: add one with its duration in min.")
        if self.infusions < 1:
            raise OrderRefused(f"{self.infusions} infusions cannot be ordered: order 1 or more.")
        if (self.gap_days is None) != (self.infusions == 1):
            raise OrderRefused(
                "A series needs its gap in days, and a single infusion has none: correct the gap."
            )
        check_steps_can_stop(self)

    @property
    def minutes(self) -> int:
        """How long one infusion lasts, boluses included (min)."""
        return sum(step.minutes for step in self.steps)

    @property
    def rate_steps(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.kind is StepKind.RATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFigures:
    """One step in every unit, each cut to its last printed digit from the same exact amount."""

    kind: StepKind
    minutes: int
    mg: Decimal
    mg_per_kg: Decimal
    mg_per_h: Decimal
    mg_per_kg_h: Decimal
    ml: Decimal
    ml_per_h: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseFigures:
    """One infusion in every unit, its bag, and the whole course."""

    mg: Decimal
    mg_per_kg: Decimal
    ml: Decimal
    minutes: int
    steps: tuple[StepFigures, ...]
    bag_mg_per_ml: Decimal
    vial_ml: Decimal
    diluent_ml: Decimal
    course_mg: Decimal

    @property
    def first_rate(self) -> StepFigures:
        """The first infusion step: the rate that a nurse sets at the start."""
        return next(step for step in self.steps if step.kind is StepKind.RATE)


def figures(order: OrderSpec) -> DoseFigures:
    """Every figure of an order; all agree, because each is cut once from the same exact amounts."""
    total = infusion_sixtieths_mg(order)
    weight_kg, (top, bottom) = order.weight.kg, bag_concentration(order)
    vial = order.preparation.vial_mg_per_ml
    with localcontext(_EXACT):
        return DoseFigures(
            mg=cut_for_chart(total, MIN_PER_H, MG_PLACE),
            mg_per_kg=cut_for_chart(total, MIN_PER_H * weight_kg, MG_PER_KG_PLACE),
            ml=cut_for_chart(total * bottom, MIN_PER_H * top, ML_PLACE),
            minutes=order.minutes,
            steps=tuple(_step_figures(order, step) for step in order.steps),
            bag_mg_per_ml=cut_for_chart(top, bottom, MG_PER_ML_PLACE),
            vial_ml=cut_for_chart(total, MIN_PER_H * vial, ML_PLACE),
            diluent_ml=cut_for_chart(total * (bottom * vial - top), MIN_PER_H * top * vial, ML_PLACE),
            course_mg=cut_for_chart(total * order.infusions, MIN_PER_H, MG_PLACE),
        )


def _step_figures(order: OrderSpec, step: Step) -> StepFigures:
    amount, minutes, weight_kg = sixtieths_mg(order, step), Decimal(step.minutes), order.weight.kg
    top, bottom = bag_concentration(order)
    return StepFigures(
        kind=step.kind,
        minutes=step.minutes,
        mg=cut_for_chart(amount, MIN_PER_H, MG_PLACE),
        mg_per_kg=cut_for_chart(amount, MIN_PER_H * weight_kg, MG_PER_KG_PLACE),
        mg_per_h=cut_for_chart(amount, minutes, MG_PER_H_PLACE),
        mg_per_kg_h=cut_for_chart(amount, minutes * weight_kg, MG_PER_KG_H_PLACE),
        ml=cut_for_chart(amount * bottom, MIN_PER_H * top, ML_PLACE),
        ml_per_h=cut_for_chart(amount * bottom, minutes * top, ML_PER_H_PLACE),
    )


def cut_for_chart(top: Decimal, bottom: Decimal, place: Decimal) -> Decimal:
    """A fraction cut to the last printed digit: never rounded up, so no printed figure is above the exact one."""
    with localcontext(_EXACT):
        return (top / bottom).quantize(place, rounding=ROUND_DOWN)


def sixtieths_mg(order: OrderSpec, step: Step) -> Decimal:
    """What a step gives, in sixtieths of a milligram: exact for every rate and every whole minute."""
    per_kg = order.weight.kg if order.field.is_per_kg else Decimal(1)
    minutes = Decimal(step.minutes) if order.field.is_rate and step.kind is StepKind.RATE else MIN_PER_H
    with localcontext(_EXACT):
        return step.value * per_kg * minutes


def infusion_sixtieths_mg(order: OrderSpec, *, kinds: Iterable[StepKind] = StepKind) -> Decimal:
    """What one infusion gives, in sixtieths of a milligram; of some kinds of steps only, when asked."""
    wanted = set(kinds)
    with localcontext(_EXACT):
        return sum(
            (sixtieths_mg(order, step) for step in order.steps if step.kind in wanted), start=Decimal(0)
        )


def bag_concentration(order: OrderSpec) -> tuple[Decimal, Decimal]:
    """Concentration of the bag as an exact fraction (mg, mL)."""
    preparation = order.preparation
    if preparation.bag_mg_per_ml is not None:
        return preparation.bag_mg_per_ml, Decimal(1)
    with localcontext(_EXACT):
        return infusion_sixtieths_mg(order), MIN_PER_H * (preparation.bag_volume_ml or Decimal(0))


def value_in(field: Field, *, sixtieths: Decimal, minutes: int, weight_kg: Decimal) -> Decimal:
    """An amount given evenly over some minutes, restated in any dosing field (80 digits, not for the chart)."""
    over = Decimal(minutes) if field.is_rate else MIN_PER_H
    with localcontext(_EXACT):
        return sixtieths / (over * weight_kg if field.is_per_kg else over)


def check_steps_can_stop(order: OrderSpec) -> None:
    """Every step that raises the rate says at which vital sign the titration stops."""
    for before, step in pairwise(order.rate_steps):
        slower = sixtieths_mg(order, before) * step.minutes
        if sixtieths_mg(order, step) * before.minutes > slower and step.stop_if is None:
            raise OrderRefused(
                f"A step raises the rate to {plain(step.value)} {order.field.unit} without a stop condition: name the "
                "vital sign that ends the titration, for example heart rate above 90 /min."
            )


def check_above_zero(name: str, value: Decimal | None, unit: str) -> None:
    """The value is a finite number above zero."""
    if value is None or not value.is_finite() or value <= 0:
        raise OrderRefused(f"{name} is {value} {unit}: enter a number above zero.".replace("  ", " "))


_PLAIN_NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")
_NEARLY = (  # how it looks, why it is refused
    (re.compile(r"\.[0-9]+"), "starts with a point: write a zero before it, such as 0.5"),
    (re.compile(r"[0-9]+\."), "ends with a point: write the whole number without it, such as 5"),
    (re.compile(r"[0-9]+\.[0-9]*0"), "ends with a zero after the point: write 5 for 5.0 and 0.5 for 0.50"),
    (
        re.compile(r"[0-9]*,[0-9,.]*"),
        "has a comma: write a point before the decimals, and nothing between thousands",
    ),
    (re.compile(r"[0-9.]+[eE][-+]?[0-9]+"), "has an exponent: write the number out"),
    (re.compile(r"[-+−].*"), "has a sign: doses, weights and rates are written without one"),
    (re.compile(r"0[0-9].*"), "starts with a zero that means nothing: leave it out"),
    (re.compile(r"[0-9]+\s.*"), "has a space or a unit inside: write the number alone"),
)


def parse_number(text: str, *, name: str, unit: str, decimals: int = 4) -> Decimal:
    """A typed number above zero that has one reading only; what was typed is never repeated in the message."""
    typed = text.strip(" ")
    if not typed:
        raise NumberRefused(f"{name} is missing: enter it in {unit}.")
    if not _PLAIN_NUMBER.fullmatch(typed):
        why = next(
            (words for form, words in _NEARLY if form.fullmatch(typed)), "is not a plain number: use 0 to 9"
        )
        raise NumberRefused(f"{name} ({unit}) {why}.")
    number = Decimal(typed)
    if not 0 < number < MAX_NUMBER or len(typed.partition(".")[2]) > decimals:
        raise NumberRefused(
            f"{name} must be above zero and below {MAX_NUMBER} {unit}, with at most {decimals} decimals: correct it."
        )
    return number


def plain(value: Decimal) -> str:
    """A decimal as a person writes it: no exponent, no zeros that mean nothing."""
    return f"{value.normalize():f}"
