"""Proving the entries: each says what its digest says, and each has the receipt or the reading that it was written with."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ebbtide.ground.ledger.digests import SAID, said_digest
from ebbtide.ground.ledger.report import Fault, shortened

ENTRIES = f"SELECT id, digest, {', '.join(SAID)} FROM ledger_entry ORDER BY id"  # noqa: S608 - our own column names
READ_AHEAD = 5_000

ORPHANS = """
SELECT r.entry_id, 'a receipt' FROM ledger_receipt r LEFT JOIN ledger_entry e ON e.id = r.entry_id WHERE e.id IS NULL
UNION ALL
SELECT r.entry_id, 'a reading' FROM ledger_reading r LEFT JOIN ledger_entry e ON e.id = r.entry_id WHERE e.id IS NULL
UNION ALL
SELECT s.entry_id, 'batch ' || s.batch_id FROM ledger_seal s LEFT JOIN ledger_entry e ON e.id = s.entry_id WHERE e.id IS NULL
ORDER BY 1, 2
"""
WITHOUT_RECEIPT = """
SELECT e.id FROM ledger_entry e
LEFT JOIN ledger_receipt r ON r.entry_id = e.id LEFT JOIN ledger_reading g ON g.entry_id = e.id
WHERE r.id IS NULL AND g.id IS NULL ORDER BY e.id
"""
ANOTHER_RECEIPT = """
SELECT e.id FROM ledger_entry e JOIN ledger_receipt r ON r.entry_id = e.id
WHERE (r.actor, r.key, r.action) IS DISTINCT FROM (e.actor, e.key, e.action)
UNION
SELECT e.id FROM ledger_entry e JOIN ledger_reading g ON g.entry_id = e.id
WHERE (g.actor, g.patient_id) IS DISTINCT FROM (e.actor, e.patient_id) ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the newest entry about a row says of it."""

    entry_id: int
    day: str
    shape: int
    digest: str


@dataclass(slots=True)
class Entries:
    """What reading all entries gave: their stored digests, the newest word about each row, and what is wrong."""

    digests: dict[int, str] = field(default_factory=dict)
    newest: dict[str, dict[str, Spoken]] = field(default_factory=lambda: defaultdict(dict))
    faults: list[Fault] = field(default_factory=list)


def entry_name(entry_id: int) -> str:
    return f"entry {entry_id}"


def check_entries(connection: psycopg.Connection[Any]) -> Entries:
    """Read every entry once, in order, and recompute its digest."""
    found = Entries()
    for row in _entries(connection):
        entry_id, digest = row.pop("id"), row.pop("digest")
        found.digests[entry_id] = digest
        if said_digest(row) != digest:
            found.faults.append(Fault(subject=entry_name(entry_id), what="changed since it was written"))
        for spoken in row["rows"]:
            day = f"{row['recorded_at']:%Y-%m-%d}"
            found.newest[spoken["t"]][spoken["k"]] = Spoken(entry_id, day, spoken["s"], spoken["d"])
    found.faults = shortened(found.faults, subject="entries")
    found.faults += [*_missing(connection), *_receipts(connection)]
    return found


def _entries(connection: psycopg.Connection[Any]) -> Iterator[dict[str, Any]]:
    with connection.cursor(name="ledger_entries", row_factory=dict_row) as cursor:
        cursor.itersize = READ_AHEAD
        cursor.execute(ENTRIES)
        yield from cursor


def _missing(connection: psycopg.Connection[Any]) -> list[Fault]:
    witnesses: dict[int, list[str]] = defaultdict(list)
    for entry_id, witness in connection.execute(ORPHANS):
        witnesses[entry_id].append(witness)
    faults = [
        Fault(subject=entry_name(entry_id), what=f"removed; {' and '.join(named)} still name it")
        for entry_id, named in witnesses.items()
    ]
    return shortened(faults, subject="entries")


def _receipts(connection: psycopg.Connection[Any]) -> list[Fault]:
    lost = [
        Fault(subject=entry_name(entry_id), what="its receipt was removed, so the same act could be repeated")
        for (entry_id,) in connection.execute(WITHOUT_RECEIPT)
    ]
    other = [
        Fault(subject=entry_name(entry_id), what="its receipt names another act: the receipt was changed")
        for (entry_id,) in connection.execute(ANOTHER_RECEIPT)
    ]
    return [*shortened(lost, subject="receipts"), *shortened(other, subject="receipts")]
