"""The evidence room's words of the instruments: what people read, in each language, with source and mark. No clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ebbtide.evidence.errors import PackRefused
from ebbtide.evidence.files import PackFile, marks_of, read_packaged
from ebbtide.evidence.instruments import Instrument, InstrumentPack, load_instruments

TEXTS_FILE = "instrument-texts.yaml"
LANGUAGES = ("en", "es")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One possible answer: its value, and its words (empty on a scale of bare numbers)."""

    value: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One item as it is asked. `low` and `high` name the ends of a scale of bare numbers."""

    item: int
    ask: str
    options: tuple[Option, ...]
    low: str
    high: str

    @property
    def is_scale(self) -> bool:
        """Whether the answers are bare numbers between two named ends."""
        return bool(self.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One instrument in one language."""

    title: str
    intro: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """One instrument in every language, with where its words are from."""

    id: str
    source: str
    mark: tuple[str, ...]
    sheets: Mapping[str, Sheet]

    @property
    def is_recalled(self) -> bool:
        """The wording was written from memory: staff are told, until the director confirms it."""
        return "recalled" in self.mark

    def sheet(self, language: str) -> Sheet:
        """The sheet in this language; English where there is none."""
        return self.sheets.get(language, self.sheets["en"])


@lru_cache(maxsize=1)
def load_texts() -> Mapping[str, Texts]:
    """The words that ship with the product, by instrument, read and checked once per process."""
    return build_texts(read_packaged(TEXTS_FILE), load_instruments())


def build_texts(pack: PackFile, instruments: InstrumentPack) -> dict[str, Texts]:
    """The words from their file; refuses a sheet that does not fit its instrument."""
    return {str(row["id"]): _texts(row, instruments.instrument(str(row["id"]))) for row in pack.part("texts")}


def _texts(row: Mapping[str, Any], instrument: Instrument) -> Texts:
    return Texts(
        id=instrument.id,
        source=str(row["source"]),
        mark=marks_of(row["mark"], where=f"Words of {instrument.id}"),
        sheets={language: _sheet(row[language], instrument, language) for language in LANGUAGES},
    )


def _sheet(row: Mapping[str, Any], instrument: Instrument, language: str) -> Sheet:
    rows = row["items"]
    if len(rows) != instrument.items:
        raise PackRefused(
            f"The words of {instrument.id} ({language}) hold {len(rows)} items; it has {instrument.items}."
        )
    return Sheet(
        title=str(row["title"]),
        intro=str(row["intro"]),
        questions=tuple(
            _question(one, instrument, item, answers=one.get("answers", row.get("answers")))
            for item, one in enumerate(rows, start=1)
        ),
    )


def _question(row: Mapping[str, Any], instrument: Instrument, item: int, *, answers: Any) -> Question:
    allowed = instrument.range_of(item)
    values = range(allowed.low, allowed.high + 1)
    words = [str(word) for word in answers] if answers else [""] * len(values)
    if len(words) != len(values):
        raise PackRefused(
            f"Item {item} of {instrument.id} has {len(words)} answers in words and {len(values)} values."
        )
    return Question(
        item=item,
        ask=str(row["ask"]),
        options=tuple(Option(value=value, words=word) for value, word in zip(values, words, strict=True)),
        low=str(row.get("low", "")),
        high=str(row.get("high", "")),
    )
