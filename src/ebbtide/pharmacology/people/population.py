r"""Virtual people: sex, age, height and weight that belong together, and their parameters under a model.

Every function draws only from the generator given, in the order its docstring states: one seed, one answer. The first
people of a larger population are not those of a smaller one. Nobody is moved to a limit: who falls outside is drawn
again, so a truncated population has a little less spread than the numbers it comes from.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.cohort import Cohort, cohort_of
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import BoolArray, IntArray
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.people.variability import deviates_of
from ebbtide.pharmacology.published.library import Policy, the_library
from ebbtide.pharmacology.published.models import Model, Range
from ebbtide.pharmacology.published.population_data import Build, VirtualPeople

__all__ = [
    "Limits",
    "Population",
    "chronic_pain_adults",
    "cohort_for",
    "deviates_of",
    "ke0_per_h",
    "limits_of",
    "one_person",
    "us_adults",
]

MIN_PER_H = 60.0
CM_PER_M = 100.0
MOST_ROUNDS = 1000  # of drawing again [design]: beyond, so few are inside that the limits are a mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """n people as columns of n.

    Attributes:
        age_y: Completed years.
        weight_kg: Weights (kg).
        height_cm: Heights (cm); ``None`` when not recorded.
        female: Whether each is a woman; ``None`` when not recorded.
        words: Who they are.
    """

    age_y: FloatArray
    weight_kg: FloatArray
    height_cm: FloatArray | None
    female: BoolArray | None
    words: str

    @property
    def size(self) -> int:
        """How many people."""
        return int(self.weight_kg.size)

    @property
    def bmi_kg_per_m2(self) -> FloatArray | None:
        """Body-mass index (kg/m2); ``None`` where no height is recorded."""
        if self.height_cm is None:
            return None
        index: FloatArray = self.weight_kg / (self.height_cm / CM_PER_M) ** 2
        return index

    def some(self, people: slice | IntArray | BoolArray) -> "Population":
        """A part of the people, in the same order."""
        return Population(
            age_y=self.age_y[people],
            weight_kg=self.weight_kg[people],
            height_cm=None if self.height_cm is None else self.height_cm[people],
            female=None if self.female is None else self.female[people],
            words=self.words,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Ages (completed years) and weights (kg) that a population keeps to, ends included."""

    age_y: Range
    weight_kg: Range


def limits_of(policy: Policy, model: Model | None = None) -> Limits:
    """The people that a preview may speak about: the policy's, or those for whom one model is shown."""
    if model is None:
        return Limits(age_y=policy.age_y, weight_kg=policy.weight_kg)
    age_y, weight_kg = model.validity.age_y, model.validity.weight_kg
    return Limits(
        age_y=_narrowed(policy.age_y, policy.age_y_with_warning.get(model.id), age_y),
        weight_kg=_narrowed(policy.weight_kg, policy.weight_kg_extended.get(model.id), weight_kg),
    )


def _narrowed(usual: Range, extended: Range | None, own: Range | None) -> Range:
    high = usual.high if extended is None else max(usual.high, extended.high)
    own = Range(low=usual.low, high=high) if own is None else own
    return Range(low=max(usual.low, own.low), high=min(high, own.high))


def chronic_pain_adults(size: int, rng: np.random.Generator, *, limits: Limits | None = None) -> Population:
    r"""Adults as in a trial of chronic pain: 46 +/- 12 y, 79 +/- 19 kg, 73 % women (Dahan 2011 [seen]).

    $$ \ln W = \mu_{sex} + \sigma \left(\rho z_1 + \sqrt{1-\rho^2}\, z_2\right), \qquad H = H_{sex} + s_H z_1. $$

    The trial gives neither heights nor weights by sex: heights are those of US adults [recalled], men outweigh women by
    the same ratio as there, and $s_H$, $\rho$ and the range of the body-mass index are ours [design].

    Args:
        size: How many people.
        rng: Draws sex (``size`` uniform numbers), then ages, then bodies ($z_1, z_2$ of everyone); after the ages, and
            after the bodies, those outside again until nobody is.
        limits: Ages and weights to keep to; the policy's by default.

    Raises:
        NotComputable: Hardly anybody lies within the limits.

    Means, spreads and correlations, as truncated, are checked in tests/pharmacology/test_population.py.
    """
    library = the_library()
    people, limits = library.people, limits or limits_of(library.policy)
    cohort = people.cohort
    female = rng.random(size) < cohort.female
    age_y = _ages(female.size, lambda count: rng.normal(cohort.age_y.mean, cohort.age_y.sd, count), limits)
    women, men = _cohort_weights(people)
    log_sd = _cohort_log_sd(people, women, men)
    return _with_bodies(
        (female, age_y),
        builds=(
            _Frame(weight_kg=women, log_sd=log_sd, height_cm=people.us_adults.female.height_cm),
            _Frame(weight_kg=men, log_sd=log_sd, height_cm=people.us_adults.male.height_cm),
        ),
        limits=limits,
        rng=rng,
        words=f"adults with chronic pain (as in {cohort.source})",
    )


def us_adults(size: int, rng: np.random.Generator, *, limits: Limits | None = None) -> Population:
    """Adults at large in the United States: 90.6 kg and 175 cm (men), 77.5 kg and 161 cm (women), SD 20 kg [recalled].

    Half are women and every age within the limits is as frequent as another [design]. Arguments, order of drawing and
    errors as in :func:`chronic_pain_adults`, but that an age is one whole number and is never drawn again.
    """
    library = the_library()
    people, limits = library.people, limits or limits_of(library.policy)
    female = rng.random(size) < people.bodies.us_adults_female
    youngest, oldest = math.ceil(limits.age_y.low), math.floor(limits.age_y.high)
    age_y = rng.integers(youngest, oldest, size, endpoint=True).astype(np.float64)
    return _with_bodies(
        (female, age_y),
        builds=(_frame(people, people.us_adults.female), _frame(people, people.us_adults.male)),
        limits=limits,
        rng=rng,
        words="adults at large in the United States (weights recalled)",
    )


def one_person(
    size: int,
    *,
    weight_kg: float,
    age_y: float,
    height_cm: float | None = None,
    female: bool | None = None,
) -> Population:
    """The same person so many times: what differs later is what is not known of one patient. Draws nothing."""
    return Population(
        age_y=np.full(size, float(age_y)),
        weight_kg=np.full(size, float(weight_kg)),
        height_cm=None if height_cm is None else np.full(size, float(height_cm)),
        female=None if female is None else np.full(size, female),
        words=f"people of {weight_kg:g} kg and {age_y:g} years",
    )


def cohort_for(
    model: Model, population: Population, rng: np.random.Generator, *, uncertain_exponent: bool = True
) -> Cohort:
    """The parameters of a population under a model: published variability, and weight scaling as far as it is known.

    Draws first the deviates (:func:`deviates_of`), then one exponent of weight for each person, uniform from 0 to 1
    (``between_model.clearance_exponent`` [design]: the sources disagree), for elimination clearances. The exponents
    are drawn also for a model that found no effect of weight, which then keeps that.

    Args:
        model: The model.
        population: Whose weights and ages.
        rng: Draws, in the order above.
        uncertain_exponent: ``False`` keeps the model's own exponent, and draws none.
    """
    deviates = deviates_of(model, population.size, rng)
    exponent = None
    if uncertain_exponent:
        between = the_library().people.between_models.clearance_exponent
        exponent = rng.uniform(between.low, between.high, population.size)
    return cohort_of(
        model=model,
        weight_kg=population.weight_kg,
        age_y=population.age_y,
        deviates=deviates,
        elimination_exponent=exponent,
    )


def ke0_per_h(size: int, rng: np.random.Generator) -> FloatArray:
    r"""Rate constants of the effect site of so many people (1/h).

    $$ k_{e0} = \ln 2 / t_{1/2}, \qquad \ln t_{1/2} \sim N(\ln 8.3\ \text{min}, 0.24^2) $$

    Median from Olofsen 2022 [seen], spread from its confidence interval and our choice [design]. Draws ``size`` normal
    numbers. Checked in tests/pharmacology/test_population.py.
    """
    between = the_library().people.between_models
    half_h = between.ke0_half_median_min / MIN_PER_H
    rates: FloatArray = math.log(2.0) / (half_h * np.exp(between.ke0_half_log_sd * rng.standard_normal(size)))
    return rates


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """One sex before truncation: mean weight (kg), SD of its logarithm, mean height (cm)."""

    weight_kg: float
    log_sd: float
    height_cm: float


def _frame(people: VirtualPeople, build: Build) -> _Frame:
    log_sd = math.sqrt(math.log1p((people.us_adults.weight_sd_kg / build.weight_kg) ** 2))
    return _Frame(weight_kg=build.weight_kg, log_sd=log_sd, height_cm=build.height_cm)


def _cohort_weights(people: VirtualPeople) -> tuple[float, float]:
    """Mean weights of women and men (kg) that give the cohort's mean, in the ratio of adults at large."""
    ratio = people.us_adults.male.weight_kg / people.us_adults.female.weight_kg
    share = people.cohort.female
    women_kg = people.cohort.weight_kg.mean / (share + (1.0 - share) * ratio)
    return women_kg, women_kg * ratio


def _cohort_log_sd(people: VirtualPeople, women_kg: float, men_kg: float) -> float:
    """The SD of ln W within a sex that gives the cohort's SD of weight: its variance less that between the sexes."""
    share = people.cohort.female
    between = share * (1.0 - share) * (men_kg - women_kg) ** 2
    squares = share * women_kg**2 + (1.0 - share) * men_kg**2
    return math.sqrt(math.log1p((people.cohort.weight_kg.sd**2 - between) / squares))


def _ages(size: int, draw: Callable[[int], FloatArray], limits: Limits) -> FloatArray:
    def rounded(places: IntArray) -> FloatArray:
        years: FloatArray = np.rint(draw(places.size))[None, :]
        return years

    ages: FloatArray = _until_inside(size, rounded, lambda rows: _holds(limits.age_y, rows[0]))[0]
    return ages


def _with_bodies(
    known: tuple[BoolArray, FloatArray],
    *,
    builds: tuple[_Frame, _Frame],
    limits: Limits,
    rng: np.random.Generator,
    words: str,
) -> Population:
    """Heights and weights for people whose sex and age are known; a body outside is drawn again as a whole."""
    female, age_y = known
    bodies = the_library().people.bodies
    women, men = builds
    height_mean = np.where(female, women.height_cm, men.height_cm)
    log_sd = np.where(female, women.log_sd, men.log_sd)
    log_mean = np.log(np.where(female, women.weight_kg, men.weight_kg)) - log_sd**2 / 2
    rho = bodies.log_weight_height_correlation

    def drawn(places: IntArray) -> FloatArray:
        first, second = rng.standard_normal((2, places.size))
        heavy = rho * first + math.sqrt(1.0 - rho**2) * second
        height_cm = height_mean[places] + bodies.height_sd_cm * first
        return np.array([height_cm, np.exp(log_mean[places] + log_sd[places] * heavy)])

    def inside(rows: FloatArray) -> BoolArray:
        index = rows[1] / (rows[0] / CM_PER_M) ** 2
        return _holds(limits.weight_kg, rows[1]) & _holds(bodies.bmi_kg_per_m2, index)

    height_cm, weight_kg = _until_inside(female.size, drawn, inside)
    return Population(age_y=age_y, weight_kg=weight_kg, height_cm=height_cm, female=female, words=words)


def _holds(limits: Range, values: FloatArray) -> BoolArray:
    inside: BoolArray = (values >= limits.low) & (values <= limits.high)
    return inside


def _until_inside(
    size: int, draw: Callable[[IntArray], FloatArray], inside: Callable[[FloatArray], BoolArray]
) -> FloatArray:
    """Rows of numbers for so many people: everyone is drawn once, then whoever is outside, until nobody is."""
    rows = draw(np.arange(size))
    for _ in range(MOST_ROUNDS):
        outside = np.flatnonzero(~inside(rows))
        if not outside.size:
            return rows
        rows[:, outside] = draw(outside)
    raise NotComputable(
        f"After {MOST_ROUNDS} draws {outside.size} of {size} people still lie outside the limits of age, weight or "
        "body-mass index: widen the limits."
    )
