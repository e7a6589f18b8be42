"""Reading what monitors sent: the newest of each signal with its source and state, the trend, and what was set aside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from ebbtide.journey.infusion.actions.samples import LINE, digest_of
from ebbtide.journey.infusion.freshness import (
    LABELS,
    SHOWS_A_NUMBER,
    WORDS,
    Freshness,
    Heard,
    chosen,
    interval_of,
    others,
    signals,
    told_by,
)
from ebbtide.journey.infusion.models import Batch, Binding, GatewayBeat, Session
from ebbtide.journey.infusion.queries import bindings_of

GATEWAY = "hl7v2"
SILENT_AFTER_S = 10.0  # s; the gateway beats every 2 s [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The newest of one signal, judged at one moment, as a person sees it."""

    signal: str
    label: str
    value: float | None
    text: str
    unit: str
    state: str
    observed_at: datetime
    received_at: datetime
    device: str
    device_id: UUID
    simulated: bool
    freshness: Freshness
    word: str
    age_s: float

    @property
    def shows_a_number(self) -> bool:
        """A number stands on the screen; else a dash and the word."""
        return self.value is not None and self.freshness in SHOWS_A_NUMBER


def newest(session: Session, at: datetime) -> dict[str, Reading]:
    """The newest reading of each signal of this session, from the source that is chosen (wish W15)."""
    return {signal: _reading(one, at) for signal, one in chosen(heard(session), at).items()}


def _reading(one: Heard, at: datetime) -> Reading:
    freshness = one.freshness(at)
    signal = signals()[one.signal]
    return Reading(
        signal=one.signal,
        label=signal.label,
        value=one.value,
        text="" if one.value is None else f"{one.value:.{signal.decimals}f}",
        unit=one.unit,
        state=one.state,
        observed_at=one.observed_at,
        received_at=one.received_at,
        device=one.device,
        device_id=one.device_id,
        simulated=one.simulated,
        freshness=freshness,
        word=WORDS[freshness],
        age_s=max(0.0, (at - one.observed_at).total_seconds()),
    )


# for each bound device and signal one step down an index, and no sort of an hour of readings
NEWEST = """
SELECT asked.device_id, s.signal, s.value, s.unit, s.state, s.observed_at, s.received_at
FROM unnest(%s::uuid[]) AS asked (device_id), unnest(%s::text[]) AS wanted (signal), LATERAL (
    SELECT * FROM infusion_sample s
    WHERE s.device_id = asked.device_id AND s.signal = wanted.signal AND s.session_id = %s AND s.observed_at >= %s
    ORDER BY s.observed_at DESC LIMIT 1
) s
"""


def heard(session: Session, bound: Iterable[Binding] | None = None) -> list[Heard]:
    """The newest that each monitor on this session said of each signal since it was bound; one taken off is silent."""
    on_it = bindings_of(session) if bound is None else bound
    by_device = {binding.device_id: binding for binding in on_it}
    if not by_device:
        return []
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [list(by_device), list(LABELS), session.pk, _first_at(by_device)])
        found = cursor.fetchall()
    return [_heard(row, by_device[row[0]]) for row in found]


def _first_at(by_device: Mapping[UUID, Binding]) -> datetime:
    return min(binding.from_at for binding in by_device.values())


def _heard(row: tuple[Any, ...], binding: Binding) -> Heard:
    device_id, signal, value, unit, state, observed_at, received_at = row
    return Heard(
        signal=signal,
        value=value,
        unit=unit,
        state=state,
        observed_at=observed_at,
        received_at=received_at,
        device_id=device_id,
        device=binding.device.name,
        simulated=binding.device.simulated,
        bound_at=binding.from_at,
        expected_interval_s=interval_of(signal, binding.device.interval_s),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One reading of a trend; no value where there was none, and nothing in between is made up."""

    observed_at: datetime
    value: float | None
    state: str
    device_id: UUID


BUCKETS = """
SELECT DISTINCT ON (signal, bucket) signal, observed_at, value, state, device_id FROM (
    SELECT signal, observed_at, value, state, device_id, floor(extract(epoch FROM observed_at) / %s) AS bucket
    FROM infusion_sample WHERE session_id = %s AND observed_at >= %s AND observed_at <= %s
) s ORDER BY signal, bucket, (value IS NULL), observed_at DESC
"""


def trend(
    session: Session, since: datetime, until: datetime, *, every_s: float = 15.0
) -> dict[str, list[Point]]:
    """Each signal's readings from `since` to `until`: of every `every_s` seconds the newest one that has a value.

    A stretch without a point, or with a point without a value, is a gap and stays one.
    """
    with connection.cursor() as cursor:
        cursor.execute(BUCKETS, [every_s, session.pk, since, until])
        found: dict[str, list[Point]] = {}
        for signal, observed_at, value, state, device_id in cursor.fetchall():
            found.setdefault(signal, []).append(
                Point(observed_at=observed_at, value=value, state=state, device_id=device_id)
            )
    return {signal: found[signal] for signal in LABELS if signal in found}


def gateway_silent_s(at: datetime) -> float | None:
    """How long the gateway has been silent (s); None while it is heard. Infinite when it never was."""
    beat = GatewayBeat.objects.filter(name=GATEWAY).first()
    age_s = (at - beat.beat_at).total_seconds() if beat else float("inf")
    return age_s if age_s > SILENT_AFTER_S else None


def page_data(session: Session, at: datetime, bound: Iterable[Binding] | None = None) -> dict[str, Any]:
    """What the live strip starts from, and asks for again after every gap; `shown` is how it looks at this moment.

    `bound`: the monitors on this session, when the page has asked for them already.
    """
    patient = session.visit.series.episode.patient
    beat_at = GatewayBeat.objects.filter(name=GATEWAY).values_list("beat_at", flat=True).first()
    silent_s = (at - beat_at).total_seconds() if beat_at else None
    told = heard(session, bound)
    return {
        "at": at.isoformat(),
        "topics": [f"vitals:{session.pk}", f"gateway:{patient.clinic_id}", f"session:{patient.pk}"],
        "gateway_beat_at": beat_at.isoformat() if beat_at else None,
        "gateway_silent_s": None if silent_s is not None and silent_s <= SILENT_AFTER_S else silent_s or 0,
        "values": {f"{one.device_id}/{one.signal}": told_by(one) for one in told},
        "shown": strip(chosen(told, at), at, others(told, at)),
    }


ALWAYS = ("hr", "spo2", "rr", "sbp")  # a place of their own even when nothing has come
ALONE = tuple(name for name in LABELS if name not in {"dbp", "map"})


def strip(
    found: Mapping[str, Heard], at: datetime, beside: Mapping[str, Sequence[Heard]] | None = None
) -> list[dict[str, Any]]:
    """The places of the live strip at this moment, as vitals.js draws them from then on: one pressure, not three.

    They name the time of each reading and no age: an age that nobody counts on would look live for ever.
    """
    beside = beside or {}
    return [
        _place(name, _reading(found[name], at) if name in found else None, found, beside.get(name, ()))
        for name in ALONE
        if name in found or name in ALWAYS
    ]


def _place(
    name: str, reading: Reading | None, found: Mapping[str, Heard], beside: Sequence[Heard]
) -> dict[str, Any]:
    told = {"signal": name, "label": "Pressure" if name == "sbp" else signals()[name].label}
    if reading is None:
        return {**told, "freshness": "never", "number": "–", "unit": "", "words": "not received"}
    number = _pressure(reading, found) if name == "sbp" else reading.text
    source = f"{reading.device} (simulated)" if reading.simulated else reading.device
    state = "" if reading.freshness is Freshness.LIVE else f"{reading.word} · "
    return {
        **told,
        "freshness": str(reading.freshness),
        "number": number if reading.shows_a_number else "–",
        "unit": reading.unit if reading.shows_a_number else "",
        "words": f"{state}{source}" + "".join(_also(one, reading) for one in beside),
        "observed_at": reading.observed_at,
    }


def _also(one: Heard, shown: Reading) -> str:
    """What another monitor says of the same sign (wish W15): nobody finds out later that two of them disagreed."""
    text = "" if one.value is None else f"{one.value:.{signals()[one.signal].decimals}f}"
    return f" · {one.device} {'the same' if text == shown.text else text}"


def _pressure(sbp: Reading, found: Mapping[str, Heard]) -> str:
    """Systolic over diastolic, of one and the same measurement; else the systolic one alone."""
    dbp = found.get("dbp")
    same = dbp is not None and dbp.observed_at == sbp.observed_at and dbp.device_id == sbp.device_id
    return f"{sbp.text}/{dbp.value:.0f}" if same and dbp and dbp.value is not None else f"{sbp.text}/–"


PROOF = f"SELECT batch_id, {LINE} FROM infusion_sample WHERE batch_id = ANY(%s)"  # noqa: S608 - our own words


def batches_that_do_not_match(batches: Iterable[Batch]) -> list[UUID]:
    """The batches whose rows are no longer those that their digest speaks for: changed, removed or added."""
    expected: Mapping[UUID, Batch] = {batch.pk: batch for batch in batches}
    lines: dict[UUID, list[str]] = {name: [] for name in expected}
    with connection.cursor() as cursor:
        cursor.execute(PROOF, [list(expected)])
        for batch_id, line in cursor.fetchall():
            lines[batch_id].append(line)
    return [name for name, batch in expected.items() if digest_of(lines[name]) != batch.samples_sha256]


def unbound_devices(clinic_id: UUID, at: datetime) -> list[tuple[str, datetime]]:
    """Devices of the clinic that sent within the last minute and are on nobody: name and newest reading."""
    query = """
    SELECT d.name, max(s.observed_at) FROM infusion_device d JOIN infusion_sample s ON s.device_id = d.id
    WHERE d.clinic_id = %s AND d.retired_at IS NULL AND s.session_id IS NULL AND s.observed_at > %s
    GROUP BY d.name ORDER BY d.name
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [clinic_id, at - timedelta(minutes=1)])
        return [(name, heard_at) for name, heard_at in cursor.fetchall()]
