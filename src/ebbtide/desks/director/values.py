"""What a director can set: each setting with its meaning, unit and default, and how it is typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.evidence.protocols import load_protocols
from ebbtide.journey.access.slots import EVALUATION_MIN
from ebbtide.journey.assessment.queries import PARAMETER
from ebbtide.journey.assessment.rules import ASSESSMENT_VALID_DAYS, CONSENT_VALID_DAYS
from ebbtide.journey.careplan.queries import DIRECTOR_SETS
from ebbtide.journey.course.queries import WORKING_DAYS
from ebbtide.journey.course.rules import RECOVERY_LONG_MIN, RECOVERY_MIN, SETUP_MIN
from ebbtide.journey.infusion.emergency import load_scripts
from ebbtide.journey.infusion.scripts import APPROVED_ON, OWN_STEPS
from ebbtide.journey.leaving.queries import DBP_BELOW, SBP_BELOW
from ebbtide.journey.leaving.rules import DRIVE_FROM, PRESSURE_BELOW, WAIT_MIN
from ebbtide.journey.outcomes.queries import ON_CALL
from ebbtide.journey.outcomes.rules import WORKING_DAYS as WORKING_DAYS_ONLY
from ebbtide.journey.outcomes.rules import on_call_from

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OPENING_HOURS = "course.opening_hours"
NOT_SET = "not set"


class Typed(StrEnum):
    """How a value is typed."""

    HOURS = "hours"
    DAYS = "days"
    LINES = "lines"
    WHOLE = "whole"
    NUMBER = "number"
    DOSE = "dose"
    DATE = "date"
    YES_NO = "yes_no"
    ON_CALL = "on_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One setting. A `default` of None means that nothing works until a director has set it."""

    name: str
    label: str
    group: str
    typed: Typed
    default: Any
    unit: str = ""
    why: str = ""

    def in_words(self, value: Any) -> str:
        """The value as a person reads it."""
        if value is None:
            return NOT_SET
        if self.typed is Typed.HOURS:
            return hours_in_words(value)
        if self.typed in {Typed.DAYS, Typed.LINES}:
            return (", " if self.typed is Typed.DAYS else "; ").join(value) or "none"
        if self.typed is Typed.ON_CALL:
            return on_call_in_words(value)
        if self.typed is Typed.YES_NO:
            return "yes" if value else "no"
        return f"{value} {self.unit}".strip()


def on_call_in_words(value: Any) -> str:
    """Who is on call, under which number, and when they read what arrives."""
    told = on_call_from(value)
    if told is None:
        return NOT_SET
    days = "on working days" if told.hours.days == WORKING_DAYS_ONLY else "every day"
    return f"{told.name}, {told.phone}, {days} {told.hours.begins:%H:%M} to {told.hours.ends:%H:%M}"


def hours_in_words(value: Mapping[str, Any]) -> str:
    """Opening hours, one weekday after the other."""
    days = [f"{WEEKDAYS[int(n)][:3]} {value[n][0]} to {value[n][1]}" for n in sorted(value, key=int)]
    return ", ".join(days) or "closed every day"


def _calendar() -> list[Value]:
    minutes: dict[str, Any] = {"group": "Calendar", "typed": Typed.WHOLE, "unit": "min"}
    return [
        Value(
            name=OPENING_HOURS,
            label="Opening hours",
            group="Calendar",
            typed=Typed.HOURS,
            default=WORKING_DAYS,
        ),
        Value(name="course.closed_on", label="Closed on", group="Calendar", typed=Typed.DAYS, default=[]),
        Value(
            name="access.evaluation_min",
            label="Length of an evaluation visit",
            default=EVALUATION_MIN,
            **minutes,
        ),
        Value(name="course.setup_min", label="Preparation before an infusion", default=SETUP_MIN, **minutes),
        Value(
            name="course.recovery_min", label="Recovery after an infusion", default=RECOVERY_MIN, **minutes
        ),
        Value(
            name="course.recovery_long_min",
            label="Recovery after a long infusion",
            default=RECOVERY_LONG_MIN,
            **minutes,
        ),
    ]


def _leaving() -> list[Value]:
    return [
        Value(
            name="leaving.wait_min",
            label="Wait after the end of an infusion, at least",
            group="Leaving",
            typed=Typed.WHOLE,
            default=WAIT_MIN,
            unit="min",
            why=f"below {WAIT_MIN} min the {WAIT_MIN} min count all the same",
        ),
        Value(
            name="leaving.drive_from_hour",
            label="No driving until this hour of the next day",
            group="Leaving",
            typed=Typed.WHOLE,
            default=DRIVE_FROM.hour,
            unit="o'clock",
            why="an earlier hour is not given",
        ),
        *(
            Value(
                name=name,
                label=f"Leaves with a {which} pressure below",
                group="Leaving",
                typed=Typed.WHOLE,
                default=most,
                unit="mmHg",
                why=f"above {most} mmHg the {most} mmHg count all the same",
            )
            for name, which, most in (
                (SBP_BELOW, "systolic", PRESSURE_BELOW.sbp_mmhg),
                (DBP_BELOW, "diastolic", PRESSURE_BELOW.dbp_mmhg),
            )
        ),
    ]


def _validity() -> list[Value]:
    days: dict[str, Any] = {"group": "How long a signature counts", "typed": Typed.WHOLE, "unit": "days"}
    return [
        Value(
            name="assessment_valid_days",
            label="A signed assessment counts for",
            default=ASSESSMENT_VALID_DAYS,
            **days,
        ),
        Value(
            name="consent_valid_days", label="A signed consent counts for", default=CONSENT_VALID_DAYS, **days
        ),
    ]


def _check_ins() -> list[Value]:
    return [
        Value(
            name=ON_CALL,
            label="On call for check-ins",
            group="Check-ins by link",
            typed=Typed.ON_CALL,
            default=None,
            why="until somebody is, PHQ-9 is asked at the visit and never by link",
        )
    ]


def _emergencies() -> list[Value]:
    found = load_scripts()
    group = "Emergency scripts"
    approved = Value(
        name=APPROVED_ON, label="Approved: the scripts of this day", group=group, typed=Typed.DATE, default=None,
        why=f"the scripts that came with this version are those of {found.version_on}; until a director approves their day, "
        "each says that nobody has",
    )  # fmt: skip
    own = [
        Value(
            name=f"{OWN_STEPS}{one.id}", label=f"{one.title}: steps in the clinic's own words", group=group,
            typed=Typed.LINES, default=[], why="they take the place of ours; no step names an amount of a drug",
        )
        for one in found.scripts.values()
    ]  # fmt: skip
    return [approved, *own]


def _protocols() -> list[Value]:
    return [
        Value(
            name=f"{DIRECTOR_SETS}{template.id}.{field}", label=f"{template.title}: {_field_words(field)}",
            group="Protocol values that a director signs", typed=Typed.DOSE, default=None, unit=_unit(field),
            why="nobody can order from this template before it is set",
        )
        for template in load_protocols().templates
        for field in template.director_sets
    ]  # fmt: skip


def _field_words(field: str) -> str:
    return {"rate_mg_per_kg_h.start": "start rate"}.get(field, field.replace("_", " "))


def _unit(field: str) -> str:
    return "mg/kg/h" if "mg_per_kg_h" in field else ""


def _typed(default: Any) -> Typed:
    if isinstance(default, bool):
        return Typed.YES_NO
    return Typed.DATE if isinstance(default, date) else Typed.NUMBER


def _name_words(name: str) -> str:
    # capitalize() would write mmHg in small letters
    return (name[0].upper() + name[1:]).replace("_", " ")


def _thresholds() -> list[Value]:
    return [
        Value(
            name=f"{PARAMETER}{name}", label=_name_words(name), group="Thresholds of the suitability rules",
            typed=_typed(row.default), default=row.default, unit=row.unit, why=row.why,
        )
        for name, row in load_suitability_pack().parameters.items()
    ]  # fmt: skip


@lru_cache(maxsize=1)
def values() -> Mapping[str, Value]:
    """Every setting a director can change, by its name."""
    return {
        row.name: row
        for row in (
            *_calendar(),
            *_leaving(),
            *_emergencies(),
            *_validity(),
            *_check_ins(),
            *_protocols(),
            *_thresholds(),
        )
    }
