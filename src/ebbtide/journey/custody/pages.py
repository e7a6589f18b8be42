"""What every page of an act at the safe shares: its words, its answer, the second person."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Act, Refused, act_now
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import Actor, ClinicRequest
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody import forms, queries
from ebbtide.journey.custody.drugs import BESIDE, drug_words
from ebbtide.journey.custody.models import Vial
from ebbtide.journey.custody.posting import day_of
from ebbtide.journey.custody.rules import Amount, mg_words
from ebbtide.journey.custody.witness import prove


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the page of one act says: its words, what stands there now, and where it leads back to."""

    title: str
    lead: str
    button: str
    back: str
    facts: tuple[tuple[str, Any], ...] = ()
    patient: Any = None
    visit: Any = None


def clinic_of(request: ClinicRequest) -> Clinic:
    """The clinic of the person who asks."""
    clinic: Clinic = request.user.staff.clinic  # type: ignore[union-attr]
    return clinic


def today_of(request: ClinicRequest) -> date:
    """The day on the clinic's wall."""
    return day_of(clinic_of(request), clock.now())


def answer(
    request: ClinicRequest,
    form: forms.KeyForm,
    page: Page,
    perform: Callable[[Act], object],
    *,
    template: str = "custody/act.html",
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    """The page of one act: shown, done and left, or shown again with what is wrong.

    What `perform` answers is where to go then; anything but an address leads back to where the page came from.
    """
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                done = perform(act_now(request.actor, form.cleaned_data["key"]))
                return redirect(done if isinstance(done, str) else page.back)
            except Refused as refusal:
                form.add_error(None, refusal.sentence)
    return render(request, template, {"form": form, "page": page, **(more or {})}, status=status)


def second(request: ClinicRequest, form: forms.WitnessForm) -> Actor:
    """The second person, proved by what was typed on this page."""
    # a press that was done already is answered by its receipt: its code has been used and counts no second time
    if queries.sent_before(request.actor, form.cleaned_data["key"]):
        return request.actor
    return prove(request, *form.credentials())


def asked_drug(request: ClinicRequest) -> str:
    """A drug given beside the infusion that the page is about; empty: the order's."""
    named = request.POST.get("drug") or request.GET.get("drug", "")
    return named if named in BESIDE else ""


def of_visit(row: Visit, *, drug: str = "", **words: Any) -> Page:
    """The page of an act about one drug of a visit."""
    order, held_ug = row.series.order, queries.balance_of(row, drug).in_hand_ug
    strength = queries.strength_in_hand(row, drug) if drug else order.vial_mg_per_ml
    in_hand: Any = mg_words(held_ug) if strength is None else Amount(ug=held_ug, mg_per_ml=strength)
    ordered = ("Ordered", Amount(ug=int(order.dose_mg * 1000), mg_per_ml=order.vial_mg_per_ml))
    return Page(
        **words,
        back=reverse("custody:visit", args=[row.pk]),
        patient=row.series.episode.patient,
        visit=row,
        facts=(("Drug", drug_words(drug)) if drug else ordered, ("In hand now", in_hand)),
    )


def of_vial(row: Vial, **words: Any) -> Page:
    """The page of an act about one vial."""
    facts = (("Vial", f"{row.label} · lot {row.lot} · expires {row.expires_on:%d %b %Y}"),)
    return Page(**words, back=reverse("custody:vial", args=[row.pk]), facts=facts)
