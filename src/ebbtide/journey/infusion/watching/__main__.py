"""`python -m ebbtide.journey.infusion.watching`: the protocol checks, a process of its own; `ebbtide checks` runs it too."""

import gc
import signal
import sys
import threading

import django

django.setup()

from ebbtide.ground.database.alone import hold_one_connection  # noqa: E402
from ebbtide.journey.infusion.watching.process import Tidy, keep_watching  # noqa: E402


def main() -> int:
    """Watch until told to stop; the exit status."""
    hold_one_connection(by_index=True)  # one thread reads and writes
    enough = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: enough.set())
    gc.collect()
    gc.freeze()
    gc.disable()
    keep_watching(enough.is_set, tidy=Tidy())
    return 0


if __name__ == "__main__":
    sys.exit(main())
