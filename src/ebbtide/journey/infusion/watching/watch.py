"""One watched session: what is read becomes inputs of the pure checks, and what they say becomes rows."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import floor
from time import monotonic
from uuid import UUID

from ebbtide.ground.ledger.action import act_now
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.policy.actors import system
from ebbtide.journey.infusion.actions.checks import (
    Happened,
    PinPlan,
    RecordChecks,
    keep_state,
    pin_plan,
    record_checks,
)
from ebbtide.journey.infusion.check_rows import CheckKept, CheckTouch, TouchKind
from ebbtide.journey.infusion.checks.conditions import Known
from ebbtide.journey.infusion.checks.core import State, run, step, under
from ebbtide.journey.infusion.checks.inputs import (
    Acknowledge,
    Input,
    LinkLost,
    Plan,
    Sample,
    Silence,
    TabletHeard,
    Tick,
)
from ebbtide.journey.infusion.checks.keeping import restored, stored
from ebbtide.journey.infusion.checks.limits import APNOEA
from ebbtide.journey.infusion.checks.showing import shown
from ebbtide.journey.infusion.checks.signalling import Event
from ebbtide.journey.infusion.due import PRESSURE_EVERY, pressure_every
from ebbtide.journey.infusion.limits_in_force import baseline_for, changes_for, plan_for
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.queries import state_of
from ebbtide.journey.infusion.session import SessionState
from ebbtide.journey.infusion.watching.reading import apnoea_alarms, log_of, samples_since

LOOK_BACK = timedelta(minutes=10)  # what is read again of a session that was never watched [design]
OVERLAP = timedelta(seconds=60)  # and before the state that was kept: what comes twice changes nothing
KEEP_EVERY_S = 30.0  # on the average: 15 to 45 s
REREAD = timedelta(seconds=60)  # a session whose log was not announced is read again all the same
SEEN_READINGS = 256  # of each signal: more than a minute of them


def share_of(session: UUID) -> float:
    """0 to 1, another one for each session: what each does now and then, many do not do at the same moment."""
    return session.int % 1000 / 1000


class Watch:
    """The checks of one session, as long as this process lives."""

    def __init__(self, session: Session, at: datetime, *, tablet_heard_at: datetime | None = None) -> None:
        self.session = session
        self.clinic = session.visit.series.episode.patient.clinic
        self.patient_id = session.visit.series.episode.patient_id
        self._seen: dict[tuple[str, str], dict[float, None]] = {}
        self._baseline: tuple[datetime | None, dict[str, float]] = (None, {})
        self._kept_s = 0.0
        # many whose conditions ended in the same second would otherwise be kept in the same second, again and again
        self._keep_every_s = KEEP_EVERY_S * (0.5 + share_of(session.pk))
        self._pinned: object = None
        self._took_s = monotonic()
        self._log, self._read_at = state_of(session), at
        self.state = State()
        self.plan: Plan = self._planned(self._log, at)
        self._begin(at, tablet_heard_at)

    def _begin(self, at: datetime, tablet_heard_at: datetime | None) -> None:
        """Go on where the last process was, or begin; what came meanwhile is lived through in the order of its time."""
        kept = CheckKept.objects.filter(session=self.session).first()
        since = at - LOOK_BACK
        self._touched_at = since
        if kept is None:
            self.state = State(known=Known(watched_s=at.timestamp()))
        elif kept.state:
            self.state = restored(self.plan, kept.state)
            was_at = datetime.fromtimestamp(max(self.state.at_s, 0.0), tz=UTC)
            since = max(since, was_at - OVERLAP)
            self._touched_at = max(self._touched_at, was_at)
        if tablet_heard_at is not None:  # what was kept is up to 45 s old: its tablet would look quiet
            self.tablet_heard(tablet_heard_at)
        missed = samples_since([self.session.pk], since).get(self.session.pk, [])
        self._write(self._lived_through(missed, at), at)
        self.refresh(at)
        self._kept_s -= self._keep_every_s * share_of(self.session.pk)

    def _lived_through(self, missed: Sequence[Sample], at: datetime) -> list[Event]:
        told: list[Event] = []
        second = None
        for one in missed:
            if second is not None and floor(one.at_s) > second and one.at_s <= at.timestamp():
                told += self._run([Tick(at_s=float(floor(one.at_s)))])
            second = floor(one.at_s)
            told += self._run([one])
            self._is_new(one)  # it comes again with the next reading of the record
        return told

    # — what is read —

    def look(self, at: datetime, *, reread: timedelta = REREAD) -> None:
        """What is due moves with the time; now and then the record is read as well."""
        if at - self._read_at >= reread:
            self.refresh(at)
        else:
            self.take([log_of(self._log, at)], at)

    def refresh(self, at: datetime) -> None:
        """Read the log, the bindings, the limits and the switch again."""
        self._log, self._read_at = state_of(self.session), at
        plan = self._planned(self._log, at)
        if plan != self.plan:
            self.plan = plan
            self.state = under(plan, self.state)
        alarms = [one for one in apnoea_alarms(self.session, at - OVERLAP) if self._is_new(one)]
        self.take([log_of(self._log, at), *alarms, *self._touches()], at)

    def _planned(self, log: SessionState, at: datetime) -> Plan:
        """Under what it is judged now; where it changed, the record gets to know it."""
        if log.started_at != self._baseline[0]:
            self._baseline = (log.started_at, baseline_for(self.session, log))
        every_s = (
            pressure_every(log, at).total_seconds() if log.started_at else PRESSURE_EVERY.total_seconds()
        )
        plan = plan_for(self.session, log, baseline=self._baseline[1], pressure_every_s=every_s)
        pinned = (plan.limits, plan.live_on, tuple(sorted(plan.baseline.items())))
        if pinned != self._pinned:
            self._pin(plan, at)
            self._pinned = pinned
        return plan

    def _pin(self, plan: Plan, at: datetime) -> None:
        pin_plan(
            act_now(system(self.clinic), f"plan/{new_id()}", at=at),
            PinPlan(
                session=self.session,
                version=plan.limits.version,
                changes=tuple(changes_for(self.session)),
                live_on=plan.live_on,
                baseline=plan.baseline,
            ),
        )

    def _touches(self) -> list[Input]:
        rows = CheckTouch.objects.filter(session=self.session, at__gt=self._touched_at).order_by("at", "id")
        found: list[Input] = []
        for row in rows:
            self._touched_at = row.at
            at_s = row.at.timestamp()
            if row.kind == TouchKind.SILENCE:
                found.append(Silence(at_s=at_s, for_s=float(row.silence_s or 0)))
            else:
                found.append(Acknowledge(at_s=at_s, key=row.key))
        return found

    def hear(self, samples: Iterable[Sample], at: datetime) -> None:
        """What monitors said, new or again."""
        self.take([one for one in samples if self._is_new(one)], at)

    def _is_new(self, one: Sample) -> bool:
        """The newest of each signal comes by the notice first and from the record again a moment later."""
        seen = self._seen.setdefault((one.device, one.signal), {})
        if one.at_s in seen:
            return False
        seen[one.at_s] = None
        if len(seen) > SEEN_READINGS:
            del seen[next(iter(seen))]
        return True

    def heard_since(self, since: datetime) -> int:
        """How many readings of the record since this time it has heard of; fewer where monitors say very many."""
        since_s = since.timestamp()
        # an alarm of the monitor's own is no reading: counted here it would hide one that is missing
        readings = (seen for (_, signal), seen in self._seen.items() if signal != APNOEA)
        return sum(at_s > since_s for seen in readings for at_s in seen)

    def rested_s(self) -> float:
        """How long its time has not moved on (s)."""
        return monotonic() - self._took_s

    def link_lost(self, at: datetime) -> None:
        """The gateway went silent: nobody may rely on a silence any more."""
        self.take([LinkLost(at_s=at.timestamp())], at)

    def tablet_heard(self, heard_at: datetime) -> None:
        """A tablet shows this chair."""
        self.state, _ = step(self.plan, self.state, TabletHeard(at_s=heard_at.timestamp()))

    # — what is written —

    def take(self, given: Sequence[Input], at: datetime) -> None:
        """These inputs, then the time; what they led to is in the record when this returns."""
        self._took_s = monotonic()
        self._write(self._run([*given, Tick(at_s=at.timestamp())]), at)

    def _run(self, given: Sequence[Input]) -> list[Event]:
        self.state, told = run(self.plan, self.state, given)
        return told

    def _write(self, told: Sequence[Event], at: datetime) -> None:
        if told:
            command = RecordChecks(
                session=self.session,
                happened=tuple(_happened(one) for one in told),
                state=json.dumps(stored(self.state)),
                shown=shown(self.state.signals),
            )
            record_checks(act_now(system(self.clinic), f"checks/{new_id()}", at=at), command)
            self._kept_s = at.timestamp()
        elif at.timestamp() - self._kept_s >= self._keep_every_s:
            keep_state(
                self.session, state=json.dumps(stored(self.state)), shown=shown(self.state.signals), at=at
            )
            self._kept_s = at.timestamp()


def _happened(one: Event) -> Happened:
    return Happened(
        said=str(one.said),
        key=one.key[:120],
        limit=one.limit,
        subject=one.subject[:16],
        priority=str(one.priority),
        at=datetime.fromtimestamp(one.at_s, tz=UTC),
        until_at=None if one.until_s is None else datetime.fromtimestamp(one.until_s, tz=UTC),
        value=one.value,
    )
