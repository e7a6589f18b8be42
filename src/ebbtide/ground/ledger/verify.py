"""The proof: entries, chain, heads and rows, read in one snapshot of the database while the clinic goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from ebbtide.ground.ledger.check_chain import check_chain, check_heads
from ebbtide.ground.ledger.check_entries import check_entries
from ebbtide.ground.ledger.check_rows import check_rows
from ebbtide.ground.ledger.heads import heads_file, read_heads
from ebbtide.ground.ledger.report import Report


def verify(connection: psycopg.Connection[Any], *, data_folder: Path | None = None) -> Report:
    """Prove the whole record, and name what is not as it was written.

    Args:
        connection: a connection without an open transaction; reading is all it does.
        data_folder: where the heads lie outside the database; the settings' folder unless given.
    """
    path = heads_file(data_folder)
    before = read_heads(
        path
    )  # before the snapshot: every head in it belongs to a batch that was already durable
    with _one_snapshot(connection):
        entries = check_entries(connection)
        chain = check_chain(connection, entries.digests)
        rows_proved, row_faults = check_rows(connection, entries.newest)
    head_faults, notes = check_heads(chain.batches, before=before, after=read_heads(path))
    sealed = len(entries.digests.keys() & chain.sealed_ids)
    return Report(
        entries=len(entries.digests),
        sealed=sealed,
        batches=len(chain.batches),
        unsealed=len(entries.digests) - sealed,
        rows_proved=rows_proved,
        faults=(*entries.faults, *chain.faults, *head_faults, *row_faults),
        notes=tuple(notes),
    )


@contextmanager
def _one_snapshot(connection: psycopg.Connection[Any]) -> Iterator[None]:
    with connection.transaction():
        # digests are over the text that the server makes of a row, so the session must word it as the actions do
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL TIME ZONE 'UTC'")
        connection.execute("SET LOCAL intervalstyle TO 'postgres'")
        yield
