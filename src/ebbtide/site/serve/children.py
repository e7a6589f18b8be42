"""The processes of a clinic: each is forked, watched, started again when it dies, and never outlives us.

All of them are forked from one process that has loaded the program (`mould.py`, `program.py`), by the standard library's fork
server. The family is supervisor, mould, child, and the kernel ends each with its parent.
"""

import contextlib
import multiprocessing
import os
import runpy
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from setproctitle import setproctitle

from ebbtide.ground.database import end_with_parent

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
STEADY_AFTER_S = 60.0  # a child that lived this long starts again at once
STOP_PATIENCE_S = 8.0  # uvicorn and the worker give open work 3 s
NOT_STARTED = 255
MOULD = "ebbtide.site.serve.mould"
DEAF_IN_THE_MOULD = (signal.SIGTERM, signal.SIGHUP)
LOADED_BY = os.getpid()  # read by a forked child: the mould, which has imported this module before
AUTOGROUP, AUTOGROUP_TRIES, AUTOGROUP_AGAIN_S = Path("/proc/self/autogroup"), 10, 0.11
FORKED = multiprocessing.get_context("forkserver")


@dataclass(kw_only=True)
class Child:
    """One process of the clinic and its history of deaths."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    yields: int = 0  # to the others, where the machine has more to do than cores: 0 to 19, as `nice` counts
    longest_wait_s: float = LONGEST_WAIT_S
    process: ForkServerProcess | None = None
    started_s: float = 0.0
    wait_s: float = FIRST_WAIT_S
    start_again_s: float | None = None
    deaths: int = 0

    def start(self, *, now_s: float) -> None:
        """Fork it from the mould, in a session of its own: Ctrl-C reaches it only through us, our death from the kernel."""
        self.started_s = now_s
        self.start_again_s = None
        self._let_go()
        made = FORKED.Process(
            target=become, args=(self.command, dict(self.environment), self.yields), name=self.name
        )
        # the mould ended between two starts: as if the child had ended at once, and the next start makes a new one
        with contextlib.suppress(OSError, EOFError):
            made.start()
            self.process = made

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    @property
    def exit_status(self) -> int | None:
        return NOT_STARTED if self.process is None else self.process.exitcode

    def ask_to_end(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def make_sure_it_ended(self, *, patience_s: float = STOP_PATIENCE_S) -> None:
        if self.process is None:
            return
        self.process.join(patience_s)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self._let_go()

    def _let_go(self) -> None:
        if self.process is not None:
            self.process.close()
            self.process = None


def load_beforehand(modules: Sequence[str], environment: Mapping[str, str]) -> Callable[[], None]:
    """Children are forked from a process with this environment that has imported these modules; what takes it back.

    The fork server starts with the first child and reads the environment that we have then, and again after each death.
    """
    before = dict(os.environ)
    os.environ.clear()
    # each is named after what it does; its environment stays where a list of processes reads it
    os.environ.update(environment, SPT_NOENV="1")
    FORKED.set_forkserver_preload([MOULD, *modules])

    def take_back() -> None:
        os.environ.clear()
        os.environ.update(before)

    return take_back


def become(command: list[str], environment: dict[str, str], yields: int = 0) -> None:
    """The life of a child: a module of this very Python runs where it is, and every other command replaces us.

    It is killed with its parent and not asked: its open work is rolled back, and the port is free for the next start.
    """
    parent = os.getppid() if os.getpid() == LOADED_BY else LOADED_BY
    if with_parent := end_with_parent(signal.SIGKILL, parent=parent):
        with_parent()
    os.setsid()
    yield_to_the_others(yields)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, DEAF_IN_THE_MOULD)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device, and no path
        os.dup2(nothing.fileno(), 0)
    if command[:2] != python("-m"):
        os.execve(command[0], command, environment)  # noqa: S606 - no shell is wanted
    os.environ.clear()
    os.environ.update(environment)
    setproctitle(" ".join(command))
    sys.argv = command[2:]
    runpy.run_module(command[2], run_name="__main__", alter_sys=True)


def yield_to_the_others(yields: int) -> None:
    """A warning does not wait for a page. Linux weighs sessions against each other first, where it groups them at all."""
    if not yields:
        return
    os.nice(yields)
    for _ in range(AUTOGROUP_TRIES):
        try:
            AUTOGROUP.write_text(str(yields), encoding="ascii")
        except BlockingIOError:
            time.sleep(AUTOGROUP_AGAIN_S)  # the kernel takes ten of these a second, from whomever they come
        except OSError:
            return  # no such groups here
        else:
            return


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
