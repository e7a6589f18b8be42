"""Reading the infusion: the log as events, the state folded from it, who sits where today, and what a session gave."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from statistics import median
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from ebbtide.ground.database.prepared import IDS, Statement
from ebbtide.ground.people.models import Clinic
from ebbtide.journey.careplan.dosing import figures
from ebbtide.journey.careplan.models import OrderVersion
from ebbtide.journey.careplan.queries import status_of
from ebbtide.journey.careplan.rules import Status
from ebbtide.journey.careplan.specs import spec_of
from ebbtide.journey.course.models import Visit
from ebbtide.journey.infusion.events import UG_PER_MG, BodyRefused, Event, Kind, read_body
from ebbtide.journey.infusion.lines import Notice
from ebbtide.journey.infusion.models import (
    Binding,
    Device,
    Entry,
    EntryKind,
    MonitorNotice,
    Sample,
    SampleState,
    Session,
    StartGate,
)
from ebbtide.journey.infusion.rules import Ordered
from ebbtide.journey.infusion.session import SessionState, fold
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule

BASELINE_WINDOW = timedelta(minutes=30)  # before the start; check-limits.yaml, baseline [design]
BASELINE_READINGS = 2

# one session with everything that its pages show of person, order and place
SESSION_WAY = Session.opened_with


def patient_id_of(session: Session) -> UUID:
    """Whose session it is."""
    found: UUID = session.visit.series.episode.patient_id
    return found


# — the log —


def standing(rows: QuerySet[Entry]) -> QuerySet[Entry]:
    """Of these rows those that stand: not withdrawn, not corrected, and no other correction of the same entry came later."""
    rivals = Entry.objects.filter(replaces=OuterRef("replaces"), recorded_at__gt=OuterRef("recorded_at"))
    return rows.filter(~Exists(rivals), withdrawn=False, replaced_by__isnull=True)


def event_of(entry: Entry) -> Event:
    """A row as the fold reads it. A body that cannot be read any more is an event without values, and stays visible."""
    kind = Kind(entry.kind)
    try:
        values = {} if entry.withdrawn else read_body(kind, entry.body)
    except BodyRefused:
        values = {}
    return Event(
        id=entry.id,
        kind=kind,
        observed_at=entry.observed_at,
        recorded_at=entry.recorded_at,
        values=values,
        author=entry.author.name if entry.author else entry.tablet,
        late=entry.late,
        replaces=entry.replaces_id,
        withdrawn=entry.withdrawn,
    )


def events_of(session: Session) -> tuple[Event, ...]:
    """The whole log as events, in no particular order, also those that were corrected or withdrawn."""
    return tuple(event_of(entry) for entry in _log().every(session.pk))


@lru_cache(maxsize=1)
def _log() -> Statement:
    # every page of a session and every act in it reads its whole log
    return Statement(Entry.objects.filter(session_id=IDS[0]).select_related("author"), IDS[0])


def state_of(session: Session, at: datetime | None = None) -> SessionState:
    """What the log says today of the session as it was at `at`; without a time, of all of it."""
    return state_from(events_of(session), at)


def state_from(events: Iterable[Event], at: datetime | None = None) -> SessionState:
    """The same from events that were read already."""
    return fold(one for one in events if at is None or one.observed_at <= at)


# — the order —


def ordered_of(order: OrderVersion) -> Ordered:
    """One infusion of this order, in the figures that the pump and the chart use."""
    return Ordered.of(figures(spec_of(order)))


def current_order(order: OrderVersion) -> OrderVersion:
    """The newest version of the same order."""
    rows = OrderVersion.objects.filter(order_id=order.order_id).select_related(
        "signature", "withdrawal", "protocol", "weight"
    )
    return rows.prefetch_related("double_checks__checked_by").order_by("-version")[0]


def order_of(session: Session, gate: StartGate | None) -> OrderVersion:
    """The version that the newest passed gate judged; before any passed, the one of the check-in."""
    return gate.order if gate is not None and gate.passed else session.order


def order_counts(order: OrderVersion, *, newest: OrderVersion | None = None) -> bool:
    """Whether this very version is signed and checked, and neither withdrawn nor superseded (hazard H7)."""
    newest = newest or current_order(order)
    return newest.pk == order.pk and status_of(newest, newest_version=newest.version) is Status.CHECKED


# — who sits where —


def open_sessions(clinic: Clinic) -> QuerySet[Session]:
    """Sessions that nobody has stopped."""
    stops = standing(Entry.objects.filter(session=OuterRef("pk"), kind=EntryKind.STOP))
    rows = Session.objects.filter(chair__clinic=clinic).exclude(Exists(stops))
    return rows.select_related("chair")


def day_of(clinic: Clinic, at: datetime) -> tuple[datetime, datetime]:
    """The clinic's day around an instant, from midnight to midnight on its wall."""
    zone = ZoneInfo(clinic.time_zone)
    start = datetime.combine(at.astimezone(zone).date(), time(), tzinfo=zone)
    return start, datetime.combine(start.date() + timedelta(days=1), time(), tzinfo=zone)


def sessions_today(clinic: Clinic, at: datetime) -> QuerySet[Session]:
    """Every session that was opened on this day of the clinic, by chair and time."""
    start, end = day_of(clinic, at)
    rows = Session.objects.filter(chair__clinic=clinic, opened_at__gte=start, opened_at__lt=end)
    entries = Prefetch("entries", queryset=Entry.objects.select_related("author"))
    return rows.select_related(*SESSION_WAY).prefetch_related(entries).order_by("chair_id", "opened_at")


def visits_to_check_in(clinic: Clinic, at: datetime) -> QuerySet[Visit]:
    """The booked visits of this day that nobody has checked in yet, earliest first."""
    start, end = day_of(clinic, at)
    rows = Visit.objects.filter(
        series__episode__patient__clinic=clinic,
        status="booked",
        session__isnull=True,
        starts_at__gte=start,
        starts_at__lt=end,
    )
    return rows.select_related("chair", "series__episode__patient", "series__order").order_by("starts_at")


# — the gate and the monitor —


def newest_gate(session: Session) -> StartGate | None:
    """What the start gate said last."""
    found: StartGate | None = _gate().first(session.pk)
    return found


@lru_cache(maxsize=1)
def _gate() -> Statement:
    rows = StartGate.objects.filter(session_id=IDS[0])
    rows = rows.select_related("signed_by", "order__protocol", "order__weight")
    return Statement(rows.order_by("-signed_at", "-id")[:1], IDS[0])


def bindings_of(session: Session) -> QuerySet[Binding]:
    """The monitors that are bound to this session now, the first one first."""
    bound = session.bindings.filter(until_at__isnull=True).select_related("device", "chair")
    return bound.order_by("from_at", "id")


def bindings_and_doubtful_of(session: Session) -> tuple[list[Binding], list[Binding]]:
    """The monitors that are bound now, and those that fell silent on this person: whether they are still here was not said."""
    rows = session.bindings.filter(Q(until_at__isnull=True) | Q(ended_why="gap"))
    found = list(rows.select_related("device", "chair").order_by("from_at", "id"))
    bound = [one for one in found if one.until_at is None]
    return bound, [one for one in found if one.ended_why == "gap"]


def open_binding(session: Session) -> Binding | None:
    """The monitor that is bound to this session now."""
    return bindings_of(session).first()


def devices_of(clinic: Clinic) -> QuerySet[Device]:
    """The clinic's monitors, those in use first, each with the binding that is open."""
    bindings = Binding.objects.filter(until_at__isnull=True).select_related("chair")
    open_one = Prefetch("bindings", queryset=bindings, to_attr="open_bindings")
    rows = Device.objects.filter(clinic=clinic).prefetch_related(open_one)
    return rows.order_by(F("retired_at").desc(nulls_first=True), "name")


MOST_NOTICES = 200  # of one session on the page; a monitor that tells of more is looked at itself [design]


def notices_of(session: Session) -> list[Notice]:
    """What the monitors on this session told of their own alarms, newest first."""
    rows = MonitorNotice.objects.filter(session=session).select_related("device").order_by("-observed_at")
    return [
        Notice(
            id=row.pk,
            text=row.text,
            priority=row.priority,
            ended=row.ended,
            training=row.training,
            device=row.device.name,
            at=row.observed_at,
            received_at=row.received_at,
        )
        for row in rows[:MOST_NOTICES]
    ]


# — what went in —


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenExposure:
    """What a session gave: the charted amount (mg), for how long drug flowed (h), and the schedule for the models."""

    mg: Decimal
    hours: Decimal
    schedule: Schedule
    started_at: datetime
    stopped_at: datetime


def given_exposure(session: Session) -> GivenExposure | None:
    """What a session gave from its start to its stop; None while it was never started or is not stopped."""
    return exposure_from(state_of(session))


def exposure_from(state: SessionState) -> GivenExposure | None:
    """The same from a state that was folded already. Here, once, exact amounts become floats (h, mg, mg/h)."""
    if state.started_at is None or state.stopped_at is None:
        return None
    start, stop = state.started_at, state.stopped_at
    return GivenExposure(
        mg=Decimal(state.given_ug(stop)) / UG_PER_MG,
        hours=Decimal(str(round(state.flowing_min(stop) / 60, 4))),
        schedule=schedule_from(state, start=start, stop=stop),
        started_at=start,
        stopped_at=stop,
    )


def schedule_from(state: SessionState, *, start: datetime, stop: datetime) -> Schedule:
    """Rates and boluses as they ran, in hours since the start."""

    def hours(at: datetime) -> float:
        return (at - start).total_seconds() / 3600

    infusions = tuple(
        Infusion(
            start_h=hours(p.start_at), end_h=hours(p.end_at or stop), rate_mg_per_h=float(p.rate_mg_per_h)
        )
        for p in state.periods
        if (p.end_at or stop) > p.start_at
    )
    boluses = []
    for part in state.boluses:
        until = min(part.cut_at or stop, stop, part.start_at + timedelta(minutes=float(part.over_min)))
        given_mg = float(part.given_ug(stop)) / UG_PER_MG
        boluses.append(
            Bolus(
                at_h=hours(part.start_at),
                amount_mg=given_mg,
                over_h=max(0.0, hours(until) - hours(part.start_at)),
            )
        )
    return Schedule(infusions=infusions, boluses=tuple(boluses))


# — the person's own baseline —


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineValue:
    """The median of the readings at rest before the start, and how many there were."""

    value: float
    unit: str
    readings: int


# by the signal's name in check-limits.yaml: what a person types in its place, and the unit
BY_HAND: Mapping[str, tuple[str, str]] = {
    "hr": ("hr_per_min", "/min"),
    "sbp": ("sbp_mmHg", "mmHg"),
    "dbp": ("dbp_mmHg", "mmHg"),
    "spo2": ("spo2_percent", "%"),
    "rr": ("rr_per_min", "/min"),
    "etco2": ("etco2_mmHg", "mmHg"),
}


def baseline_of(session: Session) -> dict[str, BaselineValue]:
    """The person's own values before the start, by signal: what monitors sent and what was typed in the last 30 min.

    A pressure needs two readings; a signal without enough of them is left out and never filled.
    """
    state = state_of(session)
    started_at = state.started_at
    if started_at is None:
        return {}
    from_at = started_at - BASELINE_WINDOW
    found: dict[str, list[float]] = {signal: [] for signal in BY_HAND}
    sent = Sample.objects.filter(
        session=session, observed_at__gte=from_at, observed_at__lt=started_at, state=SampleState.VALUE
    )
    for signal, value in sent.values_list("signal", "value"):
        if signal in found and value is not None:
            found[signal].append(value)
    for event in state.events:
        if event.kind is Kind.OBSERVATION and from_at <= event.observed_at < started_at:
            for signal, (name, _) in BY_HAND.items():
                if (typed := event.decimal(name)) is not None:
                    found[signal].append(float(typed))
    return {
        signal: BaselineValue(value=median(values), unit=BY_HAND[signal][1], readings=len(values))
        for signal, values in found.items()
        if len(values) >= BASELINE_READINGS
    }
