"""Small programs in the place of the pages, the worker and the preparation, and a clinic to run them."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

WEB = """
import http.server, pathlib, ssl, sys, os
args = sys.argv[1:]
def told(name): return args[args.index(name) + 1] if name in args else None
class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = repr(sorted((k, v) for k, v in os.environ.items() if k.startswith(("EBBTIDE", "DATABASE")))).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
server = http.server.ThreadingHTTPServer((told("--host"), int(told("--port"))), Pages)
if told("--ssl-certfile"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(told("--ssl-certfile"), told("--ssl-keyfile"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""
WORKER = "import time; time.sleep(600)"
GATEWAY = "import time; time.sleep(601)"
MONITORS = "import time; time.sleep(602)"
CHECKS = "import time; time.sleep(603)"
PREPARE = """
import json, os, pathlib, psycopg
with psycopg.connect(os.environ["EBBTIDE_OWNER_URL"], autocommit=True) as owner:
    owner.execute("CREATE TABLE IF NOT EXISTS entry (id bigserial PRIMARY KEY)")
    owner.execute("INSERT INTO entry DEFAULT VALUES")
if os.environ["EBBTIDE_DEMO"] == "1":
    pathlib.Path(os.environ["EBBTIDE_DATA"], "demo-accounts.json").write_text(json.dumps(
        [{"role": "clinician", "email": "ada@example.org", "password": "tide", "totp_secret": "x"}]))
"""
CLINIC = """
import json, sys
from pathlib import Path
from ebbtide.site.serve import ServeOptions, serve
from ebbtide.site.serve.supervisor import Commands
told = json.loads(sys.argv[1])
commands = Commands(webs=1, loaded=(), **{name: [sys.executable, "-c", text] for name, text in told.pop("programs").items()})
told["data_folder"] = Path(told["data_folder"])
sys.exit(serve(ServeOptions(**told), commands=commands))
"""
PROGRAMS = {
    "web": WEB,
    "worker": WORKER,
    "prepare": PREPARE,
    "gateway": GATEWAY,
    "monitors": MONITORS,
    "checks": CHECKS,
}


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RunningClinic:
    """A supervisor in a process of its own, and everything it has said."""

    begun: ClassVar[list["RunningClinic"]] = []

    def __init__(self, data: Path, *, programs: dict[str, str] | None = None, **options: object) -> None:
        import json

        told = {
            "data_folder": str(data),
            "port": a_free_port(),
            "mllp_port": a_free_port(),
            **options,
            "programs": programs or PROGRAMS,
        }
        self.port, self.mllp_port = told["port"], told["mllp_port"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLINIC, json.dumps(told)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: v for name, v in os.environ.items() if not name.startswith(("EBBTIDE_", "DATABASE_"))},
        )
        self.said: list[str] = []
        RunningClinic.begun.append(self)

    def wait_for(self, words: str) -> str:
        """The first line that matches; fails when the clinic ends before."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            if re.search(words, line):
                return line
        raise AssertionError(
            f"it ended: {self.said} {self.process.stderr.read() if self.process.stderr else ''}"
        )

    def descendants(self) -> list[int]:
        return descendants_of(self.process.pid)

    def close(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit status and what it wrote to stderr."""
        self.process.send_signal(number)
        out, errors = self.process.communicate(timeout=30)
        self.said += out.splitlines()
        return self.process.returncode, errors

    def end(self) -> tuple[int, str]:
        """Wait for its own end."""
        out, errors = self.process.communicate(timeout=60)
        self.said += out.splitlines()
        return self.process.returncode, errors

    @classmethod
    def end_those_left(cls) -> None:
        """What a test that failed halfway leaves running would fail a later one, which did nothing wrong."""
        while cls.begun:
            process = cls.begun.pop().process
            if process.poll() is None:
                kill_all((process.pid, *descendants_of(process.pid)))
            if process.stdout is not None and not process.stdout.closed:
                process.communicate(timeout=30)


def descendants_of(pid: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def command_of(pid: int) -> bytes:
    """How it was called; of one that ended since it was listed, nothing."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def wait_until_dead(pids: list[int], *, within_s: float = 15.0) -> None:
    deadline_s = time.monotonic() + within_s
    for pid in pids:
        while alive(pid):
            assert time.monotonic() < deadline_s, f"process {pid} was left behind"
            time.sleep(0.02)


def kill_all(pids: Iterable[int]) -> None:
    """kill -9, in this order; the kernel may have ended the later ones with the first."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
