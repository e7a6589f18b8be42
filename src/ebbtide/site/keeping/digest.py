"""The digest of a whole record: for each table how many rows, and a hash over them that does not depend on their order."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

# tables that change by themselves while nobody does anything: the job runner's own and sign-in sessions
NOT_RECORD = ("procrastinate_", "django_session", "axes_", "usersessions_")

TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY c.relname
"""
# addition of row hashes is the same for any order, so no sort of a large table is needed
ONE_TABLE = (
    "SELECT count(*), coalesce(sum(('x' || substr(md5(to_jsonb(t)::text), 1, 15))::bit(60)::bigint::numeric), 0)::text "
    "FROM {table} t"
)


def record_digest(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """Table to [rows, hash], over every table of the record, as one consistent reading."""
    found: dict[str, list[str]] = {}
    connection.execute("SET TIME ZONE 'UTC'")
    for (table,) in connection.execute(TABLES).fetchall():
        if table.startswith(NOT_RECORD):
            continue
        row = connection.execute(sql.SQL(ONE_TABLE).format(table=sql.Identifier(table))).fetchone()
        assert row is not None  # noqa: S101 - an aggregate always answers
        found[table] = [str(row[0]), row[1]]
    return found


def differences(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> list[str]:
    """What differs between two digests, one sentence each; empty when the records are the same."""
    said = []
    for table in sorted(before.keys() | after.keys()):
        if table not in after:
            said.append(f"The table {table} is missing.")
        elif table not in before:
            said.append(f"The table {table} was not in the backup.")
        elif before[table][0] != after[table][0]:
            said.append(f"{table} has {after[table][0]} rows instead of {before[table][0]}.")
        elif before[table] != after[table]:
            said.append(f"{table} has the right number of rows, but not the same ones.")
    return said
