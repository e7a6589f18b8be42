r"""The engine for many people in NumPy: it reads a programme and advances what is in each body, block by block.

The exponential of a matrix without negative entries off its diagonal is summed without one subtraction: shifted by
its lowest diagonal entry the matrix has no negative entry at all, so its Taylor series and its squarings only add.

$$ e^{At} = \left( e^{\mu t/2^s} \sum_k \frac{((A - \mu I)\, t / 2^s)^k}{k!} \right)^{2^s}, \qquad \mu = \min_j A_{jj}. $$

From P = exp(A dt) come the rows that read the next outputs off one state, $R_j = c\,P^j$, and the powers that
carry the state over whole steps. Compiled twin: :mod:`ebbtide.pharmacology.engine.kernel`; on a GPU: ``gpu``. Checked
against the closed form and 40-digit arithmetic in tests/pharmacology/test_stepping.py.
"""

from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import Network
from ebbtide.pharmacology.engine.programme import BLOCK, BLOCK_POWER, Op, Programme

NORM_AFTER_SCALING = 0.5
TAYLOR_TERMS = (
    12  # beyond the longest chain: 0.5^13/13! is 2e-14 of the term that opens an entry, and falls on
)
PEOPLE_AT_ONCE = 2048  # what a few of their matrices fit the cache


def exponential(rates_per_h: FloatArray, hours: float) -> FloatArray:
    """exp(A t) for n matrices without negative entries off the diagonal: people x states x states.

    Relative error of each entry up to 3e-15, or 3e-15 times the widest rate times t where that is above one, however
    near its rates lie to each other: each squaring doubles what was rounded, as much as the rounding of the rates does.

    Args:
        rates_per_h: A, people x states x states (1/h).
        hours: t, zero or more (h).
    """
    size = rates_per_h.shape[-1]
    lowest = np.min(np.diagonal(rates_per_h, axis1=-2, axis2=-1), axis=-1)[:, None, None]
    shifted = rates_per_h - lowest * np.eye(size)
    norm = float(np.max(shifted.sum(axis=-2), initial=0.0)) * hours
    squarings = max(0, int(np.ceil(np.log2(norm / NORM_AFTER_SCALING)))) if norm > 0 else 0
    scaled = shifted * (hours / 2**squarings)
    total = np.broadcast_to(np.eye(size), scaled.shape) + scaled
    term = scaled
    for order in range(2, TAYLOR_TERMS + size):
        term = term @ scaled / order
        total = total + term
    total = total * np.exp(lowest * (hours / 2**squarings))
    for _ in range(squarings):
        total = total @ total
    result: FloatArray = total
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Strides:
    """What one grid step does to n people.

    Attributes:
        powers: P^(2^p) for p = 0 ... BLOCK_POWER, each people x states x states.
        rows: people x (outputs x BLOCK) x states: the outputs now and at the following grid times.
    """

    powers: tuple[FloatArray, ...]
    rows: FloatArray


def strides_of(network: Network, step_h: float) -> Strides:
    """The powers and rows of a network for one length of step (h)."""
    rates = np.ascontiguousarray(np.moveaxis(network.rates_per_h, 2, 0))
    powers = [exponential(rates, step_h)]
    for _ in range(BLOCK_POWER):
        powers.append(powers[-1] @ powers[-1])
    return Strides(powers=tuple(powers), rows=_rows(network, powers))


def _rows(network: Network, powers: list[FloatArray]) -> FloatArray:
    """R_0, R_1 ... of every output by doubling: R_(j + 2^p) = R_j P^(2^p)."""
    outputs, states = len(network.outputs), network.rates_per_h.shape[0]
    rows = np.zeros((network.size, outputs, BLOCK, states))
    for output, state in enumerate(network.states):
        rows[:, output, 0, state] = network.scales[output]
        for power, matrix in enumerate(powers[:BLOCK_POWER]):
            have = 2**power
            rows[:, output, have : 2 * have] = rows[:, output, :have] @ matrix
    return rows.reshape(network.size, outputs * BLOCK, states)


def curves(network: Network, programme: Programme, *, doses: FloatArray | None = None) -> FloatArray:
    """Every output of every person at every grid time: people x outputs x times (ng/mL; ng h/mL for areas).

    Args:
        network: n people.
        programme: What is given and when to look.
        doses: n factors of every rate and impulse, 1 by default: weights (kg) where the programme is per kg.
    """
    written = np.empty((network.size, len(network.outputs), programme.grid.count))
    doses = factors_of(network, doses)
    for first in range(0, network.size, PEOPLE_AT_ONCE):
        people = slice(first, first + PEOPLE_AT_ONCE)
        _run(network.some(people), programme, doses[people], written[people])
    return written


def factors_of(network: Network, doses: FloatArray | None) -> FloatArray:
    """One factor of every dose for each person, ones where none are given.

    Raises:
        ValueError: There are not as many factors as people.
    """
    if doses is None:
        return np.ones(network.size)
    if doses.shape != (network.size,):
        raise ValueError(
            f"There are {network.size} people and factors of doses of shape {doses.shape}: give one for each person."
        )
    return np.ascontiguousarray(doses, dtype=np.float64)


def _run(network: Network, programme: Programme, doses: FloatArray, out: FloatArray) -> None:
    strides = strides_of(network, programme.grid.step_h)
    rates = np.ascontiguousarray(np.moveaxis(network.rates_per_h, 2, 0))
    held = np.zeros((network.size, rates.shape[-1], 1))
    outputs = len(network.outputs)
    for code, number, place, count in zip(
        programme.codes, programme.numbers, programme.places, programme.counts, strict=True
    ):
        if code == Op.RATE:
            held[:, network.pump, 0] = number * doses
        elif code == Op.IMPULSE:
            held[:, 0, 0] += number * doses
        elif code == Op.DRIFT:
            held = exponential(rates, float(number)) @ held
        elif code == Op.ADVANCE:
            held = strides.powers[place] @ held
        else:
            block = (strides.rows @ held).reshape(network.size, outputs, BLOCK)
            out[:, :, place : place + count] = block[:, :, :count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is in n bodies at one instant, to be continued.

    Attributes:
        at_h: The instant (h).
        amounts: people x states (mg, areas in mg h); the pump's rate is not among what is kept.
    """

    at_h: float
    amounts: FloatArray


def at_rest(network: Network) -> Standing:
    """Bodies that hold nothing, at time zero."""
    return Standing(at_h=0.0, amounts=np.zeros((network.size, network.pump + 1)))


def carried(network: Network, standing: Standing, *, until_h: float, rate_mg_per_h: FloatArray) -> Standing:
    """The same bodies later, after one constant rate (n rates, mg/h): the past is never computed again.

    Raises:
        ValueError: The end lies before the beginning.
    """
    if until_h < standing.at_h:
        raise ValueError(
            f"The bodies stand at {standing.at_h} h: they cannot be carried back to {until_h} h."
        )
    held = standing.amounts.copy()
    held[:, network.pump] = rate_mg_per_h
    rates = np.moveaxis(network.rates_per_h, 2, 0)
    moved = (exponential(rates, until_h - standing.at_h) @ held[:, :, None])[:, :, 0]
    return Standing(at_h=until_h, amounts=moved)


def pushed(standing: Standing, *, amount_mg: FloatArray) -> Standing:
    """The same bodies with so much more in the centre at once (n amounts, mg)."""
    amounts = standing.amounts.copy()
    amounts[:, 0] += amount_mg
    return Standing(at_h=standing.at_h, amounts=amounts)


def outputs_of(network: Network, standing: Standing) -> FloatArray:
    """Every output now: people x outputs."""
    read: FloatArray = standing.amounts[:, list(network.states)] * network.scales.T
    return read
