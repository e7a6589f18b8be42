"""What can happen at the chair, as plain values with their units, and the body each kind is kept in. No Django, no clock.

A body is what the log stores: every key carries its unit, decimals are text, whole numbers are numbers. `read_body` is
the one way in and `written` the one way out; both know one table of fields.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from ebbtide.journey.careplan.dosing import NumberRefused, parse_number, plain


class BodyRefused(Exception):
    """The values of an entry cannot be charted like this; the message says which and what to do."""


class Kind(StrEnum):
    """Kinds of entries; a kind stands in exactly one of the two resources of the log."""

    CHECK_IN = "check_in"
    OBSERVATION = "observation"
    SCALE = "scale"
    NOTE = "note"
    START = "start"
    RESUME = "resume"
    BOLUS = "bolus"
    RATE_INCREASE = "rate_increase"
    RATE_DECREASE = "rate_decrease"
    PAUSE = "pause"
    STOP = "stop"
    OFF_MONITOR = "off_monitor"
    DRUG_GIVEN = "drug_given"
    ADVERSE_EVENT = "adverse_event"
    EMERGENCY_STEP = "emergency_step"
    COMFORT_CALL = "comfort_call"
    PUMP_ACTION = "pump_action"
    IV_ACCESS = "iv_access"
    EQUIPMENT = "equipment"
    BACK_ON_MONITOR = "back_on_monitor"
    COMFORT_CARD = "comfort_card"
    EMERGENCY = "emergency"


# what lets more drug flow: these are guarded by signing in again (roles.yaml, infusion.dose_act)
DOSE_KINDS = frozenset({Kind.START, Kind.RESUME, Kind.BOLUS, Kind.RATE_INCREASE})
# what changes how much flows, in either direction
FLOW_KINDS = DOSE_KINDS | {Kind.RATE_DECREASE, Kind.PAUSE, Kind.STOP}
RATE_KINDS = frozenset({Kind.START, Kind.RESUME, Kind.RATE_INCREASE, Kind.RATE_DECREASE})

UG_PER_MG = 1000
# off the monitor: how long when nobody says, and at most (min); check-limits.yaml, off_monitor: timer_s and timer_max_s
OFF_MONITOR_MIN, OFF_MONITOR_MOST_MIN = 5, 10
MG_DECIMALS = 3  # a charted amount or rate ends at the microgram, so every sum of amounts is whole


class Of(StrEnum):
    """What a field of a body holds."""

    DECIMAL = "decimal"
    WHOLE = "whole"
    CHOICE = "choice"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a body. `low` and `high` are what a person can have, not what is well [design]."""

    label: str
    of: Of
    unit: str = ""
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(10_000)
    decimals: int = MG_DECIMALS
    choices: tuple[str, ...] = ()
    longest: int = 500
    required: bool = True


def _sign(label: str, unit: str, low: str, high: str, decimals: int = 0) -> Field:
    return Field(
        label=label,
        of=Of.DECIMAL,
        unit=unit,
        low=Decimal(low),
        high=Decimal(high),
        decimals=decimals,
        required=False,
    )


def _text(label: str, *, longest: int = 500, required: bool = True) -> Field:
    return Field(label=label, of=Of.TEXT, longest=longest, required=required)


# The vital signs that a person types; oxygen flow and end-tidal CO2 too, where no monitor sends them. Ranges [design].
SIGNS: Mapping[str, Field] = {
    "hr_per_min": _sign("Heart rate", "/min", "10", "300"),
    "sbp_mmHg": _sign("Systolic pressure", "mmHg", "30", "300"),
    "dbp_mmHg": _sign("Diastolic pressure", "mmHg", "10", "200"),
    "spo2_percent": _sign("Oxygen saturation", "%", "30", "100"),
    "rr_per_min": _sign("Breathing rate", "/min", "0", "80"),
    "etco2_mmHg": _sign("End-tidal CO₂", "mmHg", "0", "120"),
    "o2_flow_l_per_min": _sign("Oxygen flow", "L/min", "0", "15", 1),
    "temp_c": _sign("Temperature", "°C", "30", "43", 1),
}


class ScaleName(StrEnum):
    """The scales of the chair."""

    RASS = "RASS"
    MOAAS = "MOAAS"
    NRS11 = "NRS11"
    NAUSEA = "NAUSEA"
    DISSOCIATION = "DISSOCIATION"
    COMFORT = "COMFORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleRange:
    """From where to where a scale goes, and what its ends mean."""

    words: str
    low: int
    high: int
    ends: tuple[str, str]


# RASS, MOAA/S and the NRS are published scales [recalled]; nausea, dissociation and comfort in 11 steps are ours [design]
SCALES: Mapping[ScaleName, ScaleRange] = {
    ScaleName.RASS: ScaleRange(words="RASS", low=-5, high=4, ends=("unarousable", "combative")),
    ScaleName.MOAAS: ScaleRange(words="MOAA/S", low=0, high=5, ends=("no response", "alert")),
    ScaleName.NRS11: ScaleRange(words="Pain", low=0, high=10, ends=("no pain", "worst imaginable")),
    ScaleName.NAUSEA: ScaleRange(words="Nausea", low=0, high=10, ends=("none", "worst imaginable")),
    ScaleName.DISSOCIATION: ScaleRange(
        words="Dissociation", low=0, high=10, ends=("fully here", "wholly apart")
    ),
    ScaleName.COMFORT: ScaleRange(words="Comfort", low=0, high=10, ends=("very uneasy", "at ease")),
}

# mild: no action; moderate: rate, drug or stop; severe: airway [design]
SEVERITIES = ("mild", "moderate", "severe")
_RATE: Mapping[str, Field] = {
    "rate_mg_per_h": Field(label="Rate", of=Of.DECIMAL, unit="mg/h"),
    "reason": _text("Reason", required=False),
}
_WHY: Mapping[str, Field] = {"reason": _text("Reason", required=False)}

_OFF_FOR = Field(
    label="For how long",
    of=Of.WHOLE,
    unit="min",
    low=Decimal(1),
    high=Decimal(OFF_MONITOR_MOST_MIN),
    required=False,
)
_LIMB_REASON = _text("Why on that limb", longest=200, required=False)

FIELDS: Mapping[Kind, Mapping[str, Field]] = {
    Kind.CHECK_IN: {"text": _text("Words", required=False)},
    Kind.OBSERVATION: {
        **SIGNS,
        # the signs whose values were read off the monitor and confirmed by hand, by name: no reading of its own
        "as_monitor": _text("As on the monitor", longest=160, required=False),
        "cuff_site": _text("Cuff on", longest=60, required=False),
        "limb_reason": _LIMB_REASON,
    },
    Kind.SCALE: {
        "name": Field(label="Scale", of=Of.CHOICE, choices=tuple(ScaleName)),
        "value": Field(label="Value", of=Of.WHOLE, low=Decimal(-5), high=Decimal(10)),
    },
    Kind.NOTE: {"text": _text("Note", longest=2000)},
    Kind.START: _RATE,
    Kind.RESUME: _RATE,
    Kind.RATE_INCREASE: _RATE,
    Kind.RATE_DECREASE: _RATE,
    Kind.BOLUS: {
        "amount_mg": Field(label="Bolus", of=Of.DECIMAL, unit="mg"),
        "over_min": Field(label="Time of the bolus", of=Of.WHOLE, unit="min", high=Decimal(120)),
        "reason": _text("Reason", required=False),
    },
    Kind.PAUSE: _WHY,
    Kind.STOP: _WHY,
    Kind.OFF_MONITOR: {"reason": _text("Reason", longest=60), "for_min": _OFF_FOR},
    Kind.BACK_ON_MONITOR: {"text": _text("Words", required=False)},
    Kind.DRUG_GIVEN: {
        "drug": _text("Drug", longest=60),
        "amount": Field(label="Amount", of=Of.DECIMAL),
        "unit": Field(label="Unit", of=Of.CHOICE, choices=("mg", "microgram", "g", "mL", "L/min", "units")),
        "route": Field(
            label="Route", of=Of.CHOICE, choices=("iv", "im", "sc", "oral", "sublingual", "inhaled", "nasal")
        ),
    },
    Kind.ADVERSE_EVENT: {
        "event": _text("What happened", longest=200),
        "severity": Field(label="Severity", of=Of.CHOICE, choices=SEVERITIES),
        "action": _text("What was done", required=False),
    },
    Kind.EMERGENCY_STEP: {
        "script": _text("Script", longest=60),
        "step": _text("Step", longest=200),
    },
    Kind.COMFORT_CALL: {
        "state": Field(label="Call", of=Of.CHOICE, choices=("open", "answered", "tested")),
        "text": _text("Words", required=False),
    },
    Kind.PUMP_ACTION: {
        "done": Field(label="Pump", of=Of.CHOICE, choices=("continued", "paused", "stopped")),
        "text": _text("Words", required=False),
    },
    Kind.IV_ACCESS: {
        "done": Field(
            label="Cannula",
            of=Of.CHOICE,
            choices=("placed", "patent", "not_patent", "attempt_failed", "removed"),
        ),
        "site": _text("Site", longest=60, required=False),
        "gauge": Field(
            label="Gauge", of=Of.CHOICE, unit="G", choices=("18", "20", "22", "24"), required=False
        ),
        "attempts": Field(label="Attempts", of=Of.WHOLE, low=Decimal(1), high=Decimal(10), required=False),
        "limb_reason": _LIMB_REASON,
    },
    Kind.EQUIPMENT: {
        "item": Field(
            label="What",
            of=Of.CHOICE,
            choices=("pump", "monitor", "oxygen", "suction", "airway_kit", "other"),
        ),
        "identity": _text("Number or name on it", longest=60, required=False),
        "state": Field(label="State", of=Of.CHOICE, choices=("ready", "not_ready", "in_use", "removed")),
    },
    Kind.COMFORT_CARD: {
        "light": _text("Light", longest=60, required=False),
        "music": _text("Music", longest=60, required=False),
        "touch": Field(
            label="Touch", of=Of.CHOICE, choices=("welcome", "ask_first", "no_touch"), required=False
        ),
        "stop_word": _text("Stop word", longest=40, required=False),
    },
    Kind.EMERGENCY: {
        "script": _text("Script", longest=60),
        "state": Field(label="State", of=Of.CHOICE, choices=("opened", "closed")),
        "text": _text("Outcome", required=False),
    },
}

Value = Decimal | int | str
_SIGN = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
_SIGNED_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened: what, when, who saw it, and whether it stands in for something written before."""

    id: UUID
    kind: Kind
    observed_at: datetime
    recorded_at: datetime
    values: Mapping[str, Value] = field(default_factory=dict)
    author: str = ""
    late: bool = False
    replaces: UUID | None = None
    withdrawn: bool = False

    def __post_init__(self) -> None:
        if self.observed_at.tzinfo is None or self.recorded_at.tzinfo is None:
            raise ValueError(
                "An event without a zone cannot be put in order. Give both times with their zone."
            )

    def decimal(self, name: str) -> Decimal | None:
        """A number of the body, None when it is not there or no finite number."""
        value = self.values.get(name)
        if isinstance(value, int):
            return Decimal(value)
        return value if isinstance(value, Decimal) and value.is_finite() else None

    def text(self, name: str) -> str:
        """Words of the body, empty when there are none."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    @property
    def rate_mg_per_h(self) -> Decimal | None:
        return self.decimal("rate_mg_per_h")


def read_body(kind: Kind, body: Mapping[str, object]) -> dict[str, Value]:
    """The values of an entry, each checked against its field; empty fields are left out, for missing is not zero.

    Raises:
        BodyRefused: a field is unknown, missing, or not what it must be.
    """
    fields = FIELDS[kind]
    if unknown := sorted(set(body) - set(fields)):
        raise BodyRefused(f"This entry has no field {', '.join(unknown)}: leave it out.")
    found: dict[str, Value] = {}
    for name, spec in fields.items():
        value = _read(spec, body.get(name))
        if value is not None:
            found[name] = value
        elif spec.required:
            raise BodyRefused(f"{spec.label} is missing: fill it in.")
    _check_together(kind, found)
    return found


def written(values: Mapping[str, Value]) -> dict[str, str | int]:
    """A body as the log keeps it: decimals as a person writes them, as text."""
    return {
        name: plain_signed(value) if isinstance(value, Decimal) else value for name, value in values.items()
    }


def plain_signed(value: Decimal) -> str:
    """A decimal as a person writes it, zero included."""
    return "0" if value == 0 else plain(value)


def _read(spec: Field, given: object) -> Value | None:
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    if isinstance(given, bool | float):
        raise BodyRefused(f"{spec.label} is not written as text: send the digits as they were typed.")
    typed = plain_signed(given) if isinstance(given, Decimal) else str(given).strip()
    if spec.of is Of.TEXT:
        return typed[: spec.longest]
    if spec.of is Of.CHOICE:
        return _choice(spec, typed)
    return _whole(spec, typed) if spec.of is Of.WHOLE else _decimal(spec, typed)


def _choice(spec: Field, typed: str) -> str:
    if typed not in spec.choices:
        raise BodyRefused(f"{spec.label} is none of {', '.join(spec.choices)}: choose one of them.")
    return typed


def _whole(spec: Field, typed: str) -> int:
    if not _SIGNED_WHOLE.fullmatch(typed):
        raise BodyRefused(f"{spec.label} is no whole number: write 0 to 9 alone.")
    _check_range(spec, Decimal(typed))
    return int(typed)


def _decimal(spec: Field, typed: str) -> Decimal:
    if not spec.required and _SIGN.fullmatch(typed):
        typed = plain_signed(Decimal(typed))  # a vital sign may be written 36.0; a dose and a rate may not
        if typed == "0":  # a measured nothing, such as no oxygen; doses and rates are above zero
            _check_range(spec, Decimal(0))
            return Decimal(0)
    try:
        number = parse_number(typed, name=spec.label, unit=spec.unit or "its unit", decimals=spec.decimals)
    except NumberRefused as refused:
        raise BodyRefused(str(refused)) from refused
    _check_range(spec, number)
    return number


def _check_range(spec: Field, number: Decimal) -> None:
    if not spec.low <= number <= spec.high:
        raise BodyRefused(
            f"{spec.label} must be {plain_signed(spec.low)} to {plain_signed(spec.high)} {spec.unit}".rstrip()
            + f", {plain_signed(number)} was written: correct it."
        )


def _check_together(kind: Kind, values: Mapping[str, Value]) -> None:
    if kind is Kind.OBSERVATION:
        _check_observation(values)
    if kind is Kind.SCALE:
        scale = SCALES[ScaleName(str(values["name"]))]
        if not scale.low <= int(values["value"]) <= scale.high:
            raise BodyRefused(f"{scale.words} goes from {scale.low} to {scale.high}: choose one of these.")
    if kind is Kind.IV_ACCESS and values["done"] == "placed" and "site" not in values:
        raise BodyRefused("A cannula stands somewhere: name the site.")


def _check_observation(values: Mapping[str, Value]) -> None:
    if not SIGNS.keys() & values.keys():
        raise BodyRefused("Nothing was measured: fill in at least one vital sign.")
    if unknown := sorted(set(str(values.get("as_monitor", "")).split()) - (SIGNS.keys() & values.keys())):
        raise BodyRefused(
            f"No value stands there for {', '.join(unknown)}: leave it out of what the monitor shows."
        )
    upper, lower = values.get("sbp_mmHg"), values.get("dbp_mmHg")
    if (upper is None) != (lower is None):
        raise BodyRefused("A blood pressure is two numbers: fill in systolic and diastolic pressure (mmHg).")
    if isinstance(upper, Decimal) and isinstance(lower, Decimal) and lower >= upper:
        raise BodyRefused(
            f"The diastolic pressure {plain_signed(lower)} is not below the systolic {plain_signed(upper)} mmHg: correct it."
        )
