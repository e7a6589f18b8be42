"""One seeded demonstration for a whole run of tests: whoever needs it first makes it, the others copy it."""

import fcntl
import os
import subprocess
from pathlib import Path

from tools.bench.running import running_clinic

WHERE = "EBBTIDE_TEST_MOULDS"


def demonstration_mould() -> Path:
    """The data folder of a demonstration that was opened once and closed. Never opened again: it is copied."""
    place = Path(os.environ[WHERE])
    ready = place / "ready"
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other worker waits here instead of seeding a second one
        if not ready.exists():
            with running_clinic(place / "d"):
                pass
            ready.touch()
    return place / "d"


def a_copy(mould: Path, to: Path) -> Path:
    """A data folder of its own, with owners and times as they were: the stamp still holds, so the start is quick."""
    subprocess.run(["cp", "-a", str(mould), str(to)], check=True)
    return to
