"""The director's figures on one page, and the rows beneath each of them on its own."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ebbtide.desks.director.beneath import BENEATH
from ebbtide.desks.director.figures import DAYS, FIGURES, figures_of
from ebbtide.desks.director.measured import Measured, measure
from ebbtide.ground import clock
from ebbtide.ground.policy import ClinicRequest, guarded

FIGURES_RESOURCE = "registry.figures"


def _measured(request: ClinicRequest) -> Measured:
    user: Any = request.user
    return measure(request.actor, user.staff.clinic, at=clock.now())


@require_safe
@guarded(FIGURES_RESOURCE, "read")
def figures(request: ClinicRequest) -> HttpResponse:
    """Six figures with their intervals and the period before, and what is open now."""
    found = _measured(request)
    return render(
        request,
        "director/figures.html",
        {"figures": figures_of(found), "open_now": found.open_now, "days": DAYS, "here": "figures"},
    )


@require_safe
@guarded(FIGURES_RESOURCE, "read")
def figure(request: ClinicRequest, name: str) -> HttpResponse:
    """The rows that one figure counted."""
    if name not in FIGURES:
        raise Http404("There is no figure of this name.")
    found = _measured(request)
    return render(
        request,
        "director/figure.html",
        {"figure": FIGURES[name](found), "beneath": BENEATH[name](found), "here": "figures"},
    )
