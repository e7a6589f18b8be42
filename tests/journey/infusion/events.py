"""Events of a made-up session, short to write: `an_event("start", 0, rate_mg_per_h="52.5")`."""

from datetime import datetime, timedelta
from uuid import UUID

from ebbtide.ground.people.ids import new_id
from ebbtide.journey.infusion.events import Event, Kind, read_body
from tests.builders import NOW

T0 = NOW


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def an_event(
    kind: str, minutes: float = 0, *, number: UUID | None = None, replaces=None, withdrawn=False, **body
) -> Event:
    known = Kind(kind)
    return Event(
        id=number or new_id(),
        kind=known,
        observed_at=at(minutes),
        recorded_at=at(minutes),
        values={} if withdrawn else read_body(known, body),
        author="N. Urse",
        replaces=replaces,
        withdrawn=withdrawn,
    )
