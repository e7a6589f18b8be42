"""The manifest of a backup: every file with its hash, and the digest of the record it holds."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "manifest.json"
FORMAT = 1
CHUNK = 1 << 20


class BackupRefused(Exception):
    """A backup that cannot be used, in one clear line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    format: int
    version: str
    made_at: str
    postgresql: str
    files: dict[str, str]
    record: dict[str, list[str]]


def sha256_of(path: Path) -> str:
    """The hash of one file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def files_under(folder: Path) -> Iterator[Path]:
    """Every file below a folder but the manifest itself."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != NAME)


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest last and durably: a backup without one was never finished."""
    path = folder / NAME
    path.write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True), encoding="utf-8")
    with path.open("rb") as file:
        os.fsync(file.fileno())


def read(folder: Path) -> Manifest:
    """The manifest of a finished, undamaged backup.

    Raises:
        BackupRefused: no manifest, another format, a file missing, added or changed.
    """
    path = folder / NAME
    if not path.is_file():
        raise BackupRefused(f"{folder} is not a finished backup: it has no {NAME}. Choose another folder.")
    try:
        manifest = Manifest(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise BackupRefused(
            f"The {NAME} in {folder} cannot be read: the backup is damaged. Use another one."
        ) from error
    if manifest.format != FORMAT:
        raise BackupRefused(
            f"This backup has the form {manifest.format}, this Ebbtide reads {FORMAT}. Use the Ebbtide that made it."
        )
    _check_files(folder, manifest)
    return manifest


def _check_files(folder: Path, manifest: Manifest) -> None:
    here = {str(path.relative_to(folder)) for path in files_under(folder)}
    if missing := sorted(manifest.files.keys() - here):
        raise BackupRefused(f"The backup lacks {missing[0]}: it is damaged. Use another one.")
    if added := sorted(here - manifest.files.keys()):
        raise BackupRefused(f"The backup holds {added[0]}, which it was not made with. Use another one.")
    for name, digest in manifest.files.items():
        if sha256_of(folder / name) != digest:
            raise BackupRefused(f"{name} in the backup was changed since it was made. Use another one.")
