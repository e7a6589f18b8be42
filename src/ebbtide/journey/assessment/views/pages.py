"""assessment: what its pages share: the strip of the person, the tabs, the words after saving."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Model
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import render

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy import ClinicRequest, allowed
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.findings import brief
from ebbtide.journey.assessment.models import Fact
from ebbtide.journey.assessment.queries import Standing, origin_words, weight_from
from ebbtide.journey.assessment.questions import in_words

STRIP_ALLERGIES = 4  # as many fit above a page; the rest stand on the history page
LISTED_AS_WORD = frozenset({"problems", "medication_classes", "affected_limbs", "specialist_clearances"})


def fact_row(fact: Fact) -> dict[str, Any]:
    """A fact as a page lists it."""
    words = in_words(str(fact.value)) if fact.name in LISTED_AS_WORD else str(fact.value)
    return {
        "id": fact.id,
        "words": words,
        "notes": fact.words if fact.words != fact.value else "",
        "observed_at": fact.observed_at,
        "origin": brief(origin_words(fact)),
        "unconfirmed": fact.confirmed_by_id is None,
        "confirmed_by": fact.confirmed_by.name if fact.confirmed_by else "",
    }


def frame(
    request: ClinicRequest, episode: Episode, standing: Standing, *, tab: str, **more: Any
) -> dict[str, Any]:
    """The context of every page of one episode's assessment."""
    may_read_history = allowed(request.actor, "read", "assessment.history")
    allergies = standing.named("allergy") if may_read_history else []
    return {
        "episode": episode,
        "patient": standing.patient,
        "weight": weight_from(standing.newest("weight_kg")) if may_read_history else None,
        "allergies": [fact_row(fact) for fact in allergies[:STRIP_ALLERGIES]],
        "more_allergies": max(0, len(allergies) - STRIP_ALLERGIES),
        "tab": tab,
        "may_record": allowed(request.actor, "amend", "assessment.history"),
        "may_measure": allowed(request.actor, "amend", "assessment.measurement"),
        "may_sign": allowed(request.actor, "sign", "assessment.suitability"),
        "may_import": allowed(request.actor, "create", "assessment.import"),
        "may_read_history": may_read_history,
        "may_consent": allowed(request.actor, "create", "assessment.consent"),
        **more,
    }


def answer(request: ClinicRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """The page; 422 when one of its forms was refused."""
    wrong = any(isinstance(part, Form) and part.is_bound and part.errors for part in context.values())
    return render(request, f"assessment/{template}.html", dict(context), status=422 if wrong else 200)


def put_on(form: Form, refused: Refused) -> None:
    """A rule's refusal, as the form's own error."""
    form.add_error(None, refused.sentence)


def say_saved(request: ClinicRequest, row: Model, patient: Patient, words: str) -> None:
    """Say “Saved at 14:02” only after the row was read back from the database."""
    type(row)._default_manager.get(pk=row.pk)
    wall = clock.now().astimezone(ZoneInfo(patient.clinic.time_zone))
    messages.success(request, f"Saved at {wall:%H:%M}: {words}")
