"""What every page knows: the clinic, who is signed in, the menu of their roles, and the banners."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy

from ebbtide.ground import clock
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.policy import Actor
from ebbtide.ground.policy.table import table
from ebbtide.site.keeping.proof import proof_of

# label, route, resource, verb: a menu entry shows when the policy lets this person read the resource behind it
MENU = (
    (gettext_lazy("Today"), "front_desk:today", "course.booking", "read"),
    (gettext_lazy("Requests"), "access:queue", "access.consult_request", "acknowledge"),
    (gettext_lazy("Patients"), "chart:patients", "access.demographics", "read"),
    (gettext_lazy("Safe"), "custody:safe", "custody.ledger", "read"),
    (gettext_lazy("Calls"), "leaving:calls", "leaving.next_day_call", "read"),
    (gettext_lazy("Figures"), "director:figures", "registry.figures", "read"),
    (gettext_lazy("Registry"), "registry:dataset", "registry.dataset", "read"),
    (gettext_lazy("Clinic"), "director:home", "ground.setting", "sign"),
    (gettext_lazy("Ledger"), "director:ledger", "ground.audit_trail", "verify"),
    (gettext_lazy("Mailbox"), "twin:mailbox", "ground.outgoing_mail", "read"),
    (gettext_lazy("My visits"), "portal:home", "course.booking", "create"),
)


def menu_for(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The entries of the menu that this actor's roles open."""
    if actor.account_id is None:
        return []
    entries = []
    for label, route, resource, verb in MENU:
        if route == "portal:home" and actor.patient_id is None:
            continue
        if table().grants_for(roles=actor.roles, action=verb, resource=resource):
            try:
                href = reverse(route)
            except NoReverseMatch:
                continue
            entries.append({"label": label, "href": href, "current": path.startswith(href)})
    return entries


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """Context of every template."""
    actor: Actor | None = getattr(request, "actor", None)
    return {
        "actor": actor,
        "clinic": clinic_of(request),
        "nav": menu_for(actor, request.path) if actor else [],
        "demo": settings.EBBTIDE_DEMO,
        "demo_at": clock.now() if settings.EBBTIDE_DEMO else None,
        "backup_unproved": not settings.EBBTIDE_DEMO and proof_of(settings.EBBTIDE_DATA) is None,
    }


def clinic_of(request: HttpRequest) -> Clinic | None:
    """The clinic of this request, from the rows already loaded where that is possible."""
    for holder in ("staff", "patient"):
        row = getattr(getattr(request, "user", None), holder, None)
        if row is not None:
            found: Clinic = row.clinic
            return found
    known: Clinic | None = getattr(request, "clinic", None)
    return known
