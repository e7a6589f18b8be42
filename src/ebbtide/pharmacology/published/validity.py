"""Where a model may speak: rules that answer with the sentence of the first refusal, or with nothing at all.

The limits are our own choice [design], in the data file under ``policy_validity``; a model's own range can only narrow
them. A refused preview forbids no order: that is the order form's business.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ebbtide.pharmacology.published.library import Policy
from ebbtide.pharmacology.published.models import Drug, Model, Range
from ebbtide.pharmacology.schedule import Schedule

MIN_PER_H = 60.0
SLACK = 1.0 + 1e-9  # a limit itself is inside, also after a division in floating point

NAMES = {
    Drug.RACEMIC: "racemic ketamine",
    Drug.S: "S-ketamine",
    Drug.R: "R-ketamine",
    Drug.UNKNOWN: "a ketamine that its source does not name",
}
COUNTERPART = {Drug.RACEMIC: Drug.S, Drug.S: Drug.RACEMIC}
NOT_VALIDATED = (
    "Not validated in pregnancy, liver disease, shock or intubation, with strong inducers or inhibitors of CYP3A4 or "
    "CYP2B6, or at a BMI above 40."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One model asked about one schedule in one person whose age and weight are recorded.

    Of the conditions in which no model is validated, ``None`` is not recorded: it refuses nothing, and the caution
    under every curve names them all.
    """

    schedule: Schedule
    age_y: int
    weight_kg: float
    pregnant: bool | None
    drug: Drug
    model: Model
    policy: Policy
    crps_course: bool
    hepatic_impairment: bool | None = None
    strong_cyp_modifier: bool | None = None
    intubated_or_shocked: bool | None = None
    bmi_kg_per_m2: float | None = None


def why_not(question: Question) -> str | None:
    """The first sentence that speaks against showing a number, or ``None`` when nothing does."""
    sentences = (rule(question) for rule in REFUSALS)
    return next((sentence for sentence in sentences if sentence is not None), None)


def cautions(question: Question) -> tuple[str, ...]:
    """What must be said under a curve that is shown, the most important first."""
    said = []
    if is_comparison(question):
        said.append(
            f"A comparison, not a prediction: {NAMES[question.drug]} enters a model of {modelled(question.model)} with "
            "its whole dose, and the two are not handled alike."
        )
    if not question.policy.age_y.holds(question.age_y):
        said.append(
            f"Aged {question.age_y} years: shown with a warning, few people of this age were studied."
        )
    if not question.policy.weight_kg.holds(question.weight_kg):
        said.append(f"{question.weight_kg:g} kg: beyond the weights that other models are shown for.")
    said.append(f"Scaling with weight: {question.model.allometry.status}.")
    said.append(NOT_VALIDATED)
    return tuple(said)


def is_comparison(question: Question) -> bool:
    """The racemate through a model of S-ketamine alone, or S-ketamine through a model of the racemate alone."""
    return compares(question.model, question.drug)


def compares(model: Model, drug: Drug) -> bool:
    """Whether a drug can only be compared through this model, its whole dose entering as if it were the model's own."""
    return drug not in model.drugs and COUNTERPART.get(drug) in model.drugs


def modelled(model: Model) -> str:
    """What a model describes, in words."""
    return " or ".join(NAMES[drug] for drug in model.drugs)


def _not_offered(question: Question) -> str | None:
    if question.model.offered:
        return None
    return f"{question.model.id} is not offered for adults ({question.model.role}): choose another model."


def _other_drug(question: Question) -> str | None:
    if question.drug in question.model.drugs or is_comparison(question):
        return None
    return (
        f"{question.model.id} describes {modelled(question.model)} and cannot speak about {NAMES[question.drug]}: "
        "choose another model."
    )


def _pregnant(question: Question) -> str | None:
    if not question.pregnant:
        return None
    return "No model is validated in pregnancy: no concentration is shown."


def _liver(question: Question) -> str | None:
    if not question.hepatic_impairment:
        return None
    return (
        "No model is validated in liver disease, and the liver removes ketamine: no concentration is shown."
    )


def _interaction(question: Question) -> str | None:
    if not question.strong_cyp_modifier:
        return None
    return (
        "A strong inducer or inhibitor of CYP3A4 or CYP2B6 is taken, and no model is validated with one: no "
        "concentration is shown."
    )


def _critical(question: Question) -> str | None:
    if not question.intubated_or_shocked:
        return None
    return "No model is validated in intubation or shock: no concentration is shown."


def _bmi(question: Question) -> str | None:
    index, most = question.bmi_kg_per_m2, question.policy.max_bmi_kg_per_m2
    if index is None or index <= most * SLACK:
        return None
    return f"The body-mass index is {index:.3g} kg/m2 and models are shown up to {most:g} kg/m2: no concentration is shown."


def _age(question: Question) -> str | None:
    policy, model, age_y = question.policy, question.model, question.age_y
    extended = policy.age_y_with_warning
    shown = _shown(policy.age_y, extended.get(model.id), within=model.validity.age_y)
    if shown is not None and shown.holds(age_y):
        return None
    return (
        f"{model.id} is shown {_from(shown, 'years')} and this person is {age_y} years old: no concentration is "
        f"shown{_others(extended, age_y)}."
    )


def _weight(question: Question) -> str | None:
    policy, model, weight_kg = question.policy, question.model, question.weight_kg
    extended = policy.weight_kg_extended
    shown = _shown(policy.weight_kg, extended.get(model.id), within=model.validity.weight_kg)
    if shown is not None and shown.holds(weight_kg):
        return None
    return (
        f"{model.id} is shown {_from(shown, 'kg')} and this person weighs {weight_kg:g} kg: no concentration is "
        f"shown{_others(extended, weight_kg)}."
    )


def _shown(usual: Range, extended: Range | None, *, within: Range | None) -> Range | None:
    """Where a model is shown: the policy's range, the model's extension of it, and never outside its own range."""
    parts = (usual, extended or usual)
    low, high = min(part.low for part in parts), max(part.high for part in parts)
    own = within or Range(low=low, high=high)
    low, high = max(low, own.low), min(high, own.high)
    return Range(low=low, high=high) if low <= high else None


def _from(shown: Range | None, unit: str) -> str:
    return "for nobody here" if shown is None else f"from {shown} {unit}"


def _others(extended: Mapping[str, Range], value: float) -> str:
    names = [f"{name} ({limits})" for name, limits in extended.items() if limits.holds(value)]
    return f"; ask {', '.join(names)}" if names else ""


def _nothing_given(question: Question) -> str | None:
    if question.schedule.total_mg > 0:
        return None
    return "Nothing is given (0 mg): enter a dose or a rate first."


def _bolus(question: Question) -> str | None:
    fastest_min = min((part.over_h for part in question.schedule.boluses), default=math.inf) * MIN_PER_H
    slowest_allowed_min = question.policy.bolus_min_duration_min
    if fastest_min * SLACK >= slowest_allowed_min:
        return None
    return (
        f"A bolus over {fastest_min:.3g} min is not modelled, because the blood has not mixed: give it over at least "
        f"{slowest_allowed_min:g} min."
    )


def _rate(question: Question) -> str | None:
    policy, rate_mg_per_h = question.policy, question.schedule.highest_rate_mg_per_h
    own = question.model.validity.max_rate_mg_per_kg_h
    highest = min(policy.max_rate_mg_per_kg_h, math.inf if own is None else own)
    if rate_mg_per_h <= min(highest * question.weight_kg, policy.max_rate_mg_per_h) * SLACK:
        return None
    return (
        f"The rate reaches {rate_mg_per_h:.4g} mg/h ({rate_mg_per_h / question.weight_kg:.3g} mg/kg/h) and models are "
        f"shown up to {highest:g} mg/kg/h and {policy.max_rate_mg_per_h:g} mg/h outside an anaesthesia setting: lower "
        "the rate."
    )


def _duration(question: Question) -> str | None:
    policy, infused_h = question.policy, question.schedule.infused_for_h
    longest_h = policy.max_duration_crps_h if question.crps_course else policy.duration_h.high
    long_enough = infused_h * SLACK >= policy.duration_h.low or not question.schedule.infusions
    if long_enough and infused_h <= longest_h * SLACK:
        return None
    return (
        f"The infusion lasts {infused_h * MIN_PER_H:.4g} min and models are shown from "
        f"{policy.duration_h.low * MIN_PER_H:.0f} min to {longest_h:g} h"
        f"{'' if question.crps_course else f' ({policy.max_duration_crps_h:g} h for a CRPS course)'}: "
        "change the duration."
    )


REFUSALS: tuple[Callable[[Question], str | None], ...] = (
    _not_offered,
    _other_drug,
    _pregnant,
    _liver,
    _interaction,
    _critical,
    _age,
    _weight,
    _bmi,
    _nothing_given,
    _bolus,
    _rate,
    _duration,
)
