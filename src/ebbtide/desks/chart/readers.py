"""Who has read or changed one person's record: names, roles and times from the ledger, no content."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.people.models import Patient, Staff
from ebbtide.ground.policy import Actor, visible

SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One reading or one change."""

    at: datetime
    who: str
    role: str
    what: str


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """The names behind the account ids of ledger entries; machines keep their role as their name."""
    ids = {UUID(one) for one in actors if len(one) == 36}
    return {
        str(account): name
        for account, name in Staff.objects.filter(account__in=ids).values_list("account_id", "name")
    }


def touches_of(actor: Actor, patient: Patient, *, at: datetime) -> list[Touch]:
    """The newest readings and changes of this person's record (two queries)."""
    seen = visible(actor, Entry.objects.filter(patient_id=patient.id), "ground.audit_trail", at=at)
    entries = list(seen.order_by("-id")[:SHOWN])
    names = names_of({entry.actor for entry in entries})
    own = str(patient.account_id)
    return [
        Touch(
            at=entry.at,
            who=names.get(entry.actor) or ("the patient" if entry.actor == own else "Ebbtide"),
            role=entry.roles.replace("_", " ").replace("+", ", "),
            what="read" if entry.verb == "read" else "changed",
        )
        for entry in entries
    ]
