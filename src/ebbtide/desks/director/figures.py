"""The director's figures: each from the rows that `measured` read, with its n, its interval, and the period before.

Each function takes rows and answers a figure; `beneath` shows the same rows. What is not known is said and is never 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ebbtide.desks.director.measured import PERIOD, Asked, CourseFound, Measured, Sent
from ebbtide.ground.people.occupancy import minute_of
from ebbtide.journey.access.models import RequestStatus
from ebbtide.journey.outcomes.rules import CheckIn
from ebbtide.journey.registry.intervals import median_interval, middle, rule_of_three, wilson
from ebbtide.journey.registry.response import (
    LASTING_DAYS,
    Lasting,
    Response,
    lasting_at_eight_weeks,
)
from ebbtide.journey.registry.treated import TreatedVisit

DAYS = PERIOD.days
AHEAD = timedelta(days=7)
ENDED = frozenset({CheckIn.COMPLETED, CheckIn.PARTIAL, CheckIn.NO_ANSWER})
JUDGED = frozenset({Response.RESPONDER, Response.NOT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure with what it stands on, the period before, and the name of the rows beneath it."""

    name: str
    label: str
    number: str
    note: str
    before: str

    @property
    def lines(self) -> list[str]:
        """The note, one thing a line."""
        return self.note.split(" · ")


def percent(share: float) -> str:
    """A share as a whole percentage; number and sign stay on one line."""
    return f"{share * 100:.0f}\N{NO-BREAK SPACE}%"


def hours_in_words(hours: float) -> str:
    """A time that passed: hours up to two days, then days."""
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.1f} days"


def share_words(hits: int, of: int) -> str:
    """A count of a count with the interval of its share."""
    low, high = wilson(hits=hits, of=of)
    return f"{hits} of {of} · 95 % interval {percent(low)} to {percent(high)} (Wilson)"


def before_words(hits: int, of: int) -> str:
    """The same share in the period before, or that there is none."""
    return (
        f"the {DAYS} days before: {percent(hits / of)}, {hits} of {of}"
        if of
        else f"the {DAYS} days before: none"
    )


def figures_of(measured: Measured) -> list[Figure]:
    """All of them, in the order of the page."""
    return [make(measured) for make in FIGURES.values()]


# — completion —


def check_ins_in(measured: Measured, *, back: int = 0) -> list[Sent]:
    """The check-ins that were due in a period and are over: completed, or closed."""
    return [
        row for row in measured.check_ins if measured.in_period(row.due_on, back=back) and row.state in ENDED
    ]


def completion(measured: Measured) -> Figure:
    """Check-ins that came back whole, of those that were asked by link and are over."""
    rows, earlier = check_ins_in(measured), check_ins_in(measured, back=1)
    hits, hits_before = (sum(row.state is CheckIn.COMPLETED for row in some) for some in (rows, earlier))
    running = sum(measured.in_period(row.due_on) and row.state not in ENDED for row in measured.check_ins)
    note = share_words(hits, len(rows)) if rows else f"no check-in ended in {DAYS} days"
    return Figure(
        name="completion",
        label="Check-ins completed, of those asked",
        number=percent(hits / len(rows)) if rows else "–",
        note=f"{note} · {running} still open" if running else note,
        before=before_words(hits_before, len(earlier)),
    )


# — response —


def courses_in(measured: Measured, *, back: int = 0) -> list[CourseFound]:
    """The courses that came to be judged in a period: day 21 and its window are over, or all answers are in."""
    return [
        found
        for found in measured.courses
        if found.judged is not None
        and found.judged.response is not Response.NOT_YET
        and measured.in_period(_judged_on(measured, found), back=back)
    ]


def _judged_on(measured: Measured, found: CourseFound) -> date | None:
    due = found.course.judged_on
    return None if due is None else min(due, measured.today)


def response(measured: Measured) -> Figure:
    """Responders of those judged at day 21, and how many could not be judged."""
    rows, earlier = courses_in(measured), courses_in(measured, back=1)
    judged, judged_before = ([row for row in some if _is(row, JUDGED)] for some in (rows, earlier))
    hits, hits_before = (
        sum(_is(row, {Response.RESPONDER}) for row in some) for some in (judged, judged_before)
    )
    missing = len(rows) - len(judged)
    said = share_words(hits, len(judged)) if judged else f"no course could be judged in {DAYS} days"
    return Figure(
        name="response",
        label="Responders at day 21, of courses judged",
        number=percent(hits / len(judged)) if judged else "–",
        note=f"{said} · {missing} could not be judged: answers are missing" if missing else said,
        before=before_words(hits_before, len(judged_before)),
    )


def _is(found: CourseFound, among: frozenset[Response] | set[Response]) -> bool:
    return found.judged is not None and found.judged.response in among


# — how long relief lasts —


def responders_in(measured: Measured, *, back: int = 0) -> list[tuple[CourseFound, Lasting]]:
    """The courses that responded and whose eighth week ended in a period, with what is known then."""
    return [
        (found, lasting_at_eight_weeks(found.judged.lasted if found.judged else None))
        for found in measured.courses
        if _is(found, {Response.RESPONDER}) and measured.in_period(_eighth_week(found), back=back)
    ]


def _eighth_week(found: CourseFound) -> date | None:
    ended_on = found.course.ended_on
    return ended_on + timedelta(days=LASTING_DAYS) if ended_on else None


def lasting(measured: Measured) -> Figure:
    """Relief that lasted eight weeks, of the courses that responded and were followed so long."""
    rows, earlier = responders_in(measured), responders_in(measured, back=1)
    hits, of = _lasted(rows)
    hits_before, of_before = _lasted(earlier)
    unknown = len(rows) - of
    return Figure(
        name="lasting",
        label="Relief that lasted 8 weeks, of responders followed",
        number=percent(hits / of) if of else "not yet",
        note=f"{share_words(hits, of)} · {unknown} not followed so long" if of else _not_yet(measured),
        before=before_words(hits_before, of_before),
    )


def _lasted(rows: Sequence[tuple[CourseFound, Lasting]]) -> tuple[int, int]:
    known = [word for _, word in rows if word is not Lasting.UNKNOWN]
    return sum(word is Lasting.LASTED for word in known), len(known)


def _not_yet(measured: Measured) -> str:
    followed = [
        found.judged.lasted.days
        for found in measured.courses
        if found.judged is not None and _is(found, {Response.RESPONDER}) and found.judged.lasted is not None
    ]
    if not followed:
        return "no course has responded and been followed"
    return f"{len(followed)} responder{'s' * (len(followed) != 1)}, followed for {max(followed)} days at most"


# — harm —


def infusions_in(measured: Measured, *, back: int = 0) -> list[TreatedVisit]:
    """The infusions of a period with an exposure."""
    return [row for row in measured.visits if row.given is not None and measured.in_period(row.on, back=back)]


def harm(measured: Measured) -> Figure:
    """Infusions with an adverse event in their log; none is shown with what it may hide."""
    rows, earlier = infusions_in(measured), infusions_in(measured, back=1)
    hits, hits_before = (sum(row.adverse_events > 0 for row in some) for some in (rows, earlier))
    return Figure(
        name="harm",
        label="Infusions with an adverse event",
        number=_harm_number(hits, len(rows)),
        note=_harm_note(rows, hits),
        before=before_words(hits_before, len(earlier)),
    )


def _harm_number(hits: int, of: int) -> str:
    if not of:
        return "–"
    return percent(hits / of) if hits else f"0 of {of}"


def _harm_note(rows: Sequence[TreatedVisit], hits: int) -> str:
    if not rows:
        return f"no infusion in {DAYS} days"
    if not hits:
        return (
            f"none charted; as many as {percent(rule_of_three(len(rows)))} could be so (95 %, rule of three)"
        )
    events, severe = sum(row.adverse_events for row in rows), sum(row.severe_events for row in rows)
    return f"{share_words(hits, len(rows))} · {events} event{'s' * (events != 1)}, {severe} severe"


# — chairs —


def chair_visits_in(measured: Measured, *, back: int = 0) -> list[TreatedVisit]:
    """The visits whose booked time began and is over in a period."""
    return [
        row
        for row in measured.visits
        if row.ends_at <= measured.at and measured.in_period(measured.day_of(row.starts_at), back=back)
    ]


def booked_h(rows: Sequence[TreatedVisit]) -> float:
    """Hours these visits were booked for."""
    return sum((row.ends_at - row.starts_at).total_seconds() for row in rows) / 3600


def used_h(row: TreatedVisit) -> float | None:
    """Hours from check-in until the person left, or else until the drug was stopped; None when it is not recorded."""
    if row.opened_at is None or row.used_until is None:
        return None
    return max(0.0, (row.used_until - row.opened_at).total_seconds() / 3600)


def chairs(measured: Measured) -> Figure:
    """Hours on the chairs: used, of booked; and what is booked of the open hours ahead."""
    rows, earlier = chair_visits_in(measured), chair_visits_in(measured, back=1)
    known = [hours for row in rows if (hours := used_h(row)) is not None]
    known_before = [hours for row in earlier if (hours := used_h(row)) is not None]
    note = f"{len(rows)} visits in {DAYS} days, {len(rows) - len(known)} without a recorded use · sums, no interval"
    return Figure(
        name="chairs",
        label="Chair hours used, of hours booked",
        number=f"{sum(known):.0f} of {booked_h(rows):.0f} h" if rows else "–",
        note=f"{note if rows else f'no visit in {DAYS} days'} · {_ahead(measured)}",
        before=f"the {DAYS} days before: {sum(known_before):.0f} of {booked_h(earlier):.0f} h"
        if earlier
        else f"the {DAYS} days before: none",
    )


def _ahead(measured: Measured) -> str:
    open_h = measured.open_now.chairs * _open_hours(measured)
    if not open_h:
        return f"no chair is open in the next {AHEAD.days} days"
    last = measured.today + AHEAD
    coming = [
        row
        for row in measured.visits
        if row.status == "booked" and measured.today < (measured.day_of(row.starts_at) or last) <= last
    ]
    return f"next {AHEAD.days} days: {booked_h(coming):.0f} h booked of {open_h:.0f} h open"


def _open_hours(measured: Measured) -> float:
    spans = (measured.hours.on(measured.today + timedelta(days=n)) for n in range(1, AHEAD.days + 1))
    return sum(minute_of(span[1]) - minute_of(span[0]) for span in spans if span) / 60


# — waiting —


def waiting_now(measured: Measured) -> list[Asked]:
    """The requests that nobody has answered, the oldest first."""
    return [row for row in measured.requests if row.status == RequestStatus.RECEIVED]


def answered_in(measured: Measured, *, back: int = 0) -> list[float]:
    """Hours from a request to its answer, of those answered in a period."""
    return [
        (row.decided_at - row.received_at).total_seconds() / 3600
        for row in measured.requests
        if row.decided_at is not None and measured.in_period(measured.day_of(row.decided_at), back=back)
    ]


def waiting(measured: Measured) -> Figure:
    """How many wait for triage and for how long, and how long the answered ones waited."""
    ages = [(measured.at - row.received_at).total_seconds() / 3600 for row in waiting_now(measured)]
    note = f"the oldest for {hours_in_words(max(ages))}" if ages else "nobody waits"
    earlier = answered_in(measured, back=1)
    return Figure(
        name="waiting",
        label="Requests waiting for triage",
        number=str(len(ages)),
        note=f"{note} · answered after a median of {_median_words(answered_in(measured))}",
        before=f"the {DAYS} days before: {_median_words(earlier)}",
    )


def _median_words(hours: Sequence[float]) -> str:
    found = middle(hours)
    if found is None:
        return "– (none answered)"
    span = median_interval(hours)
    sure = (
        f"95 % interval {hours_in_words(span[0])} to {hours_in_words(span[1])} (order of the values)"
        if span
        else "too few for an interval"
    )
    return f"{hours_in_words(found)}, {len(hours)} answered, {sure}"


FIGURES: Mapping[str, Callable[[Measured], Figure]] = {
    "completion": completion,
    "response": response,
    "lasting": lasting,
    "harm": harm,
    "chairs": chairs,
    "waiting": waiting,
}
