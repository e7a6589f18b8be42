"""The report's observations: vital signs typed at the chair and sent by monitors, scales, and the scores of the recovery."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ebbtide.doors.fhir.report.codes import (
    LOINC,
    OF_SIGNAL,
    OWN,
    OXYGEN_SATURATION,
    PAIN,
    PRESSURE_PANEL,
    SCALE_WORDS,
    SIGNS,
    SURVEY,
    VITAL_SIGNS,
    claims,
    quantity,
)
from ebbtide.doors.fhir.report.places import Places
from ebbtide.doors.fhir.report.told import MonitorMinute, Observed, Report
from ebbtide.journey.infusion.events import Event, Kind

UPPER, LOWER = "sbp_mmHg", "dbp_mmHg"
MINUTE_MS = 60_000


def observations(report: Report, places: Places) -> Iterator[dict[str, Any]]:
    """Everything that was measured or asked, in the order of the log, then the recovery, then the monitors."""
    for event in report.state.events:
        if event.kind is Kind.OBSERVATION:
            yield from _signs(places, event)
        elif event.kind is Kind.SCALE and event.decimal("value") is not None:
            yield _scale(
                places,
                str(event.id),
                _When(event.observed_at, event.author),
                event.text("name"),
                event.decimal("value"),
            )
    for seen in report.observed:
        yield from _recovery(places, seen)
    for minutes in report.minutes:
        if minutes.signal in OF_SIGNAL:
            yield _sampled(places, minutes)


class _When:
    """When something was seen, and by whom."""

    def __init__(self, at: datetime, by: str) -> None:
        self.at, self.by = at, by or "not recorded"


def _one(places: Places, name: str, when: _When, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": places.id(name),
        "status": "final",
        "subject": places.patient,
        "encounter": places.encounter,
        "effectiveDateTime": when.at,
        "performer": [{"display": when.by}],
        **more,
    }


def _code(name: str) -> dict[str, Any]:
    sign = SIGNS[name]
    found = [{"system": LOINC, "code": sign.code, "display": sign.words}]
    if name == "spo2_percent":
        found.insert(0, {"system": LOINC, "code": OXYGEN_SATURATION[0], "display": OXYGEN_SATURATION[1]})
    return {"coding": found, "text": sign.words}


def _value(name: str, value: Decimal | int) -> dict[str, Any]:
    return quantity(value, SIGNS[name].unit, SIGNS[name].ucum)


def _signs(places: Places, event: Event) -> Iterator[dict[str, Any]]:
    when = _When(event.observed_at, event.author)
    values = {name: value for name in SIGNS if (value := event.decimal(name)) is not None}
    yield from _pressure(places, str(event.id), when, values)
    for name, value in values.items():
        if name not in {UPPER, LOWER}:
            yield _one(
                places,
                f"{event.id}/{name}",
                when,
                **claims(SIGNS[name].profile),
                category=VITAL_SIGNS,
                code=_code(name),
                valueQuantity=_value(name, value),
            )


def _pressure(
    places: Places, name: str, when: _When, values: Mapping[str, Decimal | int]
) -> Iterator[dict[str, Any]]:
    if UPPER not in values or LOWER not in values:
        return
    yield _one(
        places,
        f"{name}/pressure",
        when,
        **claims("bp"),
        category=VITAL_SIGNS,
        code={
            "coding": [{"system": LOINC, "code": PRESSURE_PANEL[0], "display": PRESSURE_PANEL[1]}],
            "text": "Blood pressure",
        },
        component=[{"code": _code(one), "valueQuantity": _value(one, values[one])} for one in (UPPER, LOWER)],
    )


def _scale(places: Places, name: str, when: _When, scale: str, value: Decimal | int | None) -> dict[str, Any]:
    known = (
        PAIN if scale == "NRS11" else {"system": OWN, "code": scale, "display": SCALE_WORDS.get(scale, scale)}
    )
    return _one(
        places,
        f"{name}/{scale}",
        when,
        category=SURVEY,
        code={"coding": [known], "text": SCALE_WORDS.get(scale, scale)},
        valueQuantity=quantity(value, "points", "{score}"),
    )


def _recovery(places: Places, seen: Observed) -> Iterator[dict[str, Any]]:
    when = _When(seen.at, seen.by)
    scales = {
        "ALDRETE": seen.aldrete,
        "PADSS": seen.padss,
        "RASS": seen.rass,
        "DISSOCIATION": seen.dissociation,
        "NRS11": seen.pain,
    }
    for scale, value in scales.items():
        if value is not None:
            yield _scale(places, str(seen.id), when, scale, value)
    found = {UPPER: seen.sbp_mmhg, LOWER: seen.dbp_mmhg}
    told = {name: value for name, value in found.items() if value is not None}
    yield from _pressure(places, str(seen.id), when, told)


def _sampled(places: Places, minutes: MonitorMinute) -> dict[str, Any]:
    name = OF_SIGNAL[minutes.signal]
    shown = " ".join("E" if value is None else f"{value:g}" for value in minutes.values)
    return {
        "resourceType": "Observation",
        "id": places.id(f"minutes/{minutes.device}/{minutes.signal}"),
        "status": "final",
        "category": VITAL_SIGNS,
        "code": _code(name),
        "subject": places.patient,
        "encounter": places.encounter,
        "effectivePeriod": {"start": minutes.from_at, "end": minutes.until_at},
        "device": places.to(f"device/{minutes.device}"),
        "note": [
            {
                "text": "The monitor's last reading of each minute; E: none came, and nothing is filled in. "
                "Every single reading is in the record's own export."
            }
        ],
        "valueSampledData": {
            "origin": _value(name, 0),
            "period": MINUTE_MS,
            "dimensions": 1,
            "data": shown,
        },
    }
