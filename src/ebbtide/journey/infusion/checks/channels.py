"""The readings of signals that belong together, in the order of their time, and the limits folded over them. Pure.

Readings may come late, twice and in any order: one that comes late is put in its place and what follows is folded again.
What is older than the window is folded for good, so a channel never grows. The window is one to two WINDOW_S long, because
it is cut at a mark that was set while folding: so each reading that comes in order is folded once.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ebbtide.journey.infusion.checks.limits import APNOEA, Limit
from ebbtide.journey.infusion.checks.tracks import FRESH, NEVER, Asked, Track, Values, take

# which signals are judged together; one that is not named is a channel of its own
CHANNEL: Mapping[str, str] = {"sbp": "bp", "dbp": "bp", "map": "bp", APNOEA: "rr"}
WINDOW_S = 60.0  # how late a reading may come and still be put in its place [design]
WINDOW_READINGS = 8  # of slow signals at least so many, whatever their age [design]
# who says it: bound monitors in the order of their binding, then what stands in for a signal, then what a person typed
STAND_IN, BY_HAND = 1_000, 2_000
SLOW = frozenset(
    {"bp", "rass"}
)  # a person's own measurement always counts here; elsewhere only without a monitor

Order = tuple[float, int]


def channel_of(signal: str) -> str:
    """The channel in which a signal is judged."""
    return CHANNEL.get(signal, signal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one source said at one instant: a value for each signal, None where it said that it has none."""

    at_s: float
    rank: int
    values: Values

    @property
    def order(self) -> Order:
        return self.at_s, self.rank


Source = tuple[int, str]  # who (by rank) and which signal
Last = tuple[float, float]  # when and which value


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The limits of a channel after some readings, when the last one was, and the last value of each source."""

    tracks: Mapping[str, Track] = field(default_factory=dict)
    seen_s: float = NEVER
    last: Mapping[Source, Last] = field(default_factory=dict)

    def newest(self) -> dict[str, Last]:
        """For each signal its newest value, whoever said it."""
        found: dict[str, Last] = {}
        for (_, signal), last in self.last.items():
            if signal not in found or last[0] > found[signal][0]:
                found[signal] = last
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the readings of a channel are judged by."""

    name: str
    limits: Sequence[tuple[Limit, frozenset[str]]]  # each with the signals it looks at
    baseline: Mapping[str, float]
    stale_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where the window may be cut next: after how many readings, of what time, and what had come of them."""

    number: int
    at_s: float
    judged: Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """The readings inside the window, what came of those before it, what came after each of the last few, and of all."""

    readings: tuple[Reading, ...] = ()
    base_s: float = NEVER
    base: Judged = field(default_factory=Judged)
    recent: tuple[Judged, ...] = ()
    mark: Mark | None = None

    @property
    def now(self) -> Judged:
        """What comes of all readings."""
        return self.recent[-1] if self.recent else self.base


def with_reading(rules: Rules, channel: Channel, reading: Reading) -> Channel:
    """The channel with one more reading; the same one again changes nothing, and one from before the window is left out."""
    readings = channel.readings
    if reading.at_s <= channel.base_s:
        return channel
    if not readings or reading.order > readings[-1].order:
        return _within_window(_appended(rules, channel, reading))
    place = bisect_left(readings, reading.order, key=lambda one: one.order)
    if readings[place].order != reading.order:
        return _again(rules, channel, (*readings[:place], reading, *readings[place:]), place)
    merged = _merged(readings[place], reading)
    if merged == readings[place]:
        return channel
    return _again(rules, channel, (*readings[:place], merged, *readings[place + 1 :]), place)


def with_by_hand(rules: Rules, channel: Channel, typed: Iterable[Reading]) -> Channel:
    """The channel with exactly these typed readings: one that was corrected or withdrawn is gone."""
    wanted = sorted((one for one in typed if one.at_s > channel.base_s), key=lambda one: one.order)
    if [one for one in channel.readings if one.rank == BY_HAND] == wanted:
        return channel
    others = [one for one in channel.readings if one.rank != BY_HAND]
    whole = tuple(sorted([*others, *wanted], key=lambda one: one.order))
    return _within_window(_again(rules, channel, whole, 0))


def judged_again(rules: Rules, channel: Channel) -> Channel:
    """The channel under other limits or another baseline: what is inside the window is judged anew."""
    return _again(rules, channel, channel.readings, 0)


def _merged(one: Reading, other: Reading) -> Reading:
    """Two messages about one instant; where both name a signal differently, the lower number stands, whatever came first."""
    values = dict(one.values)
    for signal, value in other.values.items():
        there = values.get(signal)
        values[signal] = value if there is None else there if value is None else min(there, value)
    return replace(one, values=values)


def _appended(rules: Rules, channel: Channel, reading: Reading) -> Channel:
    now = _judged(rules, channel.now, reading)
    readings = (*channel.readings, reading)
    return Channel(
        readings=readings,
        base_s=channel.base_s,
        base=channel.base,
        recent=(*channel.recent[1 - WINDOW_READINGS :], now),
        mark=channel.mark or Mark(number=len(readings), at_s=reading.at_s, judged=now),
    )


def _again(rules: Rules, channel: Channel, readings: tuple[Reading, ...], place: int) -> Channel:
    """Folded again from this place on; from the last few readings where these will do, else from the base."""
    behind = len(channel.readings) - place
    if place > 0 and behind < len(channel.recent):
        kept = channel.recent[: len(channel.recent) - behind]
        mark = channel.mark if channel.mark and channel.mark.number <= place else None
    else:
        kept, place, mark = (), 0, None
    found = replace(channel, readings=readings[:place], recent=kept, mark=mark)
    for reading in readings[place:]:
        found = _appended(rules, found, reading)
    return found


def _within_window(channel: Channel) -> Channel:
    readings, mark = channel.readings, channel.mark
    if mark is None or readings[-1].at_s - mark.at_s <= WINDOW_S:
        return channel
    if len(readings) - mark.number < WINDOW_READINGS:
        return channel
    left = readings[mark.number :]
    following = Mark(number=len(left), at_s=left[-1].at_s, judged=channel.now)
    return replace(channel, readings=left, base=mark.judged, base_s=mark.at_s, mark=following)


def _judged(rules: Rules, judged: Judged, reading: Reading) -> Judged:
    """What comes of one more reading. A source counts while no better one had a value of its own a moment ago."""
    values = {name: value for name, value in reading.values.items() if _counts(rules, judged, reading, name)}
    if not values:
        return judged
    asked = Asked(
        at_s=reading.at_s,
        values=values,
        baseline=rules.baseline,
        before=judged.newest(),
        after_a_gap=reading.at_s - judged.seen_s > rules.stale_s,
    )
    changed = {}
    for limit, signals in rules.limits:
        if not signals.isdisjoint(values):
            track = judged.tracks.get(limit.name, FRESH)
            if (after := take(limit, track, asked)) is not track:
                changed[limit.name] = after
    tracks = {**judged.tracks, **changed} if changed else judged.tracks
    last = dict(judged.last)
    for name, value in values.items():
        if value is not None:
            last[reading.rank, name] = (reading.at_s, value)
    return Judged(tracks=tracks, seen_s=reading.at_s, last=last)


def _counts(rules: Rules, judged: Judged, reading: Reading, name: str) -> bool:
    if reading.values[name] is None and _another_counts(rules, judged, reading, name):
        return False
    if reading.rank == 0 or (reading.rank == BY_HAND and rules.name in SLOW):
        return True
    return not any(
        rank < reading.rank and signal == name and reading.at_s - at_s <= rules.stale_s
        for (rank, signal), (at_s, _) in judged.last.items()
    )


def _another_counts(rules: Rules, judged: Judged, reading: Reading, name: str) -> bool:
    """Whether a monitor that stands behind this one counted a moment ago.

    It only counted because this one had no value, so that it still has none takes nothing away from it (wish W21): two
    monitors of which the first one's probe is off, electrodes that are off while the oximeter counts the pulse.
    """
    return any(
        reading.rank < rank < BY_HAND and signal == name and reading.at_s - at_s <= rules.stale_s
        for (rank, signal), (at_s, _) in judged.last.items()
    )
