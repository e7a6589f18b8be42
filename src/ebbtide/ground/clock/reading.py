"""The clock's reading: real time, or a time that started somewhere else and runs at another rate."""

import os
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MAX_RATE = 10_000.0


class ClockSettingRefused(ValueError):
    """EBBTIDE_CLOCK is not START@RATE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A clock that stood at `start_at` when the real time was `origin_s`, and runs `rate` times as fast."""

    start_at: datetime
    rate: float
    origin_s: float

    def read(self, real_s: float) -> datetime:
        return self.start_at + timedelta(seconds=(real_s - self.origin_s) * self.rate)


def now_from(setting: str, *, origin_s: float) -> Clock:
    """The clock that `START@RATE` describes, for example 2026-11-23T08:00:00Z@60.

    Raises:
        ClockSettingRefused: the text is not START@RATE, or the rate is not above 0 and at most 10,000.
    """
    start_text, _, rate_text = setting.partition("@")
    try:
        start_at = datetime.fromisoformat(start_text)
        rate = float(rate_text or "1")
    except ValueError as error:
        raise ClockSettingRefused(
            f"EBBTIDE_CLOCK is {setting!r}: write START@RATE, for example 2026-11-23T08:00:00+00:00@60."
        ) from error
    if not 0 < rate <= MAX_RATE:
        raise ClockSettingRefused(
            f"EBBTIDE_CLOCK has the rate {rate:g}: it must be above 0 and at most {MAX_RATE:g}."
        )
    if start_at.tzinfo is None:
        start_at = start_at.replace(tzinfo=UTC)
    return Clock(start_at=start_at.astimezone(UTC), rate=rate, origin_s=origin_s)


@lru_cache(maxsize=4)
def _driven(setting: str, origin: str) -> Clock:
    return now_from(setting, origin_s=float(origin) if origin else time.time())


def now() -> datetime:
    """The time now (aware, UTC)."""
    setting = os.environ.get("EBBTIDE_CLOCK", "")
    if not setting:
        return datetime.now(tz=UTC)
    # every process of a demonstration shares the origin that the supervisor set, so that they agree
    return _driven(setting, os.environ.get("EBBTIDE_CLOCK_ORIGIN", "")).read(time.time())


def today_in(zone: str) -> date:
    """Today's date on the wall of the clinic in this zone."""
    return now().astimezone(ZoneInfo(zone)).date()
