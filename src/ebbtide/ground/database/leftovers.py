"""What an earlier run left behind: believed only as far as living processes and answers bear it out."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ebbtide.ground.database.folder import Layout
from ebbtide.ground.database.troubles import AlreadyRunning

CLEAN_STOP_S = 60.0  # a fast stop writes one checkpoint; longer than this and it is stopped at once
ABRUPT_STOP_S = 10.0
POLL_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A living process of PostgreSQL that works in this folder's cluster."""

    pid: int
    parent: int


def clear_leftovers(layout: Layout, *, say: Callable[[str], None]) -> None:
    """No process and no stale file of an earlier run stands in the way; a living server is stopped cleanly."""
    if holders(layout):
        say("A database server of an earlier run was left behind: it is stopped before this one starts.")
        _stop_holders(layout)
    if _somebody_answers(layout):
        raise AlreadyRunning(
            f"A database server that this machine's process list does not show answers on {layout.socket}. "
            "Stop it first: it may run in another container on the same folder."
        )
    for stale in (layout.pid_file, layout.socket, Path(f"{layout.socket}.lock")):
        stale.unlink(missing_ok=True)


def pid_in_file(pid_file: Path) -> int | None:
    """The process that postmaster.pid names; None when it is missing, empty or torn."""
    try:
        first_line = pid_file.read_text(errors="replace").split("\n", 1)[0].strip()
    except FileNotFoundError:
        return None
    return int(first_line) if first_line.isdecimal() and int(first_line) > 1 else None


def holders(layout: Layout) -> list[Holder]:
    """Living processes in the cluster; a zombie, or a stranger with a reused pid, is none."""
    if Path("/proc/self/cwd").exists():
        return _holders_by_working_folder(layout)
    return _holders_by_command(layout)


def _holders_by_working_folder(layout: Layout) -> list[Holder]:
    """Every PostgreSQL process changes into its cluster; a zombie has no working folder any more."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError):  # it ended while we looked, or belongs to somebody else
            works_here = (entry / "cwd").readlink() == layout.cluster
            if works_here and (entry / "exe").readlink().name.startswith("postgres"):
                found.append(Holder(pid=int(entry.name), parent=_parent(entry)))
    return found


def _parent(entry: Path) -> int:
    return int((entry / "stat").read_text().rpartition(")")[2].split()[1])


def _holders_by_command(layout: Layout) -> list[Holder]:
    """Where there is no /proc: the named process, when it lives and its command line names the cluster."""
    pid = pid_in_file(layout.pid_file)
    if pid is None:
        return []
    said = subprocess.run(
        ["ps", "-ww", "-o", "ppid=,state=,command=", "-p", str(pid)],
        check=False,
        capture_output=True,
        text=True,
    ).stdout.split(None, 2)
    if len(said) < 3 or said[1].startswith("Z") or str(layout.cluster) not in said[2]:
        return []
    return [Holder(pid=pid, parent=int(said[0]))]


def _stop_holders(layout: Layout) -> None:
    """Fast and clean first; at once when that hangs, which the next start recovers from."""
    for number, patience_s in ((signal.SIGINT, CLEAN_STOP_S), (signal.SIGQUIT, ABRUPT_STOP_S)):
        for holder in _heads(holders(layout)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(holder.pid, number)
        if _all_gone(layout, within_s=patience_s):
            return
    pids = ", ".join(str(holder.pid) for holder in holders(layout))
    raise AlreadyRunning(f"A database server of an earlier run does not stop: end process {pids} first.")


def _heads(found: list[Holder]) -> list[Holder]:
    """The postmaster when it lives; else its orphaned children, which it can no longer end."""
    pids = {holder.pid for holder in found}
    return [holder for holder in found if holder.parent not in pids]


def _all_gone(layout: Layout, *, within_s: float) -> bool:
    deadline_s = time.monotonic() + within_s
    while holders(layout):
        if time.monotonic() > deadline_s:
            return False
        time.sleep(POLL_S)
    return True


def _somebody_answers(layout: Layout) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(layout.socket))
        except OSError:
            return False
    return True
