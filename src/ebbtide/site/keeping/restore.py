"""Restore: a backup into an empty data folder, held against its manifest row for row before anybody may use it."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import django
import psycopg

from ebbtide.ground.database import Server, UnknownTable, grant_application
from ebbtide.site.keeping.backup import BESIDE, DUMP, HEADS
from ebbtide.site.keeping.digest import differences, record_digest
from ebbtide.site.keeping.manifest import BackupRefused, Manifest, read
from ebbtide.site.keeping.programs import run
from ebbtide.site.keeping.proof import note_proof


def restore(*, backup: Path, into: Path, say: Callable[[str], None]) -> Manifest:
    """Put a backup into an empty data folder and compare the record with what the manifest says of it.

    Raises:
        BackupRefused: the backup is damaged, the folder is not empty, or the restored record differs.
    """
    manifest = read(backup)
    if into.exists() and any(into.iterdir()):
        raise BackupRefused(
            f"{into} is not empty: a restore never overwrites a record. Choose an empty folder."
        )
    with Server(into, say=say) as server:
        # the owner loads its own rows: triggers and constraints come after the rows in the dump
        run(
            "pg_restore",
            ["--exit-on-error", "--no-owner", "--no-privileges", "--dbname", "ebbtide", backup / DUMP],
            url=server.owner_url,
        )
        _grant(server.owner_url)
        with psycopg.connect(server.owner_url) as connection:
            wrong = differences(manifest.record, record_digest(connection))
            connection.execute("ANALYZE")  # a dump brings the rows, and not what the planner knew of them
    _copy_beside(backup, into)
    if wrong:
        raise BackupRefused(
            f"The restored record is not the one that was backed up. {wrong[0]} Do not use {into}."
        )
    return manifest


def _grant(owner_url: str) -> None:
    """Give the application its rights, so that the restored record can be read and proved before anybody serves it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ebbtide.site.settings")
    django.setup()
    from ebbtide.site.serve.rights import rights_of_the_application

    rights = rights_of_the_application()
    # the record of an older release lacks tables of this one: the first start migrates it and grants then
    with contextlib.suppress(UnknownTable):
        grant_application(owner_url, append_only=rights.append_only, deletable=rights.deletable)


def prove(*, backup: Path, data_folder: Path, say: Callable[[str], None]) -> Manifest:
    """Restore into a folder of its own, compare, throw it away, and note in the clinic's folder that it worked."""
    scratch = Path(tempfile.mkdtemp(prefix="ebb-"))
    # a server that runs under another account must be able to enter; what it keeps inside stays closed
    scratch.chmod(0o711)
    try:
        manifest = restore(backup=backup, into=scratch / "r", say=say)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    note_proof(data_folder, backup_made_at=manifest.made_at, tables=len(manifest.record))
    return manifest


def _copy_beside(backup: Path, into: Path) -> None:
    for name in (*BESIDE, HEADS):
        source = backup / name
        if source.is_dir():
            shutil.copytree(source, into / name, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copy2(source, into / name)
    keys = into / "keys"
    if keys.is_dir():
        keys.chmod(0o700)
        for path in keys.rglob("*"):
            os.chmod(path, 0o700 if path.is_dir() else 0o600)  # noqa: PTH101 - the same call for files and folders
