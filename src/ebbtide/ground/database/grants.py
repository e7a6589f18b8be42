"""What the application may do: add and read everywhere, change little, remove almost nothing."""

from collections.abc import Iterable

import psycopg
from psycopg import sql

from ebbtide.ground.database.logins import APPLICATION_ROLE
from ebbtide.ground.database.troubles import DatabaseTrouble

READ_ONLY = frozenset({"django_migrations"})  # only the owner changes the shape of the record
RELATIONS = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'public' AND c.relkind = ANY (%s)"
)
TABLES = ["r", "p"]
VIEWS = ["v", "m"]


class UnknownTable(DatabaseTrouble):
    """A list of rights names a table that the database does not have."""


def grant_application(
    owner_url: str,
    *,
    append_only: set[str],
    deletable: set[str],
    application: str = APPLICATION_ROLE,
) -> None:
    """Give the application exactly its rights, and take back every other one, in one transaction.

    Args:
        owner_url: address of the database, as the role that owns it.
        append_only: tables whose rows are never changed: no UPDATE.
        deletable: the only tables whose rows may be deleted. None may be truncated.
        application: the role that receives the rights.
    """
    with psycopg.connect(owner_url) as connection:
        tables = _names(connection, TABLES)
        _check_known(tables, append_only | deletable)
        role = sql.Identifier(application)
        _take_everything_back(connection, role)
        changing = tables - append_only - READ_ONLY
        _grant(connection, "SELECT", tables | _names(connection, VIEWS), role)
        _grant(connection, "INSERT", tables - READ_ONLY, role)
        _grant(connection, "UPDATE", changing, role)
        _grant(connection, "DELETE", deletable - append_only - READ_ONLY, role)
        connection.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(role))


def _take_everything_back(connection: psycopg.Connection, role: sql.Identifier) -> None:
    database = sql.Identifier(connection.info.dbname)
    for kind in ("TABLES", "SEQUENCES"):
        connection.execute(
            sql.SQL("REVOKE ALL ON ALL {} IN SCHEMA public FROM PUBLIC, {}").format(sql.SQL(kind), role)
        )
    connection.execute(sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC, {}").format(role))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}").format(database, role))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))


def _grant(connection: psycopg.Connection, right: str, names: Iterable[str], role: sql.Identifier) -> None:
    listed = [sql.Identifier("public", name) for name in sorted(names)]
    if listed:
        connection.execute(
            sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(right), sql.SQL(", ").join(listed), role)
        )


def _names(connection: psycopg.Connection, kinds: list[str]) -> set[str]:
    return {name for (name,) in connection.execute(RELATIONS, [kinds])}


def _check_known(tables: set[str], named: set[str]) -> None:
    unknown = sorted(named - tables)
    if unknown:
        raise UnknownTable(
            f"The rights name tables that the database does not have: {', '.join(unknown)}. "
            "Correct the list, or migrate first."
        )
