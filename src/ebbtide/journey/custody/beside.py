"""Changing what was charted before anybody drew it: a drug given beside the infusion is never lost, and never free of the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Model

from ebbtide.ground.ledger.action import Act, Done, Refused, action
from ebbtide.journey.course.models import Visit
from ebbtide.journey.custody.accounts import Accounts
from ebbtide.journey.custody.models import AccountKind, Undrawn
from ebbtide.journey.custody.posting import give_leg, post, staff_of, taken, topics
from ebbtide.journey.custody.queries import held_for, undrawn_of
from ebbtide.journey.custody.rules import total_ug


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteUndrawn:
    """A dose that the log charts and the register cannot take, because nobody drew it."""

    visit: Visit
    drug: str
    amount_ug: int
    entry_id: UUID


@action("custody.dose", "create", about=lambda command: command.visit)
def note_undrawn(act: Act, command: NoteUndrawn) -> Done[Undrawn]:
    """Nested in the transaction of the entry; it stays on the visit's page until somebody draws it."""
    row = Undrawn.objects.create(
        visit=command.visit,
        drug=command.drug,
        amount_ug=command.amount_ug,
        given_by_entry=command.entry_id,
        by_id=staff_of(act),
        noted_at=act.at,
    )
    return Done(value=row, announce=topics(command.visit.series.episode.patient.clinic_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndUndrawn:
    """The entry that said so was corrected or withdrawn."""

    visit: Visit
    entry_id: UUID


@action("custody.dose", "amend", about=lambda command: command.visit)
def end_undrawn(act: Act, command: EndUndrawn) -> Done[Undrawn]:
    """What was charted and never drawn is no longer waited for; nested in the transaction of the correction."""
    row = undrawn_of(command.visit).filter(given_by_entry=command.entry_id).first()
    if row is None:
        raise Refused("CUS-NODOSE", "The register waits for no draw of this entry: there is nothing to end.")
    return Done(value=_ended(act, row), announce=topics(command.visit.series.episode.patient.clinic_id))


def _ended(act: Act, row: Undrawn) -> Undrawn:
    return Undrawn.objects.create(
        visit_id=row.visit_id,
        drug=row.drug,
        amount_ug=row.amount_ug,
        given_by_entry=row.given_by_entry,
        by_id=staff_of(act),
        noted_at=act.at,
        ends=row,
    )


def give_undrawn(act: Act, accounts: Accounts, visit: Visit, drug: str) -> Sequence[Model]:
    """Give what was charted before out of what is in hand now, the oldest first, each whole or not yet."""
    written: list[Model] = []
    for row in undrawn_of(visit, drug):
        held_ug = total_ug(held_for(accounts[AccountKind.SESSION], drug))
        if row.amount_ug > held_ug:
            break
        parts = taken(accounts, row.amount_ug, drug)
        given = post(act, accounts.clinic, give_leg(accounts, visit, row.given_by_entry), parts)
        written += [*given, _ended(act, row)]
    return written
