"""leaving: the infusion record on paper: from the rows to worded lines. It reads and prints, and decides nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ebbtide.ground.documents.paper import render_pdf
from ebbtide.ground.people.models import Patient
from ebbtide.journey.careplan.dosing import figures
from ebbtide.journey.careplan.specs import spec_of
from ebbtide.journey.custody.models import Movement
from ebbtide.journey.infusion.events import FIELDS, Event, Kind, plain_signed
from ebbtide.journey.infusion.freshness import signals
from ebbtide.journey.infusion.models import EntryKind, Sample, SampleState, Session
from ebbtide.journey.infusion.queries import BY_HAND, event_of
from ebbtide.journey.infusion.session import SessionState
from ebbtide.journey.leaving.models import Recovery
from ebbtide.journey.leaving.queries import Standing, pressure_of
from ebbtide.journey.leaving.rules import Found
from ebbtide.journey.leaving.vitals_summary import Reading, Summary, summarise

ALARM_LINE = "Charted record; the bedside monitor was the primary alarm."
MG_PER_KG_PLACES = Decimal("0.001")
GAPS_NAMED = 6  # of one signal; the rest are counted, so that a page stays a page [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """The lines of the departure that are written with this very act."""

    lines: Sequence[tuple[str, str]]
    signature: bytes
    gates: Sequence[Found]


class Wall:
    """Times as the clinic's clock shows them."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)

    def time(self, at: datetime | None) -> str:
        """14:05, or that it is not recorded."""
        return "not recorded" if at is None else f"{at.astimezone(self.zone):%H:%M}"

    def seconds(self, at: datetime) -> str:
        """14:05:30."""
        return f"{at.astimezone(self.zone):%H:%M:%S}"

    def day(self, at: datetime | None) -> str:
        """Mon 23 Nov 2026, 14:05."""
        if at is None:
            return "not recorded"
        wall = at.astimezone(self.zone)
        return f"{wall:%a} {wall.day} {wall:%b %Y, %H:%M}"


def record_paper(standing: Standing, leaving: Leaving) -> bytes:
    """The PDF of one infusion from check-in to the door."""
    session, state = standing.session, standing.state
    patient: Patient = session.visit.series.episode.patient
    clinic, wall = patient.clinic, Wall(patient.clinic.time_zone)
    data = {
        "title": "Infusion record",
        "clinic": {"name": clinic.name, "address": clinic.address, "phone": clinic.phone},
        "foot": f"Record {patient.record_number} · session {str(session.pk)[-8:]} · times in {clinic.time_zone}",
        "alarm_line": ALARM_LINE,
        "who": who(patient, session, wall),
        "order": order_lines(session, wall),
        "gate": gate_lines(session, wall),
        "given": given_lines(session, state, wall),
        "periods": period_rows(state, wall),
        "log": log_rows(session, state, wall),
        "vitals": vital_rows(_readings(session, state), state, wall, intervals=_intervals(session)),
        "recoveries": [recovery_row(row, wall) for row in standing.observations],
        "releases": release_lines(standing.observations, wall),
        "gates": [(one.gate.value, one.words, _gate_words(one)) for one in leaving.gates],
        "leaving": leaving.lines,
        "signature": list(leaving.signature) or None,
    }
    return render_pdf("leaving/record", data, at=standing.at)


def who(patient: Patient, session: Session, wall: Wall) -> list[tuple[str, str]]:
    """The identifiers, and where and when."""
    born = patient.birth_date.isoformat() if patient.birth_date else "not recorded"
    return [
        ("Name", patient.name),
        ("Born", born),
        ("Record", patient.record_number),
        ("Chair", session.chair.name),
        ("Checked in", f"{wall.day(session.opened_at)} by {session.opened_by.name}"),
        ("Visit", f"{session.visit.number} of the series"),
    ]


def order_lines(session: Session, wall: Wall) -> list[tuple[str, str]]:
    """What was ordered, by whom it was signed and who checked it."""
    order = session.order
    told = figures(spec_of(order))
    steps = "; ".join(
        f"{plain_signed(step.mg_per_h)} mg/h ({plain_signed(step.ml_per_h)} mL/h) for {step.minutes} min"
        for step in told.steps
    )
    signed = getattr(order, "signature", None)
    checks = [one for one in order.double_checks.all() if one.agrees]
    return [
        ("Drug", {"racemate": "Ketamine (racemate)"}.get(order.drug, order.drug.replace("_", "-"))),
        (
            "Dose",
            f"{plain_signed(told.mg)} mg, {plain_signed(told.mg_per_kg)} mg/kg, over {told.minutes} min",
        ),
        ("Rate", steps),
        ("Weight behind it", f"{plain_signed(order.weight_kg)} kg, {wall.day(order.weight.observed_at)}"),
        ("Version", f"{order.version}"),
        ("Signed", f"{signed.signed_by.name}, {wall.day(signed.signed_at)}" if signed else "not recorded"),
        (
            "Second check",
            "; ".join(f"{one.checked_by.name}, {wall.day(one.checked_at)}" for one in checks)
            or "not recorded",
        ),
    ]


def gate_lines(session: Session, wall: Wall) -> list[tuple[str, str]]:
    """What the start gate said last."""
    gates = list(session.gates.all())
    if not gates:
        return [("Start gate", "not recorded")]
    newest = gates[-1]
    passed = "passed" if newest.passed else "not passed"
    lines = [("Start gate", f"{passed}, signed by {newest.signed_by.name}, {wall.day(newest.signed_at)}")]
    lines += [(f"Override of {rule}", str(why)) for rule, why in newest.overrides.items()]
    return [*lines, ("Rules of the day", f"{newest.verdict} (pack {newest.pack_version})")]


def given_lines(session: Session, state: SessionState, wall: Wall) -> list[tuple[str, str]]:
    """What went in, to the microgram, and for how long."""
    start, stop = state.started_at, state.stopped_at
    if start is None or stop is None:
        return [("Given", "not recorded")]
    mg = Decimal(state.given_ug(stop)) / 1000
    per_kg = (mg / session.order.weight_kg).quantize(MG_PER_KG_PLACES)
    vials = {
        f"{row.vial.lot} (label {row.vial.label}, expires {row.vial.expires_on})"
        for row in Movement.objects.filter(
            visit=session.visit_id, kind="draw", voided_by=None
        ).select_related("vial")
    }
    return [
        ("Started", wall.day(start)),
        ("Stopped", f"{wall.day(stop)}{f': {state.stop_reason}' if state.stop_reason else ''}"),
        ("Given", f"{plain_signed(mg)} mg, {plain_signed(per_kg)} mg/kg"),
        ("Pump ran for", f"{state.flowing_min(stop):.1f} min"),
        ("Vials, by lot", "; ".join(sorted(vials)) or "not recorded"),
    ]


def period_rows(state: SessionState, wall: Wall) -> list[tuple[str, str, str]]:
    """Each rate with its start and end, and each bolus, in the order in which they began."""
    rates = [
        (one.start_at, wall.time(one.end_at), f"{plain_signed(one.rate_mg_per_h)} mg/h")
        for one in state.periods
    ]
    boluses = [
        (
            one.start_at,
            "stopped early " + wall.time(one.cut_at) if one.cut_at else "whole",
            f"bolus {plain_signed(one.amount_mg)} mg over {plain_signed(one.over_min)} min",
        )
        for one in state.boluses
    ]
    return [(wall.time(at), until, words) for at, until, words in sorted([*rates, *boluses])]


def log_rows(session: Session, state: SessionState, wall: Wall) -> list[dict[str, str]]:
    """Every entry of the log, those that were corrected or withdrawn included and marked."""
    entries = sorted(session.entries.all(), key=lambda one: (one.observed_at, one.pk))
    return [_log_row(event_of(entry), state, wall) for entry in entries]


def _log_row(event: Event, state: SessionState, wall: Wall) -> dict[str, str]:
    marks = [
        words
        for words, holds in (
            (f"late, recorded {wall.time(event.recorded_at)}", event.late),
            ("corrected or withdrawn later", event.id in state.set_aside),
            ("withdraws an entry", event.withdrawn),
            ("corrects an entry", event.replaces is not None and not event.withdrawn),
        )
        if holds
    ]
    return {
        "at": wall.time(event.observed_at),
        "what": str(EntryKind(event.kind).label),
        "values": event_words(event),
        "author": event.author or "a machine",
        "marks": "; ".join(marks),
        "struck": "yes" if event.id in state.set_aside else "",
    }


def event_words(event: Event) -> str:
    """The values of an entry in words, each with its unit."""
    if event.kind is Kind.NOTE:
        return event.text("text")
    if event.kind is Kind.SCALE:
        return f"{event.text('name')} {event.decimal('value')}"
    parts = []
    for name, spec in FIELDS[event.kind].items():
        if (value := event.values.get(name)) is not None:
            number = plain_signed(value) if isinstance(value, Decimal) else str(value)
            parts.append(f"{spec.label} {number} {spec.unit}".strip())
    return ", ".join(parts)


def _readings(session: Session, state: SessionState) -> list[Reading]:
    """Monitor and hand alike, from the start to the stop; synthetic values are no measurement and are left out."""
    if state.started_at is None or state.stopped_at is None:
        return []
    sent = Sample.objects.filter(
        session=session, observed_at__gte=state.started_at, observed_at__lte=state.stopped_at
    ).values_list("signal", "observed_at", "value", "state")
    found = [
        Reading(signal=signal, at=at, value=value if said == SampleState.VALUE else None)
        for signal, at, value, said in sent
    ]
    for event in state.events:
        if event.kind is Kind.OBSERVATION:
            found += [
                Reading(signal=signal, at=event.observed_at, value=float(value))
                for signal, (name, _) in BY_HAND.items()
                if (value := event.decimal(name)) is not None
            ]
    return found


def _intervals(session: Session) -> dict[str, float]:
    """How often the bound monitors said they send (s); of two that send one signal, the slower counts."""
    found: dict[str, float] = {}
    for binding in session.bindings.select_related("device"):
        for signal, told in binding.device.interval_s.items():
            if isinstance(told, int | float):
                found[signal] = max(found.get(signal, 0.0), float(told))
    return found


def vital_rows(
    readings: Iterable[Reading], state: SessionState, wall: Wall, *, intervals: Mapping[str, float]
) -> list[dict[str, str]]:
    """One line for each signal: readings, lowest, median, highest, and every gap."""
    if state.started_at is None or state.stopped_at is None:
        return []
    known = signals()
    told = [one for one in readings if one.signal in known]
    found = summarise(told, from_at=state.started_at, until_at=state.stopped_at, intervals=intervals)
    return [_vital_row(one, wall) for one in found]


def _vital_row(one: Summary, wall: Wall) -> dict[str, str]:
    signal = signals()[one.signal]
    numbers = {
        name: f"{value:.{signal.decimals}f}"
        for name, value in (("lowest", one.lowest), ("median", one.median), ("highest", one.highest))
    }
    gaps = [f"{wall.seconds(gap.from_at)} to {wall.seconds(gap.until_at)}" for gap in one.gaps]
    more = f", and {len(gaps) - GAPS_NAMED} more" if len(gaps) > GAPS_NAMED else ""
    return {
        "label": f"{signal.label} ({signal.unit})",
        "readings": str(one.readings),
        "gaps": "; ".join(gaps[:GAPS_NAMED]) + more or "none",
        **numbers,
    }


def recovery_row(row: Recovery, wall: Wall) -> dict[str, str]:
    """One observation before or after the infusion."""
    return {
        "at": wall.time(row.observed_at),
        "phase": "before" if row.phase == "baseline" else "after",
        "aldrete": _both(row.aldrete_plain, row.aldrete_compared),
        "padss": _both(row.padss_plain, row.padss_compared),
        "rass": _or_dash(row.rass),
        "dissociation": _or_dash(row.dissociation),
        "pain": _or_dash(row.pain_nrs),
        "pressure": str(pressure_of(row) or "–").removesuffix(" mmHg"),
        "gait": _yes_no(row.gait_as_before),
        "thought": _yes_no(row.new_suicidal_thought),
        "by": row.recorded_by.name,
    }


def _both(plain: int | None, compared: int | None) -> str:
    return "–" if plain is None else f"{plain} / {compared}"


def _or_dash(value: int | None) -> str:
    return "–" if value is None else str(value)


def _yes_no(value: bool | None) -> str:  # noqa: FBT001 - three-valued: None is not asked
    return "–" if value is None else ("yes" if value else "no")


def release_lines(observations: Sequence[Recovery], wall: Wall) -> list[tuple[str, str]]:
    """Each signed decision of a prescriber."""
    return [
        (
            f"Released by {one.decided_by.name}, {wall.day(one.decided_at)}",
            f"{', '.join(one.gates)}: {one.reason}",
        )
        for row in observations
        for one in row.releases.all()
    ]


def _gate_words(one: Found) -> str:
    if one.signed:
        return f"opened by a signed decision. {one.shut_because}"
    return one.shut_because or "met"
