"""What is true of a session at one moment, by its limits: conditions, and no signal. Pure; nothing here knows of a silence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ebbtide.journey.infusion.checks.channels import Channel, channel_of
from ebbtide.journey.infusion.checks.inputs import Log, Plan
from ebbtide.journey.infusion.checks.limits import How, Kind, Limit, Priority
from ebbtide.journey.infusion.checks.tracks import Track, compared

ONE_OF_THEM = {"dbp": "sbp", "map": "sbp"}  # three numbers of one cuff are one signal
MONITOR = "monitor"
OFF_MONITOR = "off_monitor"
SHOWN = frozenset({"probe_off", "no_data", "artefact"})
NOT_STEADY = "back, not steady yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """When a monitor last had a value of a signal (made up or measured), when it last spoke of it, and what it said."""

    value_s: float | None = None
    any_s: float = float("-inf")
    state: str = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A signal that was lost: since when, and the time of its first value since it came back; None until one comes."""

    began_s: float
    back_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that is true: which limit, of what, since when, how heavy at this moment.

    `heard`: no silence reaches it. `bundle`: of those that share one, the heaviest is shown and the others under it.
    """

    key: str
    limit: Limit
    subject: str
    began_s: float
    true_s: float
    full_s: float
    priority: Priority
    bundle: str
    heard: bool = False
    word: str = ""
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that was said of a session so far.

    `back`: signals that came back by themselves while off the monitor. `lost`: what is lost, or is back and not steady yet.
    `watched_s`: since when anybody listens; what nobody could have heard before is not counted as silence.
    """

    channels: Mapping[str, Channel] = field(default_factory=dict)
    heard: Mapping[str, Heard] = field(default_factory=dict)
    log: Log = field(default_factory=Log)
    tablet_s: float | None = None
    watched_s: float = float("-inf")
    gone: frozenset[str] = frozenset()
    back: frozenset[str] = frozenset()
    lost: Mapping[str, Lost] = field(default_factory=dict)


def conditions(plan: Plan, known: Known, at_s: float) -> dict[str, Condition]:
    """Everything that is true at this moment, by its key."""
    found: list[Condition] = [
        *_values(plan, known, at_s),
        *_ages(plan, known, at_s),
        *_overdue(plan, known.log, at_s),
        *_off(plan, known, at_s),
        *_calls(plan, known.log, at_s),
        *_tablet(plan, known, at_s),
    ]
    return {one.key: one for one in found}


def _values(plan: Plan, known: Known, at_s: float) -> Iterator[Condition]:
    for name, rules in plan.rules.items():
        channel = known.channels.get(name)
        if channel is None:
            continue
        for limit, _ in rules.limits:
            track = channel.now.tracks.get(limit.name)
            if track is not None and track.true_s is not None and (plan.live_on or limit.always_on):
                yield _of_track(limit, track, track.true_s, channel, at_s)


def _of_track(limit: Limit, track: Track, true_s: float, channel: Channel, at_s: float) -> Condition:
    signal, value = _newest(limit, channel)
    waits = limit.confirm is not None and at_s < track.full_at_s(limit)
    unconfirmed = limit.confirm is not None and not waits and track.full_s is None
    word = "take a second reading" if waits else "not confirmed by a second reading" if unconfirmed else ""
    floor = limit.heard_when
    below = floor is not None and value is not None and compared(value, floor.op, floor.value)
    return Condition(
        key=_key(limit, channel_of(signal), track.began_s),
        limit=limit,
        subject=signal,
        began_s=track.began_s,
        true_s=true_s,
        full_s=track.full_at_s(limit),
        priority=track.priority(limit, at_s),
        bundle=channel_of(signal),
        heard=limit.always_heard or below,
        word=word,
        value=value,
    )


def _newest(limit: Limit, channel: Channel) -> tuple[str, float | None]:
    """The signal that this limit is about, with its newest value: of two the one that is beyond."""
    newest = channel.now.newest()
    atoms = limit.when.atoms if limit.when else ()
    told = [(a, newest[a.signal][1]) for a in atoms if a.signal in newest]
    beyond = [one for one in told if one[0].how is not How.VALUE or compared(one[1], one[0].op, one[0].value)]
    atom, value = (beyond or told)[0]
    return atom.signal, value


def _key(limit: Limit, subject: str, began_s: float) -> str:
    return f"{limit.name}|{subject}|{began_s:.3f}"


def _timed(  # noqa: PLR0913 - what it is, and what is said of it
    limit: Limit,
    subject: str,
    began_s: float,
    at_s: float,
    *,
    bundle: str = "",
    word: str = "",
    rises_s: float = 0.0,
) -> Condition:
    """A condition that time alone makes true, and later heavier."""
    risen = limit.rises_to if limit.rises_to and rises_s and at_s >= rises_s else None
    return Condition(
        key=_key(limit, subject, began_s),
        limit=limit,
        subject=subject,
        began_s=began_s,
        true_s=began_s,
        full_s=rises_s if risen else began_s,
        priority=risen or limit.priority,
        bundle=bundle or f"{limit.id}/{subject}",
        heard=limit.always_heard,
        word=word,
    )


# — the age of data —


def _ages(plan: Plan, known: Known, at_s: float) -> Iterator[Condition]:
    stale, lost = plan.of_kind.get(Kind.STALE), plan.of_kind.get(Kind.LOST)
    newest = newest_of(plan, known)
    for signal, heard in newest.items():
        if ONE_OF_THEM.get(signal) in newest or is_off(known, signal, at_s):
            continue
        since_s = _valued_s(plan, known, heard)
        word = heard.state.replace("_", " ") if _speaks(plan, heard, signal, at_s) else ""
        if lost and (was := known.lost.get(signal)) is not None:
            word = NOT_STEADY if was.back_s is not None else word
            yield _timed(lost, signal, was.began_s, at_s, bundle="data", word=word)
        elif stale and at_s - since_s > plan.stale_s(signal):
            yield _timed(stale, signal, since_s + plan.stale_s(signal), at_s, bundle="data", word=word)
    if lost and not known.log.stopped and not is_off(known, MONITOR, at_s):
        yield from _silent_monitors(plan, known, lost, at_s)


def _silent_monitors(plan: Plan, known: Known, lost: Limit, at_s: float) -> Iterator[Condition]:
    """A monitor that was put on this person and never said anything is lost too."""
    spoke = {name.partition("/")[0] for name in known.heard}
    for one in plan.monitors:
        began_s = max(one.bound_s, known.watched_s) + plan.lost_s("spo2")
        if one.device not in spoke and at_s > began_s:
            yield _timed(lost, MONITOR, began_s, at_s, bundle="data", word="sends nothing")


def _valued_s(plan: Plan, known: Known, heard: Heard) -> float:
    """When the signal last had a value; what nobody could have heard before is not counted as silence."""
    return max(heard.value_s if heard.value_s is not None else _bound_s(plan), known.watched_s)


def lost_seen(plan: Plan, known: Known, at_s: float) -> dict[str, Lost]:
    """The signals that are lost at this moment. One that comes back stays lost until it was steady for the limit's time.

    Steady: values came for so long, and never so rarely that the signal was stale between two of them. One that is expected
    more rarely than that, a cuff's pressure for example, is back with its first value.
    """
    limit, found = plan.of_kind.get(Kind.LOST), {}
    for signal, heard in newest_of(plan, known).items():
        if limit is None or is_off(known, signal, at_s):
            continue
        was, valued_s = known.lost.get(signal), _valued_s(plan, known, heard)
        if at_s - valued_s > plan.lost_s(signal):
            found[signal] = Lost(began_s=was.began_s if was else valued_s + plan.lost_s(signal))
        elif was is not None and (left := _coming_back(plan, limit, signal, was, valued_s, at_s)) is not None:
            found[signal] = left
    return found


def _coming_back(
    plan: Plan, limit: Limit, signal: str, was: Lost, valued_s: float, at_s: float
) -> Lost | None:
    """What is left of a lost signal that has values again; None when it was steady for long enough."""
    if at_s - valued_s > plan.stale_s(signal):
        return replace(was, back_s=None)  # one value, and then nothing again
    back_s = valued_s if was.back_s is None else was.back_s
    rare = plan.intervals.get(signal, 1.0) >= limit.clear_for_s
    return None if rare or valued_s - back_s >= limit.clear_for_s else replace(was, back_s=back_s)


def newest_of(plan: Plan, known: Known) -> dict[str, Heard]:
    """For each signal the newest of the monitors that are on this person now."""
    found: dict[str, Heard] = {}
    for name, heard in known.heard.items():
        device, _, signal = name.partition("/")
        if device in plan.ranks:
            there = found.get(signal)
            found[signal] = heard if there is None else later(there, heard)
    return found


def later(one: Heard, other: Heard) -> Heard:
    """Both together: the newest value, and the newest word."""
    values = [at for at in (one.value_s, other.value_s) if at is not None]
    last = max(one, other, key=lambda heard: (heard.any_s, heard.state))
    return Heard(value_s=max(values, default=None), any_s=last.any_s, state=last.state)


def _speaks(plan: Plan, heard: Heard, signal: str, at_s: float) -> bool:
    return heard.state in SHOWN and at_s - heard.any_s <= plan.stale_s(signal)


def _bound_s(plan: Plan) -> float:
    return min((one.bound_s for one in plan.monitors), default=0.0)


def is_off(known: Known, signal: str, at_s: float) -> bool:
    """Whether somebody said that the person is off the monitor, the timer runs, and this signal has not come back."""
    off = known.log
    if off.off_from_s is None or off.off_until_s is None or signal in known.back:
        return False
    return off.off_from_s <= at_s <= off.off_until_s


def off_seen(plan: Plan, known: Known, at_s: float) -> tuple[frozenset[str], frozenset[str]]:
    """Which signals went away since the person is off the monitor, and which of these came back by themselves."""
    if known.log.off_from_s is None:
        return frozenset(), frozenset()
    gone, back = set(known.gone), set(known.back)
    for signal, heard in newest_of(plan, known).items():
        is_live = heard.value_s is not None and at_s - heard.value_s <= plan.stale_s(signal)
        if not is_live and at_s >= known.log.off_from_s:
            gone.add(signal)
        elif is_live and signal in gone:
            back.add(signal)
    return frozenset(gone), frozenset(back)


# — what people said, and what they have not —


def _overdue(plan: Plan, log: Log, at_s: float) -> Iterator[Condition]:
    limit = plan.of_kind.get(Kind.OVERDUE)
    if limit is None:
        return
    for due in log.dues:
        if due.what != OFF_MONITOR and at_s - due.due_s >= limit.threshold_s:
            began_s, rises_s = due.due_s + limit.threshold_s, due.due_s + limit.rises_at_s
            yield _timed(
                limit, due.what, began_s, at_s, bundle="observations", word=due.words, rises_s=rises_s
            )


def _off(plan: Plan, known: Known, at_s: float) -> Iterator[Condition]:
    limit, until_s = plan.of_kind.get(Kind.OFF), known.log.off_until_s
    if limit is None or until_s is None or at_s <= until_s:
        return
    if known.gone and known.gone <= known.back:
        return  # every signal that went has come back by itself
    rises_s = until_s + limit.rises_at_s
    yield _timed(limit, OFF_MONITOR, until_s, at_s, word=known.log.off_reason, rises_s=rises_s)


def _calls(plan: Plan, log: Log, at_s: float) -> Iterable[Condition]:
    limit, since_s = plan.of_kind.get(Kind.CALL), log.calls_since_s
    return (
        [] if limit is None or since_s is None or at_s < since_s else [_timed(limit, "call", since_s, at_s)]
    )


def _tablet(plan: Plan, known: Known, at_s: float) -> Iterable[Condition]:
    limit, heard_s = plan.of_kind.get(Kind.TABLET), known.tablet_s
    if limit is None or heard_s is None or not known.log.flowing or at_s - heard_s < limit.threshold_s:
        return []
    return [_timed(limit, "tablet", heard_s + limit.threshold_s, at_s)]
