"""The cluster on disk: made whole or not at all, with explicit locale, checksums and passwords."""

import os
import shutil
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from ebbtide.ground.database.account import Runner
from ebbtide.ground.database.binaries import Programs
from ebbtide.ground.database.folder import Layout, disk_is_full, folder_trouble, says_disk_is_full
from ebbtide.ground.database.logins import (
    APPLICATION_ROLE,
    DATABASE,
    OWNER_ROLE,
    SUPERUSER_ROLE,
    Logins,
    address,
    write_privately,
)
from ebbtide.ground.database.troubles import NewerDatabase, OlderDatabase, StartFailed

MAX_CONNECTIONS = 100  # the pools of all processes together stay under this, less three for the superuser

BUILTIN_LOCALE_SINCE = 17  # the first major version that carries C.UTF-8 itself

# Every line of the log is a fact about the server, never a patient's: statements and row values stay out.
SETTINGS = f"""\
# Written by Ebbtide at every start; changes here are lost.
max_connections = {MAX_CONNECTIONS}
shared_buffers = 128MB
# pages ask small questions: compiling one takes longer than answering it
jit = off
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = 'none'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_startup_progress_interval = 1s
"""
SETTINGS_FILE = "ebbtide.conf"
ACCESS_RULES = "# Written by Ebbtide at every start.\nlocal all all scram-sha-256\n"


def make_cluster_if_missing(layout: Layout, programs: Programs, *, runner: Runner, logins: Logins) -> bool:
    """A cluster exists; true when it was made now. One cut off half-way is begun anew."""
    if layout.cluster.exists():
        check_major(layout, programs)
        return False
    shutil.rmtree(layout.unfinished_cluster, ignore_errors=True)
    password_file = layout.home / "password"
    write_privately(password_file, logins.superuser)
    try:
        runner.own(password_file)
        _initdb(layout, programs, runner=runner, password_file=password_file)
    finally:
        password_file.unlink(missing_ok=True)
    layout.unfinished_cluster.rename(layout.cluster)
    return True


def check_major(layout: Layout, programs: Programs) -> None:
    """The cluster on disk is one that these programs can open."""
    version_file = layout.cluster / "PG_VERSION"
    try:
        found = int(version_file.read_text().split(".")[0])
    except (OSError, ValueError) as trouble:
        raise StartFailed(
            f"{layout.cluster} is not a whole database: its PG_VERSION cannot be read. Restore a backup."
        ) from trouble
    if found > programs.major:
        raise NewerDatabase(
            f"The database in {layout.data} was made by PostgreSQL {found}; this Ebbtide carries "
            f"{programs.major}. Start it with the newer Ebbtide that made it."
        )
    if found < programs.major:
        raise OlderDatabase(
            f"The database in {layout.data} was made by PostgreSQL {found}; this Ebbtide carries "
            f"{programs.major}. Back it up with the Ebbtide that made it and restore that with this one."
        )


def write_settings(layout: Layout, *, runner: Runner) -> None:
    """Our settings are in force for the next start; ALTER SYSTEM still has the last word and is checked."""
    try:
        _write(layout.cluster / SETTINGS_FILE, SETTINGS, runner=runner)
        _write(layout.cluster / "pg_hba.conf", ACCESS_RULES, runner=runner)
        main = layout.cluster / "postgresql.conf"
        including = f"include '{SETTINGS_FILE}'\n"
        written = main.read_text()
        if not written.endswith(including):
            _write(main, f"{written}\n{including}", runner=runner)
    except OSError as trouble:
        raise folder_trouble(layout.cluster, trouble) from trouble


def make_roles_and_database(layout: Layout, logins: Logins) -> None:
    """The owner and the application can log in, and the database belongs to the owner."""
    by_superuser = address(layout, role=SUPERUSER_ROLE, password=logins.superuser, database="postgres")
    with psycopg.connect(by_superuser, autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            return
        _make_role(server, OWNER_ROLE, "CREATEDB", logins.owner)
        _make_role(server, APPLICATION_ROLE, "NOCREATEDB", logins.application)
        server.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
        server.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
            )
        )
    in_database = address(layout, role=OWNER_ROLE, password=logins.owner)
    with psycopg.connect(in_database, autocommit=True) as database:
        database.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE)))
        database.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        database.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(DATABASE), sql.Identifier(APPLICATION_ROLE)
            )
        )


def child_environment() -> dict[str, str]:
    """What PostgreSQL's programs see: nothing of the caller's locale, time zone or PG* settings."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _initdb(layout: Layout, programs: Programs, *, runner: Runner, password_file: Path) -> None:
    made = subprocess.run(
        [
            programs.path("initdb"),
            f"--pgdata={layout.unfinished_cluster}",
            f"--username={SUPERUSER_ROLE}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--data-checksums",
            "--no-instructions",
            *_locale(programs.major),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env=child_environment(),
        umask=0o077,
        user=runner.uid,
        group=runner.gid,
        extra_groups=runner.groups,
    )
    if made.returncode == 0:
        return
    if says_disk_is_full(made.stderr):
        raise disk_is_full(layout.data)
    reason = made.stderr.strip().splitlines() or [f"exit status {made.returncode}"]
    raise StartFailed(f"The database could not be made in {layout.data}: {reason[-1]}")


def _locale(major: int) -> list[str]:
    """One collation everywhere (by code point) with Unicode's letters, whatever this machine speaks."""
    if major >= BUILTIN_LOCALE_SINCE:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale-provider=libc", "--locale=C.UTF-8", "--lc-messages=C"]


def _make_role(server: psycopg.Connection, role: str, may_make_databases: str, password: str) -> None:
    if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        server.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    server.execute(
        sql.SQL(
            "ALTER ROLE {} LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS {} PASSWORD {}"
        ).format(sql.Identifier(role), sql.SQL(may_make_databases), sql.Literal(password))
    )


def _write(path: Path, text: str, *, runner: Runner) -> None:
    if path.exists() and path.read_text() == text:
        return
    write_privately(path, text)
    runner.own(path)
