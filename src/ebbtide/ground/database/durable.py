"""Acknowledged means on disk: the settings that keep this promise, and the refusal when one is off."""

from typing import Any

import psycopg

from ebbtide.ground.database.troubles import UnsafeSettings

SAFE_VALUES = {
    "fsync": frozenset({"on"}),
    "full_page_writes": frozenset({"on"}),
    "synchronous_commit": frozenset({"on", "local", "remote_write", "remote_apply"}),  # all flush locally
}
QUESTION = ", ".join(f"current_setting('{name}')" for name in SAFE_VALUES)
WHO_SET_IT = "SELECT source, sourcefile FROM pg_settings WHERE name = %s"


def assert_durable(connection: psycopg.Connection[Any]) -> None:
    """Refuse a connection on which an acknowledged entry could be lost."""
    row = connection.execute(f"SELECT {QUESTION}").fetchone()
    for name, setting in zip(SAFE_VALUES, row or (), strict=True):
        if setting not in SAFE_VALUES[name]:
            source, file = connection.execute(WHO_SET_IT, [name]).fetchone() or ("unknown", None)
            raise UnsafeSettings(
                f"The database's setting {name} is {setting} (set by: {file or source}): an acknowledged entry "
                f"could be lost. Turn it on with ALTER SYSTEM RESET {name} (or ALTER ROLE … RESET {name}) and "
                "start again."
            )
