"""What every page knows: the clinic, who is signed in, the menu of their roles, and the banners."""

from functools import cache
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
    (gettext_lazy("Station"), "nurse_station:wall", "infusion.station", "read"),
    (gettext_lazy("Safe"), "custody:safe", "custody.ledger", "read"),
    (gettext_lazy("Calls"), "leaving:calls", "leaving.next_day_call", "read"),
    (gettext_lazy("Check-ins"), "outcomes:check_ins", "outcomes.invitation", "read"),
    (gettext_lazy("Figures"), "director:figures", "registry.figures", "read"),
    (gettext_lazy("Registry"), "registry:dataset", "registry.dataset", "read"),
    (gettext_lazy("Clinic"), "director:home", "ground.setting", "sign"),
    (gettext_lazy("Ledger"), "director:ledger", "ground.audit_trail", "verify"),
    (gettext_lazy("Mailbox"), "twin:mailbox", "ground.outgoing_mail", "read"),
    (gettext_lazy("My visits"), "portal:home", "course.booking", "create"),
)
# further places, which the command palette knows and the menu has no room for
PLACES = (
    (gettext_lazy("Ask the models"), "careplan:ask", "careplan.preview", "create"),
    (gettext_lazy("Find a person"), "front_desk:search", "access.demographics", "read"),
    (gettext_lazy("Safety alerts"), "outcomes:alerts", "outcomes.safety_alert", "read"),
    (gettext_lazy("Downtime kit, to print"), "nurse_station:downtime_kit", "infusion.station", "read"),
    (gettext_lazy("Monitors"), "infusion:devices", "infusion.device", "read"),
    (gettext_lazy("Set aside by the gateway"), "infusion:quarantine", "infusion.quarantine", "read"),
    (gettext_lazy("Drug register"), "custody:register", "custody.ledger", "read"),
    (gettext_lazy("Open variances"), "custody:variances", "custody.count", "read"),
)


def menu_for(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The entries of the menu that this actor's roles open."""
    open_to = _open_to(actor.roles, actor.patient_id is not None, MENU) if actor.account_id else ()
    return [{**one, "current": path.startswith(one["href"])} for one in open_to]


def places_for(actor: Actor) -> list[dict[str, Any]]:
    """What the command palette offers this actor besides the menu and the links of the page."""
    open_to = _open_to(actor.roles, actor.patient_id is not None, PLACES) if actor.account_id else ()
    return [{**one, "label": str(one["label"]), "kind": ""} for one in open_to]


@cache
def _open_to(roles: frozenset[str], is_patient: bool, places: Any) -> list[dict[str, Any]]:  # noqa: FBT001 - a key of the cache
    """Worked out once for each set of roles; whoever gets it copies what it changes."""
    entries = []
    for label, route, resource, verb in places:
        if (route == "portal:home") != is_patient:
            continue  # a patient has one place, and nobody else has it
        if table().grants_for(roles=roles, action=verb, resource=resource):
            try:
                href = reverse(route)
            except NoReverseMatch:
                continue
            entries.append({"label": label, "href": href})
    return entries


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """Context of every template."""
    actor: Actor | None = getattr(request, "actor", None)
    return {
        "actor": actor,
        "clinic": clinic_of(request),
        "nav": menu_for(actor, request.path) if actor else [],
        "palette": places_for(actor) if actor and actor.is_staff else [],
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
