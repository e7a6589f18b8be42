"""infusion: the door for tablets: one entry as JSON, with the id and the number that the tablet gave it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from ebbtide.ground.ledger.action import Refused, act_now
from ebbtide.ground.policy import ClinicRequest, guarded
from ebbtide.journey.infusion.actions import NewEntry
from ebbtide.journey.infusion.models import Entry, Session
from ebbtide.journey.infusion.views.entries import write

MOST_BYTES = 20_000
FIELDS = frozenset({"id", "kind", "body", "observed_at", "tablet", "tablet_number", "replaces", "withdrawn"})


class Unreadable(ValueError):
    """What was sent is no entry; the message says what is missing."""


@require_POST
@guarded("infusion.session_log", "create", about=Session)
def entries(request: ClinicRequest, row: Session) -> HttpResponse:
    """Append one entry. Sent again it is the same entry: the answer is the same, and nothing is written twice."""
    try:
        new = entry_from(request.body)
    except Unreadable as unreadable:
        return JsonResponse({"rule": "INF-JSON", "words": str(unreadable)}, status=422)
    try:
        found = write(act_now(request.actor, f"entry/{new.id}", device=new.tablet), row, new)
    except Refused as refused:
        return JsonResponse({"rule": refused.rule, "words": refused.sentence}, status=409)
    return JsonResponse(_kept(found))


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
        observed_at = datetime.fromisoformat(str(told["observed_at"]))
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
        )
    except (KeyError, ValueError) as wrong:
        raise Unreadable(
            "An entry has id (UUID), kind and observed_at (ISO 8601 with its zone): send them."
        ) from wrong
    if observed_at.tzinfo is None:
        raise Unreadable("The time of the entry has no zone: send it in UTC or with its offset.")
    if not isinstance(body, dict) or not isinstance(number, int | None) or isinstance(number, bool):
        raise Unreadable("The body is an object and the tablet's number a whole number: send them so.")
    return new


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
