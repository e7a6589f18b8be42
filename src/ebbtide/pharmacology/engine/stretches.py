"""A programme read again for modes: longer blocks, and from one to the next a time of any length in one move.

Modes decay by one product whatever the time, so blocks need not be powers of two steps apart: blocks that follow each
other without an edge between are one stretch, cut into blocks of a length of its own. The operations are those of
:mod:`ebbtide.pharmacology.engine.programme` without ADVANCE: a DRIFT is a move by one of a few ``hours``, by its number.
"""

from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import BoolArray, IntArray
from ebbtide.pharmacology.engine.programme import Op, Programme

POWERS = (1, 16)  # steps of the grid whose decays make the rows of a block; then those to the end of a block


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Operations in order, and the times they move by.

    Attributes:
        codes: RATE, IMPULSE, EMIT or DRIFT.
        numbers: Rate or amount.
        places: Of an EMIT its first grid time, of a DRIFT the number of its time among ``hours``.
        counts: Grid times that an EMIT writes.
        hours: Every length of a move (h), after those of one step of the grid, of sixteen, and to the last time of a block.
    """

    codes: IntArray
    numbers: FloatArray
    places: IntArray
    counts: IntArray
    hours: FloatArray

    @property
    def are_emits(self) -> BoolArray:
        """Which of the operations write."""
        emits: BoolArray = self.codes == Op.EMIT
        return emits

    @property
    def pumped(self) -> BoolArray:
        """Whether the pump runs in each block, in the order of the blocks."""
        rates = np.where(self.codes == Op.RATE, np.arange(self.codes.size), -1)
        last = np.maximum.accumulate(rates)[self.are_emits]
        running: BoolArray = (last >= 0) & (self.numbers[last] != 0.0)
        return running

    @property
    def given_mg(self) -> float:
        """What has been given by the last grid time."""
        rate, total = 0.0, 0.0
        for code, number, place in zip(self.codes, self.numbers.tolist(), self.places, strict=True):
            if code == Op.RATE:
                rate = number
            elif code == Op.IMPULSE:
                total += number
            elif code == Op.DRIFT:
                total += rate * float(self.hours[place])
        return total


class _Reader:
    """Reads a programme and keeps the stretch that is open, and how far the state stands from what was written out."""

    def __init__(self, programme: Programme, block: int) -> None:
        self.step_h, self.block = programme.grid.step_h, block
        self.rows: list[tuple[int, float, int, int]] = []
        self.hours = [times * self.step_h for times in (*POWERS, block - 1)]
        self.first = self.count = 0  # the open stretch
        self.steps, self.drift_h = 0, 0.0

    def read(self, programme: Programme) -> None:
        for code, number, place, count in zip(
            programme.codes.tolist(),
            programme.numbers.tolist(),
            programme.places.tolist(),
            programme.counts.tolist(),
            strict=True,
        ):
            if code == Op.ADVANCE:
                self.steps += 2**place
            elif code == Op.DRIFT:
                self.drift_h += number
            elif code == Op.EMIT:
                self._emit(place, count)
            else:
                self._close()
                self.rows.append((code, number, 0, 0))
        self.steps = self.count - 1
        self._close()

    def _emit(self, place: int, count: int) -> None:
        goes_on = self.count > 0 and self.drift_h == 0.0 and self.steps == self.count
        if not goes_on:
            self._close()
            self.first = place
        self.count += count

    def _close(self) -> None:
        """Write the open stretch in blocks, and move to where the state stands."""
        done = 0
        while self.count > 0:
            written = min(self.count, self.block)
            self.rows.append((int(Op.EMIT), 0.0, self.first, written))
            self.first += written
            self.count -= written
            if self.count:
                self._move(written * self.step_h)
                done += written
        self._move((self.steps - done) * self.step_h + self.drift_h)
        self.steps, self.drift_h = 0, 0.0

    def _move(self, hours: float) -> None:
        if hours > 0.0:
            if hours not in self.hours:
                self.hours.append(hours)
            self.rows.append((int(Op.DRIFT), 0.0, self.hours.index(hours), 0))


def steps_of(programme: Programme, *, block: int) -> Steps:
    """The steps of a programme with blocks of up to so many grid times; they end at the last grid time."""
    reader = _Reader(programme, block)
    reader.read(programme)
    codes, numbers, places, counts = zip(*reader.rows, strict=True)
    return Steps(
        codes=np.array(codes, dtype=np.int64),
        numbers=np.array(numbers, dtype=np.float64),
        places=np.array(places, dtype=np.int64),
        counts=np.array(counts, dtype=np.int64),
        hours=np.array(reader.hours),
    )
