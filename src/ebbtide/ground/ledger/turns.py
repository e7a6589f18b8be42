"""One after the other: acts that must see each other's rows wait here until the one before has ended."""

from uuid import UUID

from django.db import connection


def one_at_a_time(what: str, row_id: UUID) -> None:
    """Nobody else does this to this row until the transaction ends.

    Rows that only grow cannot be locked: the application may not update them, and PostgreSQL asks for that right.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{what}:{row_id}"])
