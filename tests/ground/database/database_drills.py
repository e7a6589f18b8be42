"""What the drills share: rows, processes, accounts."""

import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from ebbtide.ground.database import Server, layout_of
from ebbtide.ground.database.leftovers import holders

SOURCES = Path(__file__).resolve().parents[3] / "src"

SUPERVISOR = """
import sys, time
from pathlib import Path
from ebbtide.ground.database import DatabaseTrouble, Server
binaries = Path(sys.argv[2]) if len(sys.argv) > 2 else None
server = Server(Path(sys.argv[1]), say=lambda line: None, binaries=binaries)
try:
    server.start()
except DatabaseTrouble as trouble:
    print(type(trouble).__name__, trouble, flush=True)
    sys.exit(1)
print(server.pid, flush=True)
time.sleep(600)
"""


def write_rows(server: Server, *, rows: int = 1000) -> None:
    with psycopg.connect(server.owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS entry (id bigserial PRIMARY KEY, words text)")
        connection.execute("INSERT INTO entry (words) SELECT 'kept' FROM generate_series(1, %s)", [rows])


def count_rows(server: Server) -> int:
    with psycopg.connect(server.owner_url) as connection:
        row = connection.execute("SELECT count(*) FROM entry").fetchone()
    assert row is not None
    return int(row[0])


def wait_until_gone(data: Path, *, within_s: float = 15.0) -> None:
    """No process of PostgreSQL works in this data folder any more."""
    deadline_s = time.monotonic() + within_s
    while left := holders(layout_of(data)):
        assert time.monotonic() < deadline_s, f"processes were left behind: {left}"
        time.sleep(0.02)


def abandon(server: Server) -> "subprocess.Popen[bytes]":
    """Forget the server as a killed supervisor does: the lock is free; its process, for the test to bury."""
    assert server._lock is not None
    assert server._process is not None
    server._lock.release()
    server._lock = None
    return server._process


def kill_all(data: Path) -> None:
    for holder in holders(layout_of(data)):
        os.kill(holder.pid, signal.SIGKILL)


def a_python_for(account: str) -> list[str]:
    """A Python of this version that the account can execute, or a skip with a word."""
    for candidate in (sys.executable, "/usr/bin/python3"):
        entry = pwd.getpwnam(account)
        wanted = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
        try:
            asked = subprocess.run(
                [candidate, "-c", wanted], user=entry.pw_uid, group=entry.pw_gid, extra_groups=[], check=False
            )
        except OSError:
            continue
        if asked.returncode == 0:
            return [candidate]
    pytest.skip(f"the account {account} can execute no Python of this version here")


def supervisor_process(
    data: Path, *, account: str | None = None, binaries: Path | None = None
) -> "subprocess.Popen[str]":
    """A process that starts a server, prints its pid or its trouble, and waits to be killed."""
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    environment = {
        **os.environ,
        "PYTHONPATH": f"{SOURCES}:{packages}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/nonexistent",
    }
    extra = [str(binaries)] if binaries else []
    if account is None:
        return subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, str(data), *extra],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
    entry = pwd.getpwnam(account)
    return subprocess.Popen(
        [*a_python_for(account), "-c", SUPERVISOR, str(data), *extra],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd="/",
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
    )


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: "subprocess.Popen[str]", number: int = signal.SIGKILL) -> None:
    process.send_signal(number)
    process.wait(10)
    if process.stdout is not None:
        process.stdout.close()
