"""The real clinic, opened and closed as a person does it: as this account and as a normal one, without a trace."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from tools.bench.running import answers, environment, free_port

from ebbtide.ground.database import Server
from tests.drills.clinics import ROOT, left_over, processes_of
from tests.moulds import a_copy

WAIT_S = 180.0
NORMAL = "nobody"
SYSTEM_PYTHON = Path("/usr/bin/python3")


@dataclass
class Account:
    """Who starts the clinic, and with which Python."""

    name: str
    python: str = sys.executable
    told: dict[str, str] = field(default_factory=dict)
    who: dict[str, object] = field(default_factory=dict)


def a_normal_account() -> Account:
    """An account without rights, with a Python that it can reach; a skip with a word where there is none."""
    if os.geteuid() != 0:
        pytest.skip("this test runs as a normal account already")
    entry = pwd.getpwnam(NORMAL)
    who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    told = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), packages]), "HOME": "/nonexistent"}
    for python in (sys.executable, str(SYSTEM_PYTHON)):
        account = Account(NORMAL, python, told, who)
        if _can_run(account):
            return account
    pytest.skip(
        f"the account {NORMAL} can reach no Python {sys.version_info.major}.{sys.version_info.minor} with Ebbtide's packages"
    )


def _can_run(account: Account) -> bool:
    version = tuple(sys.version_info[:2])
    ask = f"import django, psycopg, ebbtide, sys; sys.exit(sys.version_info[:2] != {version})"
    try:
        done = subprocess.run(
            [account.python, "-c", ask],
            env=account.told,
            cwd="/",
            capture_output=True,
            check=False,
            **account.who,
        )
    except OSError:
        return False
    return done.returncode == 0


def started(account: Account, data: Path, port: int, *arguments: str) -> "subprocess.Popen[str]":
    told = {**environment(data), **account.told}
    command = [
        account.python,
        "-m",
        "ebbtide.site.cli",
        "serve",
        "--data",
        str(data),
        "--port",
        str(port),
        *arguments,
    ]
    with said_in(data).open("w", encoding="utf-8") as said:
        return subprocess.Popen(
            command, env=told, cwd="/", stdout=said, stderr=subprocess.PIPE, text=True, **account.who
        )


def said_in(data: Path) -> Path:
    """Where what the clinic says is written: a file can be read while the clinic runs."""
    return data.with_suffix(".said")


@contextmanager
def opened(account: Account, data: Path, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A clinic that answers, and its address."""
    port = free_port()
    process = started(account, data, port, *arguments)
    address = f"http://127.0.0.1:{port}/"
    until_s = time.monotonic() + WAIT_S
    try:
        # a page answers a moment before the supervisor has seen it and says where the clinic is
        while not (answers(address) and "Ctrl-C closes it." in said_in(data).read_text(encoding="utf-8")):
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < until_s, "the clinic did not open"
            time.sleep(0.1)
        yield process, address
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def closes_without_a_trace(process: "subprocess.Popen[str]", data: Path) -> str:
    """Ctrl-C; what it said."""
    assert len(processes_of(data)) >= 4
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert processes_of(data) == []
    assert left_over(data) == []
    return said_in(data).read_text(encoding="utf-8")


def test_it_opens_the_demonstration_and_ctrl_c_leaves_nothing(demonstration: Path, place: Path) -> None:
    data = a_copy(demonstration, place / "d")
    with opened(Account("this account"), data, "--demo") as (process, _):
        said = closes_without_a_trace(process, data)
    assert "Ebbtide is open at http://localhost:" in said
    assert "Demonstration accounts" in said
    assert said.rstrip().endswith("Ebbtide is closed.")


@pytest.mark.weekly  # every night it is the demonstration below
def test_it_opens_a_clinic_for_a_normal_account(place: Path) -> None:
    account = a_normal_account()
    home = place / "home"
    home.mkdir()
    shutil.chown(home, NORMAL)
    data = home / "d"
    with opened(account, data) as (process, address):
        assert answers(f"{address}healthz")
        assert {(Path("/proc") / str(pid)).stat().st_uid for pid in processes_of(data)} == {
            account.who["user"]
        }
        said = closes_without_a_trace(process, data)
    assert "runs under the account" not in said
    assert (data.stat().st_mode & 0o777, data.owner()) == (0o700, NORMAL)
    with opened(account, data) as (process, _):  # and again, with what is there now
        closes_without_a_trace(process, data)


@pytest.mark.nightly
def test_it_opens_the_demonstration_for_a_normal_account(place: Path) -> None:
    account = a_normal_account()
    home = place / "home"
    home.mkdir()
    shutil.chown(home, NORMAL)
    with opened(account, home / "d", "--demo") as (process, _):
        assert "Demonstration accounts" in closes_without_a_trace(process, home / "d")


def one_line(process: "subprocess.Popen[str]") -> str:
    """The one line with which it refused."""
    _, errors = process.communicate(timeout=WAIT_S)
    assert process.returncode != 0
    assert len(errors.splitlines()) == 1, errors
    return errors


def test_it_says_in_one_line_that_a_normal_account_may_not_write_there(place: Path) -> None:
    account = a_normal_account()
    closed = place / "closed"
    closed.mkdir(mode=0o755)
    data = closed / "d"
    assert str(closed) in one_line(started(account, data, free_port()))
    assert list(closed.iterdir()) == [said_in(data)]


def test_it_says_in_one_line_that_the_record_is_newer(demonstration: Path, place: Path) -> None:
    data = a_copy(demonstration, place / "d")
    with Server(data) as server, psycopg.connect(server.owner_url) as owner:
        owner.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('course', '0099_later', '2027-01-01T00:00:00Z')"
        )
    said = one_line(started(Account("this account"), data, free_port(), "--demo"))
    assert "written by a newer Ebbtide" in said
    assert "course.0099_later" in said
    assert (processes_of(data), left_over(data)) == ([], [])


def test_it_finds_its_folder_in_the_environment(place: Path) -> None:
    """EBBTIDE_DATA alone, as `make run` is told it: nothing is made anywhere else."""
    command = [sys.executable, "-m", "ebbtide.site.cli", "ledger", "verify"]
    done = subprocess.run(
        command, env=environment(place / "empty"), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, str(place / "empty") in done.stderr) == (2, True), done.stderr
