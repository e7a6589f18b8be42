"""The tests' ground: a real PostgreSQL of their own, started once, and no other sockets."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ebbtide.site.settings")
REAL = Path(__file__).resolve().parents[2] / "shared" / "real"


def pytest_configure(config: pytest.Config) -> None:
    """Start the server before Django reads its settings; the workers of xdist inherit its address."""
    if "DATABASE_URL" not in os.environ and not hasattr(config, "workerinput"):
        from ebbtide.ground.database import Server

        folder = Path(tempfile.mkdtemp(prefix="ebb-"))
        folder.chmod(0o755)
        server = Server(folder / "d")
        server.start()
        config.ebbtide_server = (server, folder)  # type: ignore[attr-defined]
        os.environ["DATABASE_URL"] = server.owner_url
        os.environ["EBBTIDE_DATA"] = str(folder / "app")
    os.environ.setdefault("EBBTIDE_DEMO", "1")


def pytest_unconfigure(config: pytest.Config) -> None:
    held = getattr(config, "ebbtide_server", None)
    if held is not None:
        server, folder = held
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def real_input() -> Path:
    """The folder of real input, or a skip with a word."""
    if not REAL.is_dir():
        pytest.skip("shared/real is not here")
    return REAL
