"""Two tablets at one chair, simulated: each with an outbox, each away and back, against the product's own merge and fold.

A client is what `static/js/outbox.js` is: it keeps an entry first, sends in order, purges on the answer, sends again when
the answer was lost, and keeps what was refused until a person sets it aside by a note. The clinic is the pure part of
`infusion.actions.charting`: the same id is the same entry, then the rules, then the log.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ebbtide.journey.infusion.events import FLOW_KINDS, Event, Kind, read_body
from ebbtide.journey.infusion.rules import broken_by_time, charted_apart, merged
from ebbtide.journey.infusion.session import NEXT, Phase, SessionState, fold

OPENED_AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BODIES: dict[str, dict[str, object]] = {
    "observation": {"spo2_percent": "97"},
    "note": {"text": "quiet"},
    "start": {"rate_mg_per_h": "52.5"},
    "resume": {"rate_mg_per_h": "52.5"},
    "rate_increase": {"rate_mg_per_h": "60"},
    "rate_decrease": {"rate_mg_per_h": "40"},
    "bolus": {"amount_mg": "10", "over_min": "5"},
    "pause": {},
    "stop": {},
    "correct": {},
    "withdraw": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happens: which tablet, what, and how long after the last thing (s)."""

    tablet: int
    does: str  # a kind of entry, or: away, back, send, lose_answer, kill
    after_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """An entry in an outbox."""

    event: Event
    charted_at: datetime
    seen_at: datetime | None


@dataclass
class Clinic:
    """The log, and what happened to each entry that arrived."""

    log: dict[UUID, Event] = field(default_factory=dict)

    def take(self, typed: Typed, at: datetime) -> bool:
        """Whether the entry is in the log now."""
        if typed.event.id in self.log:
            return True
        event, log = replace(typed.event, recorded_at=at), tuple(self.log.values())
        if broken_by_time(observed_at=event.observed_at, recorded_at=at, opened_at=OPENED_AT) is not None:
            return False
        apart = charted_apart(charted_at=typed.charted_at, seen_at=typed.seen_at, recorded_at=at, log=log)
        if merged(event, log, apart=apart).broken is not None:
            return False
        self.log[event.id] = event
        return True


@dataclass
class Tablet:
    """One tablet: its outbox is on the disk, what it has seen of the log is in memory."""

    number: int
    outbox: list[Typed] = field(default_factory=list)
    refused: list[Typed] = field(default_factory=list)
    seen: tuple[Event, ...] = ()
    seen_at: datetime | None = OPENED_AT
    is_away: bool = False

    def read(self, clinic: Clinic, at: datetime) -> None:
        """The page reads the log again."""
        if not self.is_away:
            self.seen, self.seen_at = tuple(clinic.log.values()), at

    def send(self, clinic: Clinic, at: datetime, *, lose_answer: bool = False) -> None:
        """Everything in order; an answer that is lost leaves the entry in the outbox, though the clinic has it."""
        if self.is_away:
            return
        for typed in tuple(self.outbox):
            if not clinic.take(typed, at):
                self.refused.append(typed)
            elif lose_answer:
                return
            self.outbox.remove(typed)
        self.read(clinic, at)


class History:
    """One history of two tablets, told step by step."""

    def __init__(self) -> None:
        self.at = OPENED_AT
        self.clinic = Clinic()
        self.tablets = (Tablet(number=0), Tablet(number=1))
        self.typed: list[Event] = []

    def tell(self, steps: Sequence[Step]) -> "History":
        """Play it, and let everybody come home."""
        for step in steps:
            self.at += timedelta(seconds=step.after_s)
            self.do(self.tablets[step.tablet], step.does)
        for tablet in (*self.tablets, *self.tablets):
            tablet.is_away = False
            self.at += timedelta(seconds=1)
            tablet.send(self.clinic, self.at)
            self.set_aside(tablet)
        return self

    def do(self, tablet: Tablet, does: str) -> None:
        """One step on one tablet."""
        if does in {"away", "back"}:
            tablet.is_away = does == "away"
        elif does == "kill":
            tablet.seen, tablet.seen_at = (), None  # the outbox is on the disk
        elif does in BODIES:
            self.chart(tablet, does)
        tablet.send(self.clinic, self.at, lose_answer=does == "lose_answer")

    def chart(self, tablet: Tablet, does: str) -> None:
        """Somebody presses a button: the entry lies in the outbox before anything else."""
        event = self._event(does) if does not in {"correct", "withdraw"} else self._correction(tablet, does)
        if event is not None:
            self.typed.append(event)
            tablet.outbox.append(Typed(event=event, charted_at=self.at, seen_at=tablet.seen_at))

    def _event(self, kind: str, body: dict[str, object] | None = None) -> Event:
        values = read_body(Kind(kind), BODIES[kind] if body is None else body)
        number = UUID(int=len(self.typed) + 1)
        return Event(id=number, kind=Kind(kind), observed_at=self.at, recorded_at=self.at, values=values)

    def _correction(self, tablet: Tablet, does: str) -> Event | None:
        """Of the last thing that this tablet believes to stand: what it saw of the log, and what it has typed since."""
        believed = (*tablet.seen, *(one.event for one in tablet.outbox))
        standing = fold(believed).events
        if not standing:
            return None
        old = standing[-1]
        return Event(
            id=UUID(int=len(self.typed) + 1), kind=old.kind, observed_at=old.observed_at, recorded_at=self.at,
            values={} if does == "withdraw" else old.values, replaces=old.id, withdrawn=does == "withdraw",
        )  # fmt: skip

    def set_aside(self, tablet: Tablet) -> None:
        """A person looks at what was refused, and charts why it is set aside."""
        for typed in tuple(tablet.refused):
            note = replace(
                typed.event, kind=Kind.NOTE, replaces=None, withdrawn=False,
                values=read_body(Kind.NOTE, {"text": f"Set aside: {typed.event.kind}"}),
            )  # fmt: skip
            self.typed[self.typed.index(typed.event)] = note
            tablet.refused.remove(typed)
            tablet.outbox.append(replace(typed, event=note))
        tablet.send(self.clinic, self.at)

    # — what must be true at the end —

    def faults(self) -> list[str]:
        """In words, what is wrong with how this history ended; empty when nothing is."""
        return [words for words, wrong in (
            ("an entry waits for ever", any(one.outbox or one.refused for one in self.tablets)),
            ("the log is not what was typed", self._contents(self.typed) != self._contents(self.clinic.log.values())),
            ("a conflict is not shown", bool(self.impossible() - self.shown())),
            ("the order of arrival means something", not self._same_in_any_order()),
        ) if wrong]  # fmt: skip

    @staticmethod
    def _contents(events: "Sequence[Event] | object") -> Counter[str]:
        """What was charted, as often as it was charted; when it arrived is left out."""
        return Counter(repr(replace(one, recorded_at=OPENED_AT)) for one in events)  # type: ignore[attr-defined]

    @property
    def state(self) -> SessionState:
        """What the log says now."""
        return fold(self.clinic.log.values())

    def shown(self) -> set[UUID]:
        """The entries that a person is told of."""
        return {problem.event for problem in self.state.problems}

    def impossible(self) -> set[UUID]:
        """Worked out apart from the fold: flow that fits no phase, and every correction but one of the same entry."""
        log = self.clinic.log
        found, phase, started = self._losing(), Phase.CHECKED_IN, False
        replaced = {one.replaces for one in log.values()} | found
        for one in sorted(log.values(), key=lambda event: (event.observed_at, event.id)):
            if one.id in replaced or one.withdrawn or one.kind not in FLOW_KINDS:
                continue
            if one.kind not in NEXT[phase] or (one.kind is Kind.START and started):
                found.add(one.id)
                continue
            started = started or one.kind in {Kind.START, Kind.RESUME, Kind.RATE_INCREASE, Kind.RATE_DECREASE}
            phase = NEXT[phase][one.kind]
        return found

    def _losing(self) -> set[UUID]:
        log = self.clinic.log
        replaced = {one.replaces for one in log.values()}
        ends: dict[UUID, list[Event]] = {}
        for one in log.values():
            if one.replaces is not None and one.id not in replaced:
                first = one
                while first.replaces is not None:
                    first = log[first.replaces]
                ends.setdefault(first.id, []).append(one)
        return {
            one.id
            for rivals in ends.values()
            for one in sorted(rivals, key=lambda event: (event.recorded_at, event.id))[:-1]
        }

    def _same_in_any_order(self) -> bool:
        return fold(reversed(self.clinic.log.values())) == self.state
