"""Hard limits of an order, and the ceilings of the literature. Pure: no Django, no clock.

Every comparison is made on exact amounts, before anything is cut for the chart. A hard finding has no override inside
the application.
"""

from collections.abc import Iterator
from decimal import Decimal

from ebbtide.journey.careplan.dosing import (
    MIN_PER_H,
    Field,
    OrderDrug,
    StepKind,
    cut_for_chart,
    figures,
    infusion_sixtieths_mg,
    plain,
)
from ebbtide.journey.careplan.findings import (
    Case,
    Level,
    LimitFinding,
    dosing_field,
    of_limit,
    of_protocol,
    ours,
    shown,
)

UNDILUTED_NEVER_MG_PER_ML = Decimal(100)  # Ketalar label [seen]: LIM-VIAL100 names it in words only
STRENGTHS_MG_PER_ML = {
    OrderDrug.RACEMATE: (Decimal(10), Decimal(50), Decimal(100))
}  # base, Ketalar label [seen]


def _not_offered(case: Case) -> Iterator[LimitFinding]:
    refusal = case.protocol.do_not_offer
    if refusal.in_setting(case.order.setting):
        sentence = f"This protocol cannot be ordered in the {case.order.setting} setting: {refusal.why}."
        yield of_protocol(case, "do_not_offer", level=Level.HARD, sentence=sentence)


def _another_drug(case: Case) -> Iterator[LimitFinding]:
    if case.order.drug != case.protocol.drug:
        sentence = (
            f"The protocol was published for {case.protocol.drug.replace('_', '-')}, the order is for "
            f"{case.order.drug.replace('_', '-')}: they are different drugs and never exchange doses."
        )
        yield of_protocol(case, "drug", level=Level.HARD, sentence=sentence)


def _another_field(case: Case) -> Iterator[LimitFinding]:
    expected = dosing_field(case.protocol)
    if expected is None:
        sentence = "No dose was published for this protocol: it cannot be ordered from."
        yield of_protocol(case, "dosing_field", level=Level.HARD, sentence=sentence)
    elif case.order.field is not expected:
        sentence = f"This protocol is dosed in {expected.unit}, the order was typed in {case.order.field.unit}: retype it."
        yield of_protocol(case, "dosing_field", level=Level.HARD, sentence=sentence)


def _above_cap(case: Case) -> Iterator[LimitFinding]:
    caps, total = case.protocol.caps, case.total_sixtieths
    hard_caps = [
        ("caps.rate_mg_per_h", caps.rate_mg_per_h, case.highest_rate(Field.RATE_MG_PER_H), "mg/h"),
        ("caps.infusion_mg", caps.infusion_mg, total / MIN_PER_H, "mg for one infusion"),
        ("caps.course_mg", caps.course_mg, total * case.order.infusions / MIN_PER_H, "mg for the course"),
    ]
    for name, cap, value, unit in hard_caps:
        if cap is not None and value > cap:
            hint = _largest_rate(case, cap) if name == "caps.rate_mg_per_h" else "lower the dose"
            sentence = f"{shown(value)} {unit} is above the protocol's cap of {plain(cap)}: {hint}."
            yield of_protocol(case, name, level=Level.HARD, sentence=sentence, value=value, unit=unit)


def _above_template_cap(case: Case) -> Iterator[LimitFinding]:
    cap = None if case.template is None else case.template.hard_cap_rate_mg_per_h
    value = case.highest_rate(Field.RATE_MG_PER_H)
    if (
        case.template is not None
        and cap is not None
        and value > cap
        and cap != case.protocol.caps.rate_mg_per_h
    ):
        sentence = f"{shown(value)} mg/h is above {case.template.id}'s cap of {plain(cap)}: {_largest_rate(case, cap)}."
        yield ours("TEMPLATE-CAP", level=Level.HARD, sentence=sentence, value=value, unit="mg/h")


def _largest_rate(case: Case, cap_mg_per_h: Decimal) -> str:
    largest = largest_rate_mg_per_kg_h(cap_mg_per_h=cap_mg_per_h, weight_kg=case.weight_kg)
    return f"at {plain(case.weight_kg)} kg order at most {plain(largest)} mg/kg/h"


def largest_rate_mg_per_kg_h(*, cap_mg_per_h: Decimal, weight_kg: Decimal) -> Decimal:
    """The highest rate under an absolute cap, cut to three decimals and never rounded up (mg/kg/h)."""
    return cut_for_chart(cap_mg_per_h, weight_kg, Decimal("0.001"))


def _bolus(case: Case) -> Iterator[LimitFinding]:
    limit = case.limits["LIM-BOLUS"]
    pushed = infusion_sixtieths_mg(case.order, kinds=[StepKind.BOLUS])
    value, highest = pushed / (MIN_PER_H * case.weight_kg), limit.number("max_mg_per_kg")
    if pushed > highest * MIN_PER_H * case.weight_kg:
        sentence = f"Boluses of {shown(value)} mg/kg in one infusion are above {plain(highest)} mg/kg, the most without ICU-type monitoring: lower them."
        yield of_limit(limit, level=Level.HARD, sentence=sentence, value=value, unit="mg/kg")


def _rate(case: Case) -> Iterator[LimitFinding]:
    value = case.highest_rate(Field.RATE_MG_PER_KG_H)
    limit, highest = case.limits["LIM-RATE"], case.limits["LIM-RATE"].number("max_mg_per_kg_h")
    if value > highest:
        sentence = f"{shown(value)} mg/kg/h is above {plain(highest)} mg/kg/h, the most without ICU-type monitoring: lower the dose or give it over a longer time."
        yield of_limit(limit, level=Level.HARD, sentence=sentence, value=value, unit="mg/kg/h")
    ecg = case.limits["LIM-ECG"]
    if value >= ecg.number("from_mg_per_kg_h"):
        sentence = f"At {shown(value)} mg/kg/h the ECG is watched without a break."
        yield of_limit(ecg, level=Level.INFO, sentence=sentence, value=value, unit="mg/kg/h")


def _inpatient_rate(case: Case) -> Iterator[LimitFinding]:
    limit = case.limits["LIM-RATE-CNCP"]
    value, highest = case.highest_rate(Field.RATE_MG_PER_KG_H), limit.number("max_mg_per_kg_h")
    applies = case.order.setting == "inpatient" and case.protocol.indication == "chronic_non_cancer_pain"
    if applies and value > highest:
        sentence = f"{shown(value)} mg/kg/h is above {plain(highest)} mg/kg/h for inpatient chronic non-cancer pain: say why."
        yield of_limit(limit, level=Level.SOFT, sentence=sentence, value=value, unit="mg/kg/h")


def _vial(case: Case) -> Iterator[LimitFinding]:
    strength, limit = case.order.preparation.vial_mg_per_ml, case.limits["LIM-VIAL100"]
    diluent_ml = figures(case.order).diluent_ml
    if diluent_ml < 0:
        sentence = "The bag holds less than the drug that must go into it: give it more volume or a lower concentration."
        yield ours("BAG-VOLUME", level=Level.HARD, sentence=sentence, value=diluent_ml, unit="mL of diluent")
    if strength >= UNDILUTED_NEVER_MG_PER_ML:
        undiluted = diluent_ml <= 0
        words = (
            "is never given undiluted into a vein: dilute it"
            if undiluted
            else "is used at once after dilution"
        )
        yield of_limit(
            limit,
            level=Level.HARD if undiluted else Level.INFO,
            sentence=f"A vial of {plain(strength)} mg/mL {words}.",
            value=strength,
            unit="mg/mL",
        )
    yield from _listed_strength(case.order.drug, strength)


def _listed_strength(drug: OrderDrug, strength: Decimal) -> Iterator[LimitFinding]:
    listed = STRENGTHS_MG_PER_ML.get(drug)
    if listed is None:
        sentence = (
            "No list of strengths is held for this drug: read the strength from the label and say who did."
        )
        yield ours("VIAL-STRENGTH", level=Level.SOFT, sentence=sentence, value=strength, unit="mg/mL")
    elif strength not in listed:
        sentence = f"No vial of {plain(strength)} mg/mL is listed ({', '.join(map(plain, listed))}): correct the strength."
        yield ours("VIAL-STRENGTH", level=Level.HARD, sentence=sentence, value=strength, unit="mg/mL")


HARD_RULES = (
    _not_offered,
    _another_drug,
    _another_field,
    _above_cap,
    _above_template_cap,
    _bolus,
    _rate,
    _inpatient_rate,
    _vial,
)
