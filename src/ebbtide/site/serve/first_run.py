"""The first run of a real clinic: a one-time code on this machine opens the page that makes the clinic and its director."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import psycopg

CODE_FILE = "first-run-code"


def tell_first_run(data_folder: Path, *, app_url: str, address: str, say: Callable[[str], None]) -> None:
    """While there is no clinic, keep a code for whoever sits at this machine, and say where to use it."""
    with psycopg.connect(app_url) as connection:
        known = connection.execute("SELECT to_regclass('people_clinic')").fetchone()
        if (
            known is None
            or known[0] is None
            or connection.execute("SELECT 1 FROM people_clinic LIMIT 1").fetchone()
        ):
            return
    path = data_folder / CODE_FILE
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24) + "\n")
    say(f"There is no clinic here yet. Open {address.rstrip('/')}/clinic/first with the code in {path}")
