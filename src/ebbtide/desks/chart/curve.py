"""The relief curve over the whole width, out of the story that was read already: pain, PEG, each infusion and its dose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ebbtide.desks.chart.line import grams
from ebbtide.desks.chart.story import Row
from ebbtide.evidence.relief import week_mean
from ebbtide.journey.access.models import VisitStatus
from ebbtide.journey.infusion.events import UG_PER_MG
from ebbtide.journey.infusion.models import EntryKind
from ebbtide.journey.outcomes.curve import NRS, PEG, CurvePoint, InfusionMark, RelievedCurve, picture

WORDS = {
    "picture": "Pain over time, 0 to 10: the mean of seven days with its range, PEG, and each infusion with its dose.",
    "days": "Since the first infusion", "unit": "days", "pain": "Pain", "mean": "Mean of 7 days", "single": "One day",
    "peg": "PEG",
}  # fmt: skip
Daily = Mapping[date, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One day of the table; empty words where nothing was answered or given."""

    day: date
    pain: str
    peg: str
    infusion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """What the page draws, and the same as a table."""

    picture: Mapping[str, Any]
    lines: Sequence[Line]


def relief_of(rows: Sequence[Row], episode: str, *, zone: str) -> Relief | None:
    """The curve of one episode; None where no pain was ever answered."""
    here, wall = [row for row in rows if row.data.get("episode") == episode], ZoneInfo(zone)
    pain, peg = _daily(here, NRS, wall), _daily(here, PEG, wall)
    curve = RelievedCurve(
        points=tuple(point_of(pain, day) for day in sorted(pain)),
        peg=tuple(CurvePoint(day=day, value=value) for day, value in sorted(peg.items())),
        infusions=_infusions(here, wall),
    )
    if curve.is_empty:
        return None
    doses = _doses(here, wall)
    drawn = {**picture(curve, words={**WORDS, "infusions": "infusion"}), "marks": _marks(curve, doses)}
    return Relief(picture=drawn, lines=_lines(curve, doses))


def point_of(pain: Daily, day: date) -> CurvePoint:
    """The mean of the week that ends on a day, or the day's own answer where too few days have one."""
    mean = week_mean(pain, ending_on=day)
    if mean is None:
        return CurvePoint(day=day, value=pain[day])
    return CurvePoint(day=day, value=mean.mean, low=mean.lowest, high=mean.highest, days=mean.days)


def _daily(rows: Sequence[Row], instrument: str, wall: ZoneInfo) -> dict[date, Decimal]:
    """One value a day, the last that was given on it; rows come newest first."""
    told = [row for row in rows if row.kind == "score" and row.data["instrument"] == instrument]
    return {
        row.at.astimezone(wall).date(): Decimal(row.data["value"])
        for row in reversed(told)
        if row.data["value"] is not None
    }


def _infusions(rows: Sequence[Row], wall: ZoneInfo) -> tuple[InfusionMark, ...]:
    given = [row for row in rows if row.kind == "visit" and row.data["status"] == VisitStatus.DONE]
    return tuple(
        InfusionMark(day=row.at.astimezone(wall).date(), number=row.data["number"], visit_id=row.id)
        for row in reversed(given)
    )


def _doses(rows: Sequence[Row], wall: ZoneInfo) -> dict[date, str]:
    """What was given on each day, only for whoever may read the log of the session."""
    stops = [row for row in rows if row.kind == "logged" and row.data["kind"] == EntryKind.STOP]
    return {
        row.at.astimezone(wall).date(): f"{grams(str(Decimal(row.data['given_ug']) / UG_PER_MG))} mg"
        for row in stops
        if row.data["given_ug"] is not None
    }


def _marks(curve: RelievedCurve, doses: Mapping[date, str]) -> list[dict[str, Any]]:
    """A mark for each infusion; its dose beside it where it changed, because labels of a week would cover each other."""
    if not curve.infusions:
        return []
    zero, said, marks = curve.infusions[0].day, "", []
    for mark in curve.infusions:
        dose = doses.get(mark.day, "infusion")
        at = (mark.day - zero).days
        marks.append({"from": at, "to": at, "words": dose if dose != said else ""})
        said = dose
    return marks


def _lines(curve: RelievedCurve, doses: Mapping[date, str]) -> list[Line]:
    pain = {point.day: pain_words(point) for point in curve.points}
    peg = {point.day: grams(str(point.value)) for point in curve.peg}
    given = {
        mark.day: ", ".join(filter(None, (f"infusion {mark.number}", doses.get(mark.day))))
        for mark in curve.infusions
    }
    days = sorted({*pain, *peg, *given}, reverse=True)
    return [
        Line(day=day, pain=pain.get(day, ""), peg=peg.get(day, ""), infusion=given.get(day, ""))
        for day in days
    ]


def pain_words(point: CurvePoint) -> str:
    """A mean with its range and how many days it rests on, or one day's own answer."""
    value = grams(str(point.value))
    if point.low is None or point.high is None:
        return f"{value}, that day"
    return f"{value}, {grams(str(point.low))} to {grams(str(point.high))} on {point.days} days"
