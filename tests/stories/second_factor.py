"""What an authenticator app shows: the six digits of RFC 6238, worked out here so that the product does not check itself."""

import base64
import hashlib
import hmac
import time

STEP_S = 30


def six_digits(secret: str, *, at_s: float | None = None) -> str:
    """The code of this secret now."""
    counter = int((time.time() if at_s is None else at_s) // STEP_S)
    digest = hmac.new(base64.b32decode(secret), counter.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 1_000_000:06d}"


def seconds_to_next() -> float:
    """How long until the app shows another code (s)."""
    return STEP_S - time.time() % STEP_S
