"""Ready means that a query was answered; until then the log is watched, shown and waited for."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from ebbtide.ground.database.folder import disk_is_full, says_disk_is_full
from ebbtide.ground.database.troubles import NewerDatabase, StartFailed, UnsafeSettings

POLL_S = 0.02
SILENCE_S = (
    60.0  # without one new line in the log; while there are lines, recovery may take as long as it needs
)
SAY_EVERY_S = 3.0
TAIL_BYTES = 20_000


class LogWatch:
    """What the server has written to its log since this start."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._from = path.stat().st_size if path.exists() else 0

    def size(self) -> int:
        """Bytes in the log now."""
        return self.path.stat().st_size if self.path.exists() else 0

    def text(self) -> str:
        """The newest part of what this start wrote."""
        if not self.path.exists():
            return ""
        size = self.size()
        with self.path.open("rb") as file:
            file.seek(max(min(self._from, size), size - TAIL_BYTES))
            return file.read().decode(errors="replace")

    def last_message(self) -> str:
        """The newest line, without its time and process."""
        lines = self.text().strip().splitlines()
        return lines[-1].partition("] ")[2].partition(":  ")[2] or lines[-1] if lines else ""


class Patience:
    """Waits as long as something moves; silence, not duration, is what runs out."""

    def __init__(self, *, silence_s: float, now_s: float) -> None:
        self._silence_s = silence_s
        self._moved_s = now_s
        self._seen: int | None = None

    def is_over(self, progress: int, *, now_s: float) -> bool:
        """Nothing has moved for too long."""
        if progress != self._seen:
            self._seen = progress
            self._moved_s = now_s
        return now_s - self._moved_s > self._silence_s


def wait_until_it_answers(
    url: str,
    *,
    process: "subprocess.Popen[bytes]",
    watch: LogWatch,
    say: Callable[[str], None],
    seconds: Callable[[], float] = time.monotonic,
) -> None:
    """Return when SELECT 1 was answered; show recovery; raise a sentence when the server ends or falls silent."""
    patience = Patience(silence_s=SILENCE_S, now_s=seconds())
    said_s = seconds()
    while not answers(url):
        if process.poll() is not None:
            raise trouble_in(watch)
        if patience.is_over(watch.size(), now_s=seconds()):
            raise StartFailed(
                f"The database has not answered and its log has been silent for {SILENCE_S:.0f} s. "
                f"Read {watch.path}; its last line: {watch.last_message()}"
            )
        if seconds() - said_s >= SAY_EVERY_S:
            said_s = seconds()
            say(f"The database is recovering after it was cut off: {watch.last_message()}")
        time.sleep(POLL_S)


def answers(url: str) -> bool:
    """SELECT 1 is answered at this address."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def trouble_in(watch: LogWatch) -> Exception:
    """The sentence for a server that ended before it answered."""
    text = watch.text()
    if says_disk_is_full(text):
        return disk_is_full(watch.path.parent.parent)
    if "database files are incompatible with server" in text:
        return NewerDatabase(
            f"The database in {watch.path.parent.parent} was made by another PostgreSQL than this Ebbtide "
            "carries. Start it with the Ebbtide that made it."
        )
    if "invalid value for parameter" in text or "contains errors" in text:
        return UnsafeSettings(f"The database refuses one of its settings. Read {watch.path}.")
    fatal = [line for line in text.splitlines() if "FATAL:" in line or "PANIC:" in line]
    reason = (fatal or text.strip().splitlines() or ["it wrote nothing"])[-1].partition(":  ")[2]
    return StartFailed(f"The database could not start: {reason or 'no reason given'}. Read {watch.path}.")
