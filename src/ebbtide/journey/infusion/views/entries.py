"""infusion: one view for each door of the log: what anybody at the chair may write from one tap, and what lets drug flow."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import Act, Refused, act_now
from ebbtide.ground.policy import ClinicRequest, check_may, guarded
from ebbtide.journey.infusion.actions import ActOnDose, Chart, NewEntry, act_on_dose, chart
from ebbtide.journey.infusion.events import DOSE_KINDS, Kind
from ebbtide.journey.infusion.forms import CorrectForm, EntryForm, RateForm
from ebbtide.journey.infusion.lines import TITLES, said
from ebbtide.journey.infusion.models import Entry, Session
from ebbtide.journey.infusion.open_chart import in_open_chart
from ebbtide.journey.infusion.queries import event_of, newest_gate, order_of, ordered_of, state_of
from ebbtide.journey.infusion.views.offered import offered, taken_over
from ebbtide.journey.infusion.views.pages import frame, show, wall

LOG, DOSE = "infusion.session_log", "infusion.dose_act"
# what a person at the chair writes by a form of its own; the others come from other doors
BY_HAND = frozenset(
    {
        Kind.OBSERVATION, Kind.SCALE, Kind.NOTE, Kind.PAUSE, Kind.STOP, Kind.OFF_MONITOR, Kind.DRUG_GIVEN,
        Kind.ADVERSE_EVENT, Kind.COMFORT_CALL, Kind.PUMP_ACTION, Kind.EMERGENCY_STEP, Kind.IV_ACCESS, Kind.EQUIPMENT,
        Kind.BACK_ON_MONITOR, Kind.COMFORT_CARD, Kind.EMERGENCY,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the page of one kind says."""

    title: str
    button: str
    lead: str = ""


WORDS = {
    Kind.OBSERVATION: Words(title="Vital signs", button="Record vital signs", lead="Fill in what you measured, leave the rest."),
    Kind.SCALE: Words(title="Scale", button="Record scale"),
    Kind.NOTE: Words(title="Note", button="Record note"),
    Kind.PAUSE: Words(title="Pause", button="Pause infusion", lead="Pause the pump first, then record it here."),
    Kind.STOP: Words(title="Stop", button="Stop infusion", lead="Stop the pump first, then record it here. A stop is final."),
    Kind.OFF_MONITOR: Words(title="Off the monitor", button="Record off the monitor"),
    Kind.DRUG_GIVEN: Words(title="Drug given", button="Record drug", lead="Another drug than the infusion: what, how much, how."),
    Kind.ADVERSE_EVENT: Words(title="Adverse event", button="Record adverse event"),
    Kind.COMFORT_CALL: Words(title="Patient calls", button="Record call"),
    Kind.PUMP_ACTION: Words(title="At the pump", button="Record pump action"),
    Kind.EMERGENCY_STEP: Words(title="Emergency step", button="Record step"),
    Kind.IV_ACCESS: Words(title="Cannula", button="Record cannula"),
    Kind.EQUIPMENT: Words(title="Equipment", button="Record equipment"),
    Kind.BACK_ON_MONITOR: Words(title="Back on the monitor", button="Record back on the monitor"),
    Kind.COMFORT_CARD: Words(title="Comfort card", button="Record comfort card", lead="What this person wants around them, in their own words."),
    Kind.EMERGENCY: Words(title="Emergency", button="Record emergency"),
    Kind.START: Words(title="Start", button="Start infusion", lead="Start the pump and record it here at once."),
    Kind.RESUME: Words(title="Resume", button="Resume infusion", lead="Resume the pump and record it here at once."),
    Kind.BOLUS: Words(title="Bolus", button="Give bolus"),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(LOG, "create", about=Session)
@in_open_chart
def log(request: ClinicRequest, row: Session, kind: str) -> HttpResponse:
    """An entry that lets no more drug flow: never behind a second sign-in."""
    if kind not in BY_HAND:
        raise Http404("There is no such entry.")
    return _entry(request, row, Kind(kind), _form(request, row, Kind(kind)))


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(DOSE, "create", about=Session)
@in_open_chart
def dose(request: ClinicRequest, row: Session, kind: str) -> HttpResponse:
    """Start, resume or bolus: the numbers are repeated, and the person signs in again when idle."""
    if kind not in DOSE_KINDS - {Kind.RATE_INCREASE}:
        raise Http404("There is no such entry.")
    check_may(request.actor, "create", DOSE, row)  # before anything is typed
    return _entry(request, row, Kind(kind), _form(request, row, Kind(kind)))


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(LOG, "create", about=Session)
@in_open_chart
def rate(request: ClinicRequest, row: Session) -> HttpResponse:
    """Another rate: a lower one at once, a higher one after a fresh sign-in."""
    form = RateForm(data=request.POST or None, now=clock.now(), zone=_zone(row))
    if request.method == "POST" and form.is_valid():
        asked = Decimal(form.cleaned_data["rate_mg_per_h"].strip())
        return _entry(request, row, direction(row, form.number, asked, form.observed_at), form)
    return _page(request, row, Kind.RATE_INCREASE, form)


def direction(row: Session, number: UUID, asked: Decimal, observed_at: datetime | None) -> Kind:
    """Whether the rate goes up or down; a second tap on the same page means what the first did."""
    known = Entry.objects.filter(pk=number, session=row).first()
    if known is not None:
        return Kind(known.kind)
    lower = asked < state_of(row, observed_at).rate_mg_per_h
    return Kind.RATE_DECREASE if lower else Kind.RATE_INCREASE


@require_http_methods(["GET", "HEAD", "POST"])
@guarded(LOG, "amend", about=Entry)
@in_open_chart
def correct(request: ClinicRequest, row: Entry) -> HttpResponse:
    """A new entry in the place of an old one, or its withdrawal; the old one stays readable."""
    session, kind = row.session, Kind(row.kind)
    if kind in DOSE_KINDS:
        check_may(request.actor, "amend", DOSE, session)
    form = CorrectForm(
        kind,
        data=request.POST or None,
        now=clock.now(),
        zone=_zone(session),
        limb_words=_limb(session),
        initial=dict(row.body),
    )
    context = {
        "kind": kind,
        "title": f"Correct: {TITLES[kind].lower()}",
        "button": "Record correction",
        "old": row,
    }
    if request.method == "POST" and form.is_valid():
        entry = NewEntry(
            id=form.number,
            kind=kind,
            body={} if form.cleaned_data["withdrawn"] else form.body(),
            observed_at=form.observed_at or row.observed_at,
            replaces=row.pk,
            withdrawn=form.cleaned_data["withdrawn"],
        )
        if (answer := _written(request, session, form, entry)) is not None:
            return answer
    return show(request, "correct", frame(session, form=form, **context))


def _form(request: ClinicRequest, row: Session, kind: Kind) -> EntryForm:
    at = clock.now()
    take = kind is Kind.OBSERVATION and request.GET.get("take") == "monitor" and request.method != "POST"
    initial = taken_over(row, at) if take else {}
    return EntryForm(
        kind, data=request.POST or None, now=at, zone=_zone(row), limb_words=_limb(row), initial=initial
    )


def _limb(row: Session) -> str:
    words: str = row.visit.series.episode.patient.limb_not_to_use
    return words


def _zone(row: Session) -> str:
    zone: str = row.visit.series.episode.patient.clinic.time_zone
    return zone


def _entry(request: ClinicRequest, row: Session, kind: Kind, form: EntryForm) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        entry = NewEntry(id=form.number, kind=kind, body=form.body(), observed_at=form.observed_at)
        if (answer := _written(request, row, form, entry)) is not None:
            return answer
    return _page(request, row, kind, form)


def _written(request: ClinicRequest, row: Session, form: EntryForm, entry: NewEntry) -> HttpResponse | None:
    """The answer when the entry is durable; None when it was refused, with the words on the form."""
    act = act_now(request.actor, form.cleaned_data["key"])
    try:
        found = write(act, row, entry)
    except Refused as refused:
        form.add_error(None, refused.sentence)
        return None
    if request.htmx:  # type: ignore[attr-defined]
        clinic = row.visit.series.episode.patient.clinic
        words = f"Recorded at {wall(found.recorded_at, clinic)}: {_repeated(found)}"
        response = show(request, "_recorded", frame(row, words=words))
        response["HX-Trigger"] = "charted"
        return response
    return redirect("infusion:chair", row.pk)


def _repeated(found: Entry) -> str:
    """What was recorded, its numbers repeated, so that a wrong one is seen at once."""
    line = said(event_of(found))
    title = TITLES[Kind(found.kind)].lower()
    return f"{title} withdrawn" if found.withdrawn else f"{title} {line}".strip()


def write(act: Act, row: Session, entry: NewEntry) -> Entry:
    """Through the door that the kind belongs to."""
    if entry.kind in DOSE_KINDS:
        return act_on_dose(act, ActOnDose(session=row, entry=entry))
    return chart(act, Chart(session=row, entry=entry))


def _page(request: ClinicRequest, row: Session, kind: Kind, form: EntryForm) -> HttpResponse:
    words = WORDS.get(
        kind, Words(title="Rate", button="Record rate", lead="Set the pump first, then record it here.")
    )
    more: dict[str, Any] = _numbers(row) if kind in DOSE_KINDS else {}
    more |= offered(row, kind, form, at=clock.now())
    return show_entry(
        request, row, kind, form, title=words.title, button=words.button, lead=words.lead, **more
    )


def show_entry(
    request: ClinicRequest, row: Session, kind: Kind, form: EntryForm, **more: Any
) -> HttpResponse:
    """The form of one entry: a part of the chairside page, or a page of its own."""
    context = frame(row, form=form, kind=kind, **more)
    return show(request, "_entry" if request.htmx else "entry", context)  # type: ignore[attr-defined]


def _numbers(row: Session) -> dict[str, Any]:
    """What the person must see beside a dose: the ordered steps, what runs, what has gone in."""
    gate, at = newest_gate(row), clock.now()
    ordered, state = ordered_of(order_of(row, gate)), state_of(row)
    return {
        "ordered": ordered,
        "state": state,
        "due_step": ordered.step_at(state.flowing_min(at)),
        "given_ug": state.given_ug(at),
    }
