"""assessment: signing: the verdict repeated, every standing rule with its override or none, the decision and its reason."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.evidence.suitability import Finding
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.actions import SignEvaluation, sign_evaluation
from ebbtide.journey.assessment.findings import VERDICT_WORDS, as_plain, grouped, outcomes_digest
from ebbtide.journey.assessment.forms import SigningForm
from ebbtide.journey.assessment.queries import evaluate, standing_of
from ebbtide.journey.assessment.rules import must_be_overridden, who_may_override
from ebbtide.journey.assessment.views.pages import answer, frame, put_on, say_saved


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("assessment.suitability", "sign", about=Episode)
def sign(request: ClinicRequest, episode: Episode) -> HttpResponse:
    standing = standing_of(episode)
    found = evaluate(standing)
    against = [finding for finding in found.findings if must_be_overridden(finding)]
    rules = [finding.rule for finding in against if who_may_override(finding.override) & request.actor.roles]
    seen = outcomes_digest([as_plain(finding) for finding in found.findings])
    form = SigningForm(rules, data=request.POST if request.method == "POST" else None, initial={"seen": seen})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        command = SignEvaluation(
            episode=episode,
            decision=data["decision"],
            reason=data["reason"],
            overrides=form.overrides(),
            seen=data["seen"],
        )
        try:
            row = sign_evaluation(act_now(request.actor, data["key"]), command)
        except Refused as refused:
            put_on(form, refused)
        else:
            say_saved(request, row, standing.patient, f"signed as “{row.get_decision_display()}”.")
            return redirect("assessment:evaluation", row.id)
    shown = grouped(
        [as_plain(finding) for finding in found.findings], sources=load_suitability_pack().sources
    )
    context = frame(
        request, episode, standing, tab="sign", form=form, seen=seen, verdict_words=VERDICT_WORDS[found.verdict.value],
        verdict_css=found.verdict.value.replace("_", "-"), against=[_against(finding, form) for finding in against],
        cautions=[group for group in shown if group.key == "caution"], pack_version=found.pack_version,
        deceased_on=standing.patient.deceased_on, unconfirmed=len(standing.unconfirmed), counts=shown,
    )  # fmt: skip
    return answer(request, "sign", context)


def _against(finding: Finding, form: SigningForm) -> dict[str, Any]:
    """A rule that stands against treatment, and who may set it aside."""
    who = {
        "none": "Nobody may override this rule.",
        "director": "Only a medical director may override this rule.",
    }
    return {
        "rule": finding.rule,
        "title": finding.title,
        "message": finding.message,
        "css": finding.outcome.value.replace("_", "-"),
        "field": form[finding.rule] if finding.rule in form.fields else None,
        "who": who.get(finding.override.value, "Only a prescriber may override this rule."),
    }
