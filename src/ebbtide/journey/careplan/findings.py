"""Findings: what a limit can say about an order, and everything an order is judged by. Pure: no Django, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_UP, Decimal
from enum import StrEnum

from ebbtide.evidence.protocols import Limit, Protocol, RateSpan, Span, Template
from ebbtide.journey.careplan.dosing import (
    Field,
    OrderSpec,
    infusion_sixtieths_mg,
    plain,
    sixtieths_mg,
    value_in,
)


class Level(StrEnum):
    HARD = "hard"  # refused, no override inside the application
    SOFT = "soft"  # a written reason is asked for
    INFO = "info"  # said, and nothing is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitFinding:
    """One thing that a limit says about an order, with the number it is about and where the limit comes from."""

    limit_id: str
    level: Level
    sentence: str
    value: Decimal | None
    unit: str
    source: str
    mark: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderContext:
    """What the limits must know beyond the order itself; None is not recorded and is said to be so."""

    as_of: date
    treatments_last_12_months: int | None
    days_since_long_course: int | None  # since a course of 72 h or more; None when there was none on record
    first_ketamine_course: bool | None
    # by template id, then by field, for example {"TPL-CRPS-10DAY": {"rate_mg_per_kg_h.start": Decimal("0.1")}}
    director_settings: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An order beside everything that it is judged by."""

    order: OrderSpec
    protocol: Protocol
    limits: Mapping[str, Limit]
    template: Template | None
    context: OrderContext

    @property
    def weight_kg(self) -> Decimal:
        return self.order.weight.kg

    @property
    def total_sixtieths(self) -> Decimal:
        return infusion_sixtieths_mg(self.order)

    def highest_rate(self, unit: Field) -> Decimal:
        """The highest rate of any infusion step, exact, in mg/h or mg/kg/h; a bolus is not a rate."""
        return max(
            value_in(
                unit, sixtieths=sixtieths_mg(self.order, step), minutes=step.minutes, weight_kg=self.weight_kg
            )
            for step in self.order.rate_steps
        )


def dosing_field(protocol: Protocol) -> Field | None:
    """The one field in which a protocol's dose is typed: the first that was published and not computed by us."""
    published = {
        Field.DOSE_MG_PER_KG: has_number(protocol.dose_mg_per_kg),
        Field.DOSE_MG: protocol.dose_mg is not None,
        Field.RATE_MG_PER_KG_H: has_number(protocol.rate_mg_per_kg_h),
        Field.RATE_MG_PER_H: has_number(protocol.rate_mg_per_h),
    }
    return next((one for one, given in published.items() if given and not is_computed(protocol, one)), None)


def has_number(span: Span | RateSpan | None) -> bool:
    if span is None:
        return False
    lowest = span.minimum if isinstance(span, Span) else span.start
    return lowest is not None or span.maximum is not None


def is_computed(protocol: Protocol, name: str) -> bool:
    return protocol.mark_by_field.get(name, "").startswith("computed")


def marks_of_field(protocol: Protocol, name: str) -> tuple[str, ...]:
    """The mark of one field of a protocol: its own, or the protocol's."""
    own = protocol.mark_by_field.get(name)
    return protocol.mark if own is None else (own.split()[0],)


def of_limit(limit: Limit, *, level: Level, sentence: str, value: Decimal | None, unit: str) -> LimitFinding:
    return LimitFinding(
        limit_id=limit.id,
        level=level,
        sentence=f"{sentence} ({limit.id}; {limit.source}, {', '.join(limit.mark)}.)",
        value=value,
        unit=unit,
        source=limit.source,
        mark=limit.mark,
    )


def of_protocol(
    case: Case, name: str, *, level: Level, sentence: str, value: Decimal | None = None, unit: str = ""
) -> LimitFinding:
    protocol = case.protocol
    return LimitFinding(
        limit_id=f"PROTOCOL-{name.replace('_', '-').upper()}",
        level=level,
        sentence=f"{sentence} ({protocol.id}; {protocol.source}.)",
        value=value,
        unit=unit,
        source=protocol.source,
        mark=marks_of_field(protocol, name),
    )


def ours(
    limit_id: str, *, level: Level, sentence: str, value: Decimal | None = None, unit: str = ""
) -> LimitFinding:
    return LimitFinding(
        limit_id=limit_id,
        level=level,
        sentence=sentence,
        value=value,
        unit=unit,
        source="Ebbtide",
        mark=("design",),
    )


def shown(value: Decimal) -> str:
    """An exact number as a sentence shows it: four decimals, rounded away from zero so that above stays above."""
    return plain(value.quantize(Decimal("0.0001"), rounding=ROUND_UP))
