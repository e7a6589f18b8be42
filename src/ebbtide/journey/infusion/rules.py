"""Rules of the infusion: when something may be charted, how much may flow, and what must be true before. No clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ebbtide.journey.careplan.dosing import DoseFigures, StepFigures, StepKind, plain
from ebbtide.journey.infusion.events import UG_PER_MG, Event, Kind
from ebbtide.journey.infusion.flow import Pause
from ebbtide.journey.infusion.session import Phase, Problem, SessionState, fold

GATE_VALID_FOR = timedelta(minutes=60)  # a gate that passed counts for so long [design]
LATE_AFTER = timedelta(minutes=5)  # what is written down later than this is marked late [design]
CLOCKS_DIFFER_BY = timedelta(seconds=60)  # a tablet's clock may run ahead of ours by so much [design]
CHARTED_FOR = timedelta(
    hours=24
)  # a session of one day; what happens later belongs to another visit [design]
CALL_AFTER_PAUSES = 3  # for the same reason, within CALL_WITHIN: call the prescriber; after Open PCA [design]
CALL_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule that is not kept: its name, and the sentence for the person at the chair."""

    rule: str
    sentence: str


# — when —


def is_late(*, observed_at: datetime, recorded_at: datetime) -> bool:
    """Whether an entry was written down so long after the event that the log marks it."""
    return recorded_at - observed_at > LATE_AFTER


def newest_instant(wall: time, *, now: datetime, zone: str) -> datetime:
    """The newest instant of that hour and minute on the clinic's wall that is not ahead: what a paper says, entered later."""
    here = now.astimezone(ZoneInfo(zone))
    found = here.replace(hour=wall.hour, minute=wall.minute, second=0, microsecond=0)
    return (found if found <= here else found - timedelta(days=1)).astimezone(now.tzinfo)


def broken_by_time(*, observed_at: datetime, recorded_at: datetime, opened_at: datetime) -> Broken | None:
    """An entry's time lies inside its session and not in the future (wish W13)."""
    if observed_at > recorded_at + CLOCKS_DIFFER_BY:
        return Broken(
            rule="INF-FUTURE", sentence="The time of this entry lies in the future: enter when it happened."
        )
    if observed_at < opened_at:
        return Broken(
            rule="INF-BEFORE",
            sentence="The time of this entry lies before the check-in: enter a time inside this session.",
        )
    if observed_at > opened_at + CHARTED_FOR:
        return Broken(
            rule="INF-AFTER",
            sentence="This session was opened more than 24 h before that time: chart it in the session of its own day.",
        )
    return None


# — what may follow what —


def broken_by_fold(before: Sequence[Problem], after: Sequence[Problem]) -> Broken | None:
    """A new entry may not make the log say something that cannot have happened."""
    known = set(before)
    fresh = next((one for one in after if one not in known), None)
    return None if fresh is None else Broken(rule="INF-ORDER", sentence=fresh.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What the log says with one more entry in it, and the rule that keeps the entry out, if one does."""

    state: SessionState
    broken: Broken | None


def charted_apart(
    *, charted_at: datetime | None, seen_at: datetime | None, recorded_at: datetime, log: Sequence[Event]
) -> bool:
    """Whether who charted this could not know all that the log says: it waited on a tablet, or others charted meanwhile.

    Args:
        charted_at: when the person pressed the button; None for an entry that came from no tablet.
        seen_at: up to when that tablet had read the log; None when it had not.
        recorded_at: when the entry arrived here.
        log: what is charted already.
    """
    if charted_at is None:
        return False
    waited = recorded_at - charted_at > CLOCKS_DIFFER_BY
    return waited or seen_at is None or any(one.recorded_at > seen_at for one in log)


def merged(new: Event, log: Sequence[Event], *, apart: bool) -> Merged:
    """The log with one more entry. What was charted apart is kept even when it fits nothing: the fold shows the conflict."""
    state = fold((*log, new))
    broken = broken_by_place(new, log, apart=apart)
    if broken is None and not apart:
        broken = broken_by_fold(fold(log).problems, state.problems)
    return Merged(state=state, broken=broken)


def broken_by_place(new: Event, log: Sequence[Event], *, apart: bool) -> Broken | None:
    """A correction names an entry of this log and of its own kind, and one that nobody corrected before it."""
    if new.replaces is None:
        words = "Say which entry is withdrawn: choose it in the log."
        return Broken(rule="INF-WITHDRAW", sentence=words) if new.withdrawn else None
    old = next((one for one in log if one.id == new.replaces), None)
    if old is None or old.kind is not new.kind:
        return Broken(
            rule="INF-REPLACES",
            sentence="A correction names an entry of this session and of its own kind: choose it in the log.",
        )
    if not apart and (old.withdrawn or any(one.replaces == old.id for one in log)):
        return Broken(
            rule="INF-REPLACED",
            sentence="Somebody corrected this entry meanwhile: read the log and correct what stands there.",
        )
    return None


# — how much —


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """One infusion of the order, as the chair needs it: every figure is the printed one."""

    total_ug: int
    minutes: int
    rate_steps: tuple[StepFigures, ...]
    bolus_mg: tuple[Decimal, ...]

    @classmethod
    def of(cls, figures: DoseFigures) -> "Ordered":
        """What an order's figures allow."""
        return cls(
            total_ug=int(figures.mg * UG_PER_MG),
            minutes=figures.minutes,
            rate_steps=tuple(step for step in figures.steps if step.kind is StepKind.RATE),
            bolus_mg=tuple(step.mg for step in figures.steps if step.kind is StepKind.BOLUS),
        )

    @property
    def highest_mg_per_h(self) -> Decimal:
        """The highest rate of any step (mg/h): hard, because order, limits and second check stand behind it."""
        return max(step.mg_per_h for step in self.rate_steps)

    def step_at(self, flowed_min: float) -> StepFigures:
        """The step that is due after the pump has run for so long; the last one when the time is over."""
        end_min = 0.0
        for step in self.rate_steps:
            end_min += step.minutes
            if flowed_min < end_min:
                return step
        return self.rate_steps[-1]


def broken_by_rate(
    rate_mg_per_h: Decimal, *, ordered: Ordered, flowed_min: float, reason: str
) -> Broken | None:
    """Never above the order's highest step; above the step that is due now only with a reason.

    A signed order's steps have passed every hard limit of the careplan, so a rate that is not above the highest step
    passes them too: one boundary stands for all of them.
    """
    highest = ordered.highest_mg_per_h
    if rate_mg_per_h > highest:
        return Broken(
            rule="INF-RATE-HARD",
            sentence=f"{plain(rate_mg_per_h)} mg/h is above {plain(highest)} mg/h, the highest rate of this order: "
            "lower it, or ask the prescriber for a new order.",
        )
    due = ordered.step_at(flowed_min).mg_per_h
    if rate_mg_per_h > due and not reason.strip():
        return Broken(
            rule="INF-RATE-SOFT",
            sentence=f"{plain(rate_mg_per_h)} mg/h is above {plain(due)} mg/h, the step that is due now: say why.",
        )
    return None


def broken_by_bolus(
    amount_mg: Decimal, *, ordered: Ordered, state: SessionState, reason: str
) -> Broken | None:
    """A bolus only from an order that has one; never more in all than it says, one above its own step with a reason."""
    if not ordered.bolus_mg:
        return Broken(
            rule="INF-BOLUS-NONE",
            sentence="This order has no bolus: ask the prescriber for a new order.",
        )
    given_mg = sum((part.amount_mg for part in state.boluses), start=Decimal(0))
    left_mg = sum(ordered.bolus_mg) - given_mg
    if amount_mg > left_mg:
        return Broken(
            rule="INF-BOLUS-HARD",
            sentence=f"{plain(amount_mg)} mg is more than the {plain_or_zero(left_mg)} mg of bolus that this order has left: "
            "lower it, or ask the prescriber for a new order.",
        )
    next_mg = ordered.bolus_mg[min(len(state.boluses), len(ordered.bolus_mg) - 1)]
    if amount_mg > next_mg and not reason.strip():
        return Broken(
            rule="INF-BOLUS-SOFT",
            sentence=f"{plain(amount_mg)} mg is above {plain(next_mg)} mg, the bolus that is due now: say why.",
        )
    return None


def broken_by_total(*, ordered: Ordered, given_ug: int) -> Broken | None:
    """Nothing more flows once the ordered dose is in, pauses and restarts counted (hazard H6)."""
    if given_ug < ordered.total_ug:
        return None
    return Broken(
        rule="INF-TOTAL",
        sentence=f"The ordered {mg_words(ordered.total_ug)} has gone in ({mg_words(given_ug)} by this log): stop, more drug is a new order.",
    )


def broken_by_gate(
    *, passed_at: datetime | None, newest_passed: bool, observed_at: datetime
) -> Broken | None:
    """A start needs the newest gate to have passed, at most an hour before."""
    if passed_at is None or not newest_passed:
        return Broken(rule="INF-GATE", sentence="The start gate has not passed: go through it, then start.")
    if not timedelta(0) <= observed_at - passed_at <= GATE_VALID_FOR:
        return Broken(
            rule="INF-GATE-OLD",
            sentence="The start gate did not pass within the 60 min before this start: go through it again, then start.",
        )
    return None


def broken_by_pauses(pauses: Sequence[Pause], *, at: datetime, by_prescriber: bool) -> Broken | None:
    """After three pauses for one reason within ten minutes a prescriber resumes, nobody else."""
    recent = [one.reason.strip().casefold() for one in pauses if at - one.from_at <= CALL_WITHIN]
    if by_prescriber or not any(recent.count(why) >= CALL_AFTER_PAUSES for why in set(recent)):
        return None
    return Broken(
        rule="INF-PAUSES",
        sentence="Paused 3 times for one reason within 10 min: call the prescriber, who resumes or stops.",
    )


def kind_may_open(kind: Kind, phase: Phase) -> bool:
    """Whether this entry lets the first drug flow, and so needs the gate."""
    return kind in {Kind.START, Kind.BOLUS} and phase is Phase.CHECKED_IN


def plain_or_zero(value: Decimal) -> str:
    """A decimal as a person writes it, never below zero."""
    return plain(value) if value > 0 else "0"


def mg_words(amount_ug: int) -> str:
    """An amount for a sentence: "12.5 mg"."""
    return f"{plain_or_zero(Decimal(amount_ug) / UG_PER_MG)} mg"
