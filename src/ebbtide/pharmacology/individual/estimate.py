r"""One person's own parameters from a drawn level: the most probable deviates, how sure they are, and their bands.

$$ \hat\eta = \arg\min_\eta \sum_i \frac{(\ln y_i - \ln f_i(\eta))^2}{\sigma^2} + \eta^T \Omega^{-1} \eta $$

by Gauss and Newton with central differences, halving a step that does not help. Around it (Laplace) the deviates are
taken as normal with covariance $(J^T J/\sigma^2 + \Omega^{-1})^{-1}$. Prior and posterior stand side by side: where
they are alike, the model's people speak and not this person. Ketamine levels are not available at the chair; this is
for the day on which one is drawn.

Validity: that of the model; residual spread log-normal. Source: pharmacology facts 6.8 [design]. Checked on simulated
people (truth recovered, 90 % intervals cover 85 to 95 %) in tests/pharmacology/test_individual.py.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ebbtide.pharmacology.doses.moments import outputs_at
from ebbtide.pharmacology.engine.cohort import Cohort, cohort_of
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import KETAMINE, network_of
from ebbtide.pharmacology.engine.programme import Grid, programme_of
from ebbtide.pharmacology.engine.stepping import curves
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.individual.levels import Comparable, Level, comparable
from ebbtide.pharmacology.people.bands import residual_of
from ebbtide.pharmacology.people.variability import covariance_of
from ebbtide.pharmacology.published.models import Model
from ebbtide.pharmacology.published.validity import Question, cautions, why_not

ONE_PERSON = (
    "An estimate for one person under one model, from what was drawn; it is not a diagnosis and sets no dose."
)
DIFFERENCE = 1e-4  # log units: central differences are then good to 1e-8
HALVINGS = 6  # of one step, tried together
MOST_STEPS = 50
SMALL_STEP = 1e-6  # log units: far below any spread, and what comes after is smaller still


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is known of a person before any level: names of the deviates of the parent drug, and their covariance."""

    names: tuple[str, ...]
    covariance: FloatArray

    @property
    def sd(self) -> FloatArray:
        """Standard deviation of each deviate (log units)."""
        deviations: FloatArray = np.sqrt(np.diagonal(self.covariance))
        return deviations


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Prior against posterior, deviate by deviate (log units; the prior mean is zero).

    Attributes:
        prior: What was known.
        mean: Most probable deviates.
        covariance: Their Laplace covariance.
        residual_log_sd: The spread of single measurements that was assumed (log units).
        expected_ng_per_ml: At each level, what the typical person of this weight would have.
        fitted_ng_per_ml: At each level, what the estimate gives.
    """

    prior: Prior
    mean: FloatArray
    covariance: FloatArray
    residual_log_sd: float
    expected_ng_per_ml: tuple[float, ...]
    fitted_ng_per_ml: tuple[float, ...]

    @property
    def sd(self) -> FloatArray:
        """Posterior standard deviation of each deviate (log units)."""
        deviations: FloatArray = np.sqrt(np.diagonal(self.covariance))
        return deviations

    @property
    def shrinkage(self) -> FloatArray:
        """Posterior variance over prior variance: 1, the prior alone speaks; 0, this person alone does."""
        shares: FloatArray = (self.sd / self.prior.sd) ** 2
        return shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Individual:
    """An estimate exactly when one can be made, and a sentence always."""

    model: Model
    advice: str
    estimate: Estimate | None = None
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """The 90 % band of a person's own concentration over time (ng/mL), by the times (h)."""

    times_h: FloatArray
    p05: FloatArray
    p50: FloatArray
    p95: FloatArray


def prior_of(model: Model) -> Prior:
    """The deviates of the parent drug that a model publishes a spread of; metabolites are not measured here.

    Raises:
        NotComputable: The model publishes none.
    """
    names, covariance = covariance_of(model)
    own = [place for place, name in enumerate(names) if not _of_metabolite(name, model)]
    if not own:
        raise NotComputable(
            f"{model.id} publishes no spread between people, so a level cannot be weighed against it: choose another "
            "model."
        )
    return Prior(names=tuple(names[place] for place in own), covariance=covariance[np.ix_(own, own)])


def _of_metabolite(name: str, model: Model) -> bool:
    return any(name.startswith(f"{metabolite.id}_") for metabolite in model.body.metabolites)


def residual_log_sd_of(model: Model) -> float:
    """The residual spread of ketamine under a model (log units): as printed, else by its site [design].

    Small proportional spreads and log spreads are the same number; at 0.3 they differ by 2 %.

    Raises:
        NotComputable: The model prints none and its site is not known.
    """
    found = residual_of(model, KETAMINE)
    spread = None if found is None else found.log_sd or found.proportional_sd
    if spread is None:
        raise NotComputable(
            f"{model.id} prints no residual spread and its site is not known, so a level cannot be weighed: choose "
            "another model."
        )
    return spread


def individual_of(
    question: Question, levels: Sequence[Level], *, prior: Prior, residual_log_sd: float
) -> Individual:
    """One person's most probable deviates under one model; without a level the posterior is the prior.

    Args:
        question: Model, person, drug, and in ``schedule`` what was given before and around the levels.
        levels: What was drawn; a level that cannot be compared refuses the whole estimate, by its sentence.
        prior: From :func:`prior_of`.
        residual_log_sd: Spread of single measurements (log units), above zero.
    """
    refusal = why_not(question)
    if refusal is not None:
        return Individual(model=question.model, advice=refusal)
    used = []
    for level in levels:
        found = comparable(level, question)
        if isinstance(found, str):
            return Individual(model=question.model, advice=found)
        used.append(found)
    fit = _Fit(question, used, prior=prior, residual_log_sd=residual_log_sd)
    mean, covariance = fit.most_probable()
    expected, fitted = fit.predicted(np.stack([np.zeros_like(mean), mean]))
    return Individual(
        model=question.model,
        advice=ONE_PERSON,
        estimate=Estimate(
            prior=prior,
            mean=mean,
            covariance=covariance,
            residual_log_sd=residual_log_sd,
            expected_ng_per_ml=tuple(expected.tolist()),
            fitted_ng_per_ml=tuple(fitted.tolist()),
        ),
        cautions=(*dict.fromkeys(word for level in used for word in level.cautions), *cautions(question)),
    )


def people_with(question: Question, prior: Prior, deviates: FloatArray) -> Cohort:
    """People of this weight and age with these deviates, one row each."""
    size = deviates.shape[0]
    return cohort_of(
        model=question.model,
        weight_kg=np.full(size, question.weight_kg),
        age_y=np.full(size, float(question.age_y)),
        deviates={name: deviates[:, place] for place, name in enumerate(prior.names)},
    )


class _Fit:
    """The objective of one person and its minimum."""

    def __init__(
        self, question: Question, levels: Sequence[Comparable], *, prior: Prior, residual_log_sd: float
    ) -> None:
        if not (math.isfinite(residual_log_sd) and residual_log_sd > 0):
            raise NotComputable(
                f"A residual spread of {residual_log_sd:g} would take every level as exact: give one above zero."
            )
        self.times_h = np.array([level.at_h for level in levels])
        self.seen = np.array([level.share_seen for level in levels])
        self.logs = np.log([level.ng_per_ml for level in levels])
        self.people = partial(people_with, question, prior)
        self.schedule = question.schedule
        self.precision = np.linalg.inv(prior.covariance)
        self.variance = residual_log_sd**2

    def predicted(self, deviates: FloatArray) -> FloatArray:
        """What the assay should find in each row of deviates: rows x levels (ng/mL)."""
        if not self.times_h.size:
            return np.zeros((deviates.shape[0], 0))
        found = outputs_at(network_of(self.people(deviates)), self.schedule, self.times_h)[:, 0]
        seen: FloatArray = found * self.seen
        return seen

    def objective(self, deviates: FloatArray) -> FloatArray:
        """Misfit and improbability of each row of deviates."""
        misses = self.logs - np.log(self.predicted(deviates))
        improbable = ((deviates @ self.precision) * deviates).sum(axis=1)
        total: FloatArray = (misses**2).sum(axis=1) / self.variance + improbable
        return total

    def most_probable(self) -> tuple[FloatArray, FloatArray]:
        """The minimum and the Laplace covariance around it."""
        here = np.zeros(self.precision.shape[0])
        for _ in range(MOST_STEPS):
            step, curvature = self._step(here)
            tried = here + step * 0.5 ** np.arange(HALVINGS)[:, None]
            heights = self.objective(np.vstack([here, tried]))
            best = int(np.argmin(heights))
            here = here if best == 0 else tried[best - 1]
            if best == 0 or np.max(np.abs(step)) < SMALL_STEP:
                return here, _inverse(curvature)
        raise NotComputable(
            f"No estimate was found in {MOST_STEPS} steps: the levels contradict the model; check value, time and site."
        )

    def _step(self, here: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The Gauss-Newton step from here, and the curvature J'J / variance + precision."""
        nudges = DIFFERENCE * np.eye(here.size)
        logs = np.log(self.predicted(np.vstack([here, here + nudges, here - nudges])))
        above, below = logs[1 : here.size + 1], logs[here.size + 1 :]
        slopes = (above - below).T / (2 * DIFFERENCE)
        curvature = slopes.T @ slopes / self.variance + self.precision
        downhill = slopes.T @ (self.logs - logs[0]) / self.variance - self.precision @ here
        return np.linalg.solve(curvature, downhill), curvature


def _inverse(matrix: FloatArray) -> FloatArray:
    inverse: FloatArray = np.linalg.inv(matrix).astype(np.float64)
    return inverse


def bands_of(
    question: Question,
    estimate: Estimate,
    *,
    grid: Grid,
    draws: int,
    rng: np.random.Generator,
) -> Bands:
    """The 90 % band of this person's concentration: deviates drawn from the Laplace approximation, through the engine.

    Without residual spread: it is the concentration in the blood, not the next measurement.

    Args:
        question: As for the estimate; its schedule may be another one, to look ahead.
        estimate: Mean and covariance; one made without levels gives the prior's band.
        grid: When to look.
        draws: How many people to draw.
        rng: The generator they are drawn with.
    """
    drawn = rng.multivariate_normal(estimate.mean, estimate.covariance, size=draws, method="cholesky")
    network = network_of(people_with(question, estimate.prior, drawn))
    found = curves(network, programme_of(question.schedule, grid))[:, 0]
    p05, p50, p95 = np.quantile(found, [0.05, 0.5, 0.95], axis=0)
    return Bands(times_h=grid.times_h, p05=p05, p50=p50, p95=p95)
