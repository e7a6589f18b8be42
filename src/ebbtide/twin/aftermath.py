"""The twin room: the weeks after a course: a diary of pain, check-ins by link that are answered or not, and the calls.

Pain falls by the person's own share on the day after the last infusion and returns with the person's own half-life. The
numbers are invented; about half of the people of the cast respond, and some of the check-ins are never answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from ebbtide.evidence.instruments import Point, load_instruments
from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy.actors import link_holder, system
from ebbtide.journey.access.models import Episode
from ebbtide.journey.course.models import Series, Visit
from ebbtide.journey.outcomes.actions import (
    AnswerItem,
    Invite,
    RecordScores,
    Result,
    answer_item,
    invite,
    record_scores,
)
from ebbtide.journey.outcomes.models import Invitation
from ebbtide.journey.outcomes.rules import window
from ebbtide.twin.bodies import draw_body
from ebbtide.twin.house import by_actor
from ebbtide.twin.way import Story, Way

DIARY = "diary"  # the point under which a daily score is kept
DIARY_DAYS = 28  # days; daily until then (instruments.yaml)
BASELINE_DAYS = 7
BROUGHT_EVERY_DAYS = 7
# of the schedule's points, those that the demonstration's people were asked at: a first start must not take long
ASKED_AT = frozenset({"FU-W1", "FU-D21", "FU-M1"})
# the one answer of the demonstration that asks for a person, at one check-in
ITEM_9, ALERT_AT = ("PHQ9", 9), "FU-D21"
SHORT = frozenset({"NRS11", "PEG", "PGIC"})
DAY_NOISE = 0.7  # points; how much pain differs from day to day [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pain:
    """One person's pain on any day around the end of a course (NRS, 0 to 10)."""

    number: int
    baseline: float
    relief: float
    half_life_days: float

    def on(self, days_after: int) -> int:
        """The daily average, as the person writes it."""
        noise = np.random.default_rng([self.number, days_after + 500]).normal(0, DAY_NOISE)
        share = self.relief * 0.5 ** (days_after / self.half_life_days) if days_after >= 0 else 0.0
        return int(np.clip(round(self.baseline * (1 - share) + noise), 0, 10))


def pain_of(way: Way) -> Pain:
    """The pain that this person's story tells."""
    person, course = way.person, way.person.course
    body = draw_body(on=way.house.wall.today, number=person.number, sex=person.sex, given=person.body)
    return Pain(
        number=person.number,
        baseline=body.pain_nrs,
        relief=course.relief if course else 0.0,
        half_life_days=course.half_life_days if course else 1.0,
    )


def keep_a_diary_before(way: Way, episode: Episode, *, before: datetime) -> Story:
    """Seven days of pain before the first infusion, brought on paper that morning."""
    yield (at := before - timedelta(minutes=1))
    zone = way.house.wall.zone
    first = before.astimezone(zone).date()
    days = [first - timedelta(days=n) for n in range(BASELINE_DAYS, 0, -1)]
    _write_diary(way, episode, at, {day: pain_of(way).on((day - first).days) for day in days})


def answer_for_weeks(way: Way, series: Series) -> Story:
    """Everything after the last infusion: the diary week by week, and each check-in of the schedule."""
    last = _last_visit(series)
    zone = way.house.wall.zone
    ended_on = last.ends_at.astimezone(zone).date()
    doings: list[tuple[datetime, int, Any]] = []
    for week in range(1, DIARY_DAYS // BROUGHT_EVERY_DAYS + 1):
        day = ended_on + timedelta(days=week * BROUGHT_EVERY_DAYS)
        doings.append((_evening(day, zone), 0, week))
    for point in load_instruments().points:
        due_on = ended_on + timedelta(days=point.after_days)
        if _by_link(way, point):
            doings.append((_morning(due_on, zone, way.person.number), 1, (point, due_on)))
    for at, what, told in sorted(doings, key=lambda one: (one[0], one[1])):
        if what == 0:
            yield at
            _bring_week(way, series.episode, at, ended_on=ended_on, week=told)
        else:
            yield from _check_in(way, series, at, point=told[0], due_on=told[1], ended_on=ended_on)


def _last_visit(series: Series) -> Visit:
    return series.visits.order_by("-starts_at").exclude(status="cancelled")[0]


def _evening(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, 18, 5, tzinfo=zone)


def _morning(day: date, zone: ZoneInfo, number: int) -> datetime:
    return datetime(day.year, day.month, day.day, 8, number % 60, tzinfo=zone)


def _bring_week(way: Way, episode: Episode, at: datetime, *, ended_on: date, week: int) -> None:
    """A week of the diary; on some days nothing was written, and that stays missing."""
    course = way.person.course
    assert course is not None  # noqa: S101 - whoever is followed has a course in the cast
    generator = np.random.default_rng([way.person.number, week])
    kept = {
        n: pain_of(way).on(n)
        for n in range((week - 1) * BROUGHT_EVERY_DAYS + 1, week * BROUGHT_EVERY_DAYS + 1)
        if generator.random() < course.answers
    }
    if kept:
        _write_diary(way, episode, at, {ended_on + timedelta(days=n): value for n, value in kept.items()})


def _write_diary(way: Way, episode: Episode, at: datetime, values: Mapping[date, int]) -> None:
    zone = way.house.wall.zone
    results = tuple(
        Result(
            instrument="NRS11",
            point=DIARY,
            observed_at=min(at, datetime(day.year, day.month, day.day, 18, 0, tzinfo=zone)),
            answers={1: value},
        )
        for day, value in sorted(values.items())
    )
    key = f"diary/{min(values):%Y%m%d}"
    record_scores(way.act(way.nurse, at, key), RecordScores(episode=episode, results=results))


def _check_in(way: Way, series: Series, at: datetime, *, point: Point, due_on: date, ended_on: date) -> Story:
    """A link goes out in the morning; in the afternoon it is answered, or not."""
    person, episode = way.person, series.episode
    assert person.course is not None  # noqa: S101 - whoever is followed has a course in the cast
    zone = str(way.house.wall.zone)
    yield at
    when = window(due_on=due_on, closes_on=due_on + timedelta(days=point.window_days or 1), zone=zone)
    row = invite(
        by_actor(system(way.house.clinic), at, f"{person.number}/ask/{point.id}"),
        Invite(
            episode=episode, point=point.id, due_on=due_on, instruments=_by_link(way, point),
            opens_at=when.opens_at, closes_at=when.closes_at,
        ),
    )  # fmt: skip
    answered_at = at + timedelta(hours=9)
    generator = np.random.default_rng([person.number, point.after_days, 7])
    if generator.random() > person.course.answers:
        return
    yield answered_at
    _answer(way, row, answered_at, days_after=(due_on - ended_on).days)


def _by_link(way: Way, point: Point) -> tuple[str, ...]:
    """Short check-ins by link; one person is also asked the nine questions about mood."""
    assert way.person.course is not None  # noqa: S101 - whoever is followed has a course in the cast
    if point.id not in ASKED_AT:
        return ()
    wanted = SHORT | ({"PHQ9"} if way.person.course.item9 else set())
    return tuple(name for name in point.ask if name in wanted)


def _answer(way: Way, row: Invitation, at: datetime, *, days_after: int) -> None:
    patient: Patient = row.episode.patient
    course, pain = way.person.course, pain_of(way)
    assert course is not None  # noqa: S101 - whoever is followed has a course in the cast
    today = pain.on(days_after)
    for instrument in row.instruments:
        items = load_instruments().instrument(instrument).items
        for item in range(1, items + 1):
            act = by_actor(
                link_holder(patient, invitation_id=row.pk),
                at,
                f"{way.person.number}/{row.point}/{instrument}/{item}",
            )
            value = _value(way, instrument, item, pain=today, baseline=pain.baseline)
            if (instrument, item) == ITEM_9:
                value = course.item9 if row.point == ALERT_AT else 0
            answer_item(act, AnswerItem(invitation=row, instrument=instrument, item=item, value=value))


def _value(way: Way, instrument: str, item: int, *, pain: int, baseline: float) -> int | None:
    """What this person answers to one item on a day with this pain."""
    course = way.person.course
    assert course is not None  # noqa: S101 - whoever is followed has a course in the cast
    better = 1 - pain / max(1.0, baseline)
    match instrument:
        case "NRS11" | "PEG":
            return pain
        case "PGIC":
            return 2 if better >= 0.3 else 3 if better >= 0.15 else 4
        case "PHQ9":
            return 1 if item % 2 or better < 0.1 else 0
        case "GAD7" | "PCL5":
            return 1 if item % 3 == 0 else 0
    return 0
