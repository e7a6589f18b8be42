"""`python -m ebbtide.journey.infusion.watching`: the protocol checks, a process of its own; `ebbtide checks` runs it too."""

import gc
import signal
import sys
import threading

import django

django.setup()

from django.conf import settings  # noqa: E402

from ebbtide.journey.infusion.watching.process import keep_watching  # noqa: E402

SELDOM = (50_000, 20, 100)


def main() -> int:
    """Watch until told to stop; the exit status."""
    # one thread reads and writes: a pool would only hold connections that nobody uses
    settings.DATABASES["default"]["OPTIONS"].pop("pool", None)
    enough = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: enough.set())
    gc.collect()
    gc.freeze()
    # what the checks keep has no cycles: to look for them among a million readings would hold up a condition
    gc.set_threshold(*SELDOM)
    keep_watching(enough.is_set)
    return 0


if __name__ == "__main__":
    sys.exit(main())
