r"""The form ``loops`` of the JAX engine: people in arrays, plain XLA, for any device.

The step matrix comes from products of small matrices, as in :mod:`ebbtide.pharmacology.engine.stepping`. Then the people are
the last axis of everything, so that neighbours in memory are neighbours in arithmetic, and a state writes a whole block
of grid times through rows that read ahead, $y_{t+j} = c\,P^j x$, before it passes the block at once. The rows are kept
in the type of the outputs, which halves what float32 reads.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ebbtide.pharmacology.engine.gpu_people import People, Shape, matrices_of
from ebbtide.pharmacology.engine.gpu_steps import Hours, Orders, follow
from ebbtide.pharmacology.engine.network import CENTRE
from ebbtide.pharmacology.engine.programme import BLOCK, BLOCK_POWER
from ebbtide.pharmacology.engine.stepping import TAYLOR_TERMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrays:
    """n people, the last axis of every array.

    Attributes:
        shape: Where drug can flow and what is read.
        shifted_per_h: A - mu I: states x states x people (1/h).
        lowest: mu, n numbers (1/h).
        doses: n factors of every rate and amount.
        step: P over one step of the grid: states x states x people.
        block: P over a block of the grid.
        rows: For each output, times x states that it reads x people: how it reads the next grid times off them.
    """

    shape: Shape
    shifted_per_h: jax.Array
    lowest: jax.Array
    doses: jax.Array
    step: jax.Array
    block: jax.Array
    rows: tuple[jax.Array, ...]

    @property
    def size(self) -> int:
        """How many states there are."""
        return self.shape.size

    def at_rest(self) -> jax.Array:
        """Bodies that hold nothing: states x people."""
        return jnp.zeros((self.size, self.lowest.size))

    def given(self, held: jax.Array, *, rate: jax.Array, amount: jax.Array) -> jax.Array:
        """The pump, the last state, at another rate, and an amount more in the centre."""
        return held.at[-1].set(rate * self.doses).at[CENTRE].add(amount * self.doses)

    def flowed(self, held: jax.Array) -> jax.Array:
        """(A - mu I) x."""
        return _times(self.shifted_per_h, held)

    def stepped(self, held: jax.Array) -> jax.Array:
        """P x."""
        return _times(self.step, held)

    def write(self, paper: jax.Array, place: jax.Array, held: jax.Array) -> jax.Array:
        """The outputs at one grid time."""
        return self._write(paper, place, held, times=1)

    def write_blocks(
        self, paper: jax.Array, place: jax.Array, count: jax.Array, held: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Whole blocks of ``count`` grid times: paper, the state after them, and how many times that are."""

        def write(number: jax.Array, carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            paper, held = carry
            paper = self._write(paper, place + number * BLOCK, held, times=BLOCK)
            return paper, _times(self.block, held)

        blocks = count // BLOCK
        paper, held = lax.fori_loop(jnp.int32(0), blocks, write, (paper, held))
        return paper, held, blocks * BLOCK

    def _write(self, paper: jax.Array, place: jax.Array, held: jax.Array, *, times: int) -> jax.Array:
        read = [
            jnp.sum(rows[:times] * held[np.array(reads)], axis=1)
            for rows, reads in zip(self.rows, reads_of(self.shape), strict=True)
        ]
        nowhere = jnp.int32(0)
        return lax.dynamic_update_slice(paper, jnp.stack(read).astype(paper.dtype), (nowhere, place, nowhere))


def reads_of(shape: Shape) -> tuple[tuple[int, ...], ...]:
    """For each output the states that ever come to be in it."""
    return tuple(tuple(j for i, j in shape.reached if i == state) for state in shape.states)


def _times(matrices: jax.Array, held: jax.Array) -> jax.Array:
    """Each person's matrix times each person's state."""
    return jnp.sum(matrices * held, axis=1)


def written(
    shape: Shape, people: People, orders: Orders, step: Hours, *, times: int, dtype: str
) -> jax.Array:
    """The curves of a whole programme: outputs x times x people."""
    shifted = matrices_of(shape, people)
    time = Hours(part_h=step.part_h[0], parts=step.parts[0])
    power = exponential(jnp.moveaxis(shifted, 2, 0), people.lowest, time)
    rows, block = read_ahead(power, shape.states, people.scales.T)
    bodies = Arrays(
        shape=shape,
        shifted_per_h=shifted,
        lowest=people.lowest,
        doses=people.doses,
        step=jnp.moveaxis(power, 0, 2),
        block=jnp.moveaxis(block, 0, 2),
        rows=tuple(
            jnp.moveaxis(rows[:, :, output, np.array(reads)].astype(dtype), 1, 2)
            for output, reads in enumerate(reads_of(shape))
        ),
    )
    blank = lax.empty((len(shape.states), times, people.lowest.size), jnp.dtype(dtype))
    curves: jax.Array = follow(bodies, orders, blank)
    return curves


def exponential(shifted_per_h: jax.Array, lowest: jax.Array, time: Hours) -> jax.Array:
    """exp(A t) of matrices shifted by the lowest entry of their diagonal: people x states x states."""
    size = shifted_per_h.shape[-1]
    scaled = shifted_per_h * time.part_h

    def add(order: jax.Array, carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        term, total = carry
        term = term @ scaled / order.astype(scaled.dtype)
        return term, total + term

    _, total = lax.fori_loop(2, TAYLOR_TERMS + size, add, (scaled, jnp.eye(size) + scaled))
    total = total * jnp.exp(lowest * time.part_h)[:, None, None]
    return lax.fori_loop(0, time.parts, lambda _, power: power @ power, total)


def read_ahead(power: jax.Array, states: tuple[int, ...], scales: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The rows of each output, BLOCK x people x outputs x states, and the matrix that passes the block."""
    first = jax.nn.one_hot(jnp.array(states), power.shape[-1], dtype=power.dtype) * scales[:, :, None]
    _, rows = lax.scan(lambda row, _: (row @ power, row), first, length=BLOCK)
    return rows, lax.fori_loop(0, BLOCK_POWER, lambda _, power: power @ power, power)
