"""What the tests of the engine for many people share: the compiled engine, made ready once."""

import fcntl
from types import ModuleType

import pytest

from ebbtide.pharmacology.engine import compute


@pytest.fixture(scope="session")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The compiled engine: one worker compiles it (15 s), the others wait and read what it kept on disk (1 s)."""
    with (tmp_path_factory.getbasetemp().parent / "compiling.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        compute.make_ready(wait=True)
    assert compute.is_ready()
    from ebbtide.pharmacology.engine import kernel as ready

    return ready
