"""One model asked about one person at chosen times: every species it has, in full figures, or the sentence of a refusal.

What the command line prints. Unlike :mod:`ebbtide.pharmacology.previews`, which draws ketamine on a grid of its own, it
answers at the times that were asked, adds the metabolites, and lets only the S half of a racemic dose into a model of
S-ketamine. No clock, no random number. Checked against the golden values in tests/pharmacology/test_simulation.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.doses.entering import Entering, entering
from ebbtide.pharmacology.engine.chains import metabolite_concentrations_ng_per_ml
from ebbtide.pharmacology.engine.closed_form import Peak, concentration_ng_per_ml, peak_of
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.people.person import body_of
from ebbtide.pharmacology.previews import CAPTION, SHOWN_AFTER_END_MIN, Outcome
from ebbtide.pharmacology.published.library import Library, the_library
from ebbtide.pharmacology.published.models import Drug, Model
from ebbtide.pharmacology.published.validity import MIN_PER_H, Question, cautions, why_not
from ebbtide.pharmacology.schedule import Schedule

KETAMINE = "ketamine"
INDICATIVE = (
    "Metabolites are indicative: published models and measured curves of them differ by a quarter and more."
)


MOST_EVEN_MINUTES = 720  # points of the even grid, edges not counted [design]
STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440)
CLOCK_DECIMALS = 9  # of a minute: an edge of the schedule stands on the grid as it was typed


def even_minutes(schedule: Schedule, *, until_min: float | None = None) -> tuple[float, ...]:
    """Every whole minute, or every second, fifth ... of a long course, with the edges of the schedule among them (min).

    Args:
        schedule: What is given.
        until_min: The last of them; by default four hours after the last of the drug.
    """
    last_min = schedule.end_h * MIN_PER_H + SHOWN_AFTER_END_MIN if until_min is None else until_min
    step_min = next((step for step in STEPS_MIN if last_min / step <= MOST_EVEN_MINUTES), STEPS_MIN[-1])
    edges_min = [edge * MIN_PER_H for edge in schedule.edges_h]
    wanted = [*np.arange(0.0, last_min, step_min).tolist(), *edges_min, last_min]
    return tuple(sorted({round(minute, CLOCK_DECIMALS) for minute in wanted if minute <= last_min}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of every model.

    Attributes:
        schedule: What is given, from time zero (h, mg, mg/h of free base).
        weight_kg: Measured weight (kg).
        age_y: Age in completed years.
        times_min: When to look, zero or later (min), in any order.
        given: What is given; ``None`` for each model's own drug.
        crps_course: Whether this is a course of days for CRPS, which may last to 120 h.
    """

    schedule: Schedule
    weight_kg: float
    age_y: int
    times_min: tuple[float, ...]
    given: Drug | None = None
    crps_course: bool = False

    def __post_init__(self) -> None:
        if not self.times_min or not all(0 <= time_min < np.inf for time_min in self.times_min):
            raise NotComputable("Times must be numbers of minutes, zero or later, and at least one of them.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What one model says.

    Attributes:
        entering: What is given, what the curve is a curve of, and the share between the two.
        times_min: The times that were asked, in their order (min).
        ng_per_ml: By species, ketamine first: concentration at each of these times (ng/mL).
        peak: The highest concentration of ketamine from zero to the later of the last time asked and four hours
            after the last of the drug.
        warnings: Sentences about this question, which change what the numbers mean.
        cautions: Sentences that belong under every curve of this model.
    """

    entering: Entering
    times_min: tuple[float, ...]
    ng_per_ml: Mapping[str, tuple[float, ...]]
    peak: Peak
    warnings: tuple[str, ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One model's answer: a simulation exactly when it was predicted, else the sentence that says why not."""

    model: Model
    outcome: Outcome
    advice: str
    simulation: Simulation | None = None

    def __post_init__(self) -> None:
        if (self.simulation is None) == (self.outcome is Outcome.PREDICTED):
            raise ValueError("An answer has a simulation exactly when it was predicted.")


def simulate(asked: Asked, model_ids: Sequence[str]) -> list[Answer]:
    """What each model says, in the order asked.

    Limits of weight, rate and duration look at what is given to the person, also where only half of it enters.

    Args:
        asked: The question.
        model_ids: Which models.

    Raises:
        UnknownModel: An id that the library does not hold.
    """
    library = the_library()
    return [_answer(library.model(model_id), asked, library) for model_id in model_ids]


def _answer(model: Model, asked: Asked, library: Library) -> Answer:
    enters = entering(model, asked.given)
    if isinstance(enters, str):
        return _refused(model, enters)
    question = Question(
        schedule=asked.schedule,
        age_y=asked.age_y,
        weight_kg=asked.weight_kg,
        pregnant=None,
        drug=enters.modelled,
        model=model,
        policy=library.policy,
        crps_course=asked.crps_course,
    )
    refusal = why_not(question)
    if refusal is not None:
        return _refused(model, refusal)
    found = _simulated(question, enters, asked.times_min)
    return Answer(model=model, outcome=Outcome.PREDICTED, advice=CAPTION, simulation=found)


def _refused(model: Model, sentence: str) -> Answer:
    return Answer(model=model, outcome=Outcome.OUTSIDE_MODEL_RANGE, advice=sentence)


def _simulated(question: Question, enters: Entering, times_min: tuple[float, ...]) -> Simulation:
    body = body_of(model=question.model, weight_kg=question.weight_kg, age_y=question.age_y)
    schedule = question.schedule.times(enters.share)
    times_h = np.array(times_min) / MIN_PER_H
    species = {
        KETAMINE: concentration_ng_per_ml(body=body, schedule=schedule, times_h=times_h),
        **metabolite_concentrations_ng_per_ml(body=body, schedule=schedule, times_h=times_h),
    }
    until_h = max(float(times_h.max()), schedule.end_h + SHOWN_AFTER_END_MIN / MIN_PER_H)
    return Simulation(
        entering=enters,
        times_min=times_min,
        ng_per_ml={name: tuple(curve.tolist()) for name, curve in species.items()},
        peak=peak_of(body=body, schedule=schedule, until_h=until_h),
        warnings=() if enters.words is None else (enters.words,),
        cautions=(*cautions(question), *((INDICATIVE,) if len(species) > 1 else ())),
    )
