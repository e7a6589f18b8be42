"""A record that really commits, and an administrator who can switch every trigger off; both emptied after each test."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from ebbtide.ground.database import DatabaseTrouble, attach
from ebbtide.ground.ledger.check_rows import ledgered_models
from ebbtide.ground.ledger.digests import forget_shapes, register_shapes
from ebbtide.ground.ledger.models import Batch
from ebbtide.ground.ledger.report import Report
from ebbtide.ground.ledger.sealing import seal
from ebbtide.ground.ledger.verify import verify

EMPTIED = (
    "SELECT string_agg(format('%I', relname), ', ') FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    " AND relname NOT IN ('django_migrations', 'django_content_type')"
)


@dataclass
class OpenRecord:
    """The test database's address as its mightiest role, and the data folder beside it."""

    superuser_url: str
    data_folder: Path

    def tamper(self, statement: str, *values: object) -> int:
        """What somebody with every right does, with all triggers off; how many rows it touched."""
        with psycopg.connect(self.superuser_url) as mighty:
            mighty.execute("SET session_replication_role = replica")
            return mighty.execute(statement, values or None).rowcount

    def proof(self) -> Report:
        with psycopg.connect(self.superuser_url, autocommit=True) as reader:
            return verify(reader, data_folder=self.data_folder)

    def faults(self) -> list[str]:
        return [str(fault) for fault in self.proof().faults]


def wait_for_elders() -> None:
    """Until no transaction runs that is older than an entry: the other worker's tests and the server's housekeeping included."""
    for _ in range(9600):  # the other worker may hold a whole demonstration in one transaction
        with connection.cursor() as cursor:
            cursor.execute(OLDER_ENDED)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError(
        "another transaction stayed open for eight minutes: what is older than it cannot be sealed"
    )


def seal_all(now: datetime) -> Batch | None:
    """Seal everything that was committed."""
    wait_for_elders()
    return seal(now)


# an entry whose number came from another server is younger than everything here, and nothing of ours will end it
OLDER_ENDED = (
    "SELECT (pg_snapshot_xmin(s)::text)::bigint > coalesce((SELECT max(xid) FROM ledger_entry "
    "WHERE xid < (pg_snapshot_xmax(s)::text)::bigint), 0) FROM pg_current_snapshot() s"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that use `record` need the test database made, for which pytest-django looks at this mark."""
    for item in items:
        if "record" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.django_db)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="module", autouse=True)
def database_made(request: pytest.FixtureRequest, django_db_setup: None) -> None:
    """Once the database is made the mark goes: no transaction around such a test, and no TRUNCATE after it."""
    for item in request.session.items:
        if "record" in getattr(item, "fixturenames", ()):
            item.own_markers = [mark for mark in item.own_markers if mark.name != "django_db"]


@pytest.fixture
def record(django_db_setup: None, django_db_blocker, settings, tmp_path: Path) -> Iterator[OpenRecord]:
    try:
        server = attach(Path(os.environ["EBBTIDE_DATA"]).parent / "d")
    except (DatabaseTrouble, KeyError):
        pytest.skip("the tests run on a database whose administrator is somebody else")
    settings.EBBTIDE_DATA = tmp_path
    made = OpenRecord(make_conninfo(server.superuser_url, dbname=connection.settings_dict["NAME"]), tmp_path)
    forget_shapes()
    with django_db_blocker.unblock():
        _empty(made)  # tests before this one took numbers and gave their rows back
        forget_shapes()
        try:
            yield made
        finally:
            _empty(made)
            forget_shapes()


def _empty(made: OpenRecord) -> None:
    with psycopg.connect(made.superuser_url) as mighty:
        mighty.execute("SET session_replication_role = replica")
        (tables,) = mighty.execute(EMPTIED).fetchone()
        mighty.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    register_shapes(ledgered_models())  # as a migrated record has them
    connection.close()
