"""A programme as walks along the grid, for an engine that goes from grid time to grid time and keeps one state.

A walk changes what is given, waits, and then goes along the grid: it writes at ``count`` grid times from ``place`` on
and ends ``steps`` steps after the first of them. Where it writes further than it ends (the last block of an interval
is written from its first time), it looks ahead and its state stays behind, as an EMIT does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.programme import Op, Programme

ShortArray = npt.NDArray[np.int32]

FEWEST = 4  # walks are filled up to a power of two with walks that do nothing, so that few lengths are ever compiled


class Walks(NamedTuple):
    """m walks in order, as columns of m numbers.

    Attributes:
        rates: What the pump gives during the walk (mg/h, or per kg).
        amounts: What is in the centre at once when it begins (mg, or per kg).
        waits: How many whole steps of the grid pass before it stands on its first grid time ...
        hours: ... and the rest of that time, less than a step (h).
        places: The number of the first grid time that is written.
        counts: How many grid times are written.
        steps: How many steps after its first grid time the state ends.
    """

    rates: FloatArray
    amounts: FloatArray
    waits: ShortArray
    hours: FloatArray
    places: ShortArray
    counts: ShortArray
    steps: ShortArray


@dataclass(slots=True, kw_only=True)
class _Walk:
    rate: float
    amount: float = 0.0
    hours: float = 0.0
    place: int = 0
    count: int = 0
    steps: int = 0

    @property
    def reached(self) -> Op:
        """How far it has come: a walk gives, then drifts, then goes along the grid."""
        if self.count or self.steps:
            return Op.EMIT
        return Op.DRIFT if self.hours else Op.RATE

    def goes_on_at(self, place: int) -> bool:
        """Whether it stands on this grid time and has written every one before it."""
        return place == self.place + self.steps <= self.place + self.count


def walks_of(programme: Programme) -> Walks:
    """The same programme as walks; how many they are is a power of two."""
    walks = list(_walks(programme))
    length = max(FEWEST, 1 << (len(walks) - 1).bit_length())
    walks += [_Walk(rate=walks[-1].rate) for _ in range(length - len(walks))]
    hours, step_h = np.array([walk.hours for walk in walks]), programme.grid.step_h
    waits = np.floor(hours / step_h)
    return Walks(
        rates=np.array([walk.rate for walk in walks]),
        amounts=np.array([walk.amount for walk in walks]),
        waits=waits.astype(np.int32),
        hours=np.maximum(hours - waits * step_h, 0.0),
        places=np.array([walk.place for walk in walks], dtype=np.int32),
        counts=np.array([walk.count for walk in walks], dtype=np.int32),
        steps=np.array([walk.steps for walk in walks], dtype=np.int32),
    )


def _walks(programme: Programme) -> Iterator[_Walk]:
    walk = _Walk(rate=0.0)
    for code, number, place, count in zip(
        programme.codes.tolist(),
        programme.numbers.tolist(),
        programme.places.tolist(),
        programme.counts.tolist(),
        strict=True,
    ):
        if _begins_another(walk, Op(code), place):
            yield walk
            walk = _Walk(rate=walk.rate)
        _add(walk, Op(code), number, place, count)
    yield walk


def _begins_another(walk: _Walk, op: Op, place: int) -> bool:
    """Whether an operation cannot be part of this walk any more."""
    if op is Op.EMIT:
        return walk.reached is Op.EMIT and not walk.goes_on_at(place)
    if op is Op.DRIFT:
        return walk.reached is Op.EMIT
    return op is not Op.ADVANCE and walk.reached is not Op.RATE


def _add(walk: _Walk, op: Op, number: float, place: int, count: int) -> None:
    if op is Op.RATE:
        walk.rate = number
    elif op is Op.IMPULSE:
        walk.amount += number
    elif op is Op.DRIFT:
        walk.hours += number
    elif op is Op.ADVANCE:
        walk.steps += 2**place
    else:
        walk.place = walk.place if walk.count else place
        walk.count = max(walk.count, place + count - walk.place)
