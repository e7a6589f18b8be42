"""What needs somebody now, out of every stage: one question to the database, each part only for whoever may read it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import CharField, DateTimeField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import NoReverseMatch, reverse

from ebbtide.ground.policy import Actor, visible
from ebbtide.journey.custody.models import Variance
from ebbtide.journey.infusion.models import EntryKind, StartGate
from ebbtide.journey.leaving.models import CallResult, Departure
from ebbtide.journey.outcomes.models import SafetyAlert

NEEDS_SHOWN = 8
TODAY_H = 24  # a refused gate is a matter of this day
NOBODY = "nobody yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that needs somebody now: what, who owns it, how old, and where to act."""

    title: str
    words: str
    shape: str
    state: str
    since: datetime | None
    owner: str
    href: str


def link(route: str, *args: Any) -> str:
    """The address of a page that may not be built yet, else nothing."""
    try:
        return reverse(route, args=args)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of need: which rows of it are open, whose resource they are, and what is said of one."""

    name: str
    resource: str
    rows: Callable[[datetime, date], QuerySet[Any]]
    patient: str
    row: str
    since: str
    owner: str
    route: str
    state: str
    words: str
    own: str = ""


def _refused_gates(at: datetime, _: date) -> QuerySet[Any]:
    newer = StartGate.objects.filter(session=OuterRef("session"), signed_at__gt=OuterRef("signed_at"))
    return StartGate.objects.filter(
        ~Exists(newer), passed=False, signed_at__gte=at - timedelta(hours=TODAY_H), session__departure__isnull=True
    ).exclude(session__entries__kind=EntryKind.START)  # fmt: skip


def _open_alerts(_: datetime, __: date) -> QuerySet[Any]:
    return SafetyAlert.objects.filter(closed__isnull=True)


def _calls_due(_: datetime, today: date) -> QuerySet[Any]:
    return Departure.objects.filter(call_due_on__lte=today).exclude(
        calls__outcome__in=[CallResult.REACHED, CallResult.DECLINED, CallResult.STOPPED]
    )


def _open_variances(_: datetime, __: date) -> QuerySet[Any]:
    return Variance.objects.filter(closing__isnull=True)


SESSION_PATIENT = "session__visit__series__episode__patient"
PARTS = (
    Part(
        name="alert", resource="outcomes.safety_alert", rows=_open_alerts, patient="episode__patient", row="id",
        since="opened_at", owner="owner__name", route="outcomes:alert", state="Safety alert",
        words="Something was told that asks for a person: call, and write what came of it.",
    ),
    Part(
        name="gate", resource="infusion.start_gate", rows=_refused_gates, patient=SESSION_PATIENT, row="session_id",
        since="signed_at", owner="signed_by__name", route="infusion:chair", state="Gate refused",
        words="The start gate refused this infusion: its page says what is missing.",
    ),
    Part(
        name="call", resource="leaving.next_day_call", rows=_calls_due, patient=SESSION_PATIENT, row="id",
        since="discharged_at", owner="", route="leaving:call", state="Call due", own="the nurses",
        words="Left the day before: call and ask how it went.",
    ),
    Part(
        name="variance", resource="custody.count", rows=_open_variances, patient="", row="id",
        since="posted_at", owner="owner__name", route="custody:variances", state="Variance open",
        words="Drug is missing that nobody could explain: close the investigation.",
    ),
)  # fmt: skip
BY_NAME: Mapping[str, Part] = {part.name: part for part in PARTS}


def needs(actor: Actor, *, at: datetime, today: date) -> list[Need]:
    """The open things of every stage that this person may read, alerts first, then the oldest (one query)."""
    parts = [_described(part, actor, at, today) for part in PARTS]
    found = list(parts[0].union(*parts[1:], all=True))
    order = {part.name: place for place, part in enumerate(PARTS)}
    return [_need(*row) for row in sorted(found, key=lambda row: (order[row[0]], row[4]))][:NEEDS_SHOWN]


def _described(part: Part, actor: Actor, at: datetime, today: date) -> QuerySet[Any]:
    seen = visible(actor, part.rows(at, today), part.resource, at=at)
    title: Any = Value("The register", output_field=CharField())
    if part.patient:
        title = Concat(f"{part.patient}__given_name", Value(" "), f"{part.patient}__family_name")
    owner: Any = Coalesce(F(part.owner), Value("")) if part.owner else Value("", output_field=CharField())
    described: QuerySet[Any] = (
        seen.order_by()
        .annotate(
            n_kind=Value(part.name, output_field=CharField()),
            n_row=Cast(F(part.row), CharField()),
            n_title=Cast(title, CharField()),
            n_owner=owner,
            n_since=Cast(F(part.since), DateTimeField()),
        )
        .values_list("n_kind", "n_row", "n_title", "n_owner", "n_since")
    )
    return described


def _need(kind: str, row: str, title: str, owner: str, since: datetime) -> Need:
    part = BY_NAME[kind]
    return Need(
        title=title.strip(), words=part.words, shape="needs", state=part.state, since=since,
        owner=owner or part.own or NOBODY, href=link(part.route, UUID(row)) or link(part.route),
    )  # fmt: skip


def gateway_need(beat_at: datetime | None, at: datetime, *, silent: bool) -> Sequence[Need]:
    """The monitor gateway was not heard: nothing on the screens is live."""
    if not silent:
        return []
    return [
        Need(
            title="Monitor gateway", words="Nothing comes from the monitors: watch the bedside, and start it again.",
            shape="needs", state="Gateway silent", since=beat_at, owner="whoever runs the server", href="",
        )
    ]  # fmt: skip
