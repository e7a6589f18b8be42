"""The strip above a patient: two identifiers for everyone; allergies, limb, weight and order for those who treat."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from ebbtide.desks.chart.compiled import ask
from ebbtide.desks.chart.entries import template_title
from ebbtide.desks.chart.fields import CLINICAL
from ebbtide.desks.chart.line import grams
from ebbtide.desks.chart.position import Position, day, moment
from ebbtide.desks.chart.steps import Wall, consent_missing, day_words
from ebbtide.desks.chart.story import Row
from ebbtide.ground.people.models import Clinic, Patient
from ebbtide.ground.policy import Actor, allowed
from ebbtide.journey.assessment.models import Decision, Fact
from ebbtide.journey.assessment.queries import Weight, current_facts, weight_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Plain values for `_patient_strip.html`."""

    patient: Patient
    clinic: Clinic
    clinical: bool
    weight: Weight | None
    verdict: str
    verdict_note: str
    order: str
    next_visit: str
    next_visit_at: datetime | None
    open_things: Sequence[str]


def strip_of(actor: Actor, position: Position, rows: Sequence[Row], wall: Wall) -> Strip:
    """What must be in view whatever page of this person is open (one query, for the weight)."""
    clinical = allowed(actor, "read", CLINICAL)
    verdict, note = _verdict(position, wall)
    coming = position.next_visit(wall.at)
    return Strip(
        patient=position.patient,
        clinic=position.patient.clinic,
        clinical=clinical,
        weight=_weight(actor, position.patient, wall.at) if clinical else None,
        verdict=verdict,
        verdict_note=note,
        order=active_order_words(rows),
        next_visit=coming[0] if coming else "",
        next_visit_at=coming[1] if coming else None,
        open_things=_open_things(position, wall, clinical=clinical),
    )


def _weights(_: Actor, patient_id: UUID, at: datetime) -> QuerySet[Any]:
    rows = current_facts(Patient(pk=patient_id)).filter(name="weight_kg", observed_at__lte=at)
    return rows.values_list("value", "observed_at", "origin", "source_key", "confirmed_by_id")[:1]


def _weight(actor: Actor, patient: Patient, at: datetime) -> Weight | None:
    found = ask(_weights, actor, patient.pk, at)
    if not found:
        return None
    value, observed_at, origin, source_key, confirmed_by = found[0]
    return weight_from(
        Fact(
            value=json.loads(value),
            observed_at=observed_at,
            origin=origin,
            source_key=source_key,
            confirmed_by_id=confirmed_by,
        )
    )


def _verdict(position: Position, wall: Wall) -> tuple[str, str]:
    until = moment(position.evaluation, "valid_until")
    if until is None:
        return "not assessed", ""
    decision = Decision(position.evaluation["decision"]).label
    if until < wall.at:
        return "expired", f"{decision.lower()} until {wall.words(until)}"
    return str(decision), f"expires {wall.words(until)}"


def active_order_words(rows: Sequence[Row]) -> str:
    """The order that counts: the newest version of an order, signed and not taken back."""
    orders = [row for row in rows if row.kind == "order"]
    newest: dict[str, int] = {}
    for row in orders:
        newest[row.data["order"]] = max(row.data["version"], newest.get(row.data["order"], 0))
    for row in orders:
        counts = (
            row.data["signed_at"]
            and not row.data["withdrawn_at"]
            and row.data["version"] == newest[row.data["order"]]
        )
        if counts and "dose_mg" in row.data:
            return f"{template_title(row)}, {grams(row.data['dose_mg'])} mg"
        if counts:
            return f"signed, {row.data['infusions']} infusions"
    return "none signed"


def _open_things(position: Position, wall: Wall, *, clinical: bool) -> list[str]:
    things = []
    if position.alert:
        things.append("a safety alert is open")
    if position.order and not position.order["signed_at"]:
        things.append("an order is not signed")
    if position.order.get("signed_at") and not position.order["checked"]:
        things.append("the order is not checked")
    if position.evaluation and (why := consent_missing(position, wall)):
        things.append(why[0].lower() + why[1:].rstrip("."))
    if clinical and position.unconfirmed:
        many = "fact is" if position.unconfirmed == 1 else "facts are"
        things.append(f"{position.unconfirmed} imported {many} not confirmed")
    expires_on = day(position.consent, "expires_on")
    if expires_on is not None and 0 <= (expires_on - wall.today).days <= 14:
        things.append(f"the consent expires on {day_words(expires_on)}")
    return things
