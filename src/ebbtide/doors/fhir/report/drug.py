"""The report's drug: each rate period and each bolus as one MedicationAdministration; their amounts add up to the given one exactly."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ebbtide.doors.fhir.report.codes import DRUGS, ROUTES, UNITS, quantity
from ebbtide.doors.fhir.report.places import Places
from ebbtide.doors.fhir.report.told import Report
from ebbtide.journey.infusion.events import UG_PER_MG, Event
from ebbtide.journey.infusion.flow import BolusPart, RatePeriod
from ebbtide.journey.infusion.session import SessionState

Part = RatePeriod | BolusPart


def parts_of(state: SessionState) -> list[Part]:
    """Every rate period and bolus, in the order in which they began."""
    return sorted(
        [*state.periods, *state.boluses], key=lambda one: (one.start_at, isinstance(one, BolusPart))
    )


def amounts_ug(parts: Sequence[Part], at: datetime) -> list[int]:
    """What each part gave (whole µg): they sum to the amount that the fold gives, which is cut downward once.

    A part gives an exact fraction of a µg; each is cut against the running sum, so no µg is lost or made between them.
    """
    sums = [Fraction(0)]
    for part in parts:
        sums.append(sums[-1] + part.given_ug(at))
    return [math.floor(after) - math.floor(before) for before, after in pairwise(sums)]


def administrations(report: Report, places: Places) -> list[dict[str, Any]]:
    """The infusion's own drug, part by part, then every other drug that was charted."""
    at = report.state.stopped_at or report.left_at
    parts = parts_of(report.state)
    own = [
        _own(report, places, part, ug, number)
        for number, (part, ug) in enumerate(zip(parts, amounts_ug(parts, at), strict=True), start=1)
    ]
    return [*own, *(_other(places, event) for event in report.state.drugs)]


def _own(report: Report, places: Places, part: Part, ug: int, number: int) -> dict[str, Any]:
    return {
        "resourceType": "MedicationAdministration",
        "id": places.id(f"given/{number}"),
        "status": "completed",
        "medicationCodeableConcept": DRUGS.get(report.drug, {"text": report.drug.replace("_", "-")}),
        "subject": places.patient,
        "context": places.encounter,
        **_when(report, part),
        "dosage": {
            "text": _words(part),
            "route": ROUTES["iv"],
            "dose": quantity(Decimal(ug) / UG_PER_MG, "mg", "mg"),
            **_rate(part),
        },
    }


def _when(report: Report, part: Part) -> dict[str, Any]:
    ends_at = _ends_at(report, part)
    if ends_at <= part.start_at:
        return {"effectiveDateTime": part.start_at}
    return {"effectivePeriod": {"start": part.start_at, "end": ends_at}}


def _ends_at(report: Report, part: Part) -> datetime:
    last = report.state.stopped_at or report.left_at
    if isinstance(part, RatePeriod):
        return part.end_at or last
    whole = part.start_at + timedelta(microseconds=math.ceil(part.lasts_us))
    return min(part.cut_at or whole, whole)


def _words(part: Part) -> str:
    if isinstance(part, RatePeriod):
        return f"Infusion at {part.rate_mg_per_h} mg/h"
    cut = ", ended before its time" if part.cut_at else ""
    return f"Bolus of {part.amount_mg} mg over {part.over_min} min{cut}"


def _rate(part: Part) -> dict[str, Any]:
    if isinstance(part, RatePeriod):
        return {"rateQuantity": quantity(part.rate_mg_per_h, "mg/h", "mg/h")}
    if part.over_min == 0:
        return {}  # a push has no rate
    return {
        "rateRatio": {
            "numerator": quantity(part.amount_mg, "mg", "mg"),
            "denominator": quantity(part.over_min, "min", "min"),
        }
    }


def _other(places: Places, event: Event) -> dict[str, Any]:
    unit, amount = event.text("unit"), event.decimal("amount")
    code = UNITS.get(unit)
    measured = quantity(amount, unit, code) if code else {"value": amount, "unit": unit}
    return {
        "resourceType": "MedicationAdministration",
        "id": places.id(f"drug/{event.id}"),
        "status": "completed",
        "medicationCodeableConcept": {"text": event.text("drug")},
        "subject": places.patient,
        "context": places.encounter,
        "effectiveDateTime": event.observed_at,
        "performer": [{"actor": {"display": event.author or "not recorded"}}],
        "dosage": {
            "route": ROUTES.get(event.text("route"), {"text": event.text("route")}),
            # a flow is a rate; everything else is an amount
            ("rateQuantity" if unit == "L/min" else "dose"): measured,
        },
    }
