"""PostgreSQL's own programs for dump and restore, run with the address in the environment and never on the command line."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from ebbtide.ground.database import wheel_binaries
from ebbtide.site.keeping.manifest import BackupRefused

VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
}


def environment_for(url: str) -> dict[str, str]:
    """The environment that tells PostgreSQL's programs where to connect."""
    parts = conninfo_to_dict(url)
    named = {variable: str(parts[key]) for key, variable in VARIABLES.items() if parts.get(key)}
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", **named}


def run(program: str, arguments: Sequence[str | Path], *, url: str) -> str:
    """Run one program to its end and give what it printed.

    Raises:
        BackupRefused: it ended with an error; the last line it said is the reason.
    """
    command = [str(wheel_binaries() / program), *map(str, arguments)]
    done = subprocess.run(command, env=environment_for(url), capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BackupRefused(f"{program} did not finish: {said}")
    return done.stdout
