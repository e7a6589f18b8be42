"""Logs of many sessions at once: their entries come as one array with the row that asks for them, and go into the fold."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import QuerySet
from django.db.models.functions import JSONObject

from ebbtide.journey.infusion.events import BodyRefused, Event, Kind, Value, read_body
from ebbtide.journey.infusion.models import Entry


def entries_of(rows: QuerySet[Entry]) -> ArraySubquery:
    """These entries as an array of what a fold needs of each."""
    return ArraySubquery(
        rows.order_by("observed_at", "id").values(
            said=JSONObject(
                id="id", kind="kind", body="body", observed_at="observed_at", recorded_at="recorded_at",
                replaces="replaces_id", withdrawn="withdrawn",
            )
        )
    )  # fmt: skip


def events(rows: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    """The entries of `entries_of` as events."""
    for row in rows:
        kind = Kind(row["kind"])
        yield Event(
            id=UUID(row["id"]),
            kind=kind,
            values=_values(kind, row["body"]),
            observed_at=datetime.fromisoformat(row["observed_at"]),
            recorded_at=datetime.fromisoformat(row["recorded_at"]),
            replaces=UUID(row["replaces"]) if row["replaces"] else None,
            withdrawn=row["withdrawn"],
        )


def _values(kind: Kind, body: Mapping[str, object]) -> Mapping[str, Value]:
    try:
        return read_body(kind, body)
    except BodyRefused:
        return {}  # the fold then says that it cannot have happened, and counts nothing
