"""Places for the supervisor's drills."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from serve_drills import RunningClinic


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path that the database's account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="eb-"))
    folder.chmod(0o755)
    yield folder
    RunningClinic.end_those_left()
    shutil.rmtree(folder, ignore_errors=True)
