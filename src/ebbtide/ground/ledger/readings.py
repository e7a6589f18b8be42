"""Reading a chart is recorded: one entry per person, patient, page and ten minutes."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ebbtide.ground import clock
from ebbtide.ground.database.prepared import IDS, NUMBER, WORDS, Statement
from ebbtide.ground.ledger.digests import entry_digest
from ebbtide.ground.ledger.models import Entry, Reading
from ebbtide.ground.policy import Actor

BUCKET_S = 600


@lru_cache(maxsize=1)
def _known() -> Statement:
    actor, patient_id, page, bucket = stand_ins = WORDS[0], IDS[0], WORDS[1], NUMBER
    rows = Reading.objects.filter(actor=actor, patient_id=patient_id, page=page, bucket=bucket)
    return Statement(rows.values_list("bucket"), *stand_ins)


def record_reading(actor: Actor, *, patient_id: UUID, page: str) -> bool:
    """Write the entry unless this person read this page of this patient in these ten minutes; whether it was written."""
    now = clock.now()
    bucket = int(now.timestamp()) // BUCKET_S
    this = (actor.identity, patient_id, page, bucket)
    if _known().rows(*this):
        return False
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"{actor.identity}{patient_id}{page}{bucket}"],
            )
        if _known().rows(*this):
            return False
        entry = Entry(
            clinic_id=actor.clinic_id,
            actor=actor.identity,
            roles="+".join(sorted(actor.roles)),
            action="ground.ledger.read",
            resource="chart",
            verb="read",
            patient_id=patient_id,
            at=now,
            recorded_at=now,
            key=f"{page}/{bucket}",
            device="",
            rows=[],
        )
        entry.digest = entry_digest(entry)
        entry.save(force_insert=True)
        Reading.objects.create(
            actor=actor.identity, patient_id=patient_id, page=page, bucket=bucket, entry=entry
        )
    return True


class ReadingMiddleware:
    """After a page of a chart was given, its reading is in the ledger; a page whose reading cannot be written is not given."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        reading: Any = getattr(request, "reading", None)
        if reading is not None and response.status_code < 300:
            patient_id, page = reading
            record_reading(request.actor, patient_id=patient_id, page=page)  # type: ignore[attr-defined]
        return response
