"""infusion: the door for tablets: one entry as JSON, with the id and the number that the tablet gave it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.policy import ClinicRequest, Denied, guarded
from ebbtide.ground.policy.decisions import StepUpNeeded
from ebbtide.journey.infusion.actions import NewEntry
from ebbtide.journey.infusion.models import Entry, Session
from ebbtide.journey.infusion.open_chart import in_open_chart
from ebbtide.journey.infusion.views.entries import direction, write

MOST_BYTES = 20_000
FIELDS = frozenset(
    {
        "id", "kind", "body", "observed_at", "tablet", "tablet_number", "replaces", "withdrawn",
        "charted_at", "seen_at",
    }
)  # fmt: skip
INSTANTS = ("observed_at", "charted_at", "seen_at")
RATE = (
    "rate"  # a new rate, in whichever direction: a tablet without the network does not know what ran before
)


class Unreadable(ValueError):
    """What was sent is no entry; the message says what is missing."""


@require_POST
@guarded("infusion.session_log", "create", about=Session)
@in_open_chart
def entries(request: ClinicRequest, row: Session) -> HttpResponse:
    """Append one entry. Sent again it is the same entry: the answer is the same, and nothing is written twice.

    What is refused is told in words and with its rule, so that the tablet keeps the entry and shows why: 401 when the
    person must sign in again, 403 when they may not, 409 and 422 when the entry itself must be looked at.
    """
    try:
        new = _with_direction(row, entry_from(request.body))
        found = write(act_now(request.actor, f"entry/{new.id}", device=new.tablet), row, new)
    except Unreadable as unreadable:
        return _told("INF-JSON", str(unreadable), 422)
    except Refused as refused:
        return _told(refused.rule, refused.sentence, 409)
    except StepUpNeeded as needed:
        return _told("STEP-UP", str(needed), 401)
    except Denied as denied:
        return _told("DENIED", str(denied), 403)
    return JsonResponse(_kept(found))


def _told(rule: str, words: str, status: int) -> JsonResponse:
    return JsonResponse({"rule": rule, "words": words}, status=status)


def _with_direction(row: Session, new: NewEntry) -> NewEntry:
    """A new rate as a raised or a lowered one, by what the log says ran then."""
    if new.kind != RATE:
        return new
    try:
        asked = Decimal(str(new.body.get("rate_mg_per_h", "")).strip())
    except InvalidOperation:
        asked = Decimal(0)  # no rate at all: the entry's own fields say what is wrong
    return replace(new, kind=direction(row, new.id, asked, new.observed_at))


def _kept(row: Entry) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "observed_at": row.observed_at.isoformat(),
        "recorded_at": row.recorded_at.isoformat(),
        "late": row.late,
    }


def entry_from(sent: bytes) -> NewEntry:
    """The entry that a tablet sent.

    Raises:
        Unreadable: it is no JSON object of the known fields, each of its own kind.
    """
    told = _object(sent)
    try:
        body, number = told.get("body", {}), told.get("tablet_number")
        observed_at, charted_at, seen_at = (_instant(told, name) for name in INSTANTS)
        replaces = told.get("replaces")
        new = NewEntry(
            id=UUID(str(told["id"])),
            kind=str(told["kind"]),
            observed_at=observed_at,
            body=body,
            tablet=str(told.get("tablet", "")),
            tablet_number=number,
            replaces=None if replaces is None else UUID(str(replaces)),
            withdrawn=told.get("withdrawn") is True,
            charted_at=charted_at,
            seen_at=seen_at,
        )
    except (KeyError, ValueError) as wrong:
        raise Unreadable(
            "An entry has id (UUID), kind and observed_at (ISO 8601 with its zone): send them."
        ) from wrong
    if observed_at is None:
        raise Unreadable("The time of the entry is missing: send when it happened.")
    if any(at is not None and at.tzinfo is None for at in (observed_at, charted_at, seen_at)):
        raise Unreadable("A time of the entry has no zone: send it in UTC or with its offset.")
    if not isinstance(body, dict) or not isinstance(number, int | None) or isinstance(number, bool):
        raise Unreadable("The body is an object and the tablet's number a whole number: send them so.")
    return new


def _instant(told: Mapping[str, Any], name: str) -> datetime | None:
    given = told.get(name)
    return None if given is None else datetime.fromisoformat(str(given))


def _object(sent: bytes) -> Mapping[str, Any]:
    if len(sent) > MOST_BYTES:
        raise Unreadable(f"An entry has at most {MOST_BYTES} bytes: shorten it.")
    try:
        told = json.loads(sent)
    except ValueError as wrong:
        raise Unreadable("This is no JSON: send one entry as an object.") from wrong
    if not isinstance(told, dict) or set(told) - FIELDS:
        raise Unreadable(f"An entry is an object of these fields: {', '.join(sorted(FIELDS))}.")
    return told
