"""leaving: the written instructions in the person's language, from packaged texts. Pure: it reads its own files and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from ebbtide.journey.assessment.consent_text import Block, ConsentText, Section, read_text
from ebbtide.journey.leaving.rules import WallTime

TEXTS = Path(__file__).parent / "texts"
LANGUAGES = ("en", "es")
EMERGENCY, CRISIS = "911", "988"  # United States, as on every page of the product [design]
DAYS: Mapping[str, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the text names of this one person's day."""

    until: WallTime
    escort: str
    phone: str
    call_on: date


@lru_cache(maxsize=1)
def texts() -> Mapping[str, ConsentText]:
    """The texts in force, by language."""
    return {
        language: read_text((TEXTS / f"instructions_{language}.md").read_bytes()) for language in LANGUAGES
    }


def language_of(wanted: str) -> str:
    """The language of the text that a person gets: their own, or English where there is none."""
    plain = wanted.partition("-")[0]
    return plain if plain in LANGUAGES else "en"


def day_in_words(day: date, language: str) -> str:
    """A day as people say it: Tuesday 24 November 2026, martes 24 de noviembre de 2026."""
    weekday, month = DAYS[language][day.weekday()], MONTHS[language][day.month - 1]
    if language == "es":
        return f"{weekday} {day.day} de {month} de {day.year}"
    return f"{weekday} {day.day} {month} {day.year}"


def until_in_words(until: WallTime, language: str) -> str:
    """Until when nobody drives, as a clock on the wall: Tuesday 24 November 2026, 08:00."""
    joint = " a las " if language == "es" else ", "
    return f"{day_in_words(until.on, language)}{joint}{until.at:%H:%M}"


def instructions(told: Told, *, wanted: str) -> ConsentText:
    """The instructions with every name, number and time of this person's day filled in."""
    language = language_of(wanted)
    filled = {
        "until": until_in_words(told.until, language),
        "zone": told.until.zone.replace("_", " "),
        "escort": told.escort,
        "phone": told.phone,
        "call_day": day_in_words(told.call_on, language),
        "emergency": EMERGENCY,
        "crisis": CRISIS,
    }
    text = texts()[language]
    return replace(text, sections=tuple(_filled(section, filled) for section in text.sections))


def _filled(section: Section, filled: Mapping[str, str]) -> Section:
    blocks = tuple(Block(words=_fill(block.words, filled), is_item=block.is_item) for block in section.blocks)
    return replace(section, heading=_fill(section.heading, filled), blocks=blocks)


def _fill(words: str, filled: Mapping[str, str]) -> str:
    # one pass over our own text: what a person typed is put in and never read as a placeholder
    parts = words.split("{")
    return parts[0] + "".join(
        filled[name] + rest for name, _, rest in (part.partition("}") for part in parts[1:])
    )
