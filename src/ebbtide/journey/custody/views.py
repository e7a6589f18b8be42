"""Pages of the custody: the safe, a visit's drug, the register, and each act with its second person."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Act, Refused
from ebbtide.ground.policy import ClinicRequest, allowed, check_may, guarded
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody import actions, count_queries, forms, queries, scan_queries
from ebbtide.journey.custody.drugs import BESIDE, drug_words
from ebbtide.journey.custody.models import Movement, Vial
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
from ebbtide.journey.custody.rules import NEED_TWO, Amount, VisitBalance, mg_words
from ebbtide.journey.custody.scans import LONGEST as SCAN_LONGEST
from ebbtide.journey.custody.scans import NotReadable, Scanned, read_label

UNKNOWN = "No vial of this safe has this label: receive it first, or scan it again."


@guarded("custody.ledger", "read")
def safe(request: ClinicRequest) -> HttpResponse:
    """The safe: its vials, and the visits of today with what is in hand for each."""
    clinic, today = clinic_of(request), today_of(request)
    context = {
        "groups": queries.safe_balance(clinic, today=today),
        "visits": [
            (visit, [(drug_words(drug), mg_words(ug)) for drug, ug in held.items()])
            for visit, held in queries.visits_on(clinic, today)
        ],
        "blind": queries.is_blind(request.actor),
        "count": count_queries.newest_of_day(clinic, today),
        "undrawn": [
            (row, mg_words(row.amount_ug), drug_words(row.drug)) for row in queries.undrawn_in(clinic)
        ],
    }
    return render(request, "custody/safe.html", context)


@guarded("custody.ledger", "create")
def receive(request: ClinicRequest) -> HttpResponse:
    """A delivery comes into the safe."""
    clinic = clinic_of(request)
    check_may(request.actor, "create", "custody.ledger", clinic)
    package = _package(request.GET.get("scan", ""))
    form = forms.ReceiveForm(request.POST or None, initial=_from_package(request, package))
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

    more = {"asked": request.GET.get("scan", ""), "package": package}
    return answer(request, form, page, perform, template="custody/receive.html", more=more)


def _package(typed: str) -> Scanned | str:
    """What the package's symbol says, or the sentence why it says nothing."""
    try:
        return read_label(typed[:SCAN_LONGEST])
    except NotReadable as refusal:
        return str(refusal)


def _from_package(request: ClinicRequest, package: Scanned | str) -> dict[str, Any]:
    """What a scan fills in: lot and expiry from the symbol, the product from the last delivery of the same number."""
    if isinstance(package, str) or not package.is_gs1:
        return {}
    known = scan_queries.product_known(clinic_of(request), package.gtin)
    product = (
        {name: getattr(known, name) for name in ("drug", "mg_per_ml", "volume_ml", "supplier")}
        if known
        else {}
    )
    return {**product, "scan": request.GET["scan"], "lot": package.lot, "expires_on": package.expires_on}


@guarded("custody.visit_drug", "read", about=Visit)
def visit(request: ClinicRequest, row: Visit) -> HttpResponse:
    """What became of the drug of one visit, and what is in hand now."""
    found = queries.balances(row)
    order, chair = queries.order_and_chair(row)
    ordered = found.pop(order.drug, VisitBalance())
    context = {
        "visit": row,
        "chair": chair,
        "patient": row.series.episode.patient,
        "order": order,
        "figures": [(name, Amount(ug=ug, mg_per_ml=order.vial_mg_per_ml)) for name, ug in _figures(ordered)],
        "in_hand": Amount(ug=ordered.in_hand_ug, mg_per_ml=order.vial_mg_per_ml),
        "beside": [
            {
                "drug": drug,
                "words": drug_words(drug),
                "figures": [(name, mg_words(ug)) for name, ug in _figures(of) if ug],
                "in_hand_ug": of.in_hand_ug,
                "in_hand": mg_words(of.in_hand_ug),
            }
            for drug, of in found.items()
        ],
        "undrawn": [
            (drug_words(one.drug), mg_words(one.amount_ug), one.drug) for one in queries.undrawn_of(row)
        ],
        "beside_drugs": [(drug, drug_words(drug)) for drug in BESIDE],
        "lines": queries.lines_of_visit(row),
    }
    return render(request, "custody/visit.html", context)


def _figures(found: VisitBalance) -> tuple[tuple[str, int], ...]:
    return (
        ("Drawn", found.drawn_ug),
        ("Given", found.given_ug),
        ("Wasted", found.wasted_ug),
        ("Returned", found.returned_ug),
        ("Handed on", found.handed_on_ug),
        ("Unexplained", found.variance_ug),
    )


@guarded("custody.visit_drug", "create", about=Visit)
def draw(request: ClinicRequest, row: Visit) -> HttpResponse:
    """Choose the vial by its label, or take the one that expires first; then the amount."""
    check_may(request.actor, "create", "custody.ledger", row)
    today, drug = today_of(request), asked_drug(request)
    lines = queries.usable_for(row, today=today, drug=drug)
    asked = (request.POST.get("label") or request.GET.get("label", "")).strip(" ")[:SCAN_LONGEST]
    meant, why = _meant(request, asked)
    fitting = [line for line in lines if not asked or line.vial in meant]
    why = why or _why_not(request, row, asked, meant, drug=drug)
    chosen = None if why or not fitting else fitting[0]
    strength = chosen.vial.mg_per_ml if chosen else row.series.order.vial_mg_per_ml
    form = forms.DrawForm(request.POST or None, mg_per_ml=strength)
    words = {
        "title": "Draw for this visit",
        "lead": "Scan the label, or take the vial that expires first.",
        "button": "Draw",
    }
    page = of_visit(row, drug=drug, **words)

    def perform(act: Act) -> object:
        if len(meant) != 1:
            raise Refused("CUS-LABEL-UNKNOWN", why or UNKNOWN)
        scan = asked if form.cleaned_data["scanned"] else ""
        amount_ug = form.cleaned_data["amount_ug"]
        command = actions.DrawDose(visit=row, vial=meant[0], amount_ug=amount_ug, drug=drug, scan=scan)
        return actions.draw_dose(act, command)

    more = {
        "lines": lines, "fitting": fitting, "chosen": chosen, "asked": asked, "drug": drug,
        "drug_words": drug_words(drug or row.series.order.drug),
        "why": why,
        "scanned": request.GET.get("by") == "label" or bool(request.POST.get("scanned")),
    }  # fmt: skip
    return answer(request, form, page, perform, template="custody/draw.html", more=more)


def _meant(request: ClinicRequest, asked: str) -> tuple[list[Vial], str]:
    """The vials that a label can mean, or why it says nothing."""
    try:
        scanned = read_label(asked)
    except NotReadable as refusal:
        return [], str(refusal)
    return (scan_queries.vials_scanned(clinic_of(request), scanned) if asked else []), ""


def _why_not(request: ClinicRequest, row: Visit, asked: str, meant: list[Vial], *, drug: str) -> str:
    """What is wrong with the vial of a label, in the words of the rule that its draw would break."""
    if not meant:
        return UNKNOWN if asked else ""
    if len(meant) > 1:
        return "This symbol is the same on several vials: choose the one in your hand by the clinic's own number."
    command = actions.DrawDose(visit=row, vial=meant[0], amount_ug=1, drug=drug, scan=asked)
    return actions.why_not_drawable(command, at=clock.now())


@guarded("custody.visit_drug", "create", about=Visit)
def waste(request: ClinicRequest, row: Visit) -> HttpResponse:
    """Throw away what is left, before a witness who signs in on this page."""
    check_may(request.actor, "create", "custody.ledger", row)
    drug = asked_drug(request)
    strength = queries.strength_in_hand(row, drug) if drug else row.series.order.vial_mg_per_ml
    form = forms.WasteForm(request.POST or None, mg_per_ml=strength)
    page = of_visit(
        row,
        drug=drug,
        title="Waste the rest",
        lead="A second nurse or a prescriber watches and signs in below. Whoever drew the drug is never the only witness.",
        button="Waste it",
    )

    def perform(act: Act) -> object:
        told = form.cleaned_data
        command = actions.WasteRest(
            visit=row,
            amount_ug=told["amount_ug"],
            reason=told["reason"],
            drug=drug,
            witness=second(request, form),
        )
        return actions.waste_rest(act, command)

    return answer(request, form, page, perform, more={"drug": drug})


@guarded("custody.visit_drug", "create", about=Visit)
def give_back(request: ClinicRequest, row: Visit) -> HttpResponse:
    """What was taken from the safe and not needed goes back, while it is still in its vial."""
    check_may(request.actor, "create", "custody.ledger", row)
    drug = asked_drug(request)
    vials = [vial for vial, _ in queries.in_hand(row, drug or row.series.order.drug)]
    strength = queries.strength_in_hand(row, drug or row.series.order.drug)
    form = forms.ReturnForm(request.POST or None, vials=vials, mg_per_ml=strength)
    page = of_visit(
        row,
        drug=drug,
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

    return answer(request, form, page, perform, more={"drug": drug})


@guarded("custody.visit_drug", "create", about=Visit)
def hand_on(request: ClinicRequest, row: Visit) -> HttpResponse:
    """A vial that was taken out for this visit serves another one of today."""
    check_may(request.actor, "create", "custody.ledger", row)
    held, clinic = queries.in_hand(row), clinic_of(request)
    others = [visit for visit, _ in queries.visits_on(clinic, today_of(request)) if visit.pk != row.pk]
    strength = held[0][0].mg_per_ml if len({vial.mg_per_ml for vial, _ in held}) == 1 else None
    form = forms.HandOnForm(
        request.POST or None, vials=[vial for vial, _ in held], visits=others, mg_per_ml=strength
    )
    page = of_visit(
        row,
        title="Hand a vial on",
        lead="Only what is still in its vial. A syringe or bag that was prepared never serves another person.",
        button="Hand it on",
    )

    def perform(act: Act) -> object:
        told = form.cleaned_data
        command = actions.HandOn(
            visit=row,
            to_visit=told["to_visit"],
            vial=told["vial"],
            amount_ug=told["amount_ug"],
            reason=told["reason"],
        )
        return actions.hand_on(act, command)

    return answer(request, form, page, perform)


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
    page = of_vial(
        row,
        title="A vial broke or was spilled",
        lead="A second nurse or a prescriber saw it and signs in below.",
        button="Waste it",
    )

    def perform(act: Act) -> object:
        told = form.cleaned_data
        command = actions.WasteVial(
            vial=row, amount_ug=told["amount_ug"], reason=told["reason"], witness=second(request, form)
        )
        return actions.waste_vial(act, command)

    return answer(request, form, page, perform)


@guarded("custody.ledger", "create", about=Vial)
def vial_return(request: ClinicRequest, row: Vial) -> HttpResponse:
    """A vial goes back to the supplier."""
    check_may(request.actor, "create", "custody.ledger", row)
    form = forms.ReasonForm(request.POST or None)
    page = of_vial(
        row,
        title="Send back to the supplier",
        lead="All that is left in it leaves the safe.",
        button="Send it back",
    )
    return answer(
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
        witness = second(request, form) if isinstance(form, forms.WitnessForm) else None
        command = actions.VoidMovement(movement=row, reason=form.cleaned_data["reason"], witness=witness)
        return actions.void_movement(act, command)

    return answer(request, form, page, perform)


@guarded("custody.ledger", "read")
def register(request: ClinicRequest) -> HttpResponse:
    """The register of one day, newest first."""
    asked = forms.RegisterFilter(request.GET or None)
    told = asked.cleaned_data if asked.is_valid() else {}
    day = told.get("on") or today_of(request)
    lines = queries.register_lines(request.actor, clinic_of(request), day, drug=told.get("drug", ""))
    context = {
        "may_report": allowed(request.actor, "create", "custody.report", clinic_of(request)),
        "lines": lines,
        "day": day,
        "drug": told.get("drug", ""),
        "drugs": forms.DRUGS,
        "blind": queries.is_blind(request.actor),
        "cut": len(lines) == queries.REGISTER_ROWS_MAX,
    }
    return render(request, "custody/register.html", context)
