"""infusion: which limits are in force for a session: the file's, the clinic's changes, the person's, switch and baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import structlog

from ebbtide.ground.people.models import Clinic, Patient
from ebbtide.ground.people.queries import settings_starting_with
from ebbtide.journey.infusion.check_rows import CheckPlan, PatientLimit
from ebbtide.journey.infusion.checks.inputs import Bound, Plan
from ebbtide.journey.infusion.checks.limits import Limits, LimitsRefused, changed, default_limits, field_name
from ebbtide.journey.infusion.events import Kind
from ebbtide.journey.infusion.freshness import LABELS
from ebbtide.journey.infusion.freshness import limits as told_limits
from ebbtide.journey.infusion.models import Sample, SampleState, Session
from ebbtide.journey.infusion.queries import BY_HAND, bindings_of
from ebbtide.journey.infusion.session import SessionState
from ebbtide.journey.infusion.switches import LIMITS, is_on

log = structlog.get_logger("checks")
CLINIC_LIMIT = "infusion.check_limit."
PRESSURE_WINDOW, STEADY_WINDOW = (
    timedelta(minutes=30),
    timedelta(minutes=5),
)  # check-limits.yaml, baseline [design]
BASELINE_READINGS = 2
PRESSURES = frozenset({"sbp", "dbp", "map"})


def limit_row(limit: str) -> Mapping[str, Any] | None:
    """The limit as the file has it."""
    return next((row for row in told_limits()["limits"] if row["id"] == limit), None)


def clinic_changes(clinic: Clinic) -> list[dict[str, Any]]:
    """The numbers that the director changed, each with the old one; only those with a director's name count."""
    rows = settings_starting_with(clinic, CLINIC_LIMIT).values()
    return [{**row.value, "of": "clinic"} for row in rows if row.approved_by_id is not None]


def patient_changes(patient: Patient) -> list[dict[str, Any]]:
    """The numbers that prescribers changed for this person: the newest of each."""
    newest: dict[tuple[str, str], PatientLimit] = {}
    for row in PatientLimit.objects.filter(patient=patient).order_by("set_at", "id"):
        newest[row.limit, row.field] = row
    return [
        {"limit": row.limit, "field": row.field, "old": row.old, "value": row.value, "of": "patient"}
        for row in newest.values()
    ]


def changes_for(session: Session) -> list[dict[str, Any]]:
    """All changes to the file that hold for this session, the person's own after the clinic's."""
    patient = session.visit.series.episode.patient
    return [*clinic_changes(patient.clinic), *patient_changes(patient)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A number that a sign should stay on this side of. `own`: a prescriber set it for this person."""

    signal: str
    value: float
    above: bool
    own: bool


def goals_of(session: Session) -> list[Goal]:
    """The fixed limits under which this session is watched, as its picture draws them; none while they are off (wish W18)."""
    if not is_on(session.visit.series.episode.patient.clinic, LIMITS):
        return []
    pinned = CheckPlan.objects.filter(session=session).order_by("-from_at").first()
    changes = {(one["limit"], one["field"]): one for one in (pinned.changes if pinned else ())}
    found = []
    for row in told_limits()["limits"]:
        atoms = row["when"].get("any", [row["when"]])
        numbers = [one for one in atoms if "value" in one and not one.keys() & {"relative", "since"}]
        for atom in (one for one in numbers if one["signal"] in LABELS):
            change = changes.get((row["id"], field_name(atom, atoms)), {})
            value = float(change.get("value", atom["value"]))
            above, own = atom["op"] in {"ge", "gt"}, change.get("of") == "patient"
            found.append(Goal(signal=atom["signal"], value=value, above=above, own=own))
    return found


def with_readable(changes: Sequence[Mapping[str, Any]]) -> Limits:
    """The limits with these changes. One that can no longer be read leaves the file's own number, and takes no other with it."""
    kept: list[Mapping[str, Any]] = []
    limits = default_limits()
    for one in changes:
        try:
            limits = changed(default_limits(), [*kept, one])
        except (LimitsRefused, KeyError, TypeError, ValueError):
            log.warning("check_limit_cannot_be_read", limit=one.get("limit"), field=one.get("field"))
        else:
            kept.append(one)
    return limits


def plan_for(
    session: Session,
    state: SessionState,
    *,
    baseline: Mapping[str, float] | None = None,
    pressure_every_s: float | None = None,
) -> Plan:
    """Under what this session is judged now."""
    bound = list(bindings_of(session))
    # a pressure is expected as often as the plan asks for one, unless the monitor has an interval of its own
    interval_s = {} if pressure_every_s is None else dict.fromkeys(PRESSURES, pressure_every_s)
    for binding in reversed(bound):  # the first one that was bound is asked last, and counts
        interval_s |= {name: float(s) for name, s in binding.device.interval_s.items() if _is_time(s)}
    return Plan(
        limits=with_readable(changes_for(session)),
        live_on=is_on(session.visit.series.episode.patient.clinic, LIMITS),
        baseline=baseline_for(session, state) if baseline is None else baseline,
        interval_s=interval_s,
        monitors=tuple(Bound(device=str(one.device_id), bound_s=one.from_at.timestamp()) for one in bound),
    )


def _is_time(told: object) -> bool:
    return isinstance(told, int | float) and not isinstance(told, bool) and told > 0


def baseline_for(session: Session, state: SessionState) -> dict[str, float]:
    """The person's own values at rest before the start: of pressure the median of 30 min, of what is steady that of 5 min.

    A signal without at least two readings is left out: limits that compare with it are undecided.
    """
    if state.started_at is None:
        return {}
    found = {signal: _values(session, state, signal, state.started_at) for signal in BY_HAND}
    return {name: median(values) for name, values in found.items() if len(values) >= BASELINE_READINGS}


def _values(session: Session, state: SessionState, signal: str, started_at: datetime) -> list[float]:
    from_at = started_at - (PRESSURE_WINDOW if signal in PRESSURES else STEADY_WINDOW)
    sent = Sample.objects.filter(
        session=session,
        signal=signal,
        state=SampleState.VALUE,
        observed_at__gte=from_at,
        observed_at__lt=started_at,
    )
    values = [value for value in sent.values_list("value", flat=True) if value is not None]
    for event in state.events:
        if event.kind is Kind.OBSERVATION and from_at <= event.observed_at < started_at:
            typed = event.decimal(BY_HAND[signal][0])
            as_monitor = BY_HAND[signal][0] in event.text("as_monitor").split()
            values += [] if typed is None or as_monitor else [float(typed)]
    return values
