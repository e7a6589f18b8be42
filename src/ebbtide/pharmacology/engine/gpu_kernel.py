r"""The form ``kernel`` of the JAX engine: two Pallas kernels (Triton), in which each thread is one person.

The first works out the step matrix P of every person; the second keeps P and the state x in registers, goes along the
grid, $x \leftarrow P x$, and writes nothing but the outputs, so that the memory is touched once. A matrix is held as
its entries that can be other than zero, each a vector over the people of a tile: a product is written out as the sums
that it is, and nothing is spent on zeros.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton

from ebbtide.pharmacology.engine.gpu_people import People, Place, Shape
from ebbtide.pharmacology.engine.gpu_steps import Hours, Orders, follow
from ebbtide.pharmacology.engine.network import CENTRE
from ebbtide.pharmacology.engine.stepping import TAYLOR_TERMS

TILE = 128  # people that share a program, one for each thread
WARP = 32  # threads
Reference = Any  # to an array in the memory of the device
Held = tuple[jax.Array, ...]
Matrix = dict[Place, jax.Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """The people of one tile.

    Attributes:
        shape: Where drug can flow and what is read.
        own: Which people they are.
        shifted_per_h: A - mu I of everybody, flows x people (1/h): it stays in memory, for it is seldom needed.
        lowest: mu (1/h).
        doses: The factor of every rate and amount.
        scales: The factor of each output.
        step: P over one step of the grid, by place.
        curves: Where the outputs are written: outputs x times x people.
    """

    shape: Shape
    own: Any
    shifted_per_h: Reference
    lowest: jax.Array
    doses: jax.Array
    scales: Held
    step: Matrix
    curves: Reference

    @property
    def size(self) -> int:
        """How many states there are."""
        return self.shape.size

    def at_rest(self) -> Held:
        """Bodies that hold nothing: for each state a vector over the tile."""
        return tuple(jnp.zeros_like(self.lowest) for _ in range(self.size))

    def given(self, held: Held, *, rate: jax.Array, amount: jax.Array) -> Held:
        """The pump, the last state, at another rate, and an amount more in the centre."""
        after = list(held)
        after[-1] = rate * self.doses
        after[CENTRE] = after[CENTRE] + amount * self.doses
        return tuple(after)

    def flowed(self, held: Held) -> Held:
        """(A - mu I) x."""
        return _times(_rates(self.shape, self.shifted_per_h, self.own), held)

    def stepped(self, held: Held) -> Held:
        """P x."""
        return _times(self.step, held)

    def write(self, paper: jax.Array, place: jax.Array, held: Held) -> jax.Array:
        """The outputs at one grid time go straight to the memory; the paper is a blank one."""
        for output, (state, scale) in enumerate(zip(self.shape.states, self.scales, strict=True)):
            self.curves[output, place, self.own] = (held[state] * scale).astype(self.curves.dtype)
        return paper

    def write_blocks(
        self, paper: jax.Array, _place: jax.Array, _count: jax.Array, held: Held
    ) -> tuple[jax.Array, Held, jax.Array]:
        """None: with P in registers one time after the other is the quickest."""
        return paper, held, jnp.int32(0)


def product(left: Matrix, right: Matrix) -> Matrix:
    """Left times right, entry by entry."""
    out: Matrix = {}
    for (row, inner), a in left.items():
        for (also, column), b in right.items():
            if also == inner:
                out[row, column] = out[row, column] + a * b if (row, column) in out else a * b
    return out


def _times(matrix: Matrix, held: Held) -> Held:
    """A matrix, of which every row holds something, times a state."""
    after = product(matrix, {(state, 0): value for state, value in enumerate(held)})
    return tuple(after[state, 0] for state in range(len(held)))


def exponential(shape: Shape, shifted_per_h: Matrix, lowest: jax.Array, time: Hours) -> Matrix:
    """exp(A t) of matrices shifted by the lowest entry of their diagonal."""
    scaled = {place: rate * time.part_h for place, rate in shifted_per_h.items()}
    term = dict.fromkeys(shape.reached, jnp.zeros_like(lowest)) | scaled
    total = {(i, j): value + 1.0 if i == j else value for (i, j), value in term.items()}

    def add(order: jax.Array, carry: tuple[Matrix, Matrix]) -> tuple[Matrix, Matrix]:
        term, total = carry
        share = 1.0 / order.astype(lowest.dtype)
        term = {place: value * share for place, value in product(term, scaled).items()}
        return term, {place: total[place] + value for place, value in term.items()}

    _, total = lax.fori_loop(jnp.int32(2), jnp.int32(TAYLOR_TERMS + shape.size), add, (term, total))
    factor = jnp.exp(lowest * time.part_h)
    total = {place: value * factor for place, value in total.items()}
    power: Matrix = lax.fori_loop(jnp.int32(0), time.parts, lambda _, power: product(power, power), total)
    return power


def written(
    shape: Shape,
    people: People,
    orders: Orders,
    step: Hours,
    *,
    curves: jax.ShapeDtypeStruct,
    interpreted: bool,
) -> jax.Array:
    """The curves of a whole programme: outputs x times x people.

    Args:
        shape: Where drug can flow and what is read.
        people: n people, one at least.
        orders: What is given and when to look.
        step: The step of the grid, cut for a series; arrays of one number, for a kernel takes no bare ones.
        curves: The shape and type of what is written.
        interpreted: Whether to run where there is no GPU, slowly.
    """
    size = people.lowest.size
    tile = min(TILE, 1 << (size.bit_length() - 1))
    call = partial(
        pl.pallas_call,
        grid=(-(-size // tile),),
        interpret=interpreted,
        compiler_params=triton.CompilerParams(num_warps=max(1, tile // WARP), num_stages=1),
    )
    powers = call(
        partial(_exponentials, shape=shape, tile=tile),
        out_shape=jax.ShapeDtypeStruct((len(shape.reached), size), people.lowest.dtype),
        name="ebbtide_exponentials",
    )(people, step)
    found: jax.Array = call(
        partial(_curves, shape=shape, tile=tile), out_shape=curves, name="ebbtide_curves"
    )(people, powers, orders)
    return found


def _own(people: People, tile: int) -> Any:
    """The people of this program; the last tile reaches back into its neighbour and writes the same there."""
    return pl.ds(jnp.minimum(pl.program_id(0) * tile, people.lowest.shape[0] - tile), tile)


def _rates(shape: Shape, shifted_per_h: Reference, own: Any) -> Matrix:
    return {place: shifted_per_h[number, own] for number, place in enumerate(shape.flows)}


def _exponentials(people: People, step: Hours, powers: Reference, *, shape: Shape, tile: int) -> None:
    own = _own(people, tile)
    time = Hours(part_h=step.part_h[0], parts=step.parts[0])
    found = exponential(shape, _rates(shape, people.shifted_per_h, own), people.lowest[own], time)
    for number, place in enumerate(shape.reached):
        powers[number, own] = found[place]


def _curves(
    people: People, powers: Reference, orders: Orders, curves: Reference, *, shape: Shape, tile: int
) -> None:
    own = _own(people, tile)
    lanes = Lanes(
        shape=shape,
        own=own,
        shifted_per_h=people.shifted_per_h,
        lowest=people.lowest[own],
        doses=people.doses[own],
        scales=tuple(people.scales[output, own] for output in range(len(shape.states))),
        step={place: powers[number, own] for number, place in enumerate(shape.reached)},
        curves=curves,
    )
    follow(lanes, orders, jnp.int32(0))
