"""The twin room: the clinic's wall clock and calendar around today, for acts that lie weeks back or ahead."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5


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
