"""Reading the leaving: how one person stands now, what is still missing, whom to call today, and who has left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from ebbtide.ground.people.models import Clinic
from ebbtide.ground.people.queries import settings_starting_with
from ebbtide.ground.policy import Actor, visible
from ebbtide.journey.course.models import Visit
from ebbtide.journey.infusion.events import ScaleName
from ebbtide.journey.infusion.models import Entry, Session
from ebbtide.journey.infusion.queries import SESSION_WAY, baseline_of, event_of
from ebbtide.journey.infusion.session import SessionState, fold
from ebbtide.journey.leaving.calls import CALL_ENDS
from ebbtide.journey.leaving.models import (
    CallResult,
    Departure,
    LaterEvent,
    NextDayCall,
    Recovery,
    RecoveryPhase,
    ReleaseDecision,
)
from ebbtide.journey.leaving.rules import (
    DRIVE_FROM,
    PRESSURE_BELOW,
    WAIT_MIN,
    Due,
    Found,
    Gate,
    Signs,
    gates,
    next_observation,
    signable,
)
from ebbtide.journey.leaving.scores import ITEMS, Points, Pressure, ScoreName, Total

DEPARTURE_WAY = (
    "session__visit__series__episode__patient__clinic",
    "session__visit__nurse_place__staff",
    "discharged_by",
)

SBP_BELOW, DBP_BELOW = "leaving.sbp_below_mmhg", "leaving.dbp_below_mmhg"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingSettings:
    """What the clinic has set about leaving; it may be stricter than the rules and never looser."""

    wait_min: int
    drive_from: time
    pressure_below: Pressure


def settings_of(clinic: Clinic) -> LeavingSettings:
    """What `leaving.…` says; where a clinic asks for less than the rules do, the rules count."""
    known = {name: row.value for name, row in settings_starting_with(clinic, "leaving.").items()}
    hour = min(23, int(known.get("leaving.drive_from_hour", DRIVE_FROM.hour)))
    return LeavingSettings(
        wait_min=max(WAIT_MIN, int(known.get("leaving.wait_min", WAIT_MIN))),
        drive_from=max(DRIVE_FROM, time(max(0, hour))),
        pressure_below=Pressure(
            sbp_mmhg=min(PRESSURE_BELOW.sbp_mmhg, int(known.get(SBP_BELOW, PRESSURE_BELOW.sbp_mmhg))),
            dbp_mmhg=min(PRESSURE_BELOW.dbp_mmhg, int(known.get(DBP_BELOW, PRESSURE_BELOW.dbp_mmhg))),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The person's own baseline: the observation before the infusion, and what the log and the monitor add to it."""

    row: Recovery | None
    pressure: Pressure | None
    dissociation: int | None

    def points(self, name: ScoreName) -> Points:
        """The items of a score before the infusion; empty where none was taken."""
        if self.row is None:
            return {}
        found: Points = self.row.aldrete if name is ScoreName.ALDRETE else self.row.padss
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One person between the infusion and the door: what is known, and what each gate says of it."""

    session: Session
    state: SessionState
    before: Before
    newest: Recovery | None
    observations: Sequence[Recovery]
    signs: Signs
    gates: tuple[Found, ...]
    due: Due | None
    settings: LeavingSettings
    at: datetime

    @property
    def missing(self) -> list[Found]:
        """The gates that are shut."""
        return [found for found in self.gates if not found.opens]

    @property
    def signable(self) -> list[Found]:
        """The shut gates that a prescriber may sign for."""
        may_sign = signable(self.signs)
        return [found for found in self.missing if found.gate in may_sign]

    @property
    def ended_without_drug(self) -> bool:
        """The session was stopped and nothing was ever started."""
        return self.state.started_at is None and self.state.stopped_at is not None


def session_to_leave(session_id: UUID) -> Session:
    """A session with its person, its log, its observations and their signed decisions (four queries)."""
    decisions = ReleaseDecision.objects.select_related("decided_by").order_by("decided_at", "id")
    seen = Recovery.objects.select_related("recorded_by").order_by("observed_at", "recorded_at", "id")
    return (
        Session.objects.select_related(*SESSION_WAY, "departure")
        .prefetch_related(
            Prefetch("entries", queryset=Entry.objects.select_related("author")),
            Prefetch("recoveries", queryset=seen.prefetch_related(Prefetch("releases", queryset=decisions))),
        )
        .get(pk=session_id)
    )


def standing_of(session: Session, *, at: datetime, escort: str = "", escort_signed: bool = False) -> Standing:
    """How a session that `session_to_leave` has read stands at `at`: evaluated in the request, by no job."""
    state = fold(event_of(entry) for entry in session.entries.all() if entry.observed_at <= at)
    observations = [row for row in session.recoveries.all() if row.observed_at <= at]
    before = before_of(session, state, observations)
    after = [row for row in observations if row.phase == RecoveryPhase.RECOVERY]
    newest = after[-1] if after else None
    settings = settings_of(session.visit.series.episode.patient.clinic)
    signs = Signs(
        started=state.started_at is not None,
        minutes_since_stop=_minutes(state.stopped_at, at),
        observed_min_ago=_minutes(newest.observed_at if newest else None, at),
        wait_min=settings.wait_min,
        unseen_thought=unseen_thought(observations),
        dissociation_before=before.dissociation,
        pressure_before=before.pressure,
        pressure_below=settings.pressure_below,
        escort=escort,
        escort_signed=escort_signed,
        **(_seen(newest) if newest else {}),
    )
    return Standing(
        session=session,
        state=state,
        before=before,
        newest=newest,
        observations=observations,
        signs=signs,
        gates=gates(signs),
        due=_due(state, newest, at),
        settings=settings,
        at=at,
    )


def _seen(row: Recovery) -> dict[str, Any]:
    return {
        "aldrete": _total(row.aldrete_plain, row.aldrete_compared, row.aldrete, ScoreName.ALDRETE),
        "padss": _total(row.padss_plain, row.padss_compared, row.padss, ScoreName.PADSS),
        "rass": row.rass,
        "dissociation": row.dissociation,
        "gait_as_before": row.gait_as_before,
        "new_suicidal_thought": row.new_suicidal_thought,
        "pressure": pressure_of(row),
        "signed_for": frozenset(Gate(gate) for one in row.releases.all() for gate in one.gates),
    }


def _total(plain: int | None, compared: int | None, points: Points, name: ScoreName) -> Total:
    missing = tuple(item.label for item in ITEMS[name] if points.get(item.id) is None)
    return Total(plain=plain, compared=compared, missing=missing)


def _minutes(since: datetime | None, at: datetime) -> float | None:
    return None if since is None else (at - since).total_seconds() / 60


def _due(state: SessionState, newest: Recovery | None, at: datetime) -> Due | None:
    if state.started_at is None or state.stopped_at is None:
        return None
    return next_observation(
        stopped_at=state.stopped_at, observed_at=newest.observed_at if newest else None, at=at
    )


def pressure_of(row: Recovery) -> Pressure | None:
    """The blood pressure of an observation; None when it was not measured."""
    if row.sbp_mmhg is None or row.dbp_mmhg is None:
        return None
    return Pressure(sbp_mmhg=row.sbp_mmhg, dbp_mmhg=row.dbp_mmhg)


def before_of(session: Session, state: SessionState, observations: Sequence[Recovery]) -> Before:
    """The person's own baseline. What its observation lacks comes from the chair's log and the monitor before the start."""
    rows = [row for row in observations if row.phase == RecoveryPhase.BASELINE]
    row = rows[-1] if rows else None
    pressure = pressure_of(row) if row else None
    dissociation = row.dissociation if row else None
    if pressure is None and state.started_at is not None:
        pressure = _charted_pressure(session)
    if dissociation is None:
        dissociation = _charted_dissociation(state)
    return Before(row=row, pressure=pressure, dissociation=dissociation)


def _charted_pressure(session: Session) -> Pressure | None:
    found = baseline_of(session)
    if "sbp" not in found or "dbp" not in found:
        return None
    return Pressure(sbp_mmhg=round(found["sbp"].value), dbp_mmhg=round(found["dbp"].value))


def _charted_dissociation(state: SessionState) -> int | None:
    values = [
        event.decimal("value")
        for event in state.events
        if event.text("name") == ScaleName.DISSOCIATION
        and (state.started_at is None or event.observed_at < state.started_at)
    ]
    return int(values[-1]) if values and values[-1] is not None else None


def unseen_thought(observations: Sequence[Recovery]) -> bool:
    """Whether somebody told of a new thought of suicide today and no prescriber has signed since."""
    told = [row.recorded_at for row in observations if row.new_suicidal_thought]
    seen = [one.decided_at for row in observations for one in row.releases.all() if Gate.SI in one.gates]
    return bool(told) and not any(at >= max(told) for at in seen)


# — who has left —


def departure_of(visit: Visit) -> Departure | None:
    """The departure that ended a visit, None while its person is here."""
    return (
        Departure.objects.filter(session__visit=visit)
        .select_related(*DEPARTURE_WAY, "recovery", "record", "instructions")
        .first()
    )


def departure_to_show(departure_id: UUID) -> Departure:
    """A departure with its person, its papers, its calls and what happened afterwards (three queries)."""
    calls = NextDayCall.objects.select_related("called_by").order_by("called_at", "id")
    return (
        Departure.objects.select_related(
            *DEPARTURE_WAY, "recovery", "record", "instructions", "session__chair"
        )
        .prefetch_related(
            Prefetch("calls", queryset=calls), Prefetch("later_events", queryset=_standing_later())
        )
        .get(pk=departure_id)
    )


def _standing_later() -> QuerySet[LaterEvent]:
    """What stands of the later events: neither corrected nor withdrawn."""
    rows = LaterEvent.objects.filter(replaced_by__isnull=True, withdrawn=False)
    return rows.select_related("recorded_by").order_by("observed_at", "id")


def in_recovery(clinic: Clinic) -> QuerySet[Session]:
    """Sessions of this clinic that were stopped and whose person has not left."""
    stops = Session.objects.filter(pk=OuterRef("pk"), entries__kind="stop", entries__withdrawn=False)
    rows = Session.objects.filter(chair__clinic=clinic, departure__isnull=True, visit__status="booked")
    return rows.filter(Exists(stops)).select_related(*SESSION_WAY).order_by("opened_at")


# — whom to call —


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCall:
    """One person to be called: since when, by whom, and how often it was tried."""

    departure: Departure
    days_late: int
    tries: int
    owner: str

    @property
    def late(self) -> bool:
        return self.days_late > 0


def to_call(actor: Actor, clinic: Clinic, *, at: datetime) -> list[ToCall]:
    """Everybody whose call is due or overdue on this day of the clinic, the oldest first (two queries)."""
    today = at.astimezone(ZoneInfo(clinic.time_zone)).date()
    ended = NextDayCall.objects.filter(departure=OuterRef("pk"), outcome__in=list(CALL_ENDS))
    rows = Departure.objects.filter(call_due_on__lte=today).exclude(Exists(ended))
    rows = visible(actor, rows, "leaving.next_day_call", at=at)
    rows = (
        rows.select_related(*DEPARTURE_WAY).prefetch_related("calls").order_by("call_due_on", "discharged_at")
    )
    return [_to_call(row, today) for row in rows]


def _to_call(row: Departure, today: date) -> ToCall:
    nurse = row.session.visit.nurse_place.staff
    return ToCall(
        departure=row,
        days_late=(today - row.call_due_on).days,
        tries=len(row.calls.all()),
        owner=(nurse or row.discharged_by).name,
    )


def calls_made(actor: Actor, *, since: datetime, at: datetime) -> list[NextDayCall]:
    """The calls of the last days with their result, newest first."""
    rows = visible(actor, NextDayCall.objects.filter(called_at__gte=since), "leaving.next_day_call", at=at)
    rows = rows.exclude(outcome=CallResult.NOT_REACHED)
    way = ("departure__session__visit__series__episode__patient", "called_by")
    return list(rows.select_related(*way).order_by("-called_at")[:20])
