"""assessment: history and measurements: typed, corrected, confirmed one by one or as a whole list."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ebbtide.evidence.coding import classes_named_in
from ebbtide.evidence.packs import load_suitability_pack
from ebbtide.evidence.wording import said
from ebbtide.ground.ledger.action import Act, Refused, act_now
from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.journey.access.models import Episode
from ebbtide.journey.assessment.actions import (
    ConfirmFacts,
    ConfirmList,
    NewFact,
    RecordFacts,
    confirm_facts,
    confirm_list,
    record_facts,
)
from ebbtide.journey.assessment.forms import ConfirmListForm, FactsForm, ItemForm, KeyedForm, MeasurementsForm
from ebbtide.journey.assessment.models import Fact, Import, Origin
from ebbtide.journey.assessment.queries import Standing, gone_through, members_of, standing_of
from ebbtide.journey.assessment.questions import LINE_WORDS, LIST_WORDS, in_words, question_for
from ebbtide.journey.assessment.views.pages import answer, fact_row, frame, put_on, say_saved

# the lists of the page, each with the lines in words that belong beside it
SHOWN_LISTS = (
    ("problems", "condition"), ("medication_classes", "medicine"), ("affected_limbs", ""), ("specialist_clearances", ""),
)  # fmt: skip
SHOWN_LINES = ("allergy", "procedure")
FOLDED_LINES = 8  # more lines than these are folded


# — lists —


@require_safe
@guarded("assessment.history", "read", about=Episode)
def history(request: ClinicRequest, episode: Episode) -> HttpResponse:
    return _history(request, episode, standing_of(episode))


@require_POST
@guarded("assessment.history", "amend", about=Episode)
def add_item(request: ClinicRequest, episode: Episode) -> HttpResponse:
    """One more item on a list. A medicine in words also adds the classes it names."""
    standing = standing_of(episode)
    form = ItemForm(request.POST)

    def add(act: Act) -> Fact:
        name, item = form.cleaned_data["list_name"], form.cleaned_data["item"]
        facts = [NewFact(name=name, value=item)]
        if name == "medicine":
            known = {fact.value for fact in standing.named("medication_classes")}
            named = [found for found in classes_named_in(item) if found not in known]
            facts += [NewFact(name="medication_classes", value=found, words=item) for found in named]
        return record_facts(act, RecordFacts(patient=standing.patient, facts=tuple(facts)))

    return _done(request, episode, standing, form, add, "one more entry.")


@require_POST
@guarded("assessment.history", "amend", about=Episode)
def end_item(request: ClinicRequest, episode: Episode) -> HttpResponse:
    """An item was wrong or is over: an entry says so, the old one stays in the record."""
    standing = standing_of(episode)
    form = FactsForm(standing.facts, data=request.POST)

    def end(act: Act) -> Fact:
        ended = tuple(
            NewFact(name=fact.name, value=None, replaces=fact, withdrawn=True) for fact in form.chosen()
        )
        return record_facts(act, RecordFacts(patient=standing.patient, facts=ended))

    return _done(request, episode, standing, form, end, "the entry no longer stands. The record keeps it.")


@require_POST
@guarded("assessment.history", "amend", about=Episode)
def confirm_items(request: ClinicRequest, episode: Episode) -> HttpResponse:
    """A clinician stands behind entries that arrived from elsewhere."""
    standing = standing_of(episode)
    form = FactsForm(standing.facts, data=request.POST)
    return _done(
        request, episode, standing, form,
        lambda act: confirm_facts(act, ConfirmFacts(patient=standing.patient, facts=form.chosen())), "confirmed.",
    )  # fmt: skip


@require_POST
@guarded("assessment.history", "amend", about=Episode)
def confirm_whole_list(request: ClinicRequest, episode: Episode) -> HttpResponse:
    """A list was gone through from top to bottom, or signed as unchanged since the last visit day."""
    standing = standing_of(episode)
    form = ConfirmListForm(request.POST)

    def confirm(act: Act) -> Any:
        data = form.cleaned_data
        seen = tuple(UUID(part) for part in data["seen"].split(",") if part)
        command = ConfirmList(
            patient=standing.patient, name=data["list_name"], unchanged=data["unchanged"], seen=seen
        )
        return confirm_list(act, command)

    return _done(
        request,
        episode,
        standing,
        form,
        confirm,
        "the list is confirmed; what is not on it counts as absent.",
    )


def _done(
    request: ClinicRequest, episode: Episode, standing: Standing, form: KeyedForm, write: Callable[[Act], Any], words: str
) -> HttpResponse:  # fmt: skip
    if form.is_valid():
        try:
            row = write(act_now(request.actor, form.cleaned_data["key"]))
        except Refused as refused:
            put_on(form, refused)
        else:
            say_saved(request, row, standing.patient, words)
            return redirect("assessment:history", episode.id)
    return _history(request, episode, standing_of(episode), form=form)


def _history(request: ClinicRequest, episode: Episode, standing: Standing, **more: Any) -> HttpResponse:
    lists = [_list(standing, name, lines) for name, lines in SHOWN_LISTS]
    lines = [_lines(standing, name) for name in SHOWN_LINES]
    scalars = [_scalar(fact) for fact in standing.facts if _is_scalar(fact)]
    context = frame(
        request, episode, standing, tab="history", lists=lists, lines=lines, scalars=scalars,
        to_judge=_to_judge(standing), unconfirmed=standing.unconfirmed, **more,
    )  # fmt: skip
    return answer(request, "history", context)


def _is_scalar(fact: Fact) -> bool:
    return fact.name not in LIST_WORDS and fact.name not in LINE_WORDS


def _scalar(fact: Fact) -> dict[str, Any]:
    unit = "of 10" if fact.unit == "score 0-10" else "%" if fact.unit == "percent" else fact.unit
    return {**fact_row(fact), "question": question_for(fact.name), "words": said(fact.value), "unit": unit}


def _list(standing: Standing, name: str, lines: str) -> dict[str, Any]:
    members = members_of(standing.facts, name)
    state = standing.lists.get(name)
    policy = load_suitability_pack().reconfirmation
    renewable = name in policy.renews and state is not None
    renewable = (
        renewable and standing.as_of - state.confirmed_at <= timedelta(hours=policy.max_gap_h)
        if state
        else False
    )
    return {
        "name": name,
        "heading": LIST_WORDS[name],
        "rows": [fact_row(fact) for fact in members],
        "seen": ",".join(str(fact.id) for fact in gone_through(standing.facts, name)),
        "state": state,
        "renewable": renewable,
        "choices": [in_words(choice) for choice in sorted(load_suitability_pack().inputs[name].choices)],
        "lines": _lines(standing, lines) if lines else None,
    }


def _lines(standing: Standing, name: str) -> dict[str, Any]:
    rows = [fact_row(fact) for fact in members_of(standing.facts, name)]
    return {"name": name, "heading": LINE_WORDS[name], "rows": rows, "folded": len(rows) > FOLDED_LINES}


def _to_judge(standing: Standing) -> list[dict[str, Any]]:
    """Concepts that imported codes make possible and that nobody has affirmed; a confirmed list answers them."""
    rows = Import.objects.filter(patient=standing.patient).order_by("-imported_at")
    if "problems" in standing.lists:
        rows = rows.filter(imported_at__gt=standing.lists["problems"].confirmed_at)
    affirmed = {fact.value for fact in standing.named("problems")}
    open_ones = {
        item["concept"]: item for row in rows for item in row.to_judge if item["concept"] not in affirmed
    }
    return [{**item, "words": in_words(item["concept"])} for item in open_ones.values()]


# — measurements —


@require_http_methods(["GET", "HEAD", "POST"])
@guarded("assessment.measurement", "read", about=Episode)
def measurements(request: ClinicRequest, episode: Episode) -> HttpResponse:
    standing = standing_of(episode)
    form = MeasurementsForm(request.POST if request.method == "POST" else None)
    challenged = False
    if request.method == "POST" and form.is_valid():
        try:
            act = act_now(request.actor, form.cleaned_data["key"])
            command = RecordFacts(patient=standing.patient, facts=form.new_facts(), origin=Origin.MEASURED)
            row = record_facts(act, command)
        except Refused as refused:
            challenged = refused.rule.startswith("WEIGHT-")
            put_on(form, refused)
        else:
            say_saved(request, row, standing.patient, f"{len(command.facts)} values.")
            return redirect("assessment:measurements", episode.id)
    context = frame(
        request, episode, standing, tab="measurements", form=form, challenged=challenged or "measured_again" in request.POST,
        measured=[_scalar(fact) for fact in standing.facts if fact.name in MEASURED_HERE][:20],
        waiting=_second_reading_awaited(standing),
    )  # fmt: skip
    return answer(request, "measurements", context)


MEASURED_HERE = {"weight_kg", *MeasurementsForm.SINGLE}


def _second_reading_awaited(standing: Standing) -> Fact | None:
    """The first high reading of a cuff here, while its second is awaited."""
    from ebbtide.journey.assessment.queries import inputs_of

    newest = standing.newest("systolic_mmHg")
    if newest is None or newest.origin not in {Origin.MEASURED, Origin.DEVICE}:
        return None
    return None if "systolic_mmHg" in inputs_of(standing) else newest
