"""What the wall reads: chairs, who sits on them, their logs folded, the newest of their monitors. A handful of questions to the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from ebbtide.desks.nurse_station.log import entries_of, events
from ebbtide.desks.nurse_station.phases import due_at, off_monitor, phase_word, since
from ebbtide.desks.nurse_station.tiles import (
    Check,
    Coming,
    Counting,
    Emergency,
    Seated,
    Signal,
    Tile,
    short_name,
    tile,
)
from ebbtide.ground.people.models import Clinic, Patient, Resource, ResourceKind
from ebbtide.ground.policy import Actor, visible
from ebbtide.journey.access import slots
from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.course.models import Visit
from ebbtide.journey.infusion.actions.checks import CHECKS
from ebbtide.journey.infusion.checking import Checking, shown_in
from ebbtide.journey.infusion.comfort import comfort_of
from ebbtide.journey.infusion.emergency import load_scripts, open_ones
from ebbtide.journey.infusion.events import ScaleName
from ebbtide.journey.infusion.freshness import Heard, chosen, interval_of, signals
from ebbtide.journey.infusion.models import Binding, Device, Entry, GatewayBeat, Sample, Session
from ebbtide.journey.infusion.session import fold
from ebbtide.journey.infusion.vitals import GATEWAY, SILENT_AFTER_S

STATION, LOG, BOOKING = "infusion.station", "infusion.session_log", "course.booking"
CALL = "infusion.comfort_call"
FORGOTTEN = timedelta(
    hours=24
)  # a session older than this without a departure is a matter of Today, not of the wall
# limits that the wall judges by itself, also while the process of the checks does not run
JUDGED_HERE = frozenset({
    "CHK-STALE", "CHK-LOST", "CHK-OVERDUE", "CHK-COMFORT", "CHK-RASS", "CHK-OFF",
})  # fmt: skip
LOOK_BACK = timedelta(hours=4)  # how far back the newest sample of a bound monitor is looked for
UG_PER_MG = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """The whole wall at one moment."""

    tiles: Sequence[Tile]
    gateway_silent: bool
    gateway_age: Counting | None
    checks_silent: bool = False


def wall(actor: Actor, clinic: Clinic, *, at: datetime) -> Wall:
    """One tile for each chair of the clinic that is in use."""
    chairs = list(_chairs(clinic))
    seated = _seated(actor, clinic, at)
    coming = _coming(actor, clinic, at)
    beat_at = chairs[0].beat_at if chairs else None
    return Wall(
        tiles=[
            tile(c.name, seated.get(c.number), coming.get(c.number), at=at, zone=clinic.time_zone)
            for c in chairs
        ],
        gateway_silent=any(c.monitors for c in chairs) and is_silent(beat_at, at),
        gateway_age=Counting(kind="age", seconds=int((at - beat_at).total_seconds())) if beat_at else None,
        checks_silent=bool(seated) and is_silent(chairs[0].checks_beat_at if chairs else None, at),
    )


def is_silent(beat_at: datetime | None, at: datetime) -> bool:
    """Whether the gateway was not heard for too long; one that was never heard is silent."""
    return beat_at is None or (at - beat_at).total_seconds() > SILENT_AFTER_S


def _chairs(clinic: Clinic) -> QuerySet[Any]:
    beats = GatewayBeat.objects.filter(name=GATEWAY).values("beat_at")
    checks = GatewayBeat.objects.filter(name=CHECKS).values("beat_at")
    monitors = Device.objects.filter(clinic=clinic, retired_at__isnull=True)
    chairs = Resource.objects.filter(clinic=clinic, kind=ResourceKind.CHAIR, out_of_use_at__isnull=True)
    known = chairs.annotate(
        beat_at=Subquery(beats[:1]), checks_beat_at=Subquery(checks[:1]), monitors=Exists(monitors)
    )
    return known.order_by("name", "number")


# — who sits —


def open_sessions(at: datetime) -> QuerySet[Session]:
    """Sessions of people who were checked in and have not left."""
    return Session.objects.filter(
        departure__isnull=True, opened_at__gte=at - FORGOTTEN, opened_at__lte=at
    ).exclude(visit__status=VisitStatus.CANCELLED)


def _seated(actor: Actor, clinic: Clinic, at: datetime) -> dict[int, Seated]:
    rows = visible(actor, open_sessions(at), STATION, at=at).annotate(
        may_open=_is_within(visible(actor, Session.objects.all(), LOG, at=at)),
        may_answer=_is_within(visible(actor, Session.objects.all(), CALL, "acknowledge", at=at)),
        recovered_at=Max("recoveries__observed_at", filter=Q(recoveries__phase="recovery")),
        log=entries_of(Entry.objects.filter(session=OuterRef("pk"))),
    )
    found = list(rows.select_related("order", "visit__series__episode__patient").order_by("opened_at"))
    ids = [row.pk for row in found]
    heard, checks = _heard(ids, at), shown_in(ids, at)
    # of two sessions on one chair the later one is shown: the earlier person was not recorded as gone
    return {row.chair_id: _one(row, heard.get(row.pk), checks.get(row.pk), at) for row in found}


def _one(row: Any, heard: Mapping[str, Heard] | None, checking: Checking | None, at: datetime) -> Seated:
    state = fold(events(row.log))
    rass, scripts = state.scales.get(ScaleName.RASS), load_scripts()
    return Seated(
        session=row.pk,
        who=_who(row.visit.series.episode.patient, may_read=row.may_open),
        phase=phase_word(state, recovered_at=row.recovered_at),
        since=since(state, row.opened_at),
        ends_at=state.ends_at(ordered_ug=int(row.order.dose_mg * UG_PER_MG), at=at),
        bound=heard is not None,
        signals=[_signal(one, at) for one in (heard or {}).values()],
        calls_since=comfort_of(state.events).called_at,
        emergencies=[
            Emergency(title=scripts.title(one.script), since=one.opened.observed_at)
            for one in open_ones(state.events)
        ],
        off_monitor=off_monitor(state),
        rass=int(rass.value) if rass else None,
        check_due_at=due_at(state, recovered_at=row.recovered_at, at=at),
        checks=_checks(checking),
        second_person=checking is not None and any(one.second_person for one in checking.shown),
        may_open=row.may_open,
        may_answer=row.may_answer,
        patient=row.visit.series.episode.patient_id,
    )


def _checks(checking: Checking | None) -> list[Check]:
    """The checks on values that run now; one that was taken stays, for its condition does."""
    shown = checking.shown if checking else ()
    return [
        Check(priority=one.priority, title=one.title, since=one.since)
        for one in shown
        if one.limit not in JUDGED_HERE
    ]


def _who(patient: Patient, *, may_read: bool) -> str:
    return short_name(patient.given_name, patient.family_name) if may_read else ""


def _is_within(rows: QuerySet[Any]) -> Exists:
    return Exists(rows.filter(pk=OuterRef("pk")))


# — what their monitors said —


def _heard(sessions: Sequence[UUID], at: datetime) -> dict[UUID, dict[str, Heard]]:
    """For each session with a bound monitor the newest of each signal, from one source each; empty when it sent nothing."""
    newest = {f"s_{name}": _newest(name, at) for name in signals()}
    rows = Binding.objects.filter(session__in=sessions, from_at__lte=at, until_at__isnull=True)
    bound: dict[UUID, list[Heard]] = {}
    for row in rows.select_related("device").annotate(**newest):
        bound.setdefault(row.session_id, []).extend(_of_binding(row))
    return {session: chosen(heard, at) for session, heard in bound.items()}


def _newest(signal: str, at: datetime) -> Subquery:
    rows = Sample.objects.filter(
        device=OuterRef("device"), session=OuterRef("session"), signal=signal,
        observed_at__gte=at - LOOK_BACK, observed_at__lte=at,
    )  # fmt: skip
    said = JSONObject(
        value="value", unit="unit", state="state", observed_at="observed_at", received_at="received_at"
    )
    return Subquery(rows.order_by("-observed_at").values(said=said)[:1])


def _of_binding(row: Any) -> Iterable[Heard]:
    for name in signals():
        said = getattr(row, f"s_{name}")
        if said is not None:
            yield Heard(
                signal=name, value=said["value"], unit=said["unit"], state=said["state"],
                observed_at=datetime.fromisoformat(said["observed_at"]), received_at=datetime.fromisoformat(said["received_at"]),
                device_id=row.device_id, device=row.device.name, simulated=row.device.simulated, bound_at=row.from_at,
                expected_interval_s=interval_of(name, row.device.interval_s),
            )  # fmt: skip


def _signal(one: Heard, at: datetime) -> Signal:
    return Signal(
        name=signals()[one.signal].label,
        state=str(one.freshness(at)),
        age_s=max(0, int((at - one.observed_at).total_seconds())),
    )


# — who comes —


def _coming(actor: Actor, clinic: Clinic, at: datetime) -> dict[int, Coming]:
    """The first booked visit of each chair on this day that nobody has checked in."""
    zone = ZoneInfo(clinic.time_zone)
    start = slots.on_the_wall(at.astimezone(zone).date(), time(), zone)
    rows = Visit.objects.filter(
        starts_at__gte=start, starts_at__lt=start + timedelta(days=1), status=VisitStatus.BOOKED,
        session__isnull=True,
    )  # fmt: skip
    seen = visible(actor, rows, STATION, at=at).annotate(
        may_read=_is_within(visible(actor, Visit.objects.all(), BOOKING, at=at))
    )
    found: dict[int, Coming] = {}
    for row in seen.select_related("series__episode__patient").order_by("starts_at", "id"):
        who = _who(row.series.episode.patient, may_read=row.may_read)
        found.setdefault(row.chair_id, Coming(starts_at=row.starts_at, who=who))
    return found
