"""What the engine is measured against: a compiled store, NumPy with an exponential at every point, and SciPy's LSODA."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numba
import numpy as np
from scipy.integrate import odeint, solve_ivp

from ebbtide.pharmacology.engine.network import Network
from tools.bench_pharmacology.workloads import W1_GRID, W1_SCHEDULE

THREADS = 2
CHUNK = 500


@numba.njit(nogil=True)
def _store(array, first, last, value):  # noqa: ANN001, ANN202  Numba reads the types itself
    for place in range(first, last):
        array[place] = value


def fill(array: np.ndarray, value: float) -> None:
    """Store one number everywhere: a compiled loop on each of two threads, into an array already touched."""
    flat = array.reshape(-1)
    edges = np.linspace(0, flat.size, THREADS + 1).astype(int).tolist()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda part: _store(flat, part[0], part[1], value), pairwise(edges)))


def best_of(run: Callable[[], object], runs: int) -> list[float]:
    """Seconds of each of several runs, in order."""
    took = []
    for _ in range(runs):
        begun = time.perf_counter()
        run()
        took.append(time.perf_counter() - begun)
    return took


def exponential_form(network: Network, doses: np.ndarray) -> np.ndarray:
    """W1 in NumPy as it is usually written: partial fractions, and an exponential for each mode at each point."""
    return np.concatenate(
        [
            _exponential_form(network.some(slice(first, first + CHUNK)), doses[first : first + CHUNK])
            for first in range(0, network.size, CHUNK)
        ]
    )


def _exponential_form(network: Network, doses: np.ndarray) -> np.ndarray:
    rates = np.moveaxis(network.rates_per_h, 2, 0)
    parent, parent_weights = _modes(rates[:, 0:3, 0:3])
    metabolite, metabolite_weights = _modes(rates[:, 5:7, 5:7])
    passing, ke0 = -rates[:, 3, 3], -rates[:, 7, 7]
    ketamine = parent_weights
    entering = parent_weights * (rates[:, 3, 0] * passing**2)[:, None]
    norketamine, metabolite_terms, at_once, growing = _chain(
        parent, entering, -passing, metabolite, metabolite_weights
    )
    effect = parent_weights * ke0[:, None] / (parent + ke0[:, None])
    rate = 0.75 * doses
    step_end = W1_SCHEDULE.end_h
    out = np.empty((doses.size, 3, W1_GRID.count))

    def summed(times: np.ndarray) -> np.ndarray:
        at = np.maximum(times, 0.0)[None, None, :]
        risen = np.expm1(parent[:, :, None] * at) / parent[:, :, None]
        met = np.expm1(metabolite[:, :, None] * at) / metabolite[:, :, None]
        decayed = np.exp(-passing[:, None] * at[0])
        once = (1.0 - decayed) / passing[:, None]
        grown = (1.0 - decayed * (1.0 + passing[:, None] * at[0])) / passing[:, None] ** 2
        site = -np.expm1(-ke0[:, None] * at[0]) / ke0[:, None]
        first = np.einsum("pm,pmt->pt", ketamine, risen)
        second = (
            np.einsum("pm,pmt->pt", norketamine, risen)
            + np.einsum("pm,pmt->pt", metabolite_terms, met)
            + at_once[:, None] * once
            + growing[:, None] * grown
        )
        third = np.einsum("pm,pmt->pt", effect, risen) - effect.sum(axis=1)[:, None] * site
        return np.stack([first, second, third], axis=1)

    out[:] = summed(W1_GRID.times_h) - summed(W1_GRID.times_h - step_end)
    return out * network.scales.T[:, :, None] * rate[:, None, None]


def _modes(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    off = np.sqrt(matrix * np.swapaxes(matrix, 1, 2))
    rates, vectors = np.linalg.eigh(np.where(np.eye(matrix.shape[1], dtype=bool), matrix, off))
    return rates, vectors[:, 0, :] ** 2


def _chain(
    parent: np.ndarray, entering: np.ndarray, stage: np.ndarray, metabolite: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Partial fractions of 1/((s - l)(s - k)^2 (s - m)) summed over parent modes l and metabolite modes m."""
    pairs = entering[:, :, None] * weights[:, None, :]
    lam, mu, k = parent[:, :, None], metabolite[:, None, :], stage[:, None, None]
    of_parent = (pairs / ((lam - k) ** 2 * (lam - mu))).sum(axis=2)
    of_metabolite = (pairs / ((mu - k) ** 2 * (mu - lam))).sum(axis=1)
    growing = pairs / ((k - lam) * (k - mu))
    at_once = -growing * (1.0 / (k - lam) + 1.0 / (k - mu))
    return of_parent, of_metabolite, at_once.sum(axis=(1, 2)), growing.sum(axis=(1, 2))


def lsoda(network: Network, doses: np.ndarray, people: int) -> tuple[float, float, np.ndarray]:
    """Seconds for so many people of W1 by ``solve_ivp`` and by the older ``odeint``, and the curves of the first.

    Both run the same LSODA at rtol = atol = 1e-8, restarted at the end of the infusion.
    """
    found = np.empty((people, len(network.outputs), W1_GRID.count))
    took = []
    for solve in (_by_odeint, _by_solve_ivp):
        begun = time.perf_counter()
        for person in range(people):
            amounts = solve(network.rates_per_h[:-1, :-1, person].copy(), 0.75 * float(doses[person]))
            found[person] = amounts[list(network.states)] * network.scales[:, person][:, None]
        took.append(time.perf_counter() - begun)
    return took[1], took[0], found


def _pieces() -> tuple[np.ndarray, np.ndarray]:
    times, end = W1_GRID.times_h, W1_SCHEDULE.end_h
    return times[times <= end], times[times > end]


def _by_odeint(matrix: np.ndarray, rate: float) -> np.ndarray:
    during, after = _pieces()
    given = np.zeros(matrix.shape[0])
    given[0] = rate
    slope = lambda amounts, _, rest: matrix @ amounts + rest  # noqa: E731
    up = odeint(slope, np.zeros(given.size), during, args=(given,), rtol=1e-8, atol=1e-8)
    late = np.concatenate([[during[-1]], after])
    down = odeint(slope, up[-1], late, args=(0.0 * given,), rtol=1e-8, atol=1e-8)
    return np.concatenate([up, down[1:]]).T


def _by_solve_ivp(matrix: np.ndarray, rate: float) -> np.ndarray:
    during, after = _pieces()
    given = np.zeros(matrix.shape[0])
    given[0] = rate
    how = {"method": "LSODA", "rtol": 1e-8, "atol": 1e-8}
    up = solve_ivp(
        lambda _, amounts: matrix @ amounts + given,
        (0.0, during[-1]), np.zeros(given.size), t_eval=during, **how,
    )  # fmt: skip
    down = solve_ivp(
        lambda _, amounts: matrix @ amounts, (during[-1], after[-1]), up.y[:, -1], t_eval=after, **how
    )
    return np.concatenate([up.y, down.y], axis=1)
