"""From the record's rows to the plain values that the rules read, and back. The border between charted and computed."""

from decimal import Decimal
from typing import Any

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
from ebbtide.pharmacology import two_figures
from ebbtide.pharmacology.models import Drug
from ebbtide.pharmacology.people import Person, Sex
from ebbtide.pharmacology.preview import Outcome, Preview, preview
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
    """What several models, arterial and venous, say of one infusion of the order, or why they do not."""
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


NAMES = {"kamp_2020": "Kamp 2020", "otto_2021": "Otto 2021", "simons_2022": "Simons 2022"}


def named(previews: list[Preview]) -> list[tuple[str, Preview]]:
    """Each answer with the name of its model as the chart says it."""
    return [(NAMES.get(shown.model_id, shown.model_id), shown) for shown in previews]


def chart_of(previews: list[Preview], spec: OrderSpec) -> dict[str, Any] | None:
    """The picture of the preview as chart.js draws it: one time axis, each curve with its site and its band."""
    curves = [
        shown.curve for shown in previews if shown.outcome is Outcome.PREDICTED and shown.curve is not None
    ]
    if not curves:
        return None
    minutes = sorted({m for curve in curves for m in curve.minutes})
    marks, at_min = [], 0
    for step, shown in zip(spec.steps, figures(spec).steps, strict=True):
        marks.append({"from": at_min, "to": at_min + step.minutes, "words": f"{plain(shown.mg_per_h)} mg/h"})
        at_min += step.minutes
    return {
        "words": "; ".join(
            f"{NAMES.get(c.model_id, c.model_id)}, {c.site.value}: highest {two_figures(c.peak_ng_per_ml)} ng/mL at {c.peak_at_min:.0f} min"
            for c in curves
        ),
        "x": {"label": "Time since the start", "unit": "min", "values": minutes},
        "y": {"label": "Predicted concentration", "unit": "ng/mL"},
        "series": [
            {"name": f"{NAMES.get(c.model_id, c.model_id)}, {c.site.value}", **_on(minutes, c)}
            for c in curves
        ],
        "zones": [],
        "marks": marks,
    }


def _on(minutes: list[float], curve: Any) -> dict[str, list[float | None]]:
    # a curve has no value where its own grid has none: a gap is never filled
    found = {m: i for i, m in enumerate(curve.minutes)}

    def at(values: tuple[float, ...]) -> list[float | None]:
        return [round(values[found[m]], 1) if m in found else None for m in minutes]

    return {
        "values": at(curve.ng_per_ml),
        "low": at(curve.lower_ng_per_ml),
        "high": at(curve.upper_ng_per_ml),
    }
