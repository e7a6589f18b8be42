"""Opening and closing the clinic: in order, with one clear line for each trouble, and without a trace."""

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from serve_drills import (
    PROGRAMS,
    RunningClinic,
    a_free_port,
    alive,
    command_of,
    descendants_of,
    kill_all,
    wait_until_dead,
)

from ebbtide.ground.database import Server, layout_of
from ebbtide.ground.database.leftovers import pid_in_file


def page(clinic: RunningClinic) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{clinic.port}/healthz", timeout=5) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_opens_tells_where_and_closes_without_a_trace(place: Path, number: int) -> None:
    clinic = RunningClinic(place / "d", demo=True)
    assert f"http://localhost:{clinic.port}/" in clinic.wait_for("Ebbtide is open at")
    clinic.wait_for("Ctrl-C closes it")
    assert any("ada@example.org" in line and "tide" in line for line in clinic.said)
    assert any(str(place / "d" / "demo-accounts.json") in line for line in clinic.said)
    family = clinic.descendants()
    assert len(family) > 4
    assert clinic.close(number) == (0, "")
    wait_until_dead(family, within_s=1)
    assert not layout_of(place / "d").lock.exists()
    assert not layout_of(place / "d").pid_file.exists()


def test_it_tells_the_pages_the_role_that_owns_nothing(place: Path) -> None:
    clinic = RunningClinic(place / "d", demo=True, clock="2026-11-23T08:00:00+00:00@60")
    clinic.wait_for("Ctrl-C")
    told = page(clinic)
    clinic.close()
    assert "postgresql://ebbtide_app:" in told
    assert "ebbtide_owner" not in told
    for words in (
        "'EBBTIDE_DEMO', '1'",
        f"'EBBTIDE_MLLP_PORT', '{clinic.mllp_port}'",
        "@60",
        "EBBTIDE_CLOCK_ORIGIN",
        "localhost",
    ):
        assert words in told
    assert (place / "d/keys/signing.key").stat().st_mode & 0o077 == 0


def test_it_goes_on_at_the_minute_at_which_it_was_closed_right_after_its_first_opening(place: Path) -> None:
    """What was recorded in those minutes would else lie in the future, and look live for as long."""
    slow = {**PROGRAMS, "prepare": f"import time; time.sleep(3)\n{PROGRAMS['prepare']}"}
    clinic = RunningClinic(place / "d", demo=True, programs=slow)
    clinic.wait_for("Ctrl-C")
    began = datetime.fromisoformat(kept_in(place)["setting"].partition("@")[0])
    clinic.close()
    assert datetime.fromisoformat(kept_in(place)["shown_at"]) - began >= timedelta(seconds=3)


def kept_in(place: Path) -> dict[str, str]:
    return json.loads((place / "d" / "demo-clock.json").read_text(encoding="utf-8"))


def test_it_leaves_nothing_when_it_is_killed_and_opens_again_by_itself(place: Path) -> None:
    first = RunningClinic(place / "d")
    first.wait_for("Ctrl-C")
    family = first.descendants()
    first.close(signal.SIGKILL)
    again = RunningClinic(place / "d", port=first.port)
    again.wait_for("Ctrl-C")
    wait_until_dead(family)
    assert again.close() == (0, "")


def test_it_recovers_after_every_process_was_killed(place: Path) -> None:
    first = RunningClinic(place / "d")
    first.wait_for("Ctrl-C")
    kill_all((first.process.pid, *first.descendants()))
    first.end()
    again = RunningClinic(place / "d")
    again.wait_for("Ctrl-C")
    again.close()
    with Server(place / "d") as server, psycopg.connect(server.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM entry").fetchone() == (2,)


def test_it_starts_a_dead_worker_and_a_dead_database_again(place: Path) -> None:
    clinic = RunningClinic(place / "d")
    clinic.wait_for("Ctrl-C")
    postmaster = int(layout_of(place / "d").pid_file.read_text().split()[0])
    (worker,) = once_named(clinic, b"time.sleep(600)", 1)
    os.kill(worker, signal.SIGKILL)
    assert "starts again in 0.5 s" in clinic.wait_for("The worker ended")
    os.kill(postmaster, signal.SIGKILL)
    clinic.wait_for("The database ended by itself")
    deadline_s = time.monotonic() + 10
    # the socket of the killed one lies there for a moment: believed is only another process
    while pid_in_file(layout_of(place / "d").pid_file) in {None, postmaster}:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    page(clinic)
    assert not alive(postmaster)
    assert clinic.close() == (0, "")


def test_it_starts_all_again_when_the_process_they_were_forked_from_died(place: Path) -> None:
    clinic = RunningClinic(place / "d", demo=True)
    clinic.wait_for("Ctrl-C")
    (mould,) = once_named(clinic, b"ebbtide.site.serve.mould", 1)
    before = descendants_of(mould)
    assert len(before) == 5
    os.kill(mould, signal.SIGKILL)
    wait_until_dead(before)
    for _ in before:
        clinic.wait_for("ended .status 255.; it starts again in 0.5 s")
    deadline_s = time.monotonic() + 20
    while True:
        moulds = running(clinic, b"ebbtide.site.serve.mould")
        forked = [pid for again in moulds for pid in descendants_of(again)]
        with contextlib.suppress(OSError):
            if len(forked) == 5 and page(clinic):
                break
        assert time.monotonic() < deadline_s
        time.sleep(0.1)
    assert clinic.close() == (0, "")


def test_what_is_loaded_beforehand_holds_no_thread_and_no_connection_and_was_all_of_it(place: Path) -> None:
    """A thread or a connection would be shared by all who are forked; a module that is missing would be loaded six times."""
    program = """
import sys, threading
import ebbtide.site.serve.program
from django.db import connections
assert threading.active_count() == 1, threading.enumerate()
assert all(one.connection is None for one in connections.all(initialized_only=True))
before = set(sys.modules)
import ebbtide.site.serve.web, ebbtide.doors.hl7v2.__main__, ebbtide.journey.infusion.watching.__main__, ebbtide.twin.monitors.__main__
import procrastinate.contrib.django.management.commands.procrastinate
print(*sorted(set(sys.modules) - before), sep="\\n")
"""
    told = {**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "EBBTIDE_DATA": str(place)}
    told |= {"DJANGO_SETTINGS_MODULE": "ebbtide.site.settings", "EBBTIDE_DEMO": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=told, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    late = done.stdout.split()
    assert len(late) < 40, late


@pytest.mark.parametrize(
    "after_s",
    [
        pytest.param(0.0, marks=pytest.mark.weekly),
        pytest.param(0.05, marks=pytest.mark.nightly),
        pytest.param(0.3, marks=pytest.mark.weekly),
    ],
)
def test_it_closes_while_it_starts_a_dead_database_again(place: Path, after_s: float) -> None:
    clinic = RunningClinic(place / "d")
    clinic.wait_for("Ctrl-C")
    os.kill(int(layout_of(place / "d").pid_file.read_text().split()[0]), signal.SIGKILL)
    clinic.wait_for("The database ended by itself")
    time.sleep(after_s)
    assert clinic.close() == (0, "")
    assert not layout_of(place / "d").lock.exists()


def test_it_says_when_the_port_is_taken(place: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, errors = RunningClinic(place / "d", port=port).end()
    assert status == 1
    assert errors == f"Port {port} is taken by another program. Choose another with --port or EBBTIDE_PORT.\n"
    assert not (place / "d").exists()


def test_it_says_when_the_monitors_port_is_taken(place: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, errors = RunningClinic(place / "d", mllp_port=port).end()
    assert status == 1
    assert errors == (
        f"Port {port} for the monitors is taken by another program. "
        "Choose another with --mllp-port or EBBTIDE_MLLP_PORT; 0 leaves the gateway out.\n"
    )
    assert not (place / "d").exists()


def running(clinic: RunningClinic, program: bytes) -> list[int]:
    """The children that are this program."""
    return [pid for pid in clinic.descendants() if program in command_of(pid)]


def once_named(clinic: RunningClinic, program: bytes, count: int) -> list[int]:
    """The same once there are so many: a process that was forked just now still bears its mould's name."""
    deadline_s = time.monotonic() + 20
    while len(found := running(clinic, program)) != count:
        assert time.monotonic() < deadline_s, f"{len(found)} and not {count} are {program.decode()}"
        time.sleep(0.05)
    return found


@pytest.mark.parametrize(
    ("options", "gateways", "monitors"),
    [({"demo": True}, 1, 1), ({}, 1, 0), ({"demo": True, "mllp_port": 0}, 0, 0)],
)
def test_it_runs_a_gateway_and_only_in_a_demonstration_simulated_monitors(
    place, options, gateways, monitors
) -> None:
    clinic = RunningClinic(place / "d", **options)
    clinic.wait_for("Ctrl-C")
    (mould,) = once_named(clinic, b"ebbtide.site.serve.mould", 1)
    once_named(clinic, b"time.sleep(601)", gateways)
    once_named(clinic, b"time.sleep(602)", monitors)
    others = 3  # a web server, the worker, the checks
    assert len(descendants_of(mould)) == others + gateways + monitors
    assert clinic.close() == (0, "")
    assert any("Monitors are heard on port" in line for line in clinic.said) == bool(gateways)


def test_it_starts_a_dead_gateway_again_and_the_pages_do_not_notice(place: Path) -> None:
    clinic = RunningClinic(place / "d")
    clinic.wait_for("Ctrl-C")
    (gateway,) = once_named(clinic, b"time.sleep(601)", 1)
    os.kill(gateway, signal.SIGKILL)
    assert "starts again in 0.5 s" in clinic.wait_for("The monitor gateway ended")
    page(clinic)
    assert clinic.close() == (0, "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"port": 70000}, "The port is 70000: choose one from 1 to 65535"),
        ({"clock": "2026-11-23T08:00:00Z@60"}, "demonstration only"),
        ({"clock": "soon", "demo": True}, "write START@RATE"),
        ({"bind": "203.0.113.7"}, "no address of this machine"),
        ({"mllp_port": -1}, "The port for the monitors is -1: choose one from 0 to 65535"),
    ],
)
def test_it_refuses_options_in_one_line(place: Path, options: dict[str, object], words: str) -> None:
    status, errors = RunningClinic(place / "d", **options).end()
    assert status == 1
    assert words in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "program", "words"),
    [
        ("prepare", "import sys; print('The record was written by a newer Ebbtide.', file=sys.stderr); sys.exit(3)", "newer"),
        ("prepare", "1 / 0", "could not be prepared: ZeroDivisionError"),
        ("web", "raise SystemExit(7)", r"web server ended before it answered (status 7)"),
    ],
)  # fmt: skip
def test_it_closes_everything_when_a_part_fails(place: Path, name: str, program: str, words: str) -> None:
    clinic = RunningClinic(place / "d", programs={**PROGRAMS, name: program})
    status, errors = clinic.end()
    assert status == 1
    assert words in errors
    assert errors.count("\n") == 1
    assert not layout_of(place / "d").lock.exists()
    assert not layout_of(place / "d").pid_file.exists()


def test_it_refuses_a_second_clinic_on_the_same_folder(place: Path) -> None:
    first = RunningClinic(place / "d")
    first.wait_for("Ctrl-C")
    status, errors = RunningClinic(place / "d", port=a_free_port()).end()
    assert (status, errors.count("\n")) == (1, 1)
    assert "already runs on" in errors
    page(first)
    first.close()


@pytest.mark.nightly
def test_it_uses_another_database_when_it_is_told_one(place: Path) -> None:
    with Server(place / "elsewhere") as server:
        clinic = RunningClinic(place / "d", database_url=server.owner_url)
        clinic.wait_for("Ctrl-C")
        assert any("EBBTIDE_OWNER_URL" in line for line in clinic.said)
        assert not (place / "d/postgres").exists()
        assert clinic.close() == (0, "")
    assert not layout_of(place / "d").lock.exists()


def test_it_never_opens_a_real_clinic_with_the_demonstrations_shortcuts(place: Path) -> None:
    real = RunningClinic(place / "d")
    real.wait_for("Ctrl-C")
    real.close()
    status, errors = RunningClinic(place / "d", demo=True).end()
    assert (status, errors.count("\n")) == (1, 1)
    assert "holds a real clinic" in errors


def test_it_speaks_https_with_its_own_authority_on_the_network(place: Path) -> None:
    clinic = RunningClinic(place / "d", bind="0.0.0.0")
    clinic.wait_for("Ctrl-C")
    authority = place / "d/keys/authority.crt"
    assert any(str(authority) in line for line in clinic.said)
    trusting = ssl.create_default_context(cafile=str(authority))
    address = f"https://127.0.0.1:{clinic.port}/healthz"
    with urllib.request.urlopen(address, context=trusting, timeout=5) as answer:
        assert "'EBBTIDE_HTTPS', '1'" in answer.read().decode()
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(address, context=ssl.create_default_context(), timeout=5)
    clinic.close()
