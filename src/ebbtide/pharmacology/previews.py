"""The preview of an order: predicted concentrations from several models, or the sentence that says why not.

A preview is a value: a page shows its curve or its advice, and never both. It is a model, not a measurement; it
starts and stops nothing, and no clock is read.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ebbtide.pharmacology.engine.closed_form import auc_ng_h_per_ml, concentration_ng_per_ml, peak_of
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.programme import Grid
from ebbtide.pharmacology.people.bands import LEVEL, Regimen, model_bands
from ebbtide.pharmacology.people.person import Person, body_of
from ebbtide.pharmacology.people.population import one_person
from ebbtide.pharmacology.published.library import Band, Library, the_library
from ebbtide.pharmacology.published.models import Drug, Mark, Model, Site
from ebbtide.pharmacology.published.reading import UNKNOWN
from ebbtide.pharmacology.published.validity import MIN_PER_H, Question, cautions, why_not
from ebbtide.pharmacology.schedule import Schedule

ENGINE_VERSION = "2"  # raised whenever the same data and schedule would give another number
DEFAULT_MODELS = ("kamp_2020", "simons_2022", "otto_2021")  # two arterial, one venous [design]
CAPTION = "A model, not a measurement; no concentration is known to predict chronic-pain relief."
SHOWN_AFTER_END_MIN = 240.0  # min [design]: four hours after the last of the drug
WANTED_GRID = 120  # points of a drawn curve [design]: with 1,000 people three models of 8 h take under 50 ms
LONGEST_GRID = 750  # points where a finer step lets every edge fall on the grid: whole minutes up to 12.5 h
WHOLE = 1e-6  # min: nearer than this to a whole minute is on it (division in floating point)
BAND_PEOPLE = 1000  # [design]: the ends of the band are then within 2 % of those of endlessly many people
BAND_SEED = 2020  # one for every preview: the same order gives the same band


class Outcome(StrEnum):
    """What became of a preview."""

    PREDICTED = "predicted"
    OUTSIDE_MODEL_RANGE = "outside_model_range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A predicted concentration over time with everything that must stand beside it.

    Attributes:
        minutes: From the start of the schedule (min); every edge of the schedule is among them.
        ng_per_ml: Median prediction (ng/mL of free base).
        lower_ng_per_ml: Lower end of the 90 % band of one new measurement.
        upper_ng_per_ml: Upper end of that band.
        band: What is in the band and what is not, in words.
        people: How many virtual people like this one the band is drawn from; none where the model has no published
            variability and the display band stands instead.
        seed: The seed they come from; ``None`` where there are none.
        site: Sampling site of the model; never compare two sites silently.
        peak_ng_per_ml: Highest median concentration, found apart from the drawn grid.
        peak_at_min: When it stands (min).
        auc_ng_h_per_ml: Area under the median curve up to the last minute shown.
        given: What is given.
        model_id: Which model.
        source: Its publication.
        mark: How its numbers are known.
        population: Who was studied, in words.
        parameter_hash: Hash of the model's data, to be stored with the preview.
        engine_version: Version of the arithmetic, to be stored with the preview.
        cautions: Sentences that belong under the plot.
        caption: The words every plot carries.
    """

    minutes: tuple[float, ...]
    ng_per_ml: tuple[float, ...]
    lower_ng_per_ml: tuple[float, ...]
    upper_ng_per_ml: tuple[float, ...]
    band: str
    people: int
    seed: int | None
    site: Site
    peak_ng_per_ml: float
    peak_at_min: float
    auc_ng_h_per_ml: float
    given: Drug
    model_id: str
    source: str
    mark: Mark
    population: str
    parameter_hash: str
    engine_version: str = ENGINE_VERSION
    cautions: tuple[str, ...] = ()
    caption: str = CAPTION


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One model's answer: a curve exactly when it was predicted, and a sentence always."""

    outcome: Outcome
    model_id: str
    advice: str
    curve: Curve | None = None

    def __post_init__(self) -> None:
        if (self.curve is None) == (self.outcome is Outcome.PREDICTED):
            raise ValueError("A preview has a curve exactly when it was predicted.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What every model of one preview is asked.

    Attributes:
        schedule: What is to be given, from time zero (h, mg, mg/h of free base).
        person: Who it is for; what is not recorded is refused in words, never filled in.
        drug: What is given.
        crps_course: Whether this is a course of days for CRPS, which may last to 120 h.
        until_min: How far to look (min); by default four hours after the last of the drug.
        people: How many virtual people each band is drawn from; 0 asks for the display band, which costs nothing.
    """

    schedule: Schedule
    person: Person
    drug: Drug
    crps_course: bool = False
    until_min: float | None = None
    people: int = BAND_PEOPLE


def preview(
    *,
    schedule: Schedule,
    person: Person,
    drug: Drug,
    model_ids: Sequence[str] = DEFAULT_MODELS,
    until_min: float | None = None,
    crps_course: bool = False,
) -> list[Preview]:
    """What each model says about an order, in the order asked.

    Args:
        schedule: What is to be given, from time zero (h, mg, mg/h of free base).
        person: Who it is for; what is not recorded is refused in words, never filled in.
        drug: What is given.
        model_ids: Which models; an id that the library lacks raises ``UnknownModel``.
        until_min: How far to look (min); by default four hours after the last of the drug.
        crps_course: Whether this is a course of days for CRPS, which may last to 120 h.

    The line is the model at its published values. The band around it is that of one new measurement in a person of
    this weight and age (:mod:`ebbtide.pharmacology.people.bands`): differences between people, the exponent of weight, and
    the measurement. It need not be centred on the line, because the exponent is drawn and the line takes the model's
    own. A model without published variability takes the display band [design] and says so. The difference between
    models is the distance between their curves. Checked in tests/pharmacology/test_preview.py.
    """
    asked = Asked(schedule=schedule, person=person, drug=drug, crps_course=crps_course, until_min=until_min)
    return answers(asked, model_ids=model_ids)


def answers(asked: Asked, *, model_ids: Sequence[str] = DEFAULT_MODELS) -> list[Preview]:
    """What each model says, in the order asked: :func:`preview` with every choice in one value."""
    library = the_library()
    return [_answer(library.model(model_id), asked, library) for model_id in model_ids]


def _answer(model: Model, asked: Asked, library: Library) -> Preview:
    question = _question(model, asked, library)
    refusal = question if isinstance(question, str) else why_not(question)
    if isinstance(question, str) or refusal is not None:
        return Preview(outcome=Outcome.OUTSIDE_MODEL_RANGE, model_id=model.id, advice=str(refusal))
    curve = _curve(question, asked, library.band)
    return Preview(outcome=Outcome.PREDICTED, model_id=model.id, advice=curve.caption, curve=curve)


def _question(model: Model, asked: Asked, library: Library) -> Question | str:
    """The question to a model, or the sentence that names what is not recorded."""
    if asked.person.age_y is None:
        return "The age is not recorded: record it first, no concentration is shown without it."
    if asked.person.weight_kg is None:
        return "The weight is not recorded: measure it first, no concentration is shown without it."
    return Question(
        schedule=asked.schedule,
        age_y=asked.person.age_y,
        weight_kg=asked.person.weight_kg,
        pregnant=asked.person.pregnant,
        drug=asked.drug,
        model=model,
        policy=library.policy,
        crps_course=asked.crps_course,
        hepatic_impairment=asked.person.hepatic_impairment,
        strong_cyp_modifier=asked.person.strong_cyp_modifier,
        intubated_or_shocked=asked.person.intubated_or_shocked,
        bmi_kg_per_m2=asked.person.bmi_kg_per_m2,
    )


def _curve(question: Question, asked: Asked, display: Band) -> Curve:
    model, schedule = question.model, question.schedule
    minutes = drawn_minutes(schedule, until_min=asked.until_min)
    until_h = float(minutes[-1]) / MIN_PER_H
    body = body_of(model=model, weight_kg=question.weight_kg, age_y=question.age_y)
    median = concentration_ng_per_ml(body=body, schedule=schedule, times_h=minutes / MIN_PER_H)
    band = _band(question, asked.people, minutes, display)
    peak = peak_of(body=body, schedule=schedule, until_h=until_h)
    return Curve(
        minutes=tuple(minutes.tolist()),
        ng_per_ml=tuple(median.tolist()),
        lower_ng_per_ml=tuple((median * band.lower).tolist()),
        upper_ng_per_ml=tuple((median * band.upper).tolist()),
        band=band.words,
        people=band.people,
        seed=band.seed,
        site=model.site,
        peak_ng_per_ml=peak.ng_per_ml,
        peak_at_min=peak.at_h * MIN_PER_H,
        auc_ng_h_per_ml=auc_ng_h_per_ml(body=body, schedule=schedule, until_h=until_h),
        given=question.drug,
        model_id=model.id,
        source=model.source,
        mark=model.mark,
        population=population_words(model),
        parameter_hash=model.parameter_hash,
        cautions=cautions(question),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """A band as shares of the line, one number for all times or one for each."""

    lower: FloatArray | float
    upper: FloatArray | float
    words: str
    people: int = 0
    seed: int | None = None


def _band(question: Question, people: int, minutes: FloatArray, display: Band) -> _Around:
    if question.model.variability.published and people:
        return _sampled(question, people, minutes)
    words = str(display)
    if not question.model.variability.published:
        words = f"No variability is published for this model. {words}"
    return _Around(lower=1.0 / display.factor, upper=display.factor, words=words)


def _sampled(question: Question, people: int, minutes: FloatArray) -> _Around:
    """The band on an even grid, as shares of the line there; at an edge beside the grid, the share in between.

    In between it is within 3 % of the band worked out there (tests/pharmacology/test_preview.py).
    """
    step_min = _step_min(question.schedule, float(minutes[-1]))
    count = math.ceil(float(minutes[-1]) / step_min - WHOLE) + 1
    grid = Grid(step_h=step_min / MIN_PER_H, count=count)
    alike = one_person(people, weight_kg=question.weight_kg, age_y=question.age_y)
    regimen = Regimen(schedule=question.schedule, grid=grid, drug=question.drug)
    bands = model_bands(question.model, alike, regimen, np.random.default_rng(BAND_SEED))
    body = body_of(model=question.model, weight_kg=question.weight_kg, age_y=question.age_y)
    line = concentration_ng_per_ml(body=body, schedule=question.schedule, times_h=grid.times_h)
    there = line > 0
    lower, upper = (
        np.interp(minutes, bands.minutes[there], end[0, there] / line[there])
        for end in (bands.p05, bands.p95)
    )
    words = " ".join(
        (
            f"{LEVEL:.0%} band of one new measurement, from {people} virtual {alike.words} (seed {BAND_SEED}).",
            *bands.holds,
        )
    )
    return _Around(lower=lower, upper=upper, words=words, people=people, seed=BAND_SEED)


def _step_min(schedule: Schedule, last_min: float) -> int:
    """Whole minutes between the points of a curve, such that the edges fall on it where that is not too fine."""
    wanted = max(1, math.ceil(last_min / WANTED_GRID))
    ends = [*(edge * MIN_PER_H for edge in schedule.edges_h), last_min]
    if any(abs(end - round(end)) > WHOLE for end in ends):
        return wanted
    common = math.gcd(*(round(end) for end in ends))
    best = max(step for step in range(1, wanted + 1) if common % step == 0)
    return best if last_min / best <= LONGEST_GRID else wanted


def drawn_minutes(schedule: Schedule, *, until_min: float | None = None) -> FloatArray:
    """Whole minutes with the edges of the schedule among them (min); by default to four hours after its end."""
    edges_min = [edge * MIN_PER_H for edge in schedule.edges_h]
    last_min = until_min if until_min is not None else max(edges_min) + SHOWN_AFTER_END_MIN
    grid = np.append(np.arange(0.0, last_min, _step_min(schedule, last_min)), last_min)
    exact = np.union1d(grid, [edge for edge in edges_min if edge <= last_min])
    kept: FloatArray = np.concatenate([exact[:1], exact[1:][np.diff(exact) > 1e-9 * last_min]])
    return kept


def population_words(model: Model) -> str:
    """Who was studied, as one line; what the source does not say is said to be missing."""
    return "; ".join(
        _NOT_SAID.get(key, "{} not stated").format(key)
        if words == UNKNOWN
        else _POPULATION.get(key, "{}").format(words)
        for key, words in model.population.items()
    )


_NOT_SAID = {"age_y": "age not stated", "weight_kg": "weight not stated"}
# how each entry of a model's population is said; a note, the health or the dosing stands as it is written
_POPULATION = {
    "n": "{} people",
    "female": "{} of them women",
    "female_percent": "{} % women",
    "trd": "{} with treatment-resistant depression",
    "data_sets": "{} pooled data sets",
    "age_y": "age {} years",
    "weight_kg": "weight {} kg",
    "fanta": "ketamine part from {}",
}
