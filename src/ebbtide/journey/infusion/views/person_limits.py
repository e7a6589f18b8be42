"""infusion: the limits of the protocol checks for one person: what is in force, and a prescriber's change of one number."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import act_now
from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy import ClinicRequest, allowed, guarded
from ebbtide.journey.infusion.actions import ChangePatientLimit, change_patient_limit
from ebbtide.journey.infusion.check_rows import PatientLimit
from ebbtide.journey.infusion.forms import LimitForm
from ebbtide.journey.infusion.freshness import limits as told_limits
from ebbtide.journey.infusion.limits_in_force import clinic_changes, limit_row
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.switches import LIMITS, is_on
from ebbtide.journey.infusion.views.check_limits import RESOURCE, numbers_of, unit_of
from ebbtide.journey.infusion.views.pages import done_or_again, show

TODAY = timedelta(hours=24)  # a session that is no older has a chair to go back to


@require_safe
@guarded(RESOURCE, "read", about=Patient)
def person_limits(request: ClinicRequest, row: Patient) -> HttpResponse:
    """Every number that may be another one for this person, with what is in force and whose it is."""
    clinic, own = _in_force(row)
    rows = [
        {**told, "numbers": _numbers(told, clinic, own)}
        for told in told_limits()["limits"]
        if "patient_range" in told
    ]
    context = {
        "patient": row,
        "session": _session(row),
        "rows": rows,
        "on": is_on(row.clinic, LIMITS),
        "may_amend": request.actor.has("prescriber") and allowed(request.actor, "amend", RESOURCE, row),
    }
    return show(request, "person_limits", context)


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(RESOURCE, "amend", about=Patient)
def change_for_person(request: ClinicRequest, row: Patient, limit: str, field: str) -> HttpResponse:
    """A prescriber changes one number for this person, with the reason; the old one stays in the record."""
    told = limit_row(limit)
    if told is None or field not in told.get("patient_range", {}):
        raise Http404("There is no such limit for one person.")
    number = next(one for one in _numbers(told, *_in_force(row)) if one["field"] == field)
    form = LimitForm(request.POST or None)
    context = {"patient": row, "row": told, "number": number, "form": form}
    if request.method != "POST":
        return show(request, "person_limit", context)

    def perform(key: str) -> object:
        said = form.cleaned_data
        command = ChangePatientLimit(
            patient=row, limit=limit, field=field, value=said["value"], reason=said["reason"]
        )
        return change_patient_limit(act_now(request.actor, key), command)

    back = reverse("infusion:person_limits", args=[row.pk])
    return done_or_again(form, perform, back=back, page=lambda: show(request, "person_limit", context))


Named = tuple[str, str]  # a limit and its field


def _in_force(patient: Patient) -> tuple[dict[Named, Any], dict[Named, PatientLimit]]:
    """The clinic's changed numbers and this person's own, the newest of each."""
    clinic = {(one["limit"], one["field"]): one["value"] for one in clinic_changes(patient.clinic)}
    rows = PatientLimit.objects.filter(patient=patient).select_related("set_by").order_by("set_at", "id")
    return clinic, {(row.limit, row.field): row for row in rows}


def _numbers(
    told: Any, clinic: Mapping[Named, Any], own: Mapping[Named, PatientLimit]
) -> list[dict[str, Any]]:
    """The numbers of one limit that one person may have, with the clinic's beside this person's own."""
    found = []
    for number in numbers_of(told, clinic):
        field, unit = number["field"], unit_of(told, number["field"])
        if field not in told["patient_range"]:
            continue
        mine, (low, high) = own.get((told["id"], field)), told["patient_range"][field]
        found.append({
            **number,
            "own": mine,
            "unit": unit,
            "clinics": number["said"],
            "said": f"{mine.value:g} {unit}".strip() if mine else number["said"],
            "range": f"{low:g} to {high:g} {unit}".strip(),
        })  # fmt: skip
    return found


def _session(patient: Patient) -> Session | None:
    """The session of today, for the way back to the chair."""
    rows = Session.objects.filter(visit__series__episode__patient=patient, opened_at__gte=clock.now() - TODAY)
    return rows.order_by("-opened_at").first()
