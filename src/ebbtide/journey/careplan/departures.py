"""What an order must give a reason for: departures from the published numbers, and cautions. Pure: no Django, no clock.

None of these blocks. An answer in words is kept beside the order; silence keeps it from being signed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ebbtide.evidence.protocols import RateSpan
from ebbtide.journey.careplan.dosing import MIN_PER_H, Field, plain, sixtieths_mg, value_in
from ebbtide.journey.careplan.findings import (
    Case,
    Level,
    LimitFinding,
    is_computed,
    of_limit,
    of_protocol,
    ours,
    shown,
)

WEIGHT_VALID_DAYS = 30  # days; [design] until the medical director signs it
START_RATE = "rate_mg_per_kg_h.start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One published number or range beside the same figure of the order."""

    name: str
    unit: str
    value: Decimal
    low: Decimal | None
    high: Decimal | None


def _published(case: Case) -> Iterator[Published]:
    """What the protocol published, figure by figure; what we computed from the rest is not judged twice."""
    protocol, total = case.protocol, case.total_sixtieths
    per_kg, mg = total / (MIN_PER_H * case.weight_kg), total / MIN_PER_H
    if (dose := protocol.dose_mg_per_kg) is not None:
        yield Published(
            name="dose_mg_per_kg", unit="mg/kg", value=per_kg, low=dose.minimum, high=dose.maximum
        )
    if protocol.dose_mg is not None:
        most = None if protocol.dose_is_minimum else protocol.dose_mg
        yield Published(name="dose_mg", unit="mg", value=mg, low=protocol.dose_mg, high=most)
    yield from _published_rates(case, Field.RATE_MG_PER_KG_H, protocol.rate_mg_per_kg_h)
    yield from _published_rates(case, Field.RATE_MG_PER_H, protocol.rate_mg_per_h)
    if (minutes := protocol.duration_min) is not None:
        lasting = Decimal(case.order.minutes)
        yield Published(
            name="duration_min", unit="min", value=lasting, low=minutes.minimum, high=minutes.maximum
        )
    count = Decimal(case.order.infusions)
    span = protocol.infusions
    yield Published(name="infusions", unit="infusions", value=count, low=span.minimum, high=span.maximum)


def _published_rates(case: Case, unit: Field, rate: RateSpan | None) -> Iterator[Published]:
    if rate is None:
        return
    most = rate.maximum
    start = (
        most if rate.steps else rate.start_max or rate.start
    )  # each published step may be the first of a day
    yield Published(name=unit, unit=unit.unit, value=case.highest_rate(unit), low=rate.start, high=most)
    yield Published(
        name=f"{unit}_start",
        unit=f"{unit.unit} at the start",
        value=_first_rate(case, unit),
        low=None,
        high=start,
    )


def _first_rate(case: Case, unit: Field) -> Decimal:
    first = case.order.rate_steps[0]
    amount = sixtieths_mg(case.order, first)
    return value_in(unit, sixtieths=amount, minutes=first.minutes, weight_kg=case.weight_kg)


def _departs(case: Case) -> Iterator[LimitFinding]:
    for one in _published(case):
        inside = (one.low is None or one.value >= one.low) and (one.high is None or one.value <= one.high)
        if inside or is_computed(case.protocol, one.name.removesuffix("_start")):
            continue
        sentence = f"{shown(one.value)} {one.unit} departs from the published {_range(one)}: say why."
        yield of_protocol(case, one.name, level=Level.SOFT, sentence=sentence, value=one.value, unit=one.unit)


def _range(one: Published) -> str:
    ends = [plain(end) for end in (one.low, one.high) if end is not None]
    if one.high is None:
        return f"{ends[0]} or more"
    if one.low is None:
        return f"{ends[0]} or less"
    return ends[0] if one.low == one.high else " to ".join(ends)


def _gaps(case: Case) -> Iterator[LimitFinding]:
    gap = case.order.gap_days
    template_gap = None if case.template is None else case.template.gap_days
    published = template_gap or case.protocol.gap_days
    if gap is None or published is None:
        return
    low, high = published.minimum, published.maximum
    if (low is not None and gap.minimum < low) or (high is not None and gap.maximum > high):
        ordered = Published(name="gap_days", unit="days", value=Decimal(gap.minimum), low=low, high=high)
        sentence = f"Gaps of {gap.minimum} to {gap.maximum} days depart from {_range(ordered)}: say why."
        yield of_protocol(
            case, "gap_days", level=Level.SOFT, sentence=sentence, value=Decimal(gap.maximum), unit="days"
        )


def _span(case: Case) -> Iterator[LimitFinding]:
    gap, most = case.order.gap_days, None if case.template is None else case.template.span_days_max
    if gap is None or most is None:
        return
    shortest = gap.minimum * (case.order.infusions - 1)
    if shortest > most:
        sentence = f"The series takes {shortest} days or more, the template allows {most}: say why."
        yield ours("TEMPLATE-SPAN", level=Level.SOFT, sentence=sentence, value=Decimal(shortest), unit="days")


def _director_sets(case: Case) -> Iterator[LimitFinding]:
    """What the literature leaves open is a setting of the clinic, signed by its director, never a default of ours."""
    if case.template is None:
        return
    signed = case.context.director_settings.get(case.template.id, {})
    for name in case.template.director_sets:
        if name not in signed:
            sentence = f"{case.template.title}: {name} is not published; the medical director fills it in and signs it before anyone can order."
            yield ours(f"DIRECTOR-SETS-{name}", level=Level.HARD, sentence=sentence)
    start = signed.get(START_RATE)
    value = _first_rate(case, Field.RATE_MG_PER_KG_H)
    if start is not None and value > start:
        sentence = (
            f"The start at {shown(value)} mg/kg/h is above the director's {plain(start)} mg/kg/h: say why."
        )
        yield ours("DIRECTOR-START", level=Level.SOFT, sentence=sentence, value=value, unit="mg/kg/h")


def _needs(case: Case) -> Iterator[LimitFinding]:
    for number, need in enumerate(() if case.template is None else case.template.needs, start=1):
        sentence = f"This template needs: {need}. Say where it stands in the record."
        yield ours(f"TEMPLATE-NEEDS-{number}", level=Level.SOFT, sentence=sentence)


def _recalled(case: Case) -> Iterator[LimitFinding]:
    if case.protocol.confirm_before_default:
        sentence = (
            "Numbers of this protocol are recalled or incomplete: confirm them in the paper and say who did."
        )
        yield of_protocol(case, "confirm", level=Level.SOFT, sentence=sentence)
    if case.protocol.warning:
        sentence = f"{case.protocol.warning[0].upper()}{case.protocol.warning[1:]}."
        yield of_protocol(case, "warning", level=Level.INFO, sentence=sentence)


def _first_trial(case: Case) -> Iterator[LimitFinding]:
    limit, first = case.limits["LIM-FIRST"], case.context.first_ketamine_course
    enough = case.total_sixtieths >= limit.number("min_mg") * MIN_PER_H
    slow = case.order.minutes > limit.number("min_duration_min")
    one_trial = enough and slow and case.order.infusions == 1
    if first is False or case.order.setting != "outpatient" or one_trial:
        return
    unknown = "Earlier ketamine is not recorded. " if first is None else ""
    sentence = (
        f"{unknown}A first outpatient trial is one infusion of at least {plain(limit.number('min_mg'))} mg over more "
        f"than {plain(limit.number('min_duration_min'))} min, then reassess: say why this order begins otherwise."
    )
    yield of_limit(
        limit, level=Level.SOFT, sentence=sentence, value=case.total_sixtieths / MIN_PER_H, unit="mg"
    )


def _per_year(case: Case) -> Iterator[LimitFinding]:
    limit, before = case.limits["LIM-YEAR"], case.context.treatments_last_12_months
    most = limit.number("usual_max")
    planned = Decimal(case.order.infusions + (before or 0))
    if planned > most:
        sentence = f"{plain(planned)} infusions in 12 months would be above the usual {plain(most)}: say why."
        yield of_limit(
            limit, level=Level.SOFT, sentence=sentence, value=planned, unit="infusions in 12 months"
        )
    elif before is None:
        sentence = "Infusions of the last 12 months are not recorded: ask, also about other clinics."
        yield of_limit(limit, level=Level.INFO, sentence=sentence, value=None, unit="infusions in 12 months")


def _after_long_course(case: Case) -> Iterator[LimitFinding]:
    limit, since = case.limits["LIM-GAP-LONG"], case.context.days_since_long_course
    fewest = limit.number("min_days")
    if since is not None and since < fewest:
        sentence = f"{since} days after a course of 72 h or more are fewer than {plain(fewest)}: say why."
        yield of_limit(limit, level=Level.SOFT, sentence=sentence, value=Decimal(since), unit="days")


def _weight_age(case: Case) -> Iterator[LimitFinding]:
    age_days = (case.context.as_of - case.order.weight.measured_on).days
    if age_days < 0:
        sentence = "The weight is dated in the future: correct the day it was measured."
        yield ours("WEIGHT-DATE", level=Level.HARD, sentence=sentence, value=Decimal(age_days), unit="days")
    if age_days > WEIGHT_VALID_DAYS:
        sentence = (
            f"The weight is {age_days} days old ({WEIGHT_VALID_DAYS} allowed): measure again, or say why not."
        )
        yield ours("WEIGHT-DATE", level=Level.SOFT, sentence=sentence, value=Decimal(age_days), unit="days")


SOFT_RULES = (
    _director_sets,
    _departs,
    _gaps,
    _span,
    _needs,
    _recalled,
    _first_trial,
    _per_year,
    _after_long_course,
    _weight_age,
)
