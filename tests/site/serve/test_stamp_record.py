"""A record that was prepared by this very program is opened at once; any change prepares it again."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ebbtide.ground.database import Server, grant_application
from ebbtide.site.serve import stamp as room
from ebbtide.site.serve.stamp import is_as_stamped, stamp


@pytest.fixture
def server(place: Path) -> Iterator[Server]:
    with Server(place / "d") as started:
        with psycopg.connect(started.owner_url, autocommit=True) as owner:
            owner.execute("CREATE TABLE django_migrations (app text, name text)")
            owner.execute("INSERT INTO django_migrations VALUES ('ledger', '0001_initial')")
        grant_application(started.owner_url, append_only=set(), deletable=set())
        stamp(place, app_url=started.app_url, demo=True)
        yield started


def owner_does(server: Server, statement: str) -> None:
    with psycopg.connect(server.owner_url, autocommit=True) as owner:
        owner.execute(statement)


def test_it_knows_a_record_that_was_prepared(place: Path, server: Server) -> None:
    assert is_as_stamped(place, app_url=server.app_url, demo=True)
    assert not is_as_stamped(place, app_url=server.app_url, demo=False)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO django_migrations VALUES ('ledger', '9999_newer')",
        "CREATE TABLE more ()",
        "GRANT TRUNCATE ON django_migrations TO ebbtide_app",
        "GRANT CREATE ON DATABASE ebbtide TO ebbtide_app",
        "DROP TABLE django_migrations",
    ],
)
def test_it_notices_a_changed_record(place: Path, server: Server, statement: str) -> None:
    owner_does(server, statement)
    assert not is_as_stamped(place, app_url=server.app_url, demo=True)


def test_it_notices_a_changed_program(place: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.sys, "version", "another Python")
    assert not is_as_stamped(place, app_url=server.app_url, demo=True)


@pytest.mark.parametrize("text", ["", "{}", "not json"])
def test_it_prepares_when_the_stamp_says_nothing(place: Path, server: Server, text: str) -> None:
    (place / room.STAMP_FILE).write_text(text)
    assert not is_as_stamped(place, app_url=server.app_url, demo=True)
