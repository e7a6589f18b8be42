"""The preview of an order: predicted concentrations from several models, or the sentence that says why not.

A preview is a value: a page shows its curve or its advice, and never both. It is a model, not a measurement; it
starts and stops nothing, and no clock is read.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ebbtide.pharmacology.divided import FloatArray
from ebbtide.pharmacology.engine import auc_ng_h_per_ml, concentration_ng_per_ml, peak_of
from ebbtide.pharmacology.library import Band, Library, the_library
from ebbtide.pharmacology.models import Drug, Mark, Model, Site
from ebbtide.pharmacology.people import Person, body_of
from ebbtide.pharmacology.schedule import Schedule
from ebbtide.pharmacology.validity import MIN_PER_H, Question, cautions, why_not

ENGINE_VERSION = "1"  # raised whenever the same data and schedule would give another number
DEFAULT_MODELS = ("kamp_2020", "otto_2021")  # one arterial, one venous [design]
CAPTION = "A model, not a measurement; no concentration is known to predict chronic-pain relief."
SHOWN_AFTER_END_MIN = 240.0  # min [design]: four hours after the last of the drug
LONGEST_GRID = 720  # points of a drawn curve, edges not counted [design]


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
        lower_ng_per_ml: Lower end of the band.
        upper_ng_per_ml: Upper end of the band.
        band: What the band is.
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
    band: Band
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
    """What every model of one preview is asked."""

    schedule: Schedule
    person: Person
    drug: Drug
    crps_course: bool
    until_min: float | None


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

    The 90 % band is the same factor everywhere [design]: between-subject, residual and between-model spread together.
    Checked in tests/pharmacology/test_preview.py.
    """
    library = the_library()
    asked = Asked(schedule=schedule, person=person, drug=drug, crps_course=crps_course, until_min=until_min)
    return [_answer(library.model(model_id), asked, library) for model_id in model_ids]


def _answer(model: Model, asked: Asked, library: Library) -> Preview:
    question = _question(model, asked, library)
    refusal = question if isinstance(question, str) else why_not(question)
    if isinstance(question, str) or refusal is not None:
        return Preview(outcome=Outcome.OUTSIDE_MODEL_RANGE, model_id=model.id, advice=str(refusal))
    curve = _curve(question, band=library.band, until_min=asked.until_min)
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
    )


def _curve(question: Question, *, band: Band, until_min: float | None) -> Curve:
    model, schedule = question.model, question.schedule
    minutes = drawn_minutes(schedule, until_min=until_min)
    until_h = float(minutes[-1]) / MIN_PER_H
    body = body_of(model=model, weight_kg=question.weight_kg, age_y=question.age_y)
    median = concentration_ng_per_ml(body=body, schedule=schedule, times_h=minutes / MIN_PER_H)
    peak = peak_of(body=body, schedule=schedule, until_h=until_h)
    return Curve(
        minutes=tuple(minutes.tolist()),
        ng_per_ml=tuple(median.tolist()),
        lower_ng_per_ml=tuple((median / band.factor).tolist()),
        upper_ng_per_ml=tuple((median * band.factor).tolist()),
        band=band,
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


def drawn_minutes(schedule: Schedule, *, until_min: float | None = None) -> FloatArray:
    """Whole minutes with the edges of the schedule among them (min); by default to four hours after its end."""
    edges_min = [edge * MIN_PER_H for edge in schedule.edges_h]
    last_min = until_min if until_min is not None else max(edges_min) + SHOWN_AFTER_END_MIN
    step_min = max(1, math.ceil(last_min / LONGEST_GRID))
    grid = np.append(np.arange(0.0, last_min, step_min), last_min)
    exact = np.union1d(grid, [edge for edge in edges_min if edge <= last_min])
    kept: FloatArray = np.concatenate([exact[:1], exact[1:][np.diff(exact) > 1e-9 * last_min]])
    return kept


def population_words(model: Model) -> str:
    """Who was studied, as one line: what the source does not say is said to be unknown."""
    return "; ".join(_POPULATION.get(key, "{}").format(words) for key, words in model.population.items())


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
