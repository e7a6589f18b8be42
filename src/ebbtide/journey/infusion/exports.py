"""The log as plain rows that any program can read, and back: the same events, and so the same state. Pure: no Django."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ebbtide.journey.infusion.events import FIELDS, Event, Kind, Of, Value, written


def exported(events: Iterable[Event]) -> list[dict[str, Any]]:
    """One row an entry, in the order of the log: times in ISO 8601 with their zone, numbers as the log keeps them."""
    ordered = sorted(events, key=lambda one: (one.observed_at, one.id))
    return [
        {
            "id": str(event.id),
            "kind": event.kind.value,
            "observed_at": event.observed_at.isoformat(),
            "recorded_at": event.recorded_at.isoformat(),
            "body": written(event.values),
            "author": event.author,
            "late": event.late,
            "replaces": None if event.replaces is None else str(event.replaces),
            "withdrawn": event.withdrawn,
        }
        for event in ordered
    ]


def imported(rows: Iterable[Mapping[str, Any]]) -> list[Event]:
    """The events of such rows. Nothing is judged anew: what the log once took in is history, whatever is allowed today."""
    return [
        Event(
            id=UUID(row["id"]),
            kind=(kind := Kind(row["kind"])),
            observed_at=datetime.fromisoformat(row["observed_at"]),
            recorded_at=datetime.fromisoformat(row["recorded_at"]),
            values={name: _value(kind, name, value) for name, value in row["body"].items()},
            author=row["author"],
            late=row["late"],
            replaces=None if row["replaces"] is None else UUID(row["replaces"]),
            withdrawn=row["withdrawn"],
        )
        for row in rows
    ]


def _value(kind: Kind, name: str, value: str | int) -> Value:
    spec = FIELDS[kind].get(name)
    is_decimal = spec is not None and spec.of is Of.DECIMAL
    return Decimal(value) if is_decimal and isinstance(value, str) else value
