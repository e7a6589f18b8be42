"""The files door: bringing a FHIR bundle to a patient's record, what became of it, and taking a session's report out."""

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from ebbtide.doors.fhir.bundle import BundleRefused
from ebbtide.doors.files.bring_in import MAX_BYTES, OtherPerson, check_same_person, command_for, read
from ebbtide.doors.files.forms import BundleForm
from ebbtide.doors.files.session_report import report_of
from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy import ClinicRequest, allowed, guarded
from ebbtide.journey.assessment.actions import import_facts
from ebbtide.journey.assessment.models import Import
from ebbtide.journey.assessment.questions import in_words, question_for
from ebbtide.journey.leaving.models import Departure


class TooLarge(Exception):
    """The file is larger than an upload may be."""


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("assessment.import", "create", about=Patient)
def bring(request: ClinicRequest, patient: Patient) -> HttpResponse:
    """Choose a bundle; the same file twice changes nothing."""
    form = BundleForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = _take(request, patient, form)
        except (BundleRefused, OtherPerson, TooLarge) as refused:
            form.add_error("bundle", str(refused))
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return _after(request, patient, row)
    may_read = allowed(request.actor, "read", "assessment.import")
    context = {
        "patient": patient, "form": form, "may_read": may_read,
        "earlier": patient.imports.order_by("-imported_at")[:10] if may_read else [],
        "episode": patient.episodes.order_by("-opened_at").first() if may_read else None,
    }  # fmt: skip
    return render(request, "files/bring.html", context, status=422 if form.errors else 200)


def _take(request: ClinicRequest, patient: Patient, form: BundleForm) -> Import:
    upload = form.cleaned_data["bundle"]
    if upload.size > MAX_BYTES:
        raise TooLarge(
            "The file is larger than 10 MB. Export fewer years, or import it from the command line."
        )
    brought = read(upload.read())
    check_same_person(brought.intake.person, patient)
    return import_facts(act_now(request.actor, form.cleaned_data["key"]), command_for(patient, brought))


def _after(request: ClinicRequest, patient: Patient, row: Import) -> HttpResponse:
    row.refresh_from_db()
    wall = row.imported_at.astimezone(ZoneInfo(patient.clinic.time_zone))
    said = f"Saved at {wall:%H:%M}: {row.taken} facts taken, {row.already_there} already there, {len(row.left)} entries left."
    messages.success(request, said)
    if allowed(request.actor, "read", "assessment.import"):
        return redirect("files:import_result", row.id)
    return redirect("files:import", patient.id)


@require_safe
@guarded("assessment.import", "read", about=Import)
def import_result(request: ClinicRequest, row: Import) -> HttpResponse:
    """What one file brought: taken, already there, left and why, codes that nobody knows, concepts to judge."""
    patient = Patient.objects.select_related("clinic").get(id=row.patient_id)
    taken = Counter(row.facts.values_list("name", flat=True))
    context: dict[str, Any] = {
        "row": row,
        "patient": patient,
        "episode": patient.episodes.order_by("-opened_at").first(),
        "taken": [{"words": question_for(name), "count": count} for name, count in taken.most_common()],
        "left": _by_reason(row.left),
        "unmapped": sorted(row.unmapped, key=lambda item: -item["count"]),
        "to_judge": [{**item, "words": in_words(item["concept"])} for item in row.to_judge],
    }
    return render(request, "files/import_result.html", context)


def _by_reason(left: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was left, by reason, the commonest first."""
    reasons: dict[str, list[dict[str, Any]]] = {}
    for item in left:
        kind = item["resource"].partition("/")[0]
        reasons.setdefault(f"{kind}: {item['why']}", []).append(item)
    groups = [{"why": why, "count": len(items), "entries": items} for why, items in reasons.items()]
    return sorted(groups, key=lambda group: -group["count"])


@require_safe
@guarded("leaving.report", "read", about=Departure)
def session_report(request: ClinicRequest, departure: Departure) -> HttpResponse:
    """One session as a FHIR bundle, made from the record as it stands now."""
    from ebbtide.doors.fhir.report import (
        written,
    )  # the library of resources is heavy: only whoever asks waits for it

    content = written(report_of(departure.pk, at=clock.now()))
    response = HttpResponse(content, content_type="application/fhir+json")
    name = f"session-{departure.discharged_at:%Y-%m-%d}-{str(departure.session_id)[-8:]}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
