"""infusion: the start gate: every item with what to do, today's questions and measurements, one signature."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import act_now
from ebbtide.ground.people.models import Staff
from ebbtide.ground.policy import ClinicRequest, allowed, guarded
from ebbtide.journey.assessment.findings import VERDICT_WORDS
from ebbtide.journey.assessment.forms import KeyedForm
from ebbtide.journey.assessment.rules import who_may_override
from ebbtide.journey.infusion.actions import PassGate, ReconfirmHistory, pass_gate, reconfirm_history
from ebbtide.journey.infusion.forms import GateForm, todays_questions
from ebbtide.journey.infusion.gate import Confirmed, Item, errands, items_of, standing_findings
from ebbtide.journey.infusion.models import Session, StartGate
from ebbtide.journey.infusion.open_chart import in_open_chart
from ebbtide.journey.infusion.queries import newest_gate
from ebbtide.journey.infusion.seen import SeenNow, renewable_lists, see, todays_values
from ebbtide.journey.infusion.views.pages import done_or_again, frame, show

GATE = "infusion.start_gate"


@require_safe
@guarded(GATE, "read", about=Session)
def gate(request: ClinicRequest, row: Session) -> HttpResponse:
    """What stands between this person and the start, and what to do about each thing."""
    newest = newest_gate(row)
    seen = _seen(request, row, newest)
    return _page(request, row, seen, newest, _form(row, seen, request))


@require_POST
@guarded(GATE, "create", about=Session)
@in_open_chart
def sign_gate(request: ClinicRequest, row: Session) -> HttpResponse:
    """Record today's answers, judge everything, sign: passed or not, it is written."""
    newest = newest_gate(row)
    seen = _seen(request, row, newest)
    form = _form(row, seen, request)

    def perform(key: str) -> object:
        command = PassGate(
            session=row,
            confirmed=form.confirmed(),
            overrides=form.overrides(),
            answers=form.answered(),
            measured=form.measurements(),
            taken_24h=form.taken(),
        )
        return pass_gate(act_now(request.actor, key), command)

    back = reverse("infusion:gate", args=[row.pk])
    return done_or_again(form, perform, back=back, page=lambda: _page(request, row, seen, newest, form))


@require_POST
@guarded(GATE, "create", about=Session)
@in_open_chart
def unchanged(request: ClinicRequest, row: Session) -> HttpResponse:
    """One signature for the whole history: asked, nothing changed since yesterday."""
    form, newest = KeyedForm(request.POST), newest_gate(row)
    seen = _seen(request, row, newest)
    return done_or_again(
        form,
        lambda key: reconfirm_history(act_now(request.actor, key), ReconfirmHistory(session=row)),
        back=reverse("infusion:gate", args=[row.pk]),
        page=lambda: _page(request, row, seen, newest, form),
    )


def _seen(request: ClinicRequest, row: Session, newest: StartGate | None) -> SeenNow:
    staff: Staff = request.user.staff  # type: ignore[union-attr]
    kept = newest.confirmed if newest else {}
    return see(
        row,
        at=clock.now(),
        staff=staff,
        roles=request.actor.roles,
        confirmed=Confirmed(
            escort_name=str(kept.get("escort_name", "")),
            escort_phone=str(kept.get("escort_phone", "")),
            pump_identity=str(kept.get("pump_identity", "")),
        ),
        overrides={},
    )


def _form(row: Session, seen: SeenNow, request: ClinicRequest) -> GateForm:
    evaluation = seen.gate.evaluation
    missing = [need.input for need in evaluation.needs_data]
    rules = [
        finding.rule
        for finding in standing_findings(evaluation)
        if request.actor.roles & who_may_override(finding.override)
    ]
    if request.method == "POST":
        missing += [name.removeprefix("ask-") for name in request.POST if name.startswith("ask-")]
    return GateForm(
        questions=todays_questions(missing),
        rules=rules,
        zone=row.visit.series.episode.patient.clinic.time_zone,
        data=request.POST if request.method == "POST" else None,
        initial={
            "escort_name": seen.gate.confirmed.escort_name,
            "escort_phone": seen.gate.confirmed.escort_phone,
            "pump_identity": seen.gate.confirmed.pump_identity,
        },
    )


def _page(
    request: ClinicRequest, row: Session, seen: SeenNow, newest: StartGate | None, form: Any
) -> HttpResponse:
    asking = form if isinstance(form, GateForm) else _form_again(row, seen, request)
    renewable, why_not = renewable_lists(seen.standing, request.actor.roles)
    rules = {finding.rule: finding for finding in standing_findings(seen.gate.evaluation)}
    context = frame(
        row,
        form=form,
        asking=asking,
        to_do=errands(items := items_of(seen.gate)),
        done=[item for item in items if item.passed],
        newest=newest,
        not_passed=errands([Item(**item) for item in newest.items]) if newest else [],
        verdict_words=VERDICT_WORDS[seen.gate.evaluation.verdict.value],
        findings=seen.gate.evaluation.findings,
        overrides=[(rules[rule], asking[f"why-{rule}"]) for rule in asking.rules],
        renewable=renewable,
        why_not=why_not.values(),
        order=seen.order,
        sound=seen.gate.sound,
        sound_at=seen.gate.at.isoformat(),
        todays_values=todays_values(seen.standing),
        may_sign=allowed(request.actor, "create", GATE, row),
    )
    return show(request, "gate", context)


def _form_again(row: Session, seen: SeenNow, request: ClinicRequest) -> GateForm:
    """A fresh gate form beside another form that was refused."""
    missing = [need.input for need in seen.gate.evaluation.needs_data]
    zone = row.visit.series.episode.patient.clinic.time_zone
    return GateForm(questions=todays_questions(missing), rules=(), zone=zone, data=None)
