r"""Exact answers from a sample: a quantile that errs to the safe side, and the dose that puts most people in a window.

No distribution is assumed. A sampling interval comes from the binomial law of the ranks: with B ~ Bin(n, p),

$$ P(x_{(r)} \le Q_p < x_{(s)}) = P(r \le B < s). $$

Source: order statistics of any textbook (for example David and Nagaraja 2003, section 7.1 [recalled]). Checked in
tests/pharmacology/test_order_statistics.py.
"""

import math
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.errors import NotComputable

INTERVAL_LEVEL = 0.95
ROUNDING = 1e-9  # (n + 1)(1 - alpha) is meant exactly: 95.00000000000001 is 95


@dataclass(frozen=True, slots=True, kw_only=True)
class UpperQuantile:
    """A value that at most a share of people exceed, with the interval that sampling leaves open.

    Attributes:
        value: The order statistic.
        low: Lower end of the 95 % sampling interval; zero when the sample is too small to say.
        high: Upper end; ``None`` when the sample is too small to say.
        rank: Its place among the values, the smallest first, from 1.
        size: How many values there are.
        over: How many of them exceed it.
    """

    value: float
    low: float
    high: float | None
    rank: int
    size: int
    over: int


def upper_quantile(values: FloatArray, *, share_over: float) -> UpperQuantile:
    r"""The smallest value of a sample that a further person exceeds with a chance of at most ``share_over``.

    $$ k = \lceil (n + 1)(1 - \alpha) \rceil, \qquad q = x_{(k)}, \qquad P(X_{n+1} > q) \le 1 - \frac{k}{n+1} \le \alpha $$

    averaged over samples; in the sample itself at most $\alpha n$ exceed q. Without variability q is the common value.

    Args:
        values: n positive numbers, one for each sampled person.
        share_over: alpha, above 0 and below 1.

    Raises:
        NotComputable: The share is no share, or the sample is too small for it: n must reach 1/alpha - 1.
    """
    if not 0 < share_over < 1:
        raise NotComputable(f"A share of {share_over:g} cannot be held: give one above 0 and below 1.")
    size = int(values.size)
    rank = math.ceil((size + 1) * (1 - share_over) - ROUNDING)
    if rank > size:
        needed = math.ceil(1 / share_over - 1 - ROUNDING)
        raise NotComputable(
            f"A sample of {size} cannot say what {share_over:.3g} of people exceed: sample at least {needed}."
        )
    ordered = np.sort(values)
    value = float(ordered[rank - 1])
    low_rank, high_rank = _interval_ranks(size, 1 - share_over)
    return UpperQuantile(
        value=value,
        low=float(ordered[low_rank - 1]) if low_rank else 0.0,
        high=float(ordered[high_rank - 1]) if high_rank <= size else None,
        rank=rank,
        size=size,
        over=int(np.count_nonzero(values > value)),
    )


def _interval_ranks(size: int, level: float) -> tuple[int, int]:
    """Ranks r and s between which the quantile lies with 95 %; 0 and size + 1 stand for no bound."""
    counts = np.arange(size)
    steps = np.log((size - counts) / (counts + 1.0)) + math.log(level / (1 - level))
    logs = size * math.log1p(-level) + np.concatenate([[0.0], np.cumsum(steps)])
    below = np.cumsum(np.exp(logs))  # P(B <= k)
    tail = (1 - INTERVAL_LEVEL) / 2
    low = int(np.searchsorted(below, tail, side="right"))  # the largest r with P(B < r) at most the tail
    high = (
        int(np.searchsorted(below, 1 - tail, side="left")) + 1
    )  # the smallest s with P(B >= s) at most the tail
    return low, min(high, size + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BestRange:
    """The doses (mg) that put the largest share of a sample into a window: all of them do equally well."""

    from_mg: float
    to_mg: float
    inside: int
    size: int

    @property
    def middle_mg(self) -> float:
        """The geometric middle of the range (mg)."""
        return math.sqrt(self.from_mg * self.to_mg)


def best_range(per_mg: FloatArray, *, low: float, high: float, at_most_mg: float = math.inf) -> BestRange:
    r"""The doses that maximise the number of people with low <= dose x g <= high; exact, by one sweep.

    Person i is inside for doses from low/g_i to high/g_i. Sorted, these ends are all the places where the count can
    change, so counting along them finds the maximum; of several ranges that are equally good the lowest is taken.

    Args:
        per_mg: g, n positive numbers.
        low: Lower end of the window, above zero.
        high: Upper end, not below the lower.
        at_most_mg: Doses above this are not looked at (mg).

    Raises:
        NotComputable: The window is none, or no allowed dose brings anybody into it.
    """
    if not 0 < low <= high:
        raise NotComputable(
            f"A window from {low:g} to {high:g} is none: the low end must be above zero and come first."
        )
    starts, ends = np.sort(low / per_mg), np.sort(high / per_mg)
    starts = starts[starts <= at_most_mg]
    if starts.size == 0:
        raise NotComputable(
            f"No dose up to {at_most_mg:.4g} mg brings any of {per_mg.size} sampled people to {low:g}: the caps and the "
            "window cannot both be kept."
        )
    inside = np.arange(1, starts.size + 1) - np.searchsorted(ends, starts, side="left")
    best = int(np.argmax(inside))
    until = float(ends[np.searchsorted(ends, starts[best], side="left")])
    return BestRange(
        from_mg=float(starts[best]),
        to_mg=min(until, at_most_mg),
        inside=int(inside[best]),
        size=int(per_mg.size),
    )
