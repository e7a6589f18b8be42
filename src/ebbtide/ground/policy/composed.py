"""Statements that are composed once for each kind of reader: building them costs more than asking the database.

A queryset is composed with stand-ins for the reader, the row and the moment. What a reader may see is decided while
composing, from roles and from which ids they have, so one statement serves everybody of the same kind and nobody else.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from ebbtide.ground.database import prepared
from ebbtide.ground.database.prepared import MOMENT, Statement
from ebbtide.ground.policy.actors import Actor

ROW = prepared.IDS[0]
# every id of an actor: one that is missing here would not be part of the kind (a test compares it with the class)
IDS = dict(
    zip(("clinic_id", "staff_id", "account_id", "patient_id", "invitation_id"), prepared.IDS[1:], strict=True)
)
Compose = Callable[[Actor, UUID, datetime], QuerySet[Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What decides about a statement: the roles, and which ids the reader has."""

    roles: frozenset[str]
    has: frozenset[str]


def kind_of(actor: Actor) -> Kind:
    """Readers of one kind share their statements."""
    return Kind(roles=actor.roles, has=frozenset(name for name in IDS if getattr(actor, name) is not None))


def stand_in(kind: Kind) -> Actor:
    """A reader of this kind who is nobody."""
    ids: dict[str, Any] = {name: IDS[name] for name in kind.has}
    return replace(Actor(roles=kind.roles, clinic_id=None), **ids)


@lru_cache(maxsize=512)
def _statement(compose: Compose, kind: Kind) -> Statement | None:
    rows = compose(stand_in(kind), ROW, MOMENT)
    return None if rows is None else Statement(rows, ROW, MOMENT, *IDS.values())


def _values(actor: Actor, row_id: UUID, at: datetime) -> list[Any]:
    return [row_id, at, *(getattr(actor, name) for name in IDS)]


def ask(compose: Compose, actor: Actor, row_id: UUID, at: datetime) -> list[tuple[Any, ...]]:
    """The rows that `compose` describes, for this reader, row and moment."""
    statement = _statement(compose, kind_of(actor))
    return [] if statement is None else statement.rows(*_values(actor, row_id, at))


def find(compose: Compose, actor: Actor, row_id: UUID, at: datetime) -> Any:
    """The one row that `compose` describes, as an instance; None when there is none for this reader."""
    statement = _statement(compose, kind_of(actor))
    return None if statement is None else statement.first(*_values(actor, row_id, at))
