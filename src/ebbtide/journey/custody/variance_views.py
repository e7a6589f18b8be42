"""Pages of the variances: post a difference, look into it, record a theft or loss, close it before two people."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Act
from ebbtide.ground.policy import ClinicRequest, allowed, check_may, guarded, visible
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody import actions, forms, papers, queries, record_forms
from ebbtide.journey.custody.models import LossRecord, Variance, Vial
from ebbtide.journey.custody.pages import (
    Page,
    answer,
    asked_drug,
    clinic_of,
    of_vial,
    of_visit,
    second,
    today_of,
)
from ebbtide.journey.custody.posting import day_of
from ebbtide.journey.custody.record_views import pdf
from ebbtide.journey.custody.rules import Amount

VARIANCE_LEAD = "Count again and search first. The patient may leave meanwhile. Two people sign; nothing that was charted changes."


@guarded("custody.visit_drug", "create", about=Visit)
def variance(request: ClinicRequest, row: Visit) -> HttpResponse:
    """A difference of a visit that nobody can explain."""
    words = {"title": "Post a difference", "lead": VARIANCE_LEAD, "button": "Post the difference"}
    drug = asked_drug(request)
    strength = queries.strength_in_hand(row, drug) if drug else row.series.order.vial_mg_per_ml
    return _variance(request, of_visit(row, drug=drug, **words), strength, {"visit": row}, drug=drug)


@guarded("custody.count", "create", about=Vial)
def vial_variance(request: ClinicRequest, row: Vial) -> HttpResponse:
    """A difference of a vial in the safe that nobody can explain."""
    words = {"title": "Post a difference", "lead": VARIANCE_LEAD, "button": "Post the difference"}
    return _variance(request, of_vial(row, **words), row.mg_per_ml, {"vial": row})


def _variance(
    request: ClinicRequest, page: Page, mg_per_ml: Any, place: dict[str, Any], *, drug: str = ""
) -> HttpResponse:
    check_may(request.actor, "create", "custody.count", *place.values())
    owners = queries.possible_owners(clinic_of(request))
    form = forms.VarianceForm(request.POST or None, owners=owners, mg_per_ml=mg_per_ml)

    def perform(act: Act) -> object:
        command = actions.PostVariance(**form.told(), **place, drug=drug, second=second(request, form))
        return actions.post_variance(act, command)

    return answer(request, form, page, perform, more={"drug": drug})


@guarded("custody.count", "read")
def variances(request: ClinicRequest) -> HttpResponse:
    """Differences that nobody has explained, each with its owner and the day by which it is closed."""
    clinic = clinic_of(request)
    context = {
        "open": visible(request.actor, queries.open_variances(clinic), "custody.count"),
        "closed": visible(request.actor, queries.closed_variances(clinic), "custody.count")[:50],
        "today": today_of(request),
    }
    return render(request, "custody/variances.html", context)


@guarded("custody.investigation", "read", about=Variance)
def investigation(request: ClinicRequest, row: Variance) -> HttpResponse:
    """One difference: since when it is open, who owns it, what was found out, what is known of a loss."""
    moved, now = row.movement, clock.now()
    clinic = moved.clinic
    today = day_of(clinic, now)
    context = {
        "row": row,
        "amount": Amount(ug=moved.amount_ug, mg_per_ml=moved.vial.mg_per_ml),
        "open_days": (today - day_of(clinic, row.posted_at)).days,
        "due_days": (row.due_on - today).days,
        "late_days": (today - row.due_on).days,
        "closing": getattr(row, "closing", None),
        "is_found": moved.from_account.kind == "variance",
        "notes": row.notes.select_related("by"),
        "losses": row.losses.select_related("by").order_by("-recorded_at", "-id"),
        "may_write": _writes(request, row),
    }
    return render(request, "custody/investigation.html", context)


def _writes(request: ClinicRequest, row: Variance) -> bool:
    actor = request.actor
    mine = row.owner_id == actor.staff_id or actor.has("director")
    return mine and allowed(actor, "create", "custody.investigation", row)


def _of_variance(row: Variance, **words: Any) -> Page:
    moved = row.movement
    return Page(
        **words,
        back=reverse("custody:investigation", args=[row.pk]),
        facts=(
            ("Difference", Amount(ug=moved.amount_ug, mg_per_ml=moved.vial.mg_per_ml)),
            ("Vial", moved.vial.label),
            ("Owner", row.owner.name),
            ("Searched", row.searched),
        ),
    )


@guarded("custody.investigation", "create", about=Variance)
def note(request: ClinicRequest, row: Variance) -> HttpResponse:
    """Append what was found out."""
    check_may(request.actor, "create", "custody.investigation", row)
    form = record_forms.NoteForm(request.POST or None)
    words = {
        "title": "Add a note",
        "lead": "It is appended with your name and the time, and never edited.",
        "button": "Add the note",
    }
    return answer(
        request,
        form,
        _of_variance(row, **words),
        lambda act: actions.add_note(act, actions.AddNote(variance=row, words=form.cleaned_data["words"])),
    )


@guarded("custody.investigation", "create", about=Variance)
def loss(request: ClinicRequest, row: Variance) -> HttpResponse:
    """Record what is known of a theft or loss; it prepares the figures for the authority's form."""
    check_may(request.actor, "create", "custody.investigation", row)
    form = record_forms.LossForm(
        request.POST or None, initial={"discovered_on": day_of(row.movement.clinic, row.posted_at)}
    )
    words = {
        "title": "Record a theft or loss",
        "lead": "Your own record. It prepares the figures for the authority's form; you send that form yourselves.",
        "button": "Keep the record",
    }

    def perform(act: Act) -> object:
        told = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "key"}
        return actions.record_loss(act, actions.RecordLoss(variance=row, **told))

    return answer(request, form, _of_variance(row, **words), perform)


@guarded("custody.investigation", "read", about=LossRecord)
def loss_paper(request: ClinicRequest, row: LossRecord) -> HttpResponse:
    """The record of a theft or loss as a paper."""
    return pdf(papers.loss_pdf(row), f"loss-{row.discovered_on:%Y-%m-%d}")


@guarded("custody.count", "sign", about=Variance)
def close(request: ClinicRequest, row: Variance) -> HttpResponse:
    """The director closes an investigation, before a second person."""
    check_may(request.actor, "sign", "custody.count", row)
    form = forms.CloseForm(request.POST or None)
    words = {
        "title": "Close this investigation",
        "lead": "The difference stays as it was posted; your finding stands beside it. A second nurse or a prescriber signs in below.",
        "button": "Close it",
    }

    def perform(act: Act) -> str:
        told = form.cleaned_data
        command = actions.CloseVariance(
            variance=row, finding=told["finding"], reported=told["reported"], second=second(request, form)
        )
        actions.close_variance(act, command)
        return reverse("custody:variances")

    return answer(request, form, _of_variance(row, **words), perform)
