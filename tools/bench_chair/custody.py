"""The books of the safe under a million random steps: after each, all accounts together are zero and none is below it.

Here the pure books (`ebbtide.journey.custody.books`) with the rules that the actions and the trigger ask. The same days
through the actions and the triggers of a real PostgreSQL are `tests/journey/custody/test_sum_is_zero.py`: a thousand
steps nightly, ten thousand weekly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import numpy as np

from ebbtide.journey.custody.books import ENDLESS, Books, Posted
from ebbtide.journey.custody.rules import WAYS, Kind, Place

STEPS = 1_000_000
SEED = 20261128
CONTENT_UG = 500_000
VISITS = tuple(UUID(int=number) for number in range(1, 9))
VIALS_KEPT = 40  # the newest vials take part; older ones keep their balances and stay in the sum
WHOLE_SUM_EVERY = 1_000  # steps; between them each step's own change of the sum is looked at

WEIGHTS = {Kind.RECEIVE: 4, Kind.DRAW: 20, Kind.GIVE: 20, Kind.WASTE: 14, Kind.VOID: 12}
# each kind as often as its weight says
KINDS = tuple(kind for kind in Kind for _ in range(WEIGHTS.get(kind, 6)))
WAYS_OF = {kind: tuple(sorted(ways)) for kind, ways in WAYS.items()}


Item = TypeVar("Item")


class Chance:
    """Whole numbers of a seeded generator, drawn in blocks: one by one, the drawing took longer than the books."""

    def __init__(self, seed: int) -> None:
        self.numbers = self._blocks(np.random.default_rng(seed))

    @staticmethod
    def _blocks(generator: np.random.Generator) -> Iterator[int]:
        while True:
            yield from generator.integers(0, 2**31, size=65_536).tolist()

    def below(self, limit: int) -> int:
        """A number from zero to under the limit."""
        return next(self.numbers) % limit

    def one_of(self, items: Sequence[Item]) -> Item:
        """One of them."""
        return items[self.below(len(items))]


@dataclass(slots=True)
class Run:
    """A clinic at random: what was posted, and how often the books did not close."""

    chance: Chance
    books: Books = field(default_factory=Books)
    vials: list[UUID] = field(default_factory=list)
    newest: list[Posted] = field(default_factory=list)
    posted: int = 0
    refused: int = 0
    imbalances: int = 0

    def step(self, number: int) -> None:
        """One random act, allowed or not; then the sum."""
        row = self._any_row(number)
        if self.books.broken_by(row) is not None:
            self.refused += 1
        else:
            self._post(row)
        if number % WHOLE_SUM_EVERY == 0 and self.books.total_ug != 0:
            self.imbalances += 1

    def _post(self, row: Posted) -> None:
        ends = ((row.from_place, row.from_visit), (row.to_place, row.to_visit))
        before_ug = sum(self.books.holds(place, row.vial, visit) for place, visit in ends)
        self.books.post(row)
        after = [self.books.holds(place, row.vial, visit) for place, visit in ends]
        below = any(ug < 0 and place not in ENDLESS for ug, (place, _) in zip(after, ends, strict=True))
        if sum(after) != before_ug or below:
            self.imbalances += 1
        self.posted += 1
        self.newest = [*self.newest[-49:], row]
        if row.kind is Kind.RECEIVE:
            self.vials = [*self.vials[1 - VIALS_KEPT :], row.vial]

    def _any_row(self, number: int) -> Posted:
        kind = self.chance.one_of(KINDS)
        if kind is Kind.VOID and self.newest:
            return self.newest.pop(self.chance.below(len(self.newest))).reverse()
        if kind in {Kind.RECEIVE, Kind.VOID} or not self.vials:
            vial = UUID(int=number + 1_000)
            return Posted(
                kind=Kind.RECEIVE,
                vial=vial,
                amount_ug=CONTENT_UG,
                from_place=Place.SUPPLIER,
                to_place=Place.SAFE,
            )
        return self._move(kind)

    def _move(self, kind: Kind) -> Posted:
        from_place, to_place = self.chance.one_of(WAYS_OF[kind])
        one, other = self.chance.one_of(VISITS), self.chance.one_of(VISITS)
        return Posted(
            kind=kind,
            vial=self.chance.one_of(self.vials),
            amount_ug=self.chance.below(60_001),
            from_place=from_place,
            to_place=to_place,
            from_visit=one if from_place is Place.SESSION else None,
            to_visit=other if kind is Kind.TRANSFER else one if to_place is Place.SESSION else None,
        )


def walk(steps: int = STEPS, *, seed: int = SEED) -> Run:
    """So many random steps on the pure books."""
    run = Run(chance=Chance(seed))
    for number in range(1, steps + 1):
        run.step(number)
    if run.books.total_ug != 0:
        run.imbalances += 1
    return run


def measure(steps: int = STEPS) -> dict[str, Any]:
    """The row of `custody_imbalances`: steps after which the books did not close."""
    run = walk(steps)
    return _row(
        run.imbalances,
        steps,
        f"{run.posted} posted, {run.refused} refused; pure rules and accounts; seed {SEED}",
    )


def _row(value: int, runs: int, note: str) -> dict[str, Any]:
    return {
        "name": "custody_imbalances",
        "value": value,
        "unit": "steps",
        "goal": 0,
        "better": "equal",
        "met": value == 0,
        "runs": runs,
        "note": note,
    }


if __name__ == "__main__":
    import json
    import sys

    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
