r"""How sure the figures of a comparison are: bootstrap intervals over the points of a curve.

The points are drawn again with replacement, the four figures of :mod:`ebbtide.pharmacology.validation.performance` are taken of
each draw, and the interval runs between the quantiles $(1 - level)/2$ and $(1 + level)/2$ of the draws (percentile
bootstrap, Efron 1979 [recalled]).

The points of a digitised group curve stand close together in time and are read off one line. The interval says how
much a figure rests on single points; it says nothing of how people differ, and it is too narrow for a new study.
"""

from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.validation.performance import Performance, performance

DRAWS = 2000
LEVEL = 0.95
WORDS = (
    f"Intervals: {100 * LEVEL:.0f} %, {DRAWS:,} bootstrap draws over the points of the curve, not over people; the points are "
    "neighbours on one line, so a new study would differ by more."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Both ends of a bootstrap interval, in the unit of the figure."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidentPerformance:
    """Fit of a prediction with an interval for each figure; the share within two-fold is counted, not resampled."""

    figures: Performance
    median_error: Interval
    median_absolute_error: Interval
    geometric_mean_ratio: Interval


def confident_performance(
    *, predicted: FloatArray, observed: FloatArray, generator: np.random.Generator, draws: int = DRAWS
) -> ConfidentPerformance:
    """Compare predictions with observations above zero, with intervals over points (same unit).

    Args:
        predicted: Predictions.
        observed: Observations at the same times, above zero.
        generator: Where the draws come from; the same generator state gives the same intervals.
        draws: How many times the points are drawn again.

    Raises:
        ValueError: As :func:`ebbtide.pharmacology.validation.performance.performance`.
    """
    figures = performance(predicted=predicted, observed=observed)
    chosen = generator.integers(0, observed.size, size=(draws, observed.size))
    errors = predicted / observed - 1.0
    logs = np.log(predicted / observed)
    return ConfidentPerformance(
        figures=figures,
        median_error=_interval(np.median(errors[chosen], axis=1)),
        median_absolute_error=_interval(np.median(np.abs(errors)[chosen], axis=1)),
        geometric_mean_ratio=_interval(np.exp(np.mean(logs[chosen], axis=1))),
    )


def _interval(drawn: FloatArray) -> Interval:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(low=float(low), high=float(high))
