"""Every one of the ten thousand people at five times against matrix exponentials in 40-digit arithmetic (mpmath).

The matrix of each person is taken as the exact binary numbers that the engine was given. exp(A 10 min) is summed once a
person (Taylor after halving, over the entries that can be other than zero) and multiplied up to the five times; for the
first people it is held against ``mpmath.expm`` of the whole matrix.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import mpmath
import numpy as np

from tools.bench_pharmacology.workloads import PEOPLE, W1_SCHEDULE, people, w1

DIGITS = 40
LOOKED_AT_MIN = (10, 40, 80, 240, 1200)
HALVINGS = 8
TERMS = 22  # norm 10 / 2^8: 0.04^23 / 23! is below 1e-54
CHECKED = 3
Matrix = list[list[Any]]


def worst_error(curves: np.ndarray) -> tuple[float, float]:
    """The worst error of all curves, of each curve's own peak; and how far the sum is from ``mpmath.expm``."""
    shares = np.array_split(np.arange(PEOPLE), os.cpu_count() or 1)
    with ProcessPoolExecutor(len(shares)) as workers:
        found = list(workers.map(_exact, [(int(share[0]), int(share[-1]) + 1) for share in shares]))
    exact = np.concatenate([part[0] for part in found])
    seen = curves[:, :, list(LOOKED_AT_MIN)]
    error = np.abs(seen - exact) / curves.max(axis=2)[:, :, None]
    return float(error.max()), max(part[1] for part in found)


def _exact(share: tuple[int, int]) -> tuple[np.ndarray, float]:
    mpmath.mp.dps = DIGITS
    folk, programme = people(), w1()
    assert programme.grid.step_h * 60 == 1.0
    values = np.empty((share[1] - share[0], 3, len(LOOKED_AT_MIN)))
    apart = 0.0
    reached = folk.network.reached()
    for place, person in enumerate(range(*share)):
        rates = folk.network.rates_per_h[:, :, person]
        ten_minutes = _exponential(rates, reached)
        if person < CHECKED:
            apart = max(apart, _apart(rates, ten_minutes))
        rate = W1_SCHEDULE.infusions[0].rate_mg_per_h * folk.doses[person]
        for time, amounts in enumerate(_followed(ten_minutes, reached, float(rate))):
            for output, state in enumerate(folk.network.states):
                values[place, output, time] = float(
                    amounts[state] * mpmath.mpf(float(folk.network.scales[output, person]))
                )
    return values, apart


def _exponential(rates: np.ndarray, reached: np.ndarray) -> Matrix:
    size = rates.shape[0]
    step = mpmath.mpf(1) / 6 / 2**HALVINGS
    scaled = [[mpmath.mpf(float(rates[i, j])) * step for j in range(size)] for i in range(size)]
    total = [[mpmath.mpf(int(i == j)) + scaled[i][j] for j in range(size)] for i in range(size)]
    term, flows = scaled, rates != 0
    for order in range(2, TERMS + 1):
        term = _product(term, scaled, reached, flows, order)
        total = [[total[i][j] + term[i][j] for j in range(size)] for i in range(size)]
    for _ in range(HALVINGS):
        total = _product(total, total, reached, reached, 1)
    return total


def _product(left: Matrix, right: Matrix, filled: np.ndarray, flows: np.ndarray, divided_by: int) -> Matrix:
    size = len(left)
    out = [[mpmath.mpf(0)] * size for _ in range(size)]
    for i in range(size):
        for j in range(size):
            inner = [k for k in range(size) if filled[i, k] and flows[k, j]]
            if inner:
                out[i][j] = mpmath.fdot((left[i][k], right[k][j]) for k in inner) / divided_by
    return out


def _apart(rates: np.ndarray, found: Matrix) -> float:
    whole = mpmath.expm(mpmath.matrix(rates.tolist()) / 6)
    size = len(found)
    return float(
        max(
            abs(whole[i, j] - found[i][j]) / max(abs(whole[i, j]), mpmath.mpf(10) ** -20)
            for i in range(size)
            for j in range(size)
        )
    )


def _followed(ten: Matrix, reached: np.ndarray, rate: float) -> list[list[Any]]:
    """The state at 10, 40, 80, 240 and 1200 minutes."""
    forty = _squared(_squared(ten, reached), reached)
    half_hour = _product(ten, _squared(ten, reached), reached, reached, 1)
    eighty = _squared(forty, reached)
    four_hours = _product(_squared(eighty, reached), eighty, reached, reached, 1)
    start = [mpmath.mpf(0)] * (len(ten) - 1) + [mpmath.mpf(rate)]
    at_10 = _applied(ten, start)
    at_40 = _applied(half_hour, at_10)
    stopped = [*at_40[:-1], mpmath.mpf(0)]
    at_80 = _applied(forty, stopped)
    at_240 = _applied(_squared(eighty, reached), at_80)
    at_1200 = at_240
    for _ in range(4):
        at_1200 = _applied(four_hours, at_1200)
    return [at_10, at_40, at_80, at_240, at_1200]


def _squared(matrix: Matrix, reached: np.ndarray) -> Matrix:
    return _product(matrix, matrix, reached, reached, 1)


def _applied(matrix: Matrix, state: list[Any]) -> list[Any]:
    return [mpmath.fdot(zip(row, state, strict=True)) for row in matrix]
