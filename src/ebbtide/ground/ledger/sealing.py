"""Sealing: entries older than every running transaction become a batch with a Merkle root, chained to the one before."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import connection, transaction

from ebbtide.ground.ledger import merkle
from ebbtide.ground.ledger.heads import NO_HEAD, Head, append_heads, head_of, heads_file
from ebbtide.ground.ledger.models import Batch, Seal

SEALING_LOCK = 0x1ED6E5  # one number for the whole database: one sealer at a time
MAX_ENTRIES = 10_000

# What is looked through behind the newest sealed entry. An entry gets its id after its transaction has its number, and nothing
# younger than a running transaction is sealed: so one that commits late lies behind the newest sealed one by no more than the
# transactions that were older and ran beside it have written. The whole ledger is looked through once an hour [design].
LOOK_BACK_ENTRIES = 30_000
# Ids commit out of order: an entry may still appear under an id below the newest. Transactions older than every running
# one have all ended, so nothing can appear among their entries any more. A transaction number from the future
# belongs to another server, from which this record was restored: it has ended too.
READY = """
SELECT e.id, e.digest FROM ledger_entry e
WHERE e.id > %(above)s AND (e.xid < (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
    OR e.xid >= (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint))
  AND NOT EXISTS (SELECT FROM ledger_seal s WHERE s.entry_id = e.id AND s.entry_id > %(above)s)
ORDER BY e.id LIMIT %(most)s
"""


def leaf_of(entry_id: int, digest: str) -> bytes:
    """The leaf of an entry: its digest at its number, so that two entries cannot change places."""
    return merkle.leaf_hash(f"{entry_id}:{digest}".encode())


def seal_ready(now: datetime, *, from_the_first: bool = False) -> None:
    """Seal what is ready now. What comes meanwhile waits for the next time: under a feed there is always something."""
    while (batch := seal(now, from_the_first=from_the_first)) is not None and batch.count == MAX_ENTRIES:
        continue


def seal(now: datetime, *, from_the_first: bool = False) -> Batch | None:
    """Seal what is ready, at most 10,000 entries; None when nothing is, or another sealer is at it.

    Looks through the last entries only, so that it costs the same however long the ledger is; `from_the_first`, through all.

    The head is on disk outside the database when this returns. If the machine stops between the commit and
    that, the next sealing writes the head first.
    """
    with transaction.atomic():
        batch = _seal_ready(now.astimezone(UTC), from_the_first=from_the_first)
    append_heads(heads_file(), _heads_after)
    return batch


def _seal_ready(now: datetime, *, from_the_first: bool) -> Batch | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALING_LOCK])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT coalesce(max(entry_id), 0) FROM ledger_seal")
        above = 0 if from_the_first else cursor.fetchone()[0] - LOOK_BACK_ENTRIES
        cursor.execute(READY, {"above": above, "most": MAX_ENTRIES})
        ready: list[tuple[int, str]] = cursor.fetchall()
    if not ready:
        return None
    last = Batch.objects.order_by("-number").first()
    tree_root = merkle.root([leaf_of(entry_id, digest) for entry_id, digest in ready]).hex()
    number, previous_head = (last.number + 1, last.head) if last else (1, NO_HEAD)
    head = head_of(
        number=number, count=len(ready), root=tree_root, previous_head=previous_head, sealed_at=now
    )
    batch = Batch.objects.create(
        number=number, count=len(ready), root=tree_root, previous_head=previous_head, head=head, sealed_at=now
    )
    Seal.objects.bulk_create(
        [Seal(entry_id=entry_id, batch=batch, position=place) for place, (entry_id, _) in enumerate(ready)],
        batch_size=2000,
    )
    return batch


def _heads_after(number: int) -> Iterable[Head]:
    for batch in Batch.objects.filter(number__gt=number).order_by("number"):
        yield Head(
            number=batch.number,
            count=batch.count,
            root=batch.root,
            previous_head=batch.previous_head,
            head=batch.head,
            sealed_at=batch.sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
        )
