"""Reading the environment: each variable by a function that refuses a bad value by its name."""

import os
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict


class SettingRefused(ValueError):
    """A variable of the environment has a value that cannot be used."""


def flag(name: str, *, default: bool = False) -> bool:
    """A yes or no: 1 or 0."""
    text = os.environ.get(name, "")
    if text not in {"", "0", "1"}:
        raise SettingRefused(f"{name} is {text!r}: write 1 or 0.")
    return default if text == "" else text == "1"


def words(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def port(name: str, default: int) -> int:
    """A port from 0 to 65535."""
    text = os.environ.get(name, "")
    if text and not (text.isdecimal() and int(text) <= 65535):
        raise SettingRefused(f"{name} is {text!r}: write a port from 0 to 65535.")
    return int(text) if text else default


def folder(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default).expanduser()


def secret_key(data_folder: Path) -> str:
    """The key that signs sessions: from EBBTIDE_SECRET_KEY, or the file the supervisor made in the data folder."""
    text = os.environ.get("EBBTIDE_SECRET_KEY", "")
    if text:
        return text
    path = data_folder / "keys" / "signing.key"
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        # a command that serves nobody (check, migrations) needs some key, and none of its signatures leave the process
        return os.urandom(32).hex()


def database(name: str = "DATABASE_URL") -> dict[str, Any]:
    """Django's settings for the PostgreSQL that `DATABASE_URL` names.

    Raises:
        SettingRefused: the address is not a PostgreSQL one.
    """
    url = os.environ.get(name, "")
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise SettingRefused(f"{name} must begin with postgresql:// and name user, host and database.")
    parts = conninfo_to_dict(url) if url else {}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "ebbtide"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
    }
