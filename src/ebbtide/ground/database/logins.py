"""The database's three logins: their passwords, kept in one file that only its owner reads."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from ebbtide.ground.database.folder import Layout, folder_trouble
from ebbtide.ground.database.troubles import LoginsMissing

DATABASE = "ebbtide"
SUPERUSER_ROLE = "postgres"
OWNER_ROLE = "ebbtide_owner"
APPLICATION_ROLE = "ebbtide_app"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """One password for each role."""

    superuser: str
    owner: str
    application: str


def new_logins() -> Logins:
    """Fresh passwords of 256 bits each."""
    return Logins(
        superuser=secrets.token_urlsafe(32),
        owner=secrets.token_urlsafe(32),
        application=secrets.token_urlsafe(32),
    )


def read_or_make_logins(layout: Layout) -> Logins:
    """The logins of this folder; made once, before its cluster."""
    if layout.logins.exists():
        return read_logins(layout)
    if layout.cluster.exists():
        raise LoginsMissing(
            f"{layout.logins} is missing, and without it the database in {layout.cluster} cannot be opened. "
            "Put it back from a backup."
        )
    logins = new_logins()
    write_privately(layout.logins, json.dumps(asdict(logins), indent=1) + "\n")
    return logins


def read_logins(layout: Layout) -> Logins:
    """The logins of a folder that has them."""
    try:
        return Logins(**json.loads(layout.logins.read_text()))
    except (OSError, ValueError, TypeError) as trouble:
        raise LoginsMissing(
            f"{layout.logins} cannot be read as the database's passwords. Put it back from a backup."
        ) from trouble


def write_privately(path: Path, text: str) -> None:
    """The whole file or nothing, on disk, for its owner alone."""
    unfinished = path.with_name(path.name + ".new")
    try:
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _settle(path.parent)
    except OSError as trouble:
        raise folder_trouble(path.parent, trouble) from trouble


def address(layout: Layout, *, role: str, password: str, database: str = DATABASE) -> str:
    """The address of a database on this folder's socket, as libpq reads it."""
    return f"postgresql://{role}:{password}@/{database}?host={quote(str(layout.socket_folder), safe='')}"


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
