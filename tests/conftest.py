"""The tests' ground: a real PostgreSQL of their own, started once, and no other sockets."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

from ebbtide.ground.database import Server
from ebbtide.site import environment
from ebbtide.site.serve.first_shape import drawn_near

QUICK: pytest.StashKey = pytest.StashKey()
REAL = Path(__file__).resolve().parents[2] / "shared" / "real"


def pytest_configure(config: pytest.Config) -> None:
    """Start the server before the first connection; the workers of xdist inherit its address."""
    if "DATABASE_URL" not in os.environ and not hasattr(config, "workerinput"):
        folder = Path(tempfile.mkdtemp(prefix="ebb-"))
        folder.chmod(0o755)
        server = Server(folder / "d")
        server.start()
        config.ebbtide_server = (server, folder)  # type: ignore[attr-defined]
        os.environ["DATABASE_URL"] = server.owner_url
        os.environ["EBBTIDE_DATA"] = str(folder / "app")
    # every worker builds a record of its own: `drawn_near` makes that a matter of seconds
    config.stash[QUICK] = drawn_near()
    config.stash[QUICK].__enter__()
    # Django read its settings before this file: the same dictionary is changed in place, no connection is open yet
    settings.DATABASES["default"].update(environment.database())
    settings.EBBTIDE_DEMO = True
    # hundreds of accounts are made in tests; tests/ground/people/test_sign_in.py holds the product to Argon2id
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    # one connection for each test, so that a rollback takes everything back
    settings.DATABASES["default"]["OPTIONS"].pop("pool", None)
    settings.EBBTIDE_DATA = environment.folder("EBBTIDE_DATA", Path(tempfile.gettempdir()) / "ebbtide-tests")


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
