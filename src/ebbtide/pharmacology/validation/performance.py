"""How well a curve fits observations: the four figures by which pharmacometricians compare models.

Prediction error PE = (predicted - observed) / observed. MDPE is its median (bias), MDAPE the median of its size
(imprecision); both after Varvel 1992 [recalled]. GMR is exp(mean ln(predicted/observed)).
"""

from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.divided import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """Fit of a prediction to observations at the same times and the same sampling site.

    Attributes:
        median_error: MDPE, a fraction; above zero the model reads high.
        median_absolute_error: MDAPE, a fraction.
        geometric_mean_ratio: Predicted over observed.
        share_within_two_fold: Share of points between half and twice the observation (0 to 1).
        points: How many points were compared.
    """

    median_error: float
    median_absolute_error: float
    geometric_mean_ratio: float
    share_within_two_fold: float
    points: int


def performance(*, predicted: FloatArray, observed: FloatArray) -> Performance:
    """Compare predictions with observations above zero, point by point (same unit)."""
    if predicted.shape != observed.shape or not observed.size or not np.all(observed > 0):
        raise ValueError(
            "Give as many predictions as observations, at least one, and observations above zero only."
        )
    errors = predicted / observed - 1.0
    ratios = predicted / observed
    return Performance(
        median_error=float(np.median(errors)),
        median_absolute_error=float(np.median(np.abs(errors))),
        geometric_mean_ratio=float(np.exp(np.mean(np.log(ratios)))),
        share_within_two_fold=float(np.mean((ratios >= 0.5) & (ratios <= 2.0))),
        points=int(observed.size),
    )
