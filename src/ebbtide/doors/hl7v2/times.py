"""When a reading was taken: what the monitor says, or the time of arrival where that cannot be trusted. Pure."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from ebbtide.journey.infusion.arrivals import Reason

AHEAD_AT_MOST = timedelta(seconds=2)  # [design] beyond it a value would stay live after its monitor died
BEHIND_AT_MOST = timedelta(seconds=60)  # [design] beyond it somebody should look at the monitor's clock
STAMP_CHARS = 40
STAMP = re.compile(r"^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?([+-]\d{4}|Z)?$")


def zone_in(text: str) -> timezone | None:
    """The zone that an HL7 time carries; None when it carries none."""
    return _zone(text.strip()) if len(text) <= STAMP_CHARS else None


# every line of a message carries the same time: it is read once
@lru_cache(maxsize=256)
def _zone(text: str) -> timezone | None:
    found = STAMP.match(text)
    told = found[8] if found else None
    if not told:
        return None
    if told == "Z":
        return UTC
    offset = timedelta(hours=int(told[1:3]), minutes=int(told[3:]))
    return timezone(-offset if told[0] == "-" else offset) if offset < timedelta(days=1) else None


def stamped(text: str, *, zone: timezone | None = None) -> datetime | None:
    """The instant of an HL7 time that is exact to the minute and has a zone, its own or this one; else None."""
    return _instant(text.strip(), zone) if len(text) <= STAMP_CHARS else None


@lru_cache(maxsize=256)
def _instant(text: str, zone: timezone | None) -> datetime | None:
    found = STAMP.match(text)
    if found is None:
        return None
    zone = _zone(text) if found[8] else zone
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    micro = int((found[7] or "0").ljust(6, "0"))
    if zone is None:
        return None
    try:
        return datetime(year, month, day, hour, minute, second, micro, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def observed(
    texts: tuple[str, ...], received_at: datetime, *, zone: timezone | None
) -> tuple[datetime, Reason | None]:
    """When the reading was taken, and what is to be noted of the monitor's clock.

    Args:
        texts: OBX-14 and OBR-7, the reading's own time first: the first one that stands there counts.
        received_at: when the message arrived.
        zone: the zone that the message gives elsewhere, for a time without one.
    """
    at = stamped(next((text for text in texts if text.strip()), ""), zone=zone)
    if at is None:
        return received_at, Reason.NO_TIME
    if at - received_at > AHEAD_AT_MOST:
        return received_at, Reason.CLOCK_AHEAD
    return at, Reason.CLOCK_BEHIND if received_at - at > BEHIND_AT_MOST else None
