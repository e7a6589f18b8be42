"""infusion: a number of the protocol checks is changed: for the clinic by its director, for one person by a prescriber."""

from dataclasses import dataclass
from typing import Any

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.people.actions import SetSetting, set_setting
from ebbtide.ground.people.models import Clinic, ClinicSetting, Patient
from ebbtide.journey.infusion.actions.turns import staff_of
from ebbtide.journey.infusion.check_rows import PatientLimit
from ebbtide.journey.infusion.checks.limits import LimitsRefused, changed, default_limits, fields_of
from ebbtide.journey.infusion.limits_in_force import CLINIC_LIMIT, clinic_changes, limit_row, patient_changes

LIMITS = "infusion.check_limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeClinicLimit:
    """One number of one limit, for everybody of the clinic from the next plan on."""

    clinic: Clinic
    limit: str
    field: str
    value: float
    reason: str


@action(LIMITS, "amend", about=lambda command: command.clinic)
def change_clinic_limit(act: Act, command: ChangeClinicLimit) -> Done[ClinicSetting]:
    """The new number with the old one, the reason and the director's name; what stood before stays in the record."""
    if not act.by.has("director"):
        raise Refused("INF-LIMIT-ROLE", "The medical director changes the clinic's limits: ask them.")
    before = {(one["limit"], one["field"]): one["value"] for one in clinic_changes(command.clinic)}
    old = before.get((command.limit, command.field), _default(command.limit, command.field))
    _check(command.limit, command.field, command.value, old)
    row = set_setting(
        act.nested("setting"),
        SetSetting(
            clinic=command.clinic,
            name=f"{CLINIC_LIMIT}{command.limit}.{command.field}",
            value={"limit": command.limit, "field": command.field, "old": old, "value": command.value},
            reason=command.reason,
            approved_by=staff_of(act),
        ),
    )
    return Done(value=row, announce=[f"chairs:{command.clinic.pk}"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePatientLimit:
    """One number of one limit, for one person, inside the range of the file."""

    patient: Patient
    limit: str
    field: str
    value: float
    reason: str


@action(LIMITS, "amend", about=lambda command: command.patient)
def change_patient_limit(act: Act, command: ChangePatientLimit) -> Done[PatientLimit]:
    """From now on this person is judged by it; the checks say that the limit is theirs."""
    if not act.by.has("prescriber"):
        raise Refused("INF-LIMIT-ROLE", "A prescriber changes the limits of one person: ask one.")
    if not command.reason.strip():
        raise Refused("INF-LIMIT-REASON", "Say why this person needs another limit: a later reader asks.")
    clinic = command.patient.clinic
    known = {
        (one["limit"], one["field"]): one["value"]
        for one in (*clinic_changes(clinic), *patient_changes(command.patient))
    }
    old = known.get((command.limit, command.field), _default(command.limit, command.field))
    _check(command.limit, command.field, command.value, old)
    _check_range(command)
    row = PatientLimit.objects.create(
        patient=command.patient,
        limit=command.limit,
        field=command.field,
        old=old,
        value=command.value,
        reason=command.reason.strip(),
        set_by=staff_of(act),
        set_at=act.at,
    )
    return Done(value=row, announce=[f"session:{command.patient.pk}", f"chairs:{clinic.pk}"])


def _default(limit: str, field: str) -> float:
    row = limit_row(limit)
    fields: dict[str, Any] = {} if row is None else fields_of(row)
    if field not in fields:
        raise Refused("INF-LIMIT-NONE", "There is no such number among the limits: open the page again.")
    return float(fields[field])


def _check(limit: str, field: str, value: float, old: float) -> None:
    """It is another number, and the file's own check holds with it."""
    if value == old:
        raise Refused("INF-LIMIT-SAME", f"It is {old:g} already: nothing was changed.")
    try:
        changed(default_limits(), [{"limit": limit, "field": field, "value": value}])
    except (LimitsRefused, ValueError) as refused:
        raise Refused(
            "INF-LIMIT-ODD", f"{value:g} cannot be a limit here: choose another number."
        ) from refused


def _check_range(command: ChangePatientLimit) -> None:
    row = limit_row(command.limit) or {}
    found = row.get("patient_range", {}).get(command.field)
    if found is None:
        raise Refused(
            "INF-LIMIT-RANGE", "This number is the clinic's and not one person's: ask the medical director."
        )
    low, high = found
    if not low <= command.value <= high:
        raise Refused(
            "INF-LIMIT-RANGE",
            f"For one person this limit may be {low:g} to {high:g}, {command.value:g} was asked: choose one of these.",
        )
