"""Who runs PostgreSQL: this account, or as root an unprivileged one that owns only the database."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ebbtide.ground.database.folder import Layout
from ebbtide.ground.database.troubles import AccountTrouble, FolderNotReachable

DEFAULT_ACCOUNT = "ebbtide"

FIRST_CLOSED_FOLDER = 'for folder do test -x "$folder" || { printf %s "$folder"; exit 1; }; done'


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """The account that PostgreSQL's programs run under; None means this very account."""

    name: str | None = None
    uid: int | None = None
    gid: int | None = None

    @property
    def is_another(self) -> bool:
        return self.uid is not None

    @property
    def groups(self) -> list[int] | None:
        """No group of root's comes along."""
        return None if self.uid is None else []

    def own(self, path: Path) -> None:
        """Hand one path to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def runner_for(layout: Layout, *, account: str | None) -> Runner:
    """The account for this folder: whoever owns its cluster, else the one named, else `ebbtide`."""
    if os.geteuid() != 0:
        return Runner()
    if layout.cluster.exists():
        owner = layout.cluster.stat()
        if owner.st_uid != 0:
            return Runner(name=_name_of(owner.st_uid), uid=owner.st_uid, gid=owner.st_gid)
    entry = _entry_of(account or DEFAULT_ACCOUNT)
    return Runner(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def let_runner_enter(layout: Layout, runner: Runner) -> None:
    """The runner can enter the data folder; only that folder's own group is ever changed."""
    if runner.uid is None or runner.gid is None:
        return
    closed = first_closed_folder(runner, [*reversed(layout.data.parents)])
    if closed is not None:
        raise FolderNotReachable(
            f"The folder {closed} cannot be entered by the account {runner.name} that runs the database. "
            "Ebbtide widens no other folder's rights: choose another place with EBBTIDE_DATA."
        )
    if first_closed_folder(runner, [layout.data]) is None:
        return
    os.chown(layout.data, -1, runner.gid)
    layout.data.chmod((layout.data.stat().st_mode & 0o707) | 0o010)


def first_closed_folder(runner: Runner, folders: list[Path]) -> Path | None:
    """The first of these folders that the runner cannot enter, as the kernel itself answers."""
    answer = subprocess.run(
        ["/bin/sh", "-c", FIRST_CLOSED_FOLDER, "sh", *map(str, folders)],
        check=False,
        capture_output=True,
        cwd="/",
        user=runner.uid,
        group=runner.gid,
        extra_groups=runner.groups,
    )
    return Path(os.fsdecode(answer.stdout)) if answer.returncode else None


def _entry_of(name: str) -> pwd.struct_passwd:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        _make(name)
        entry = pwd.getpwnam(name)
    if entry.pw_uid == 0:
        raise AccountTrouble(f"The account {name} is an administrator; the database needs one that is not.")
    return entry


def _make(name: str) -> None:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    nologin = shutil.which("nologin", path="/usr/sbin:/sbin:/usr/bin:/bin") or "/bin/false"
    advice = f"Make a system account called {name} yourself, or start Ebbtide as a normal user."
    if program is None:
        raise AccountTrouble(f"This system has no useradd to make the account {name}. {advice}")
    command = [program, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    made = subprocess.run(
        [*command, "--shell", nologin, "--comment", "Ebbtide database", name],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise AccountTrouble(f"The account {name} could not be made ({made.stderr.strip()}). {advice}")


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
