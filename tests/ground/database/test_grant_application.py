"""The application reads and adds; it changes little, deletes what is listed, truncates and owns nothing."""

from collections.abc import Iterator

import psycopg
import pytest

from ebbtide.ground.database import APPLICATION_ROLE, Server, UnknownTable, grant_application

TABLES = ("chart", "ledger", "session", "django_migrations")


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    with psycopg.connect(running.owner_url, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"CREATE TABLE {table} (id bigserial PRIMARY KEY, words text)")
            connection.execute(f"INSERT INTO {table} (words) VALUES ('first')")
        connection.execute("CREATE VIEW picture AS SELECT * FROM chart")
        grant_application(running.owner_url, append_only={"ledger"}, deletable={"session"})
        yield running
        connection.execute("DROP VIEW picture")
        for table in TABLES:
            connection.execute(f"DROP TABLE {table}")


def refused(server: Server, statement: str) -> bool:
    with psycopg.connect(server.app_url, autocommit=True) as connection:
        try:
            connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            return True
        return False


def test_it_lets_the_application_do_exactly_this(server: Server) -> None:
    allowed = {
        "SELECT * FROM chart", "SELECT * FROM ledger", "SELECT * FROM picture", "SELECT * FROM django_migrations",
        "INSERT INTO chart (words) VALUES ('a')", "INSERT INTO ledger (words) VALUES ('a')",
        "UPDATE chart SET words = 'b'", "UPDATE session SET words = 'b'", "DELETE FROM session",
    }  # fmt: skip
    denied = {
        "UPDATE ledger SET words = 'b'", "DELETE FROM ledger", "DELETE FROM chart", "UPDATE picture SET words = 'b'",
        "INSERT INTO django_migrations (words) VALUES ('a')", "UPDATE django_migrations SET words = 'a'",
        "TRUNCATE chart", "TRUNCATE session", "TRUNCATE ledger", "DROP TABLE session", "CREATE TABLE own ()",
        "CREATE TEMP TABLE own ()", "ALTER TABLE session DISABLE TRIGGER ALL", "SET ROLE ebbtide_owner",
        "SET session_replication_role = replica", "CREATE DATABASE own", "CREATE ROLE own",
        "ALTER SYSTEM SET fsync = off", "SELECT setval('chart_id_seq', 1)", "CREATE SCHEMA own",
    }  # fmt: skip
    assert {statement for statement in allowed if refused(server, statement)} == set()
    assert {statement for statement in denied if not refused(server, statement)} == set()


def test_it_gives_the_application_no_power_over_the_server(server: Server) -> None:
    with psycopg.connect(server.superuser_url) as connection:
        power = connection.execute(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
            " FROM pg_roles WHERE rolname = %s",
            [APPLICATION_ROLE],
        ).fetchone()
        owned = connection.execute(
            "SELECT count(*) FROM pg_shdepend WHERE deptype = 'o' AND refobjid = %s::regrole",
            [APPLICATION_ROLE],
        ).fetchone()
    assert power == (False,)
    assert owned == (0,)


def test_it_takes_back_what_was_granted_before(server: Server) -> None:
    assert not refused(server, "UPDATE chart SET words = 'c'")
    grant_application(server.owner_url, append_only={"ledger", "chart"}, deletable=set())
    assert refused(server, "UPDATE chart SET words = 'd'")
    assert refused(server, "DELETE FROM session")


def test_it_refuses_a_list_that_names_no_table(server: Server) -> None:
    with pytest.raises(UnknownTable, match="does not have: ledgre"):
        grant_application(server.owner_url, append_only={"ledgre"}, deletable=set())


def test_it_lets_the_owner_make_databases_for_tests(server: Server) -> None:
    with psycopg.connect(server.owner_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE test_ebbtide")
    in_test = server.owner_url.replace("/ebbtide?", "/test_ebbtide?")
    with psycopg.connect(in_test, autocommit=True) as connection:
        connection.execute("CREATE TABLE chart (id bigserial)")
    grant_application(in_test, append_only=set(), deletable=set())
    with psycopg.connect(server.app_url.replace("/ebbtide?", "/test_ebbtide?")) as connection:
        connection.execute("INSERT INTO chart DEFAULT VALUES")
    with psycopg.connect(server.owner_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE test_ebbtide WITH (FORCE)")
