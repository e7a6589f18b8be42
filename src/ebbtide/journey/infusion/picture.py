"""The session on one time axis, as plain values: traces with their gaps, what hands wrote, rates, marks. No Django, no clock.

A trace is drawn from buckets of a pixel or so: the lowest and the highest reading of each, at the bucket's first and last
time. Between two readings that lie further apart than the signal may be silent (freshness.py), or with a "no data" between
them, the line is broken and the stretch is a gap with its reason. Nothing in between is ever made up.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ebbtide.journey.infusion.events import SCALES, Event, Kind, ScaleName, plain_signed
from ebbtide.journey.infusion.freshness import signals, stale_after_s
from ebbtide.journey.infusion.lines import said
from ebbtide.journey.infusion.session import SessionState

MOST_BUCKETS = 720  # of a signal [design]: about one for each pixel that a tablet gives to the picture
WIDTHS_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300)  # s; a bucket's width is one of these
NUMBERS = ("value", "synthetic")  # states that come with a number; a synthetic one is drawn apart
NOTHING = "nothing received"
GAP_WORDS = {"no_data": "no data", "probe_off": "probe off", "artefact": "artefact"}
# by the signal: the field of a charted observation that stands for it
TYPED: Mapping[str, str] = {
    "hr": "hr_per_min",
    "spo2": "spo2_percent",
    "rr": "rr_per_min",
    "etco2": "etco2_mmHg",
    "sbp": "sbp_mmHg",
    "dbp": "dbp_mmHg",
    "o2_flow": "o2_flow_l_per_min",
    "temp": "temp_c",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What one device said of one signal in one state within a stretch of a pixel or so (times in s of the picture)."""

    signal: str
    device: UUID
    state: str
    number: int
    first_s: float
    last_s: float
    count: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A monitor that was on this session, and since when it was first on it (s of the picture)."""

    device: UUID
    name: str
    simulated: bool
    since_s: float
    interval_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return f"{self.name} (simulated)" if self.simulated else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch without a reading, and why."""

    from_s: float
    until_s: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One signal: points in time, `None` where the line is broken; what was synthetic, apart; its gaps and its sources.

    `since` says why there was no number after the last one, where its monitor said so.
    """

    signal: str
    points: tuple[tuple[float, float | None], ...]
    synthetic: tuple[tuple[float, float | None], ...]
    gaps: tuple[Gap, ...]
    sources: tuple[UUID, ...]
    silent_after_s: float
    since: str = ""
    buckets: tuple[Bucket, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A value that a person charted."""

    signal: str
    at: datetime
    value: float
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened, under the axis. `until` is None where it has no length."""

    lane: str
    kind: str
    at: datetime
    short: str
    words: str
    until: datetime | None = None


def bucket_s_for(span_s: float) -> int:
    """How wide a bucket is, so that a signal has at most so many (s)."""
    return next((width for width in WIDTHS_S if span_s / width <= MOST_BUCKETS), WIDTHS_S[-1])


# — traces —


def traces_of(buckets: Iterable[Bucket], sources: Sequence[Source]) -> list[Trace]:
    """Each signal that any monitor told of, in the order of the screen."""
    by_signal: dict[str, list[Bucket]] = {}
    for bucket in buckets:
        by_signal.setdefault(bucket.signal, []).append(bucket)
    known = {source.device: source for source in sources}
    return [_trace(name, _chosen(by_signal[name], known), known) for name in signals() if name in by_signal]


def _chosen(
    buckets: Sequence[Bucket], known: Mapping[UUID, Source]
) -> list[tuple[Bucket | None, list[Bucket]]]:
    """For each stretch the number that is drawn, and the states without one that the same monitor told in it.

    Of two monitors the one that has a measurement, then the one that was bound first (wish W15).
    """
    stretches: dict[int, list[Bucket]] = {}
    for one in sorted(buckets, key=lambda one: one.first_s):
        stretches.setdefault(one.number, []).append(one)
    return [_of_stretch(told, known) for told in stretches.values()]


def _of_stretch(told: Sequence[Bucket], known: Mapping[UUID, Source]) -> tuple[Bucket | None, list[Bucket]]:
    def rank(one: Bucket) -> tuple[int, float, str]:
        since_s = known[one.device].since_s if one.device in known else float("inf")
        return [*NUMBERS, one.state].index(one.state), since_s, str(one.device)

    best = min(told, key=rank)
    if best.state not in NUMBERS:
        return None, [one for one in told if one.state not in NUMBERS]
    return best, [one for one in told if one.device == best.device and one.state not in NUMBERS]


def _trace(
    name: str, chosen: Sequence[tuple[Bucket | None, list[Bucket]]], known: Mapping[UUID, Source]
) -> Trace:
    drawing = _Drawing(name, known)
    for number, without in chosen:
        drawing.take(number, without)
    return drawing.trace()


class _Drawing:
    """One signal while it is being drawn, from left to right."""

    def __init__(self, signal: str, known: Mapping[UUID, Source]) -> None:
        self.signal, self.known = signal, known
        self.lines: dict[str, list[tuple[float, float | None]]] = {state: [] for state in NUMBERS}
        self.gaps: list[Gap] = []
        self.used: dict[UUID, None] = {}
        self.buckets: list[Bucket] = []
        self.before: Bucket | None = None
        self.said: str = ""  # why there was no number since then
        self.expected_s = signals()[signal].expected_interval_s

    def take(self, number: Bucket | None, without: Sequence[Bucket]) -> None:
        """One stretch: its number, if it has one, and what else the monitor said in it."""
        if number is None:
            self.said = GAP_WORDS.get(without[-1].state, without[-1].state)
            return
        self.used.setdefault(number.device)
        self.expected_s = self._expected_s(number.device)
        earlier = [one for one in without if one.first_s < number.first_s]
        if earlier:
            self.said = GAP_WORDS.get(earlier[-1].state, earlier[-1].state)
        self._break(number)
        inside = [one for one in without if one.last_s > number.first_s and one.first_s < number.last_s]
        self._draw(number, holes=bool(inside))
        later = [one for one in without if one.last_s > number.last_s]
        self.before, self.said = number, GAP_WORDS.get(later[-1].state, "") if later else ""

    def _expected_s(self, device: UUID) -> float:
        source = self.known.get(device)
        told = source.interval_s.get(self.signal) if source else None
        return told or signals()[self.signal].expected_interval_s

    def _break(self, number: Bucket) -> None:
        before = self.before
        if before is None:
            return
        silent = number.first_s - before.last_s > stale_after_s(self.expected_s)
        if silent or self.said:
            self.gaps.append(Gap(from_s=before.last_s, until_s=number.first_s, words=self.said or NOTHING))
        if silent or self.said or before.device != number.device or before.state != number.state:
            for line in self.lines.values():
                if line and line[-1][1] is not None:
                    line.append(((before.last_s + number.first_s) / 2, None))

    def _draw(self, number: Bucket, *, holes: bool) -> None:
        self.buckets.append(number)
        line, low, high = self.lines[number.state], number.low, number.high
        line.append((number.first_s, low))
        if number.last_s > number.first_s or low != high:
            if holes or self._is_thin(number):
                line.append(((number.first_s + number.last_s) / 2, None))
            line.append((number.last_s, high))

    def _is_thin(self, number: Bucket) -> bool:
        """So many readings are missing within the stretch that the signal was silent in it."""
        heard_s = (number.count - 1) * self.expected_s
        return number.last_s - number.first_s - heard_s > stale_after_s(self.expected_s)

    def trace(self) -> Trace:
        """What was drawn."""
        return Trace(
            signal=self.signal,
            points=tuple(self.lines["value"]),
            synthetic=tuple(self.lines["synthetic"]),
            gaps=tuple(self.gaps),
            sources=tuple(self.used),
            silent_after_s=stale_after_s(self.expected_s),
            since=self.said,
            buckets=tuple(self.buckets),
        )


# — what hands wrote —


def typed_of(state: SessionState) -> list[Typed]:
    """Every value that a person charted and that stands, oldest first: dots, and never a line."""
    return [
        Typed(signal=signal, at=event.observed_at, value=float(value), author=event.author)
        for event in state.events
        if event.kind is Kind.OBSERVATION
        for signal, name in TYPED.items()
        if (value := event.decimal(name)) is not None
    ]


def rates_of(state: SessionState) -> list[tuple[datetime, float]]:
    """From when on which rate ran (mg/h), zero included; a step each, and no slope."""
    steps: dict[datetime, float] = {}
    for period in state.periods:
        if period.end_at == period.start_at:
            continue
        steps[period.start_at] = float(period.rate_mg_per_h)
        if period.end_at is not None:
            steps[period.end_at] = 0.0  # until the next period, where one begins at once
    return sorted(steps.items())


MARKED: Mapping[Kind, tuple[str, str]] = {
    Kind.BOLUS: ("drugs", "bolus"),
    Kind.DRUG_GIVEN: ("drugs", "drug"),
    Kind.SCALE: ("scales", "scale"),
    Kind.ADVERSE_EVENT: ("events", "adverse"),
    Kind.EMERGENCY: ("events", "emergency"),
    Kind.COMFORT_CALL: ("events", "call"),
    Kind.OFF_MONITOR: ("events", "off"),
}
SCALE_SHORT: Mapping[ScaleName, str] = {ScaleName.NRS11: "Pain", ScaleName.DISSOCIATION: "Dissoc."}


def marks_of(state: SessionState) -> list[Mark]:
    """Boluses, drugs, scales, events and pauses of the entries that stand, oldest first."""
    found = [_mark(event) for event in state.events if event.kind in MARKED]
    found += [
        Mark(
            lane="drugs",
            kind="pause",
            at=pause.from_at,
            until=pause.until_at or pause.from_at,
            short="paused",
            words="nothing flows" if pause.until_at is None else "nothing flowed",
        )
        for pause in state.pauses
    ]
    return sorted(found, key=lambda one: (one.at, one.kind))


def _mark(event: Event) -> Mark:
    lane, kind = MARKED[event.kind]
    return Mark(lane=lane, kind=kind, at=event.observed_at, short=_short(event), words=said(event))


def _short(event: Event) -> str:
    if event.kind is Kind.BOLUS:
        amount = event.decimal("amount_mg")
        return "bolus" if amount is None else f"{plain_signed(amount)} mg"
    if event.kind is Kind.SCALE:
        return _scale_short(event)
    name = {
        Kind.DRUG_GIVEN: "drug",
        Kind.ADVERSE_EVENT: "event",
        Kind.EMERGENCY: "script",
        Kind.COMFORT_CALL: "text",
    }
    words = event.text(name.get(event.kind, "reason")) or event.kind.replace("_", " ")
    return words if len(words) <= 18 else f"{words[:17]}…"


def _scale_short(event: Event) -> str:
    name, value = event.text("name"), event.decimal("value")
    if value is None or name not in ScaleName.__members__:
        return "scale"
    scale = ScaleName(name)
    return f"{SCALE_SHORT.get(scale, SCALES[scale].words)} {plain_signed(value)}".replace("-", "−")


# — the same as a table —


def rows_between(span_s: float) -> int:
    """How far apart the rows of the table are, so that there are at most fifty (s)."""
    return next((step for step in (60, 300, 600, 900, 1800) if span_s / step <= 50), 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One stretch of the table: when it begins (s of the picture), and what each column says of it in words."""

    from_s: float
    cells: tuple[str, ...]


def rows_of(traces: Sequence[Trace], *, span_s: float) -> Iterator[Row]:
    """What the traces show, in words: lowest to highest of each stretch, or why there is no number."""
    step = rows_between(span_s)
    for number in range(int(span_s // step) + 1):
        from_s, until_s = number * step, min((number + 1) * step, span_s)
        yield Row(from_s=from_s, cells=tuple(_cell(trace, from_s, until_s) for trace in traces))


def _cell(trace: Trace, from_s: float, until_s: float) -> str:
    inside = [one for one in trace.buckets if from_s <= one.first_s < until_s]
    decimals = signals()[trace.signal].decimals
    lows = [one.low for one in inside if one.low is not None]
    highs = [one.high for one in inside if one.high is not None]
    gaps = [gap for gap in trace.gaps if gap.from_s < until_s and gap.until_s > from_s]
    if not lows or not highs:
        return gaps[0].words if gaps else NOTHING
    low, high = f"{min(lows):.{decimals}f}", f"{max(highs):.{decimals}f}"
    words = low if low == high else f"{low} to {high}"
    if all(one.state == "synthetic" for one in inside):
        words += " (synthetic)"
    return f"{words}, with a gap: {gaps[0].words}" if gaps else words
