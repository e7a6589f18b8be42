"""Folders that cannot serve: one clear line each, and the lock that keeps a folder to one holder."""

import os
import shutil
import signal
import stat
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest
from database_drills import end, first_line, supervisor_process

from ebbtide.ground.database import (
    AlreadyRunning,
    BinariesMissing,
    DiskFull,
    FolderNotReachable,
    FolderNotWritable,
    NotRunning,
    PathTooLong,
    Server,
    attach,
    attached_or_started,
    default_data_folder,
    layout_of,
)
from ebbtide.ground.database.folder import SOCKET_PATH_LIMIT_BYTES, FolderLock, is_held

Usage = namedtuple("Usage", "total used free")


def test_it_refuses_a_path_too_long_for_a_socket(place: Path) -> None:
    room = SOCKET_PATH_LIMIT_BYTES - len(os.fsencode(layout_of(place).socket)) - 1
    with Server(place / ("x" * room)) as server:
        assert server.is_alive
    with pytest.raises(PathTooLong, match="too long for a socket"):
        Server(place / ("x" * (room + 1))).start()
    assert not (place / ("x" * (room + 1))).exists()


def test_it_counts_bytes_and_not_letters(place: Path) -> None:
    with pytest.raises(PathTooLong):
        Server(place / ("ä" * 45)).start()


def test_it_keeps_a_folder_to_one_holder(running: Server, place: Path) -> None:
    with pytest.raises(AlreadyRunning, match=rf"already runs on .* \(process {os.getpid()}\)"):
        Server(running.data_folder).start()
    assert running.is_alive
    assert is_held(layout_of(running.data_folder).lock)
    assert not is_held(layout_of(place / "d").lock)


def test_it_forgets_the_lock_of_a_killed_holder(place: Path) -> None:
    process = supervisor_process(place / "d")
    assert first_line(process).isdecimal()
    end(process, signal.SIGKILL)
    assert layout_of(place / "d").lock.exists()
    lock = FolderLock(layout_of(place / "d").lock)
    lock.take()
    lock.release()
    assert not layout_of(place / "d").lock.exists()
    with Server(place / "d") as server:
        assert server.is_alive


def test_it_attaches_beside_a_running_clinic_or_starts_its_own(place: Path) -> None:
    with pytest.raises(NotRunning, match="ebbtide serve"):
        attach(place / "d")
    with attached_or_started(place / "d", say=print) as own:
        assert attach(place / "d") == own
        with attached_or_started(place / "d", say=print) as beside:
            assert beside == own
    assert not layout_of(place / "d").lock.exists()


def test_it_says_when_the_disk_is_nearly_full(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 12_000_000))
    with pytest.raises(DiskFull, match="has 12 MB left; Ebbtide needs 128 MB"):
        Server(place / "d").start()


def programs_that_say(place: Path, words: str) -> Path:
    folder = place / "bin"
    folder.mkdir()
    for name, lines in (
        ("postgres", 'test "$1" = --version && echo "postgres (PostgreSQL) 18.4" && exit 0'),
        ("initdb", f'echo "{words}" >&2; exit 1'),
    ):
        (folder / name).write_text(f"#!/bin/sh\n{lines}\nexit 1\n")
        (folder / name).chmod(0o755)
    return folder


def test_it_says_when_the_disk_fills_while_the_database_is_made(place: Path) -> None:
    binaries = programs_that_say(place, "initdb: error: could not write: No space left on device")
    with pytest.raises(DiskFull, match="is full"):
        Server(place / "d", binaries=binaries).start()
    assert not layout_of(place / "d").cluster.exists()


@pytest.mark.root
def test_it_says_when_a_real_disk_is_full(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only the system administrator can mount a small disk")
    small = place / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "none", small], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        monkeypatch.setattr("ebbtide.ground.database.folder.FREE_SPACE_NEEDED_MB", 0)
        with pytest.raises(DiskFull, match="is full"):
            Server(small / "d").start()
    finally:
        subprocess.run(["umount", small], check=True)


def test_it_refuses_a_file_in_place_of_a_folder(place: Path) -> None:
    (place / "file").touch()
    with pytest.raises(FolderNotWritable, match="is a file"):
        Server(place / "file").start()
    with pytest.raises(FolderNotReachable, match="is a file"):
        Server(place / "file" / "d").start()


def test_it_refuses_programs_that_are_not_there(place: Path) -> None:
    with pytest.raises(BinariesMissing, match="holds no program initdb"):
        Server(place / "d", binaries=place).start()


def test_it_has_a_place_of_its_own_for_every_kind_of_account() -> None:
    assert default_data_folder(is_root=True) == Path("/var/lib/ebbtide")
    assert default_data_folder(is_root=False, environment={"XDG_DATA_HOME": "/x"}) == Path("/x/ebbtide")
    fallback = default_data_folder(is_root=False, environment={"XDG_DATA_HOME": "relative"})
    assert fallback == Path.home() / ".local/share/ebbtide"


def test_it_makes_the_folder_for_its_owner_alone(place: Path) -> None:
    with Server(place / "a" / "d"):
        assert stat.S_IMODE((place / "a" / "d").stat().st_mode) & 0o007 == 0
