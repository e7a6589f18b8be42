"""infusion: what the protocol checks cost and brought: signals per chair-hour and how long people took, week by week."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Min, Q

from ebbtide.ground.people.models import Clinic
from ebbtide.journey.infusion.check_rows import CheckEvent
from ebbtide.journey.infusion.checks.limits import default_limits
from ebbtide.journey.infusion.models import EntryKind, Session

WEEK = timedelta(days=7)
WEEKS = 4
LONGEST = timedelta(hours=24)  # a session that nobody stopped counts for so long and no more [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfLimit:
    """One limit in one week. `unanswered`: it passed and nobody had taken it."""

    limit: str
    title: str
    signals: int
    taken: int
    unanswered: int
    second_person: int
    median_answer_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Seven days up to `until`."""

    since: datetime
    until: datetime
    chair_h: float
    limits: Sequence[OfLimit]

    @property
    def signals(self) -> int:
        return sum(one.signals for one in self.limits)

    @property
    def per_chair_hour(self) -> float | None:
        """Signals for each hour that somebody sat in a chair; None when nobody did."""
        return self.signals / self.chair_h if self.chair_h else None


def weeks_of(clinic: Clinic, at: datetime) -> list[Week]:
    """The last weeks, the newest first. A signal counts once, however often it came back."""
    first = at - WEEKS * WEEK
    rows = CheckEvent.objects.filter(session__chair__clinic=clinic, at__gte=first, at__lt=at)
    told = rows.exclude(said__in=["began", "ended"]).values("session_id", "key", "limit", "said", "at")
    events = [dict(one) for one in told.order_by("at", "id")]
    stopped = Min("entries__observed_at", filter=Q(entries__kind=EntryKind.STOP, entries__withdrawn=False))
    opened = Session.objects.filter(chair__clinic=clinic, opened_at__lt=at, opened_at__gte=first - LONGEST)
    sat = list(opened.annotate(stopped_at=stopped).values_list("opened_at", "stopped_at"))
    return [_week(events, sat, at - number * WEEK) for number in range(WEEKS)]


def _week(
    events: Iterable[dict[str, Any]], sat: Iterable[tuple[datetime, datetime | None]], until: datetime
) -> Week:
    since = until - WEEK
    stories: dict[tuple[Any, str], list[dict[str, Any]]] = {}
    for one in events:
        if since <= one["at"] < until:
            stories.setdefault((one["session_id"], one["key"]), []).append(one)
    return Week(
        since=since, until=until, chair_h=_chair_h(sat, since, until), limits=_by_limit(stories.values())
    )


def _chair_h(sat: Iterable[tuple[datetime, datetime | None]], since: datetime, until: datetime) -> float:
    within = [
        min(stopped_at or until, opened_at + LONGEST, until) - max(opened_at, since)
        for opened_at, stopped_at in sat
    ]
    return sum(max(one, timedelta()).total_seconds() for one in within) / 3600


def _by_limit(stories: Iterable[list[dict[str, Any]]]) -> list[OfLimit]:
    found: dict[str, list[list[dict[str, Any]]]] = {}
    for story in stories:
        if any(one["said"] == "raised" for one in story):
            found.setdefault(story[0]["limit"], []).append(story)
    titles = {one.id: one.title for one in default_limits().limits}
    rows = [_of_limit(name, titles.get(name, name), those) for name, those in found.items()]
    return sorted(rows, key=lambda one: (-one.signals, one.limit))


def _of_limit(limit: str, title: str, stories: Sequence[list[dict[str, Any]]]) -> OfLimit:
    waits = [wait for story in stories if (wait := _answered_after_s(story)) is not None]
    return OfLimit(
        limit=limit,
        title=title,
        signals=len(stories),
        taken=len(waits),
        unanswered=sum(_at(story, "cleared") is not None for story in stories)
        - sum(_at(s, "cleared") is not None and _at(s, "acknowledged") is not None for s in stories),
        second_person=sum(_at(story, "escalated") is not None for story in stories),
        median_answer_s=median(waits) if waits else None,
    )


def _at(story: Sequence[dict[str, Any]], said: str) -> datetime | None:
    return next((one["at"] for one in story if one["said"] == said), None)


def _answered_after_s(story: Sequence[dict[str, Any]]) -> float | None:
    raised, taken = _at(story, "raised"), _at(story, "acknowledged")
    return None if raised is None or taken is None else (taken - raised).total_seconds()
