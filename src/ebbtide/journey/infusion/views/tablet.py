"""infusion: what a tablet needs to chart without the network: what the page tells it, blank forms, the time."""

from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from ebbtide.ground import clock
from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.journey.infusion.events import DOSE_KINDS, FIELDS, Kind
from ebbtide.journey.infusion.forms import EntryForm, RateForm
from ebbtide.journey.infusion.lines import TITLES
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.open_chart import token_here
from ebbtide.journey.infusion.views.api import RATE
from ebbtide.journey.infusion.views.entries import WORDS, show_entry

LOG = "infusion.session_log"
# forms that a tablet must have at hand although the page itself asks for a fresh sign-in before it shows them
BLANKS = {"start": Kind.START, "resume": Kind.RESUME, "bolus": Kind.BOLUS, RATE: Kind.RATE_INCREASE}
NO_NUMBERS = (
    "Without the network this form knows neither the order nor what runs: read both, set the pump, then record it here. "
    "The clinic's rules judge it when it arrives, after you have signed in again."
)


@require_safe
@guarded(LOG, "create", about=Session)
def tick(request: ClinicRequest, row: Session) -> HttpResponse:
    """The clinic's time: a tablet asks for it to know that the clinic is there, and how wrong its own clock is."""
    return JsonResponse({"at": clock.now().isoformat()})


@require_safe
@guarded(LOG, "create", about=Session)
def blank(request: ClinicRequest, row: Session, kind: str) -> HttpResponse:
    """A form for an entry that lets drug flow, with no number on it. It goes nowhere but into a tablet's outbox."""
    if kind not in BLANKS:
        raise Http404("There is no such entry.")
    made = _form(BLANKS[kind], row)
    words = WORDS.get(BLANKS[kind])
    context = {"title": words.title if words else "Rate", "button": words.button if words else "Record rate"}
    return show_entry(request, row, BLANKS[kind], made, lead=NO_NUMBERS, **context)


def _form(kind: Kind, row: Session) -> EntryForm:
    zone = row.visit.series.episode.patient.clinic.time_zone
    if kind is Kind.RATE_INCREASE:
        return RateForm(data=None, now=clock.now(), zone=zone)
    return EntryForm(kind, data=None, now=clock.now(), zone=zone)


def panel_of(request: ClinicRequest, row: Session) -> dict[str, Any]:
    """What the tablet's panel needs, on the page and on the empty one."""
    return {
        "tablet": tablet_of(request, row),
        "tablet_taps": ((Kind.PAUSE, _("Pause")), (Kind.STOP, _("Stop"))),
        "tablet_blanks": (
            (RATE, _("Rate")),
            (Kind.START, _("Start")),
            (Kind.RESUME, _("Resume")),
            (Kind.BOLUS, _("Bolus")),
        ),
    }


def tablet_of(request: ClinicRequest, row: Session) -> dict[str, Any]:
    """What the page tells the tablet's script: whose it is, where to send, the clinic's time, and the words of every kind."""
    doors = {name: reverse(f"infusion:{name}", args=[row.pk]) for name in ("entries", "tick", "shell")}
    return {
        "person": str(request.actor.account_id),
        "session": str(row.pk),
        "chart": token_here(request, row),
        "zone": row.visit.series.episode.patient.clinic.time_zone,
        "at": clock.now().isoformat(),
        "kinds": KINDS,
        "sign_in_url": reverse("account_login"),
        "again_url": reverse("account_reauthenticate"),
        **{f"{name}_url": address for name, address in doors.items()},
    }


def _kind_words(kind: Kind) -> dict[str, Any]:
    fields = {name: {"label": spec.label, "unit": spec.unit} for name, spec in FIELDS[kind].items()}
    return {"title": TITLES[kind], "fields": fields}


KINDS: dict[str, Any] = {kind.value: _kind_words(kind) for kind in Kind}
KINDS[RATE] = {**KINDS[Kind.RATE_INCREASE], "title": "Rate"}
assert set(BLANKS.values()) == DOSE_KINDS  # noqa: S101 - a new kind of dose needs a blank form too
