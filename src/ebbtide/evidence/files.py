"""The evidence room's files: reads its own packaged YAML, and nothing else."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ebbtide.evidence.errors import PackRefused

DATA = Path(__file__).parent / "data"
FORMAT = 1
MARKS = frozenset({"seen", "second-hand", "recalled", "design", "computed"})

# libyaml reads the largest pack in 0.03 s, the pure Python reader in 0.4 s; both are safe loaders.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFile:
    """One YAML file: its name, the digest of its bytes, and what it holds."""

    name: str
    sha256: str
    content: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The version that the file gives itself."""
        return str(self.content["version"])

    def part(self, key: str) -> Any:
        """A top-level part that must be there."""
        if key not in self.content:
            raise PackRefused(f"{self.name} has no `{key}`. Restore the file.")
        return self.content[key]


def read_pack_bytes(data: bytes, *, name: str) -> PackFile:
    """A pack from its bytes; anything but a versioned mapping of format 1 is refused."""
    try:
        content = yaml.load(data, Loader=_LOADER)  # noqa: S506  (a safe loader, see above)
    except yaml.YAMLError as fault:
        line = getattr(getattr(fault, "problem_mark", None), "line", None)
        where = "" if line is None else f" at line {line + 1}"
        raise PackRefused(f"{name} is not YAML{where}. Restore the file.") from fault
    if not isinstance(content, Mapping) or "version" not in content:
        raise PackRefused(f"{name} holds no versioned mapping. Restore the file.")
    if content.get("format") != FORMAT:
        raise PackRefused(f"{name} has format {content.get('format')!r}; this program reads format {FORMAT}.")
    return PackFile(name=name, sha256=hashlib.sha256(data).hexdigest(), content=content)


def read_packaged(name: str) -> PackFile:
    """One of the room's own files, from `data/`."""
    return read_pack_bytes((DATA / name).read_bytes(), name=name)


def marks_of(value: object, *, where: str) -> tuple[str, ...]:
    """The marks of one row; every row carries at least one, and each is a known word."""
    marks = value if isinstance(value, list) else [] if value is None else [value]
    unknown = sorted(str(mark) for mark in marks if mark not in MARKS)
    if not marks or unknown:
        raise PackRefused(f"{where} has the marks {marks}; each must be one of {', '.join(sorted(MARKS))}.")
    return tuple(str(mark) for mark in marks)
