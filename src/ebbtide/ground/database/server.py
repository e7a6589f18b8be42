"""The embedded server: started, watched and stopped by us, believed only when it answers a query."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from ebbtide.ground.database import leftovers
from ebbtide.ground.database.account import Runner, let_runner_enter, runner_for
from ebbtide.ground.database.binaries import Programs, programs_for
from ebbtide.ground.database.cluster import (
    child_environment,
    make_cluster_if_missing,
    make_roles_and_database,
    write_settings,
)
from ebbtide.ground.database.durable import assert_durable
from ebbtide.ground.database.folder import (
    FolderLock,
    Layout,
    check_free_space,
    check_socket_fits,
    folder_trouble,
    layout_of,
    make_data_folder,
)
from ebbtide.ground.database.logins import (
    APPLICATION_ROLE,
    OWNER_ROLE,
    SUPERUSER_ROLE,
    Logins,
    address,
    read_or_make_logins,
)
from ebbtide.ground.database.readiness import LogWatch, wait_until_it_answers
from ebbtide.ground.database.troubles import NotRunning

PR_SET_PDEATHSIG = 1
LOG_KEPT_BYTES = 10_000_000


def _quietly(_line: str) -> None:
    """Nobody listens."""


class Server:
    """One embedded PostgreSQL on one data folder.

    Start it from a thread that lives as long as the server: on Linux the kernel stops the server
    cleanly when that thread dies, however it dies, so that not even kill -9 leaves a process behind.
    """

    def __init__(
        self,
        data_folder: Path,
        *,
        say: Callable[[str], None] = _quietly,
        account: str | None = None,
        binaries: Path | None = None,
    ) -> None:
        self.data_folder = data_folder
        self._say = say
        self._account = account
        self._binaries = binaries
        self._layout: Layout | None = None
        self._logins: Logins | None = None
        self._lock: FolderLock | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Make what is missing, recover what was cut off, and return when a query is answered."""
        layout = self._layout = layout_of(self.data_folder)
        check_socket_fits(layout)
        make_data_folder(layout)
        lock = FolderLock(layout.lock)
        lock.take()
        self._lock = lock
        try:
            self._start_holding_the_folder(layout)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server cleanly and let go of the folder; nothing is left running."""
        if self._process is not None:
            stop_process(self._process)
            self._process = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @property
    def pid(self) -> int:
        """The postmaster's process."""
        if self._process is None:
            raise NotRunning(f"The database in {self.data_folder} is not running: start it first.")
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """The postmaster has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def owner_url(self) -> str:
        """Address for migrations: owns the database, is no superuser."""
        layout, logins = self._ready()
        return address(layout, role=OWNER_ROLE, password=logins.owner)

    @property
    def app_url(self) -> str:
        """Address for the product: owns nothing."""
        layout, logins = self._ready()
        return address(layout, role=APPLICATION_ROLE, password=logins.application)

    @property
    def superuser_url(self) -> str:
        """Address for bootstrap, backup and drills only."""
        layout, logins = self._ready()
        return address(layout, role=SUPERUSER_ROLE, password=logins.superuser)

    def _ready(self) -> tuple[Layout, Logins]:
        if self._layout is None or self._logins is None:
            raise NotRunning(f"The database in {self.data_folder} is not running: start it first.")
        return self._layout, self._logins

    def _start_holding_the_folder(self, layout: Layout) -> None:
        check_free_space(layout)
        runner = self._settle_runner(layout)
        leftovers.clear_leftovers(layout, say=self._say)
        programs = programs_for(layout, runner=runner, binaries=self._binaries)
        self._logins = read_or_make_logins(layout)
        make_cluster_if_missing(layout, programs, runner=runner, logins=self._logins)
        write_settings(layout, runner=runner)
        watch = LogWatch(layout.log)
        self._process = start_process(layout, programs, runner=runner)
        question = address(layout, role=SUPERUSER_ROLE, password=self._logins.superuser, database="postgres")
        wait_until_it_answers(question, process=self._process, watch=watch, say=self._say)
        make_roles_and_database(layout, self._logins)
        for url in (self.superuser_url, self.app_url):
            with psycopg.connect(url) as connection:
                assert_durable(connection)

    def _settle_runner(self, layout: Layout) -> Runner:
        runner = runner_for(layout, account=self._account)
        let_runner_enter(layout, runner)
        try:
            for folder in (layout.home, layout.socket_folder):
                folder.mkdir(mode=0o700, exist_ok=True)
                runner.own(folder)
        except OSError as trouble:
            raise folder_trouble(layout.data, trouble) from trouble
        if runner.is_another:
            self._say(f"The database runs under the account {runner.name}, which owns only {layout.home}.")
        return runner


def start_process(layout: Layout, programs: Programs, *, runner: Runner) -> "subprocess.Popen[bytes]":
    """A postmaster in its own session, so that Ctrl-C reaches it only through us."""
    command = [programs.path("postgres"), "-D", str(layout.cluster)]
    command += ["-c", "listen_addresses=", "-c", f"unix_socket_directories={layout.socket_folder}"]
    command += ["-c", "unix_socket_permissions=0700", "-c", "port=5432", "-c", "logging_collector=off"]
    with _opened_log(layout, runner) as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=child_environment(),
            umask=0o077,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGINT),  # noqa: PLW1509 - it only asks the kernel once
            user=runner.uid,
            group=runner.gid,
            extra_groups=runner.groups,
        )


def stop_process(process: "subprocess.Popen[bytes]") -> None:
    """Fast and clean: open transactions are rolled back, one checkpoint is written."""
    for number, patience_s in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
            return


def end_with_parent(number: signal.Signals, *, parent: int | None = None) -> Callable[[], None] | None:
    """A hook for a child that has the kernel send it this signal when its parent dies (Linux only); the parent is we."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork: between fork and exec little is safe
    expected = os.getpid() if parent is None else parent

    def ask_the_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != expected:  # the parent died before the kernel was asked
            os._exit(1)

    return ask_the_kernel


@contextlib.contextmanager
def _opened_log(layout: Layout, runner: Runner) -> Iterator[int]:
    """The server's log, begun anew when it has grown large; one older one is kept."""
    try:
        if layout.log.exists() and layout.log.stat().st_size > LOG_KEPT_BYTES:
            layout.log.replace(layout.log.with_suffix(".log.1"))
        descriptor = os.open(layout.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    except OSError as trouble:
        raise folder_trouble(layout.home, trouble) from trouble
    try:
        if runner.uid is not None and runner.gid is not None:
            os.fchown(descriptor, runner.uid, runner.gid)
        yield descriptor
    finally:
        os.close(descriptor)
