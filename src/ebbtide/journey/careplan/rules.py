"""Rules of the careplan: the order's limits, its states, the weight, the blind check. No Django, no clock, no float."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ebbtide.evidence.protocols import Limit, Protocol, Span, Template
from ebbtide.journey.careplan.departures import SOFT_RULES, START_RATE
from ebbtide.journey.careplan.dosing import (
    KG_PER_LB,
    MG_PLACE,
    ML_PER_H_PLACE,
    Field,
    OrderRefused,
    OrderSpec,
    cut_for_chart,
    figures,
    plain,
)
from ebbtide.journey.careplan.findings import (
    Case,
    Level,
    LimitFinding,
    OrderContext,
    dosing_field,
    ours,
)
from ebbtide.journey.careplan.limits import HARD_RULES, largest_rate_mg_per_kg_h

NEEDED_LIMITS = (
    *(
        "LIM-BOLUS",
        "LIM-RATE",
        "LIM-RATE-CNCP",
        "LIM-ECG",
        "LIM-YEAR",
        "LIM-GAP-LONG",
        "LIM-VIAL100",
        "LIM-FIRST",
    ),
)
WEIGHT_TOLERANCE_KG = Decimal("0.1")  # kg; [design]: what two readings of one scale may differ by
WEIGHT_CHANGE_FRACTION = Decimal("0.10")  # of the last weight; hazard H3 [design]
BMI_PLAUSIBLE_KG_PER_M2 = (Decimal(14), Decimal(50))  # kg/m2; [design] until the medical director signs it


class Status(StrEnum):
    DRAFT = "draft"
    SIGNED = "signed"
    CHECKED = "checked"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


NEXT: Mapping[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.SIGNED, Status.WITHDRAWN, Status.SUPERSEDED}),
    Status.SIGNED: frozenset({Status.CHECKED, Status.WITHDRAWN, Status.SUPERSEDED}),
    Status.CHECKED: frozenset({Status.WITHDRAWN, Status.SUPERSEDED}),
    Status.WITHDRAWN: frozenset(),  # final: what was planned is not given
    Status.SUPERSEDED: frozenset(),  # final: a later version stands in its place
}

OWNER: Mapping[Status, str] = {
    Status.DRAFT: "prescriber",  # signs it, or takes it back
    Status.SIGNED: "second person",  # enters weight, dose and rate blind
    Status.CHECKED: "infusion nurse",  # may start from it
    Status.WITHDRAWN: "nobody",
    Status.SUPERSEDED: "nobody",
}


def check_may_become(now: Status, after: Status) -> None:
    """An order in one state may enter another."""
    if after not in NEXT[now]:
        ways = ", ".join(sorted(NEXT[now])) or "nothing else: write a new order"
        raise OrderRefused(f"An order that is {now} cannot become {after}. It can become {ways}.")


def check_order(
    *,
    order: OrderSpec,
    protocol: Protocol,
    limits: Mapping[str, Limit],
    context: OrderContext,
    template: Template | None = None,
) -> list[LimitFinding]:
    """Every finding about an order, the refusals first; an order may be signed when none is hard."""
    if missing := [name for name in NEEDED_LIMITS if name not in limits]:
        raise OrderRefused(
            f"The library lacks {', '.join(missing)}: without it no order can be checked. Restore it."
        )
    if order.protocol_id != protocol.id or (template is not None and template.protocol != protocol.id):
        raise OrderRefused(
            "The order, its protocol and its template do not belong together: open the order again."
        )
    case = Case(order=order, protocol=protocol, limits=limits, template=template, context=context)
    found = [finding for rule in (*HARD_RULES, *SOFT_RULES) for finding in rule(case)]
    return sorted(found, key=lambda finding: list(Level).index(finding.level))


def unanswered(findings: list[LimitFinding], *, reasons: Mapping[str, str]) -> list[LimitFinding]:
    """What still keeps an order from being signed: every refusal, and every soft finding without a written reason."""
    return [
        finding
        for finding in findings
        if finding.level is Level.HARD
        or (finding.level is Level.SOFT and not reasons.get(finding.limit_id, "").strip())
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What an order form opens with: the published numbers, and None where nobody has filled them in."""

    protocol_id: str
    template_id: str | None
    field: Field | None
    value: Decimal | None
    highest_value: Decimal | None
    minutes: int | None
    infusions: int | None
    gap_days_min: int | None
    gap_days_max: int | None


def propose(
    *,
    protocol: Protocol,
    weight_kg: Decimal,
    template: Template | None = None,
    director_settings: Mapping[str, Mapping[str, Decimal]] | None = None,
) -> Proposal:
    """The numbers an order form opens with; a rate under an absolute cap is cut to it, never rounded up to it."""
    dosed_in = dosing_field(protocol)
    start, highest = _published_values(protocol, dosed_in)
    cap = protocol.caps.rate_mg_per_h if template is None else template.hard_cap_rate_mg_per_h
    if template is not None and START_RATE in template.director_sets:
        start = (director_settings or {}).get(template.id, {}).get(START_RATE)
    if dosed_in is Field.RATE_MG_PER_KG_H and cap is not None:
        most = largest_rate_mg_per_kg_h(cap_mg_per_h=cap, weight_kg=weight_kg)
        start, highest = _at_most(start, most), _at_most(highest, most)
    gap = (template.gap_days if template else None) or protocol.gap_days
    return Proposal(
        protocol_id=protocol.id,
        template_id=None if template is None else template.id,
        field=dosed_in,
        value=start,
        highest_value=highest,
        minutes=_high(protocol.duration_min),
        infusions=_high(protocol.infusions),
        gap_days_min=_low(gap),
        gap_days_max=_high(gap),
    )


def _published_values(protocol: Protocol, dosed_in: Field | None) -> tuple[Decimal | None, Decimal | None]:
    """First and highest published value of the dosing field; only a dose with one value is a first value."""
    if dosed_in is Field.DOSE_MG:
        return protocol.dose_mg, protocol.dose_mg
    if dosed_in is Field.DOSE_MG_PER_KG and protocol.dose_mg_per_kg is not None:
        return protocol.dose_mg_per_kg.minimum, protocol.dose_mg_per_kg.maximum
    rate = protocol.rate_mg_per_h if dosed_in is Field.RATE_MG_PER_H else protocol.rate_mg_per_kg_h
    return (None, None) if rate is None or dosed_in is None else (rate.start, rate.maximum)


def _at_most(value: Decimal | None, most: Decimal) -> Decimal | None:
    return None if value is None else min(value, most)


def _low(span: Span | None) -> int | None:
    return None if span is None or span.minimum is None else int(span.minimum)


def _high(span: Span | None) -> int | None:
    return None if span is None or span.maximum is None else int(span.maximum)


class WeightUnit(StrEnum):
    KG = "kg"
    LB = "lb"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredWeight:
    """A weight as it was read from the scale, with the unit the scale shows."""

    value: Decimal
    unit: WeightUnit

    @property
    def kg(self) -> Decimal:
        """In kilograms, cut to ten grams (kg)."""
        factor = KG_PER_LB if self.unit is WeightUnit.LB else Decimal(1)
        return cut_for_chart(self.value * factor, Decimal(1), Decimal("0.01"))


def check_weight(
    *, first: EnteredWeight, second: EnteredWeight, last_kg: Decimal | None, height_cm: Decimal | None
) -> list[LimitFinding]:
    """What speaks against a weight that was entered twice: refusals to correct, challenges to confirm in words."""
    if first != second:
        sentence = "The two entries of the weight or its unit differ: weigh again and enter both anew."
        return [ours("WEIGHT-TWICE", level=Level.HARD, sentence=sentence)]
    return [*_change_of(first.kg, last_kg=last_kg), *_bmi_of(first.kg, height_cm=height_cm)]


def _change_of(weight_kg: Decimal, *, last_kg: Decimal | None) -> list[LimitFinding]:
    if last_kg is None:
        sentence = f"No earlier weight stands beside {plain(weight_kg)} kg ({_in_lb(weight_kg)} lb): read the unit on the scale again."
        return [ours("WEIGHT-FIRST", level=Level.SOFT, sentence=sentence, value=weight_kg, unit="kg")]
    if abs(weight_kg - last_kg) <= WEIGHT_CHANGE_FRACTION * last_kg:
        return []
    sentence = (
        f"{plain(weight_kg)} kg is more than 10 % away from the last weight, {plain(last_kg)} kg: were pounds and "
        "kilograms confused? Weigh again, or say why it changed."
    )
    return [ours("WEIGHT-CHANGE", level=Level.SOFT, sentence=sentence, value=weight_kg, unit="kg")]


def _in_lb(weight_kg: Decimal) -> str:
    return plain(cut_for_chart(weight_kg, KG_PER_LB, Decimal(1)))


def _bmi_of(weight_kg: Decimal, *, height_cm: Decimal | None) -> list[LimitFinding]:
    if height_cm is None:
        return []
    bmi = cut_for_chart(weight_kg * 10_000, height_cm * height_cm, Decimal("0.1"))
    low, high = BMI_PLAUSIBLE_KG_PER_M2
    if low <= bmi <= high:
        return []
    sentence = f"With {plain(height_cm)} cm the BMI would be {plain(bmi)} kg/m2: read weight, height and units again."
    return [ours("WEIGHT-BMI", level=Level.SOFT, sentence=sentence, value=bmi, unit="kg/m2")]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindEntry:
    """What a second person enters without seeing the first: weight, dose of one infusion, first rate of the pump."""

    weight_kg: Decimal
    dose_mg: Decimal
    rate_ml_per_h: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field in which two entries differ; the sentence never shows the first person's value."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonResult:
    """What the comparison of two blind entries found."""

    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        return not self.differences


def expected_entry(order: OrderSpec) -> BlindEntry:
    """What the second person's numbers must meet."""
    found = figures(order)
    return BlindEntry(weight_kg=order.weight.kg, dose_mg=found.mg, rate_ml_per_h=found.first_rate.ml_per_h)


def blind_check(first: BlindEntry, second: BlindEntry) -> ComparisonResult:
    """Compare two blind entries: weight within 0.1 kg, dose and rate to the last printed digit (further ones are cut)."""
    same = {
        "weight": abs(first.weight_kg - second.weight_kg) <= WEIGHT_TOLERANCE_KG,
        "dose": _cut(first.dose_mg, MG_PLACE) == _cut(second.dose_mg, MG_PLACE),
        "rate": _cut(first.rate_ml_per_h, ML_PER_H_PLACE) == _cut(second.rate_ml_per_h, ML_PER_H_PLACE),
    }
    return ComparisonResult(
        differences=tuple(
            Difference(
                field=name,
                sentence=f"The {name} entered second is not the {name} of the order: both look at the source again.",
            )
            for name, agrees in same.items()
            if not agrees
        )
    )


def _cut(value: Decimal, place: Decimal) -> Decimal:
    return cut_for_chart(value, Decimal(1), place)
