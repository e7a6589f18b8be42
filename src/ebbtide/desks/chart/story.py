"""The story of one person, read in one query: what each role may see of it, and nothing more, leaves the database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, JSONObject

from ebbtide.desks.chart.compiled import ask
from ebbtide.desks.chart.fields import BY_NAME, EXACT, KINDS, SHORTENING, Kind, Stage
from ebbtide.ground.people.models import Patient
from ebbtide.ground.policy import Actor, may, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing of the record as this person may see it; a field that is not theirs is not there."""

    kind: str
    id: UUID
    at: datetime
    who: str
    data: Mapping[str, Any]

    @property
    def stage(self) -> Stage:
        return BY_NAME[self.kind].stage

    def instant(self, name: str) -> datetime | None:
        """A moment among the fields, None when it is empty or not theirs to see."""
        text = self.data.get(name)
        return datetime.fromisoformat(text) if text else None


def fields_for(actor: Actor, kind: Kind) -> Mapping[str, Any] | None:
    """The fields of this kind that this person may see; None when they may see none of it."""
    decision = may(actor, "read", kind.resource)
    if not decision.allowed:
        return None
    if decision.minimum_only or decision.conditions & SHORTENING:
        return {name: kind.fields[name] for name in kind.minimum}
    return kind.fields


def _expression(name: str, path: Any) -> Any:
    if not isinstance(path, str):
        return path
    # a dose stays the decimal that was typed: JSON would make a float of it
    return Cast(F(path), CharField()) if name in EXACT else F(path)


def _rows(
    actor: Actor, patient_id: UUID, kind: Kind, fields: Mapping[str, Any], at: datetime
) -> QuerySet[Any]:
    path = kind.model.policy_path.patient  # type: ignore[attr-defined]
    rows = kind.model._default_manager.filter(**{path: patient_id}, **kind.where)
    seen = visible(actor, rows, kind.resource, at=at)
    described: QuerySet[Any] = seen.annotate(
        s_kind=Value(kind.name, output_field=CharField()),
        s_id=F("id"),
        s_at=F(kind.at),
        s_who=Coalesce(F(kind.who), Value("")) if kind.who else Value("", output_field=CharField()),
        s_data=JSONObject(**{name: _expression(name, path) for name, path in fields.items()}),
    )
    return described.values_list("s_kind", "s_id", "s_at", "s_who", "s_data")


def _story(actor: Actor, patient_id: UUID, at: datetime) -> QuerySet[Any] | None:
    parts = [
        _rows(actor, patient_id, kind, fields, at).order_by()
        for kind in KINDS
        if (fields := fields_for(actor, kind)) is not None
    ]
    return parts[0].union(*parts[1:], all=True) if parts else None


def story_of(actor: Actor, patient: Patient, *, at: datetime) -> list[Row]:
    """Everything this person may see of the patient's way, newest first (one query)."""
    found = ask(_story, actor, patient.pk, at)
    rows = [
        Row(kind=kind, id=pk, at=when, who=who, data=json.loads(data)) for kind, pk, when, who, data in found
    ]
    return sorted(rows, key=lambda row: (row.at, str(row.id)), reverse=True)
