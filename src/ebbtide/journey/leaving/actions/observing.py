"""Observations before and after the infusion, and a prescriber's signed release on the newest of them."""

from dataclasses import dataclass, field
from datetime import datetime

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.leaving.actions.acting import held, ruled, staff_of, topics_of
from ebbtide.journey.leaving.calls import THOUGHT_WITHIN_MIN
from ebbtide.journey.leaving.concerns import THOUGHT_RULE, Concern, ConcernKind, Opened, open_concerns
from ebbtide.journey.leaving.models import Recovery, RecoveryPhase, ReleaseDecision
from ebbtide.journey.leaving.queries import Standing
from ebbtide.journey.leaving.rules import Phase, check_observation
from ebbtide.journey.leaving.scores import Points, Pressure, ScoreName, total, with_pressure

# — observations —


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one observation found; None is not recorded. The items that follow from the pressure are not typed."""

    aldrete: Points = field(default_factory=dict)
    padss: Points = field(default_factory=dict)
    pressure: Pressure | None = None
    rass: int | None = None
    dissociation: int | None = None
    pain_nrs: int | None = None
    gait_as_before: bool | None = None
    new_suicidal_thought: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRecovery:
    session: Session
    phase: RecoveryPhase
    seen: Seen
    observed_at: datetime | None = None  # now unless it was seen earlier


@action("leaving.recovery", "create", about=lambda command: command.session)
def record_recovery(act: Act, command: RecordRecovery) -> Done[Recovery]:
    """Keep one observation with both totals: as the items stand, and against the person's own baseline."""
    standing = held(act, command.session)
    observed_at = command.observed_at or act.at
    with ruled():
        check_observation(
            Phase(command.phase),
            started=standing.state.started_at is not None,
            stopped_at=standing.state.stopped_at,
            observed_at=observed_at,
            recorded_at=act.recorded_at,
        )
    if command.seen == Seen():
        raise Refused(
            "LEA-EMPTY", "Nothing was recorded: fill in what you saw, and leave open what you did not."
        )
    row = Recovery.objects.create(
        session=command.session,
        phase=command.phase,
        **_columns(command.seen, RecoveryPhase(command.phase), standing),
        observed_at=observed_at,
        recorded_at=act.recorded_at,
        recorded_by=staff_of(act),
    )
    opened = _thought(act, row, standing)
    return Done(value=row, rows=opened.rows, announce=[*topics_of(standing), *opened.topics])


def _thought(act: Act, row: Recovery, standing: Standing) -> Opened:
    """A new thought of suicide shuts the door here, and opens an alert that outlives this visit."""
    if not row.new_suicidal_thought:
        return Opened()
    concern = Concern(
        episode=standing.session.visit.series.episode,
        kind=ConcernKind.SELF_HARM,
        rule=THOUGHT_RULE,
        within_min=THOUGHT_WITHIN_MIN,
        at=act.at,
        told_in=row,
    )
    return open_concerns(act, [concern])


def _columns(seen: Seen, phase: RecoveryPhase, standing: Standing) -> dict[str, object]:
    baseline = phase == RecoveryPhase.BASELINE
    pressure_before = seen.pressure if baseline else standing.before.pressure
    now, totals = {}, {}
    for name, typed in ((ScoreName.ALDRETE, seen.aldrete), (ScoreName.PADSS, seen.padss)):
        now[name] = with_pressure(name, typed, seen.pressure, pressure_before)
        totals[name] = total(name, now[name], {} if baseline else standing.before.points(name))
    return {
        "aldrete": now[ScoreName.ALDRETE],
        "padss": now[ScoreName.PADSS],
        "aldrete_plain": totals[ScoreName.ALDRETE].plain,
        "aldrete_compared": totals[ScoreName.ALDRETE].compared,
        "padss_plain": totals[ScoreName.PADSS].plain,
        "padss_compared": totals[ScoreName.PADSS].compared,
        "sbp_mmhg": seen.pressure.sbp_mmhg if seen.pressure else None,
        "dbp_mmhg": seen.pressure.dbp_mmhg if seen.pressure else None,
        "rass": seen.rass,
        "dissociation": seen.dissociation,
        "pain_nrs": seen.pain_nrs,
        "gait_as_before": None if baseline else seen.gait_as_before,
        "new_suicidal_thought": seen.new_suicidal_thought,
        "note": seen.note.strip()[:500],
        "compared_with": None if baseline else standing.before.row,
    }


# — a prescriber's signed decision —


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A prescriber has seen this very observation and signs for these gates; `recovery` is the newest one."""

    recovery: Recovery
    gates: tuple[str, ...]
    reason: str


@action("leaving.discharge", "sign", about=lambda command: command.recovery)
def release(act: Act, command: Release) -> Done[ReleaseDecision]:
    """Sign that the person may leave although these gates are shut; only those that a signature can open."""
    standing = held(act, command.recovery.session)
    if standing.newest is None or standing.newest.pk != command.recovery.pk:
        raise Refused(
            "LEA-NEWEST", "A newer observation was recorded meanwhile: look at that one and sign again."
        )
    open_to_sign = {found.gate.value for found in standing.signable}
    if not command.gates or set(command.gates) - open_to_sign:
        raise Refused(
            "LEA-SIGN",
            f"A signature opens only {', '.join(sorted(open_to_sign)) or 'nothing now'}: choose among these, "
            "the others open by what is observed.",
        )
    if not command.reason.strip():
        raise Refused(
            "LEA-REASON", "Say why the person may leave: a later reader must be able to understand it."
        )
    row = ReleaseDecision.objects.create(
        recovery=command.recovery,
        gates=sorted(command.gates),
        reason=command.reason.strip()[:500],
        decided_by=staff_of(act),
        decided_at=act.at,
    )
    return Done(value=row, announce=topics_of(standing))
