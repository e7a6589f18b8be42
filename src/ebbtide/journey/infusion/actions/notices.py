"""infusion: the bedside monitor's own alarms become lines beside the log, each once. Part of the action that stores samples."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from ebbtide.journey.infusion.actions.turns import topics
from ebbtide.journey.infusion.arrivals import NewNotice
from ebbtide.journey.infusion.models import MonitorNotice, Session

OnWhom = Callable[[str, datetime], tuple[UUID, UUID | None] | None]


def keep_notices(told: Sequence[NewNotice], on_whom: OnWhom) -> tuple[list[MonitorNotice], list[str]]:
    """The alarms that are new, each under whom its monitor was on, and the pages that show them.

    A monitor repeats an alarm for as long as it lasts: of one that goes on a single line is kept for each hour.
    """
    rows: dict[tuple[UUID, str], MonitorNotice] = {}
    for one in told:
        found = on_whom(one.device_key, one.observed_at)
        if found is not None:
            row = _row(one, *found)
            rows.setdefault((row.device_id, row.occasion), row)
    if not rows:
        return [], []
    there = MonitorNotice.objects.filter(
        device_id__in={device for device, _ in rows}, occasion__in={occasion for _, occasion in rows}
    )
    for known in there.values_list("device_id", "occasion"):
        rows.pop(known, None)
    made = MonitorNotice.objects.bulk_create(rows.values())
    shown = Session.objects.filter(pk__in={row.session_id for row in made if row.session_id})
    sessions = shown.select_related("visit__series__episode__patient")
    return made, [topic for session in sessions for topic in topics(session)]


def _row(one: NewNotice, device_id: UUID, session_id: UUID | None) -> MonitorNotice:
    at = one.observed_at.replace(minute=0, second=0, microsecond=0) if one.goes_on else one.observed_at
    way = "goes on" if one.goes_on else "ended" if one.ended else "began"
    return MonitorNotice(
        device_id=device_id,
        session_id=session_id,
        code=one.code,
        text=one.text,
        priority=one.priority,
        ended=one.ended,
        training=one.training,
        occasion=f"{one.code}/{one.source}/{way}/{at.isoformat()}"[:200],
        observed_at=one.observed_at,
        received_at=one.received_at,
    )
