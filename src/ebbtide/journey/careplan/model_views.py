"""The careplan's door to the models alone: free numbers in, curves or refusals out; no patient, and nothing is kept."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.journey.careplan.dosing import plain
from ebbtide.journey.careplan.forms import AskModelsForm
from ebbtide.journey.careplan.pictures import Shown, shown_of
from ebbtide.pharmacology.doses.text import (
    DoseUnit,
    TimeUnit,
    WrittenDose,
    WrittenInfusion,
    WrittenTime,
    schedule_of,
)
from ebbtide.pharmacology.people.person import Person
from ebbtide.pharmacology.previews import preview
from ebbtide.pharmacology.published.models import Drug


@guarded("careplan.preview", "create")
@require_safe
def ask(request: ClinicRequest) -> HttpResponse:
    """What several models say of one infusion; the question stands in the address, so it can be kept or sent on."""
    form = AskModelsForm(request.GET or None)
    answered = bool(request.GET) and form.is_valid()
    return render(
        request,
        "careplan/ask.html",
        {"form": form, "shown": _answer(form.cleaned_data) if answered else None},
        status=422 if request.GET and not answered else 200,
    )


def _answer(asked: dict[str, Any]) -> Shown:
    weight_kg, minutes = float(asked["weight_kg"]), int(asked["duration_min"])
    infusion = WrittenInfusion(
        dose=WrittenDose(value=asked["dose"], unit=DoseUnit(asked["dose_unit"])),
        duration=WrittenTime(value=asked["duration_min"], unit=TimeUnit.MINUTE),
    )
    previews = preview(
        schedule=schedule_of(infusions=[infusion], weight_kg=weight_kg),
        person=Person(age_y=int(asked["age_y"]), weight_kg=weight_kg),
        drug=Drug(asked["drug"]),
        model_ids=asked["models"],
        crps_course=asked["crps_course"],
    )
    given = f"{plain(asked['dose'])} {asked['dose_unit']}"
    return shown_of(previews, marks=[{"from": 0, "to": minutes, "words": given}], name="asked")
