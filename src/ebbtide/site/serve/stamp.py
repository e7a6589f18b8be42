"""Has anything changed since the record was last prepared? If not, the clinic opens without preparing it again."""

import hashlib
import json
import site
import sys
from collections.abc import Iterable
from pathlib import Path

import psycopg

import ebbtide
from ebbtide.ground.database import assert_durable

STAMP_FILE = "prepared.json"
SHAPE = (
    "SELECT app || '.' || name FROM django_migrations"
    " UNION ALL SELECT oid::text || relname || coalesce(relacl::text, '') FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')"
    " UNION ALL SELECT coalesce(datacl::text, '') FROM pg_database WHERE datname = current_database()"
    " ORDER BY 1"
)


def is_as_stamped(data_folder: Path, *, app_url: str, demo: bool) -> bool:
    """The same program meets the same record, tables and rights included, as when it was last prepared."""
    try:
        kept = json.loads((data_folder / STAMP_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    found = _stamp(app_url=app_url, demo=demo)
    return found is not None and bool(kept == found)


def stamp(data_folder: Path, *, app_url: str, demo: bool) -> None:
    """Remember this program and this record as prepared; a record that cannot be read is never remembered."""
    found = _stamp(app_url=app_url, demo=demo)
    if found is not None:
        (data_folder / STAMP_FILE).write_text(f"{json.dumps(found)}\n", encoding="utf-8")


def _stamp(*, app_url: str, demo: bool) -> dict[str, str] | None:
    record = _record(app_url)
    if record is None:
        return None
    return {"program": _digest(_program()), "record": _digest(record), "demo": str(demo)}


def _program() -> Iterable[str]:
    """Every file of Ebbtide that runs, by size and time, and every installed package, by its version."""
    yield sys.version
    for root in ebbtide.__path__:
        for path in (
            sorted(Path(root).rglob("*.py"))
            + sorted(Path(root).rglob("*.yaml"))
            + sorted(Path(root).rglob("static/**/*.*"))
        ):
            found = path.stat()
            yield f"{path} {found.st_size} {found.st_mtime_ns}"
    for folder in site.getsitepackages():
        yield from sorted(path.name for path in Path(folder).glob("*.dist-info"))


def _record(app_url: str) -> list[str] | None:
    """The record's steps, tables and rights; None when it is not migrated or the application may not read it."""
    try:
        with psycopg.connect(app_url) as connection:
            assert_durable(connection)
            return [words for (words,) in connection.execute(SHAPE)]
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege, psycopg.OperationalError):
        return None


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
