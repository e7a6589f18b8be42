"""Proving the rows: every ledgered row is as the newest entry about it says, none is missing, none came from elsewhere."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from django.apps import apps
from django.db.models import Model
from psycopg import sql

from ebbtide.ground.ledger.check_entries import Spoken
from ebbtide.ground.ledger.digests import canonical, digest_query, sha256
from ebbtide.ground.ledger.report import Fault, shortened

KEYS_AT_ONCE = 20_000
SHAPES = 'SELECT id, "table", columns, digest FROM ledger_shape'
COLUMNS = """
SELECT a.attname FROM pg_attribute a
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
"""
PRIMARY_KEY = """
SELECT a.attname, a.atttypid::regtype::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = to_regclass(%s) AND i.indisprimary
"""


def ledgered_models() -> list[type[Model]]:
    """The models whose every row must be spoken for: Ebbtide's own, without the ledger itself and the row history.

    A model that is changed outside actions on purpose says why in `outside_the_ledger`.
    """
    return [model for model in apps.get_models() if _is_ledgered(model)]


def _is_ledgered(model: type[Model]) -> bool:
    meta = model._meta
    is_history = any(p.__module__ == "pghistory.models" and p.__name__ == "Event" for p in model.__mro__)
    is_ours = meta.app_config.name.startswith("ebbtide.") and meta.app_label != "ledger"
    return (
        is_ours
        and meta.managed
        and not meta.proxy
        and not is_history
        and not hasattr(model, "outside_the_ledger")
    )


def check_rows(
    connection: psycopg.Connection[Any], newest: Mapping[str, Mapping[str, Spoken]]
) -> tuple[int, list[Fault]]:
    """How many rows were proved, and what is wrong with the others."""
    shapes, faults = _shapes(connection)
    proved = 0
    for table in sorted({*newest, *(model._meta.db_table for model in ledgered_models())}):
        good, wrong = _check_table(connection, table, newest.get(table, {}), shapes)
        proved += good
        faults += wrong
    return proved, faults


def _shapes(connection: psycopg.Connection[Any]) -> tuple[dict[int, list[str]], list[Fault]]:
    shapes: dict[int, list[str]] = {}
    faults: list[Fault] = []
    for shape_id, table, columns, digest in connection.execute(SHAPES):
        shapes[shape_id] = columns
        if sha256(canonical(columns)) != digest:
            faults.append(Fault(subject=f"shape {shape_id} of {table}", what="changed since it was written"))
    return shapes, faults


def _check_table(
    connection: psycopg.Connection[Any],
    table: str,
    spoken: Mapping[str, Spoken],
    shapes: Mapping[int, list[str]],
) -> tuple[int, list[Fault]]:
    columns = {name for (name,) in connection.execute(COLUMNS, [f'"{table}"'])}
    if not columns:
        what = f"the table is gone, and {len(spoken)} rows with it" if spoken else "the table is missing"
        return 0, [Fault(subject=table, what=what)]
    key = connection.execute(PRIMARY_KEY, [f'"{table}"']).fetchone()
    pk, key_type = (str(key[0]), str(key[1])) if key else ("id", "text")
    keys = {name for (name,) in connection.execute(_all_keys(table, pk))}
    removed = [name for name in spoken if name not in keys]
    faults = _unspoken(table, sorted(keys - spoken.keys()))
    faults += _removed(table, removed, spoken, is_empty=not keys)
    changed: list[Fault] = []
    held = {name: said for name, said in spoken.items() if name in keys}
    for shape, said in _by_shape(held).items():
        changed += _changed(
            connection,
            digest_query(table, pk, key_type=key_type),
            said,
            table=table,
            columns=shapes.get(shape),
            present=columns,
        )
    return len(held) - len(changed), [*faults, *shortened(changed, subject=table)]


def _all_keys(table: str, pk: str) -> sql.Composed:
    return sql.SQL("SELECT {pk}::text FROM {table}").format(
        pk=sql.Identifier(pk), table=sql.Identifier(table)
    )


def _by_shape(spoken: Mapping[str, Spoken]) -> dict[int, dict[str, Spoken]]:
    grouped: dict[int, dict[str, Spoken]] = defaultdict(dict)
    for name, said in spoken.items():
        grouped[said.shape][name] = said
    return grouped


def _unspoken(table: str, keys: Iterable[str]) -> list[Fault]:
    faults = [
        Fault(subject=f"{table} {key}", what="added outside the record's actions: no entry speaks for it")
        for key in keys
    ]
    return shortened(faults, subject=table)


def _removed(table: str, keys: list[str], spoken: Mapping[str, Spoken], *, is_empty: bool) -> list[Fault]:
    if keys and is_empty:
        return [Fault(subject=table, what=f"{len(keys)} rows were removed (the whole table is empty)")]
    faults = [Fault(subject=f"{table} {key}", what=f"removed since {_when(spoken[key])}") for key in keys]
    return shortened(faults, subject=table)


def _changed(
    connection: psycopg.Connection[Any], query: sql.Composed, spoken: Mapping[str, Spoken],
    *, table: str, columns: list[str] | None, present: set[str],
) -> list[Fault]:  # fmt: skip
    if columns is None or not present.issuperset(columns):
        gone = sorted(set(columns or ()) - present)
        what = (
            f"cannot be proved: the column {', '.join(gone)} is gone"
            if gone
            else "cannot be proved: its shape is gone"
        )
        return [Fault(subject=f"{table} {key}", what=what) for key in spoken]
    faults: list[Fault] = []
    keys = list(spoken)
    for start in range(0, len(keys), KEYS_AT_ONCE):
        part = keys[start : start + KEYS_AT_ONCE]
        for key, digest in connection.execute(query, [columns, part]):
            if digest != spoken[key].digest:
                faults.append(Fault(subject=f"{table} {key}", what=f"changed since {_when(spoken[key])}"))
    return faults


def _when(said: Spoken) -> str:
    return f"entry {said.entry_id} of {said.day}"
