"""What sounds and shows, from what is true: raised after its delay, timed silences, a second person, latching. Pure.

Nothing here changes a condition. A silence has an end and reaches only what it silenced; what a limit marks as always heard
no silence reaches; a high one stays until a person took it, whatever its values do meanwhile.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ebbtide.journey.infusion.checks.conditions import Condition
from ebbtide.journey.infusion.checks.inputs import Acknowledge, Plan, Silence
from ebbtide.journey.infusion.checks.limits import ORDER, Priority


class Said(StrEnum):
    """What an event says: of a condition, that it began or ended; all others are of its signal."""

    BEGAN = "began"
    ENDED = "ended"
    RAISED = "raised"
    ROSE = "rose"
    RETURNED = "returned"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    SILENCE_ENDED = "silence_ended"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to a condition or its signal. It names a limit and a signal, never a drug or a dose."""

    said: Said
    key: str
    limit: str
    subject: str
    priority: Priority
    at_s: float
    until_s: float | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """The signal of one condition from the moment it was raised. `sounds_from_s`: since when it waits for somebody."""

    key: str
    limit: str
    title: str
    do: str
    subject: str
    priority: Priority
    bundle: str
    began_s: float
    raised_s: float
    sounds_from_s: float
    recheck_s: float
    heard: bool = False
    word: str = ""
    value: float | None = None
    acknowledged_s: float | None = None
    silenced_until_s: float | None = None
    escalated_s: float | None = None
    ended_s: float | None = None

    def is_silenced(self, at_s: float) -> bool:
        """Whether a silence reaches it at this moment."""
        until_s = self.silenced_until_s
        return until_s is not None and at_s < until_s and not self.heard


Signals = Mapping[str, Signal]


def leads(signals: Signals) -> dict[str, Signal]:
    """Of each bundle the one that is shown: the heaviest, of these one that no silence reaches, then the first."""
    best: dict[str, Signal] = {}
    for one in sorted(signals.values(), key=weight):
        best.setdefault(one.bundle, one)
    return best


def weight(one: Signal) -> tuple[int, bool, float, str]:
    """The order in which signals are shown."""
    return ORDER[one.priority], not one.heard, one.raised_s, one.key


def sounding(signals: Signals, at_s: float) -> list[Signal]:
    """What sounds at this moment, the heaviest first: nobody took it, and no silence reaches it."""
    shown = leads(signals).values()
    return [one for one in shown if one.acknowledged_s is None and not one.is_silenced(at_s)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The signals after something happened, and what is to be told of it."""

    signals: Signals
    events: tuple[Event, ...]


def silence(plan: Plan, signals: Signals, asked: Silence) -> Turn:
    """What is shown now is silenced until a time that is not further than the file allows; what comes later is not."""
    for_s = min(asked.for_s, plan.limits.silence_max_s)
    if not for_s > 0:
        return Turn(signals=signals, events=())
    until_s, events, after = asked.at_s + for_s, [], dict(signals)
    for key, one in signals.items():
        if not one.heard and one.acknowledged_s is None:
            after[key] = replace(one, silenced_until_s=until_s)
            events.append(_told(one, Said.SILENCED, asked.at_s, until_s=until_s))
    return Turn(signals=after, events=tuple(events))


def acknowledge(signals: Signals, asked: Acknowledge) -> Turn:
    """Somebody took it, with what stands under it. One that has ended goes; one that lasts stays on the screen."""
    taken = signals.get(asked.key)
    if taken is None:
        return Turn(signals=signals, events=())
    after, events = dict(signals), []
    for key, one in signals.items():
        if one.bundle != taken.bundle or one.acknowledged_s is not None:
            continue
        events.append(_told(one, Said.ACKNOWLEDGED, asked.at_s))
        after[key] = replace(one, acknowledged_s=asked.at_s, silenced_until_s=None)
        if one.ended_s is not None:
            events.append(_told(one, Said.CLEARED, asked.at_s))
            del after[key]
    return Turn(signals=after, events=tuple(events))


def unsilenced(signals: Signals, at_s: float) -> Turn:
    """Every silence ends now."""
    events = [
        _told(one, Said.SILENCE_ENDED, at_s)
        for one in signals.values()
        if one.silenced_until_s is not None and at_s < one.silenced_until_s
    ]
    after = {key: replace(one, silenced_until_s=None) for key, one in signals.items()}
    return Turn(signals=after, events=tuple(events))


def at_this_moment(plan: Plan, signals: Signals, true: Mapping[str, Condition], at_s: float) -> Turn:
    """The signals as they are now, by what is true now: no sample has to come for it."""
    after: dict[str, Signal] = {}
    events: list[Event] = []
    for key, one in signals.items():
        condition = true.get(key)
        told = _ended(plan, one, at_s) if condition is None else _lasts(plan, one, condition, at_s)
        events += told.events
        after |= told.signals
    for key, condition in true.items():
        if key not in signals and at_s >= condition.true_s + condition.limit.delay_s:
            made = _raised(condition, at_s)
            after[key] = made
            events.append(_told(made, Said.RAISED, at_s))
    return Turn(signals=after, events=tuple(events))


def _raised(condition: Condition, at_s: float) -> Signal:
    limit = condition.limit
    return Signal(
        key=condition.key,
        limit=limit.id,
        title=limit.title,
        do=limit.do,
        subject=condition.subject,
        priority=condition.priority,
        bundle=condition.bundle,
        began_s=condition.began_s,
        raised_s=at_s,
        sounds_from_s=at_s,
        recheck_s=limit.recheck_s,
        heard=condition.heard,
        word=condition.word,
        value=condition.value,
    )


def _ended(plan: Plan, one: Signal, at_s: float) -> Turn:
    """Its condition is over: a high one that nobody took stays until somebody does."""
    if one.priority is Priority.HIGH and one.acknowledged_s is None:
        one = one if one.ended_s is not None else replace(one, ended_s=at_s)
        return _waits(one, at_s, (), plan.limits.second_person_after_s)
    return Turn(signals={}, events=(_told(one, Said.CLEARED, at_s),))


def _waits(one: Signal, at_s: float, events: Iterable[Event], second_person_after_s: float) -> Turn:
    """A silence that is over, and a high one that waited too long for somebody."""
    told = list(events)
    if one.silenced_until_s is not None and at_s >= one.silenced_until_s:
        told.append(_told(one, Said.SILENCE_ENDED, at_s))
        one = replace(one, silenced_until_s=None)
    nobody = one.priority is Priority.HIGH and one.acknowledged_s is None and one.escalated_s is None
    if nobody and at_s - one.sounds_from_s >= second_person_after_s:
        one = replace(one, escalated_s=at_s)
        told.append(_told(one, Said.ESCALATED, at_s))
    return Turn(signals={one.key: one}, events=tuple(told))


def _lasts(plan: Plan, one: Signal, condition: Condition, at_s: float) -> Turn:
    events: list[Event] = []
    one = replace(
        one,
        heard=condition.heard,
        word=condition.word,
        value=condition.value,
        subject=condition.subject,
        ended_s=None,
    )
    rises = ORDER[condition.priority] < ORDER[one.priority]
    if rises and at_s >= condition.full_s + condition.limit.delay_s:
        one = _anew(replace(one, priority=condition.priority), at_s)
        events.append(_told(one, Said.ROSE, at_s))
    elif one.acknowledged_s is not None and at_s - one.acknowledged_s >= one.recheck_s:
        one = _anew(one, at_s)
        events.append(_told(one, Said.RETURNED, at_s))
    return _waits(one, at_s, events, plan.limits.second_person_after_s)


def _anew(one: Signal, at_s: float) -> Signal:
    """It waits for somebody again, from now on."""
    return replace(one, acknowledged_s=None, silenced_until_s=None, escalated_s=None, sounds_from_s=at_s)


def _told(one: Signal, said: Said, at_s: float, *, until_s: float | None = None) -> Event:
    return Event(
        said=said, key=one.key, limit=one.limit, subject=one.subject, priority=one.priority, at_s=at_s, until_s=until_s,
        value=one.value,
    )  # fmt: skip
