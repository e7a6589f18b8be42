"""The books themselves: balances that follow from rows, a row that may be posted, a period that proves itself. No clock, no database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from ebbtide.journey.custody.rules import Broken, Kind, Place, broken_by_amount, may_go

STOCK = frozenset({Place.SAFE, Place.SESSION})
# what may be drawn upon without having been filled before
ENDLESS = frozenset({Place.SUPPLIER, Place.VARIANCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One row of the books: so much of a vial left one place and entered another. A visit's place names the visit."""

    kind: Kind
    vial: UUID
    amount_ug: int
    from_place: Place
    to_place: Place
    from_visit: UUID | None = None
    to_visit: UUID | None = None

    @property
    def stock_ug(self) -> int:
        """How the clinic's own stock (safe and hands) changed by it (µg)."""
        return ((self.to_place in STOCK) - (self.from_place in STOCK)) * self.amount_ug

    def reverse(self) -> "Posted":
        """The row that undoes this one."""
        return Posted(
            kind=Kind.VOID,
            vial=self.vial,
            amount_ug=self.amount_ug,
            from_place=self.to_place,
            to_place=self.from_place,
            from_visit=self.to_visit,
            to_visit=self.from_visit,
        )


Held = tuple[Place, UUID | None, UUID]


@dataclass(slots=True)
class Books:
    """Every balance, kept row by row: what leaves one account enters another, so that all of them together stay zero."""

    held_ug: dict[Held, int] = field(default_factory=lambda: defaultdict(int))

    def holds(self, place: Place, vial: UUID, visit: UUID | None = None) -> int:
        """What a place holds of a vial (µg)."""
        return self.held_ug.get((place, visit, vial), 0)

    def broken_by(self, row: Posted) -> Broken | None:
        """Why this row may not be posted; None when it may."""
        if not may_go(row.kind, (row.from_place, row.to_place)) or (
            (row.from_place, row.from_visit) == (row.to_place, row.to_visit)
        ):
            return Broken(rule="CUS-WAY", sentence="Drug never moves this way: book what really happened.")
        endless = row.from_place in ENDLESS
        there_ug = row.amount_ug if endless else self.holds(row.from_place, row.vial, row.from_visit)
        return broken_by_amount(row.amount_ug, held_ug=there_ug, where="there")

    def post(self, row: Posted) -> None:
        """Write one row on both sides."""
        self.held_ug[row.from_place, row.from_visit, row.vial] -= row.amount_ug
        self.held_ug[row.to_place, row.to_visit, row.vial] += row.amount_ug

    @property
    def total_ug(self) -> int:
        """All accounts together: zero, always (µg)."""
        return sum(self.held_ug.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A period of one drug and strength: what there was, what came and went by kind, what there is (µg)."""

    opening_ug: int
    changes_ug: Mapping[Kind, int]
    # read from the accounts, not worked out from the line above
    closing_ug: int

    @property
    def worked_out_ug(self) -> int:
        """What must be there by the opening balance and the rows of the period (µg)."""
        return self.opening_ug + sum(self.changes_ug.values())

    @property
    def proves(self) -> bool:
        return self.worked_out_ug == self.closing_ug


def statement(*, opening_ug: int, rows: Iterable[Posted], closing_ug: int) -> Statement:
    """The period of one drug; a void stands for itself, in the period in which it was written."""
    changes: dict[Kind, int] = defaultdict(int)
    for row in rows:
        changes[row.kind] += row.stock_ug
    return Statement(opening_ug=opening_ug, changes_ug=dict(changes), closing_ug=closing_ug)
