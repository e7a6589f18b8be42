"""The action: the only way to change the record. Policy, rule, rows and ledger entry in one transaction, or nothing."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, wraps
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.apps import apps
from django.db import transaction
from django.db.models import Model

from ebbtide.ground import clock
from ebbtide.ground.database.prepared import WORDS, Answer, Asked, Statement, planned, planned_together
from ebbtide.ground.ledger.digests import SAID, canonical, row_digests, said_digest, sha256
from ebbtide.ground.ledger.models import Receipt
from ebbtide.ground.live.announce import announce
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Clinic
from ebbtide.ground.people.paths import follow
from ebbtide.ground.people.refusal import Refused
from ebbtide.ground.policy import Actor, check_may

__all__ = ["ACTIONS", "Act", "DeclaredAction", "Done", "KeyReused", "Refused", "act_now", "action"]

Value = TypeVar("Value", bound=Model)


class KeyReused(Refused):
    """The same key came with another payload: a page was used twice for two different things."""

    def __init__(self) -> None:
        super().__init__(
            "ACT-KEY",
            "This form was already sent with other values. Open the page again and repeat your change.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """By whom, at what time it happened, when it was recorded, under which idempotency key, from which device."""

    by: Actor
    at: datetime
    recorded_at: datetime
    key: str
    device: str = ""
    read: Sequence[Answer] = ()  # what the action asked for with its turn

    def nested(self, stage: str) -> "Act":
        """The same act one level down, with a key of its own."""
        return replace(self, key=f"{self.key}/{stage}")


def act_now(by: Actor, key: str, *, at: datetime | None = None, device: str = "") -> Act:
    """An act recorded now, and happening now unless `at` says otherwise."""
    now = clock.now()
    return Act(by=by, at=at or now, recorded_at=now, key=key, device=device)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[Value]):
    """What an action did: the row it answers with, every row it wrote, and the topics to announce after commit.

    `spoken`: what of these rows was read back already (`digests.ReadBack`), after the last change to them.
    """

    value: Value
    rows: Sequence[Model] = ()
    spoken: Sequence[dict[str, Any]] = ()
    announce: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredAction:
    name: str
    resource: str
    verb: str
    about: Callable[[Any], Any]
    command: type
    asks: Callable[[Any], Sequence[Asked]]


ACTIONS: dict[str, DeclaredAction] = {}
# what every act repeats, written out: composed by the model layer, the three took longer than all they do
TAKE_TURN = (
    "SELECT pg_advisory_xact_lock($1), set_config('pghistory.context_id', $2, true), "
    "set_config('pghistory.context_metadata', $3, true)"
)
KEEP = f"""
WITH entry AS (
    INSERT INTO ledger_entry ({", ".join(SAID)}, digest) VALUES
    ($1::uuid, $2, $3, $4, $5, $6, $7::uuid, $8::timestamptz, $9::timestamptz, $10, $11, $12::jsonb, $13) RETURNING id
)
INSERT INTO ledger_receipt (actor, key, action, entry_id, payload_digest, result_model, result_id)
SELECT $2, $10, $4, entry.id, $14, $15, $16 FROM entry
"""  # noqa: S608 - names of columns

Command = TypeVar("Command")


def _nothing(_command: Any) -> Sequence[Asked]:
    return ()


def action(
    resource: str,
    verb: str,
    *,
    about: Callable[[Any], Any],
    asks: Callable[[Any], Sequence[Asked]] = _nothing,
) -> Callable[[Callable[[Act, Command], Done[Value]]], Callable[[Act, Command], Value]]:
    """Make a function the only door to a change.

    Args:
        resource: what is changed, as roles.yaml calls it.
        verb: what is done to it, as roles.yaml calls it.
        about: from the command to the row that the policy judges: the row itself, or what it is created in.
        asks: from the command to what is read first of all: it is asked together with the turn, after the wait for it, and
            the answers are the act's `read`. Only where the way to the database counts.
    """

    def wrap(write: Callable[[Act, Command], Done[Value]]) -> Callable[[Act, Command], Value]:
        name = f"{write.__module__.removeprefix('ebbtide.').removesuffix('.actions')}.{write.__name__}"
        command_type = write.__annotations__["command"]
        declared = DeclaredAction(
            name=name, resource=resource, verb=verb, about=about, command=command_type, asks=asks
        )
        ACTIONS[name] = declared

        @wraps(write)
        def perform(act: Act, command: Command) -> Value:
            with transaction.atomic():
                return _perform(declared, write, act, command)

        perform.declared = declared  # type: ignore[attr-defined]
        return perform

    return wrap


def _perform(
    declared: DeclaredAction, write: Callable[[Act, Any], Done[Value]], act: Act, command: Any
) -> Value:
    subject = declared.about(command)
    check_may(act.by, declared.verb, declared.resource, subject, at=act.recorded_at)
    payload = sha256(canonical(command))
    earlier, read = _turn_and_receipt(act, declared.name, declared.asks(command))
    if earlier is not None:
        found: Value = _replayed(earlier, declared, payload)
        return found
    done = write(replace(act, read=read) if read else act, command)
    _keep(declared, act, subject, done, payload)
    announce(*done.announce)
    return done.value


def _turn_and_receipt(act: Act, name: str, asks: Sequence[Asked]) -> tuple[Receipt | None, Sequence[Answer]]:
    """What this act left behind when it was done before: two tabs, a double tap, a retry. The second waits for the first.

    And the answers to what the action reads first.
    """
    number = int.from_bytes(
        hashlib.sha256(f"{act.by.identity}\0{act.key}".encode()).digest()[:8], "big", signed=True
    )
    # who and why, for the row history of mutable tables (pghistory reads both settings until the transaction ends)
    why = json.dumps({"actor": act.by.identity, "action": name, "key": act.key})
    receipts = _receipts()
    # each question is asked after the wait of the first: what was committed meanwhile is seen
    _, found, *read = planned_together(
        (TAKE_TURN, [number, str(new_id()), why]), receipts.asked(act.by.identity, act.key), *asks
    )
    return (receipts.built(found[0]) if found else None), read


@lru_cache(maxsize=1)
def _receipts() -> Statement:
    return Statement(Receipt.objects.filter(actor=WORDS[0], key=WORDS[1]), *WORDS)


def _replayed(earlier: Receipt, declared: DeclaredAction, payload: str) -> Any:
    if earlier.action != declared.name or earlier.payload_digest != payload:
        raise KeyReused
    return apps.get_model(earlier.result_model)._default_manager.get(pk=earlier.result_id)


def _patient_of(subject: Any, value: Model) -> UUID | None:
    for row in (value, subject):
        path = getattr(row, "policy_path", None)
        if path is not None and (found := follow(row, path.patient)) is not None:
            return found
    return None


def _clinic_of(subject: Any, act: Act) -> UUID | None:
    if isinstance(subject, Clinic):
        return subject.id
    return act.by.clinic_id


def _spoken(done: Done[Any]) -> list[dict[str, Any]]:
    """What the entry says of every row that was written."""
    there = {(one["t"], one["k"]) for one in done.spoken}
    rest = [row for row in (done.value, *done.rows) if (row._meta.db_table, str(row.pk)) not in there]
    return [*done.spoken, *row_digests(rest)]


def _keep(declared: DeclaredAction, act: Act, subject: Any, done: Done[Any], payload: str) -> None:
    """The entry and the receipt that names it, in one statement."""
    said = {
        "clinic_id": _clinic_of(subject, act),
        "actor": act.by.identity,
        "roles": "+".join(sorted(act.by.roles)),
        "action": declared.name,
        "resource": declared.resource,
        "verb": declared.verb,
        "patient_id": _patient_of(subject, done.value),
        "at": act.at,
        "recorded_at": act.recorded_at,
        "key": act.key,
        "device": act.device,
        "rows": _spoken(done),
    }
    written = {**said, "rows": json.dumps(said["rows"])}
    told = [written[name] for name in SAID]
    planned(KEEP, [*told, said_digest(said), payload, done.value._meta.label, str(done.value.pk)])
