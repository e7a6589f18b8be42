"""Rules of the outcomes: check-ins, alerts and their clocks. No clock, no database; every refusal says what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

OPENS_AT = time(8, 0)  # on the wall of the clinic; no letter wakes anybody [design]
LETTERS_UNTIL = time(20, 0)  # on the wall of the clinic; later ones wait for the morning [design]
REMINDERS_MAX = 2  # letters after the first [design]
SELF_HARM_WITHIN_MIN = 60  # min of on-call time until somebody has spoken with the person [design]
BLOOD_WITHIN_MIN = 24 * 60  # min; urinalysis is ordered within a day [design]
NOTE_MIN = 10  # characters; "ok" tells a later reader nothing [design]
EVERY_DAY, WORKING_DAYS = "every_day", "working_days"
WORKING_WEEKDAYS = range(5)


class Broken(Exception):
    """A rule that is not kept: its name, and the sentence for the person who acts."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule, self.sentence = rule, sentence


class CheckIn(StrEnum):
    """Where a check-in stands. `at_visit`: nothing of it is asked by link."""

    NOT_YET = "not_yet"
    WAITING = "waiting"
    STARTED = "started"
    COMPLETED = "completed"
    PARTIAL = "partial"
    NO_ANSWER = "no_answer"
    AT_VISIT = "at_visit"


IN_WORDS: Mapping[CheckIn, str] = {
    CheckIn.NOT_YET: "not open yet",
    CheckIn.WAITING: "waiting for an answer",
    CheckIn.STARTED: "begun, can be finished",
    CheckIn.COMPLETED: "completed",
    CheckIn.PARTIAL: "closed, partly answered",
    CheckIn.NO_ANSWER: "closed, not answered",
    CheckIn.AT_VISIT: "asked at the visit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From when until when a check-in takes answers."""

    opens_at: datetime
    closes_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether it takes answers at this time."""
        return self.opens_at <= at < self.closes_at


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallHours:
    """When somebody reads what arrives by link, on the wall of the clinic."""

    begins: time
    ends: time
    days: str = EVERY_DAY

    def on(self, day: date) -> bool:
        """Whether anybody reads on this day."""
        return self.days == EVERY_DAY or day.weekday() in WORKING_WEEKDAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """The clinic's setting `outcomes.on_call`, as it was read: who answers for item 9, under which number, when."""

    name: str
    phone: str
    hours: OnCallHours


def on_call_from(value: Any) -> OnCall | None:
    """The setting as values; None when it is not set, or says too little to rely on.

    Its form: `{"name": "Robin Lee", "phone": "+1 312 555 0199", "from": "08:00", "to": "20:00", "days": "every_day"}`.
    """
    if not isinstance(value, Mapping) or not all(value.get(key) for key in ("name", "phone", "from", "to")):
        return None
    try:
        begins, ends = (time.fromisoformat(str(value[key])) for key in ("from", "to"))
    except ValueError:
        return None
    if ends <= begins:
        return None
    days = WORKING_DAYS if value.get("days") == WORKING_DAYS else EVERY_DAY
    return OnCall(
        name=str(value["name"]),
        phone=str(value["phone"]),
        hours=OnCallHours(begins=begins, ends=ends, days=days),
    )


def window(*, due_on: date, closes_on: date, zone: str) -> Window:
    """A check-in opens in the morning of its day and closes at the end of its last one, on the wall of the clinic."""
    wall = ZoneInfo(zone)
    opens = datetime.combine(due_on, OPENS_AT, tzinfo=wall)
    closes = datetime.combine(closes_on + timedelta(days=1), time(), tzinfo=wall)
    return Window(opens_at=opens.astimezone(UTC), closes_at=closes.astimezone(UTC))


def letters_may_go(at: datetime, *, zone: str) -> bool:
    """Whether a letter may leave now: between morning and evening on the wall of the clinic."""
    wall = at.astimezone(ZoneInfo(zone)).time()
    return OPENS_AT <= wall < LETTERS_UNTIL


def state_of(*, asked: int, touched: int, when: Window, at: datetime) -> CheckIn:
    """Where a check-in stands: `touched` of the `asked` questions were answered or declined. Nothing touched is never completed."""
    if asked == 0:
        return CheckIn.AT_VISIT
    if touched >= asked:
        return CheckIn.COMPLETED
    if at < when.opens_at:
        return CheckIn.NOT_YET
    if when.holds(at):
        return CheckIn.STARTED if touched else CheckIn.WAITING
    return CheckIn.PARTIAL if touched else CheckIn.NO_ANSWER


def check_open(when: Window, *, at: datetime) -> None:
    """The check-in takes answers now (OUT-CLOSED)."""
    if not when.holds(at):
        raise Broken("OUT-CLOSED", "This check-in is not open: nothing was changed. Call the clinic instead.")


def check_reminder(state: CheckIn, *, sent: int, has_email: bool) -> None:
    """A reminder goes only to somebody who has not finished, and at most twice (OUT-DONE, OUT-REMINDED, OUT-NOMAIL)."""
    if state not in {CheckIn.WAITING, CheckIn.STARTED}:
        raise Broken("OUT-DONE", f"No reminder is needed: the check-in is {IN_WORDS[state]}.")
    if sent >= REMINDERS_MAX:
        raise Broken("OUT-REMINDED", f"{sent} reminders were sent already: call the person instead.")
    if not has_email:
        raise Broken("OUT-NOMAIL", "No e-mail address is recorded: call the person instead.")


def check_note(note: str) -> None:
    """A closing note says who spoke with the person and what came of it (OUT-NOTE)."""
    if len(note.strip()) < NOTE_MIN:
        raise Broken(
            "OUT-NOTE", "Say who spoke with the person and what came of it, in at least one short sentence."
        )


def alert_due_at(opened_at: datetime, *, within_min: int, hours: OnCallHours | None, zone: str) -> datetime:
    """When an alert must have been answered: so many minutes of the time in which somebody is on call.

    Without hours (somebody of the clinic sits beside the person) the minutes run at once.
    """
    if hours is None:
        return opened_at + timedelta(minutes=within_min)
    return _begins(opened_at, hours, ZoneInfo(zone)) + timedelta(minutes=within_min)


def _begins(at: datetime, hours: OnCallHours, wall: ZoneInfo) -> datetime:
    """This instant when somebody is on call now, else when the next on-call time begins."""
    day = at.astimezone(wall).date()
    for ahead in range(8):
        on = day + timedelta(days=ahead)
        begins, ends = (
            datetime.combine(on, one, tzinfo=wall).astimezone(UTC) for one in (hours.begins, hours.ends)
        )
        if hours.on(on) and at < ends:
            return max(at, begins)
    raise AssertionError("a week without an on-call day: on_call_from lets none through")
