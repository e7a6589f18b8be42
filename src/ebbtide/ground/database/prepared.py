"""Statements composed once and planned once: for a small page both cost more than the answer.

A queryset is composed with stand-ins in the places of what changes, and its SQL is kept. PostgreSQL keeps the plan on
each connection (a prepared statement), and the real values are bound there: they never become part of the SQL.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.postgresql.base import CursorMixin
from django.db.models import QuerySet
from django.db.models.query import get_related_populators
from psycopg import sql
from psycopg.pq import ExecStatus

# stand-ins that stand in no record: ids without a version, a day before any clinic, a number before 1970
IDS = tuple(UUID(int=(0xEBB << 108) + n) for n in range(6))
MOMENT = datetime(1900, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
NUMBER = -0xEBB71DE
WORDS = ("stand-in 1", "stand-in 2")
TYPES: dict[type, str] = {UUID: "uuid", datetime: "timestamptz", str: "text", int: "bigint"}
AROUND = timedelta(days=1000)

Asked = tuple[str, Sequence[Any]]  # a statement with numbered places ($1, $2, …), and what stands there
Answer = list[tuple[Any, ...]]


class StandInLeft(Exception):
    """A stand-in, or something worked out from one, would stay in a statement that is kept."""


class PreparingCursor(CursorMixin, psycopg.RawCursor[Any]):
    """Keeps the plan of what it runs; a connection whose `prepare_threshold` is None just runs it."""

    def execute(self, query: Any, params: Any = None, **told: Any) -> "PreparingCursor":
        super().execute(query, params, prepare=True, **told)
        return self

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        self._query = super()._convert_query(query, params)  # what Django shows where queries are counted
        return self._query

    def answer(self) -> Answer:
        """All rows; none of a statement that answers none, which is known without describing its columns."""
        result = self.pgresult
        return self.fetchall() if result is not None and result.status == ExecStatus.TUPLES_OK else []


def planned(query: str, values: Sequence[Any]) -> Answer:
    """What a statement with numbered places ($1, $2, …) answers; the connection keeps its plan.

    For the few statements that every act repeats, and whose composing by the model layer costs more than their running.
    """
    connection.ensure_connection()
    # wrapped as Django wraps its own, so that errors and counted queries are what they are everywhere
    with connection._prepare_cursor(PreparingCursor(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(query, values)
        found: PreparingCursor = cursor.cursor
        return found.answer()


def planned_together(*asked: Asked) -> list[Answer]:
    """The same for several statements, one after the other, with one way to the database and back.

    Each sees what the one before it did or waited for. When one fails, those after it are not run, and its error is raised.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        cursors = []
        for query, values in asked:
            cursor = connection._prepare_cursor(PreparingCursor(connection.connection))  # type: ignore[attr-defined]
            cursor.execute(query, values)
            cursors.append(cursor.cursor)
    answers = [cursor.answer() for cursor in cursors]
    for cursor in cursors:
        cursor.close()
    return answers


class Statement:
    """The SQL of one queryset, with numbered places for the stand-ins it was composed with.

    Raises:
        StandInLeft: the queryset holds something worked out from a stand-in other than a moment so much earlier or later.
    """

    def __init__(self, rows: QuerySet[Any, Any], *stand_ins: Any) -> None:
        compiler: Any = rows.query.get_compiler(using=connection.alias)
        self._used: list[int] = []
        try:
            text, parameters = compiler.as_sql()
        except EmptyResultSet:
            self._sql, self._build = "", None
            return
        self._sql = text % tuple(self._written(one, stand_ins) for one in parameters)
        self._build = _builder(compiler) if compiler.klass_info else None

    def asked(self, *values: Any) -> Asked:
        """The statement with these values in the places of the stand-ins, for `planned` and `planned_together`."""
        return self._sql, [values[place] for place in self._used]

    def rows(self, *values: Any) -> Answer:
        """What the statement answers when these values stand in the places of the stand-ins."""
        return planned(*self.asked(*values)) if self._sql else []

    def first(self, *values: Any) -> Any:
        """The first row as the queryset would have given it: an instance with its related ones and annotations."""
        found = self.rows(*values)
        return self.built(found[0]) if found else None

    def built(self, row: tuple[Any, ...]) -> Any:
        """One row of its answer as the queryset would have given it."""
        return self._build(row) if self._build else None

    def every(self, *values: Any) -> list[Any]:
        """All rows as the queryset would have given them."""
        build = self._build
        return [build(row) for row in self.rows(*values)] if build else []

    def _written(self, value: Any, stand_ins: Sequence[Any]) -> str:
        for place, one in enumerate(stand_ins):
            # Django wraps numbers in types of its own, so it is not the very type that counts
            if isinstance(value, type(one)) and value == one:
                return self._place(place, one)
            if isinstance(one, datetime) and isinstance(value, datetime) and abs(value - one) < AROUND:
                return f"({self._place(place, one)} + interval '{(value - one).total_seconds()} s')"
        connection.ensure_connection()
        written = sql.Literal(value).as_string(connection.connection)
        _check_none_is_left(value, written, stand_ins)
        return written

    def _place(self, place: int, stand_in: Any) -> str:
        if place not in self._used:
            self._used.append(place)
        return f"${self._used.index(place) + 1}::{TYPES[type(stand_in)]}"


def _check_none_is_left(value: Any, written: str, stand_ins: Sequence[Any]) -> None:
    is_derived_day = isinstance(value, date) and any(
        isinstance(one, datetime) and abs(value.toordinal() - one.toordinal()) <= AROUND.days
        for one in stand_ins
    )
    if is_derived_day or any(str(one) in written for one in stand_ins):
        raise StandInLeft(
            f"{written} was worked out from a stand-in: every reader would be answered about it."
        )


def _builder(compiler: Any) -> Callable[[tuple[Any, ...]], Any]:
    """What makes an instance of a row; Django works this out for every query, and it is the same every time."""
    alias, info, select = connection.alias, compiler.klass_info, compiler.select
    first, last = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in select[first:last]]
    related = get_related_populators(info, select, alias)  # type: ignore[call-arg] # the stubs are of Django 6
    converters = compiler.get_converters([column[0] for column in select])
    annotations = tuple(compiler.annotation_col_map.items())

    def build(row: tuple[Any, ...]) -> Any:
        if converters:
            (row,) = compiler.apply_converters([row], converters)
        made = info["model"].from_db(alias, names, row[first:last])
        for populator in related:
            populator.populate(row, made)
        for name, place in annotations:
            setattr(made, name, row[place])
        return made

    return build
