"""Digests: of a row as the database holds it, of an entry, of a command. SHA-256 over one canonical form each."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model
from psycopg import sql

from ebbtide.ground.database.prepared import Answer, Asked, planned
from ebbtide.ground.ledger.models import Entry, Shape


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, UTC instants, decimals as written.

    What comes by the thousand says by itself what it says, in one line (`in_one_line`): two that differ, differ there too.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


# most of what a command holds, found by its exact type: a batch of a ward's readings has thousands of them
AS_THEY_ARE = frozenset({type(None), bool, int, str})


def _instant(at: datetime) -> str:
    # an instant that is in UTC already needs no conversion, which takes longer than the writing
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat(timespec="microseconds")


AS_TEXT: dict[type, Callable[[Any], str]] = {
    float: repr,
    UUID: str,
    datetime: _instant,
}


@cache
def _fields_of(kind: type) -> tuple[str, ...]:
    # a password is no part of what a command says: not even its hash stays anywhere
    return tuple(f.name for f in fields(kind) if not f.metadata.get("secret"))


def _plain(value: Any) -> Any:  # noqa: C901, PLR0911, PLR0912 - a table of types reads best as one
    kind: Any = type(value)
    if kind in AS_THEY_ARE:
        return value
    if kind in AS_TEXT:
        return AS_TEXT[kind](value)
    if hasattr(kind, "in_one_line"):
        return value.in_one_line()
    if hasattr(kind, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in _fields_of(kind)}
    match value:
        case None | bool() | int() | str():
            return value.value if isinstance(value, Enum) else value
        case float():
            return repr(value)
        case Decimal() | UUID() | time():
            return str(value)
        case datetime():
            return _instant(value)
        case date():
            return value.isoformat()
        case bytes():
            return hashlib.sha256(value).hexdigest()
        case Model():
            return f"{value._meta.label}:{value.pk}"
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case set() | frozenset():
            return sorted(canonical(item) for item in value)
    raise TypeError(f"A {type(value).__name__} has no canonical form: a command holds plain values.")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


SAID = (
    "clinic_id", "actor", "roles", "action", "resource", "verb", "patient_id", "at", "recorded_at", "key", "device", "rows",
)  # fmt: skip


def entry_digest(entry: Entry) -> str:
    """The digest of what an entry says; its id, transaction and seal are not part of it."""
    return said_digest({name: getattr(entry, name) for name in SAID})


def said_digest(said: Mapping[str, Any]) -> str:
    """The same digest, from the columns of an entry: as they will be written, or as a reader of the database finds them."""
    return sha256(canonical(said))


_known_shapes: dict[tuple[str, str, tuple[str, ...]], int] = {}


def _shape_id(table: str, columns: tuple[str, ...]) -> int:
    name = (str(connection.settings_dict["NAME"]), table, columns)
    if name in _known_shapes:
        return _known_shapes[name]
    digest = sha256(canonical(list(columns)))
    found = Shape.objects.filter(table=table, digest=digest).first()
    if found is None:
        Shape.objects.bulk_create(
            [Shape(table=table, columns=list(columns), digest=digest)], ignore_conflicts=True
        )
        found = Shape.objects.get(table=table, digest=digest)
    shape_id: int = found.pk
    # only once it is durable: a refused action takes the row of a new shape away again
    transaction.on_commit(lambda: _known_shapes.__setitem__(name, shape_id))
    return shape_id


def register_shapes(models: Iterable[type[Model]]) -> None:
    """Write the shapes of these models before anybody needs one: a first use inside an action makes others wait for it."""
    shapes = [(model._meta.db_table, list(_columns(model))) for model in models]
    Shape.objects.bulk_create(
        [Shape(table=table, columns=columns, digest=sha256(canonical(columns))) for table, columns in shapes],
        ignore_conflicts=True,
    )


def learn_shapes() -> None:
    """Remember every shape that is durable already, before a long run of acts: none of them then asks for one."""
    database = str(connection.settings_dict["NAME"])
    for shape_id, table, columns in Shape.objects.values_list("pk", "table", "columns"):
        _known_shapes[(database, table, tuple(columns))] = shape_id


def forget_shapes() -> None:
    """Ask the database again which shapes it knows; for a program that empties its own test database."""
    _known_shapes.clear()


# what signing in changes by itself; who may do what is decided by rows that are proved whole
LEFT_OUT = {"people_account": frozenset({"password", "last_login"})}


@cache
def _columns(model: type[Model]) -> tuple[str, ...]:
    left_out = LEFT_OUT.get(model._meta.db_table, frozenset())
    return tuple(sorted(str(f.column) for f in model._meta.concrete_fields if f.column not in left_out))


ROW_DIGESTS = (
    "SELECT t.{pk}::text, encode(sha256(convert_to((SELECT jsonb_object_agg(e.key, e.value) "
    "FROM jsonb_each(to_jsonb(t)) e WHERE e.key = ANY({columns}::text[]))::text, 'UTF8')), 'hex') FROM {table} t "
    "WHERE t.{pk} = ANY({keys}::{key_type}[])"
)


def digest_query(
    table: str, pk: str, *, key_type: str, places: tuple[str, str] = ("%s", "%s")
) -> sql.Composed:
    """The statement that digests rows of a table in the database itself, so that writing and verifying cannot differ.

    The keys arrive as text and are cast to the key's own type, so that the primary key's index finds them: an act
    costs the same in a table of ten rows and of ten million.
    """
    columns, keys = (sql.SQL(place) for place in places)
    return sql.SQL(ROW_DIGESTS).format(
        pk=sql.Identifier(pk),
        table=sql.Identifier(table),
        key_type=sql.SQL(key_type),
        columns=columns,
        keys=keys,
    )


@cache
def _digest_query(model: type[Model]) -> str:
    key = model._meta.pk
    key_type = str(key.rel_db_type(connection)).partition("(")[0]
    query = digest_query(model._meta.db_table, str(key.column), key_type=key_type, places=("$1", "$2"))
    connection.ensure_connection()
    return query.as_string(connection.connection)


def row_digests(rows: Sequence[Model]) -> list[dict[str, Any]]:
    """Table, key, shape and digest of each row, read back from the database in this transaction."""
    back = ReadBack(rows)
    return back.spoken([planned(*asked) for asked in back.asked])


class ReadBack:
    """The digests of rows that an act writes, asked for together with what writes them (`planned_together`)."""

    def __init__(self, rows: Sequence[Model]) -> None:
        self._keys: dict[type[Model], list[str]] = {}
        for row in rows:
            self._keys.setdefault(type(row), []).append(str(row.pk))

    @property
    def asked(self) -> list[Asked]:
        """One question for each kind of row; to be asked after what writes them."""
        return [(_digest_query(model), [list(_columns(model)), keys]) for model, keys in self._keys.items()]

    def spoken(self, answers: Sequence[Answer]) -> list[dict[str, Any]]:
        """What the entry says of the rows, from the answers to these questions."""
        said: list[dict[str, Any]] = []
        for (model, keys), answer in zip(self._keys.items(), answers, strict=True):
            table = model._meta.db_table
            shape = _shape_id(table, _columns(model))
            found: dict[str, str] = {str(key): str(digest) for key, digest in answer}
            said.extend({"t": table, "k": key, "s": shape, "d": found[key]} for key in dict.fromkeys(keys))
        return said
