"""People as the JAX engine takes them: for each place of the matrix of rates a vector with a number for each person."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Place = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What compiled code depends on besides sizes.

    Attributes:
        size: How many states there are; the last is the pump.
        flows: Where A can be other than zero, and the whole diagonal.
        reached: Where the exponential of A can be other than zero.
        states: The state that each output reads.
    """

    size: int
    flows: tuple[Place, ...]
    reached: tuple[Place, ...]
    states: tuple[int, ...]


class People(NamedTuple):
    """n people.

    Attributes:
        shifted_per_h: A - mu I at each place of the shape's flows: flows x people (1/h).
        lowest: mu, the lowest entry of each person's diagonal: n numbers (1/h).
        scales: outputs x people (ng/mL for each mg).
        doses: The factor of every rate and amount: n numbers.
    """

    shifted_per_h: jax.Array
    lowest: jax.Array
    scales: jax.Array
    doses: jax.Array


def people_of(shape: Shape, rates_per_h: jax.Array, *, scales: jax.Array, doses: jax.Array) -> People:
    """People from the rates at each place of the shape's flows: flows x people (1/h)."""
    diagonal = np.array([i == j for i, j in shape.flows])
    lowest = jnp.min(rates_per_h[np.flatnonzero(diagonal)], axis=0)
    shifted = rates_per_h - jnp.where(diagonal[:, None], lowest, 0.0)
    return People(shifted_per_h=shifted, lowest=lowest, scales=scales, doses=doses)


def widest_of(shape: Shape, people: People) -> jax.Array:
    """The largest sum of a column of any person's shifted matrix (1/h)."""
    columns = np.array([[float(j == column) for _, j in shape.flows] for column in range(shape.size)])
    return jnp.max(jnp.asarray(columns) @ people.shifted_per_h)


def matrices_of(shape: Shape, people: People) -> jax.Array:
    """The shifted matrices: states x states x people (1/h)."""
    places = np.full((shape.size, shape.size), len(shape.flows))  # beyond the flows lies nothing
    for number, place in enumerate(shape.flows):
        places[place] = number
    return jnp.pad(people.shifted_per_h, ((0, 1), (0, 0)))[places]
