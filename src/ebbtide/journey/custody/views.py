"""Pages of the custody: the safe, a visit's drug, the register, open variances, and each act with its second person."""

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
from ebbtide.ground.policy import Actor, ClinicRequest, check_may, guarded, visible
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody import actions, forms, queries
from ebbtide.journey.custody.models import Movement, Variance, Vial
from ebbtide.journey.custody.posting import day_of
from ebbtide.journey.custody.rules import NEED_TWO, Amount, milligrams
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


def _clinic(request: ClinicRequest) -> Clinic:
    clinic: Clinic = request.user.staff.clinic  # type: ignore[union-attr]
    return clinic


def _today(request: ClinicRequest) -> date:
    return day_of(_clinic(request), clock.now())


def _answer(
    request: ClinicRequest,
    form: forms.KeyForm,
    page: Page,
    perform: Callable[[Act], object],
    *,
    template: str = "custody/act.html",
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    """The page of one act: shown, done and left, or shown again with what is wrong."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                perform(act_now(request.actor, form.cleaned_data["key"]))
                return redirect(page.back)
            except Refused as refusal:
                form.add_error(None, refusal.sentence)
    return render(request, template, {"form": form, "page": page, **(more or {})}, status=status)


def _second(request: ClinicRequest, form: forms.WitnessForm) -> Actor:
    # a press that was done already is answered by its receipt: its code has been used and counts no second time
    if queries.sent_before(request.actor, form.cleaned_data["key"]):
        return request.actor
    return prove(request, *form.credentials())


@guarded("custody.ledger", "read")
def safe(request: ClinicRequest) -> HttpResponse:
    """The safe: its vials, and the visits of today with what is in hand for each."""
    clinic, today = _clinic(request), _today(request)
    context = {
        "groups": queries.safe_balance(clinic, today=today),
        "visits": [(visit, milligrams(held_ug)) for visit, held_ug in queries.visits_on(clinic, today)],
        "blind": queries.is_blind(request.actor),
    }
    return render(request, "custody/safe.html", context)


@guarded("custody.ledger", "create")
def receive(request: ClinicRequest) -> HttpResponse:
    """A delivery comes into the safe."""
    clinic = _clinic(request)
    check_may(request.actor, "create", "custody.ledger", clinic)
    form = forms.ReceiveForm(request.POST or None)
    page = Page(
        title="Receive vials",
        lead="One drug, strength and lot at a time. Each vial gets its own line.",
        button="Receive into the safe",
        back=reverse("custody:safe"),
    )

    def perform(act: Act) -> object:
        told = {name: form.cleaned_data[name] for name in form.cleaned_data if name not in {"key", "labels"}}
        command = actions.ReceiveVials(clinic=clinic, labels=form.label_lines(), **told)
        return actions.receive_vials(act, command)

    return _answer(request, form, page, perform)


@guarded("custody.visit_drug", "read", about=Visit)
def visit(request: ClinicRequest, row: Visit) -> HttpResponse:
    """What became of the drug of one visit, and what is in hand now."""
    found = queries.balance_of(row)
    strength = row.series.order.vial_mg_per_ml
    figures = (
        ("Drawn", found.drawn_ug),
        ("Given", found.given_ug),
        ("Wasted", found.wasted_ug),
        ("Returned", found.returned_ug),
        ("Unexplained", found.variance_ug),
    )
    context = {
        "visit": row,
        "patient": row.series.episode.patient,
        "order": row.series.order,
        "figures": [(name, Amount(ug=ug, mg_per_ml=strength)) for name, ug in figures],
        "in_hand": Amount(ug=found.in_hand_ug, mg_per_ml=strength),
        "lines": queries.lines_of_visit(row),
    }
    return render(request, "custody/visit.html", context)


def _of_visit(row: Visit, **words: str) -> Page:
    order, held_ug = row.series.order, queries.balance_of(row).in_hand_ug
    return Page(
        **words,
        back=reverse("custody:visit", args=[row.pk]),
        patient=row.series.episode.patient,
        facts=(
            ("Ordered", Amount(ug=int(order.dose_mg * 1000), mg_per_ml=order.vial_mg_per_ml)),
            ("In hand now", Amount(ug=held_ug, mg_per_ml=order.vial_mg_per_ml)),
        ),
    )


@guarded("custody.visit_drug", "create", about=Visit)
def draw(request: ClinicRequest, row: Visit) -> HttpResponse:
    """Choose the vial by its label, or take the one that expires first; then the amount."""
    check_may(request.actor, "create", "custody.ledger", row)
    lines = queries.usable_for(row, today=_today(request))
    asked = (request.POST.get("label") or request.GET.get("label", "")).strip()
    fitting = [line for line in lines if not asked or line.vial.label == asked]
    form = forms.DrawForm(request.POST or None, mg_per_ml=row.series.order.vial_mg_per_ml)
    page = _of_visit(
        row,
        title="Draw for this visit",
        lead="Scan the label, or take the vial that expires first.",
        button="Draw",
    )

    def perform(act: Act) -> object:
        vial = queries.vial_labelled(_clinic(request), asked)
        if vial is None:
            raise Refused("CUS-LABEL-UNKNOWN", "No vial of this safe has this label: scan it again.")
        amount_ug = form.cleaned_data["amount_ug"]
        return actions.draw_dose(act, actions.DrawDose(visit=row, vial=vial, amount_ug=amount_ug))

    more = {"lines": lines, "chosen": fitting[0] if fitting else None, "asked": asked}
    return _answer(request, form, page, perform, template="custody/draw.html", more=more)


@guarded("custody.visit_drug", "create", about=Visit)
def waste(request: ClinicRequest, row: Visit) -> HttpResponse:
    """Throw away what is left, before a witness who signs in on this page."""
    check_may(request.actor, "create", "custody.ledger", row)
    form = forms.WasteForm(request.POST or None, mg_per_ml=row.series.order.vial_mg_per_ml)
    page = _of_visit(
        row,
        title="Waste the rest",
        lead="A second nurse or a prescriber watches and signs in below. Whoever drew the drug is never the only witness.",
        button="Waste it",
    )

    def perform(act: Act) -> object:
        told = form.cleaned_data
        command = actions.WasteRest(
            visit=row, amount_ug=told["amount_ug"], reason=told["reason"], witness=_second(request, form)
        )
        return actions.waste_rest(act, command)

    return _answer(request, form, page, perform)


@guarded("custody.visit_drug", "create", about=Visit)
def give_back(request: ClinicRequest, row: Visit) -> HttpResponse:
    """What was taken from the safe and not needed goes back, while it is still in its vial."""
    check_may(request.actor, "create", "custody.ledger", row)
    vials = [vial for vial, _ in queries.in_hand(row)]
    form = forms.ReturnForm(request.POST or None, vials=vials, mg_per_ml=row.series.order.vial_mg_per_ml)
    page = _of_visit(
        row,
        title="Return to the safe",
        lead="Only what is still in its vial. What was drawn up into a syringe or bag is wasted.",
        button="Return it",
    )

    def perform(act: Act) -> object:
        told = form.cleaned_data
        command = actions.ReturnRest(
            visit=row, vial=told["vial"], amount_ug=told["amount_ug"], reason=told["reason"]
        )
        return actions.return_rest(act, command)

    return _answer(request, form, page, perform)


VARIANCE_LEAD = "Count again and search first. The patient may leave meanwhile. Two people sign; nothing that was charted changes."


@guarded("custody.visit_drug", "create", about=Visit)
def variance(request: ClinicRequest, row: Visit) -> HttpResponse:
    """A difference of a visit that nobody can explain."""
    words = {"title": "Post a difference", "lead": VARIANCE_LEAD, "button": "Post the difference"}
    strength = row.series.order.vial_mg_per_ml
    return _variance(request, _of_visit(row, **words), strength, {"visit": row})


@guarded("custody.count", "create", about=Vial)
def vial_variance(request: ClinicRequest, row: Vial) -> HttpResponse:
    """A difference of a vial in the safe that nobody can explain."""
    words = {"title": "Post a difference", "lead": VARIANCE_LEAD, "button": "Post the difference"}
    return _variance(request, _of_vial(row, **words), row.mg_per_ml, {"vial": row})


def _variance(request: ClinicRequest, page: Page, mg_per_ml: Any, place: dict[str, Any]) -> HttpResponse:
    check_may(request.actor, "create", "custody.count", *place.values())
    owners = queries.possible_owners(_clinic(request))
    form = forms.VarianceForm(request.POST or None, owners=owners, mg_per_ml=mg_per_ml)

    def perform(act: Act) -> object:
        command = actions.PostVariance(**form.told(), **place, second=_second(request, form))
        return actions.post_variance(act, command)

    return _answer(request, form, page, perform)


def _of_vial(row: Vial, **words: str) -> Page:
    facts = (("Vial", f"{row.label} · lot {row.lot} · expires {row.expires_on:%d %b %Y}"),)
    return Page(**words, back=reverse("custody:vial", args=[row.pk]), facts=facts)


@guarded("custody.ledger", "read", about=Vial)
def vial(request: ClinicRequest, row: Vial) -> HttpResponse:
    """One vial: what it is; and for those who do not count the safe, what is left and what happened to it."""
    blind = queries.is_blind(request.actor)
    context: dict[str, Any] = {
        "vial": row,
        "blind": blind,
        "content": Amount(ug=row.content_ug, mg_per_ml=row.mg_per_ml),
    }
    if not blind:
        context["left"] = Amount(ug=queries.left_in_vial(row), mg_per_ml=row.mg_per_ml)
        context["lines"] = queries.lines_of_vial(row)
    return render(request, "custody/vial.html", context)


@guarded("custody.ledger", "create", about=Vial)
def vial_waste(request: ClinicRequest, row: Vial) -> HttpResponse:
    """A vial broke or was spilled in the safe."""
    check_may(request.actor, "create", "custody.ledger", row)
    form = forms.WasteForm(request.POST or None, mg_per_ml=row.mg_per_ml)
    page = _of_vial(
        row,
        title="A vial broke or was spilled",
        lead="A second nurse or a prescriber saw it and signs in below.",
        button="Waste it",
    )

    def perform(act: Act) -> object:
        told = form.cleaned_data
        command = actions.WasteVial(
            vial=row, amount_ug=told["amount_ug"], reason=told["reason"], witness=_second(request, form)
        )
        return actions.waste_vial(act, command)

    return _answer(request, form, page, perform)


@guarded("custody.ledger", "create", about=Vial)
def vial_return(request: ClinicRequest, row: Vial) -> HttpResponse:
    """A vial goes back to the supplier."""
    check_may(request.actor, "create", "custody.ledger", row)
    form = forms.ReasonForm(request.POST or None)
    page = _of_vial(
        row,
        title="Send back to the supplier",
        lead="All that is left in it leaves the safe.",
        button="Send it back",
    )
    return _answer(
        request,
        form,
        page,
        lambda act: actions.return_vial(
            act, actions.ReturnVial(vial=row, reason=form.cleaned_data["reason"])
        ),
    )


@guarded("custody.visit_drug", "create", about=Movement)
def void(request: ClinicRequest, row: Movement) -> HttpResponse:
    """Undo a row that was written by mistake, by a row that names it."""
    check_may(request.actor, "create", "custody.ledger", row)
    two = row.kind in NEED_TWO
    form = (forms.VoidTwoForm if two else forms.ReasonForm)(request.POST or None)
    back = reverse("custody:visit", args=[row.visit_id]) if row.visit_id else reverse("custody:register")
    page = Page(
        title="Undo this row",
        lead="It stays in the register, and a reverse row names it."
        + (" Two people signed it, so two people undo it." if two else ""),
        button="Undo it",
        back=back,
        facts=(
            ("Row", row.get_kind_display()),
            ("Amount", Amount(ug=row.amount_ug, mg_per_ml=row.vial.mg_per_ml)),
            ("Vial", row.vial.label),
        ),
    )

    def perform(act: Act) -> object:
        witness = _second(request, form) if isinstance(form, forms.WitnessForm) else None
        command = actions.VoidMovement(movement=row, reason=form.cleaned_data["reason"], witness=witness)
        return actions.void_movement(act, command)

    return _answer(request, form, page, perform)


@guarded("custody.ledger", "read")
def register(request: ClinicRequest) -> HttpResponse:
    """The register of one day, newest first."""
    asked = forms.RegisterFilter(request.GET or None)
    told = asked.cleaned_data if asked.is_valid() else {}
    day = told.get("on") or _today(request)
    lines = queries.register_lines(request.actor, _clinic(request), day, drug=told.get("drug", ""))
    context = {
        "lines": lines,
        "day": day,
        "drug": told.get("drug", ""),
        "drugs": forms.DRUGS,
        "blind": queries.is_blind(request.actor),
        "cut": len(lines) == queries.REGISTER_ROWS_MAX,
    }
    return render(request, "custody/register.html", context)


@guarded("custody.count", "read")
def variances(request: ClinicRequest) -> HttpResponse:
    """Differences that nobody has explained, each with its owner and the day by which it is closed."""
    clinic = _clinic(request)
    context = {
        "open": visible(request.actor, queries.open_variances(clinic), "custody.count"),
        "closed": visible(request.actor, queries.closed_variances(clinic), "custody.count")[:50],
        "today": _today(request),
    }
    return render(request, "custody/variances.html", context)


@guarded("custody.count", "sign", about=Variance)
def close(request: ClinicRequest, row: Variance) -> HttpResponse:
    """The director closes an investigation."""
    check_may(request.actor, "sign", "custody.count", row)
    form = forms.CloseForm(request.POST or None)
    moved = row.movement
    page = Page(
        title="Close this investigation",
        lead="The difference stays as it was posted; your finding stands beside it.",
        button="Close it",
        back=reverse("custody:variances"),
        facts=(
            ("Difference", Amount(ug=moved.amount_ug, mg_per_ml=moved.vial.mg_per_ml)),
            ("Vial", moved.vial.label),
            ("Owner", row.owner.name),
            ("Searched", row.searched),
        ),
    )
    return _answer(
        request,
        form,
        page,
        lambda act: actions.close_variance(
            act,
            actions.CloseVariance(
                variance=row, finding=form.cleaned_data["finding"], reported=form.cleaned_data["reported"]
            ),
        ),
    )
