"""The door to the engine for many people: it answers at once, and lets the compiled engine answer when that pays.

Numba takes about a second to load and, on the first use after installation, longer to compile. A small question is
answered by NumPy before that. A large one is answered by NumPy too the first time, on every core, and the compiled
engine is made ready behind it; from then on it answers. Both say the same to 1e-10 of the peak.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from ebbtide.pharmacology.engine import stepping, summaries
from ebbtide.pharmacology.engine.cohort import cohort_of
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import Network, network_of
from ebbtide.pharmacology.engine.programme import Grid, Programme, programme_of
from ebbtide.pharmacology.engine.summaries import Summaries
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.schedule import Bolus, Schedule

LARGE = 2_000_000  # points: under it NumPy has answered before Numba is loaded
PEOPLE_AT_ONCE = 1024
# the cores that this process may use, where the system tells
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

_ready = threading.Event()
_tried = threading.Event()
_begun = threading.Lock()


def curves(network: Network, programme: Programme, *, doses: FloatArray | None = None) -> FloatArray:
    """Every output of every person at every grid time: people x outputs x times (ng/mL; ng h/mL for areas).

    Args:
        network: n people.
        programme: What is given and when to look.
        doses: n factors of every rate and impulse, 1 by default: weights (kg) where the programme is per kg.
    """
    points = network.size * len(network.outputs) * programme.grid.count
    if points >= LARGE and is_ready():
        from ebbtide.pharmacology.engine import kernel

        return kernel.curves(network, programme, doses=doses)
    answer = _in_numpy(network, programme, doses)
    if points >= LARGE:
        make_ready()
    return answer


def summarise(
    network: Network,
    programme: Programme,
    *,
    window_ng_per_ml: tuple[float, float],
    doses: FloatArray | None = None,
) -> Summaries:
    """Peak, its time, time in a window and area of every person, without keeping the curves.

    Args:
        network: n people, made with ``areas=True``.
        programme: What is given and when to look.
        window_ng_per_ml: Lowest and highest concentration that count as inside (ng/mL).
        doses: As for :func:`curves`.
    """
    summaries.species_of(network)
    if is_ready():
        from ebbtide.pharmacology.engine import kernel

        found = kernel.figures(network, programme, window_ng_per_ml=window_ng_per_ml, doses=doses)
        return summaries.of_figures(network, programme, found)
    written = curves(network, programme, doses=doses)
    return summaries.of_curves(network, programme, written, window_ng_per_ml=window_ng_per_ml)


def is_ready() -> bool:
    """Whether the compiled engine answers in this process."""
    return _ready.is_set()


def make_ready(*, wait: bool = False) -> None:
    """Load and compile the compiled engine, in a thread of its own unless the caller would rather wait.

    Where it cannot be compiled (a computer without a place to keep it, say) the thread says why on the error stream,
    nobody waits any longer, and NumPy goes on answering: :func:`is_ready` stays false.
    """
    if not is_ready() and _begun.acquire(blocking=False):
        thread = threading.Thread(target=_prepare, name="pharmacology-compiler", daemon=True)
        thread.start()
    if wait:
        _tried.wait()


def _prepare() -> None:
    """Try once; what few people ever need is compiled last."""
    try:
        _ask_once()
        _ready.set()
        _ask_for_sums()
    finally:
        _tried.set()


def _ask_once() -> None:
    """One small question of each kind: after it most people are answered without more to compile."""
    from ebbtide.pharmacology.engine import kernel

    network, programme = _a_small_question()
    kernel.curves(network, programme)
    kernel.figures(network, programme, window_ng_per_ml=(0.0, 1.0))


def _ask_for_sums() -> None:
    """The same questions the other way: after them nothing is left to compile."""
    from ebbtide.pharmacology.engine import kernel

    kernel.make_sums_ready(*_a_small_question())


def _a_small_question() -> tuple[Network, Programme]:
    """Two people and three times, with a push, a rate and a drift."""
    model = the_library().model("kamp_2020")
    cohort = cohort_of(model=model, weight_kg=np.full(2, 70.0), age_y=np.full(2, 45.0))
    schedule = Schedule(boluses=(Bolus(at_h=0.0, amount_mg=1.0), Bolus(at_h=0.55, amount_mg=1.0, over_h=0.1)))
    return network_of(cohort, areas=True), programme_of(schedule, Grid(step_h=0.1, count=3))


def _in_numpy(network: Network, programme: Programme, doses: FloatArray | None) -> FloatArray:
    """The NumPy engine on every core, in shares of the people."""
    doses = stepping.factors_of(network, doses)
    if network.size <= PEOPLE_AT_ONCE:
        return stepping.curves(network, programme, doses=doses)
    written = np.empty((network.size, len(network.outputs), programme.grid.count))

    def run(first: int) -> None:
        people = slice(first, first + PEOPLE_AT_ONCE)
        written[people] = stepping.curves(network.some(people), programme, doses=doses[people])

    list(_threads().map(run, range(0, network.size, PEOPLE_AT_ONCE)))
    return written


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=CORES, thread_name_prefix="pharmacology")
