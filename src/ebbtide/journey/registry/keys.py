"""The registry's secret key: it makes ids opaque and moves dates. It lies in the data folder and never in an export.

Whoever holds the key and the record can lead an export back to a person; whoever holds the export alone cannot. It is
backed up with the other keys: without it later exports would move a person's dates by another number of days.
"""

import os
import secrets
from pathlib import Path

from django.conf import settings

KEY_BYTES = 32


def key_file() -> Path:
    """Where the key lies, for the clinic's own account alone."""
    return Path(settings.EBBTIDE_DATA) / "keys" / "registry.key"


def registry_key() -> bytes:
    """The clinic's key, made at its first use."""
    path = key_file()
    try:
        return _read(path)
    except FileNotFoundError:
        _make(path)
        return _read(path)


def _read(path: Path) -> bytes:
    return bytes.fromhex(path.read_text(encoding="ascii").strip())


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"registry.{secrets.token_hex(8)}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{secrets.token_hex(KEY_BYTES)}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)  # two processes at once: the first one's key is the key of both
    except FileExistsError:
        return
    finally:
        fresh.unlink()
