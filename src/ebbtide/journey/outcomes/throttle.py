"""How often a link may be tried from one address. Whoever is refused reads why and whom to call."""

import hashlib

from django.core.cache import cache
from django.http import HttpRequest

WRONG_PER_H = 20  # links that open nothing, from one address; nobody mistypes a link that often [design]
PRESSES_PER_H = 400  # answers from one address; the longest check-in has 48 questions [design]
HOUR_S = 3600


def _place(request: HttpRequest, what: str) -> str:
    # the address itself is not kept, only a digest, and only for an hour
    address = str(request.META.get("REMOTE_ADDR", ""))
    return f"outcomes:{what}:" + hashlib.sha256(address.encode()).hexdigest()[:32]


def too_many(request: HttpRequest) -> bool:
    """Whether this address has tried as often as an hour allows."""
    wrong, presses = (int(cache.get(_place(request, what), 0)) for what in ("wrong", "press"))
    return wrong >= WRONG_PER_H or presses >= PRESSES_PER_H


def count(request: HttpRequest, what: str) -> None:
    """One more `wrong` link or one more `press` from this address; the hour begins with the first."""
    place = _place(request, what)
    if not cache.add(place, 1, timeout=HOUR_S):
        cache.incr(place)
