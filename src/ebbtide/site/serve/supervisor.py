"""The supervisor: opens the clinic in order, keeps its parts alive, and closes it without a trace."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from ebbtide.ground import clock
from ebbtide.ground.database import (
    DatabaseTrouble,
    FolderLock,
    Server,
    end_with_parent,
    layout_of,
    make_data_folder,
)
from ebbtide.site.serve import demo_clock
from ebbtide.site.serve.authority import Certificate, ensure_certificate, how_to_trust, names_of_this_machine
from ebbtide.site.serve.children import Child, end_all, keep_alive, load_beforehand, python
from ebbtide.site.serve.doors import address_of, tell_accounts, wait_until_open
from ebbtide.site.serve.first_run import tell_first_run
from ebbtide.site.serve.options import (
    ChildFailed,
    ServeOptions,
    ServeTrouble,
    check_options,
    check_port_is_free,
    settled_mllp_port,
)
from ebbtide.site.serve.stamp import is_as_stamped, stamp
from ebbtide.site.serve.surroundings import Addresses, environment_for, make_signing_key, settle_kind

WATCH_EVERY_S = 0.5
PREPARED, REFUSED = 0, 3
# where there is more to do than cores, a reading and its checks go before a page, and a page before mail and backups
PAGES_YIELD, WORK_YIELDS = 5, 10
GATEWAY_WAIT_S = 2.0  # however often it dies: a value is stale after 15 s
WEB_NAMES = ("web server", "second web server")
WEB_SERVERS = min(len(WEB_NAMES), os.cpu_count() or 1)


class Stopped(BaseException):
    """Somebody asked the clinic to close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What is run; tests put small programs in their place."""

    # what every child begins with: it is loaded once, and they are forked from it
    loaded: tuple[str, ...] = ("ebbtide.site.serve.program",)
    prepare: list[str] = field(default_factory=lambda: python("-m", "ebbtide.site.serve.prepare"))
    web: list[str] = field(default_factory=lambda: python("-m", "ebbtide.site.serve.web"))
    # one for each of two cores: Python computes one page at a time in a process
    webs: int = WEB_SERVERS
    worker: list[str] = field(
        default_factory=lambda: python(
            "-m", "django", "procrastinate", "worker", "--shutdown-graceful-timeout", "3"
        )
    )
    # the protocol checks outlive the gateway: they say that it is silent
    checks: list[str] = field(default_factory=lambda: python("-m", "ebbtide.journey.infusion.watching"))
    gateway: list[str] = field(default_factory=lambda: python("-m", "ebbtide.doors.hl7v2"))
    # the monitors of the demonstration's chairs; a real clinic has real ones
    monitors: list[str] = field(default_factory=lambda: python("-m", "ebbtide.twin.monitors"))


def say_aloud(line: str) -> None:
    """One line to the person at the terminal, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def serve(
    options: ServeOptions, *, say: Callable[[str], None] = say_aloud, commands: Commands | None = None
) -> int:
    """Open the clinic and keep it open until somebody closes it; the exit status.

    Trouble is one clear line on stderr and status 1. Ctrl-C and SIGTERM close everything and leave neither
    process nor lock. After kill -9 of this process the kernel ends the children, and the database stops cleanly.
    """
    try:
        with _signals_raise(), ExitStack() as open_things:
            Clinic(options, say=say, commands=commands or Commands(), open_things=open_things).run()
    except Stopped:
        say("Ebbtide is closed.")
        return 0
    except (ServeTrouble, DatabaseTrouble) as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    return 0


class Clinic:
    """Everything that runs between opening and closing; what was opened is closed in reverse order."""

    def __init__(
        self,
        options: ServeOptions,
        *,
        say: Callable[[str], None],
        commands: Commands,
        open_things: ExitStack,
    ) -> None:
        self.options = options
        self.say = say
        self.commands = commands
        self.open_things = open_things
        self.server: Server | None = None
        self.children: list[Child] = []
        self.keep_time: Callable[[], None] = lambda: None

    def run(self) -> None:
        """Open in order; then watch until stopped."""
        check_options(self.options)
        check_port_is_free(self.options)
        self.options = replace(
            self.options,
            data_folder=layout_of(self.options.data_folder).data,
            mllp_port=settled_mllp_port(self.options),
        )
        addresses = self._open_database()
        warning = settle_kind(self.options)
        if warning:
            self.say(warning)
        make_signing_key(self.options.data_folder)
        certificate = self._certificate()
        told = environment_for(
            self.options, addresses=addresses, certificate=certificate, demo_clock=self._demo_clock()
        )
        self._prepare_if_changed(told, addresses=addresses)
        self._start_children(told, certificate=certificate)
        wait_until_open(
            self.children[0], self.options, https=certificate is not None, meanwhile=self.keep_time
        )
        self._tell_where(certificate, addresses=addresses)
        self._watch()

    def _open_database(self) -> Addresses:
        if self.options.database_url:
            return self._use_other_database(self.options.database_url)
        self.server = Server(self.options.data_folder, say=self.say)
        self.open_things.callback(self.server.stop)
        self.server.start()
        return Addresses(app_url=self.server.app_url, owner_url=self.server.owner_url)

    def _use_other_database(self, url: str) -> Addresses:
        layout = layout_of(self.options.data_folder)
        make_data_folder(layout)
        lock = FolderLock(layout.lock)
        lock.take()
        self.open_things.callback(lock.release)
        owner_url = os.environ.get("EBBTIDE_OWNER_URL") or url
        if owner_url == url:
            self.say(
                "DATABASE_URL names the role that owns the record, so the database cannot protect it from the "
                "program. Give the program a role that owns nothing, and the owner's address in EBBTIDE_OWNER_URL."
            )
        return Addresses(app_url=url, owner_url=owner_url)

    def _certificate(self) -> Certificate | None:
        if self.options.tls_cert is not None and self.options.tls_key is not None:
            return Certificate(certificate=self.options.tls_cert, key=self.options.tls_key)
        if self.options.is_local:
            return None
        names = names_of_this_machine(self.options.bind)
        return ensure_certificate(self.options.data_folder / "keys", names=names, at=clock.now())

    def _demo_clock(self) -> demo_clock.DemoClock | None:
        if not self.options.demo:
            return None
        folder, real_s = self.options.data_folder, time.time()  # noqa: TID251 - the one real instant all processes share
        settled = demo_clock.settle(folder, asked=self.options.clock, now=clock.now(), real_s=real_s)
        self.keep_time = demo_clock.keeper(folder, settled)
        self.keep_time()

        def keep_when_closing() -> None:
            with suppress(OSError):  # a full disk hinders no closing
                demo_clock.keep_now(folder, settled, real_s=time.time())  # noqa: TID251 - as above

        self.open_things.callback(keep_when_closing)
        return settled

    def _prepare_if_changed(self, told: dict[str, str], *, addresses: Addresses) -> None:
        folder, demo = self.options.data_folder, self.options.demo
        if is_as_stamped(folder, app_url=addresses.app_url, demo=demo):
            return
        self._prepare({**told, "EBBTIDE_OWNER_URL": addresses.owner_url})
        stamp(folder, app_url=addresses.app_url, demo=demo)

    def _prepare(self, told: dict[str, str]) -> None:
        """Shape of the record, rights, demonstration: one process that ends."""
        process = subprocess.Popen(
            self.commands.prepare,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=told,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509 - it only asks the kernel once
        )
        self.open_things.callback(_end, process)
        _, errors = process.communicate()
        words = errors.decode(errors="replace").strip()
        if process.returncode == REFUSED:
            raise ServeTrouble(words.splitlines()[-1])
        if process.returncode != PREPARED:
            kept = self._keep_words(words)
            reason = (words.splitlines() or ["no reason given"])[-1]
            raise ChildFailed(f"The record could not be prepared: {reason[:200]} (all of it in {kept})")

    def _keep_words(self, words: str) -> Path:
        path = self.options.data_folder / "prepare.log"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(words + "\n")
        return path

    def _start_children(self, told: dict[str, str], *, certificate: Certificate | None) -> None:
        self.keep_time()  # to prepare took minutes perhaps, and from now on somebody writes by this time
        web = [*self.commands.web, *web_arguments(self.options, certificate=certificate)]
        self.children = [
            *(
                Child(name=name, command=web, environment=told, yields=PAGES_YIELD)
                for name in WEB_NAMES[: self.commands.webs]
            ),
            Child(name="worker", command=self.commands.worker, environment=told, yields=WORK_YIELDS),
            Child(
                name="protocol checks",
                command=self.commands.checks,
                environment=told,
                longest_wait_s=GATEWAY_WAIT_S,
            ),
            *self._of_the_monitors(told),
        ]
        self.open_things.callback(load_beforehand(self.commands.loaded, told))
        self.open_things.callback(end_all, self.children)
        for child in self.children:
            child.start(now_s=time.monotonic())

    def _of_the_monitors(self, told: dict[str, str]) -> list[Child]:
        """The gateway, and in the demonstration the monitors that speak to it."""
        if not self.options.mllp_port:
            return []
        gateway = Child(
            name="monitor gateway",
            command=self.commands.gateway,
            environment=told,
            longest_wait_s=GATEWAY_WAIT_S,
        )
        simulated = Child(
            name="simulated monitors", command=self.commands.monitors, environment=told, yields=PAGES_YIELD
        )
        return [gateway, simulated] if self.options.demo else [gateway]

    def _tell_where(self, certificate: Certificate | None, *, addresses: Addresses) -> None:
        https = certificate is not None
        names = ["localhost"] if self.options.is_local else _names_for_people(self.options.bind)
        address = address_of(self.options, https=https, names=names)
        self.say(f"Ebbtide is open at {address}")
        if certificate is not None and certificate.authority is not None:
            for line in how_to_trust(certificate.authority, address=address):
                self.say(line)
        if self.options.mllp_port:
            self.say(f"Monitors are heard on port {self.options.mllp_port} (HL7 v2 over MLLP).")
        if self.options.demo:
            tell_accounts(self.options.data_folder, say=self.say)
        else:
            folder = self.options.data_folder
            tell_first_run(folder, app_url=addresses.app_url, address=address, say=self.say)
        self.say("Ctrl-C closes it.")

    def _watch(self) -> None:
        while True:
            time.sleep(WATCH_EVERY_S)
            self.keep_time()
            if self.server is not None and not self.server.is_alive:
                self.say("The database ended by itself: it is started again.")
                self.server.stop()
                self.server.start()
            for child in self.children:
                keep_alive(child, now_s=time.monotonic(), say=self.say)


def web_arguments(options: ServeOptions, *, certificate: Certificate | None) -> list[str]:
    """How each web server is told where to listen."""
    told = ["--host", options.bind.strip("[]"), "--port", str(options.port)]
    if certificate is not None:
        told += ["--ssl-certfile", str(certificate.certificate), "--ssl-keyfile", str(certificate.key)]
    return told


def _names_for_people(bind: str) -> list[str]:
    """The names a tablet can use, numbers of its network first."""
    found = [name for name in names_of_this_machine(bind) if name not in {"localhost", "127.0.0.1", "::1"}]
    return sorted(found, key=lambda name: not name[0].isdecimal())


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
        process.wait()


@contextmanager
def _signals_raise() -> Iterator[None]:
    """The first request to close unwinds everything; further ones do not disturb the closing."""
    asked = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in asked:
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    before = {number: signal.signal(number, stop) for number in asked}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
