"""A script replayed on a clock of its own: the monitor's messages, read by the real reader, judged by the real checks. Pure.

Nothing waits: an hour takes as long as its computing does. What the checks said comes back with the second of the script.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ebbtide.doors.hl7v2.reading import read
from ebbtide.journey.infusion.checks.core import State, run
from ebbtide.journey.infusion.checks.inputs import Bound, Plan, Sample, Tick
from ebbtide.journey.infusion.checks.limits import default_limits
from ebbtide.journey.infusion.checks.signalling import Event, leads
from ebbtide.twin.monitors.emergencies import Playing, Row
from ebbtide.twin.monitors.habits import PLAIN, Habit
from ebbtide.twin.monitors.messages import sent

BEGINS = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # when the script begins, on the replay's own clock
MONITOR, BESIDE = "SIM-REPLAY", "SIM-REPLAY-BESIDE"
CALM_S = 30  # before the script, so that every sign was seen


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A script on a person: what the monitor would show without it, by the second of its life, and how it says it."""

    playing: Playing
    signs: Callable[[int], Row | None]
    begins_s: int = CALM_S
    habit: Habit = PLAIN
    baseline: Mapping[str, float] = field(default_factory=dict)

    def plan(self) -> Plan:
        """Under what the checks judge it: the limits as they ship, those on live values on, both monitors on this person."""
        bound_s = BEGINS.timestamp() - CALM_S
        monitors = [Bound(device=MONITOR, bound_s=bound_s)]
        if self.playing.emergency.beside:
            monitors.append(Bound(device=BESIDE, bound_s=bound_s + 1))
        return Plan(
            limits=default_limits(),
            live_on=True,
            baseline=self.baseline,
            interval_s={"sbp": 300.0, "dbp": 300.0},
            monitors=tuple(monitors),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the checks said, `at_s` counted from the script's beginning, and what was shown in each second."""

    events: tuple[Event, ...]
    shown: Mapping[int, frozenset[str]]


def replay(scene: Scene, *, until_s: int | None = None) -> Told:
    """The whole script, or as far as this second of it."""
    plan, state, told, shown = scene.plan(), State(), list[Event](), dict[int, frozenset[str]]()
    last_s = scene.playing.over_s if until_s is None else until_s
    arrivals: dict[int, list[bytes]] = {}
    for second in range(-CALM_S, last_s + 1):
        for after_s, message in _sent(scene, second):
            arrivals.setdefault(second + after_s, []).append(message)
        at = BEGINS + timedelta(seconds=second)
        given = [sample for message in arrivals.pop(second, ()) for sample in _read(message, at)]
        state, events = run(plan, state, [*given, Tick(at_s=at.timestamp())])
        told += events
        shown[second] = frozenset(one.limit for one in leads(state.signals).values())
    began_s = BEGINS.timestamp()
    return Told(events=tuple(replace(one, at_s=one.at_s - began_s) for one in told), shown=shown)


def _sent(scene: Scene, second: int) -> Iterator[tuple[int, bytes]]:
    """What both monitors put on the wire for this second, and how long after it each message comes (s)."""
    row, at, playing = scene.signs(scene.begins_s + second), BEGINS + timedelta(seconds=second), scene.playing
    rows = ((MONITOR, playing.shown(second, row)), (BESIDE, playing.beside(second, row)))
    for key, told in rows:
        for one in sent(key, second, at, told, scene.habit) if told else ():
            yield round(one.after_s), one.message


def _read(message: bytes, at: datetime) -> Iterator[Sample]:
    for one in read(message, at).samples:
        yield Sample(
            at_s=one.observed_at.timestamp(),
            device=one.device_key,
            signal=one.signal,
            value=one.value,
            state=one.state,
            received_s=at.timestamp(),
        )
