"""Statements that are composed once for each kind of reader: building them costs more than asking the database.

A queryset is composed with stand-ins for the reader, the patient and the moment. Its SQL is kept, and each page puts the
real values in the places of the stand-ins. What a reader may see is decided while composing, from roles and from which
ids they have, so one statement serves everybody of the same kind and nobody else.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from ebbtide.ground.policy import Actor

# values that stand in no record: the last millisecond of version-less ids, and a day before any clinic
PATIENT, CLINIC, STAFF, ACCOUNT, OWN = (UUID(int=(0xEBB << 108) + n) for n in range(5))
MOMENT = datetime(1900, 1, 1, 0, 0, 0, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What decides about a statement: the roles, and which ids the reader has."""

    roles: frozenset[str]
    has: frozenset[str]


IDS = {"clinic_id": CLINIC, "staff_id": STAFF, "account_id": ACCOUNT, "patient_id": OWN}


def kind_of(actor: Actor) -> Kind:
    """Readers of one kind share their statements."""
    return Kind(roles=actor.roles, has=frozenset(name for name in IDS if getattr(actor, name) is not None))


def stand_in(kind: Kind) -> Actor:
    """A reader of this kind who is nobody."""
    ids: dict[str, Any] = {name: IDS[name] for name in kind.has}
    return replace(Actor(roles=kind.roles, clinic_id=None), **ids)


Compose = Callable[[Actor, UUID, datetime], QuerySet[Any] | None]


@lru_cache(maxsize=256)
def _composed(compose: Compose, kind: Kind) -> tuple[str, tuple[Any, ...]] | None:
    rows = compose(stand_in(kind), PATIENT, MOMENT)
    return None if rows is None else rows.query.sql_with_params()


def ask(compose: Compose, actor: Actor, patient_id: UUID, at: datetime) -> list[tuple[Any, ...]]:
    """The rows that `compose` describes, for this reader, patient and moment."""
    found = _composed(compose, kind_of(actor))
    if found is None:
        return []
    statement, places = found
    real: dict[Any, Any] = {PATIENT: patient_id, MOMENT: at}
    real |= {token: getattr(actor, name) for name, token in IDS.items()}
    with connection.cursor() as cursor:
        cursor.execute(statement, [real.get(value, value) if value.__hash__ else value for value in places])
        return list(cursor.fetchall())
