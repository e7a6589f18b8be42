"""The link to a wall that stays open: signed by whoever opened it, for one shift, without a name and without a button."""

from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing

from ebbtide.ground.people.models import Staff

SALT = "nurse_station.screen"
OPEN_FOR = timedelta(hours=12)  # one shift, as the longest sign-in lasts [design]


def key_for(staff: Staff, at: datetime) -> str:
    """The key of a new link: who stands behind it, and until when."""
    return signing.dumps({"staff": staff.pk.hex, "until": (at + OPEN_FOR).isoformat()}, salt=SALT)


def opened_by(key: str, at: datetime) -> tuple[Staff, datetime] | None:
    """Who opened the wall that this key shows, and until when; None when the key opens none any more."""
    try:
        told = signing.loads(key, salt=SALT)
    except signing.BadSignature:
        return None
    until = datetime.fromisoformat(told["until"])
    if at >= until:
        return None
    rows = Staff.objects.filter(pk=UUID(told["staff"]), left_at__isnull=True, account__is_active=True)
    staff = rows.select_related("clinic", "account").first()
    return None if staff is None else (staff, until)
