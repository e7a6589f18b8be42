"""From a question in a person's words to one model's suggestion: virtual people of this weight and age are drawn here.

The rules are in :mod:`ebbtide.pharmacology.doses.largest`. Random numbers only from the generator given; no clock, no record.
"""

from dataclasses import dataclass, replace

import numpy as np

from ebbtide.pharmacology.doses.caps import the_guard_rails
from ebbtide.pharmacology.doses.entering import entering
from ebbtide.pharmacology.doses.largest import (
    dose_for_window,
    largest_dose,
    per_mg_of,
    refusal_of,
    refused,
    spread_like_the_band,
)
from ebbtide.pharmacology.doses.suggestions import (
    UNITS,
    Bounds,
    Cap,
    Functional,
    Limit,
    Sampled,
    Suggestion,
    Window,
)
from ebbtide.pharmacology.people.population import cohort_for, ke0_per_h, one_person
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug, Model
from ebbtide.pharmacology.published.validity import Question
from ebbtide.pharmacology.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseAsked:
    """What every model is asked.

    Attributes:
        shape: How the dose is given; its amount does not count.
        weight_kg: Measured weight (kg).
        age_y: Completed years.
        drug: What is given; limit and window are of this (of a racemate: S and R together).
        functional: What is limited.
        rule: What may not be passed and by how many, or where most people are to be.
        people: How many to sample.
        seed: The seed of the generator, to be stored with the answer.
        pregnant: ``True`` when known to be pregnant.
        crps_course: Whether this is a course of days for CRPS.
        under: A limit that holds for a window as a cap; ``None`` for none.
    """

    shape: Schedule
    weight_kg: float
    age_y: int
    drug: Drug
    functional: Functional
    rule: Limit | Window
    people: int
    seed: int | None = None
    pregnant: bool | None = None
    crps_course: bool = False
    under: Limit | None = None


def suggest(asked: DoseAsked, model: Model, rng: np.random.Generator) -> Suggestion:
    """One model's suggestion, or its sentence.

    A racemate in a model of S-ketamine alone: half of the dose enters it and is held to half of the limit, R taken to
    be handled like S, which is the same dose; the answer calls itself a comparison. A model that cannot speak about
    what is given refuses.

    Args:
        asked: The question.
        model: Which model.
        rng: Draws the parameters of the people, then their effect sites where one is asked for, then, for a model that
            publishes no differences between people, those of the display band.
    """
    question = _question(asked, model)
    enters = entering(model, asked.drug)
    refusal = enters if isinstance(enters, str) else refusal_of(question)
    if refusal is not None:
        return refused(question, asked.functional, refusal)
    sampled = _sampled(asked, model, rng)
    bounds = Bounds(rails=the_guard_rails(), band=the_library().band)
    if isinstance(asked.rule, Limit):
        return largest_dose(question, sampled, asked.rule, bounds)
    if asked.under is None:
        return dose_for_window(question, sampled, asked.rule, bounds)
    most = largest_dose(question, sampled, asked.under, bounds)
    if most.dose is None:
        return most
    cap = Cap(
        dose_mg=most.dose.dose_mg,
        words=f"the limit of {asked.under.value:g} {UNITS[asked.functional]} that {asked.under.share_over:.3g} of people "
        f"may pass: {most.dose.dose_mg:.3g} mg",
    )
    return dose_for_window(question, sampled, asked.rule, replace(bounds, caps=(cap,)))


def _question(asked: DoseAsked, model: Model) -> Question:
    return Question(
        schedule=asked.shape,
        age_y=asked.age_y,
        weight_kg=asked.weight_kg,
        pregnant=asked.pregnant,
        drug=asked.drug,
        model=model,
        policy=the_library().policy,
        crps_course=asked.crps_course,
    )


def _sampled(asked: DoseAsked, model: Model, rng: np.random.Generator) -> Sampled:
    population = one_person(asked.people, weight_kg=asked.weight_kg, age_y=asked.age_y)
    cohort = cohort_for(model, population, rng)
    wants_site = asked.functional is Functional.EFFECT_SITE_PEAK
    sampled = per_mg_of(
        cohort,
        shape=asked.shape,
        functional=asked.functional,
        ke0_per_h=ke0_per_h(asked.people, rng) if wants_site else None,
        seed=asked.seed,
    )
    if model.variability.published:
        return sampled
    return spread_like_the_band(sampled, the_library().band, rng)
