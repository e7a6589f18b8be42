"""The protocol checks of one session: a state and an input in, the next state and its events out. Pure, total, serialisable."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ebbtide.journey.infusion.checks.channels import (
    BY_HAND,
    STAND_IN,
    Channel,
    Reading,
    channel_of,
    judged_again,
    with_by_hand,
    with_reading,
)
from ebbtide.journey.infusion.checks.conditions import (
    Condition,
    Heard,
    Known,
    conditions,
    later,
    lost_seen,
    off_seen,
)
from ebbtide.journey.infusion.checks.inputs import (
    Acknowledge,
    Input,
    LinkLost,
    Log,
    Plan,
    Sample,
    Silence,
    TabletHeard,
    Tick,
)
from ebbtide.journey.infusion.checks.limits import APNOEA
from ebbtide.journey.infusion.checks.signalling import (
    Event,
    Said,
    Signals,
    Turn,
    acknowledge,
    at_this_moment,
    silence,
    unsilenced,
)

NOTHING = Channel()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that the checks know of a session, at the time of the last tick. `true` is what was true then."""

    at_s: float = float("-inf")
    known: Known = field(default_factory=Known)
    signals: Signals = field(default_factory=dict)
    true: Mapping[str, Condition] = field(default_factory=dict)


def step(plan: Plan, state: State, given: Input) -> tuple[State, tuple[Event, ...]]:
    """One input after the other. Samples may come late, twice and in any order; only a tick moves the time."""
    if isinstance(given, Tick):
        return _ticked(plan, state, given.at_s)
    if isinstance(given, Silence | Acknowledge | LinkLost):
        return _touched(plan, state, given)
    return replace(state, known=_known(plan, state.known, given)), ()


def run(plan: Plan, state: State, given: Iterable[Input]) -> tuple[State, list[Event]]:
    """Several inputs, one after the other; the samples of one message are taken together."""
    told: list[Event] = []
    samples: list[Sample] = []
    for one in given:
        if isinstance(one, Sample):
            samples.append(one)
            continue
        state, samples = _heard_all(plan, state, samples), []
        state, events = step(plan, state, one)
        told += events
    return _heard_all(plan, state, samples), told


def _heard_all(plan: Plan, state: State, samples: Sequence[Sample]) -> State:
    return replace(state, known=_sampled(plan, state.known, samples)) if samples else state


def under(plan: Plan, state: State) -> State:
    """The state under another plan: what is inside the windows is judged anew by its limits and its baseline."""
    channels = {
        name: judged_again(plan.rules[name], channel)
        for name, channel in state.known.channels.items()
        if name in plan.rules
    }
    return replace(state, known=replace(state.known, channels=channels))


def _known(plan: Plan, known: Known, given: Sample | Log | TabletHeard) -> Known:
    if isinstance(given, Sample):
        return _sampled(plan, known, (given,))
    if isinstance(given, Log):
        return _logged(plan, known, given)
    return replace(known, tablet_s=max(given.at_s, known.tablet_s or given.at_s))


def _sampled(plan: Plan, known: Known, samples: Iterable[Sample]) -> Known:
    heard, channels = dict(known.heard), dict(known.channels)
    for given in samples:
        rank = plan.ranks.get(given.device)
        if rank is None or not math.isfinite(given.at_s):
            continue  # a monitor that is not on this person says nothing about them
        _hear(heard, given)
        value = given.value if given.state == "value" and _is_number(given.value) else None
        _read(plan, channels, given.signal, Reading(at_s=given.at_s, rank=rank, values={given.signal: value}))
        if given.signal == "pulse":  # where no electrode says the heart rate, the pulse stands in for it
            _read(plan, channels, "hr", Reading(at_s=given.at_s, rank=STAND_IN + rank, values={"hr": value}))
    return replace(known, heard=heard, channels=channels)


def _hear(heard: dict[str, Heard], given: Sample) -> None:
    has_value = given.state in {"value", "synthetic"} and _is_number(given.value)
    name, at_s = f"{given.device}/{given.signal}", min(given.at_s, given.received_s)
    if given.signal == APNOEA:
        return  # an alarm of the monitor's is no sign that could grow old
    said = Heard(value_s=at_s if has_value else None, any_s=at_s, state=given.state)
    there = heard.get(name)
    heard[name] = said if there is None else later(there, said)


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _read(plan: Plan, channels: dict[str, Channel], signal: str, reading: Reading) -> None:
    name = channel_of(signal)
    rules = plan.rules.get(name)
    if rules is not None:
        channels[name] = with_reading(rules, channels.get(name, NOTHING), reading)


def _logged(plan: Plan, known: Known, log: Log) -> Known:
    channels = dict(known.channels)
    for name, rules in plan.rules.items():
        typed = [
            Reading(at_s=one.at_s, rank=BY_HAND, values=values)
            for one in log.typed
            if (values := {signal: v for signal, v in one.values.items() if channel_of(signal) == name})
        ]
        if typed or name in channels:
            channels[name] = with_by_hand(rules, channels.get(name, Channel()), typed)
    if log.off_from_s != known.log.off_from_s:
        known = replace(known, gone=frozenset(), back=frozenset())
    return replace(known, channels=channels, log=log)


def _touched(
    plan: Plan, state: State, given: Silence | Acknowledge | LinkLost
) -> tuple[State, tuple[Event, ...]]:
    turn: Turn
    if isinstance(given, Silence):
        turn = silence(plan, state.signals, given)
    elif isinstance(given, Acknowledge):
        turn = acknowledge(state.signals, given)
    else:
        turn = unsilenced(state.signals, given.at_s)
    return replace(state, signals=turn.signals), turn.events


def _ticked(plan: Plan, state: State, at_s: float) -> tuple[State, tuple[Event, ...]]:
    at_s = max(at_s, state.at_s)
    gone, back = off_seen(plan, state.known, at_s)
    known = replace(state.known, gone=gone, back=back, lost=lost_seen(plan, state.known, at_s))
    true = conditions(plan, known, at_s)
    turn = at_this_moment(plan, state.signals, true, at_s)
    told = (*_changes(state.true, true, at_s), *turn.events)
    return State(at_s=at_s, known=known, signals=turn.signals, true=true), told


def _changes(before: Mapping[str, Condition], after: Mapping[str, Condition], at_s: float) -> list[Event]:
    began = [_of(one, Said.BEGAN, one.true_s) for key, one in after.items() if key not in before]
    return began + [_of(one, Said.ENDED, at_s) for key, one in before.items() if key not in after]


def _of(one: Condition, said: Said, at_s: float) -> Event:
    return Event(
        said=said, key=one.key, limit=one.limit.id, subject=one.subject, priority=one.priority, at_s=at_s, value=one.value
    )  # fmt: skip
