"""One line of the story, and what lines are made with."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

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


def link(route: str, row: object) -> str:
    """The address of a page about a row; empty when that page is not built."""
    try:
        return reverse(route, args=[row]) if route else ""
    except NoReverseMatch:
        return ""


def grams(text: str) -> str:
    """A dose as it was typed, without empty decimals."""
    return format(Decimal(text).normalize(), "f")
