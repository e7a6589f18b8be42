"""The twin room: the clinic's wall clock and calendar around today, for acts that lie weeks back or ahead."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5
ZONE = ZoneInfo("America/Chicago")  # where the invented clinic stands
MORNING = (time(9, 50), time(11, 30))  # when two chairs are at work
BEGINS = time(10, 20)


def is_morning(now: datetime) -> bool:
    """Whether the invented clinic is at work: two chairs run, one person has just finished."""
    here = now.astimezone(ZONE)
    return here.weekday() < SATURDAY and MORNING[0] <= here.time() <= MORNING[1]


def morning_of(now: datetime) -> datetime:
    """Now, on a working morning of the clinic; else the beginning of the last one (aware)."""
    if is_morning(now):
        return now
    here = now.astimezone(ZONE)
    day = here.date() if here.time() > MORNING[1] else here.date() - timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day -= timedelta(days=1)
    return datetime.combine(day, BEGINS, tzinfo=ZONE).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """What the wall of the clinic shows; it opens Monday to Friday."""

    zone: ZoneInfo
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def at(self, day: date, wall_time: str) -> datetime:
        """The instant (UTC) at which the wall shows this time on this day."""
        return datetime.combine(day, time.fromisoformat(wall_time), tzinfo=self.zone).astimezone(UTC)

    def open_day_ago(self, days: int) -> date:
        """The open day that lies this many calendar days back, or the last one before it."""
        day = self.today - timedelta(days=days)
        while day.weekday() >= SATURDAY:
            day -= timedelta(days=1)
        return day

    def open_day_ahead(self, steps: int) -> date:
        """The open day this many open days from today; step 0 is today, or the next open day."""
        day = self.today
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
        for _ in range(steps):
            day = self.day_after(day)
        return day

    def day_after(self, day: date) -> date:
        """The next open day."""
        day += timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
        return day
