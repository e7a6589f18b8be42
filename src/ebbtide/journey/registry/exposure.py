"""Exposure of one infusion, worked out from what was given: no clock, no database.

A model is asked through ``ebbtide.pharmacology.previews``: what it cannot cover is a sentence and never a number, and
the racemate through a model of S-ketamine alone is a comparison and is called so.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any

from ebbtide.pharmacology.people.person import Person
from ebbtide.pharmacology.previews import ENGINE_VERSION, Asked, Preview, answers
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.schedule import Schedule

MG_PER_KG_STEP = Decimal("0.001")  # mg/kg; [design] finer than any syringe of this clinic
HOURS_STEP = Decimal("0.001")  # h; 3.6 s


class Reading(StrEnum):
    """How one model's answer may be read."""

    PREDICTED = "predicted"
    COMPARISON = "comparison"
    OUTSIDE = "outside_model_range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one infusion gave, and to whom as far as a model asks; ``None`` is not recorded.

    Attributes:
        schedule: Everything given, from the start of the infusion (h, mg, mg/h of base).
        mg: The same as charted (mg of base).
        hours: From the start to the stop (h).
        drug: What was given.
        weight_kg: The weight that the order stands on (kg).
        age_y: Completed years on the day.
        pregnant: ``True`` when known to be pregnant.
        crps_course: Whether this belongs to a course for CRPS, which may last to 120 h.
    """

    schedule: Schedule
    mg: Decimal
    hours: Decimal
    drug: Drug
    weight_kg: Decimal | None
    age_y: int | None
    pregnant: bool | None = None
    crps_course: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureFigures:
    """The exposure row: what was given (mg, mg/kg, h), and each offered model's answer as it is kept (by model id)."""

    mg: Decimal
    mg_per_kg: Decimal | None
    hours: Decimal
    predicted: dict[str, dict[str, Any]]
    engine_version: str = ENGINE_VERSION


def exposure_of(given: Given) -> ExposureFigures:
    """Mass, mass per weight, time, and the predicted peak (ng/mL) and area (ng·h/mL) of every offered model."""
    return ExposureFigures(
        mg=given.mg,
        mg_per_kg=mg_per_kg(mg=given.mg, weight_kg=given.weight_kg),
        hours=given.hours.quantize(HOURS_STEP, rounding=ROUND_HALF_EVEN),
        predicted=predicted_of(given),
    )


def mg_per_kg(*, mg: Decimal, weight_kg: Decimal | None) -> Decimal | None:
    """What was given by weight (mg/kg, to 0.001, half to even); without a weight there is none."""
    if weight_kg is None or weight_kg <= 0:
        return None
    return (mg / weight_kg).quantize(MG_PER_KG_STEP, rounding=ROUND_HALF_EVEN)


def predicted_of(given: Given) -> dict[str, dict[str, Any]]:
    """What each offered model says, with what must stand beside it: site, drug, source, mark, hash and engine."""
    library = the_library()
    asked = Asked(
        schedule=given.schedule,
        person=Person(
            age_y=given.age_y,
            weight_kg=None if given.weight_kg is None else float(given.weight_kg),
            pregnant=given.pregnant,
        ),
        drug=given.drug,
        crps_course=given.crps_course,
        people=0,  # a row keeps peaks and areas and draws no band
    )
    found = answers(asked, model_ids=[model.id for model in library.offered])
    return {answer.model_id: _kept(answer, given.drug) for answer in found}


def _kept(answer: Preview, drug: Drug) -> dict[str, Any]:
    model = the_library().model(answer.model_id)
    kept: dict[str, Any] = {
        "reading": _reading(answer, drug, model.drugs).value,
        "site": model.site.value,
        "models_drug": [part.value for part in model.drugs],
        "given": drug.value,
        "source": model.source,
        "mark": model.mark.value,
        "parameter_hash": model.parameter_hash,
        "engine_version": ENGINE_VERSION,
        "advice": answer.advice,
    }
    if answer.curve is not None:
        kept |= {
            "peak_ng_per_ml": round(answer.curve.peak_ng_per_ml, 1),
            "peak_at_min": round(answer.curve.peak_at_min, 1),
            "auc_ng_h_per_ml": round(answer.curve.auc_ng_h_per_ml, 1),
            "auc_until_min": round(answer.curve.minutes[-1], 1),
            "cautions": list(answer.curve.cautions),
        }
    return kept


def _reading(answer: Preview, drug: Drug, modelled: tuple[Drug, ...]) -> Reading:
    if answer.curve is None:
        return Reading.OUTSIDE
    return Reading.PREDICTED if drug in modelled else Reading.COMPARISON
