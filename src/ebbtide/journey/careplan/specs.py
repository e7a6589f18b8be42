"""From the record's rows to the plain values that the rules read, and back. The border between charted and computed."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from ebbtide.journey.careplan.dosing import (
    Field,
    GapDays,
    OrderDrug,
    OrderSpec,
    Preparation,
    Step,
    StepKind,
    StopCondition,
    Weight,
    figures,
    plain,
)
from ebbtide.journey.careplan.models import OrderVersion
from ebbtide.pharmacology.people.person import Person, Sex
from ebbtide.pharmacology.previews import DEFAULT_MODELS, Preview, preview
from ebbtide.pharmacology.published.models import Drug
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule


def step_as_json(step: Step) -> dict[str, Any]:
    """A step as the record keeps it: numbers as they were typed."""
    stop = step.stop_if
    condition = (
        None
        if stop is None
        else {
            "signal": stop.signal,
            "comparison": stop.comparison,
            "value": plain(stop.value),
            "unit": stop.unit,
        }
    )
    return {
        "kind": step.kind.value,
        "value": plain(step.value),
        "minutes": step.minutes,
        "stop_if": condition,
    }


def step_from_json(row: dict[str, Any]) -> Step:
    """A step of the record as the rules read it."""
    stop = row.get("stop_if")
    condition = (
        None
        if stop is None
        else StopCondition(
            signal=stop["signal"],
            comparison=stop["comparison"],
            value=Decimal(stop["value"]),
            unit=stop["unit"],
        )
    )
    return Step(
        value=Decimal(row["value"]),
        minutes=int(row["minutes"]),
        kind=StepKind(row["kind"]),
        stop_if=condition,
    )


def spec_of(order: OrderVersion) -> OrderSpec:
    """An order of the record as the rules read it."""
    gap = None
    if order.gap_days_min is not None and order.gap_days_max is not None:
        gap = GapDays(minimum=order.gap_days_min, maximum=order.gap_days_max)
    return OrderSpec(
        protocol_id=order.protocol.key,
        drug=OrderDrug(order.drug),
        setting=order.setting,
        weight=Weight(
            kg=order.weight_kg, measured_on=(order.weight.observed_at or order.weight.recorded_at).date()
        ),
        field=Field(order.dose_field),
        steps=tuple(step_from_json(row) for row in order.steps),
        preparation=Preparation(vial_mg_per_ml=order.vial_mg_per_ml, bag_volume_ml=order.bag_volume_ml),
        infusions=order.infusions,
        gap_days=gap,
    )


def schedule_of(spec: OrderSpec) -> Schedule:
    """One infusion of an order as the pharmacology reads it: here, once, exact Decimals become floats (h, mg, mg/h)."""
    infusions, boluses, at_min = [], [], 0
    for step, shown in zip(spec.steps, figures(spec).steps, strict=True):
        start_h, end_h = at_min / 60, (at_min + step.minutes) / 60
        if step.kind is StepKind.BOLUS:
            boluses.append(Bolus(at_h=start_h, amount_mg=float(shown.mg), over_h=end_h - start_h))
        else:
            infusions.append(Infusion(start_h=start_h, end_h=end_h, rate_mg_per_h=float(shown.mg_per_h)))
        at_min += step.minutes
    return Schedule(infusions=tuple(infusions), boluses=tuple(boluses))


def previews_of(spec: OrderSpec, *, age_y: int | None, sex: str, crps: bool) -> list[Preview]:
    """What two arterial models and a venous one say of one infusion of the order, or why they do not."""
    person = Person(
        age_y=age_y,
        weight_kg=float(spec.weight.kg),
        sex=Sex(sex) if sex in {Sex.FEMALE.value, Sex.MALE.value} else None,
    )
    drug = Drug.RACEMIC if spec.drug is OrderDrug.RACEMATE else Drug.S
    return preview(schedule=schedule_of(spec), person=person, drug=drug, crps_course=crps)


def kept_preview(previews: list[Preview]) -> dict[str, Any]:
    """What the signature keeps of the preview: model, parameter hash, site, band and sentence; not a drawing.

    The seed and the number of virtual people are kept so that the band can be drawn again as it was shown.
    """
    return {
        shown.model_id: {
            "outcome": shown.outcome.value,
            "advice": shown.advice,
            **(
                {}
                if shown.curve is None
                else {
                    "site": shown.curve.site.value,
                    "parameter_hash": shown.curve.parameter_hash,
                    "engine_version": shown.curve.engine_version,
                    "band_people": shown.curve.people,
                    "band_seed": shown.curve.seed,
                    "peak_ng_per_ml": round(shown.curve.peak_ng_per_ml, 1),
                    "peak_at_min": round(shown.curve.peak_at_min, 1),
                }
            ),
        }
        for shown in previews
    }


def marks_of(spec: OrderSpec) -> list[dict[str, Any]]:
    """What stands under the time axis of the preview: each step with its rate (min)."""
    marks, at_min = [], 0
    for step, shown in zip(spec.steps, figures(spec).steps, strict=True):
        marks.append({"from": at_min, "to": at_min + step.minutes, "words": f"{plain(shown.mg_per_h)} mg/h"})
        at_min += step.minutes
    return marks


def question_of(spec: OrderSpec, *, age_y: int | None) -> str:
    """The order's numbers as the page of models reads them from its address; empty where one line cannot say them."""
    if age_y is None or len(spec.steps) != 1 or spec.steps[0].kind is StepKind.BOLUS:
        return ""
    return urlencode(
        {
            "drug": Drug.RACEMIC if spec.drug is OrderDrug.RACEMATE else Drug.S,
            "weight_kg": plain(spec.weight.kg),
            "age_y": age_y,
            "dose": plain(spec.steps[0].value),
            "dose_unit": spec.field.unit,
            "duration_min": spec.steps[0].minutes,
            "models": DEFAULT_MODELS,
        },
        doseq=True,
    )
