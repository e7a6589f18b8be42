"""The tests' ground: a real PostgreSQL of their own, started once, and no other sockets."""

import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.utils import translation
from hypothesis import settings as examples

from ebbtide.ground.database import Server
from ebbtide.site import environment
from ebbtide.site.serve.first_shape import drawn_near
from tests.moulds import WHERE

# measured by --durations; of the two that begin by day only one needs the seeded demonstration
LONGEST_FIRST = (
    "tests/stories/test_the_way_in.py",
    "tests/house/test_doors.py",
    "tests/stories/test_first_journey.py",
    "tests/stories/test_every_page.py",
    "tests/drills/test_power_cut.py",
    "tests/pharmacology/test_validation_page.py",
    "tests/twin/test_calendar.py",
    "tests/drills/test_kill_everything.py",
    "tests/drills/test_ledger_tampering.py",
    "tests/site/serve/test_serve_clinic.py",
    "tests/drills/test_run_and_stop.py",
    "tests/drills/test_kill_gateway.py",
    "tests/journey/course/test_one_slot.py",
    "tests/ground/ledger/test_verify.py",
    "tests/twin/test_demonstration.py",
)
QUICK: pytest.StashKey = pytest.StashKey()
# a browser's pages are served from threads, and a thread's connection goes with it: the collector may find it in any later test
LEFT_BY_A_THREAD = (
    "ignore:Exception ignored in. <function BaseConnection.__del__:pytest.PytestUnraisableExceptionWarning"
)
REAL = Path(__file__).resolve().parents[2] / "shared" / "real"


def pytest_configure(config: pytest.Config) -> None:
    """Start the server before the first connection; the workers of xdist inherit its address."""
    by_day = "not nightly" in (config.getoption("markexpr") or "")
    # the same examples for everybody; the night draws new ones
    examples.register_profile("day", derandomize=True)
    examples.load_profile("day" if by_day else "default")
    if "DATABASE_URL" not in os.environ and not hasattr(config, "workerinput"):
        folder = Path(tempfile.mkdtemp(prefix="ebb-"))
        folder.chmod(0o755)
        server = Server(folder / "d")
        server.start()
        leave_alone(server)
        config.ebbtide_server = (server, folder)  # type: ignore[attr-defined]
        os.environ["DATABASE_URL"] = server.owner_url
        os.environ["EBBTIDE_DATA"] = str(folder / "app")
    if WHERE not in os.environ:
        config.ebbtide_moulds = Path(tempfile.mkdtemp(prefix="ebm-"))  # type: ignore[attr-defined]
        config.ebbtide_moulds.chmod(0o711)  # type: ignore[attr-defined]
        os.environ[WHERE] = str(config.ebbtide_moulds)  # type: ignore[attr-defined]
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


def leave_alone(server: Server) -> None:
    """No autovacuum: every test takes its rows back, so it would find empty tables and tell the planner so.

    A test that then writes some hundred rows is planned for none: five minutes for one page were seen.
    """
    with psycopg.connect(server.superuser_url, autocommit=True) as mighty:
        mighty.execute("ALTER SYSTEM SET autovacuum = off")
        mighty.execute("SELECT pg_reload_conf()")


def pytest_unconfigure(config: pytest.Config) -> None:
    held = getattr(config, "ebbtide_server", None)
    if held is not None:
        server, folder = held
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if (moulds := getattr(config, "ebbtide_moulds", None)) is not None:
        shutil.rmtree(moulds, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: two workers then end together, and not one of them with six minutes of drills."""
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))
    for item in items:
        if item.get_closest_marker("nightly"):
            item.add_marker(pytest.mark.filterwarnings(LEFT_BY_A_THREAD))


@pytest.fixture(autouse=True)
def in_the_clinics_language() -> None:
    """A page that an earlier test asked for in Spanish leaves its language in the thread."""
    translation.deactivate()


@pytest.fixture(scope="session")
def real_input() -> Path:
    """The folder of real input, or a skip with a word."""
    if not REAL.is_dir():
        pytest.skip("shared/real is not here")
    return REAL
