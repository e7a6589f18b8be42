"""assessment: the workbench: what every rule says now, with its reasons, and what is still to be asked, with a form right there."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from ebbtide.evidence.inputs import InputType
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.actions import RecordFacts, record_facts
from ebbtide.journey.assessment.findings import (
    VERDICT_WORDS,
    Plain,
    as_plain,
    fired_by_absence,
    grouped,
    needs_as_plain,
)
from ebbtide.journey.assessment.forms import AnswersForm
from ebbtide.journey.assessment.models import Evaluation
from ebbtide.journey.assessment.queries import (
    Standing,
    evaluate,
    inputs_of,
    is_line,
    newest_evaluation,
    shown_parameters,
    standing_of,
)
from ebbtide.journey.assessment.questions import ASKED_BY, ON_MEASUREMENTS, question_for
from ebbtide.journey.assessment.views.pages import answer, frame, put_on, say_saved


@require_safe
@guarded("assessment.history", "read", about=Episode)
def workbench(request: ClinicRequest, episode: Episode) -> HttpResponse:
    standing = standing_of(episode)
    return _page(request, episode, standing, form=None)


@require_safe
@guarded("assessment.history", "read", about=Episode)
def verdict(request: ClinicRequest, episode: Episode) -> HttpResponse:
    """The verdict alone, for a page that heard that something changed."""
    return answer(request, "_verdict", _context(request, episode, standing_of(episode), form=None))


@require_POST
@guarded("assessment.history", "amend", about=Episode)
def answers(request: ClinicRequest, episode: Episode) -> HttpResponse:
    """Record the answers that were filled in, all as one act."""
    standing = standing_of(episode)
    patient = standing.patient
    # what was sent decides, not what is asked by now: a form sent twice finds its receipt
    form = AnswersForm(_answerable(request.POST), zone=patient.clinic.time_zone, data=request.POST)
    if form.is_valid():
        try:
            act = act_now(request.actor, form.cleaned_data["key"])
            row = record_facts(act, RecordFacts(patient=patient, facts=form.new_facts()))
        except Refused as refused:
            put_on(form, refused)
        else:
            count = len(form.new_facts())
            say_saved(request, row, patient, f"{count} answer{'s' * (count != 1)}.")
            return redirect("assessment:workbench", episode.id)
    return _page(request, episode, standing, form=form)


@require_safe
@guarded("assessment.suitability", "read", about=Evaluation)
def evaluation(request: ClinicRequest, row: Evaluation) -> HttpResponse:
    """A signed assessment, as it was at the moment of signing."""
    standing = standing_of(row.episode, as_of=row.signed_at)
    overridden = [{"rule": rule, "why": why} for rule, why in row.overrides.items()]
    context = frame(
        request, row.episode, standing, tab="sign", evaluation=row, overridden=overridden,
        groups=grouped(row.findings, sources=load_suitability_pack().sources),
        verdict_words=VERDICT_WORDS[row.verdict], verdict_css=row.verdict.replace("_", "-"),
    )  # fmt: skip
    return answer(request, "evaluation", context)


def _answerable(sent: Iterable[str]) -> list[str]:
    """The names among these that are one value each; lists and measurements have pages of their own."""
    inputs = load_suitability_pack().inputs
    return [
        name
        for name in sent
        if name in inputs and inputs[name].type is not InputType.SET and not _elsewhere(name)
    ]


def _elsewhere(name: str) -> bool:
    return name in ON_MEASUREMENTS or is_line(name)


def _needs(needs: list[Plain]) -> list[Plain]:
    """What must be asked, each thing once, with the place where it is entered."""
    inputs = load_suitability_pack().inputs
    asked: dict[str, Plain] = {}
    for need in needs:
        name = ASKED_BY.get(need["input"], need["input"])
        if name in asked:
            asked[name]["rules"] += need["rules"]
            continue
        spec = inputs[name]
        place = "history" if spec.type is InputType.SET else "measurements" if name in ON_MEASUREMENTS else ""
        place = "consent" if name == "consent_current" else place
        asked[name] = {
            "name": name, "question": question_for(name), "rules": list(need["rules"]), "why": need["why"], "unit": spec.unit or "",
            "blocks": need["if_missing"] == "block", "place": place, "by_form": not place, "from": spec.origin,
        }  # fmt: skip
    return list(asked.values())


def _page(
    request: ClinicRequest, episode: Episode, standing: Standing, *, form: AnswersForm | None
) -> HttpResponse:
    return answer(request, "workbench", _context(request, episode, standing, form=form))


def _context(
    request: ClinicRequest, episode: Episode, standing: Standing, *, form: AnswersForm | None
) -> dict[str, Any]:
    found = evaluate(standing)
    absent = fired_by_absence(found, known=inputs_of(standing))
    needs = _needs([*needs_as_plain(found), *absent])
    names = [need["name"] for need in needs if need["by_form"]]
    form = form or AnswersForm(names, zone=standing.patient.clinic.time_zone)
    form.ask_also(names)
    findings = [as_plain(finding) for finding in found.findings]
    groups = grouped(findings, sources=load_suitability_pack().sources)
    return frame(
        request, episode, standing, tab="findings", form=form,
        verdict=found.verdict.value, verdict_css=found.verdict.value.replace("_", "-"),
        verdict_words=VERDICT_WORDS[found.verdict.value],
        gravest=[group for group in groups if group.is_grave], others=[group for group in groups if not group.is_grave],
        elsewhere=[need for need in needs if not need["by_form"]],
        blocking=[_with_field(need, form) for need in needs if need["by_form"] and need["blocks"]],
        helpful=[_with_field(need, form) for need in needs if need["by_form"] and not need["blocks"]],
        parameters=shown_parameters(standing.parameters), unconfirmed=len(standing.unconfirmed),
        signed=newest_evaluation(episode), pack_version=found.pack_version, as_of=standing.as_of, rule_count=len(findings),
        deceased_on=standing.patient.deceased_on,
    )  # fmt: skip


def _with_field(need: Plain, form: AnswersForm) -> Plain:
    return {**need, "field": form[need["name"]]} if need["name"] in form.fields else need
