"""The chart: finding a patient, reading their story, and seeing who else has read it."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ebbtide.desks.chart.curve import relief_of
from ebbtide.desks.chart.entries import chapters, papers
from ebbtide.desks.chart.line import link
from ebbtide.desks.chart.position import position_from, position_of, with_position
from ebbtide.desks.chart.readers import touches_of
from ebbtide.desks.chart.steps import Step, Wall, next_step, stage_words
from ebbtide.desks.chart.story import story_of
from ebbtide.desks.chart.strip import strip_of
from ebbtide.ground import clock
from ebbtide.ground.people.models import Clinic, Patient
from ebbtide.ground.policy import Actor, ClinicRequest, allowed, guarded, may, visible
from ebbtide.journey.access.models import Episode

PEOPLE = "access.demographics"
TRAIL = "ground.audit_trail"
CURVE = "outcomes.relief_curve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One person in the list of patients."""

    patient: Patient
    stage: str
    step: Step


def _clinic(request: ClinicRequest) -> Clinic:
    user: Any = request.user
    found: Clinic = user.staff.clinic
    return found


def button(actor: Actor, step: Step) -> str:
    """The address behind a step's button; empty when it is not this person's to press."""
    return link(step.route, step.row) if step.route and allowed(actor, step.verb, step.resource) else ""


@require_safe
@guarded(PEOPLE, "read")
def patients(request: ClinicRequest) -> HttpResponse:
    """Everybody whose demographics this person may read, with the stage and the next step."""
    if request.actor.patient_id is not None:
        return redirect("portal:home")
    clinic = _clinic(request)
    wall = Wall(at=clock.now(), zone=clinic.time_zone)
    people = visible(request.actor, Patient.objects.all(), PEOPLE, at=wall.at)
    rows = with_position(people, request.actor, at=wall.at)
    positions = [position_from(row) for row in rows.order_by("family_name", "given_name", "record_number")]
    lines = [Line(patient=p.patient, stage=stage_words(p, wall), step=next_step(p, wall)) for p in positions]
    return render(request, "chart/patients.html", {"lines": lines})


def reader_of(actor: Actor, patient: Patient) -> Actor:
    """The actor with only those roles that reach this patient.

    Somebody who is a nurse and works at the front desk is, for a person not assigned to them, front desk alone: the
    nurse's fields must not open through the front desk's rows.
    """
    return replace(actor, roles=frozenset(grant.role for grant in may(actor, "read", PEOPLE, patient).grants))


@require_safe
@guarded(PEOPLE, "read", about=Patient)
def show(request: ClinicRequest, row: Patient) -> HttpResponse:
    """One person's journey, the strip on top, the next step in words, the newest stage first."""
    if request.actor.patient_id is not None:
        return redirect("portal:home")
    clinic = _clinic(request)
    wall = Wall(at=clock.now(), zone=clinic.time_zone)
    reader = reader_of(request.actor, row)
    position = position_of(reader, row, at=wall.at)
    position.patient.clinic = clinic
    story, step = story_of(reader, row, at=wall.at), next_step(position, wall)
    episode_id = position.episode.get("id", "") if allowed(reader, "read", CURVE) else ""
    return render(
        request,
        "chart/show.html",
        {
            "patient": position.patient,
            "strip": strip_of(reader, position, story, wall),
            "step": step,
            "step_href": button(request.actor, step),
            "relief": relief_of(story, episode_id, zone=clinic.time_zone) if episode_id else None,
            "outcomes_href": link("outcomes:episode", episode_id) if episode_id else "",
            "chapters": chapters(story),
            "papers": papers(story),
            "may_see_readers": allowed(request.actor, "read", TRAIL)
            and request.actor.has("director", "auditor"),
        },
    )


@require_safe
@guarded("access.episode", "read", about=Episode)
def episode(request: ClinicRequest, row: Episode) -> HttpResponse:
    """From an episode to the chart of its person."""
    return redirect("chart:show", row.patient_id)


@require_safe
@guarded(TRAIL, "read", about=Patient)
def readers(request: ClinicRequest, row: Patient) -> HttpResponse:
    """Who has read or changed this chart, and when."""
    if request.actor.patient_id is not None:
        return redirect("portal:readers")
    touches = touches_of(request.actor, row, at=clock.now())
    named = allowed(request.actor, "read", PEOPLE)
    return render(request, "chart/readers.html", {"patient": row, "named": named, "touches": touches})
