"""What stands on one tile of the wall. Pure: states and times in, words out; the page's own timer counts on from there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

CHECK_LATE_S, CHECK_VERY_LATE_S = 60, 300  # check-limits.yaml, CHK-OVERDUE [design]
DEEP_RASS = -3  # check-limits.yaml, CHK-RASS [design]
OFF_LATE_S = 120  # check-limits.yaml, off_monitor: medium when the timer ends, high after this [design]
LATE_MIN = 10  # a visit that nobody checked in is called late after so long [design]


class Weight(StrEnum):
    """How much a state weighs; the first three are the priorities of protocol checks and carry their colours."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    PLAIN = "plain"
    QUIET = "quiet"


WEIGHTS = tuple(Weight)
MOST_ALSO = 2  # further things that a tile has room for; the chair page has all [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """A number of seconds that the page counts on by itself: `left` and `due` downward, `since`, `late` and `age` upward."""

    kind: str
    seconds: int
    before: str = ""

    @property
    def words(self) -> str:
        return f"{self.before} {_counted(self.kind, self.seconds)}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One signal of a bound monitor: how old its newest reading is, and what that makes of it."""

    name: str
    state: str
    age_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OffMonitor:
    """Somebody who is off the monitor for a reason, and until when."""

    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """A script that is open."""

    title: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A protocol check of a limit on a value; what the wall judges by itself (ages, calls, observations) is not repeated."""

    priority: str
    title: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seated:
    """Somebody who was checked in on a chair and has not left."""

    session: UUID
    who: str
    phase: str
    since: datetime
    ends_at: datetime | None = None
    bound: bool = False
    signals: Sequence[Signal] = ()
    calls_since: datetime | None = None
    emergencies: Sequence[Emergency] = ()
    off_monitor: OffMonitor | None = None
    rass: int | None = None
    check_due_at: datetime | None = None
    checks: Sequence[Check] = ()
    # a high check of any kind that nobody took within a minute
    second_person: bool = False
    may_open: bool = False
    may_answer: bool = False
    patient: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """The next booked visit of a chair on this day that nobody has checked in."""

    starts_at: datetime
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One thing to know about a chair: its weight, its word, and for how long where that is counted."""

    weight: Weight
    word: str
    count: Counting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One chair."""

    chair: str
    phase: str
    who: str = ""
    count: Counting | None = None
    worst: State | None = None
    # what is not the worst: an open call, an emergency, time off the monitor; signals that are not live
    also: Sequence[State] = ()
    age: Counting | None = None
    check: Counting | None = None
    session: UUID | None = None
    patient: UUID | None = None  # whose session it is: the token of its forms names them
    occupied: bool = False
    may_answer: bool = False

    def nameless(self) -> "Tile":
        """The same chair for a screen that nobody is signed in at: no name, nothing to open, nothing to press."""
        return replace(self, who="", session=None, patient=None, may_answer=False)


PHASES = {
    "checked_in": "Checked in",
    "running": "Infusing",
    "paused": "Paused",
    "stopped": "Stopped",
    "recovering": "Recovering",
}
SIGNAL_STATES = {
    "lost": State(weight=Weight.HIGH, word="lost"),
    "no_data": State(weight=Weight.LOW, word="no data"),
    "probe_off": State(weight=Weight.LOW, word="probe off"),
    "artefact": State(weight=Weight.LOW, word="artefact"),
    "stale": State(weight=Weight.LOW, word="stale"),
    "off_monitor": State(weight=Weight.PLAIN, word="off monitor"),
}


def short_name(given_name: str, family_name: str) -> str:
    """What a wall may say of a person: first name and initial (decision 0007)."""
    initial = f" {family_name[0]}." if family_name else ""
    return f"{given_name}{initial}"


def tile(chair: str, seated: Seated | None, coming: Coming | None, *, at: datetime, zone: str) -> Tile:
    """The chair as it is at this moment."""
    if seated is not None:
        return _occupied(chair, seated, at)
    if coming is None:
        return Tile(chair=chair, phase="Free")
    late_s = _seconds(coming.starts_at, at)
    clock = f"{coming.starts_at.astimezone(ZoneInfo(zone)):%H:%M}"
    if late_s <= 0:
        return Tile(chair=chair, phase=f"Free until {clock}", who=coming.who)
    late = Counting(kind="late", seconds=late_s) if late_s >= LATE_MIN * 60 else None
    return Tile(chair=chair, phase=f"Expected {clock}", who=coming.who, count=late)


def _occupied(chair: str, seated: Seated, at: datetime) -> Tile:
    ages = [one.age_s for one in seated.signals if one.age_s is not None]
    due = seated.check_due_at
    states = sorted(states_of(seated, at), key=lambda state: WEIGHTS.index(state.weight))
    return Tile(
        chair=chair,
        phase=PHASES.get(seated.phase, seated.phase.replace("_", " ").capitalize()),
        who=seated.who,
        count=_count(seated, at),
        worst=states[0],
        also=_also(states[1:], seated, at),
        age=Counting(kind="age", seconds=min(ages), before="newest data") if ages else None,
        check=Counting(kind="due", seconds=_seconds(at, due), before="next check") if due else None,
        session=seated.session if seated.may_open else None,
        patient=seated.patient if seated.may_open else None,
        occupied=True,
        may_answer=seated.may_answer and seated.may_open and seated.calls_since is not None,
    )


def _also(states: Sequence[State], seated: Seated, at: datetime) -> list[State]:
    """What people said, and then the data: beside something heavier nobody may take an old number for a new one."""
    said = [state for state in states if state.count is not None]
    signals = _signals(seated, at)
    hidden = [state for state in signals if state in states]
    if len(hidden) > 1:  # all of them, with the one that may stand above
        hidden = [State(weight=hidden[0].weight, word=f"{len(signals)} signals not live")]
    return [*said, *hidden][:MOST_ALSO]


def _signals(seated: Seated, at: datetime) -> list[State]:
    """The signals without a value of now, the heaviest first."""
    if seated.off_monitor and at < seated.off_monitor.until:
        return []
    found = [
        State(weight=SIGNAL_STATES[one.state].weight, word=f"{one.name} {SIGNAL_STATES[one.state].word}")
        for one in seated.signals
        if one.state in SIGNAL_STATES
    ]
    return sorted(found, key=lambda state: WEIGHTS.index(state.weight))


def _count(seated: Seated, at: datetime) -> Counting:
    if seated.phase == "running" and seated.ends_at is not None:
        return Counting(kind="left", seconds=_seconds(at, seated.ends_at))
    return Counting(kind="since", seconds=_seconds(seated.since, at))


def states_of(seated: Seated, at: datetime) -> list[State]:
    """Everything to know about an occupied chair; the heaviest of it stands on the tile."""
    found = [
        *_emergencies(seated, at),
        *_checks(seated, at),
        *_said_by_people(seated, at),
        *_off_monitor(seated, at),
        *_overdue(seated, at),
    ]
    found += _signals(seated, at)
    if not seated.bound:
        found.append(State(weight=Weight.PLAIN, word="no monitor bound"))
    elif not seated.signals:
        found.append(State(weight=Weight.LOW, word="monitor sends nothing"))
    return [*found, State(weight=Weight.QUIET, word="data live" if seated.bound else "")]


def _emergencies(seated: Seated, at: datetime) -> list[State]:
    """Each script that is open, with its clock."""
    return [
        State(
            weight=Weight.HIGH,
            word=f"EMERGENCY {one.title}",
            count=Counting(kind="since", seconds=_seconds(one.since, at)),
        )
        for one in seated.emergencies
    ]


def _checks(seated: Seated, at: datetime) -> list[State]:
    """What is beyond its limit, and whether a second person is called."""
    found = [
        State(
            weight=Weight(one.priority),
            word=one.title,
            count=Counting(kind="since", seconds=_seconds(one.since, at)),
        )
        for one in seated.checks
    ]
    if seated.second_person:
        found.insert(0, State(weight=Weight.HIGH, word="SECOND PERSON"))
    return found


def _off_monitor(seated: Seated, at: datetime) -> list[State]:
    """Off the monitor with its timer; once the timer has ended it weighs, and more so after a while."""
    off = seated.off_monitor
    if off is None:
        return []
    left_s = _seconds(at, off.until)
    weight = Weight.PLAIN if left_s >= 0 else (Weight.MEDIUM if -left_s < OFF_LATE_S else Weight.HIGH)
    word = f"off monitor, {off.reason}" if off.reason else "off monitor"
    return [State(weight=weight, word=word, count=Counting(kind="left", seconds=left_s))]


def _said_by_people(seated: Seated, at: datetime) -> list[State]:
    found = []
    if seated.rass is not None and seated.rass <= DEEP_RASS:
        found.append(State(weight=Weight.HIGH, word=f"RASS {seated.rass}"))
    if seated.calls_since is not None:
        count = Counting(kind="since", seconds=_seconds(seated.calls_since, at))
        found.append(State(weight=Weight.MEDIUM, word="patient calls", count=count))
    return found


def _overdue(seated: Seated, at: datetime) -> list[State]:
    late_s = _seconds(seated.check_due_at, at) if seated.check_due_at else 0
    if late_s < CHECK_LATE_S:
        return []
    weight = Weight.MEDIUM if late_s >= CHECK_VERY_LATE_S else Weight.LOW
    return [State(weight=weight, word="check overdue")]


def _seconds(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds())


def _counted(kind: str, seconds: int) -> str:
    """The same words as `counted` in station.js; both are tested with the same table."""
    said = span_words(abs(seconds))
    if kind == "left":
        return f"{said} left" if seconds >= 0 else f"{said} over"
    if kind == "due":
        return f"in {said}" if seconds >= 0 else f"overdue {said}"
    return {"since": "for {}", "late": "{} late"}.get(kind, "{} ago").format(said)


def span_words(seconds: int) -> str:
    """A span as it is read from four metres: 42 s, 12 min, 3 h."""
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h"
