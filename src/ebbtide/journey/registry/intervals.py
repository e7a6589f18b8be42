"""How sure a figure is: intervals of shares and medians, and what a zero may hide. No clock, no database, no randomness."""

import math
from collections.abc import Sequence
from statistics import median

Z_95 = 1.959964


def wilson(*, hits: int, of: int) -> tuple[float, float]:
    r"""The 95 % Wilson score interval of a share (from 0 to 1).

    $$ \frac{p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n} $$

    Source: Wilson 1927, J Am Stat Assoc 22:209. It stays inside 0 to 1 and is honest for few requests.
    """
    share, z2 = hits / of, Z_95**2
    middle = share + z2 / (2 * of)
    half = Z_95 * math.sqrt(share * (1 - share) / of + z2 / (4 * of**2))
    return max(0.0, (middle - half) / (1 + z2 / of)), min(1.0, (middle + half) / (1 + z2 / of))


def rule_of_three(of: int) -> float:
    """The 95 % upper bound of a share after none in `of` (0 to 1): 3/n, and never above 1.

    Source: Hanley and Lippman-Hand 1983, JAMA 249:1743 [recalled]; clinical.md section 6 asks for it.
    """
    return min(1.0, 3 / of)


def median_interval(values: Sequence[float]) -> tuple[float, float] | None:
    r"""The 95 % interval of a median from the order of the values, with no assumption about their shape.

    With n values in order it reaches from the j-th lowest to the j-th highest, where j is the largest rank with
    $P(B < j) \le 0.025$ and B is binomial (n, 1/2). With fewer than six values there is none.
    """
    ordered, n = sorted(values), len(values)
    below, rank = 0.0, 0
    while True:
        below += math.comb(n, rank) / 2**n
        if below > 0.025:
            break
        rank += 1
    return (ordered[rank - 1], ordered[n - rank]) if rank else None


def middle(values: Sequence[float]) -> float | None:
    """The median, or None of nothing."""
    return median(values) if values else None
