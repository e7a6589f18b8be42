"""infusion: the transfer sheet: what whoever takes over must know, from the rows to worded lines. It prints, and decides nothing."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ebbtide.ground.documents.paper import render_pdf
from ebbtide.ground.people.models import Patient
from ebbtide.journey.assessment.queries import Standing, standing_of
from ebbtide.journey.infusion.emergency import Emergency, emergencies, load_scripts
from ebbtide.journey.infusion.events import SCALES, Event, Kind, plain_signed
from ebbtide.journey.infusion.lines import said
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.queries import newest_gate, state_of
from ebbtide.journey.infusion.rules import mg_words
from ebbtide.journey.infusion.session import PHASE_WORDS, Phase, SessionState
from ebbtide.journey.infusion.vitals import newest

OBSERVATIONS_SHOWN = 8  # the newest sets that were typed; the chart has all [design]
NOT_RECORDED = "not recorded"
TITLE = "Transfer sheet"
DISCLAIMER = (
    "Charted record, printed by Ebbtide, which charts and reminds; it is not a monitor and never controls a pump. "
    "Amounts follow from the charted rates."
)


class OnTheWall:
    """Times as the clinic's clock shows them."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)

    def time(self, at: datetime) -> str:
        """14:05:30."""
        return f"{at.astimezone(self.zone):%H:%M:%S}"

    def day(self, at: datetime) -> str:
        """Mon 23 Nov 2026, 14:05."""
        wall = at.astimezone(self.zone)
        return f"{wall:%a} {wall.day} {wall:%b %Y, %H:%M}"


def transfer_paper(session: Session, *, at: datetime, made_by: str) -> bytes:
    """The PDF of a session as it stands."""
    patient: Patient = session.visit.series.episode.patient
    clinic, wall = patient.clinic, OnTheWall(patient.clinic.time_zone)
    state, standing = state_of(session, at), standing_of(session.visit.series.episode, as_of=at)
    told = emergencies(state.events)
    data = {
        "title": TITLE,
        "clinic": {"name": clinic.name, "address": clinic.address, "phone": clinic.phone},
        "foot": f"Record {patient.record_number} · session {str(session.pk)[-8:]} · times in {clinic.time_zone}",
        "disclaimer": DISCLAIMER,
        "made": f"Made {wall.day(at)} by {made_by or NOT_RECORDED}",
        "who": who_rows(session, standing, at.astimezone(wall.zone).date()),
        "events": [emergency_rows(one, wall) for one in told],
        "given": given_rows(session, state, at, wall),
        "drugs": [(wall.time(one.observed_at), said(one)) for one in state.drugs],
        "monitor": monitor_rows(session, at, wall),
        "observations": observation_rows(state, wall),
        "scales": [
            (f"{SCALES[name].words}", f"{plain_signed(one.value)} at {wall.time(one.at)}")
            for name, one in state.scales.items()
        ],
        "adverse": [(wall.time(one.observed_at), said(one)) for one in state.adverse_events],
        "contacts": contact_rows(session, clinic.phone),
    }
    return render_pdf("infusion/transfer", data, at=at)


def who_rows(session: Session, standing: Standing, today: date) -> list[tuple[str, str]]:
    """Two identifiers, what must not be forgotten, weight, and what is taken and known."""
    patient: Patient = session.visit.series.episode.patient
    order = session.order
    return [
        ("Name", patient.name),
        ("Born", _born(patient.birth_date, today)),
        ("Record", str(patient.record_number)),
        ("Allergies", patient.allergy_banner or NOT_RECORDED),
        (
            "Limb",
            f"{patient.limb_not_to_use}: no cuff, line or tape" if patient.limb_not_to_use else "none named",
        ),
        ("Weight", _weight(order.weight_kg, order.weight.observed_at)),
        ("Problems", _named(standing, "condition", "problems")),
        ("Medicines", _named(standing, "medicine", "medication_classes", "medication_classes_24h")),
        ("Language", patient.language),
    ]


def _weight(weight_kg: Decimal, at: datetime | None) -> str:
    said = f"{plain_signed(weight_kg)} kg"
    return f"{said}, measured {at:%d %b %Y}" if at else f"{said}, day not recorded"


def _born(born: date | None, today: date) -> str:
    if born is None:
        return NOT_RECORDED
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return f"{born:%d %b %Y} ({years} years)"


def _named(standing: Standing, *names: str) -> str:
    """What the record holds under these names, in words; nothing there is not nothing taken."""
    found = sorted({str(fact.value).replace("_", " ") for fact in standing.named(*names)})
    return ", ".join(found) or NOT_RECORDED


def given_rows(session: Session, state: SessionState, at: datetime, wall: OnTheWall) -> dict[str, object]:
    """The infusion: what it is, each rate and bolus with its times, and the amount that had gone in."""
    order = session.order
    rates = [
        (
            one.start_at,
            f"{wall.time(one.start_at)} to {wall.time(one.end_at) if one.end_at else 'now, still flowing'}",
            f"{plain_signed(one.rate_mg_per_h)} mg/h",
        )
        for one in state.periods
    ]
    boluses = [
        (
            one.start_at,
            f"{wall.time(one.start_at)}" + (f", stopped early {wall.time(one.cut_at)}" if one.cut_at else ""),
            f"bolus {plain_signed(one.amount_mg)} mg over {plain_signed(one.over_min)} min",
        )
        for one in state.boluses
    ]
    return {
        "drug": f"Ketamine, {order.drug.replace('_', ' ')}, intravenous",
        "total": f"{mg_words(state.given_ug(at))} of {plain_signed(order.dose_mg)} mg ordered had gone in at {wall.time(at)}",
        "state": _flow_words(state, wall),
        "rows": [(when, what) for _, when, what in sorted([*rates, *boluses])],
    }


def _flow_words(state: SessionState, wall: OnTheWall) -> str:
    words = PHASE_WORDS[state.phase]
    if state.stopped_at is not None:
        return f"{words} at {wall.time(state.stopped_at)}"
    if state.phase is Phase.PAUSED:
        return f"{words} since {wall.time(state.pauses[-1].from_at)}"
    return f"{words} at {plain_signed(state.rate_mg_per_h)} mg/h" if state.rate_mg_per_h else words


def emergency_rows(one: Emergency, wall: OnTheWall) -> dict[str, object]:
    """One emergency: when, which steps when and by whom, how it ended."""
    closed = one.closed
    return {
        "title": load_scripts().title(one.script),
        "from": wall.time(one.opened.observed_at),
        "until": "still open"
        if closed is None
        else f"closed {wall.time(closed.observed_at)}: {closed.text('text')}",
        "steps": [
            (wall.time(step.observed_at), words, step.author or NOT_RECORDED)
            for words, step in sorted(one.steps.items(), key=lambda pair: pair[1].observed_at)
        ],
    }


def monitor_rows(session: Session, at: datetime, wall: OnTheWall) -> list[tuple[str, str, str]]:
    """The newest of each signal with its source, state and time; what is not live says so."""
    return [
        (
            one.label,
            f"{one.text} {one.unit}" if one.shows_a_number else f"– ({one.word})",
            f"{wall.time(one.observed_at)}, {one.word}, {one.device}{' (simulated)' if one.simulated else ''}",
        )
        for one in newest(session, at).values()
    ]


def observation_rows(state: SessionState, wall: OnTheWall) -> list[tuple[str, str, str]]:
    """The newest sets that were typed, newest first."""
    sets: Iterable[Event] = [one for one in state.events if one.kind is Kind.OBSERVATION]
    newest_first = sorted(sets, key=lambda one: one.observed_at, reverse=True)[:OBSERVATIONS_SHOWN]
    return [(wall.time(one.observed_at), said(one), one.author or NOT_RECORDED) for one in newest_first]


def contact_rows(session: Session, phone: str) -> list[tuple[str, str]]:
    """Whom to ask: the clinic, who ordered, who sits beside, and the escort as the gate has them."""
    gate = newest_gate(session)
    kept = gate.confirmed if gate else {}
    escort = ", ".join(
        part for part in (str(kept.get("escort_name", "")), str(kept.get("escort_phone", ""))) if part
    )
    return [
        ("Clinic", phone or NOT_RECORDED),
        ("Ordered by", session.order.written_by.name),
        ("Nurse", session.opened_by.name),
        ("Escort", escort or NOT_RECORDED),
    ]
