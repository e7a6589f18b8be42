"""Counts for people who may see counts alone: by complaint, small cells hidden. Rows in, counts out; no database."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ebbtide.journey.registry.dataset import Filters, Source
from ebbtide.journey.registry.deidentify import K, hidden_counts
from ebbtide.journey.registry.intervals import wilson
from ebbtide.journey.registry.response import Response
from ebbtide.journey.registry.treated import Course, TreatedVisit, judged

COMPLETENESS = (
    ("dose_mg_per_kg", "Dose by weight"),
    ("kamp_2020_peak_ng_per_ml", "Predicted peak, Kamp 2020, arterial"),
    ("nrs_mean_before", "Mean pain before the course"),
    ("nrs_mean_day_21", "Mean pain at day 21"),
    ("pgic_d21", "Impression of change at day 21"),
    ("peg_d21", "PEG at day 21"),
    ("phq9_d21", "PHQ-9 at day 21"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One complaint: how many people, and of how many judged people how many responded. None is hidden."""

    complaint: str
    people: int | None
    judged: int | None
    responders: int | None
    low: float | None = None
    high: float | None = None

    @property
    def share(self) -> float | None:
        """Responders of those judged (0 to 1)."""
        return None if not self.judged or self.responders is None else self.responders / self.judged


def asked_for(source: Source, filters: Filters) -> list[TreatedVisit]:
    """The infusions with an exposure and a permission that the filters ask for."""
    return [
        visit
        for visit in source.visits
        if visit.given is not None and visit.permitted and filters.holds(visit)
    ]


def groups_of(source: Source, filters: Filters, *, k: int = K) -> list[Group]:
    """Each complaint with its counts; a person is judged by their first course that can be."""
    asked = asked_for(source, filters)
    people: dict[str, set[UUID]] = defaultdict(set)
    for visit in asked:
        people[visit.complaint].add(visit.patient_id)
    shown = hidden_counts({name: len(who) for name, who in people.items()}, k=k)
    here = {visit.series_id for visit in asked}
    courses = [course for course in source.courses if course.series_id in here]
    return [_group(name, shown[name], courses, source, k=k) for name in sorted(shown)]


def _group(name: str, shown: int | None, courses: Sequence[Course], source: Source, *, k: int) -> Group:
    found: dict[UUID, bool] = {}
    for course in courses:
        told = judged(course, source.scores, today=source.today) if course.complaint == name else None
        if told is not None and told.response in {Response.RESPONDER, Response.NOT}:
            found.setdefault(course.patient_id, told.response is Response.RESPONDER)
    hits, of = sum(found.values()), len(found)
    # a share of few people, or one that all or none of them share, would tell of each
    if shown is None or of < k or min(hits, of - hits) == 0:
        return Group(complaint=name, people=shown, judged=None, responders=None)
    low, high = wilson(hits=hits, of=of)
    return Group(complaint=name, people=shown, judged=of, responders=hits, low=low, high=high)
