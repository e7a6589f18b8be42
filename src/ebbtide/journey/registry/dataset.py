"""The data set: one row for each infusion, without its person. Rows in, rows out; no clock, no database.

A person's age, sex, complaint and language are one cell in the whole data set, so that no row of theirs tells more than another.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from ebbtide.journey.registry import dictionary
from ebbtide.journey.registry.deidentify import (
    Cell,
    K,
    Shown,
    age_band,
    one_complaint,
    opaque_id,
    shifted,
    shown_cells,
)
from ebbtide.journey.registry.response import Judged, Response
from ebbtide.journey.registry.treated import Course, Given, ScoreRow, Scores, TreatedVisit, judged
from ebbtide.pharmacology.previews import ENGINE_VERSION

Value = str | int | float | date | None
Row = dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which infusions are asked for; an empty one is not used."""

    complaint: str = ""
    protocol: str = ""
    since: date | None = None

    def holds(self, visit: TreatedVisit) -> bool:
        """Whether an infusion is asked for."""
        return (
            self.complaint in {"", visit.complaint}
            and self.protocol in {"", visit.protocol}
            and (self.since is None or visit.on >= self.since)
        )

    @property
    def told(self) -> dict[str, str]:
        """Only those that are used, as they are kept with an export."""
        said = {"complaint": self.complaint, "protocol": self.protocol}
        said["since"] = self.since.isoformat() if self.since else ""
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """De-identified rows, and what it took: how many rows were made coarser, and how many were left out.

    Attributes:
        rows: One for each infusion that may be shown.
        people: How many people they are.
        rows_generalised: Rows whose age, sex, complaint or language is coarser than recorded.
        rows_suppressed: Rows left out because too few people share even the coarsest cell.
        people_suppressed: How many people they are.
        steps: How many rows needed so many steps.
        rows_without_permission: Rows left out because the person's consent says nothing of the registry, or was withdrawn.
        k: The smallest number of people that share a cell.
    """

    rows: tuple[Row, ...]
    people: int
    rows_generalised: int
    rows_suppressed: int
    people_suppressed: int
    steps: Mapping[int, int]
    rows_without_permission: int = 0
    k: int = K


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a data set is made of: every visit of the clinic, their courses and scores, the day, and the clinic's key."""

    visits: Sequence[TreatedVisit]
    courses: Sequence[Course]
    scores: Scores
    today: date
    key: bytes


def data_set(source: Source, filters: Filters, *, purpose: str, k: int = K) -> DataSet:
    """The rows that the filters ask for, without their people. `purpose` makes the ids of this export its own."""
    matching = [visit for visit in source.visits if visit.given is not None and filters.holds(visit)]
    asked = [visit for visit in matching if visit.permitted]
    shown = shown_cells(cells_of(asked), k=k)
    hidden = [visit for visit in asked if shown[visit.patient_id] is None]
    writer = _Writer(source, asked, purpose=purpose)
    rows = tuple(row for visit in asked if (row := writer.row(visit, shown[visit.patient_id])) is not None)
    steps = Counter(found.steps for visit in asked if (found := shown[visit.patient_id]) is not None)
    return DataSet(
        rows=tuple(
            sorted(rows, key=lambda row: str(row["row_id"]))
        ),  # the order of time would tell the order of time
        people=len({row["person_id"] for row in rows}),
        rows_generalised=sum(n for step, n in steps.items() if step),
        rows_suppressed=len(hidden),
        people_suppressed=len({visit.patient_id for visit in hidden}),
        steps=dict(sorted(steps.items())),
        rows_without_permission=len(matching) - len(asked),
        k=k,
    )


def cells_of(visits: Iterable[TreatedVisit]) -> dict[UUID, Cell]:
    """What each person could be recognised by, at their first infusion among these."""
    by_person: dict[UUID, list[TreatedVisit]] = defaultdict(list)
    for visit in visits:
        by_person[visit.patient_id].append(visit)
    return {who: _cell(sorted(rows, key=lambda row: row.on)) for who, rows in by_person.items()}


def _cell(rows: Sequence[TreatedVisit]) -> Cell:
    first = rows[0]
    return Cell(
        age_band=age_band(first.given.age_y if first.given else None),
        sex=first.sex,
        complaint=one_complaint([row.complaint for row in rows]),
        language=first.language,
    )


class _Writer:
    """Writes rows; knows each visit's course and what was found of it."""

    def __init__(self, source: Source, asked: Sequence[TreatedVisit], *, purpose: str) -> None:
        self.source, self.purpose = source, purpose
        self.course_of = {visit.visit_id: course for course in source.courses for visit in course.visits}
        self.number_of = self._numbers(asked)
        self.so_far = self._amounts()
        self.found: dict[UUID, Row] = {}

    def _numbers(self, asked: Sequence[TreatedVisit]) -> dict[UUID, int]:
        here = {visit.series_id for visit in asked}
        count: Counter[UUID] = Counter()
        numbers = {}
        for course in self.source.courses:
            if course.series_id in here:
                count[course.patient_id] += 1
                numbers[course.series_id] = count[course.patient_id]
        return numbers

    def _amounts(self) -> dict[UUID, Decimal]:
        found = {}
        for course in self.source.courses:
            total = Decimal(0)
            for visit in course.visits:
                total += visit.given.mg if visit.given else 0
                found[visit.visit_id] = total
        return found

    def row(self, visit: TreatedVisit, shown: Shown | None) -> Row | None:
        if shown is None or visit.given is None:
            return None
        course = self.course_of[visit.visit_id]
        if course.series_id not in self.found:
            self.found[course.series_id] = trajectory(course, self.source.scores, today=self.source.today)
        told: Row = {
            **self._who(visit, shown),
            **self._when(visit, course),
            **exposure(visit.given),
            "course_mg_so_far": float(self.so_far[visit.visit_id]),
            **models(visit.given),
            "adverse_events": visit.adverse_events,
            "severe_events": visit.severe_events,
            **self.found[course.series_id],
        }
        return {column.name: told[column.name] for column in dictionary.dictionary()}

    def _who(self, visit: TreatedVisit, shown: Shown) -> Row:
        def opaque(kind: str, of: UUID) -> str:
            return opaque_id(self.source.key, purpose=f"{self.purpose}/{kind}", of=str(of))

        return {
            "row_id": opaque("row", visit.visit_id),
            "person_id": opaque("person", visit.patient_id),
            "course_id": opaque("course", visit.series_id),
            **shown.cell._asdict(),
            "generalised_steps": shown.steps,
        }

    def _when(self, visit: TreatedVisit, course: Course) -> Row:
        person = str(visit.patient_id)
        return {
            "course_started_on_shifted": shifted(course.first_on, key=self.source.key, person=person),
            "course_number": self.number_of[visit.series_id],
            "infusion_day": (visit.on - course.first_on).days,
            "infusion_number": visit.number,
            "infusions_ordered": visit.ordered,
            "protocol": visit.protocol,
        }


def exposure(given: Given) -> Row:
    """What was given; here exact amounts become floats."""
    return {
        "drug": given.drug,
        "dose_mg": float(given.mg),
        "dose_mg_per_kg": _float(given.mg_per_kg),
        "infused_h": float(given.hours),
        "exposure_version": given.version,
        "engine_version": next(
            (str(kept["engine_version"]) for kept in given.predicted.values()), ENGINE_VERSION
        ),
    }


def models(given: Given) -> Row:
    """Each offered model's peak and area, or nothing where it does not cover the infusion."""
    return {
        column: given.predicted.get(model_id, {}).get(key)
        for column, model_id, key in dictionary.model_columns()
    }


def trajectory(course: Course, scores: Scores, *, today: date) -> Row:
    """What the scores say of a course, in days from its end."""
    rows = scores.get(course.episode_id, ())
    return {**_response(judged(course, scores, today=today)), **_before(course, rows), **_after(course, rows)}


def _response(found: Judged | None) -> Row:
    lasted = found.lasted if found else None
    return {
        "nrs_mean_before": _float(found.before) if found else None,
        "nrs_mean_day_21": _float(found.after) if found else None,
        "response": found.response.value if found else None,
        "relief_lasted_days": lasted.days if lasted and _responded(found) else None,
        "relief_returned": int(lasted.returned) if lasted and _responded(found) else None,
    }


def _responded(found: Judged | None) -> bool:
    return found is not None and found.response is Response.RESPONDER


def _before(course: Course, rows: Sequence[ScoreRow]) -> Row:
    earliest = course.first_on - timedelta(days=dictionary.BASELINE_MAX_AGE_DAYS)
    found: Row = {}
    for name in dictionary.BASELINED:
        values = [
            row.value for row in rows if row.instrument == name and earliest <= row.on <= course.first_on
        ]
        found[dictionary.baseline_column(name)] = float(values[-1]) if values else None
    return found


def _after(course: Course, rows: Sequence[ScoreRow]) -> Row:
    found: Row = {}
    for name, point, day, window in dictionary.points():
        values = [
            row.value
            for row in rows
            if row.instrument == name
            and row.point == point
            and _counts(course, row.on, day=day, window=window)
        ]
        found[dictionary.score_column(name, point)] = float(values[-1]) if values else None
    return found


def _counts(course: Course, on: date, *, day: int, window: int) -> bool:
    if course.ended_on is None or (course.next_on is not None and on >= course.next_on):
        return False
    return day <= (on - course.ended_on).days <= day + window


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def completeness(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, int]:
    """In how many rows each of these columns has a value."""
    return {name: sum(row[name] is not None for row in rows) for name in names}
