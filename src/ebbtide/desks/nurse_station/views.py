"""The wall of the nurse station: one tile for each chair, read again every few seconds and whenever a chair changes."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ebbtide.desks.nurse_station import queries
from ebbtide.desks.nurse_station.downtime import kit_for
from ebbtide.desks.nurse_station.tiles import OFF_WORDS
from ebbtide.ground import clock
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import ClinicRequest, guarded


def _wall(request: ClinicRequest) -> dict[str, Any]:
    user: Any = request.user
    clinic: Clinic = user.staff.clinic
    return {
        "clinic": clinic,
        "off_words": OFF_WORDS,
        "wall": queries.wall(request.actor, clinic, at=clock.now()),
    }


@require_safe
@guarded("infusion.station", "read")
def wall(request: ClinicRequest) -> HttpResponse:
    """The whole page, for a screen of 1920 × 1080 at four metres."""
    return render(request, "nurse_station/wall.html", _wall(request))


@require_safe
@guarded("infusion.station", "read")
def tiles(request: ClinicRequest) -> HttpResponse:
    """Only the tiles: what the page asks for by itself."""
    return render(request, "nurse_station/_tiles.html", _wall(request))


@require_safe
@guarded("infusion.station", "read")
def downtime_kit(request: ClinicRequest) -> HttpResponse:
    """Blank forms for every chair, to be printed before they are needed; no word about any person."""
    user: Any = request.user
    response = HttpResponse(kit_for(user.staff.clinic, at=clock.now()), content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="downtime-kit.pdf"'
    return response
