"""assessment: the text of the consent, by version and language. Pure: it reads its own packaged files and nothing else."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"
LANGUAGES = ("en", "es")


class ConsentTextRefused(ValueError):
    """A packaged text is malformed: no consent is taken on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, or an item of a list."""

    words: str
    is_item: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the consent, ticked for itself."""

    id: str
    heading: str
    blocks: tuple[Block, ...]

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """Its paragraphs; they come before its list."""
        return tuple(block.words for block in self.blocks if not block.is_item)

    @property
    def points(self) -> tuple[str, ...]:
        """The points of its list."""
        return tuple(block.words for block in self.blocks if block.is_item)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentText:
    """A whole text; `sha256` is of the file's bytes."""

    version: str
    language: str
    title: str
    statement: str
    sha256: str
    sections: tuple[Section, ...]

    @property
    def section_ids(self) -> tuple[str, ...]:
        """The ids of its parts, in order."""
        return tuple(section.id for section in self.sections)


def read_text(content: bytes) -> ConsentText:
    """A text from its bytes: `key: value` lines, a blank line, then `## id: heading` parts.

    Raises:
        ConsentTextRefused: a line of the head is missing, a part is empty, or an id stands twice.
    """
    head, _, body = content.decode("utf-8").partition("\n\n")
    said = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    sections = tuple(_section(part) for part in body.split("\n## ") if part.strip())
    ids = [section.id for section in sections]
    missing = [key for key in ("version", "language", "title", "statement") if key not in said]
    if missing or not sections or len(set(ids)) != len(ids):
        raise ConsentTextRefused(
            f"The consent text lacks {missing or 'parts with ids of their own'}. Restore the file."
        )
    return ConsentText(
        version=said["version"], language=said["language"], title=said["title"], statement=said["statement"],
        sha256=hashlib.sha256(content).hexdigest(), sections=sections,
    )  # fmt: skip


def _section(part: str) -> Section:
    first, *lines = part.removeprefix("## ").strip().splitlines()
    section_id, _, heading = first.partition(": ")
    blocks = tuple(
        Block(words=line.removeprefix("- ").strip(), is_item=line.startswith("- "))
        for line in lines
        if line.strip()
    )
    if not heading or not blocks:
        raise ConsentTextRefused(f"The part {section_id!r} of the consent text is empty. Restore the file.")
    return Section(id=section_id, heading=heading, blocks=blocks)


@lru_cache(maxsize=1)
def current_texts() -> Mapping[str, ConsentText]:
    """The text in force, by language."""
    return {language: read_text((TEXTS / f"consent_{language}.md").read_bytes()) for language in LANGUAGES}


def text_in(language: str) -> ConsentText:
    """The text in this language, or in English where there is none."""
    texts = current_texts()
    return texts.get(language.partition("-")[0], texts["en"])


def is_current(sha256: str) -> bool:
    """Whether a consent was signed on a text in force."""
    return any(text.sha256 == sha256 for text in current_texts().values())
