"""What monitors sent becomes durable: one action for everything the gateway holds, one batch, one digest.

A reading belongs to the session its device was bound to at the instant it was taken; of a device bound to nobody it is
kept without a session and is never a patient's. The same reading sent twice is one row.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from ebbtide.ground.database.prepared import Asked, planned, planned_together
from ebbtide.ground.ledger.action import Act, Done, action
from ebbtide.ground.ledger.digests import ReadBack
from ebbtide.ground.live.announce import announce_values
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic
from ebbtide.journey.infusion.actions.gaps import end_after_gaps
from ebbtide.journey.infusion.actions.notices import keep_notices
from ebbtide.journey.infusion.actions.turns import topics
from ebbtide.journey.infusion.arrivals import NewNotice, NewSample, Reason, SetAside
from ebbtide.journey.infusion.freshness import Source, interval_of, told_of
from ebbtide.journey.infusion.models import Batch, GatewayBeat, Quarantined

SAMPLES = "samples"  # a topic that carries nothing and that no page hears: there is more than was told
MOST_AN_HOUR = 500  # rows set aside in one clinic and hour; then one row says that there was more [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSamples:
    """Everything of one group commit, in the order of its arrival."""

    clinic: Clinic
    messages: int
    samples: tuple[NewSample, ...]
    set_aside: tuple[SetAside, ...] = ()
    notices: tuple[NewNotice, ...] = ()
    # monitors that the gateway has not heard for a while: the only ones that may have come back from a gap
    came_back: frozenset[str] = frozenset()


# one question for each batch, and the batch waits for it: written out, because it is asked twenty times a second
WHOSE = """
SELECT d.key, d.id, d.name, d.simulated, d.interval_s, b.session_id, b.from_at, b.until_at
FROM infusion_device d
LEFT JOIN infusion_binding b ON b.device_id = d.id AND (b.until_at IS NULL OR b.until_at > $1::timestamptz)
WHERE d.clinic_id = $2::uuid AND d.key = ANY($3::text[]) AND d.retired_at IS NULL ORDER BY b.from_at
"""


def _whose(command: StoreSamples) -> list[Asked]:
    """The devices that the batch speaks of, and whom each was on."""
    told: tuple[NewSample | NewNotice, ...] = (*command.samples, *command.notices)
    if not told:
        return []
    oldest_at = min(one.observed_at for one in told)
    return [(WHOSE, [oldest_at, command.clinic.id, list({one.device_key for one in told})])]


@action("infusion.vitals", "create", about=lambda command: command.clinic, asks=_whose)
def store_samples(act: Act, command: StoreSamples) -> Done[Batch]:
    """The readings are durable, and what cannot be anybody's is set aside; after the commit the pages hear of it."""
    told: tuple[NewSample | NewNotice, ...] = (*command.samples, *command.notices)
    ended = end_after_gaps(command.came_back, command.samples, command.clinic.pk) if command.came_back else []
    # where a gap ended a binding, it is asked anew whom the monitor is on
    read = [planned(*one) for one in _whose(command)] if ended else act.read
    known = Known.of(row for answer in read for row in answer)
    rows = [row for sample in command.samples if (row := known.row_of(sample)) is not None]
    batch, written, spoken = _write(rows, command, act.at)
    aside = _set_aside(command.clinic, (*command.set_aside, *known.unknown(told)))
    notices, pages = keep_notices(command.notices, known.on_whom)
    news = _news(written)
    announce_values(news)
    asked = [topic for one in ended for topic in topics(one.session)]
    more = [f"{SAMPLES}:{name}" for name in _told_in_part(written, news)]
    return Done(value=batch, rows=[*aside, *notices, *ended], spoken=spoken, announce=[*pages, *asked, *more])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Device:
    id: UUID
    text: str  # the id, written once for all of its readings
    name: str
    simulated: bool
    interval_s: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    session_id: UUID
    session: str  # its id, written once
    from_at: datetime
    until_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    sample: NewSample
    device: _Device
    bound: _Bound | None


class Known:
    """The clinic's devices that this batch speaks of, and whom each was bound to at which time."""

    def __init__(self) -> None:
        self._devices: dict[str, _Device] = {}
        self._bound: dict[str, list[_Bound]] = {}

    @classmethod
    def of(cls, found: Iterable[tuple[Any, ...]]) -> "Known":
        known = cls()
        for key, device_id, name, simulated, interval_s, *bound in found:
            known.add(key, _device(device_id, name, simulated, interval_s), *bound)
        return known

    def add(
        self, key: str, device: _Device, session_id: UUID | None, from_at: datetime, until_at: datetime | None
    ) -> None:
        self._devices[key] = device
        held = self._bound.setdefault(key, [])
        if session_id is not None:
            held.append(
                _Bound(session_id=session_id, session=str(session_id), from_at=from_at, until_at=until_at)
            )

    def row_of(self, sample: NewSample) -> _Row | None:
        """The reading under whom its device was on at that instant; the later one where an end is a start."""
        device = self._devices.get(sample.device_key)
        if device is None:
            return None
        return _Row(sample=sample, device=device, bound=self._bound_at(sample.device_key, sample.observed_at))

    def _bound_at(self, device_key: str, at: datetime) -> _Bound | None:
        held = [
            one
            for one in self._bound.get(device_key, ())
            if one.from_at <= at and (one.until_at is None or at < one.until_at)
        ]
        return held[-1] if held else None

    def on_whom(self, device_key: str, at: datetime) -> tuple[UUID, UUID | None] | None:
        """The device and the session it was on at that instant; None for a device that the clinic does not know."""
        device = self._devices.get(device_key)
        bound = self._bound_at(device_key, at)
        return None if device is None else (device.id, bound.session_id if bound else None)

    def unknown(self, samples: Iterable[NewSample | NewNotice]) -> list[SetAside]:
        return [
            SetAside(device_key=key, reason=Reason.UNKNOWN_DEVICE, received_at=received_at)
            for key, received_at in {s.device_key: s.received_at for s in samples}.items()
            if key not in self._devices
        ]


def _device(device_id: UUID, name: str, simulated: bool, interval_s: str | Mapping[str, Any]) -> _Device:  # noqa: FBT001 - a column
    told = json.loads(interval_s) if isinstance(interval_s, str) else interval_s
    return _Device(id=device_id, text=str(device_id), name=name, simulated=simulated, interval_s=told)


def _told_to_pages(row: _Row, bound: _Bound) -> dict[str, Any]:
    """The row as a page takes it."""
    sample, device = row.sample, row.device
    interval_s = interval_of(sample.signal, device.interval_s)
    source = Source(
        sample.signal, sample.unit, device.id, device.name, device.simulated, bound.from_at, interval_s
    )
    return told_of(source, sample.value, sample.state, sample.observed_at)


# what a batch's digest is made of: one line for each row, the same text whoever reads it
LINE = (
    "concat_ws('|', device_id, signal, to_char(observed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), "
    "coalesce(value::text, ''), unit, state, to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), "
    "coalesce(session_id::text, ''))"
)
# the readings that are new and the batch that speaks for them, in one statement: a monitor waits for it. Which are new is
# answered only where some are not ($6: how many there would be)
STORE = f"""
WITH written AS (
    INSERT INTO infusion_sample (batch_id, device_id, signal, observed_at, value, unit, state, received_at, session_id)
    SELECT $1::uuid, * FROM json_to_recordset($5::json) AS told (d uuid, s text, o timestamptz, v float8, u text, t text,
    r timestamptz, w uuid) ON CONFLICT DO NOTHING RETURNING device_id, signal, observed_at, {LINE} AS line
), batch AS (
    INSERT INTO infusion_batch (id, clinic_id, messages, received_at, samples, samples_sha256)
    SELECT $1::uuid, $2::uuid, $3::int, $4::timestamptz, count(*),
    encode(sha256(convert_to(coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE "C"), ''), 'UTF8')), 'hex')
    FROM written RETURNING samples, samples_sha256
)
SELECT batch.samples, batch.samples_sha256, written.device_id, written.signal, written.observed_at
FROM batch LEFT JOIN written ON batch.samples < $6::int
"""  # noqa: S608 - LINE is a constant


def _write(
    rows: Sequence[_Row], command: StoreSamples, at: datetime
) -> tuple[Batch, list[_Row], list[dict[str, Any]]]:
    """The batch, the rows that were not there yet, and what the entry says of the batch."""
    batch = Batch(id=new_id(), clinic=command.clinic, messages=command.messages, received_at=at)
    first: dict[tuple[UUID, str, datetime], _Row] = {}
    for row in rows:
        first.setdefault((row.device.id, row.sample.signal, row.sample.observed_at), row)
    values = json.dumps([_told(row) for row in rows])
    back = ReadBack([batch])
    told, *answers = planned_together(
        (STORE, [batch.id, batch.clinic_id, batch.messages, at, values, len(first)]), *back.asked
    )
    batch.samples, batch.samples_sha256 = told[0][:2]
    batch._state.adding = False
    if batch.samples == len(first):
        new = list(first.values())
    else:
        new = [first[name] for _, _, *found in told if (name := tuple(found)) in first]
    return batch, new, back.spoken(answers)


def _told(row: _Row) -> dict[str, Any]:
    """A row as STORE reads it. The batch goes as one text: eight arrays of it took longer to write down than to store."""
    sample = row.sample
    return {
        "d": row.device.text,
        "s": sample.signal,
        "o": sample.observed_at.isoformat(),
        "v": sample.value,
        "u": sample.unit,
        "t": sample.state,
        "r": sample.received_at.isoformat(),
        "w": row.bound.session if row.bound else None,
    }


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


def _news(written: Iterable[_Row]) -> dict[str, Any]:
    """For each session the newest reading of each device and signal, as its pages take it."""
    newest: dict[str, dict[str, dict[str, Any]]] = {}
    for row in sorted(written, key=lambda row: row.sample.observed_at):
        if row.bound is not None:
            told = newest.setdefault(f"vitals:{row.bound.session}", {})
            told[f"{row.device.text}/{row.sample.signal}"] = _told_to_pages(row, row.bound)
    return newest


def _told_in_part(written: Iterable[_Row], news: Mapping[str, Mapping[str, Any]]) -> list[UUID]:
    """The sessions of which the batch holds more readings than their pages are told: whoever needs all reads them."""
    kept = Counter(row.bound.session_id for row in written if row.bound is not None)
    return [name for name, count in kept.items() if count > len(news[f"vitals:{name}"])]


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


__all__ = ["StoreSamples", "digest_of", "make_months", "note_beat", "store_samples"]
