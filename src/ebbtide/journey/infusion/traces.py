"""Reading the picture of a session: the database makes the buckets, the page gets the same numbers as a drawing and a table."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from ebbtide.journey.infusion.freshness import interval_of, signals
from ebbtide.journey.infusion.models import Binding, Session
from ebbtide.journey.infusion.picture import (
    Bucket,
    Gap,
    Mark,
    Row,
    Source,
    Trace,
    Typed,
    bucket_s_for,
    marks_of,
    rates_of,
    rows_of,
    traces_of,
    typed_of,
)
from ebbtide.journey.infusion.queries import state_of
from ebbtide.journey.infusion.session import SessionState

LONGEST = timedelta(hours=12)  # of the axis [design]: no infusion of the library lasts as long in one visit
AFTER_A_STOP = timedelta(hours=2)  # the axis goes on so long after a stop, and then stands still [design]

# one pass over the readings of this session: lowest, highest, first and last of each signal, device, state and stretch
BUCKETS = """
SELECT signal, device_id, state, bucket, min(second), max(second), count(*), min(value), max(value) FROM (
    SELECT signal, device_id, state, value,
        extract(epoch FROM observed_at - %(start)s)::float8 AS second,
        floor(extract(epoch FROM observed_at - %(start)s) / %(width)s)::int AS bucket
    FROM infusion_sample
    WHERE session_id = %(session)s AND observed_at >= %(since)s AND observed_at <= %(until)s
) s GROUP BY signal, device_id, state, bucket
"""
COUNT = (
    "SELECT count(*) FROM infusion_sample WHERE session_id = %s AND observed_at >= %s AND observed_at < %s"
)
STILL_COMING = timedelta(seconds=30)  # so new are buckets that they are not kept [design]
MOST_KEPT = 32  # sessions of a process [design]: about a megabyte each after four hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything that is drawn of one session at one moment."""

    session: Session
    at: datetime
    start_at: datetime
    until_at: datetime
    bucket_s: int
    state: SessionState
    sources: tuple[Source, ...]
    traces: tuple[Trace, ...]
    typed: tuple[Typed, ...]
    rates: tuple[tuple[datetime, float], ...]
    marks: tuple[Mark, ...]

    def second(self, at: datetime) -> float:
        """Where an instant stands on the axis (s since its beginning)."""
        return (at - self.start_at).total_seconds()

    @property
    def rows(self) -> list[Row]:
        """The traces as the rows of a table."""
        return list(rows_of(self.traces, span_s=self.second(self.until_at)))


def picture_of(session: Session, at: datetime) -> Picture:
    """The picture of a session as it is now (three queries)."""
    state = state_of(session)
    bound = list(session.bindings.select_related("device").order_by("from_at", "id"))
    start_at, until_at = _axis(session, state, bound, at)
    width = bucket_s_for((until_at - start_at).total_seconds())
    sources = _sources(bound, start_at)
    return Picture(
        session=session,
        at=at,
        start_at=start_at,
        until_at=until_at,
        bucket_s=width,
        state=state,
        sources=sources,
        traces=tuple(traces_of(_buckets(session, start_at, until_at, width), sources)),
        typed=tuple(typed_of(state)),
        rates=tuple(rates_of(state)),
        marks=tuple(marks_of(state)),
    )


def _axis(
    session: Session, state: SessionState, bound: Sequence[Binding], at: datetime
) -> tuple[datetime, datetime]:
    """From the check-in, or from what was charted as earlier, to now; some time after a stop it stands still."""
    begun = [
        session.opened_at,
        *(one.from_at for one in bound),
        *(event.observed_at for event in state.events),
    ]
    until_at = min(at, state.stopped_at + AFTER_A_STOP) if state.stopped_at else at
    start_at = max(min(begun), until_at - LONGEST)
    return min(start_at, until_at).replace(second=0, microsecond=0), until_at


def _sources(bound: Sequence[Binding], start_at: datetime) -> tuple[Source, ...]:
    found: dict[Any, Source] = {}
    for binding in bound:
        device = binding.device
        made = Source(
            device=device.pk,
            name=device.name,
            simulated=device.simulated,
            since_s=(binding.from_at - start_at).total_seconds(),
            interval_s={name: interval_of(name, device.interval_s) for name in signals()},
        )
        found.setdefault(device.pk, made)
    return tuple(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Closed:
    """Buckets up to an instant, and how many readings are in them: readings are only ever added, so the same number is the same."""

    until_at: datetime
    readings: int
    buckets: tuple[Bucket, ...]


_closed: OrderedDict[tuple[Any, datetime, int], _Closed] = OrderedDict()  # of this process


def _buckets(session: Session, start_at: datetime, until_at: datetime, width: int) -> list[Bucket]:
    """All buckets; those of the past are kept, and asked for again when a reading came late."""
    key = (session.pk, start_at, width)
    kept = _closed.get(key)
    if kept is None or kept.until_at > until_at or _count(session, start_at, kept.until_at) != kept.readings:
        kept = _Closed(until_at=start_at, readings=0, buckets=())
    since_at, number = kept.until_at, round((kept.until_at - start_at).total_seconds() / width)
    fresh = _asked(session, start_at, since_at, until_at, width)
    whole = max(number, int((until_at - STILL_COMING - start_at).total_seconds() // width))
    closed = tuple(one for one in fresh if one.number < whole)
    _closed[key] = _Closed(
        until_at=start_at + timedelta(seconds=whole * width),
        readings=kept.readings + sum(one.count for one in closed),
        buckets=(*kept.buckets, *closed),
    )
    _closed.move_to_end(key)
    while len(_closed) > MOST_KEPT:
        _closed.popitem(last=False)
    return [*kept.buckets, *fresh]


def _count(session: Session, start_at: datetime, until_at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [session.pk, start_at, until_at])
        found: int = cursor.fetchone()[0]
    return found


def _asked(
    session: Session, start_at: datetime, since_at: datetime, until_at: datetime, width: int
) -> list[Bucket]:
    asked: dict[str, Any] = {
        "session": session.pk, "start": start_at, "since": since_at, "until": until_at, "width": width,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(BUCKETS, asked)
        return [
            Bucket(
                signal=signal, device=device, state=state, number=number, first_s=first_s, last_s=last_s,
                count=count, low=low, high=high,
            )
            for signal, device, state, number, first_s, last_s, count, low, high in cursor.fetchall()
        ]  # fmt: skip


# — as the page draws it —


def told(picture: Picture) -> dict[str, Any]:
    """The picture as the page draws it: times in s since `from`, numbers in the unit of their signal."""
    places = {source.device: place for place, source in enumerate(picture.sources)}
    return {
        "at": picture.at.isoformat(),
        "from": picture.start_at.isoformat(),
        "until": picture.until_at.isoformat(),
        "bucket_s": picture.bucket_s,
        "ended": picture.until_at < picture.at,
        "sources": [{"device": str(one.device), "words": one.words} for one in picture.sources],
        "traces": [_trace(one, places) for one in picture.traces],
        "typed": [
            {"signal": one.signal, "t": round(picture.second(one.at)), "v": one.value, "by": one.author}
            for one in picture.typed
        ],
        "rates": [[round(picture.second(at)), rate] for at, rate in picture.rates],
        "marks": [_mark(one, picture) for one in picture.marks],
        "phase": str(picture.state.phase),
    }


def _trace(trace: Trace, places: dict[Any, int]) -> dict[str, Any]:
    signal = signals()[trace.signal]
    return {
        "signal": trace.signal,
        "label": signal.label,
        "unit": signal.unit,
        "decimals": signal.decimals,
        "silent_after_s": trace.silent_after_s,
        "steady": trace.silent_after_s <= STEADY_BELOW_S,
        "since": trace.since,
        "sources": [places[one] for one in trace.sources if one in places],
        **_line(trace.points, signal.decimals),
        "synthetic": _line(trace.synthetic, signal.decimals),
        "gaps": [_gap(one) for one in trace.gaps],
    }


STEADY_BELOW_S = (
    60.0  # s; what may be silent for longer (a cuff) is drawn as single measurements and never joined
)


def _line(points: Sequence[tuple[float, float | None]], decimals: int) -> dict[str, list[Any]]:
    told: dict[float | int, float | None] = {}
    for (
        second,
        value,
    ) in points:  # tenths of a second; of two in one tenth the later one, so that time only grows
        tenth = round(second, 1)
        told[int(tenth) if tenth.is_integer() else tenth] = value
    return {
        "t": list(told),
        "v": [None if value is None else _number(value, decimals) for value in told.values()],
    }


def _number(value: float, decimals: int) -> float | int:
    return round(value, decimals) if decimals else round(value)


def _gap(gap: Gap) -> list[Any]:
    return [round(gap.from_s), round(gap.until_s), gap.words]


def _mark(mark: Mark, picture: Picture) -> dict[str, Any]:
    made = {
        "lane": mark.lane,
        "kind": mark.kind,
        "t": round(picture.second(mark.at)),
        "short": mark.short,
        "words": mark.words,
    }
    if mark.until is not None:
        until = picture.until_at if mark.until == mark.at else mark.until
        made["until"] = round(picture.second(until))
    return made
