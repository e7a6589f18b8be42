"""Filters of the house: the clinic's wall time, ages in words, doses with a point, keys for acts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ebbtide.ground import clock
from ebbtide.ground.clock.wall import wall_date, wall_datetime, wall_time
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import Actor, allowed
from ebbtide.journey.infusion.models import Session
from ebbtide.journey.infusion.open_chart import FIELD, this_tablet, token, token_here

register = template.Library()


@register.simple_tag
def new_key() -> str:
    """An idempotency key made by the page: a double tap or a retried request acts once."""
    return str(new_id())


def _zone(clinic: Clinic | None) -> str:
    return clinic.time_zone if clinic else "UTC"


@register.filter
def clinic_time(at: datetime | None, clinic: Clinic | None) -> str:
    """The clinic's wall time: 14:05."""
    return wall_time(at, _zone(clinic))


@register.filter
def clinic_date(at: datetime | date | None, clinic: Clinic | None = None) -> str:
    """The clinic's day: Mon 23 Nov 2026."""
    return wall_date(at, _zone(clinic))


@register.filter
def clinic_datetime(at: datetime | None, clinic: Clinic | None) -> str:
    """Day and wall time: Mon 23 Nov 2026, 14:05."""
    return wall_datetime(at, _zone(clinic))


@register.filter
def age_in_words(at: datetime | None) -> str:
    """How long ago: 4 min, 3 h, 2 days."""
    if at is None:
        return "not recorded"
    minutes = max(0, int((clock.now() - at).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    if hours < 48:
        return f"{hours} h"
    return f"{hours // 24} days"


@register.filter
def age_years(born: date | None) -> str:
    """A person's age in whole years."""
    if born is None:
        return "age not recorded"
    today = clock.now().date()
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return f"{years} years"


@register.filter
def dose(value: Decimal | str | None) -> str:
    """A number that may be a dose: a decimal point, no trailing zeros, never a bare point."""
    if value is None:
        return "not recorded"
    return format(Decimal(str(value)).normalize(), "f")


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], verb: str, resource: str, row: Any = None) -> bool:
    """Whether to show a button; the action behind it decides again."""
    actor: Actor | None = context.get("actor")
    return actor is not None and allowed(actor, verb, resource, row)


@register.simple_tag(takes_context=True)
def chart_of(context: dict[str, Any], session: Session | UUID, patient_id: UUID | None = None) -> SafeString:
    """The hidden field of a form at the chair: whose chart it was shown for, and on which tablet."""
    request = context["request"]
    if isinstance(session, Session):
        told = token_here(request, session)
    else:
        assert patient_id is not None  # noqa: S101 - a page that has no session at hand says both
        told = token(session, patient_id, this_tablet(request))
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, told)
