r"""Divided differences of the exponential: convolutions of exponentials that stay exact when rates are equal.

A drug that passes n stages with rates a_0 ... a_n (1/h, zero or negative) leaves the last one as the convolution

$$ g(t) = (e^{a_0 \cdot} * e^{a_1 \cdot} * \dots * e^{a_n \cdot})(t) = t^n \, \exp[t a_0, \dots, t a_n], $$

the n-th divided difference of exp. The textbook sum of partial fractions divides by a_i - a_j and loses every
figure when two rates meet (two equal transit stages always do). By Opitz' theorem g(t) is the corner of the
exponential of the bidiagonal matrix with a_0 ... a_n on its diagonal and ones above it. Shifted by the lowest rate
that matrix has no negative entry, so its Taylor series and its squarings only ever add: nothing cancels.

Sources: Opitz, ZAMM 1964;44:T52 [recalled]; scaling and squaring with exact diagonals after Higham, SIAM J Matrix
Anal Appl 2005;26:1179 [recalled]. Checked in tests/pharmacology/test_divided.py against 50-digit arithmetic.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

TAYLOR_TERMS = (
    22  # (2^22)/22! is 4e-15 and shrinks by ten with each further term; norm after scaling is 1 or less
)
SERIES_BELOW = 1.0  # |x|: under it phi2 is summed, above it the closed form loses at most two bits


def phi1(x: FloatArray) -> FloatArray:
    """expm1(x) / x, and 1 at x = 0: the mean of exp over [0, x]. Relative error below 1e-15."""
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, np.expm1(safe) / safe)


def phi2(x: FloatArray) -> FloatArray:
    """(expm1(x) - x) / x^2, and 1/2 at x = 0; summed as a series near zero. Relative error below 1e-14."""
    small = np.abs(x) < SERIES_BELOW
    near = np.where(small, x, 0.0)
    series = np.zeros_like(near)
    for order in range(TAYLOR_TERMS, 1, -1):
        series = 1.0 / order * (1.0 + near * series)
    far = np.where(small, SERIES_BELOW, x)
    return np.where(small, series, (np.expm1(far) - far) / far**2)


def convolution(rates_per_h: Sequence[float], hours: FloatArray) -> FloatArray:
    """The convolution of exp(a t) over all rates a, at each time; zero before time zero (h^(n-1) for n rates).

    Args:
        rates_per_h: a_0 ... a_n, zero or negative, in any order, repeated as often as they like (1/h).
        hours: t (h).
    """
    return np.where(hours < 0, 0.0, convolutions(rates_per_h, hours)[:, 0, -1])


def convolutions(rates_per_h: Sequence[float], hours: FloatArray) -> FloatArray:
    """At each time, row i and column j: the convolution of exp(a t) over the rates i to j; zero below the diagonal.

    All of them come from one exponential of the bidiagonal matrix; a time before zero is taken as zero.
    """
    rates = np.asarray(rates_per_h, dtype=np.float64)
    reach_h = np.maximum(hours, 0.0)
    squarings = _squarings(rates, reach_h)
    step_h = reach_h / 2.0**squarings
    corner = _bidiagonal_exponential(rates, step_h)
    diagonal = np.arange(rates.size)
    for _ in range(squarings):
        corner = corner @ corner
        step_h = step_h * 2.0
        corner[:, diagonal, diagonal] = np.exp(np.multiply.outer(step_h, rates))
    return corner


def _squarings(rates: FloatArray, hours: FloatArray) -> int:
    """How often the longest time must be halved until rate x time is 1 or less."""
    widest = float(np.max(np.abs(rates), initial=0.0) * np.max(hours, initial=0.0))
    return max(0, int(np.ceil(np.log2(widest)))) if widest > 1.0 else 0


def _bidiagonal_exponential(rates: FloatArray, hours: FloatArray) -> FloatArray:
    """exp(t Z) for each t, Z bidiagonal, t x |rate| at most 1: a Taylor series of numbers that are never negative."""
    lowest = float(np.min(rates))
    size = rates.size
    shifted = np.diag(rates - lowest) + np.diag(np.ones(size - 1), 1)
    scaled = hours[:, None, None] * shifted
    total = np.broadcast_to(np.eye(size), scaled.shape).copy()
    term = total.copy()
    for order in range(1, TAYLOR_TERMS + size):
        term = term @ scaled / order
        total += term
    result: FloatArray = np.exp(hours * lowest)[:, None, None] * total
    return result
