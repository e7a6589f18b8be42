"""The ledger's heads: what stands in `ledger-heads.log`, outside the database, so that a rewritten chain is found out."""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from ebbtide.ground.ledger.digests import canonical, sha256

NO_HEAD = "0" * 64  # what the first batch is chained to


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One sealed batch in one line."""

    number: int
    count: int
    root: str
    previous_head: str
    head: str
    sealed_at: str


def head_of(*, number: int, count: int, root: str, previous_head: str, sealed_at: datetime) -> str:
    """The head of a batch: a digest over all it says, and so over every batch before it."""
    said = {
        "number": number,
        "count": count,
        "root": root,
        "previous_head": previous_head,
        "sealed_at": sealed_at,
    }
    return sha256(canonical(said))


def heads_file(data_folder: Path | None = None) -> Path:
    return Path(data_folder or settings.EBBTIDE_DATA) / "ledger-heads.log"


def read_heads(path: Path) -> list[Head]:
    """Every whole line; a line that a power cut tore is left out, and its batch is written again."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [head for line in lines if (head := _head_from(line)) is not None]


def _head_from(line: str) -> Head | None:
    try:
        said: Any = json.loads(line)
        return Head(**said)
    except (ValueError, TypeError):
        return None


def append_heads(path: Path, missing_after: Callable[[int], Iterable[Head]]) -> int:
    """Write the heads that the file does not have yet; how many. When this returns they are on disk.

    Args:
        path: the file of heads; made for its owner alone when it is missing.
        missing_after: asked for the heads after a number, in order.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_new = not path.exists()
    with _held(path) as descriptor:
        last = max((head.number for head in read_heads(path)), default=0)
        lines = [canonical(asdict(head)) + "\n" for head in missing_after(last)]
        if lines:
            torn = "" if _ends_with_a_line(path) else "\n"
            os.write(descriptor, (torn + "".join(lines)).encode())
            os.fsync(descriptor)
    if is_new:
        _sync_folder(path.parent)
    return len(lines)


@contextmanager
def _held(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _ends_with_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
