"""A schedule and a grid of times as a short programme that every engine reads: NumPy, Numba and JAX alike.

The programme is worked out once, whoever and however many the people are. Its operations:

- RATE r: from here on the pump gives r (mg/h, or mg/kg/h with doses per kg).
- IMPULSE m: m more in the centre at once (mg).
- DRIFT d: d hours pass; any length, so an edge of the schedule need not fall on the grid.
- EMIT k, c: write the outputs at the grid times k ... k+c-1, of which the present is the first; c is at most BLOCK.
- ADVANCE p: 2^p steps of the grid pass.

So no exponential is taken per time point, and more infusions cost no more than the edges they add.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ebbtide.pharmacology.engine.closed_form import impulses, segments
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import IntArray
from ebbtide.pharmacology.errors import MalformedSchedule
from ebbtide.pharmacology.schedule import Schedule

BLOCK_POWER = 5
BLOCK = 2**BLOCK_POWER  # grid times written from one state
ON_GRID = 2e-12  # of a step: an edge this near to a grid time stands on it (division in floating point)


class Op(IntEnum):
    """What the engine does next."""

    RATE = 0
    IMPULSE = 1
    DRIFT = 2
    EMIT = 3
    ADVANCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Equally spaced times: ``count`` of them, ``step_h`` apart, the first at ``start_h`` (h)."""

    step_h: float
    count: int
    start_h: float = 0.0

    def __post_init__(self) -> None:
        if not (self.step_h > 0 and self.count > 0 and self.start_h >= 0):
            raise MalformedSchedule(
                f"A grid of {self.count} times {self.step_h} h apart from {self.start_h} h on: the step and the count "
                "must be above zero and the start zero or later."
            )

    @property
    def times_h(self) -> FloatArray:
        """Every time (h)."""
        return self.start_h + self.step_h * np.arange(self.count, dtype=np.float64)

    def first_at_or_after(self, at_h: float) -> int:
        """The number of the first time that is not before an instant; ``count`` when there is none."""
        place = int(np.ceil((at_h - self.start_h) / self.step_h - ON_GRID))
        return min(max(place, 0), self.count)

    def snapped(self, at_h: float) -> float:
        """An instant, or the grid time that it misses by no more than a division in floating point does."""
        place = round((at_h - self.start_h) / self.step_h)
        near_h = self.time_of(min(max(place, 0), self.count - 1))
        return near_h if abs(at_h - near_h) <= ON_GRID * self.step_h else at_h

    def time_of(self, place: int) -> float:
        """The time with a number (h)."""
        return self.start_h + self.step_h * place


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """Operations in order: a code, a number (rate, amount or hours), a place and a count for each."""

    grid: Grid
    codes: IntArray
    numbers: FloatArray
    places: IntArray
    counts: IntArray

    def __len__(self) -> int:
        return int(self.codes.size)


def programme_of(schedule: Schedule, grid: Grid) -> Programme:
    """The programme that gives a schedule and writes the outputs at every time of a grid."""
    writer = _Writer(grid)
    infused = [
        (grid.snapped(start), grid.snapped(end), start, end, rate) for start, end, rate in segments(schedule)
    ]
    parts = [(a, b, rate) for a, b, _, _, rate in infused if a < b]
    pushes = [(grid.snapped(at), amount) for at, amount in impulses(schedule)]
    pushes += [
        (a, rate * (end - start)) for a, b, start, end, rate in infused if a == b
    ]  # too short to be told apart
    edges = sorted({0.0, *(edge for part in parts for edge in part[:2]), *(at for at, _ in pushes)})
    for place, start_h in enumerate(edges):
        if writer.written == grid.count:
            break
        end_h = edges[place + 1] if place + 1 < len(edges) else np.inf
        writer.rate(float(sum(rate for a, b, rate in parts if a <= start_h < b)))
        for _, amount_mg in (push for push in pushes if push[0] == start_h):
            writer.add(Op.IMPULSE, number=amount_mg)
        writer.pass_through(start_h, end_h)
    return writer.finished()


class _Writer:
    """Writes a programme while it keeps where the state stands."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.written = 0
        self.given: float | None = None
        self.rows: list[tuple[int, float, int, int]] = []

    def add(self, op: Op, *, number: float = 0.0, place: int = 0, count: int = 0) -> None:
        self.rows.append((int(op), number, place, count))

    def rate(self, rate: float) -> None:
        if rate != self.given:
            self.add(Op.RATE, number=rate)
        self.given = rate

    def pass_through(self, start_h: float, end_h: float) -> None:
        """From one edge of the schedule to the next; the state stands at the first and will stand at the second."""
        until = self.grid.count if np.isinf(end_h) else self.grid.first_at_or_after(end_h)
        if until == self.written:
            self._pass_unseen(end_h - start_h)
            return
        self.drift(self.grid.time_of(self.written) - start_h)
        self.emit(until - self.written)
        if until < self.grid.count:
            self._to(end_h)

    def _pass_unseen(self, hours: float) -> None:
        """No grid time lies between; too short a stretch to drift through still gives what it gives, at once."""
        if hours > ON_GRID * self.grid.step_h:
            self.drift(hours)
        elif self.given:
            self.add(Op.IMPULSE, number=self.given * hours)

    def drift(self, hours: float) -> None:
        if hours > ON_GRID * self.grid.step_h:
            self.add(Op.DRIFT, number=hours)

    def emit(self, left: int) -> None:
        """So many times in blocks; the state ends at the first time of the last block."""
        while left:
            count = min(left, BLOCK)
            self.add(Op.EMIT, place=self.written, count=count)
            self.written += count
            left -= count
            if left:
                self.add(Op.ADVANCE, place=BLOCK_POWER)

    def _to(self, end_h: float) -> None:
        """From the first time of the last block to an edge: whole steps as far as they go, then what is left."""
        last = self.rows[-1][2]
        steps = (end_h - self.grid.time_of(last)) / self.grid.step_h
        whole = int(np.floor(steps + ON_GRID))
        for power in range(BLOCK_POWER + 1):
            if whole >> power & 1:
                self.add(Op.ADVANCE, place=power)
        self.drift((steps - whole) * self.grid.step_h)

    def finished(self) -> Programme:
        return _programme(self.grid, self.rows)


def with_the_last_alone(programme: Programme) -> Programme:
    """The same programme, but its last time is written in a block of its own: the state then stands exactly there."""
    last = int(np.flatnonzero(programme.codes == Op.EMIT)[-1])
    place, count = int(programme.places[last]), int(programme.counts[last])
    if count == 1:
        return programme
    steps = [(int(Op.ADVANCE), 0.0, power, 0) for power in range(BLOCK_POWER + 1) if (count - 1) >> power & 1]
    rows = [
        *zip(programme.codes, programme.numbers, programme.places, programme.counts, strict=True),
    ][:last]
    rows += [(int(Op.EMIT), 0.0, place, count - 1), *steps, (int(Op.EMIT), 0.0, place + count - 1, 1)]
    return _programme(programme.grid, rows)


def _programme(grid: Grid, rows: Sequence[tuple[int, float, int, int]]) -> Programme:
    codes, numbers, places, counts = zip(*rows, strict=True)
    return Programme(
        grid=grid,
        codes=np.array(codes, dtype=np.int64),
        numbers=np.array(numbers, dtype=np.float64),
        places=np.array(places, dtype=np.int64),
        counts=np.array(counts, dtype=np.int64),
    )
