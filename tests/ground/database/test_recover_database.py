"""After any kill the next start recovers without a hand, and believes only what answers."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from database_drills import (
    abandon,
    count_rows,
    end,
    first_line,
    kill_all,
    supervisor_process,
    wait_until_gone,
    write_rows,
)

from ebbtide.ground.database import AlreadyRunning, Server, StartFailed, layout_of, readiness
from ebbtide.ground.database.account import Runner, runner_for
from ebbtide.ground.database.binaries import programs_for
from ebbtide.ground.database.cluster import child_environment
from ebbtide.ground.database.leftovers import holders, pid_in_file
from ebbtide.ground.database.readiness import LogWatch, Patience, wait_until_it_answers


def an_orphan(data: Path) -> "subprocess.Popen[bytes]":
    """A postmaster that nobody supervises, as an older start without the kernel's help left it."""
    layout = layout_of(data)
    runner: Runner = runner_for(layout, account=None)
    programs = programs_for(layout, runner=runner, binaries=None)
    orphan = subprocess.Popen(
        [
            programs.path("postgres"),
            "-D",
            str(layout.cluster),
            "-c",
            "listen_addresses=",
            "-k",
            layout.socket_folder,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=child_environment(),
        user=runner.uid,
        group=runner.gid,
        extra_groups=runner.groups,
    )
    deadline_s = time.monotonic() + 10
    while not (layout.socket.exists() and len(holders(layout)) > 3):
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    return orphan


def test_it_ends_with_a_killed_supervisor_and_starts_again(
    with_rows: Callable[..., Path], binaries: Path | None
) -> None:
    data = with_rows(binaries)
    process = supervisor_process(data, binaries=binaries)
    assert first_line(process).isdecimal()
    end(process, signal.SIGKILL)
    with Server(data, binaries=binaries) as server:  # at once: what is still stopping is waited for
        assert count_rows(server) == 1000
    wait_until_gone(data)


def test_it_leaves_no_process_when_its_supervisor_is_killed(with_rows: Callable[..., Path]) -> None:
    data = with_rows()
    layout_of(data).log.unlink()
    process = supervisor_process(data)
    assert first_line(process).isdecimal()
    end(process, signal.SIGKILL)
    wait_until_gone(data)
    assert "database system is shut down" in layout_of(data).log.read_text()


def test_it_stops_an_orphaned_server_cleanly_and_starts_its_own(with_rows: Callable[..., Path]) -> None:
    data = with_rows()
    orphan = an_orphan(data)
    said: list[str] = []
    with Server(data, say=said.append) as server:
        assert orphan.wait(5) == 0
        assert server.pid != orphan.pid
        assert count_rows(server) == 1000
    assert any("left behind" in line for line in said)
    wait_until_gone(data)


def test_it_recovers_every_committed_row_after_everything_was_killed(
    with_rows: Callable[..., Path], binaries: Path | None
) -> None:
    data = with_rows(binaries)
    server = Server(data, binaries=binaries)
    server.start()
    write_rows(server, rows=50_000)
    process = abandon(server)
    kill_all(data)
    process.wait(10)
    with Server(data, binaries=binaries) as again:
        assert count_rows(again) == 51_000
    wait_until_gone(data)


def test_it_takes_a_zombie_for_dead(with_rows: Callable[..., Path]) -> None:
    data = with_rows()
    server = Server(data)
    server.start()
    process = abandon(server)
    os.kill(process.pid, signal.SIGKILL)
    with Server(data) as again:
        os.kill(process.pid, 0)  # it still has its pid: nobody has waited for it
        assert count_rows(again) == 1000
    process.wait(10)


def test_it_takes_a_reused_pid_for_a_stranger_and_leaves_him_alone(with_rows: Callable[..., Path]) -> None:
    data = with_rows()
    layout = layout_of(data)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        layout.pid_file.write_text(f"{stranger.pid}\n{layout.cluster}\n1\n5432\n{layout.socket_folder}\n\n")
        Path(f"{layout.socket}.lock").write_text(f"{stranger.pid}\n{layout.cluster}\n1\n5432\n")
        with Server(data) as server:
            assert count_rows(server) == 1000
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("content", ["", "\n", "-", "12", "not a number\n", "\x00\x00"])
def test_it_removes_an_empty_or_torn_pid_file(place: Path, content: str) -> None:
    layout = layout_of(place / "d")
    layout.cluster.mkdir(parents=True)
    layout.pid_file.write_text(content)
    from ebbtide.ground.database.leftovers import clear_leftovers

    clear_leftovers(layout, say=print)
    assert not layout.pid_file.exists()


def test_it_starts_over_an_empty_pid_file(with_rows: Callable[..., Path]) -> None:
    data = with_rows()
    layout_of(data).pid_file.touch()
    with Server(data) as server:
        assert count_rows(server) == 1000


def test_it_refuses_when_a_server_answers_that_no_process_shows(with_rows: Callable[..., Path]) -> None:
    data = with_rows()
    layout = layout_of(data)
    layout.pid_file.write_text("")
    with socket.socket(socket.AF_UNIX) as elsewhere:
        elsewhere.bind(str(layout.socket))
        elsewhere.listen()
        with pytest.raises(AlreadyRunning, match="another container"):
            Server(data).start()
    assert layout.pid_file.exists()


@pytest.mark.parametrize(
    ("content", "pid"),
    [("", None), ("\n", None), ("1", None), ("-5", None), ("4711\n/x\n", 4711), ("47x", None)],
)
def test_it_reads_the_pid_file_itself(place: Path, content: str, pid: int | None) -> None:
    (place / "postmaster.pid").write_text(content)
    assert pid_in_file(place / "postmaster.pid") == pid


def test_it_reads_a_missing_pid_file_as_nobody(place: Path) -> None:
    assert pid_in_file(place / "postmaster.pid") is None


class SlowRecovery:
    """A clock of ten seconds a reading, and a log that grows at each one."""

    def __init__(self, log: Path, *, readings: int, grows: bool = True) -> None:
        self.log, self.readings, self.grows, self.s = log, readings, grows, 0.0

    def seconds(self) -> float:
        self.s += 10.0
        if self.grows:
            with self.log.open("a") as file:
                file.write(
                    f"2026-11-23 08:00:00.000 UTC [7] LOG:  redo in progress, elapsed time: {self.s:.2f} s\n"
                )
        return self.s

    def answers(self, _url: str) -> bool:
        self.readings -= 1
        return self.readings <= 0


def wait_for(recovery: SlowRecovery, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(readiness, "answers", recovery.answers)
    monkeypatch.setattr(readiness, "POLL_S", 0.0)
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            wait_until_it_answers(
                "nowhere",
                process=process,
                watch=LogWatch(recovery.log),
                say=said.append,
                seconds=recovery.seconds,
            )
        finally:
            process.kill()
    return said


def test_it_waits_for_a_long_recovery_and_shows_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recovery = SlowRecovery(place / "log", readings=100)
    said = wait_for(recovery, monkeypatch)
    assert recovery.s > 1000
    assert said[0].startswith(
        "The database is recovering after it was cut off: redo in progress, elapsed time: "
    )


def test_it_gives_up_on_a_silent_log_only(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StartFailed, match="silent for 60 s"):
        wait_for(SlowRecovery(place / "log", readings=10_000, grows=False), monkeypatch)


def test_it_counts_silence_and_not_duration() -> None:
    patience = Patience(silence_s=60, now_s=0)
    assert not patience.is_over(1, now_s=59)
    assert not patience.is_over(2, now_s=118)
    assert patience.is_over(2, now_s=179)
