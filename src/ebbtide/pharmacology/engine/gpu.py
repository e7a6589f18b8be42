r"""The engine for many people in JAX: the same programme as :mod:`ebbtide.pharmacology.engine.stepping`, on a GPU.

Everything is worked out in float64; ``dtype`` is the type in which the outputs are written. Two forms:

- ``kernel`` (:mod:`ebbtide.pharmacology.engine.gpu_kernel`): a thread for each person, and the memory is touched once.
- ``loops`` (:mod:`ebbtide.pharmacology.engine.gpu_arrays`): plain XLA, for any device.

The programme enters as numbers and not as code: another schedule or step compiles nothing anew, unless it has many more
changes; another structure of the model, number of people or number of times does. Same answers as NumPy to 1e-10 of the
peak in float64 and to 1e-6 of it in float32: tests/pharmacology/test_gpu.py. Needs the extra ``gpu``; on an NVIDIA card
JAX wants its own libraries for it besides (``jax[cuda13]``). Measured by tools/bench/gpu_pharmacology.py.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.gpu_walks import Walks, walks_of
from ebbtide.pharmacology.engine.network import BoolArray, Network
from ebbtide.pharmacology.engine.programme import Programme

try:
    import jax
    import jax.numpy as jnp
except ImportError as absent:
    raise ImportError("This engine needs JAX, which is not installed: pip install ebbtide[gpu]") from absent

from ebbtide.pharmacology.engine import gpu_arrays
from ebbtide.pharmacology.engine.gpu_people import Place, Shape, people_of, widest_of
from ebbtide.pharmacology.engine.gpu_steps import Orders, halved, hours_of

Form = Literal["kernel", "loops"]
Digits = Literal["float64", "float32"]

BYTES_AT_ONCE = 2**30  # of curves on the device at a time when they go back to the host


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """n people on a device.

    Attributes:
        shape: Where drug can flow and what is read.
        rates_per_h: For each place of the shape's flows n rates (1/h).
        scales: For each output n factors (ng/mL for each mg).
        doses: n factors of every rate and impulse.
        device: Where they are.
    """

    shape: Shape
    rates_per_h: tuple[jax.Array, ...]
    scales: tuple[jax.Array, ...]
    doses: jax.Array
    device: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """What the code is compiled for, besides the number of people and of walks."""

    shape: Shape
    times: int
    dtype: Digits
    form: Form
    interpreted: bool = False


def load(network: Network, *, doses: FloatArray | None = None, device: Any = None) -> Loaded:
    """Bring people to a device, so that several programmes can be run on them there.

    Args:
        network: n people.
        doses: n factors of every rate and impulse, 1 by default: weights (kg) where the programme is per kg.
        device: A device of JAX; its first one by default.
    """
    device = jax.devices()[0] if device is None else device
    flows = _places(network.flows | np.eye(network.pump + 1, dtype=np.bool_))
    doses = np.ones(network.size) if doses is None else doses
    with jax.enable_x64(True):  # noqa: FBT003 - its only argument
        rates_per_h, scales, doses_there = jax.device_put(
            (tuple(network.rates_per_h[place] for place in flows), tuple(network.scales), doses), device
        )
    return Loaded(
        shape=Shape(
            size=network.pump + 1,
            flows=flows,
            reached=_places(network.reached()),
            states=tuple(network.states),
        ),
        rates_per_h=rates_per_h,
        scales=scales,
        doses=doses_there,
        device=device,
    )


def _places(where: BoolArray) -> tuple[Place, ...]:
    return tuple((int(i), int(j)) for i, j in np.argwhere(where))


def curves(
    network: Network,
    programme: Programme,
    *,
    doses: FloatArray | None = None,
    dtype: Digits = "float64",
    device: Any = None,
    form: Form | None = None,
) -> npt.NDArray[np.floating[Any]]:
    """Every output of every person at every grid time: people x outputs x times (ng/mL; ng h/mL for areas).

    The people pass through the device in blocks, so only the host's memory bounds their number.

    Args:
        network: n people.
        programme: What is given and when to look.
        doses: As for :func:`load`.
        dtype: Type of what comes back.
        device: As for :func:`load`.
        form: As for :func:`curves_on_device`.
    """
    outputs, times = len(network.outputs), programme.grid.count
    written = np.empty((network.size, outputs, times), dtype=dtype)
    together = -(-network.size // max(1, -(-written.nbytes // BYTES_AT_ONCE)))
    for first in range(0, network.size, max(1, together)):
        begin = min(first, network.size - together)  # the last block reaches back: one size, compiled once
        people = slice(begin, begin + together)
        loaded = load(network.some(people), doses=None if doses is None else doses[people], device=device)
        found = curves_on_device(loaded, programme, dtype=dtype, form=form)
        with jax.enable_x64(True):  # noqa: FBT003
            written[people] = jnp.moveaxis(found, 2, 0)
    return written


def curves_on_device(
    loaded: Loaded, programme: Programme, *, dtype: Digits = "float64", form: Form | None = None
) -> jax.Array:
    """The same curves left on the device, in the order in which it writes fastest: **outputs x times x people**.

    As every answer of JAX it may still be on its way: ``.block_until_ready()`` waits for it.

    Args:
        loaded: n people on a device.
        programme: What is given and when to look.
        dtype: Type of the curves.
        form: ``kernel`` or ``loops``, by default :func:`form_for` the device. On a processor the kernel is
            interpreted, which is slow and for tests alone.
    """
    platform = loaded.device.platform
    fixed = Fixed(
        shape=loaded.shape,
        times=programme.grid.count,
        dtype=dtype,
        form=form or form_for(platform),
        interpreted=platform == "cpu",
    )
    with jax.enable_x64(True):  # noqa: FBT003
        numbers = (walks_of(programme), np.array([programme.grid.step_h]))
        walks, step_h = jax.device_put(numbers, loaded.device)
        found: jax.Array = compiled(
            (loaded.rates_per_h, loaded.scales, loaded.doses), walks, step_h, fixed=fixed
        )
        return found


def form_for(platform: str) -> Form:
    """``kernel`` on a GPU, as long as this JAX has Triton under Pallas, which its makers mean to remove."""
    if platform != "gpu":
        return "loops"
    try:
        from jax.experimental.pallas import triton  # noqa: F401 - it is only asked for
    except ImportError:
        return "loops"
    return "kernel"


def run(
    loaded: tuple[tuple[jax.Array, ...], tuple[jax.Array, ...], jax.Array],
    walks: Walks,
    step_h: jax.Array,
    *,
    fixed: Fixed,
) -> jax.Array:
    """What is compiled, once for each :class:`Fixed`, number of people and number of walks."""
    rates_per_h, scales, doses = loaded
    people = people_of(fixed.shape, jnp.stack(rates_per_h), scales=jnp.stack(scales), doses=doses)
    widest = widest_of(fixed.shape, people)
    orders = Orders(
        rates=walks.rates,
        amounts=walks.amounts,
        waits=walks.waits,
        drifts=hours_of(walks.hours, widest),
        places=walks.places,
        counts=walks.counts,
        steps=walks.steps,
    )
    step = halved(step_h, widest)
    if fixed.form == "loops":
        return gpu_arrays.written(fixed.shape, people, orders, step, times=fixed.times, dtype=fixed.dtype)
    from ebbtide.pharmacology.engine import gpu_kernel

    curves = jax.ShapeDtypeStruct((len(scales), fixed.times, doses.size), jnp.dtype(fixed.dtype))
    return gpu_kernel.written(fixed.shape, people, orders, step, curves=curves, interpreted=fixed.interpreted)


compiled = jax.jit(run, static_argnames=("fixed",))
