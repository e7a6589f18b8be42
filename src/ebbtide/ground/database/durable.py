"""Acknowledged means on disk: the settings that keep this promise, and the refusal when one is off."""

import psycopg

from ebbtide.ground.database.troubles import UnsafeSettings

DURABLE_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")
SAFE_VALUES = {
    "fsync": frozenset({"on"}),
    "full_page_writes": frozenset({"on"}),
    "synchronous_commit": frozenset({"on", "local", "remote_write", "remote_apply"}),  # all flush locally
}
QUESTION = (
    "SELECT name, setting, source, sourcefile FROM pg_settings"
    " WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
)


def assert_durable(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Refuse a connection on which an acknowledged entry could be lost."""
    with connection.cursor() as cursor:
        rows = cursor.execute(QUESTION).fetchall()
    for name, setting, source, source_file in rows:
        if setting not in SAFE_VALUES[str(name)]:
            where = f"{source}, {source_file}" if source_file else str(source)
            raise UnsafeSettings(
                f"The database's setting {name} is {setting} ({where}): an acknowledged entry could be lost. "
                f"Turn it on with ALTER SYSTEM RESET {name} (or ALTER ROLE … RESET {name}) and start again."
            )
