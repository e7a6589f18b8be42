r"""The engine for many people, compiled: the same programme as :mod:`ebbtide.pharmacology.engine.stepping`, many people side by side.

A network that is built of centres with tissues and of stages is taken apart into modes, sixty-four people side by side;
whoever cannot be trusted that way, and every other network, is summed without a subtraction, thirty-two side by side:
decision 10. Either way what depends on a person's matrix is worked out once, the state is carried through the programme
once, and each block of times is written person by person, in the order of the memory.

Importing this module imports Numba (about a second): ask :mod:`ebbtide.pharmacology.engine.compute`, which does it when it
pays. Same answers as NumPy to 1e-10 of the peak: tests/pharmacology/test_kernel.py.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ebbtide.pharmacology.engine import stepping
from ebbtide.pharmacology.engine.compiled import AT_ONCE, EMIT, LANES, write_chunks
from ebbtide.pharmacology.engine.compiled_curves import follow_modes, write_modes
from ebbtide.pharmacology.engine.compiled_findings import find_modes
from ebbtide.pharmacology.engine.compiled_lanes import ABREAST
from ebbtide.pharmacology.engine.compiled_store import LINE
from ebbtide.pharmacology.engine.compiled_summaries import summarise_chunks
from ebbtide.pharmacology.engine.compute import CORES
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.modal import Modal, modal_of, unsigned
from ebbtide.pharmacology.engine.network import BoolArray, IntArray, Network
from ebbtide.pharmacology.engine.programme import Programme, with_the_last_alone
from ebbtide.pharmacology.engine.stepping import factors_of
from ebbtide.pharmacology.engine.summaries import AREA, figures_of, species_of

BLOCK = 128  # grid times that are written from one state of the modes
SHORT = 64  # grid times of a block that a summary bounds
TRUSTED_CURVES = 5e-11  # of the peak: what rounding may have done at most, by the bound that is carried along
TRUSTED_FIGURES = (
    5e-10  # the same of a highest value and an area, which nobody holds against NumPy point by point
)
TOGETHER = 4  # chunks that are followed before they are written
UnsignedArray = npt.NDArray[np.uint64]

sums_ready = threading.Event()  # what most people never need is compiled last


def curves(network: Network, programme: Programme, *, doses: FloatArray | None = None) -> FloatArray:
    """Every output of every person at every grid time, as :func:`ebbtide.pharmacology.engine.stepping.curves`."""
    out = np.empty((network.size, len(network.outputs), programme.grid.count))
    curves_into(network, programme, doses=doses, out=out)
    return out


def curves_into(
    network: Network, programme: Programme, *, out: FloatArray, doses: FloatArray | None = None
) -> None:
    """The same, written into an array that is already there: people x outputs x times.

    Raises:
        ValueError: The array has another shape, or does not hold 64-bit numbers one after the other.
    """
    wanted = (network.size, len(network.outputs), programme.grid.count)
    if out.shape != wanted or out.dtype != np.float64 or not out.flags.c_contiguous:
        raise ValueError(
            f"The array to write into must be {wanted[0]} x {wanted[1]} x {wanted[2]} 64-bit numbers in order (C), "
            f"not {' x '.join(map(str, out.shape))} of {out.dtype}: the compiled engine does not look where it writes."
        )
    factors = factors_of(network, doses)
    left = np.ones(network.size, dtype=np.bool_)
    modal = modal_of(network, programme, block=BLOCK)
    if modal is not None:
        left[:] = False
        _write_modes(network, programme, modal, factors, out, left)
    who = np.flatnonzero(left)
    if who.size and sums_ready.is_set():
        _write_sums(network, programme, factors, who, out)
    elif who.size:
        out[who] = stepping.curves(network.some(who), programme, doses=factors[who])


def figures(
    network: Network,
    programme: Programme,
    *,
    window_ng_per_ml: tuple[float, float],
    doses: FloatArray | None = None,
) -> FloatArray:
    """Of every concentration its highest value, its place, times in the window and area: people x species x 4."""
    species, factors = species_of(network), factors_of(network, doses)
    whole = _reading(network, (*species, *(f"{AREA}{name}" for name in species)))
    found = np.zeros((network.size, len(species), 4))
    left = np.ones(network.size, dtype=np.bool_)
    window = (float(window_ng_per_ml[0]), float(window_ng_per_ml[1]))
    read = _reading(network, species)
    modal = modal_of(read, programme, block=SHORT)
    if modal is not None:
        left[:] = False
        _find_modes(read, programme.grid.step_h, modal, (factors, left), window, found)
    who = np.flatnonzero(left)
    if who.size and sums_ready.is_set():
        _find_sums(whole, programme, factors, who, window, found)
    elif who.size:
        some = whole.some(who)
        written = stepping.curves(some, programme, doses=factors[who])
        found[who] = figures_of(some, written, window_ng_per_ml=window)
    return found


def make_sums_ready(network: Network, programme: Programme) -> None:
    """Compile the sums of products by asking them about a few people; until then NumPy answers for whom modes leave."""
    who, factors = np.arange(network.size), np.ones(network.size)
    _write_sums(
        network,
        programme,
        factors,
        who,
        np.empty((network.size, len(network.outputs), programme.grid.count)),
    )
    found = np.empty((network.size, len(species_of(network)), 4))
    _find_sums(network, programme, factors, who, (0.0, 1.0), found)
    sums_ready.set()


def _write_sums(
    network: Network, programme: Programme, factors: FloatArray, who: IntArray, out: FloatArray
) -> None:
    """The curves of some people, summed."""
    inputs = (who, *_inputs(network, programme), factors, out)
    _on_every_core(write_chunks, -(-who.size // LANES), inputs)


def _find_sums(
    network: Network,
    programme: Programme,
    factors: FloatArray,
    who: IntArray,
    window: tuple[float, float],
    found: FloatArray,
) -> None:
    """The figures of some people, summed."""
    species = species_of(network)
    areas = unsigned([network.states[network.outputs.index(f"{AREA}{name}")] for name in species])
    inputs = _inputs(_reading(network, species), with_the_last_alone(programme))
    _on_every_core(summarise_chunks, -(-who.size // LANES), (who, *inputs, factors, areas, window, found))


def _reading(network: Network, outputs: tuple[str, ...]) -> Network:
    """The same people with these outputs in this order."""
    places = [network.outputs.index(name) for name in outputs]
    return replace(
        network,
        outputs=outputs,
        states=tuple(network.states[place] for place in places),
        scales=network.scales[places],
    )


def _find_modes(
    network: Network,
    step_h: float,
    modal: Modal,
    of_each: tuple[FloatArray, BoolArray],
    window: tuple[float, float],
    found: FloatArray,
) -> None:
    """The figures of everybody whose rates lie apart; the others are marked as left, beside the factors of doses."""
    factors, left = of_each
    shape = (
        np.uint64(modal.long),
        np.uint64(modal.pumped),
        step_h,
        np.uint64(network.size),
        np.uint64(modal.end),
        (SHORT - 1) * step_h,
        np.uint64(modal.peaks),
        modal.given,
        TRUSTED_FIGURES,
    )

    def of(some: tuple[np.uint64, np.uint64], held: FloatArray, stood: FloatArray) -> None:
        find_modes(
            *some, shape, modal.plan[2:], modal.tables, held, stood, modal.lists, modal.emits, factors, window,
            found, left,
        )  # fmt: skip

    _follow_modes(network, modal, (factors, TRUSTED_FIGURES), left, of)


def _write_modes(
    network: Network,
    programme: Programme,
    modal: Modal,
    factors: FloatArray,
    out: FloatArray,
    left: BoolArray,
) -> None:
    """The curves of everybody whose rates lie apart; the others are marked as left."""
    grid = programme.grid
    ahead = -(out.ctypes.data // out.itemsize) % LINE  # numbers before the first that is aligned
    shape = (
        *(np.uint64(number) for number in (modal.long, modal.pumped, ahead)),
        grid.step_h,
        np.uint64(grid.count),
        np.uint64(network.size),
        np.uint64(modal.peaks),
    )
    flat = out.reshape(-1)

    def of(some: tuple[np.uint64, np.uint64], held: FloatArray, stood: FloatArray) -> None:
        write_modes(
            *some,
            shape,
            modal.plan[2:],
            modal.tables[0],
            held,
            stood,
            modal.lists,
            modal.emits[:2],
            flat,
            left,
        )

    _follow_modes(network, modal, (factors, TRUSTED_CURVES), left, of)


def _follow_modes(
    network: Network,
    modal: Modal,
    given: tuple[FloatArray, float],
    left: BoolArray,
    then: Callable[[tuple[np.uint64, np.uint64], FloatArray, FloatArray], None],
) -> None:
    """Follow the modes of a few chunks at a time on every core, and do with each what is wanted.

    Given are the factors of the doses, and how much rounding may have done to whoever is not left.
    """
    rates = np.ascontiguousarray(network.rates_per_h).ravel()
    bodies = (rates, np.ascontiguousarray(network.scales).ravel(), np.uint64(network.size))

    def run(begin: int, end: int) -> None:
        held = np.empty((TOGETHER, modal.size))
        stood = np.zeros(TOGETHER * modal.emits[0].size * modal.slots * int(ABREAST))
        for first in range(begin, end, TOGETHER):
            some = np.uint64(first), np.uint64(min(first + TOGETHER, end))
            follow_modes(*some, bodies, modal.plan, modal.steps, *given, held, stood, left)
            then(some, held, stood)

    _on_every_core(run, -(-network.size // int(ABREAST)), ())


def _on_every_core(function: Callable[..., None], chunks: int, inputs: tuple[object, ...]) -> None:
    """Run a function over equal shares of the chunks, one share for each core."""
    shares = np.linspace(0, chunks, min(CORES, chunks) + 1).astype(np.int64)
    waiting = [_threads().submit(function, begin, end, *inputs) for begin, end in pairwise(shares.tolist())]
    for share in waiting:
        share.result()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=CORES, thread_name_prefix="pharmacology")


def _inputs(network: Network, programme: Programme) -> tuple[object, ...]:
    """What the compiled function takes: arrays alone, and no index below zero."""
    flows = network.flows | np.eye(network.flows.shape[0], dtype=np.bool_)
    reached = network.reached()
    emits = programme.codes == EMIT
    column = np.ones((network.flows.shape[0], 1), dtype=np.bool_)
    read = [np.flatnonzero(reached[state]) for state in network.states]
    ahead = [_table(_only(part, reached)[None, :], reached) for part in read]
    return (
        np.ascontiguousarray(network.rates_per_h),
        _unsigned(np.argwhere(flows)),
        (
            _table(reached, flows),
            _table(reached, reached),
            _table(flows, column),
            _table(reached, column),
            _places(reached),
            _longest(flows),
        ),
        (_unsigned(np.concatenate(ahead)), _starts(ahead), _unsigned(np.concatenate(read)), _starts(read)),
        _unsigned(network.states),
        np.ascontiguousarray(network.scales),
        (programme.codes, programme.numbers, _unsigned(programme.places)),
        (_unsigned(programme.places[emits]), _unsigned(programme.counts[emits])),
        programme.grid.step_h,
    )


def _unsigned(numbers: IntArray | Sequence[int] | Sequence[Sequence[int]]) -> UnsignedArray:
    """Numbers that are zero or more, so that no index can be meant from the end."""
    return np.array(numbers, dtype=np.uint64)


def _starts(parts: Sequence[UnsignedArray | IntArray]) -> UnsignedArray:
    """Where each of several lists begins when they stand one after the other, and where the last ends."""
    return _unsigned(np.cumsum([0, *(len(part) for part in parts)]))


def _only(some: IntArray, reached: BoolArray) -> BoolArray:
    """A row vector that holds something in these states alone."""
    filled = np.zeros(reached.shape[0], dtype=np.bool_)
    filled[some] = True
    return filled


def _places(filled: BoolArray) -> UnsignedArray:
    """Where the entries that can be other than zero stand in a flat matrix of a chunk."""
    rows, columns = np.nonzero(filled)
    return _unsigned((rows * (filled.shape[0] + 1) + columns) * LANES)


def _longest(flows: BoolArray) -> int:
    """The most flows that drug has to pass on the shortest way from one state to another: a chain that a series opens."""
    far, paths, steps = flows, flows, 1
    while (far := (far.astype(np.int64) @ flows.astype(np.int64)) > 0).sum() > paths.sum():
        paths, steps = far, steps + 1
    return steps


def _table(left: BoolArray, right: BoolArray) -> UnsignedArray:
    """A product of two matrices as sums of up to four products: where each is written, and what is multiplied.

    Places are offsets into the flat arrays of a chunk. A sum of fewer is filled up with the row and the column beyond
    the states, where every array of a chunk holds zeros. A vector is a matrix of one row or one column.
    """
    inner = left.shape[1]
    wide = {False: inner + 1, True: 1}
    left_row, right_row, out_row = inner + 1, wide[right.shape[1] == 1], wide[right.shape[1] == 1]
    rows = []
    for i, j in np.argwhere((left.astype(np.int64) @ right.astype(np.int64)) > 0).tolist():
        summed = np.flatnonzero(left[i] & right[:, j]).tolist()
        for first in range(0, len(summed), AT_ONCE):
            some = [*summed[first : first + AT_ONCE], *[inner] * AT_ONCE][:AT_ONCE]
            pairs = [place for k in some for place in (i * left_row + k, k * right_row + j)]
            rows.append([*(place * LANES for place in (i * out_row + j, *pairs)), int(first > 0)])
    return _unsigned(rows)
