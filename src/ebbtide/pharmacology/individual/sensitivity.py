r"""One person's own sensitivity from scores: the concentration of half the effect, learned treatment by treatment.

A score s of 0 to m at an effect-site concentration Ce is read on the logit scale, where the sigmoid is a straight line:

$$ \operatorname{logit}\frac{s + 1/2}{m + 1} = \gamma(\ln C_e - \ln C_{50}) + b_{treatment} + \varepsilon, \qquad
   \ln C_{50} \sim N(\ln c, \tau^2), \; b \sim N(0, \omega^2), \; \varepsilon \sim N(0, \sigma^2). $$

Everything is normal and linear, so the posterior is exact: no iteration, and shrinkage is a plain ratio. Scores of one
treatment share b, so ten scores of one day are not taken for ten days. Nothing here promises relief.

Validity: scores whose highest value is the full effect; not for a scale that ketamine never fills. Source:
pharmacology facts 6.8 [design]. Checked on simulated people in tests/pharmacology/test_sensitivity.py.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.errors import NotComputable

LEVEL = 0.90


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One score: its value, the highest the scale has, the effect-site concentration then, and which treatment.

    A score that is not recorded is left out by the caller; it is not zero.
    """

    value: float
    highest: float
    ce_ng_per_ml: float
    treatment: int

    def __post_init__(self) -> None:
        if not 0 <= self.value <= self.highest or not self.highest > 0:
            raise NotComputable(
                f"A score of {self.value:g} does not lie between 0 and {self.highest:g}: correct it."
            )
        if not (math.isfinite(self.ce_ng_per_ml) and self.ce_ng_per_ml > 0):
            raise NotComputable(
                f"An effect-site concentration of {self.ce_ng_per_ml:g} ng/mL says nothing about sensitivity: leave the "
                "score out."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is expected of a person before any score.

    Attributes:
        c50_ng_per_ml: c, the concentration of half the effect in the typical person.
        log_sd: tau, how people differ (log units).
        logit_sd: sigma, how single scores scatter (logit units).
        treatment_logit_sd: omega, how days differ (logit units).
        gamma: Steepness of the sigmoid.
    """

    c50_ng_per_ml: float
    log_sd: float
    logit_sd: float
    treatment_logit_sd: float = 0.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        if not min(self.c50_ng_per_ml, self.log_sd, self.logit_sd, self.gamma) > 0:
            raise NotComputable(
                "The expected C50 (ng/mL), both spreads and the steepness must be above zero."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """A person's own C50 (ng/mL), prior against posterior.

    Attributes:
        expectation: The prior.
        log_mean: Posterior mean of ln C50.
        log_sd: Posterior standard deviation of ln C50.
        scores: How many scores were used.
        treatments: From how many treatments.
    """

    expectation: Expectation
    log_mean: float
    log_sd: float
    scores: int
    treatments: int

    @property
    def c50_ng_per_ml(self) -> float:
        """The median of the posterior (ng/mL)."""
        return math.exp(self.log_mean)

    @property
    def interval_ng_per_ml(self) -> tuple[float, float]:
        """The 90 % interval of the posterior (ng/mL)."""
        reach = NormalDist().inv_cdf((1 + LEVEL) / 2) * self.log_sd
        return math.exp(self.log_mean - reach), math.exp(self.log_mean + reach)

    @property
    def shrinkage(self) -> float:
        """Posterior variance over prior variance: 1, the prior alone speaks; 0, this person's scores alone do."""
        return (self.log_sd / self.expectation.log_sd) ** 2

    @property
    def words(self) -> str:
        """Prior against posterior in one sentence."""
        low, high = self.interval_ng_per_ml
        return (
            f"Half of the effect is expected at {self.expectation.c50_ng_per_ml:.3g} ng/mL in people at large, and at "
            f"{self.c50_ng_per_ml:.3g} ng/mL ({LEVEL:.0%} interval {low:.3g} to {high:.3g}) in this person after "
            f"{self.scores} scores from {self.treatments} treatments; {self.shrinkage:.0%} of the uncertainty is left."
        )


def sensitivity_of(scores: Sequence[Score], *, expectation: Expectation) -> Sensitivity:
    r"""The posterior of ln C50, exact: $1/s^2 = 1/\tau^2 + \gamma^2\, 1^T V^{-1} 1$.

    V is the covariance of the scores around the person's own sigmoid: sigma squared on the diagonal, omega squared
    between scores of one treatment. Without a score the posterior is the prior.

    Args:
        scores: Of one person and one scale.
        expectation: The prior and the spreads.
    """
    prior_precision = expectation.log_sd**-2
    implied = np.array([_implied_log_c50(score, expectation.gamma) for score in scores])
    weights = expectation.gamma**2 * np.linalg.solve(_covariance(scores, expectation), np.ones(len(scores)))
    precision = prior_precision + float(weights.sum())
    log_mean = (prior_precision * math.log(expectation.c50_ng_per_ml) + float(weights @ implied)) / precision
    return Sensitivity(
        expectation=expectation,
        log_mean=log_mean,
        log_sd=precision**-0.5,
        scores=len(scores),
        treatments=len({score.treatment for score in scores}),
    )


def _implied_log_c50(score: Score, gamma: float) -> float:
    """The ln C50 that would give exactly this score; half a point keeps 0 and the highest value finite."""
    odds = (score.value + 0.5) / (score.highest - score.value + 0.5)
    return math.log(score.ce_ng_per_ml) - math.log(odds) / gamma


def _covariance(scores: Sequence[Score], expectation: Expectation) -> FloatArray:
    treatments = np.array([score.treatment for score in scores])
    same = treatments[:, None] == treatments[None, :]
    covariance: FloatArray = expectation.treatment_logit_sd**2 * same + expectation.logit_sd**2 * np.eye(
        len(scores)
    )
    return covariance
