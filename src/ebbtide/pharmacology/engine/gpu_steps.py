r"""How n people follow a programme in JAX, whatever holds them: arrays of the device, or registers of one kernel.

A state x is a tree of JAX arrays. On the grid it goes by the step matrix, $x \leftarrow P x$ with $P = e^{A\,dt}$; off
the grid by the Taylor series of the exponential on the state alone, shifted as in
:mod:`ebbtide.pharmacology.engine.stepping` so that it only adds:

$$ e^{A t} x = \left( e^{\mu t/m} \sum_k \frac{((A - \mu I)\, t/m)^k}{k!} \right)^m x, \qquad \mu = \min_j A_{jj}. $$
"""

from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jax import lax

from ebbtide.pharmacology.engine.stepping import NORM_AFTER_SCALING

DRIFT_TERMS = 20  # beyond the longest chain: of parts with a norm of one at most, 1/21! is 2e-20

State = Any
Paper = Any


class Hours(NamedTuple):
    """Times (h), each cut into so many equal parts that a short series bears."""

    part_h: jax.Array
    parts: jax.Array


class Orders(NamedTuple):
    """The walks of a programme (:class:`ebbtide.pharmacology.engine.gpu_walks.Walks`) as JAX takes them, m numbers each."""

    rates: jax.Array
    amounts: jax.Array
    waits: jax.Array
    drifts: Hours
    places: jax.Array
    counts: jax.Array
    steps: jax.Array


class Bodies(Protocol):
    """n people: what is done to a state, and how its outputs are written on paper."""

    @property
    def size(self) -> int:
        """How many states there are."""

    @property
    def lowest(self) -> jax.Array:
        """mu, the lowest entry of each person's diagonal (1/h)."""

    def at_rest(self) -> State:
        """Bodies that hold nothing."""

    def given(self, held: State, *, rate: jax.Array, amount: jax.Array) -> State:
        """The pump at another rate, and an amount more in the centre."""

    def flowed(self, held: State) -> State:
        """(A - mu I) x."""

    def stepped(self, held: State) -> State:
        """P x."""

    def write(self, paper: Paper, place: jax.Array, held: State) -> Paper:
        """The outputs at one grid time."""

    def write_blocks(self, paper: Paper, place: jax.Array, count: jax.Array, held: State) -> tuple[Any, ...]:
        """Whole blocks of ``count`` grid times: paper, the state after them, and how many times that are."""


def hours_of(hours: jax.Array, widest: jax.Array) -> Hours:
    """Cut times (h) where no column of a shifted matrix sums to more than ``widest`` (1/h): a norm of one at most."""
    parts = jnp.ceil(widest * hours)
    return Hours(part_h=hours / jnp.maximum(parts, 1.0), parts=parts.astype(jnp.int32))


def halved(hours: jax.Array, widest: jax.Array) -> Hours:
    """A time (h) cut into 2^parts parts, as few as :data:`NORM_AFTER_SCALING` allows."""
    norm = jnp.maximum(widest * hours / NORM_AFTER_SCALING, 1.0)
    parts = jnp.ceil(jnp.log2(norm)).astype(jnp.int32)
    return Hours(part_h=hours / 2.0**parts, parts=parts)


def follow(bodies: Bodies, orders: Orders, paper: Paper) -> Paper:
    """Take people at rest through every walk of a programme; returns what has been written."""

    def walk(number: jax.Array, carry: tuple[State, Paper]) -> tuple[State, Paper]:
        held, paper = carry
        held = bodies.given(held, rate=orders.rates[number], amount=orders.amounts[number])
        held = _drifted(bodies, held, orders.drifts.part_h[number], orders.drifts.parts[number])
        held = _stepped(bodies, held, jnp.int32(0), orders.waits[number])
        return _walked(
            bodies, (held, paper), orders.places[number], orders.counts[number], orders.steps[number]
        )

    return lax.fori_loop(jnp.int32(0), jnp.int32(orders.rates.shape[0]), walk, (bodies.at_rest(), paper))[1]


def _stepped(bodies: Bodies, held: State, begin: jax.Array, end: jax.Array) -> State:
    return lax.fori_loop(begin, end, lambda _, held: bodies.stepped(held), held)


def _drifted(bodies: Bodies, held: State, part_h: jax.Array, parts: jax.Array) -> State:
    factor = jnp.exp(bodies.lowest * part_h)

    def add(order: jax.Array, carry: tuple[State, State]) -> tuple[State, State]:
        term, total = carry
        share = part_h / order.astype(part_h.dtype)
        term = jax.tree.map(lambda value: value * share, bodies.flowed(term))
        return term, jax.tree.map(jnp.add, total, term)

    def pass_part(_: jax.Array, held: State) -> State:
        _, total = lax.fori_loop(jnp.int32(1), jnp.int32(DRIFT_TERMS + bodies.size), add, (held, held))
        return jax.tree.map(lambda value: value * factor, total)

    return lax.fori_loop(jnp.int32(0), parts, pass_part, held)


def _walked(
    bodies: Bodies, carry: tuple[State, Paper], place: jax.Array, count: jax.Array, steps: jax.Array
) -> tuple[State, Paper]:
    """Write and step as long as it does both, then step as far as it goes, or look as far ahead as it writes."""

    def write_and_step(times: jax.Array, carry: tuple[State, Paper]) -> tuple[State, Paper]:
        held, paper = carry
        return bodies.stepped(held), bodies.write(paper, place + times, held)

    held, paper = carry
    both = jnp.minimum(count, steps)
    paper, held, done = bodies.write_blocks(paper, place, both, held)
    held, paper = lax.fori_loop(done, both, write_and_step, (held, paper))
    held = _stepped(bodies, held, both, steps)
    _, paper = lax.fori_loop(both, count, write_and_step, (held, paper))
    return held, paper
