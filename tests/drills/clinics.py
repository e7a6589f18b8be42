"""A clinic to be ill-treated: its processes found and killed, its commands run as a person runs them, its desk signed in."""

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from urllib.parse import urlencode

from tools.bench.running import environment

from ebbtide.ground.database import attach

ROOT = Path(__file__).resolve().parents[2]
TELEPHONED = "/request/telephoned/"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def command(data: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """One command of `ebbtide` on this folder."""
    line = [sys.executable, "-m", "ebbtide.site.cli", *map(str, arguments)]
    return subprocess.run(line, env=environment(data), cwd=ROOT, capture_output=True, text=True, check=False)


def session_cookie(data: Path, role: str) -> str:
    """The cookie of a signed-in session of one role, its row made in the running clinic's own database."""
    told = {
        **environment(data),
        "DATABASE_URL": attach(data).app_url,
        "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings",
        "EBBTIDE_DEMO": "1",
    }
    program = f"from tools.bench.inside import session_of, settings; print(settings.SESSION_COOKIE_NAME + '=' + session_of({role!r}))"
    done = subprocess.run(
        [sys.executable, "-c", program], env=told, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1]


class Browser:
    """One browser of somebody signed in: it reads a form once, and what it sends then carries that form's token."""

    def __init__(self, port: int, cookie: str, form: str) -> None:
        self.port = port
        self.cookie = cookie
        self.call = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        status, headers, page = self.ask("GET", form)
        assert status == 200, f"the form answered {status}"
        cookies = "\n".join(headers.get_all("Set-Cookie", []))
        given = re.search(r"csrftoken=([^;]+)", cookies)
        tablet = re.search(r"ebbtide_tablet=[^;]+", cookies)  # a form at the chair needs it
        self.page = page
        assert given, "the form sets no CSRF cookie"
        self.cookie += f"; csrftoken={given[1]}" + (f"; {tablet[0]}" if tablet else "")
        self.token = self.field("csrfmiddlewaretoken")

    def field(self, name: str) -> str:
        """A hidden field of the form that was read."""
        found = re.search(rf'name="{name}" value="([^"]+)"', self.page)
        assert found, f"the form has no {name}"
        return found[1]

    def ask(
        self, method: str, path: str, body: str | None = None, more: Mapping[str, str] = FORM
    ) -> tuple[int, Message, str]:
        self.call.request(method, path, body=body, headers={"Cookie": self.cookie, **more})
        answer = self.call.getresponse()
        return answer.status, answer.headers, answer.read().decode(errors="replace")

    def close(self) -> None:
        self.call.close()


class Desk(Browser):
    """A browser at the front desk, with the form of telephoned requests before it."""

    def __init__(self, port: int, cookie: str) -> None:
        super().__init__(port, cookie, TELEPHONED)

    def type_request(self, key: str) -> tuple[int, str]:
        """Status, and where the answer leads to."""
        told = {
            "csrfmiddlewaretoken": self.token, "key": key, "given_name": "Nora", "family_name": "Quill", "language": "en",
            "phone": "+1 312 555 0142", "complaint": "crps", "story": "Since the fall in spring.",
        }  # fmt: skip
        status, headers, _ = self.ask("POST", TELEPHONED, urlencode(told))
        return status, headers.get("Location", "")


def processes_of(data: Path) -> list[int]:
    """Every living process of the clinic in this folder: by its environment, its command line or its working folder."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and _belongs(entry, data)
    ]


def _belongs(entry: Path, data: Path) -> bool:
    if int(entry.name) == os.getpid():
        return False
    name = str(data).encode()
    try:
        named = f"EBBTIDE_DATA={data}".encode() in (entry / "environ").read_bytes().split(b"\0")
        told = name in (entry / "cmdline").read_bytes()
        return named or told or (entry / "cwd").readlink().is_relative_to(data)
    except OSError:
        return False


def kill_everything(data: Path) -> int:
    """kill -9 of every process until none is left; how many there were."""
    killed = 0
    until_s = time.monotonic() + 10
    while found := sorted(processes_of(data)):
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                continue
        assert time.monotonic() < until_s, f"{found} cannot be killed"
        time.sleep(0.01)
    return killed


def left_over(data: Path) -> list[str]:
    """Locks and pid files that a closed clinic must not leave behind."""
    return [str(path) for name in ("ebbtide.lock", "postmaster.pid") for path in data.rglob(name)]


def thrown_away(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
