"""The import graph, read from the source without running it: who imports whom, by floor, by stage and by door."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

SRC = Path(__file__).resolve().parents[2] / "src"
HOUSE = SRC / "ebbtide"
FLOORS = ("site", "twin", "desks", "doors", "journey", "ground", "evidence", "pharmacology")
DOORS = ("urls", "views", "forms", "actions", "queries", "models", "rules")


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the product by its dotted name, migrations left out."""
    for path in sorted(HOUSE.rglob("*.py")):
        if "migrations" not in path.parts:
            parts = path.relative_to(SRC).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


@lru_cache(maxsize=1)
def edges() -> frozenset[tuple[str, str]]:
    """(importer, imported) over every import statement, those inside functions included."""
    known = {name for name, _ in modules()}
    found = set()
    for name, path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for imported in _imported(node, known):
                found.add((name, imported))
    return frozenset(found)


def _imported(node: ast.AST, known: set[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in known)
    elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("ebbtide"):
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            yield inner if inner in known else node.module


def rooms(depth: int, *, under: str = "ebbtide") -> set[tuple[str, str]]:
    """Which room imports which, rooms being the first `depth` names."""
    inside = ((one, other) for one, other in edges() if one.startswith(under) and other.startswith(under))
    cut = ((_cut(one, depth), _cut(other, depth)) for one, other in inside)
    return {(one, other) for one, other in cut if one != other}


def _cut(name: str, depth: int) -> str:
    return ".".join(name.split(".")[:depth])


def stages() -> list[str]:
    """The journey's stages in the patient's order, which is the alphabet's."""
    return sorted(path.parent.name for path in (HOUSE / "journey").glob("*/__init__.py"))


def built(floor: str, room: str) -> bool:
    """Whether a room has more in it than its name."""
    return len(list((HOUSE / floor / room).glob("*.py"))) > 1
