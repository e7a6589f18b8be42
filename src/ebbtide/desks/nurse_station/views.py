"""The wall of the nurse station: one tile for each chair, read again every few seconds and whenever a chair changes."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ebbtide.desks.nurse_station import queries
from ebbtide.desks.nurse_station.downtime import kit_for
from ebbtide.desks.nurse_station.screen import key_for, opened_by
from ebbtide.ground import clock
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.ground.policy.actors import of_staff
from ebbtide.ground.policy.decisions import may
from ebbtide.journey.infusion.checking import off_words_for


def _wall(request: ClinicRequest) -> dict[str, Any]:
    user: Any = request.user
    clinic: Clinic = user.staff.clinic
    return {
        "clinic": clinic,
        "off_words": off_words_for(clinic),
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
    user: Any = request.user
    found = queries.wall(request.actor, user.staff.clinic, at=clock.now())
    return render(request, "nurse_station/_tiles.html", {"clinic": user.staff.clinic, "wall": found})


# — a wall that stays open —

OPEN = "the key in the address is the proof: chairs without a name, for one shift, and only while its maker may read the wall"


@require_safe
@guarded(queries.STATION, "read")
def stay(request: ClinicRequest) -> HttpResponse:
    """From here on the screen needs no sign-in for a shift: it shows no name and has no button."""
    user: Any = request.user
    return redirect("nurse_station:screen", key_for(user.staff, clock.now()))


@require_safe
@guarded.public(OPEN)
def screen(request: ClinicRequest, key: str) -> HttpResponse:
    """The whole page for a screen on the wall that nobody is signed in at."""
    return _kept_private(_screen(request, key, "nurse_station/screen.html"))


@require_safe
@guarded.public(OPEN)
def screen_tiles(request: ClinicRequest, key: str) -> HttpResponse:
    """Only its tiles."""
    return _kept_private(_screen(request, key, "nurse_station/_tiles.html"))


def _screen(request: ClinicRequest, key: str, template: str) -> HttpResponse:
    at = clock.now()
    found = opened_by(key, at)
    actor = of_staff(found[0]) if found else None
    if found is None or actor is None or not may(actor, "read", queries.STATION, at=at).allowed:
        return render(request, "nurse_station/screen_over.html", {}, status=404)
    staff, until = found
    shown = queries.wall(actor, staff.clinic, at=at)
    wall = replace(shown, tiles=[tile.nameless() for tile in shown.tiles])
    context = {
        "clinic": staff.clinic,
        "off_words": off_words_for(staff.clinic),
        "wall": wall,
        "screen_key": key,
        "until": until,
    }
    return render(request, template, context)


def _kept_private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@guarded("infusion.station", "read")
def downtime_kit(request: ClinicRequest) -> HttpResponse:
    """Blank forms for every chair, to be printed before they are needed; no word about any person."""
    user: Any = request.user
    response = HttpResponse(kit_for(user.staff.clinic, at=clock.now()), content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="downtime-kit.pdf"'
    return response
