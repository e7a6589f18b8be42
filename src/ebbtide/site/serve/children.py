"""The processes of a clinic: each is started, watched, started again when it dies, and never outlives us."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ebbtide.ground.database import end_with_parent

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
STEADY_AFTER_S = 60.0  # a child that lived this long starts again at once
STOP_PATIENCE_S = 8.0  # uvicorn and the worker give open work 3 s


@dataclass(kw_only=True)
class Child:
    """One process of the clinic and its history of deaths."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    longest_wait_s: float = LONGEST_WAIT_S
    process: "subprocess.Popen[bytes] | None" = None
    started_s: float = 0.0
    wait_s: float = FIRST_WAIT_S
    start_again_s: float | None = None
    deaths: int = 0

    def start(self, *, now_s: float) -> None:
        """Start it in a session of its own: Ctrl-C reaches it only through us, our death reaches it from the kernel."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            env=dict(self.environment),
            start_new_session=True,
            # killed and not asked: its open work is rolled back, and the port is free for the next start
            preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509 - it only asks the kernel once
        )
        self.started_s = now_s
        self.start_again_s = None

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def exit_status(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def ask_to_end(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()

    def make_sure_it_ended(self, *, patience_s: float = STOP_PATIENCE_S) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


def keep_alive(child: Child, *, now_s: float, say: Callable[[str], None]) -> None:
    """Notice a death, wait longer after each one that follows soon, and start the child again."""
    if child.is_alive:
        return
    if child.start_again_s is None:
        _plan_next_start(child, now_s=now_s)
        say(f"The {child.name} ended (status {child.exit_status}); it starts again in {child.wait_s:.1f} s.")
    elif now_s >= child.start_again_s:
        child.start(now_s=now_s)


def _plan_next_start(child: Child, *, now_s: float) -> None:
    child.deaths += 1
    steady = now_s - child.started_s >= STEADY_AFTER_S
    child.wait_s = (
        FIRST_WAIT_S if steady or child.deaths == 1 else min(child.wait_s * 2, child.longest_wait_s)
    )
    child.start_again_s = now_s + child.wait_s


def end_all(children: list[Child]) -> None:
    """All are asked at once, then waited for; what does not end is ended."""
    for child in children:
        child.ask_to_end()
    for child in children:
        child.make_sure_it_ended()


def python(*arguments: str) -> list[str]:
    """This very Python, with these arguments."""
    return [sys.executable, *arguments]
