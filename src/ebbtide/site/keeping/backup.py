"""Backup: database, uploads and keys into one folder, with a manifest that a restore is held against."""

import os
import shutil
from importlib.metadata import version
from pathlib import Path

import psycopg

from ebbtide.ground import clock
from ebbtide.site.keeping.digest import record_digest
from ebbtide.site.keeping.manifest import FORMAT, BackupRefused, Manifest, files_under, sha256_of, write
from ebbtide.site.keeping.programs import run

DUMP = "record.dump"
# beside the database: uploads, keys, the ledger's heads, and whether this is the demonstration
BESIDE = ("documents", "keys", "kind")
HEADS = "ledger-heads.log"


def back_up(*, data_folder: Path, owner_url: str, to: Path) -> Manifest:
    """Write one backup.

    The dump and the digest are taken from the same snapshot, so that a clinic at work can be backed up.

    Raises:
        BackupRefused: the folder exists and is not empty, cannot be written, or a program failed.
    """
    _make_empty(to)
    _copy_heads(data_folder, to)
    with psycopg.connect(owner_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("SELECT pg_export_snapshot(), current_setting('server_version')").fetchone()
        assert row is not None  # noqa: S101 - a SELECT of two functions always answers
        snapshot, postgresql = row
        run(
            "pg_dump",
            [
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={snapshot}",
                "--file",
                to / DUMP,
            ],
            url=owner_url,
        )
        record = record_digest(connection)
    _copy_beside(data_folder, to)
    files = {str(path.relative_to(to)): sha256_of(path) for path in files_under(to)}
    manifest = Manifest(
        format=FORMAT,
        version=version("ebbtide"),
        made_at=clock.now().isoformat(),
        postgresql=postgresql,
        files=files,
        record=record,
    )
    write(to, manifest)
    return manifest


def _make_empty(to: Path) -> None:
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BackupRefused(f"{to} cannot be made: {error.strerror}. Choose another folder.") from error
    if any(to.iterdir()):
        raise BackupRefused(f"{to} is not empty: a backup never overwrites. Choose an empty folder.")
    if not os.access(to, os.W_OK):
        raise BackupRefused(f"{to} cannot be written by this account. Choose another folder.")


def _copy_heads(data_folder: Path, to: Path) -> None:
    # before the snapshot: a head that came later would speak of a batch that the dump does not hold
    if (data_folder / HEADS).is_file():
        shutil.copy2(data_folder / HEADS, to / HEADS)


def _copy_beside(data_folder: Path, to: Path) -> None:
    for name in BESIDE:
        source = data_folder / name
        if source.is_dir():
            shutil.copytree(source, to / name)
        elif source.is_file():
            shutil.copy2(source, to / name)
