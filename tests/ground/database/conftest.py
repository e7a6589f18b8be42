"""Builders of the database room's drills: places, servers that many tests share, folders with rows."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from database_drills import write_rows

from ebbtide.ground.database import Server

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


def a_place() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="eb-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path that every account may enter (pytest's own is closed to others, and long)."""
    folder = a_place()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(
    scope="session", params=[pytest.param("wheel"), pytest.param("debian", marks=pytest.mark.pg15)]
)
def binaries(request: pytest.FixtureRequest) -> Path | None:
    """The wheel's PostgreSQL 18, and Debian's 15 where it is installed."""
    if request.param == "wheel":
        return None
    if not (DEBIAN_15 / "postgres").exists():
        pytest.skip("Debian's PostgreSQL 15 is not here")
    return DEBIAN_15


@pytest.fixture(scope="session")
def running(binaries: Path | None) -> Iterator[Server]:
    """A server for tests that neither stop nor change it."""
    folder = a_place()
    with Server(folder / "d", binaries=binaries) as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kept_folders() -> Iterator[dict[Path | None, Path]]:
    """One stopped data folder with 1,000 rows for each set of programs, made when it is first needed."""
    found: dict[Path | None, Path] = {}
    yield found
    for folder in found.values():
        shutil.rmtree(folder.parent, ignore_errors=True)


@pytest.fixture
def with_rows(place: Path, kept_folders: dict[Path | None, Path]) -> Callable[..., Path]:
    """A builder: a stopped data folder of this test's own that holds 1,000 rows."""

    def build(binaries: Path | None = None) -> Path:
        if binaries not in kept_folders:
            kept_folders[binaries] = a_place() / "d"
            with Server(kept_folders[binaries], binaries=binaries) as server:
                write_rows(server)
        subprocess.run(["cp", "-a", kept_folders[binaries], place / "d"], check=True)
        return place / "d"

    return build
