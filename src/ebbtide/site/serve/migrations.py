"""Does this program know the record's shape? Compares what was applied with what it carries."""

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def migrations_unknown(connection: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    """Migrations that were applied to this record and that this program does not carry: a newer one wrote it."""
    known = MigrationLoader(None, ignore_no_migrations=True)
    return set(_applied(connection)) - set(known.disk_migrations) - _squashed_away(known)


def migrations_missing(connection: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    """Migrations that this program carries and that were not applied yet."""
    loader = MigrationLoader(connection, ignore_no_migrations=True)
    return set(loader.graph.nodes) - set(loader.applied_migrations)


def _applied(connection: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    return set(MigrationRecorder(connection).applied_migrations())


def _squashed_away(loader: MigrationLoader) -> set[tuple[str, str]]:
    return {old for migration in loader.disk_migrations.values() for old in migration.replaces}


def is_empty(connection: BaseDatabaseWrapper) -> bool:
    """Nothing was ever applied to this record."""
    return not _applied(connection)
