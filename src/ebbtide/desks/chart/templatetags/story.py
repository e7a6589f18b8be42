"""The lines of the story, written without the template engine: a long chart has very many of them."""

from collections.abc import Sequence
from html import escape

from django import template
from django.utils.safestring import SafeString

from ebbtide.desks.chart.line import Entry
from ebbtide.ground.clock.wall import wall_datetime
from ebbtide.ground.people.models import Clinic

register = template.Library()


@register.simple_tag
def story_lines(entries: Sequence[Entry], clinic: Clinic | None) -> SafeString:
    """One list item for each line; every text of it is escaped here."""
    zone = clinic.time_zone if clinic else "UTC"
    return SafeString("".join(_line(entry, zone) for entry in entries))


def _line(entry: Entry, zone: str) -> str:
    title = escape(str(entry.title))
    if entry.href:
        title = f'<a href="{escape(entry.href)}">{title}</a>'
    notes = f'<br><span class="small muted">{escape(str(entry.notes))}</span>' if entry.notes else ""
    struck = ' class="journey__entry--struck"' if entry.struck else ""
    return (
        f'<li class="journey__entry"><span class="journey__when">{wall_datetime(entry.at, zone)}</span>'
        f'<span{struck}>{title}{notes}</span> <span class="journey__who">{escape(str(entry.who))}</span></li>'
    )
