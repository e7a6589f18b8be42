"""Predicted concentration along the charted rate, its pauses and boluses: several models, each with its band and its site.

A model, not a measurement. It is only asked while the clinic's medical director has it switched on (switches.py); where a
model does not hold it answers in words and not in numbers. What would come next is told of the present rate, of half of it
and of a stop, because these need no choice: nothing here proposes a rate. No Django, no clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from ebbtide.journey.careplan.pictures import NAMES, TONES, named
from ebbtide.pharmacology import two_figures
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.programme import Grid
from ebbtide.pharmacology.forecast import Forecast, Forecaster, forecaster
from ebbtide.pharmacology.people.bands import models_for
from ebbtide.pharmacology.people.person import Person
from ebbtide.pharmacology.previews import BAND_SEED
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug, Model
from ebbtide.pharmacology.published.validity import MIN_PER_H, Question, cautions, why_not
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule

CAPTION = "From the charted rate: a model, not a measurement. No concentration is known to predict chronic-pain relief."
PEOPLE = (
    300  # for each model [design]: the ends of its band are then within about 5 % of those of endlessly many
)
POINTS = 121  # of a curve so far [design]: one for each six pixels or so
AHEAD_MIN = 60  # min
AHEAD_EVERY_MIN = 2.5  # min
SHOWN_AT_MIN = (20, 40, 60)  # min ahead, in words
SITES = {"arterial": "arterial", "venous": "venous", "unknown": "site not stated"}
SITE_TITLES = {
    "arterial": "Predicted in blood from an artery",
    "venous": "Predicted in blood from a vein",
    "unknown": "Predicted, sampling site not stated by the source",
}
ON, HALF, STOP = "continue", "half", "stop"  # the ways on that are told of
NOT_STARTED = "Nothing has gone in yet by this log: there is nothing to predict."
NOT_RECORDED = "The weight or the age is not recorded: no concentration is predicted without both."


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whom the models are asked about, as the order and the record have it; None is not recorded."""

    weight_kg: float | None
    age_y: int | None
    drug: Drug
    pregnant: bool | None = None
    crps_course: bool = False

    @property
    def words(self) -> str:
        """Weight and age as they stand under the picture."""
        weight = "weight not recorded" if self.weight_kg is None else f"{self.weight_kg:g} kg"
        return f"{weight}, {'age not recorded' if self.age_y is None else f'{self.age_y} years'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charted:
    """What went in by the log until now (h since the start), what flows at this moment, and what is left of a bolus.

    Attributes:
        schedule: Everything that is in, with its pauses.
        now_h: The moment of the question (h since the start).
        rate_mg_per_h: What flows now; zero in a pause and after the stop.
        to_come: What is left of boluses that are running now.
    """

    schedule: Schedule
    now_h: float
    rate_mg_per_h: float
    to_come: tuple[Bolus, ...] = ()

    @property
    def ways(self) -> dict[str, tuple[str, float]]:
        """What may come next in words, with what is left of the present rate: nothing that asks for a choice of rate."""
        if self.rate_mg_per_h > 0:
            return {
                ON: ("if it goes on as now", 1.0),
                HALF: ("if half of it ran", 0.5),
                STOP: ("if it stopped now", 0.0),
            }
        if self.to_come:
            return {ON: ("when the bolus is in", 1.0), STOP: ("if it stopped now", 0.0)}
        return {STOP: ("while nothing flows", 0.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One model's answer: bands so far and for each way on, or the sentence why there is none."""

    model: Model
    refusal: str = ""
    so_far: Forecast | None = None
    ahead: Mapping[str, Forecast] | None = None
    cautions: tuple[str, ...] = ()


def answers(charted: Charted, whom: Whom, *, ahead: bool = True) -> list[Answer]:
    """What every model that knows the drug says, in the order of the library; without `ahead` of what was given so far."""
    return [_answer(model, charted, whom, ahead=ahead) for model in models_for(whom.drug)]


def _answer(model: Model, charted: Charted, whom: Whom, *, ahead: bool) -> Answer:
    if whom.weight_kg is None or whom.age_y is None:
        return Answer(model=model, refusal=NOT_RECORDED)
    question = Question(
        schedule=charted.schedule,
        age_y=whom.age_y,
        weight_kg=whom.weight_kg,
        pregnant=whom.pregnant,
        drug=whom.drug,
        model=model,
        policy=the_library().policy,
        crps_course=whom.crps_course,
    )
    if (refusal := why_not(question)) is not None:
        return Answer(model=model, refusal=named(refusal))
    alike = _alike(model.id, whom.weight_kg, whom.age_y, whom.drug)
    return Answer(
        model=model,
        so_far=alike.along(charted.schedule, times_of(charted)),
        ahead=_ahead(alike.followed(charted.schedule, to_h=charted.now_h), charted) if ahead else None,
        cautions=tuple(named(one) for one in cautions(question)),
    )


@lru_cache(maxsize=256)
def _alike(model_id: str, weight_kg: float, age_y: int, drug: Drug) -> Forecaster:
    """People like this one under one model before anything went in: the same for every question of the day."""
    return forecaster(
        person=Person(weight_kg=weight_kg, age_y=age_y),
        drug=drug,
        rng=np.random.default_rng(BAND_SEED),
        models=[the_library().model(model_id)],
        people=PEOPLE,
        ahead=Grid(step_h=1.0, count=1),
    )


def times_of(charted: Charted) -> FloatArray:
    """When the curve so far is looked at (h): evenly, and at every change."""
    even = np.linspace(0.0, charted.now_h, POINTS)
    changes = [edge for edge in charted.schedule.edges_h if edge <= charted.now_h]
    return np.union1d(even, changes)


def _ahead(now: Forecaster, charted: Charted) -> dict[str, Forecast]:
    times_h = charted.now_h + np.arange(0.0, AHEAD_MIN + 0.1, AHEAD_EVERY_MIN) / MIN_PER_H
    return {way: now.along(_going_on(charted, share), times_h) for way, (_, share) in charted.ways.items()}


def _going_on(charted: Charted, share: float) -> Schedule:
    """What would flow from now on at this share of the present rate; a stop ends a running bolus too."""
    if share == 0.0:
        return Schedule()
    end_h = charted.now_h + 2 * AHEAD_MIN / MIN_PER_H
    rate = Infusion(start_h=charted.now_h, end_h=end_h, rate_mg_per_h=charted.rate_mg_per_h * share)
    return Schedule(infusions=(rate,), boluses=charted.to_come)


# — as the page draws it —


def told(
    found: Sequence[Answer], charted: Charted, *, start_at: datetime, at: datetime, whom: Whom
) -> dict[str, Any]:
    """The answers as the page draws them: one panel for each sampling site, times in s since the start."""
    spoken = [one for one in found if one.so_far is not None]
    return {
        "caption": CAPTION,
        "at": at.isoformat(),
        "from": start_at.isoformat(),
        "whom": whom.words,
        "ways": {way: words for way, (words, _) in charted.ways.items()},
        "panels": [_panel(site, spoken) for site in dict.fromkeys(str(one.model.site) for one in spoken)],
        "refused": [{"name": name_of(one.model), "words": one.refusal} for one in found if one.refusal],
        "cautions": list(dict.fromkeys(said for one in spoken for said in one.cautions)),
        "words": "",
    }


def name_of(model: Model) -> str:
    """The model as its label says it, with its site."""
    return f"{NAMES.get(model.id, model.id)}, {SITES[str(model.site)]}"


def _panel(site: str, spoken: Sequence[Answer]) -> dict[str, Any]:
    here = [one for one in spoken if str(one.model.site) == site]
    return {
        "site": site,
        "title": SITE_TITLES[site],
        "unit": "ng/mL",
        "models": [_model(one) for one in here],
    }


def _model(one: Answer) -> dict[str, Any]:
    return {
        "id": one.model.id,
        "name": NAMES.get(one.model.id, one.model.id),
        "tone": TONES.get(one.model.id, 1),
        **_band(one.so_far),
        "ahead": {way: _band(band) for way, band in (one.ahead or {}).items()},
    }


def _band(band: Forecast | None) -> dict[str, Any]:
    if band is None:
        return {}
    return {
        "t": [round(minute * 60) for minute in band.minutes.tolist()],
        "low": _rounded(band.p05),
        "mid": _rounded(band.p50),
        "high": _rounded(band.p95),
    }


def _rounded(values: FloatArray) -> list[float]:
    return [round(value, 1) for value in values.tolist()]


# — the same as a table —


def not_started(at: datetime) -> dict[str, Any]:
    """The same before anything went in."""
    return {
        "caption": CAPTION,
        "at": at.isoformat(),
        "from": at.isoformat(),
        "whom": "",
        "ways": {},
        "panels": [],
        "refused": [],
        "cautions": [],
        "words": NOT_STARTED,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the table: when, and what each model says then in words."""

    at: datetime
    cells: tuple[str, ...]


def lines_of(found: Sequence[Answer], *, start_at: datetime, every: timedelta) -> list[Line]:
    """The curves so far in words: the median, and the band in brackets."""
    spoken = [one.so_far for one in found if one.so_far is not None]
    if not spoken:
        return []
    last_min = float(spoken[0].minutes[-1])
    step_min = every.total_seconds() / 60
    wanted = np.append(np.arange(0.0, max(last_min - step_min / 2, 1e-9), step_min), last_min)
    return [
        Line(
            at=start_at + timedelta(minutes=float(minute)),
            cells=tuple(_cell(band, float(minute)) for band in spoken),
        )
        for minute in wanted
    ]


def ahead_lines(found: Sequence[Answer], charted: Charted) -> list[tuple[str, int, tuple[str, ...]]]:
    """What comes next in words: which way, after how many minutes, and what each model says."""
    spoken = [one.ahead for one in found if one.ahead]
    return [
        (words, minute, tuple(_cell(ahead[way], float(ahead[way].minutes[0]) + minute) for ahead in spoken))
        for way, (words, _) in charted.ways.items()
        for minute in SHOWN_AT_MIN
        if spoken
    ]


def _cell(band: Forecast, minute: float) -> str:
    low, middle, high = (
        two_figures(float(np.interp(minute, band.minutes, end))) for end in (band.p05, band.p50, band.p95)
    )
    return f"{middle} ({low} to {high})"
