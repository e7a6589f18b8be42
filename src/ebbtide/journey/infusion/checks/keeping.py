"""The checks' state as plain text and numbers, and back: a process that died goes on where it was. Pure.

What can be worked out again is not kept. Samples that come a second time after it change nothing, so whoever reads it back
may safely read some of them twice.
"""

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

from ebbtide.journey.infusion.checks.channels import Channel, Judged, Reading, judged_again
from ebbtide.journey.infusion.checks.conditions import Heard, Known, Lost, conditions
from ebbtide.journey.infusion.checks.core import State
from ebbtide.journey.infusion.checks.inputs import Due, Log, Plan
from ebbtide.journey.infusion.checks.limits import Priority
from ebbtide.journey.infusion.checks.signalling import Signal
from ebbtide.journey.infusion.checks.tracks import NEVER, Track


def stored(state: State) -> dict[str, Any]:
    """The state in types that JSON has."""
    known = state.known
    return {
        "at_s": _finite(state.at_s),
        "channels": {name: _channel(channel) for name, channel in known.channels.items()},
        "heard": {name: [one.value_s, _finite(one.any_s), one.state] for name, one in known.heard.items()},
        "log": {
            **_flat(known.log),
            "dues": [_flat(one) for one in known.log.dues],
            "typed": [_reading(one) for one in known.log.typed],
        },
        "tablet_s": known.tablet_s,
        "watched_s": _finite(known.watched_s),
        "gone": sorted(known.gone),
        "back": sorted(known.back),
        "lost": {signal: [one.began_s, one.back_s] for signal, one in known.lost.items()},
        "signals": [_flat(one) for one in state.signals.values()],
    }


def restored(plan: Plan, told: Mapping[str, Any]) -> State:
    """The state that was kept, judged by this plan."""
    log = told["log"]
    known = Known(
        channels={
            name: judged_again(plan.rules[name], _channel_of(kept))
            for name, kept in told["channels"].items()
            if name in plan.rules
        },
        heard={name: Heard(value_s=v, any_s=_time(a), state=s) for name, (v, a, s) in told["heard"].items()},
        log=Log(**{
            **log,
            "dues": tuple(Due(**one) for one in log["dues"]),
            "typed": tuple(_reading_of(one) for one in log["typed"]),
        }),
        tablet_s=told["tablet_s"],
        watched_s=_time(told["watched_s"]),
        gone=frozenset(told["gone"]),
        back=frozenset(told["back"]),
        # a state that was kept by an earlier version has none
        lost={signal: Lost(began_s=began_s, back_s=b) for signal, (began_s, b) in told.get("lost", {}).items()},
    )  # fmt: skip
    signals = [Signal(**{**one, "priority": Priority(one["priority"])}) for one in told["signals"]]
    state = State(at_s=_time(told["at_s"]), known=known, signals={one.key: one for one in signals})
    return replace(state, true=conditions(plan, known, state.at_s))


def _flat(one: Any) -> dict[str, Any]:
    """Its fields, each a plain value already: `asdict` copies deeply, and the process of the checks waits for it."""
    kind: Any = type(one)
    return {name: getattr(one, name) for name in _names(kind)}


@lru_cache(maxsize=16)
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _finite(at_s: float) -> float | None:
    return at_s if math.isfinite(at_s) else None


def _time(kept: float | None) -> float:
    return NEVER if kept is None else float(kept)


def _reading(one: Reading) -> list[Any]:
    return [one.at_s, one.rank, dict(one.values)]


def _reading_of(kept: list[Any]) -> Reading:
    return Reading(at_s=kept[0], rank=kept[1], values=kept[2])


def _channel(channel: Channel) -> dict[str, Any]:
    base = channel.base
    return {
        "readings": [_reading(one) for one in channel.readings],
        "base_s": _finite(channel.base_s),
        "tracks": {name: _flat(track) for name, track in base.tracks.items()},
        "seen_s": _finite(base.seen_s),
        "last": [[rank, signal, at_s, value] for (rank, signal), (at_s, value) in base.last.items()],
    }


def _channel_of(kept: Mapping[str, Any]) -> Channel:
    base = Judged(
        tracks={name: Track(**track) for name, track in kept["tracks"].items()},
        seen_s=_time(kept["seen_s"]),
        last={(rank, signal): (at_s, value) for rank, signal, at_s, value in kept["last"]},
    )
    readings = tuple(_reading_of(one) for one in kept["readings"])
    return Channel(readings=readings, base_s=_time(kept["base_s"]), base=base)
