"""An infusion visit of the day as it really is: what of its session this person may know, read with the visit, and said in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from ebbtide.desks.nurse_station.log import entries_of, events
from ebbtide.ground.policy import Actor, visible
from ebbtide.journey.course.models import Visit
from ebbtide.journey.infusion.events import FLOW_KINDS
from ebbtide.journey.infusion.models import Entry, Session, StartGate
from ebbtide.journey.infusion.session import Phase, SessionState, fold

PRESENCE, LOG, GATE = "infusion.presence", "infusion.session_log", "infusion.start_gate"
UG_PER_MG = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What is known of a visit's session. `state` is None for whoever runs the day and does not treat."""

    session: UUID
    opened_at: datetime
    left_at: datetime | None
    recovered_at: datetime | None = None
    state: SessionState | None = None
    gate_passed: bool | None = None
    ordered_ug: int = 0


def with_sessions(rows: QuerySet[Visit], actor: Actor, *, at: datetime) -> QuerySet[Any]:
    """The visits, each with what this person may know of its session; it asks nothing on its own."""
    of_visit = visible(actor, Session.objects.filter(visit=OuterRef("pk")), PRESENCE, at=at)
    gates = visible(actor, StartGate.objects.filter(session=OuterRef("session")), GATE, at=at)
    log = visible(actor, Session.objects.filter(visit=OuterRef("pk")), LOG, at=at)
    standing = Q(kind__in=FLOW_KINDS) | Q(replaces__kind__in=FLOW_KINDS)
    entries = visible(actor, Entry.objects.filter(standing, session__visit=OuterRef("pk")), LOG, at=at)
    return rows.annotate(
        seat=Subquery(
            of_visit.values(
                said=JSONObject(id="id", opened_at="opened_at", left_at="departure__discharged_at")
            )[:1]
        ),
        in_log=Subquery(
            log.values(
                said=JSONObject(ordered_mg="order__dose_mg", recovered_at="recoveries__observed_at")
            ).order_by("-recoveries__observed_at")[:1]
        ),
        gate=Subquery(gates.order_by("-signed_at").values("passed")[:1]),
        flow=entries_of(entries),
    )


def seat_of(visit: Any) -> Seat | None:
    """The session of a visit that `with_sessions` read; None while nobody was checked in, or for whom it is not."""
    if visit.seat is None:
        return None
    logged = visit.in_log
    return Seat(
        session=UUID(visit.seat["id"]),
        opened_at=datetime.fromisoformat(visit.seat["opened_at"]),
        left_at=_moment(visit.seat, "left_at"),
        recovered_at=_moment(logged or {}, "recovered_at"),
        state=None if logged is None else fold(events(visit.flow)),
        gate_passed=visit.gate,
        ordered_ug=int(logged["ordered_mg"] * UG_PER_MG) if logged else 0,
    )


def _moment(row: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(row[name]) if row.get(name) else None


def words_of(seat: Seat, at: datetime, *, zone: Any) -> str:
    """The session in a few words: infusing 18/40 min."""
    if seat.left_at is not None:
        return f"left {seat.left_at.astimezone(zone):%H:%M}"
    here = f"{seat.opened_at.astimezone(zone):%H:%M}"
    if seat.state is None:
        return f"here since {here}"
    state = seat.state
    if state.phase is Phase.RUNNING:
        return f"infusing {_of_minutes(seat, state, at)}"
    if state.phase is Phase.PAUSED:
        return f"paused for {int(state.paused_min(at) or 0)} min"
    if state.phase is Phase.STOPPED:
        return _after_the_stop(seat, state, at)
    return f"checked in {here}" + (", start gate refused" if seat.gate_passed is False else "")


def _of_minutes(seat: Seat, state: SessionState, at: datetime) -> str:
    run = int(state.flowing_min(at))
    ends_at = state.ends_at(ordered_ug=seat.ordered_ug, at=at)
    if ends_at is None:
        return f"{run} min"
    return f"{run}/{round(float(state.flowing_min(at)) + (ends_at - at).total_seconds() / 60)} min"


def _after_the_stop(seat: Seat, state: SessionState, at: datetime) -> str:
    stopped_at = state.stopped_at or at
    minutes = int((at - stopped_at).total_seconds() // 60)
    recovering = seat.recovered_at is not None and seat.recovered_at >= stopped_at
    return f"recovering, stopped {minutes} min ago" if recovering else f"stopped {minutes} min ago"
