"""infusion: the link to the card at the chair: signed, for one session, over when the visit is over. It opens no value of the chart."""

from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.core.cache import cache

from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.queries import SESSION_WAY

SALT = "infusion.card"
OPEN_FOR = timedelta(hours=12)  # no infusion day is longer; the end of the visit comes first [design]
CALLS_PER_H = 60  # of one session; a call that is open counts once [design]
WRONG_PER_H = 60  # links that open nothing, from one address [design]
HOUR_S = 3600


def key_for(session: Session, at: datetime) -> str:
    """The key of a new link: which session, and until when."""
    return signing.dumps({"session": session.pk.hex, "until": (at + OPEN_FOR).isoformat()}, salt=SALT)


def session_by(key: str, at: datetime) -> Session | None:
    """The session that a key opens at this moment; None when it opens none, or its visit is over."""
    try:
        told = signing.loads(key, salt=SALT)
    except signing.BadSignature:
        return None
    if at >= datetime.fromisoformat(told["until"]):
        return None
    rows = Session.objects.filter(pk=UUID(told["session"]), visit__status=VisitStatus.BOOKED)
    return rows.select_related(*SESSION_WAY).first()


def too_often(what: str, who: str, most: int) -> bool:
    """Count one more of `what` by `who` in this hour; whether it is too often now."""
    place = f"infusion:{what}:{who}"
    if cache.add(place, 1, timeout=HOUR_S):
        return False
    return int(cache.incr(place)) > most
