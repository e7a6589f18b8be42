"""Proving the chain: each batch holds what it sealed, is chained to the one before, and its head stands outside too."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from ebbtide.ground.ledger import merkle
from ebbtide.ground.ledger.check_entries import entry_name
from ebbtide.ground.ledger.heads import NO_HEAD, Head, head_of
from ebbtide.ground.ledger.report import Fault, shortened
from ebbtide.ground.ledger.sealing import leaf_of

BATCHES = "SELECT number, count, root, previous_head, head, sealed_at FROM ledger_batch ORDER BY number"
SEALS = "SELECT batch_id, position, entry_id FROM ledger_seal ORDER BY batch_id, position"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A batch as it stands in the database."""

    number: int
    count: int
    root: str
    previous_head: str
    head: str
    sealed_at: datetime


@dataclass(slots=True, kw_only=True)
class Chain:
    """What reading all batches gave."""

    batches: list[Sealed]
    sealed_ids: set[int]
    faults: list[Fault]


def batch_name(number: int) -> str:
    return f"batch {number}"


def check_chain(connection: psycopg.Connection[Any], digests: Mapping[int, str]) -> Chain:
    """Read batches and seals; recompute every root and every link."""
    with connection.cursor(row_factory=class_row(Sealed)) as cursor:
        batches = cursor.execute(BATCHES).fetchall()
    places: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, position, entry_id in connection.execute(SEALS):
        places[number].append((position, entry_id))
    known = {batch.number for batch in batches}
    faults = [
        Fault(
            subject=batch_name(number), what=f"removed; {len(places[number])} entries are still sealed in it"
        )
        for number in sorted(places.keys() - known)
    ]
    for batch in batches:
        faults += check_batch(batch, places[batch.number], digests)
    faults += check_links(batches)
    sealed_ids = {entry_id for held in places.values() for _, entry_id in held}
    return Chain(batches=batches, sealed_ids=sealed_ids, faults=faults)


def check_batch(batch: Sealed, places: Sequence[tuple[int, int]], digests: Mapping[int, str]) -> list[Fault]:
    """The batch holds as many entries as it says, each at its place, and their root is its root."""
    missing = sorted(set(range(batch.count)) - {position for position, _ in places})
    faults = [
        Fault(
            subject=batch_name(batch.number),
            what=f"the entry at place {place + 1} of {batch.count} was removed",
        )
        for place in missing
    ]
    gone = [entry_id for _, entry_id in places if entry_id not in digests]
    if faults or gone:
        return shortened(faults, subject=batch_name(batch.number))
    found = merkle.root([leaf_of(entry_id, digests[entry_id]) for _, entry_id in places]).hex()
    if found != batch.root or len(places) != batch.count:
        return [Fault(subject=batch_name(batch.number), what=_rewritten(places))]
    return []


def _rewritten(places: Sequence[tuple[int, int]]) -> str:
    ids = sorted(entry_id for _, entry_id in places)
    among = entry_name(ids[0]) if len(ids) == 1 else f"one of the {len(ids)} entries {ids[0]} to {ids[-1]}"
    return f"{among} was rewritten, exchanged or put elsewhere after it was sealed"


def check_links(batches: Sequence[Sealed]) -> list[Fault]:
    """Each batch's head is over what it says, and names the head before it; no number is left out."""
    faults: list[Fault] = []
    before, expected = NO_HEAD, 1
    for batch in batches:
        if batch.number != expected:
            last = batch.number - 1
            names = batch_name(expected) if last == expected else f"batches {expected} to {last}"
            faults.append(Fault(subject=names, what="removed from the chain"))
        elif batch.previous_head != before:
            faults.append(Fault(subject=batch_name(batch.number), what="not chained to the batch before it"))
        said = head_of(
            number=batch.number,
            count=batch.count,
            root=batch.root,
            previous_head=batch.previous_head,
            sealed_at=batch.sealed_at,
        )
        if said != batch.head:
            faults.append(Fault(subject=batch_name(batch.number), what="changed since it was sealed"))
        before, expected = batch.head, batch.number + 1
    return faults


def check_heads(
    batches: Sequence[Sealed], *, before: Sequence[Head], after: Sequence[Head]
) -> tuple[list[Fault], list[str]]:
    """Compare the chain with the heads outside the database: faults, and notes.

    Args:
        batches: the chain as one snapshot of the database showed it.
        before: the heads read before that snapshot: each must be in it.
        after: the heads read after it: each batch must be among them, but for the newest, whose head may be on its way.
    """
    in_chain = {batch.number: batch.head for batch in batches}
    faults: list[Fault] = []
    cut_off: set[int] = set()
    for head in before:
        if head.number not in in_chain:
            cut_off.add(head.number)
        elif in_chain[head.number] != head.head:
            what = "not the batch whose head was written outside the database: the chain was rewritten"
            faults.append(Fault(subject=batch_name(head.number), what=what))
    faults += [
        Fault(subject=batch_name(number), what="cut off; its head stands in ledger-heads.log")
        for number in sorted(cut_off)
    ]
    outside = {head.number for head in after}
    absent = [batch.number for batch in batches if batch.number not in outside]
    if absent == [batches[-1].number] if batches else False:
        return shortened(faults, subject="chain"), [
            f"The head of batch {absent[0]} is not written outside the database yet."
        ]
    faults += [
        Fault(subject=batch_name(number), what="its head is missing in ledger-heads.log") for number in absent
    ]
    return shortened(faults, subject="chain"), []
