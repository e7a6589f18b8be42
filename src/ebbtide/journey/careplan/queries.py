"""Reading orders: which version counts, in what state it is, what the limits say of it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Max, QuerySet

from ebbtide.evidence.protocols import Protocol as PublishedProtocol
from ebbtide.evidence.protocols import Template, load_protocols
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.people.queries import settings_starting_with
from ebbtide.journey.access.models import Episode
from ebbtide.journey.careplan.dosing import OrderSpec
from ebbtide.journey.careplan.findings import LimitFinding, OrderContext
from ebbtide.journey.careplan.models import OrderVersion, Protocol
from ebbtide.journey.careplan.rules import Status, check_order

DIRECTOR_SETS = "protocol."


def orders_of(episode: Episode) -> QuerySet[OrderVersion]:
    """Every version of every order of an episode, newest first."""
    return (
        OrderVersion.objects.filter(episode=episode)
        .select_related("protocol", "signature", "withdrawal", "written_by", "weight")
        .prefetch_related("double_checks")
        .order_by("-written_at", "-version")
    )


def status_of(order: OrderVersion, *, newest_version: int | None = None) -> Status:
    """The state of one version, folded from the rows beside it."""
    newest = newest_version if newest_version is not None else newest_of(order.order_id)
    if hasattr(order, "withdrawal"):
        return Status.WITHDRAWN
    if order.version < newest:
        return Status.SUPERSEDED
    if not hasattr(order, "signature"):
        return Status.DRAFT
    return Status.CHECKED if any(check.agrees for check in order.double_checks.all()) else Status.SIGNED


def newest_of(order_id: UUID) -> int:
    """The number of the newest version of an order."""
    found: int = (
        OrderVersion.objects.filter(order_id=order_id).aggregate(newest=Max("version"))["newest"] or 0
    )
    return found


def active_order(episode: Episode) -> OrderVersion | None:
    """The order that counts: signed, neither withdrawn nor superseded; the newest of them."""
    newest: dict[UUID, int] = {}
    for order in (rows := list(orders_of(episode))):
        newest[order.order_id] = max(order.version, newest.get(order.order_id, 0))
    live = {Status.SIGNED, Status.CHECKED}
    return next(
        (order for order in rows if status_of(order, newest_version=newest[order.order_id]) in live), None
    )


def library(clinic: Clinic) -> dict[str, Protocol]:
    """The newest approved version of each protocol of this clinic."""
    rows = Protocol.objects.filter(clinic=clinic).select_related("approved_by").order_by("key", "version")
    return {row.key: row for row in rows}


def published(key: str) -> PublishedProtocol:
    """The published numbers behind a protocol of the library."""
    return load_protocols().protocol(key)


def template(template_id: str) -> Template | None:
    """A template by its id, None for an order straight from a protocol."""
    return next((found for found in load_protocols().templates if found.id == template_id), None)


def director_settings(clinic: Clinic) -> Mapping[str, Mapping[str, Decimal]]:
    """What the medical director filled in: settings named protocol.TEMPLATE.FIELD."""
    found: dict[str, dict[str, Decimal]] = {}
    for name, row in settings_starting_with(clinic, DIRECTOR_SETS).items():
        if row.approved_by_id is None:
            continue
        template_id, _, field = name.removeprefix(DIRECTOR_SETS).partition(".")
        found.setdefault(template_id, {})[field] = Decimal(str(row.value))
    return found


def context_for(episode: Episode, *, as_of: date) -> OrderContext:
    """What the limits must know beyond the order; infusions given here are counted once there are any (next stages)."""
    earlier = OrderVersion.objects.filter(episode__patient=episode.patient, signature__isnull=False).exclude(
        episode=episode
    )
    return OrderContext(
        as_of=as_of,
        treatments_last_12_months=None,
        days_since_long_course=None,
        first_ketamine_course=None if earlier.exists() else True,
        director_settings=director_settings(episode.patient.clinic),
    )


def findings_for(spec: OrderSpec, episode: Episode, *, template_id: str, at: datetime) -> list[LimitFinding]:
    """Everything the limits say of an order, the refusals first."""
    return check_order(
        order=spec,
        protocol=published(spec.protocol_id),
        limits=load_protocols().limits,
        template=template(template_id),
        context=context_for(episode, as_of=at.date()),
    )


def age_years(born: date | None, *, at: datetime) -> int | None:
    """Completed years, or None when the date of birth is not recorded."""
    if born is None:
        return None
    return at.year - born.year - ((at.month, at.day) < (born.month, born.day))


def review_default(at: datetime) -> date:
    """The review point an order form opens with: three weeks after the day it is written [design]."""
    return (at + timedelta(days=21)).date()
