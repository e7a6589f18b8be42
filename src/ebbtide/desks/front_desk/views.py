"""Today: the day as chairs and rooms × hours, and on its left what needs somebody now; and finding a person."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from ebbtide.desks.front_desk import queries
from ebbtide.desks.front_desk.needs import link
from ebbtide.ground import clock
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.journey.access.queries import day as day_named


def _day(request: ClinicRequest) -> dict[str, Any]:
    user: Any = request.user
    clinic: Clinic = user.staff.clinic
    today = clock.today_in(clinic.time_zone)
    on = day_named(request.GET.get("on", "")) or today
    return {
        "clinic": clinic,
        "day": queries.day(request.actor, clinic, on=on, at=clock.now()),
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1),
        "today": today,
    }


@require_safe
@guarded("course.booking", "read")
def today(request: ClinicRequest) -> HttpResponse:
    """The staff's page; a patient's own visits stand in the portal."""
    if request.actor.patient_id is not None:
        return redirect("portal:home")
    return render(request, "front_desk/today.html", _day(request))


@require_safe
@guarded("course.booking", "read")
def today_rows(request: ClinicRequest) -> HttpResponse:
    """The part of the page that is read again when the day or the queue changes."""
    if request.actor.patient_id is not None:
        return redirect("portal:home")
    return render(request, "front_desk/_day.html", _day(request))


@require_safe
@guarded("access.demographics", "read")
def search(request: ClinicRequest) -> HttpResponse:
    """An empty search: the words are posted, because a name never stands in an address."""
    return render(request, "front_desk/search.html", {"words": "", "found": [], "asked": False})


@require_POST
@guarded("access.demographics", "read")
def find(request: ClinicRequest) -> HttpResponse:
    words = request.POST.get("words", "")[:80]
    found = queries.found(request.actor, words, at=clock.now())
    rows = [(person, link("chart:show", person.id)) for person in found]
    return render(
        request, "front_desk/search.html", {"words": words, "found": rows, "asked": bool(words.split())}
    )
