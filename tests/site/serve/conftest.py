"""Places for the supervisor's drills."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path that the database's account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="eb-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
