"""One line of the story, and what lines are made with."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from uuid import UUID

from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the story."""

    at: datetime
    title: str
    notes: str = ""
    who: str = ""
    href: str = ""
    struck: bool = False


NOBODY = UUID(int=0)  # stands where a row's id goes


def link(route: str, row: object) -> str:
    """The address of a page about a row; empty when that page is not built."""
    return _address(route).replace(str(NOBODY), str(row))


@cache
def _address(route: str) -> str:
    """Worked out once for each kind of page: a long story has many links of few kinds."""
    try:
        return reverse(route, args=[NOBODY]) if route else ""
    except NoReverseMatch:
        return ""


def grams(text: str) -> str:
    """A dose as it was typed, without empty decimals."""
    return format(Decimal(text).normalize(), "f")
