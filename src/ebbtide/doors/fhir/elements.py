"""The FHIR door's elements: dates, codings and references as FHIR writes them. Pure."""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from ebbtide.evidence.inputs import TEXT_MAX_CHARS

YEAR_CHARS = 4
MONTH_CHARS = 7
DAY_CHARS = 10
LEAP_SECOND = re.compile(r":60(?=[.Z+-])")  # FHIR allows it, Python's datetime does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """One code with its system and the words that came with it."""

    system: str
    code: str
    text: str


def codings(concept: Mapping[str, Any] | None) -> tuple[Coding, ...]:
    """The codes of a CodeableConcept, in their order; the concept's own text stands in for a missing display."""
    if not concept:
        return ()
    text = str(concept.get("text", ""))
    return tuple(
        Coding(
            system=str(coding.get("system", "")),
            code=str(coding.get("code", "")),
            text=_line(str(coding.get("display") or text)),
        )
        for coding in concept.get("coding", [])
        if coding.get("code")
    )


def words_of(concept: Mapping[str, Any] | None) -> str:
    """What a CodeableConcept says to a person."""
    shown = [coding.text or coding.code for coding in codings(concept)]
    return _line(str((concept or {}).get("text") or (shown[0] if shown else "")))


def code_in(concept: Mapping[str, Any] | None) -> str:
    """The first code of a CodeableConcept, whatever its system: for status elements."""
    first = next(iter(codings(concept)), None)
    return "" if first is None else first.code


def _line(text: str) -> str:
    return " ".join(text.split())[:TEXT_MAX_CHARS]


def instant(text: str | None) -> datetime | None:
    """The moment a FHIR date or dateTime begins at; a day without a zone is taken as UTC."""
    if not text:
        return None
    if len(text) <= DAY_CHARS:
        return datetime.combine(first_day(text), datetime.min.time(), tzinfo=UTC)
    moment = datetime.fromisoformat(LEAP_SECOND.sub(":59", text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def first_day(text: str) -> date:
    """The first day that a partial date can mean: 2019 is 2019-01-01."""
    return date.fromisoformat((text + "-01-01")[:DAY_CHARS])


def last_day(text: str) -> date:
    """The last day that a partial date can mean: 2019 is 2019-12-31. Of an event, the later day is the safer."""
    if len(text) == YEAR_CHARS:
        return date(int(text), 12, 31)
    if len(text) == MONTH_CHARS:
        year, month = int(text[:YEAR_CHARS]), int(text[YEAR_CHARS + 1 :])
        return date(year, month, calendar.monthrange(year, month)[1])
    return date.fromisoformat(text[:DAY_CHARS])


def first_of(resource: Mapping[str, Any], *paths: str) -> str | None:
    """The first text found at dotted paths: where FHIR has a choice of elements."""
    for path in paths:
        found: Any = resource
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if isinstance(found, str) and found:
            return found
    return None


def quantities(observation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """An Observation and each of its components: whatever may carry a code and a value."""
    yield observation
    yield from observation.get("component", [])
