"""infusion: the limits of the protocol checks as they are in force, and the director's change of one number."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import act_now
from ebbtide.ground.policy import ClinicRequest, allowed, check_may, guarded
from ebbtide.journey.infusion.actions import ChangeClinicLimit, change_clinic_limit
from ebbtide.journey.infusion.burden import weeks_of
from ebbtide.journey.infusion.checks.limits import default_limits, fields_of
from ebbtide.journey.infusion.forms import LimitForm
from ebbtide.journey.infusion.freshness import limits as told_limits
from ebbtide.journey.infusion.limits_in_force import clinic_changes, limit_row
from ebbtide.journey.infusion.switches import LIMITS, is_on, signed_row
from ebbtide.journey.infusion.views.pages import clinic_of, done_or_again, show

RESOURCE = "infusion.check_limits"
FIELD_WORDS = {
    "value": "Limit",
    "low": "Below",
    "high": "Above",
    "sbp": "Systolic",
    "dbp": "Diastolic",
    "no_breath_s": "Without a breath",
    "persistence_s": "Has to last",
    "recheck_s": "Sounds again after",
}


@require_safe
@guarded(RESOURCE, "read")
def limits(request: ClinicRequest) -> HttpResponse:
    """Every limit with its priority, its numbers, its disclosed delay and what a person does."""
    clinic = clinic_of(request)
    found, changes = default_limits(), _changed(clinic)
    context = {
        "rows": [_row(row, changes) for row in told_limits()["limits"]],
        "version": found.version,
        "on": is_on(clinic, LIMITS),
        "signed": signed_row(clinic, LIMITS),
        "may_amend": allowed(request.actor, "amend", RESOURCE, clinic),
    }
    return show(request, "limits", context)


def _changed(clinic: Any) -> dict[tuple[str, str], float]:
    return {(one["limit"], one["field"]): one["value"] for one in clinic_changes(clinic)}


def numbers_of(row: Mapping[str, Any], changes: Mapping[tuple[str, str], float]) -> list[dict[str, Any]]:
    """The numbers of one limit in words, with these changes beside what is shipped."""
    return [
        {
            "field": field,
            "words": FIELD_WORDS.get(field, field),
            "value": changes.get((row["id"], field), value),
            "said": f"{changes.get((row['id'], field), value):g} {unit_of(row, field)}".strip(),
            "shipped": f"{value:g} {unit_of(row, field)}".strip(),
            "changed": (row["id"], field) in changes,
        }
        for field, value in fields_of(row).items()
    ]


def _row(row: dict[str, Any], changes: dict[tuple[str, str], float]) -> dict[str, Any]:
    numbers = numbers_of(row, changes)
    times = [one["value"] for one in numbers if one["field"] in {"persistence_s", "no_breath_s"}]
    lasts = times[0] if times else row["persistence_s"]
    return {**row, "numbers": numbers, "disclosed_s": lasts + row["delay_s"]}


def unit_of(row: Mapping[str, Any], field: str) -> str:
    """What a number of a limit is counted in: seconds, its signal's unit, or the way from the person's own baseline."""
    if field.endswith("_s"):
        return "s"
    rules = row["when"].get("any", [row["when"]])
    rule = next((one for one in rules if one.get("signal") == field), rules[0])
    units = {one["id"]: one["unit"] for one in told_limits()["signals"]}
    unit = "on RASS" if rule["signal"] == "rass" else units[rule["signal"]]
    if rule.get("relative") == "pct":
        return "% from baseline"
    if rule.get("relative") == "delta":
        return f"{'points' if unit == '%' else unit} from baseline"
    return f"{unit} since the reading before" if "since" in rule else unit


@require_safe
@guarded("infusion.protocol_check", "read")
def burden(request: ClinicRequest) -> HttpResponse:
    """Signals per chair-hour and response times of the last weeks: figures, and nobody's name."""
    return show(request, "burden", {"weeks": weeks_of(clinic_of(request), clock.now())})


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(RESOURCE, "amend")
def change(request: ClinicRequest, limit: str, field: str) -> HttpResponse:
    """The director changes one number for the clinic, with the reason; the old one stays in the record."""
    clinic, told = clinic_of(request), limit_row(limit)
    if told is None or field not in fields_of(told):
        raise Http404("There is no such limit.")
    check_may(request.actor, "amend", RESOURCE, clinic)
    row = _row(dict(told), _changed(clinic))
    number = next(one for one in row["numbers"] if one["field"] == field)
    form = LimitForm(request.POST or None)
    context = {"row": row, "number": number, "form": form}
    if request.method != "POST":
        return show(request, "limit", context)

    def perform(key: str) -> object:
        said = form.cleaned_data
        command = ChangeClinicLimit(
            clinic=clinic, limit=limit, field=field, value=said["value"], reason=said["reason"]
        )
        return change_clinic_limit(act_now(request.actor, key), command)

    return done_or_again(
        form, perform, back=reverse("infusion:limits"), page=lambda: show(request, "limit", context)
    )
