"""Golden values: concentrations that were computed elsewhere, as data, and how near the closed form comes to them.

They were computed with a matrix exponential and agree with a stiff solver to 1e-13; they stand in the data file with
six to eight figures. They hold the arithmetic, and say nothing of people. No file is opened here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.chains import metabolite_concentrations_ng_per_ml
from ebbtide.pharmacology.engine.closed_form import concentration_ng_per_ml
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import KETAMINE
from ebbtide.pharmacology.published import reading
from ebbtide.pharmacology.published.reading import Data
from ebbtide.pharmacology.schedule import Infusion, Schedule
from ebbtide.pharmacology.validation.observed import reference_body
from ebbtide.pharmacology.validation.targets import by_minute_of

GOLDEN_CURVES = "ng_per_ml_at_min"
MIN_PER_H = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenCurve:
    """Concentrations computed elsewhere: one species of one model under one regimen, ng/mL by the minute."""

    regimen: str
    model_id: str
    species: str
    ng_per_ml_at_min: Mapping[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A constant rate (mg/h) from one minute to another."""

    start_min: float
    end_min: float
    rate_mg_per_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """The golden values: regimens as steps, curves, and the relative difference that is allowed."""

    steps: Mapping[str, tuple[Step, ...]]
    curves: tuple[GoldenCurve, ...]
    tolerance_relative: float


def parse_golden(data: Data) -> Golden:
    """The golden values of a data file."""
    golden = reading.mapping_of(data.get("golden"), where="golden")
    regimens = reading.mapping_of(golden.get("regimens"), where="golden, regimens")
    return Golden(
        steps={name: _steps(value, where=f"golden, {name}") for name, value in regimens.items()},
        curves=tuple(_curves(golden)),
        tolerance_relative=reading.number_of(
            golden.get("tolerance_relative"), where="golden, tolerance_relative"
        ),
    )


def _steps(value: object, *, where: str) -> tuple[Step, ...]:
    parts = reading.sequence_of(reading.mapping_of(value, where=where).get("steps"), where=where)
    numbers = [reading.numbers_by_name(part, where=where) for part in parts]
    return tuple(
        Step(start_min=part["start_min"], end_min=part["end_min"], rate_mg_per_h=part["rate_mg_h"])
        for part in numbers
    )


def _curves(golden: Data) -> Iterator[GoldenCurve]:
    where = f"golden, {GOLDEN_CURVES}"
    for regimen, models in reading.mapping_of(golden.get(GOLDEN_CURVES), where=where).items():
        for model_id, species in reading.mapping_of(models, where=where).items():
            for name, points in reading.mapping_of(species, where=where).items():
                values = by_minute_of(points, where=f"{where}, {model_id}, {name}")
                yield GoldenCurve(regimen=regimen, model_id=model_id, species=name, ng_per_ml_at_min=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenMatch:
    """How near the library comes to the golden values.

    Attributes:
        values: How many were compared.
        worst_relative: The largest relative difference.
        tolerance_relative: What is allowed.
    """

    values: int
    worst_relative: float
    tolerance_relative: float


def golden_match(golden: Golden) -> GoldenMatch:
    """Every golden concentration against the closed form in the reference adult."""
    differences = np.concatenate(
        [
            np.abs(
                _species(
                    curve.model_id,
                    curve.species,
                    _given(golden, curve.regimen),
                    np.array([*curve.ng_per_ml_at_min]) / MIN_PER_H,
                )
                / np.array([*curve.ng_per_ml_at_min.values()])
                - 1.0
            )
            for curve in golden.curves
        ]
    )
    return GoldenMatch(
        values=differences.size,
        worst_relative=float(differences.max()),
        tolerance_relative=golden.tolerance_relative,
    )


def _given(golden: Golden, regimen: str) -> Schedule:
    return Schedule(
        infusions=tuple(
            Infusion(
                start_h=step.start_min / MIN_PER_H,
                end_h=step.end_min / MIN_PER_H,
                rate_mg_per_h=step.rate_mg_per_h,
            )
            for step in golden.steps[regimen]
        )
    )


def _species(model_id: str, species: str, schedule: Schedule, times_h: FloatArray) -> FloatArray:
    body = reference_body(model_id)
    if species == KETAMINE:
        return concentration_ng_per_ml(body=body, schedule=schedule, times_h=times_h)
    return metabolite_concentrations_ng_per_ml(body=body, schedule=schedule, times_h=times_h)[species]
