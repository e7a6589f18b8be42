"""infusion: what the protocol checks said becomes durable, and people answer it: they take a signal, or silence the sound.

The process of the checks writes what it works out (record_checks); what people do is a row of its own, which that process
reads. So a page never changes a condition, and a silence is never longer than the record says.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ebbtide.ground.database.prepared import Asked, planned, planned_together
from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.ground.ledger.digests import ReadBack
from ebbtide.ground.live.announce import announce_values
from ebbtide.ground.people.models import Clinic
from ebbtide.journey.infusion.actions.turns import staff_of, topics
from ebbtide.journey.infusion.check_rows import CheckEvent, CheckKept, CheckPlan, CheckTouch, TouchKind
from ebbtide.journey.infusion.checks.limits import default_limits
from ebbtide.journey.infusion.models import GatewayBeat, Session

CHECK = "infusion.protocol_check"
TABLET = "tablet:"  # and the session whose page was heard, among the beats
CHECKS = "checks"  # the name of the process among the beats


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event of the checks, with its times as instants."""

    said: str
    key: str
    limit: str
    subject: str
    priority: str
    at: datetime
    until_at: datetime | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChecks:
    """What happened in one session since the last time, and what its screens show now. `state` is JSON, as it is kept."""

    session: Session
    happened: tuple[Happened, ...]
    state: str
    shown: Sequence[Mapping[str, Any]]


@action(CHECK, "create", about=lambda command: command.session)
def record_checks(act: Act, command: RecordChecks) -> Done[CheckEvent]:
    """The events are durable with the state they led to; after the commit the chair and the boards hear of it."""
    if not command.happened:
        raise Refused("INF-CHECK-NONE", "Nothing happened: there is nothing to write down.")
    rows = [
        CheckEvent(
            session=command.session,
            said=one.said,
            key=one.key,
            limit=one.limit,
            subject=one.subject,
            priority=one.priority,
            at=one.at,
            until_at=one.until_at,
            value=one.value,
        )
        for one in command.happened
    ]
    back = ReadBack(rows)
    _, _, *answers = planned_together(
        (WRITE, [command.session.pk, json.dumps([_written(row) for row in rows])]),
        _kept(command.session, command.state, command.shown, act.at),
        *back.asked,
    )
    return Done(value=rows[0], rows=rows[1:], spoken=back.spoken(answers), announce=topics(command.session))


def keep_state(session: Session, *, state: str, shown: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """Where the checks are, between two events. No act of the record: it says nothing that is not in the rows (CheckKept)."""
    planned(*_kept(session, state, shown, at))


# written out: the model layer would first read the old state, many kilobytes, and a condition waits for both
WRITE = """
INSERT INTO infusion_checkevent (session_id, id, said, key, "limit", subject, priority, at, until_at, value)
SELECT $1::uuid, * FROM json_to_recordset($2::json) AS told (id uuid, said text, key text, "limit" text, subject text,
priority text, at timestamptz, until_at timestamptz, value float8)
"""
KEEP = """
INSERT INTO infusion_checkkept (session_id, state, shown, kept_at) VALUES ($1::uuid, $2::jsonb, $3::jsonb, $4::timestamptz)
ON CONFLICT (session_id) DO UPDATE SET state = excluded.state, shown = excluded.shown, kept_at = excluded.kept_at
"""


def _kept(session: Session, state: str, shown: Sequence[Mapping[str, Any]], at: datetime) -> Asked:
    return KEEP, [session.pk, state, json.dumps(list(shown)), at]


def _written(row: CheckEvent) -> dict[str, Any]:
    """A row as WRITE reads it."""
    return {
        "id": str(row.pk),
        "said": row.said,
        "key": row.key,
        "limit": row.limit,
        "subject": row.subject,
        "priority": row.priority,
        "at": row.at.isoformat(),
        "until_at": None if row.until_at is None else row.until_at.isoformat(),
        "value": row.value,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class PinPlan:
    """Under what a session is watched from now on."""

    session: Session
    version: str
    changes: tuple[Mapping[str, Any], ...]
    live_on: bool
    baseline: Mapping[str, float]


@action(CHECK, "create", about=lambda command: command.session)
def pin_plan(act: Act, command: PinPlan) -> Done[CheckPlan]:
    """The version of the limits, the changes to them, the switch and the baseline of this session are in the record."""
    row = CheckPlan.objects.create(
        session=command.session,
        version=command.version,
        changes=[dict(one) for one in command.changes],
        live_on=command.live_on,
        baseline=dict(command.baseline),
        from_at=act.at,
    )
    return Done(value=row)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeCheck:
    """Take one signal as one's own, with what stands under it. It does not end the condition."""

    session: Session
    key: str


@action(CHECK, "acknowledge", about=lambda command: command.session)
def acknowledge_check(act: Act, command: AcknowledgeCheck) -> Done[CheckTouch]:
    """Somebody goes: the sound stops, the condition stays on the screen until it is over."""
    if not _is_shown(command.session, command.key):
        raise Refused("INF-CHECK-GONE", "This check is over or was taken already: nothing was changed.")
    return _touched(act, command.session, kind=TouchKind.ACKNOWLEDGE, key=command.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceChecks:
    """Silence what sounds now, for so many seconds."""

    session: Session
    silence_s: int


@action(CHECK, "acknowledge", about=lambda command: command.session)
def silence_checks(act: Act, command: SilenceChecks) -> Done[CheckTouch]:
    """The sound of what is shown now stops until a time that is written down; what comes later sounds."""
    most_s = int(default_limits().silence_max_s)
    if not 1 <= command.silence_s <= most_s:
        raise Refused(
            "INF-SILENCE", f"A silence has an end: choose 1 to {most_s} s, not {command.silence_s} s."
        )
    return _touched(act, command.session, kind=TouchKind.SILENCE, silence_s=command.silence_s)


def _is_shown(session: Session, key: str) -> bool:
    kept = CheckKept.objects.filter(session=session).first()
    return kept is not None and any(one["key"] == key for one in kept.shown)


def _touched(
    act: Act, session: Session, *, kind: TouchKind, key: str = "", silence_s: int | None = None
) -> Done[CheckTouch]:
    row = CheckTouch.objects.create(
        session=session, kind=kind, key=key, silence_s=silence_s, by=staff_of(act), at=act.at
    )
    return Done(value=row, announce=[f"checks:{session.pk}", *topics(session)])


def note_watched(sessions: Sequence[UUID], *, at: datetime) -> None:
    """That these sessions are watched at this moment. No act of the record, as above: their screens ask how old it is."""
    CheckKept.objects.filter(session__in=sessions).update(kept_at=at)


def note_tablet(session: Session, *, at: datetime) -> None:
    """A page of this chair asked what sounds. No act of the record, as above: the station hears of one that falls quiet."""
    name = f"{TABLET}{session.pk.hex}"
    # one question, for it comes every 2 s from every chair; the first one of a session makes the row
    if not GatewayBeat.objects.filter(name=name).update(beat_at=at):
        GatewayBeat.objects.get_or_create(name=name, defaults={"beat_at": at})


def tablets_heard(since: datetime) -> dict[UUID, datetime]:
    """When a page of each chair was last heard, of those that were heard since then."""
    rows = GatewayBeat.objects.filter(name__startswith=TABLET, beat_at__gte=since)
    return {UUID(name.removeprefix(TABLET)): at for name, at in rows.values_list("name", "beat_at")}


def note_checks_beat(clinic: Clinic, *, at: datetime, sessions: int) -> None:
    """The process of the checks lives and can write. No act of the record: it says nothing about a patient (GatewayBeat)."""
    GatewayBeat.objects.update_or_create(name=CHECKS, defaults={"beat_at": at, "devices": sessions})
    announce_values({f"checking:{clinic.pk}": {"beat": {"beat_at": at.isoformat()}}})


__all__ = [
    "CHECKS",
    "AcknowledgeCheck",
    "Happened",
    "PinPlan",
    "RecordChecks",
    "SilenceChecks",
    "acknowledge_check",
    "keep_state",
    "note_checks_beat",
    "note_tablet",
    "note_watched",
    "pin_plan",
    "record_checks",
    "silence_checks",
    "tablets_heard",
]
