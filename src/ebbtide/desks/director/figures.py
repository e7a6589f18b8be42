"""The director's figures: each from rows that exist, with its count, and with an interval where it is a share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.urls import reverse

from ebbtide.ground.people.models import Clinic, Occupancy, Resource, ResourceKind
from ebbtide.ground.people.occupancy import minute_of
from ebbtide.ground.policy import Actor, visible
from ebbtide.journey.access.models import Request, RequestStatus
from ebbtide.journey.course.models import Series, SeriesStatus
from ebbtide.journey.course.queries import settings_of

LOOK_BACK = timedelta(days=90)  # [design] long enough for a share that means something in a small clinic
LOOK_AHEAD_DAYS = 7
Z_95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure with what it stands on, and the list behind it."""

    label: str
    number: str
    note: str
    href: str


def wilson(*, hits: int, of: int) -> tuple[float, float]:
    r"""The 95 % Wilson score interval of a share (from 0 to 1).

    $$ \frac{p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n} $$

    Source: Wilson 1927, J Am Stat Assoc 22:209. It stays inside 0 to 1 and is honest for few requests.
    """
    share, z2 = hits / of, Z_95**2
    middle = share + z2 / (2 * of)
    half = Z_95 * math.sqrt(share * (1 - share) / of + z2 / (4 * of**2))
    return max(0.0, (middle - half) / (1 + z2 / of)), min(1.0, (middle + half) / (1 + z2 / of))


def percent(share: float) -> str:
    """A share as a whole percentage."""
    return f"{share * 100:.0f} %"


def hours_in_words(hours: float) -> str:
    """A time that passed: hours up to two days, then days."""
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.1f} days"


def figures_for(actor: Actor, clinic: Clinic, places: Sequence[Resource], *, at: datetime) -> list[Figure]:
    """The first figures of a clinic (four queries)."""
    known = Request.objects.filter(Q(status=RequestStatus.RECEIVED) | Q(received_at__gte=at - LOOK_BACK))
    requests = list(
        visible(actor, known, "access.consult_request", at=at).values_list("status", "received_at")
    )
    ages_h = [
        (at - when).total_seconds() / 3600 for status, when in requests if status == RequestStatus.RECEIVED
    ]
    accepted = sum(status == RequestStatus.ACCEPTED for status, _ in requests)
    return [
        *_waiting(ages_h),
        _accepted(accepted, len(requests) - len(ages_h)),
        _series(actor, at),
        _chairs(clinic, places, at),
    ]


def _waiting(ages_h: Sequence[float]) -> list[Figure]:
    href = reverse("access:queue")
    oldest = f"the oldest for {hours_in_words(max(ages_h))}" if ages_h else "nobody waits"
    middle = Figure(
        label="Median wait of an open request", number=hours_in_words(median(ages_h)) if ages_h else "–",
        note=f"{len(ages_h)} open" if ages_h else "no request is open", href=href,
    )  # fmt: skip
    return [Figure(label="Requests waiting", number=str(len(ages_h)), note=oldest, href=href), middle]


def _accepted(accepted: int, answered: int) -> Figure:
    label, href = "Accepted, of those answered", f"{reverse('access:queue')}?show=answered"
    if not answered:
        return Figure(label=label, number="–", note=f"none answered in {LOOK_BACK.days} days", href=href)
    low, high = wilson(hits=accepted, of=answered)
    note = (
        f"{accepted} of {answered} in {LOOK_BACK.days} days · 95 % interval {percent(low)} to {percent(high)}"
    )
    return Figure(label=label, number=percent(accepted / answered), note=note, href=href)


def _series(actor: Actor, at: datetime) -> Figure:
    rows = visible(actor, Series.objects.filter(status=SeriesStatus.BOOKED), "course.series", at=at)
    coming = Q(visits__starts_at__gte=at, visits__status="booked")
    found = rows.aggregate(n=Count("id", distinct=True), running=Count("id", distinct=True, filter=coming))
    note = f"{found['running']} with a visit to come"
    return Figure(
        label="Booked series",
        number=str(found["n"]),
        note=note,
        href=f"{reverse('chart:patients')}#find=course",
    )


def _chairs(clinic: Clinic, places: Sequence[Resource], at: datetime) -> Figure:
    chairs = [
        place.number for place in places if place.kind == ResourceKind.CHAIR and place.out_of_use_at is None
    ]
    week = _week(clinic, at)
    open_min = sum(minute_of(closes) - minute_of(opens) for opens, closes in week) * len(chairs)
    label, href = f"Chair use, next {LOOK_AHEAD_DAYS} days", reverse("front_desk:today")
    if not open_min:
        return Figure(label=label, number="–", note="no chair is open in these days", href=href)
    taken_min = _taken_minutes(chairs, week)
    note = f"{taken_min / 60:.0f} h taken of {open_min / 60:.0f} h on {len(chairs)} chair{'s' * (len(chairs) != 1)}"
    return Figure(label=label, number=percent(taken_min / open_min), note=note, href=href)


def _week(clinic: Clinic, at: datetime) -> list[tuple[datetime, datetime]]:
    """When the clinic opens and closes on each of the seven days after today."""
    hours = settings_of(clinic).hours
    today = at.astimezone(ZoneInfo(clinic.time_zone)).date()
    spans = [hours.on(today + timedelta(days=n)) for n in range(1, LOOK_AHEAD_DAYS + 1)]
    return [span for span in spans if span]


def _taken_minutes(chairs: Sequence[int], week: Sequence[tuple[datetime, datetime]]) -> int:
    """Minutes booked on these chairs between the first opening and the last closing of the week."""
    start, end = minute_of(week[0][0]), minute_of(week[-1][1])
    rows = Occupancy.objects.filter(
        resource__in=chairs, released_at__isnull=True, start_min__gte=start, end_min__lte=end
    )
    found = rows.aggregate(ends=Sum("end_min"), starts=Sum("start_min"))
    return int((found["ends"] or 0) - (found["starts"] or 0))
