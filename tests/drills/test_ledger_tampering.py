"""Somebody with every right changes the record behind its back: `ebbtide ledger verify` names exactly what, at the terminal."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tools.bench.running import environment

from ebbtide.ground.database import Server
from tests.drills.clinics import command
from tests.moulds import a_copy

SEAL = """
import django; django.setup()
from ebbtide.ground import clock
from ebbtide.ground.ledger.sealing import seal
while seal(clock.now()) is not None: pass
"""

# what somebody does, which row they pick, and what the command must say: {row} is its key, {entry} the entry about it
CASES = {
    "changes a row": (
        "access_request", "UPDATE access_request SET phone = '0' WHERE id = '{row}'", ["access_request {row}: changed since entry {entry} of {day}"],
    ),
    "removes a row": (
        "careplan_ordersignature", "DELETE FROM careplan_ordersignature WHERE id = '{row}'",
        ["careplan_ordersignature {row}: removed since entry {entry} of {day}"],
    ),
    "empties a table": (
        "careplan_doublecheck", "TRUNCATE careplan_doublecheck", ["careplan_doublecheck: {count} rows were removed (the whole table is empty)"],
    ),
    "adds a row": (
        "people_resource",
        "INSERT INTO people_resource (number, id, clinic_id, kind, name) SELECT 999999, gen_random_uuid(), id, 'chair', 'x' FROM people_clinic",
        ["people_resource 999999: added outside the record's actions: no entry speaks for it"],
    ),
    "backdates an entry": (
        "ledger_entry", "UPDATE ledger_entry SET at = at - interval '1 day' WHERE id = {row}", ["entry {row}: changed since it was written"],
    ),
    "removes a receipt": (
        "ledger_receipt", "DELETE FROM ledger_receipt WHERE id = {row}", ["entry {entry}: its receipt was removed, so the same act could be repeated"],
    ),
    "cuts the chain": (
        "ledger_batch", "DELETE FROM ledger_batch WHERE number = (SELECT max(number) FROM ledger_batch)",
        ["batch {last}: removed; {sealed} entries are still sealed in it", "batch {last}: cut off; its head stands in ledger-heads.log"],
    ),
}  # fmt: skip
NEWEST = """
SELECT e.id, to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM ledger_entry e, jsonb_array_elements(e.rows) said
WHERE said->>'t' = %s AND said->>'k' = %s ORDER BY e.id DESC LIMIT 1
"""


@pytest.fixture(scope="module")
def record(demonstration: Path) -> Iterator[Server]:
    """The record of a demonstration under a database of its own: nothing else writes to it."""
    data = a_copy(demonstration, demonstration.with_name("tampered"))
    try:
        with Server(data) as server:
            sealed(server)
            yield server
    finally:
        shutil.rmtree(data, ignore_errors=True)


def sealed(server: Server) -> None:
    """Everything sealed, as the worker does it every ten seconds."""
    told = {
        **environment(server.data_folder),
        "DATABASE_URL": server.app_url,
        "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings",
    }
    subprocess.run([sys.executable, "-c", SEAL], env=told, check=True)


@contextmanager
def tampered(server: Server, table: str, statement: str) -> Iterator[None]:
    """The record with this done to it, all triggers off; afterwards the table is as it was, byte for byte."""
    with psycopg.connect(server.superuser_url, autocommit=True) as mighty:
        mighty.execute("SET session_replication_role = replica")
        mighty.execute("CREATE SCHEMA kept")
        mighty.execute(f"CREATE TABLE kept.rows AS TABLE {table}")
        try:
            assert mighty.execute(statement).rowcount
            yield
        finally:
            mighty.execute(f"DELETE FROM {table}")
            mighty.execute(f"INSERT INTO {table} SELECT * FROM kept.rows")
            mighty.execute("DROP SCHEMA kept CASCADE")


def facts_about(server: Server, table: str) -> dict[str, object]:
    """A row of the table, the entry that speaks for it, and how the chain stands."""
    key = {"ledger_batch": "number", "people_resource": "number"}.get(table, "id")
    with psycopg.connect(server.superuser_url) as mighty:
        row, count = mighty.execute(f"SELECT max({key}::text), count(*) FROM {table}").fetchone()
        entry, day = mighty.execute(NEWEST, [table, row]).fetchone() or (None, None)
        if table == "ledger_receipt":
            (entry,) = mighty.execute("SELECT entry_id FROM ledger_receipt WHERE id = %s", [row]).fetchone()
        if table == "ledger_entry":
            (row,) = mighty.execute("SELECT min(entry_id) FROM ledger_seal").fetchone()
        last, sealed = mighty.execute(
            "SELECT max(number), (array_agg(count ORDER BY number DESC))[1] FROM ledger_batch"
        ).fetchone()
    return {"row": row, "count": count, "entry": entry, "day": day, "last": last, "sealed": sealed}


def verify(server: Server) -> tuple[int, list[str]]:
    """The exit status, and what the command says line by line."""
    done = command(server.data_folder, "ledger", "verify", "--data", server.data_folder)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_it_proves_the_record_before_anybody_touches_it(record: Server) -> None:
    status, said = verify(record)
    assert status == 0, said
    assert said[-1].startswith("Intact: ")


@pytest.mark.parametrize("who", CASES)
def test_it_names_exactly_what_somebody_did(record: Server, who: str) -> None:
    table, statement, words = CASES[who]
    known = facts_about(record, table)
    with tampered(record, table, statement.format(**known)):
        status, said = verify(record)
    assert status == 1
    assert said[:-1] == [line.format(**known) for line in words]
    assert said[-1].startswith(f"NOT intact, {len(words)} faults: ")


def test_it_proves_the_record_again_when_everything_is_put_back(record: Server) -> None:
    with tampered(record, "access_request", "UPDATE access_request SET phone = '0'"):
        assert verify(record)[0] == 1
    assert verify(record)[0] == 0
