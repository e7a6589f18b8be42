"""What the proof of the ledger found: counts, and one sentence for each thing that is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_PER_SUBJECT = 50  # faults listed one by one for one table; the rest are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong: where (a table's row, an entry, a batch) and what. It names ids, never content."""

    subject: str
    what: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of a proof. It is intact exactly when it has no fault; notes are worth knowing and no fault."""

    entries: int
    sealed: int
    batches: int
    unsealed: int
    rows_proved: int
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def intact(self) -> bool:
        return not self.faults

    @property
    def sentence(self) -> str:
        counted = (
            f"{self.entries} entries, {self.sealed} sealed in {self.batches} batches, "
            f"{self.unsealed} not sealed yet, {self.rows_proved} rows proved."
        )
        return f"Intact: {counted}" if self.intact else f"NOT intact, {len(self.faults)} faults: {counted}"


def shortened(faults: Sequence[Fault], *, subject: str) -> list[Fault]:
    """The first faults one by one, the rest as a number."""
    if len(faults) <= MOST_PER_SUBJECT:
        return list(faults)
    more = len(faults) - MOST_PER_SUBJECT
    return [*faults[:MOST_PER_SUBJECT], Fault(subject=subject, what=f"{more} more faults like these")]
