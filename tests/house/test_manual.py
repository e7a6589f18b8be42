"""The manual is true: its printed parts are as the code is, its commands can be typed, its links lead somewhere."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest
from tools.manual.__main__ import DOCS, stale
from tools.manual.knobs import VARIABLES, read_by_source
from tools.manual.marks import REPAIR, UnknownPart, filled, names_in, pages
from tools.manual.parts import PARTS

from ebbtide.site.cli import parser_for

ROOT = DOCS.parent
SRC = ROOT / "src" / "ebbtide"
BOOKS = [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md"))]
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
NAMED_FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|yaml|toml|md|txt))`")


def book(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_its_printed_parts_are_as_the_code_is() -> None:
    old = [book(path) for path in stale()]
    assert not old, f"{', '.join(old)}: not as the code is now. Repair it with: {REPAIR}"


def test_it_uses_every_part_that_can_be_printed() -> None:
    assert {name for path in pages(DOCS) for name in names_in(path.read_text())} == set(PARTS)


def test_it_refuses_a_part_that_nobody_prints() -> None:
    with pytest.raises(UnknownPart, match="asks for the part 'moon'"):
        filled("<!-- printed: moon -->\n<!-- end of printed -->", PARTS, page="x.md")


def test_it_leaves_what_is_written_by_hand() -> None:
    text = "Before.\n<!-- printed: a -->\nold\n<!-- end of printed -->\nAfter.\n"
    now = filled(text, {"a": lambda: "new"}, page="x.md")
    assert now == "Before.\n<!-- printed: a -->\n\nnew\n\n<!-- end of printed -->\nAfter.\n"
    assert filled(now, {"a": lambda: "new"}, page="x.md") == now


def test_it_explains_every_variable_that_the_product_reads() -> None:
    assert read_by_source() == set(VARIABLES), (
        "tools/manual/knobs.py explains other variables than the source reads"
    )


def commands() -> list[tuple[str, str]]:
    """Every line of a shell block that calls ebbtide, with its page."""
    return [
        (book(path), line.strip())
        for path in BOOKS
        for block in SHELL.findall(path.read_text())
        for line in block.splitlines()
        if re.match(r"(\.venv/bin/)?ebbtide ", line.strip())
    ]


@pytest.mark.parametrize(("page", "line"), commands())
def test_it_shows_only_commands_that_can_be_typed(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            parser_for(words[0]).parse_args(words)
        except SystemExit:
            pytest.fail(f"{page}: {line}\n{said.getvalue()}")


def test_it_shows_commands_at_all() -> None:
    """Every command stands in the manual with a line that can be typed."""
    from ebbtide.site.cli import COMMANDS

    shown = {shlex.split(line)[1] for _, line in commands()}
    assert {name for name, _, _ in COMMANDS} <= shown


@pytest.mark.parametrize("path", BOOKS, ids=book)
def test_its_links_lead_somewhere(path: Path) -> None:
    lost = [to for to in LINK.findall(path.read_text()) if not (path.parent / to).exists()]
    assert not lost


@pytest.mark.parametrize(
    "path", sorted((DOCS / "explanation").glob("*.md")) + sorted((DOCS / "how-to").glob("*.md")), ids=book
)
def test_it_names_only_files_that_exist(path: Path) -> None:
    to_be = {
        "src/ebbtide/journey/leaving/",
        "tests/journey/leaving/test_rules.py",
    }  # the example that somebody is to write
    text = path.read_text()
    lost = [
        one
        for one in NAMED_FILE.findall(text)
        if one not in to_be and not any((base / one).exists() for base in (ROOT, SRC))
    ]
    assert not lost


def test_every_make_target_in_it_exists() -> None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {
        name for path in BOOKS for name in re.findall(r"(?:^|`)make ([a-z]+)", path.read_text(), re.MULTILINE)
    }
    assert asked <= known
