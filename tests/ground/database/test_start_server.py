"""Starting and stopping: a whole cluster or none, explicit locale, passwords, nothing left running."""

import stat
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from database_drills import count_rows, wait_until_gone, write_rows

from ebbtide.ground.database import (
    MAX_CONNECTIONS,
    LoginsMissing,
    NewerDatabase,
    NotRunning,
    OlderDatabase,
    Server,
    layout_of,
)


def one(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def test_it_keeps_rows_over_a_restart_and_leaves_neither_process_nor_lock(
    place: Path, binaries: Path | None
) -> None:
    data = place / "d"
    with Server(data, binaries=binaries) as server:
        write_rows(server)
    wait_until_gone(data)
    layout = layout_of(data)
    assert not layout.lock.exists()
    assert not layout.pid_file.exists()
    assert not list(layout.socket_folder.iterdir())
    with Server(data, binaries=binaries) as server:
        assert count_rows(server) == 1000


def test_it_chooses_the_locale_whatever_the_environment_says(
    place: Path, binaries: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("LC_ALL", "POSIX"),
        ("LANG", "tr_TR.ISO-8859-9"),
        ("TZ", "Asia/Tokyo"),
        ("PGDATA", "/x"),
    ):
        monkeypatch.setenv(name, value)
    with Server(place / "d", binaries=binaries) as server:
        assert one(server.app_url, "SHOW server_encoding") == "UTF8"
        assert one(server.app_url, "SHOW timezone") == "UTC"
        assert one(server.app_url, "SELECT upper('ärztin')") == "ÄRZTIN"
        assert one(server.app_url, "SELECT 'Zoe' < 'anna'") is True
        assert one(server.app_url, "SHOW data_checksums") == "on"
        assert one(server.app_url, "SHOW max_connections") == str(MAX_CONNECTIONS)


def test_it_lets_nobody_in_without_a_password_and_listens_on_no_port(running: Server) -> None:
    assert one(running.app_url, "SHOW listen_addresses") == ""
    layout = layout_of(running.data_folder)
    for role in ("postgres", "ebbtide_owner", "ebbtide_app"):
        with pytest.raises(psycopg.OperationalError, match=r"no password supplied|authentication failed"):
            psycopg.connect(host=str(layout.socket_folder), user=role, dbname="ebbtide", password="")
    for folder in (layout.socket_folder, layout.home, layout.cluster):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(layout.logins.stat().st_mode) == 0o600


def test_it_begins_a_half_made_cluster_anew(place: Path) -> None:
    layout = layout_of(place / "d")
    layout.unfinished_cluster.mkdir(parents=True)
    (layout.unfinished_cluster / "PG_VERSION").write_text("18\n")
    with Server(place / "d") as server:
        write_rows(server, rows=1)
    assert not layout.unfinished_cluster.exists()


@pytest.mark.parametrize(("major", "trouble"), [("99", NewerDatabase), ("14", OlderDatabase)])
def test_it_refuses_a_database_of_another_major_version(
    with_rows: Callable[..., Path], major: str, trouble: type[Exception]
) -> None:
    data = with_rows()
    (layout_of(data).cluster / "PG_VERSION").write_text(f"{major}\n")
    with pytest.raises(trouble, match=f"made by PostgreSQL {major}; this Ebbtide carries 18"):
        Server(data).start()
    assert not layout_of(data).lock.exists()


def test_it_refuses_a_cluster_whose_passwords_are_gone(with_rows: Callable[..., Path]) -> None:
    data = with_rows()
    layout_of(data).logins.unlink()
    with pytest.raises(LoginsMissing, match="Put it back from a backup"):
        Server(data).start()


def test_it_has_no_address_before_it_runs(place: Path) -> None:
    with pytest.raises(NotRunning):
        _ = Server(place / "d").owner_url


def test_it_keeps_values_of_rows_out_of_its_log(running: Server) -> None:
    with psycopg.connect(running.owner_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE person (family text UNIQUE)")
        connection.execute("INSERT INTO person VALUES (%s)", ["Musterfrau"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES (%s)", ["Musterfrau"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES ('Musterfrau')")
        connection.execute("DROP TABLE person")
    log = layout_of(running.data_folder).log.read_text()
    assert "duplicate key value" in log
    assert "Musterfrau" not in log


def test_it_ships_the_licence_of_postgresql() -> None:
    import ebbtide.ground.database as room

    text = (Path(room.__file__).parent / "POSTGRESQL_LICENCE.txt").read_text()
    assert "The Regents of the University of California" in text
    assert "without a written agreement" in text
