"""An instant as the wall of a clinic shows it; the words that the pages use."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

NOT_RECORDED = "not recorded"


def wall_time(at: datetime | None, zone: str) -> str:
    """The wall time: 14:05."""
    return NOT_RECORDED if at is None else f"{at.astimezone(ZoneInfo(zone)):%H:%M}"


def wall_date(at: datetime | date | None, zone: str) -> str:
    """The day: Mon 23 Nov 2026."""
    if at is None:
        return NOT_RECORDED
    day = at.astimezone(ZoneInfo(zone)) if isinstance(at, datetime) else at
    return f"{day:%a} {day.day} {day:%b %Y}"


def wall_datetime(at: datetime | None, zone: str) -> str:
    """Day and wall time: Mon 23 Nov 2026, 14:05."""
    if at is None:
        return NOT_RECORDED
    wall = at.astimezone(ZoneInfo(zone))
    return f"{wall:%a} {wall.day} {wall:%b %Y, %H:%M}"
