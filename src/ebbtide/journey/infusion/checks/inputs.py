"""What comes into the protocol checks, and under what they judge it. Plain values; all times are seconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ebbtide.journey.infusion.checks.channels import Reading, Rules, channel_of
from ebbtide.journey.infusion.checks.limits import How, Kind, Limit, Limits
from ebbtide.journey.infusion.checks.tracks import signals_of
from ebbtide.journey.infusion.freshness import limits as told_limits
from ebbtide.journey.infusion.freshness import lost_after_s, stale_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A monitor that is on this person, since when."""

    device: str
    bound_s: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Under what a session is judged: the limits, whether those on live values are on, the person's own baseline, the monitors.

    `interval_s` is how often each signal is expected; what is not named has the interval of the file.
    """

    limits: Limits
    live_on: bool = False
    baseline: Mapping[str, float] = field(default_factory=dict)
    interval_s: Mapping[str, float] = field(default_factory=dict)
    monitors: tuple[Bound, ...] = ()

    @cached_property
    def rules(self) -> Mapping[str, Rules]:
        """For each channel what its readings are judged by."""
        found: dict[str, list[tuple[Limit, frozenset[str]]]] = {}
        for limit in self.limits.limits:
            if limit.kind is Kind.VALUE:
                signals = signals_of(limit)
                found.setdefault(channel_of(min(signals)), []).append((limit, signals))
        return {
            name: Rules(name=name, limits=tuple(limits), baseline=self.baseline, stale_s=self._stale_s(name))
            for name, limits in found.items()
        }

    @cached_property
    def of_kind(self) -> Mapping[Kind, Limit]:
        """The limits that look at no value, by what they look at."""
        return {one.kind: one for one in self.limits.limits if one.kind is not Kind.VALUE}

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """The monitors in the order of their binding: the first one counts while it has a value."""
        ordered = sorted(self.monitors, key=lambda one: (one.bound_s, one.device))
        return {one.device: place for place, one in enumerate(ordered)}

    @cached_property
    def intervals(self) -> Mapping[str, float]:
        """How often each signal is expected (s)."""
        default = {row["id"]: float(row["expected_interval_s"]) for row in told_limits()["signals"]}
        return {**default, **self.interval_s}

    @cached_property
    def without_baseline(self) -> tuple[str, ...]:
        """The signals whose limits against the person's own values cannot be decided, in the order of the file."""
        signals = (
            atom.signal
            for limit in self.limits.limits
            if limit.when is not None
            for atom in limit.when.atoms
            if atom.how in {How.PCT, How.DELTA}
        )
        return tuple(dict.fromkeys(one for one in signals if one not in self.baseline))

    def stale_s(self, signal: str) -> float:
        """Above this age a value of the signal is stale (s)."""
        return stale_after_s(self.intervals.get(signal, 1.0))

    def lost_s(self, signal: str) -> float:
        """Above this age the signal is lost (s)."""
        return lost_after_s(self.intervals.get(signal, 1.0))

    def _stale_s(self, channel: str) -> float:
        return self.stale_s("sbp" if channel == "bp" else channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One reading of one signal by one monitor, or the reason why it has none. `received_s`: a monitor's clock may be ahead."""

    at_s: float
    device: str
    signal: str
    value: float | None = None
    state: str = "value"
    received_s: float = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An observation of the schedule."""

    what: str
    words: str
    due_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What the session's log says now, as a whole: the same log in another order of arrival is the same value."""

    flowing: bool = False
    stopped: bool = False
    calls_since_s: float | None = None
    off_from_s: float | None = None
    off_until_s: float | None = None
    off_reason: str = ""
    dues: tuple[Due, ...] = ()
    typed: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """It is so late now. Only this moves the checks' time."""

    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Somebody silenced what sounds now, for so long (s); longer than the file allows is cut."""

    at_s: float
    for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Somebody took a signal as their own, with what stands under it."""

    at_s: float
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLost:
    """What was silenced can no longer be heard of: every silence ends."""

    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TabletHeard:
    """A tablet showed the page of this chair."""

    at_s: float


Input = Sample | Log | Tick | Silence | Acknowledge | LinkLost | TabletHeard
