"""The relief curve: weekly means of pain with their range, PEG, and the infusions. Nothing is drawn where nothing was answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ebbtide.evidence.instruments import load_instruments
from ebbtide.evidence.relief import Durability, WeekMean, baseline, durability, is_responder, week_mean
from ebbtide.evidence.schedule import CourseDays
from ebbtide.journey.access.models import Episode, VisitStatus
from ebbtide.journey.course.models import Visit
from ebbtide.journey.outcomes.models import Score

NRS, PEG, PGIC = "NRS11", "PEG", "PGIC"
DRAWN = (NRS, PEG, PGIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Pain on a day (0 to 10). With `low` and `high` it is the mean of up to seven days and their range; without, one answer."""

    day: date
    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    days: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionMark:
    """An infusion that was given: its day, and which of its series it was."""

    day: date
    number: int
    visit_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RelievedCurve:
    """Everything a page draws. `responder` is None while something that decides it is missing."""

    points: tuple[CurvePoint, ...]
    peg: tuple[CurvePoint, ...]
    infusions: tuple[InfusionMark, ...]
    course: CourseDays | None = None
    before: WeekMean | None = None
    responder: bool | None = None
    lasting: Durability | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.points and not self.peg


def relief_series(
    episode: Episode,
    *,
    infusions: Sequence[InfusionMark] | None = None,
    scores: Sequence[Score] | None = None,
) -> RelievedCurve:
    """The relief curve of an episode, from the scores that stand.

    Infusions come from its visits and scores from the record, unless the caller has read them already.
    """
    zone = ZoneInfo(episode.patient.clinic.time_zone)
    visits = visits_of([episode.pk])
    values = _by_day(standing_scores(episode) if scores is None else scores, zone)
    marks = tuple(infusions) if infusions is not None else marks_of(visits, zone)
    course = course_of(visits, zone)
    pain = values.get(NRS, {})
    points = tuple(_pain(pain, day) for day in sorted(pain))
    before = baseline(pain, first_on=course.first_on) if course else None
    return RelievedCurve(
        points=points,
        peg=tuple(CurvePoint(day=day, value=value) for day, value in sorted(values.get(PEG, {}).items())),
        infusions=marks,
        course=course,
        before=before,
        responder=_responder(values, course, before),
        lasting=_lasting(points, course, before),
    )


def standing_scores(episode: Episode) -> list[Score]:
    """The scores that the curve is made of, without those that a later one replaced."""
    rows = Score.objects.filter(episode=episode, instrument__in=DRAWN, replaced_by__isnull=True)
    return list(rows.only("instrument", "value", "observed_at"))


def _by_day(scores: Sequence[Score], zone: ZoneInfo) -> dict[str, dict[date, Decimal]]:
    """For each instrument one value a day, the last one given on it."""
    found: dict[str, dict[date, Decimal]] = {}
    for score in sorted(scores, key=lambda one: (one.observed_at, one.pk)):
        if score.value is not None and score.instrument in DRAWN:
            found.setdefault(score.instrument, {})[score.observed_at.astimezone(zone).date()] = score.value
    return found


def _pain(values: Mapping[date, Decimal], day: date) -> CurvePoint:
    mean = week_mean(values, ending_on=day)
    if mean is None:
        return CurvePoint(day=day, value=values[day])
    return CurvePoint(day=day, value=mean.mean, low=mean.lowest, high=mean.highest, days=mean.days)


def _responder(
    values: Mapping[str, Mapping[date, Decimal]], course: CourseDays | None, before: WeekMean | None
) -> bool | None:
    if course is None or course.ended_on is None:
        return None
    pack = load_instruments()
    window = next(p.window_days for p in pack.points if p.after_days == pack.responder_at_days)
    judged = {
        name: [day for day in sorted(days) if 0 <= _after(course, day) - pack.responder_at_days <= window]
        for name, days in values.items()
    }
    means = [week_mean(values[NRS], ending_on=day) for day in judged.get(NRS, [])]
    after = next((found.mean for found in means if found is not None), None)
    impression = next((int(values[PGIC][day]) for day in judged.get(PGIC, [])), None)
    return is_responder(before=before.mean if before else None, after=after, change_impression=impression)


def _after(course: CourseDays, day: date) -> int:
    return (day - course.ended_on).days if course.ended_on else -1


def _lasting(
    points: Sequence[CurvePoint], course: CourseDays | None, before: WeekMean | None
) -> Durability | None:
    if course is None or course.ended_on is None or before is None:
        return None
    means = [(point.day, point.value) for point in points]
    return durability(means, before=before.mean, ended_on=course.ended_on, next_on=course.next_on)


def visits_of(episode_ids: Sequence[UUID]) -> list[Visit]:
    """The visits of these episodes that were or will be, in the order of their times."""
    rows = Visit.objects.filter(series__episode__in=episode_ids).exclude(status=VisitStatus.CANCELLED)
    return list(rows.select_related("series").order_by("series__episode_id", "starts_at"))


def marks_of(visits: Sequence[Visit], zone: ZoneInfo) -> tuple[InfusionMark, ...]:
    """The infusions that were given."""
    return tuple(
        InfusionMark(day=_day(visit, zone), number=visit.number, visit_id=visit.pk)
        for visit in visits
        if visit.status == VisitStatus.DONE
    )


def _day(visit: Visit, zone: ZoneInfo) -> date:
    return visit.starts_at.astimezone(zone).date()


def course_of(visits: Sequence[Visit], zone: ZoneInfo) -> CourseDays | None:
    """The days of the newest course of one episode that has begun, or of the first that will; None without a visit."""
    courses = [list(group) for _, group in groupby(_by_series(visits), key=lambda visit: visit.series_id)]
    if not courses:
        return None
    begun = [n for n, course in enumerate(courses) if any(v.status == VisitStatus.DONE for v in course)]
    here = begun[-1] if begun else 0
    done = [visit for visit in courses[here] if visit.status == VisitStatus.DONE]
    over = bool(done) and len(done) == len(courses[here])
    later = courses[here + 1] if here + 1 < len(courses) else []
    return CourseDays(
        first_on=_day(courses[here][0], zone),
        ended_on=_day(done[-1], zone) if over else None,
        next_on=_day(later[0], zone) if later else None,
    )


def _by_series(visits: Sequence[Visit]) -> list[Visit]:
    """The visits, those of one series together, the series in the order of their first visits."""
    first: dict[UUID, Any] = {}
    for visit in visits:
        first.setdefault(visit.series_id, visit.starts_at)
    return sorted(visits, key=lambda visit: (first[visit.series_id], str(visit.series_id), visit.starts_at))


def picture(curve: RelievedCurve, *, words: Mapping[str, str]) -> dict[str, Any]:
    """The curve as chart.js draws it, one place for each day; a day without an answer is a gap and stays one.

    Args:
        curve: what is drawn.
        words: the words of the picture in the reader's language: `picture`, `days`, `pain`, `mean`, `single`, `peg`, `infusions`.
    """
    shown = [point.day for point in (*curve.points, *curve.peg)] + [mark.day for mark in curve.infusions]
    first, last = min(shown), max(shown)
    zero = curve.infusions[0].day if curve.infusions else first
    days = [(date.fromordinal(n) - zero).days for n in range(first.toordinal(), last.toordinal() + 1)]

    def placed(points: Sequence[CurvePoint], name: str = "value") -> list[float | None]:
        by_day = {(point.day - zero).days: getattr(point, name) for point in points}
        return [None if by_day.get(day) is None else float(by_day[day]) for day in days]

    means = [point for point in curve.points if point.low is not None]
    singles = [point for point in curve.points if point.low is None]
    series: list[dict[str, Any]] = []
    if means:
        band = {"low": placed(means, "low"), "high": placed(means, "high")}
        series.append({"name": words["mean"], "values": placed(means), "dots": False, **band})
    for name, points in (("single", singles), ("peg", curve.peg)):
        if points:
            series.append({"name": words[name], "values": placed(points), "dots": True})
    return {
        "words": words["picture"],
        "x": {"label": words["days"], "unit": words["unit"], "values": days},
        "y": {"label": words["pain"], "unit": "0-10", "most": 10},
        "series": series,
        "marks": list(_marks(curve.infusions, zero, words["infusions"])),
    }


def _marks(infusions: Sequence[InfusionMark], zero: date, words: str) -> Sequence[dict[str, Any]]:
    """One mark a day; words only under the first, because labels of consecutive days would cover each other."""
    return [
        {"from": (mark.day - zero).days, "to": (mark.day - zero).days, "words": words if n == 0 else ""}
        for n, mark in enumerate(infusions)
    ]
