"""Places for the drills, and one seeded demonstration that each drill copies."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drills.clinics import thrown_away
from tests.moulds import demonstration_mould


def a_place() -> Path:
    """A short path that the database's own account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="ebd-"))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def place() -> Iterator[Path]:
    folder = a_place()
    yield folder
    thrown_away(folder)


@pytest.fixture(scope="session")
def demonstration() -> Path:
    """The data folder of a demonstration that was opened once and closed; drills work on copies of it."""
    return demonstration_mould()
