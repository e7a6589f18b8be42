"""What monitors sent becomes durable: one action for everything the gateway holds, one batch, one digest.

A reading belongs to the session its device was bound to at the instant it was taken; of a device bound to nobody it is
kept without a session and is never a patient's. The same reading sent twice is one row.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from ebbtide.ground.ledger.action import Act, Done, action
from ebbtide.ground.live.announce import announce_values
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic
from ebbtide.journey.infusion.arrivals import NewSample, Reason, SetAside
from ebbtide.journey.infusion.freshness import Heard, interval_of, signals, told_by
from ebbtide.journey.infusion.models import Batch, Binding, Device, GatewayBeat, Quarantined

MOST_AN_HOUR = 500  # rows set aside in one clinic and hour; then one row says that there was more [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSamples:
    """Everything of one group commit, in the order of its arrival."""

    clinic: Clinic
    messages: int
    samples: tuple[NewSample, ...]
    set_aside: tuple[SetAside, ...] = ()


@action("infusion.vitals", "create", about=lambda command: command.clinic)
def store_samples(act: Act, command: StoreSamples) -> Done[Batch]:
    """The readings are durable, and what cannot be anybody's is set aside; after the commit the pages hear of it."""
    known = _Known.of(command.clinic, command.samples, at=act.recorded_at)
    rows = [row for sample in command.samples if (row := known.row_of(sample)) is not None]
    batch_id = new_id()
    written = _write(rows, batch_id)
    batch = Batch.objects.create(
        id=batch_id,
        clinic=command.clinic,
        messages=command.messages,
        samples=len(written),
        samples_sha256=digest_of(line for _, line in written),
        received_at=act.at,
    )
    aside = _set_aside(command.clinic, (*command.set_aside, *known.unknown(command.samples)))
    announce_values(_news((row for row, _ in written), known))
    return Done(value=batch, rows=aside)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    sample: NewSample
    device_id: UUID
    session_id: UUID | None


class _Known:
    """The clinic's devices that this batch speaks of, and whom each was bound to at which time."""

    def __init__(self, devices: Mapping[str, Device], bindings: Sequence[Binding]) -> None:
        self._devices = devices
        self._by_id = {device.id: device for device in devices.values()}
        self._bindings = bindings

    @classmethod
    def of(cls, clinic: Clinic, samples: Sequence[NewSample], *, at: datetime) -> "_Known":
        keys = {sample.device_key for sample in samples}
        if not keys:
            return cls({}, ())
        devices = Device.objects.filter(clinic=clinic, key__in=keys, retired_at__isnull=True)
        oldest_at = min(sample.observed_at for sample in samples)
        bindings = Binding.objects.filter(
            Q(until_at__isnull=True) | Q(until_at__gt=min(oldest_at, at)), device__in=devices
        )
        return cls({device.key: device for device in devices}, list(bindings.order_by("from_at")))

    def binding_of(self, device_id: UUID, at: datetime) -> Binding | None:
        """The binding that held at this instant; the later one where an end and a start are the same instant."""
        held = [
            one
            for one in self._bindings
            if one.device_id == device_id
            and one.from_at <= at
            and (one.until_at is None or at < one.until_at)
        ]
        return held[-1] if held else None

    def row_of(self, sample: NewSample) -> _Row | None:
        device = self._devices.get(sample.device_key)
        if device is None:
            return None
        bound = self.binding_of(device.id, sample.observed_at)
        return _Row(sample=sample, device_id=device.id, session_id=bound.session_id if bound else None)

    def unknown(self, samples: Iterable[NewSample]) -> list[SetAside]:
        return [
            SetAside(device_key=key, reason=Reason.UNKNOWN_DEVICE, received_at=received_at)
            for key, received_at in {s.device_key: s.received_at for s in samples}.items()
            if key not in self._devices
        ]

    def heard(self, row: _Row) -> Heard:
        """The row as a page shows it; only of a row that has a session."""
        device, sample = self._by_id[row.device_id], row.sample
        bound = self.binding_of(device.id, sample.observed_at)
        return Heard(
            signal=sample.signal,
            value=sample.value,
            unit=sample.unit,
            state=sample.state,
            observed_at=sample.observed_at,
            received_at=sample.received_at,
            device_id=device.id,
            device=device.name,
            simulated=device.simulated,
            bound_at=bound.from_at if bound else sample.received_at,
            expected_interval_s=interval_of(sample.signal, device.interval_s),
        )


# what a batch's digest is made of: one line for each row, the same text whoever reads it
LINE = (
    "concat_ws('|', device_id, signal, to_char(observed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), "
    "coalesce(value::text, ''), unit, state, to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), "
    "coalesce(session_id::text, ''))"
)
INSERT = (
    "INSERT INTO infusion_sample (batch_id, device_id, signal, observed_at, value, unit, state, received_at, session_id) "  # noqa: S608
    "SELECT %s, * FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::float8[], %s::text[], %s::text[], "
    "%s::timestamptz[], %s::uuid[]) ON CONFLICT DO NOTHING RETURNING device_id, signal, observed_at, " + LINE
)


def _write(rows: Sequence[_Row], batch_id: UUID) -> list[tuple[_Row, str]]:
    """Write what is not there yet; the rows that were new, each with its line of the digest."""
    if not rows:
        return []
    samples = [row.sample for row in rows]
    columns = [
        [row.device_id for row in rows],
        [sample.signal for sample in samples],
        [sample.observed_at for sample in samples],
        [sample.value for sample in samples],
        [sample.unit for sample in samples],
        [sample.state for sample in samples],
        [sample.received_at for sample in samples],
        [row.session_id for row in rows],
    ]
    first = {}
    for row in rows:
        first.setdefault((row.device_id, row.sample.signal, row.sample.observed_at), row)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [batch_id, *columns])
        return [(first[told[:3]], told[3]) for told in cursor.fetchall()]


def digest_of(lines: Iterable[str]) -> str:
    """The digest that speaks for the rows of a batch, in whatever order they are read."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _set_aside(clinic: Clinic, found: Sequence[SetAside]) -> list[Quarantined]:
    """One row for each source, reason and code in an hour; the rows that are new."""
    if not found:
        return []
    new = {_name(one): one for one in found}
    hours = {hour for *_, hour in new}
    there = Quarantined.objects.filter(clinic=clinic, hour__in=hours).values_list(
        "device_key", "reason", "code", "hour"
    )
    kept = set(there[: 2 * MOST_AN_HOUR * len(hours)])
    counted = Counter(hour for *_, hour in kept)
    rows: dict[tuple[str, str, str, datetime], Quarantined] = {}
    for name, one in new.items():
        if name in kept:
            continue
        hour = name[3]
        if counted[hour] >= MOST_AN_HOUR:
            name, one = _too_many(one)  # noqa: PLW2901 - the row that stands for all the others
        if name not in kept:
            rows[name] = _quarantined(clinic, one, name)
            counted[hour] += 1
    return Quarantined.objects.bulk_create(rows.values())


def _name(one: SetAside) -> tuple[str, str, str, datetime]:
    hour = one.received_at.replace(minute=0, second=0, microsecond=0)
    return one.device_key, str(one.reason), one.code, hour


def _too_many(one: SetAside) -> tuple[tuple[str, str, str, datetime], SetAside]:
    said = SetAside(device_key="", reason=Reason.TOO_MANY, received_at=one.received_at)
    return _name(said), said


def _quarantined(clinic: Clinic, one: SetAside, name: tuple[str, str, str, datetime]) -> Quarantined:
    return Quarantined(
        clinic=clinic,
        device_key=one.device_key,
        reason=one.reason,
        code=one.code,
        seen=one.seen,
        hour=name[3],
        received_at=one.received_at,
    )


def _news(written: Iterable[_Row], known: _Known) -> dict[str, Any]:
    """For each session the newest reading of each device and signal, as its pages take it."""
    newest: dict[UUID, dict[tuple[UUID, str], _Row]] = {}
    for row in written:
        if row.session_id is None:
            continue
        place = newest.setdefault(row.session_id, {})
        name = (row.device_id, row.sample.signal)
        if name not in place or place[name].sample.observed_at < row.sample.observed_at:
            place[name] = row
    return {
        f"vitals:{session_id}": {
            f"{row.device_id}/{row.sample.signal}": told_by(known.heard(row)) for row in rows.values()
        }
        for session_id, rows in newest.items()
    }


def note_beat(name: str, clinic: Clinic, *, at: datetime, devices: int, messages: int) -> None:
    """The gateway lives and can write. No act of the record: it says nothing about a patient (GatewayBeat)."""
    GatewayBeat.objects.update_or_create(
        name=name, defaults={"beat_at": at, "devices": devices, "messages": messages}
    )
    announce_values({f"gateway:{clinic.id}": {"beat": {"beat_at": at.isoformat()}}})


def make_months(at: datetime, *, ahead: int = 3) -> int:
    """The months of the samples' table that will be needed next; how many were missing."""
    first_on = (at - timedelta(days=1)).date().replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT infusion_make_sample_months(%s, %s)", [first_on, ahead])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


__all__ = ["StoreSamples", "digest_of", "make_months", "note_beat", "signals", "store_samples"]
