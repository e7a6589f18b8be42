"""The evidence room's schedule of follow-up: which check-in is due on a day. Days in, days out; no clock.

Points are counted from the end of the course until the next infusion (`instruments.yaml`, schedule). Pain is asked daily from
a week before the first infusion until day 28, then weekly.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from ebbtide.evidence.instruments import InstrumentPack, Point

NRS = "NRS11"
DIARY, BASELINE = "DIARY", "BASE"
WEEK_DAYS = 7
REMINDERS_MAX = 2  # times; users of other systems were written to daily, and stopped answering [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseDays:
    """The days of one course: its first infusion, its last when it is over, and the first of the next course."""

    first_on: date
    ended_on: date | None = None
    next_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCheckIn:
    """One check-in: which point, what it asks, and from which day until which day it can be answered."""

    point: str
    due_on: date
    closes_on: date
    ask: tuple[str, ...]


def due_check_ins(
    pack: InstrumentPack, course: CourseDays, *, today: date, indicated: Iterable[str] = ()
) -> tuple[DueCheckIn, ...]:
    """What may be asked today, the follow-up first; a diary day that a follow-up already covers is left out.

    Args:
        pack: the instruments and their schedule.
        course: the days of the course.
        today: the day on the wall of the clinic.
        indicated: instruments with a condition of their own (PCL-5) that are indicated in this person.
    """
    points = tuple(
        due
        for point in pack.points
        if (due := _at_point(pack, point, course, indicated=frozenset(indicated))) is not None
        and due.due_on <= today <= due.closes_on
    )
    covered = any(due.due_on == today and NRS in due.ask for due in points)
    diary = None if covered else diary_day(pack, course, today=today)
    return points if diary is None else (*points, diary)


def _at_point(
    pack: InstrumentPack, point: Point, course: CourseDays, *, indicated: frozenset[str]
) -> DueCheckIn | None:
    ask = tuple(
        name
        for name in point.ask
        if name in pack.instruments and (not pack.instruments[name].asked_when or name in indicated)
    )
    if not ask or course.ended_on is None:
        return None
    due_on = course.ended_on + timedelta(days=point.after_days)
    closes_on = due_on + timedelta(days=point.window_days)
    if course.next_on is not None:
        if due_on >= course.next_on:
            return None
        # an answer after the next infusion would speak of two courses
        closes_on = min(closes_on, course.next_on - timedelta(days=1))
    return DueCheckIn(point=point.id, due_on=due_on, closes_on=closes_on, ask=ask)


def diary_day(pack: InstrumentPack, course: CourseDays, *, today: date) -> DueCheckIn | None:
    """The pain diary of a day, or None when nothing is asked on it."""
    name = _diary_name(pack, course, today)
    if not name:
        return None
    return DueCheckIn(point=name, due_on=today, closes_on=today, ask=(NRS,))


def _diary_name(pack: InstrumentPack, course: CourseDays, today: date) -> str:
    before = timedelta(days=pack.baseline_days)
    if any(
        start is not None and start - before <= today < start for start in (course.first_on, course.next_on)
    ):
        return BASELINE
    if today < course.first_on or (course.next_on is not None and today >= course.next_on):
        return ""
    if course.ended_on is None or today <= course.ended_on:
        return DIARY
    return DIARY if _asked_after(pack, (today - course.ended_on).days) else ""


def _asked_after(pack: InstrumentPack, days: int) -> bool:
    last = max(point.after_days for point in pack.points)
    weekly = (days - pack.diary_until_days) % WEEK_DAYS == 0
    return days <= pack.diary_until_days or (weekly and days <= last)


def reminders_on(due: DueCheckIn) -> tuple[date, ...]:
    """The days on which a check-in that is not finished may be reminded of: at most two, none for a diary day."""
    days = (due.closes_on - due.due_on).days
    step = timedelta(days=max(1, days // (REMINDERS_MAX + 1)))
    wanted = (due.due_on + step * number for number in range(1, REMINDERS_MAX + 1))
    return tuple(day for day in wanted if day <= due.closes_on)
