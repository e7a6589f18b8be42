"""infusion: check-in, and the chairside page with its live part."""

from functools import partial
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.policy import ClinicRequest, allowed, guarded
from ebbtide.journey.careplan.queries import status_of
from ebbtide.journey.careplan.rules import Status
from ebbtide.journey.course.models import Visit
from ebbtide.journey.infusion.actions import OpenSession, open_session
from ebbtide.journey.infusion.checking import asked_of_the_pump, checking_of, not_compared
from ebbtide.journey.infusion.emergency import load_scripts, named, open_ones
from ebbtide.journey.infusion.events import Kind
from ebbtide.journey.infusion.forms import CheckInForm
from ebbtide.journey.infusion.lines import TITLES, said
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.offers import scale_rows, undoable
from ebbtide.journey.infusion.open_chart import is_open_elsewhere, open_here, other_open
from ebbtide.journey.infusion.queries import current_order
from ebbtide.journey.infusion.views.pages import chair_of, frame, not_released, show
from ebbtide.journey.infusion.views.tablet import panel_of
from ebbtide.journey.infusion.vitals import page_data

LOG = "infusion.session_log"


@guarded(LOG, "create", about=Visit)
def open_visit(request: ClinicRequest, row: Visit) -> HttpResponse:
    """Check-in: who is it, which visit and chair, which order; one button."""
    visit = Visit.objects.select_related(
        "chair", "series__episode__patient__clinic", "series__order", "session"
    ).get(pk=row.pk)
    if hasattr(visit, "session"):
        return redirect("infusion:chair", visit.session.pk)
    form = CheckInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        command = OpenSession(visit=visit, chair=visit.chair)
        try:
            session = open_session(act_now(request.actor, form.cleaned_data["key"]), command)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return redirect("infusion:gate", session.pk)
    order = current_order(visit.series.order)
    context = {
        "form": form,
        "visit": visit,
        "patient": visit.series.episode.patient,
        "order": order,
        "is_checked": status_of(order, newest_version=order.version) is Status.CHECKED,
    }
    return show(request, "open", context)


@require_safe
@guarded(LOG, "read", about=Session)
def chair(request: ClinicRequest, row: Session) -> HttpResponse:
    """The chairside page: state, vitals, log, and every entry one tap away."""
    if not request.actor.is_staff:
        return not_released(request)
    if not allowed(request.actor, "create", LOG, row):
        return show(request, "chair", _context(request, row))
    if (other := other_open(request, row)) is not None:
        return _which(request, row, other)
    return show(request, "chair", _context(request, row) | panel_of(request, row))


def _which(request: ClinicRequest, row: Session, other: Session) -> HttpResponse:
    """One chart at a time on a tablet: which of the two is meant, by name."""
    may_name = allowed(request.actor, "read", LOG, other)
    context = {
        "session": row,
        "patient": row.visit.series.episode.patient,
        "other": other,
        "other_name": other.visit.series.episode.patient.name if may_name else "",
    }
    return show(request, "which_chart", context)


@require_POST
@guarded(LOG, "create", about=Session)
def open_instead(request: ClinicRequest, row: Session) -> HttpResponse:
    """This chart and no other is open on this tablet from now on; nothing of the record changes."""
    open_here(request, row)
    return redirect("infusion:chair", row.pk)


@require_safe
@guarded(LOG, "create", about=Session)
def shell(request: ClinicRequest, row: Session) -> HttpResponse:
    """The chairside page without a name, a value or a log: what may lie on a tablet unsealed."""
    context = {
        "session": row,
        "visit": row.visit,
        "entry_buttons": BUTTONS,
        "scripts": load_scripts().scripts.values(),
        **panel_of(request, row),
    }
    return show(request, "shell", context)


@require_safe
@guarded(LOG, "read", about=Session)
def now(request: ClinicRequest, row: Session) -> HttpResponse:
    """State and log alone, for the page that heard that something changed."""
    return show(request, "_now", _context(request, row)) if request.actor.is_staff else not_released(request)


@require_safe
@guarded("infusion.vitals", "read", about=Session)
def vitals(request: ClinicRequest, row: Session) -> HttpResponse:
    """The newest of each signal as the live strip starts from it, and asks for again after every gap."""
    return JsonResponse(page_data(row, clock.now())) if request.actor.is_staff else not_released(request)


# what stands one tap away, whatever the phase
BUTTONS = (
    (Kind.OBSERVATION, _("Vitals")),
    (Kind.SCALE, _("Scale")),
    (Kind.DRUG_GIVEN, _("Drug")),
    (Kind.NOTE, _("Note")),
    (Kind.ADVERSE_EVENT, _("Adverse event")),
)


# what is charted now and then
MORE_BUTTONS = (
    (Kind.OFF_MONITOR, _("Off the monitor")),
    (Kind.IV_ACCESS, _("Cannula")),
    (Kind.EQUIPMENT, _("Equipment")),
)


def _context(request: ClinicRequest, row: Session) -> dict[str, Any]:
    at = clock.now()
    sitting = chair_of(row, at)
    return frame(
        row,
        now=sitting,
        may_chart=allowed(request.actor, "create", LOG, row),
        other_chart=is_open_elsewhere(request, row),
        entry_buttons=BUTTONS,
        more_buttons=MORE_BUTTONS,
        undo=(undo := undoable(sitting.state, author=_name(request), at=at)),
        undo_words=undo and f"{TITLES[undo.kind]} {said(undo)}",
        usual_scales=[one for one in scale_rows(sitting.state) if one.one_touch],
        open_emergencies=named(open_ones(sitting.state.events), load_scripts()),
        vitals_url=reverse("infusion:vitals", args=[row.pk]),
        vitals=partial(page_data, row, at, sitting.bindings),  # asked for only by the part that shows it
        vitals_parts=["infusion/_vitals.html", "infusion/_no_vitals.html"],
        leaving_url=_leaving(row),
        checking=(checking := checking_of(row, at, with_highs=True)),
        not_compared=not_compared(row, sitting.state, on=checking.on),
        pump_asked=asked_of_the_pump(checking, sitting.state),
    )


def _name(request: ClinicRequest) -> str:
    """Whoever looks, as the log names its authors."""
    name: str = request.user.staff.name  # type: ignore[union-attr]
    return name


def _leaving(row: Session) -> str:
    """Where a stopped session goes on: the next stage's page, named and not imported."""
    try:
        return reverse("leaving:recovery", args=[row.pk])
    except NoReverseMatch:
        return ""
