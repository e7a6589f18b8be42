"""How many requests may come from one address and to one clinic. A person who is refused reads why and whom to call."""

import hashlib
from datetime import datetime, timedelta

from django.core.cache import cache
from django.http import HttpRequest

from ebbtide.ground.people.models import Clinic
from ebbtide.journey.access.queries import sent_to_clinic_since

PER_ADDRESS_PER_H = 6  # requests; a family behind one address still passes [design]
PER_CLINIC_PER_H = 60  # requests; far above what a clinic of four clinicians receives [design]
HOUR = timedelta(hours=1)


def _place(request: HttpRequest) -> str:
    # the address itself is not kept, only a digest, and only for an hour
    address = str(request.META.get("REMOTE_ADDR", ""))
    return "access:asked:" + hashlib.sha256(address.encode()).hexdigest()[:32]


def too_many(request: HttpRequest, clinic: Clinic, *, at: datetime) -> bool:
    """Whether this address, or everybody together, has sent as many requests as one hour allows."""
    from_here = int(cache.get(_place(request), 0))
    return from_here >= PER_ADDRESS_PER_H or sent_to_clinic_since(clinic, at - HOUR) >= PER_CLINIC_PER_H


def count(request: HttpRequest) -> None:
    """One more request from this address; the hour begins with the first."""
    place = _place(request)
    if not cache.add(place, 1, timeout=HOUR.seconds):
        cache.incr(place)
