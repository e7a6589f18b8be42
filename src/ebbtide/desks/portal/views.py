"""The patient's own page: when to come, what to bring, what to sign, which papers there are, and who has read the record."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from ebbtide.desks.chart.readers import touches_of
from ebbtide.desks.portal.queries import mine, my_curve
from ebbtide.ground import clock
from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.journey.outcomes.check_in import curve_words
from ebbtide.journey.outcomes.curve import picture


def _patient(request: ClinicRequest) -> Patient:
    user: Any = request.user
    found: Patient = user.patient
    return found


def _consent_page(episode_id: Any) -> str:
    try:
        return reverse("assessment:consent_sign", args=[episode_id]) if episode_id else ""
    except NoReverseMatch:
        return ""


@require_safe
@guarded("course.booking", "read")
def home(request: ClinicRequest) -> HttpResponse:
    """A patient's own visits, request, consent and papers; whoever works here is sent to their own first page."""
    if request.actor.patient_id is None:
        return redirect("people:home")
    patient = _patient(request)
    own = mine(request.actor, patient.clinic, at=clock.now(), today=clock.today_in(patient.clinic.time_zone))
    return render(
        request,
        "portal/home.html",
        {"patient": patient, "mine": own, "consent_href": _consent_page(own.consent_to_sign)},
    )


@require_safe
@guarded("outcomes.relief_curve", "read")
def curve(request: ClinicRequest) -> HttpResponse:
    """A patient's own pain over time with their infusions; whoever works here reads it in the chart."""
    if request.actor.patient_id is None:
        return redirect("chart:patients")
    found = my_curve(request.actor, at=clock.now())
    chart = None if found is None or found.is_empty else picture(found, words=curve_words(found))
    return render(request, "portal/curve.html", {"curve": found, "chart": chart})


@require_safe
@guarded("ground.audit_trail", "read")
def readers(request: ClinicRequest) -> HttpResponse:
    """Who has read or changed one's own record; staff read the ledger instead."""
    if request.actor.patient_id is None:
        return redirect("director:ledger")
    touches = touches_of(request.actor, _patient(request), at=clock.now())
    return render(request, "portal/readers.html", {"touches": touches})
