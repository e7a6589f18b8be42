"""Marks in a page of the manual: what stands between them is printed by `python -m tools.manual`, the rest is written by hand."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

REPAIR = ".venv/bin/python -m tools.manual"
PRINTED = re.compile(r"(<!-- printed: (?P<name>[a-z_]+) -->\n).*?(<!-- end of printed -->)", re.DOTALL)


class UnknownPart(Exception):
    """A page asks for a part that nobody prints."""


def filled(text: str, parts: Mapping[str, Callable[[], str]], *, page: str) -> str:
    """The page with every printed part as it is now."""

    def put(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in parts:
            raise UnknownPart(f"{page} asks for the part {name!r}. Known: {', '.join(sorted(parts))}.")
        return f"{found[1]}\n{parts[name]().strip()}\n\n{found[3]}"

    return PRINTED.sub(put, text)


def names_in(text: str) -> list[str]:
    """The parts that a page asks for."""
    return [found["name"] for found in PRINTED.finditer(text)]


def pages(docs: Path) -> list[Path]:
    """Every page of the manual that has a printed part."""
    return [path for path in sorted(docs.rglob("*.md")) if names_in(path.read_text(encoding="utf-8"))]


def cell(text: object) -> str:
    """Words that fit into a cell of a table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell(one) for one in line) + " |" for line in lines)
