"""Plan, tape and steps as the flat arrays that the compiled functions take: offsets ready made, and none below zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from ebbtide.pharmacology.engine.compiled_lanes import ABREAST
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.modes import Group, Plan, groups_of, planned
from ebbtide.pharmacology.engine.network import Network
from ebbtide.pharmacology.engine.programme import Programme
from ebbtide.pharmacology.engine.residues import TINY, tape_of
from ebbtide.pharmacology.engine.stretches import POWERS, steps_of
from ebbtide.pharmacology.engine.tape import Do

WIDE = int(ABREAST)
SIXTEEN = 16
Rows = list[tuple[int, int, int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What holds for everybody under a plan, as arrays.

    Attributes:
        plan: Where it comes from.
        record: The tape of rates and residues.
        constants: Registers that hold a number before it is played, and the numbers.
        poles: Where the rate of each mode stands.
        values: Registers of the residue of each output in each of its modes.
        bounds: Registers of their bounds, in the same order.
        registers: How many the tape uses.
    """

    plan: Plan
    record: np.ndarray
    constants: tuple[np.ndarray, FloatArray]
    poles: np.ndarray
    values: tuple[tuple[int, ...], ...]
    bounds: tuple[tuple[int, ...], ...]
    registers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Modal:
    """What the compiled functions take: see :mod:`ebbtide.pharmacology.engine.compiled_curves`.

    Attributes:
        plan: Tapes, constants, orders, places of the rates, and where in the registers of a chunk all begins.
        steps: Codes, numbers, moves and hours.
        tables: Output x mode: one more than where its residue stands, 0 where it has none; the same of its bound.
        lists: Rows, slots, and where the list of each output begins without and with the pump.
        emits: Counts, whether the pump runs, and first places of the blocks.
        peaks: Where in the registers the highest value at the beginning of any block stands, output by output.
        given: What has been given by the last grid time (mg), of a dose factor of one.
        end: The same of the decays to the end of a block.
        size: Numbers that the registers of a chunk take.
        slots: How many there are in a block.
        long: Grid times of the longest block, a whole number of sixteens.
        pumped: The same of the longest block while the pump runs.
    """

    plan: tuple[object, ...]
    steps: tuple[object, ...]
    tables: tuple[np.ndarray, np.ndarray]
    lists: tuple[np.ndarray, np.ndarray, np.ndarray]
    emits: tuple[np.ndarray, np.ndarray, np.ndarray]
    peaks: int
    given: float
    end: int
    size: int
    slots: int
    long: int
    pumped: int


def modal_of(network: Network, programme: Programme, *, block: int) -> Modal | None:
    """The arrays for a network and a programme; None where the network is not built of what has modes here.

    Args:
        network: n people.
        programme: What is given and when to look.
        block: The most grid times that are worked out from one state.
    """
    groups = groups_of(network)
    if groups is None:
        return None
    layout = _layout(groups, network.states, int(network.rates_per_h.shape[0]))
    steps = steps_of(programme, block=block)
    emits, pumps, modes = steps.are_emits, steps.pumped, len(layout.plan.orders)
    counts = steps.counts[emits]
    long = rounded(int(counts.max()))
    at = _Places(layout, len(steps.hours))
    slots = sum(len(some) for some in layout.values) + 2
    return Modal(
        plan=(
            (layout.record, *(_table(rows) for rows in at.tapes())),
            layout.constants,
            unsigned(layout.plan.orders),
            layout.poles,
            tuple(np.uint64(place) for place in (*at.starts(), slots, len(counts))),
        ),
        steps=(steps.codes, steps.numbers, unsigned(steps.places), steps.hours),
        tables=(_standing(layout, layout.values), _standing(layout, layout.bounds)),
        lists=_lists(layout, long, slots),
        emits=(unsigned(counts), unsigned(pumps), unsigned(steps.places[emits])),
        peaks=at.peaks * WIDE,
        given=steps.given_mg,
        end=(at.hours + len(POWERS) * 2 * modes) * WIDE,
        size=at.size * WIDE,
        slots=slots,
        long=long,
        pumped=rounded(int((counts * pumps).max())),
    )


def rounded(count: int) -> int:
    """The next multiple of sixteen: so many numbers a loop takes without a remainder."""
    return -(-count // SIXTEEN) * SIXTEEN


def unsigned(numbers: np.ndarray | Sequence[int]) -> np.ndarray:
    """Numbers that are zero or more, so that no index can be meant from the end."""
    return np.array(numbers, dtype=np.uint64)


@lru_cache(maxsize=32)
def _layout(groups: tuple[Group, ...], states: tuple[int, ...], size: int) -> Layout:
    """The tape of some groups; the same for every cohort of one model, so it is kept."""
    plan = planned(groups, states)
    recording = tape_of(plan, size)
    modes, terms = len(plan.orders), [len(plan.terms_of(output)) for output in range(len(plan.outputs))]
    ends = np.cumsum([modes, *terms, *terms]).tolist()
    kept = [recording.kept[a:b] for a, b in pairwise(ends)]
    registers, numbers = zip(*recording.constants, strict=True)
    return Layout(
        plan=plan,
        record=_table(list(recording.rows)),
        constants=(unsigned(registers) * ABREAST, np.array(numbers)),
        poles=unsigned(recording.kept[:modes]) * ABREAST,
        values=tuple(kept[: len(terms)]),
        bounds=tuple(kept[len(terms) :]),
        registers=recording.registers,
    )


def _table(rows: Rows) -> np.ndarray:
    """Operations with their registers as offsets; what is loaded from outside keeps its number."""
    table = unsigned(np.array(rows, dtype=np.int64).reshape(-1, 4))
    table[:, 1] *= ABREAST
    inside = table[:, 0] > np.uint64(Do.SCALE)
    table[inside, 2:] *= ABREAST
    return table


class _Places:
    """Where all stands in the registers of a chunk, after those of the tape.

    Decays and inflows of each move, the modes, their highest values, the rate of the pump, a value, and of each output
    its peak, the share of it that is in doubt, and its last value.
    """

    def __init__(self, layout: Layout, moves: int) -> None:
        self.layout, self.plan = layout, layout.plan
        self.modes, self.outputs = len(self.plan.orders), len(self.plan.outputs)
        self.hours = layout.registers
        self.z = self.hours + moves * 2 * self.modes
        self.highest = self.z + self.modes
        self.rate = self.highest + self.modes
        self.value = self.rate + 1
        self.peaks = self.rate + 2
        self.shares = self.peaks + self.outputs
        self.lasts = self.shares + self.outputs
        self.size = self.lasts + self.outputs

    def starts(self) -> tuple[int, ...]:
        return tuple(place * WIDE for place in (self.hours, self.z, self.rate, self.shares, self.lasts))

    def tapes(self) -> tuple[Rows, ...]:
        return self._stand(), self._see(), self._move(pumped=False), self._move(pumped=True), self._judge()

    def _stand(self) -> Rows:
        r"""What each output is made of: of a row $t^d/d!\, e^{-kt}$ each residue of that rate times the mode d before."""
        rows: Rows = []
        slot = 0
        for output, terms in enumerate(self._terms()):
            for term in terms:
                do = Do.MULTIPLY
                for later in self._same_rate(term):
                    residue = self.layout.values[output][terms.index(later)]
                    rows.append((do, slot, residue, self.z + later - self.plan.orders[term]))
                    do = Do.SUM
                slot += 1
        return rows

    def _see(self) -> Rows:
        """The outputs as they are now, and the highest of each so far."""
        rows: Rows = []
        for output, terms in enumerate(self._terms()):
            do = Do.MULTIPLY
            for term, residue in zip(terms, self.layout.values[output], strict=True):
                rows.append((do, self.value, residue, self.z + term))
                do = Do.SUM
            rows.append((Do.HIGHER, self.peaks + output, self.value, 0))
        return rows

    def _last(self, output: int) -> Rows:
        """An output at the last time."""
        terms, values = self.plan.terms_of(output), self.layout.values[output]
        return [
            (Do.SUM, self.lasts + output, residue, self.z + term)
            for term, residue in zip(terms, values, strict=True)
        ]

    def _move(self, *, pumped: bool) -> Rows:
        """The modes a time later, those first that are fed by others; places in the decays count from the move's own."""
        rows: Rows = []
        for mode in reversed(range(self.modes)):
            order = self.plan.orders[mode]
            rows.append((Do.SHRINK, self.z + mode, 0, self.hours + mode - order))
            rows += [
                (Do.SUM, self.z + mode, self.z + mode - far, self.hours + mode - order + far)
                for far in range(1, order + 1)
            ]
            if pumped:
                rows.append((Do.SUM, self.z + mode, self.rate, self.hours + self.modes + mode))
                rows.append((Do.HIGHER, self.highest + mode, self.z + mode, 0))
        return rows

    def _judge(self) -> Rows:
        """What rounding may have cost, as a share of the peak of each output."""
        rows: Rows = []
        for output, terms in enumerate(self._terms()):
            rows += self._last(output)
            rows.append((Do.HIGHER, self.peaks + output, self.lasts + output, 0))
            do = Do.MULTIPLY
            for term, bound in zip(terms, self.layout.bounds[output], strict=True):
                rows.append((do, self.value, bound, self.highest + term - self.plan.orders[term]))
                do = Do.SUM
            rows.append((Do.ADD, self.shares + output, self.peaks + output, self._tiny()))
            rows.append((Do.DIVIDE, self.shares + output, self.value, self.shares + output))
        return rows

    def _tiny(self) -> int:
        """A register that holds next to nothing: whoever is given nothing has no peak."""
        registers = {number: register for register, number in self._constants()}
        return registers[TINY]

    def _constants(self) -> list[tuple[int, float]]:
        places, numbers = self.layout.constants
        return [(int(place) // WIDE, float(number)) for place, number in zip(places, numbers, strict=True)]

    def _terms(self) -> list[list[int]]:
        return [self.plan.terms_of(output) for output in range(self.outputs)]

    def _same_rate(self, term: int) -> list[int]:
        """The modes of the same rate from one on."""
        (group,) = (group for group in self.plan.groups if term in group.terms)
        return [term] if group.is_star else [later for later in group.terms if later >= term]


def _standing(layout: Layout, kept: Sequence[Sequence[int]]) -> np.ndarray:
    """Output x mode: one more than the place of what is kept of it, 0 where it has nothing."""
    table = np.zeros((len(kept), len(layout.plan.orders)), dtype=np.uint64)
    for output, registers in enumerate(kept):
        table[output, layout.plan.terms_of(output)] = unsigned(registers) * ABREAST + np.uint64(1)
    return table


def _lists(layout: Layout, long: int, slots: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and slots of each output while the pump stands, then while it runs, filled up to a whole number of passes."""
    modes, rows, filled, starts, used = len(layout.plan.orders), [], [], [0], 0
    for output, values in enumerate(layout.values):
        mine = list(zip(layout.plan.terms_of(output), range(used, used + len(values)), strict=True))
        used += len(values)
        for pump in ([], [(modes + output, slots - 2)]):
            some = mine + pump
            rows += [row * long for row, _ in some]
            filled += [slot * WIDE for _, slot in some]
            starts.append(len(rows))
    return unsigned(rows), unsigned(filled), unsigned(starts)
