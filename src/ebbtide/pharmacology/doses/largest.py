r"""Doses with reasons: the largest dose that keeps a limit for all but a few people, and the dose for a window.

Kinetics are linear, so with a fixed shape of giving a peak or an area is dose x g(theta). Over sampled people

$$ dose^* = \frac{c}{Q_{1-\alpha}(g)} $$

is the largest dose with P(over c) <= alpha: closed form, no optimiser. What comes back is a suggestion with its reasons
and the caps that were applied, or a sentence and no number at all. The clinician signs; nothing here orders anything.

Source: pharmacology facts 6.7 [design]. Checked against hand-made samples in tests/pharmacology/test_doses.py.
"""

from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

import numpy as np

from ebbtide.pharmacology.doses.caps import rate_caps_of
from ebbtide.pharmacology.doses.moments import areas_per_mg, peaks_of
from ebbtide.pharmacology.doses.order_statistics import UpperQuantile, best_range, upper_quantile
from ebbtide.pharmacology.doses.suggestions import (
    BLOOD,
    MEASURED,
    NAMES,
    SIGNED_BY_A_CLINICIAN,
    UNITS,
    Bounds,
    Cap,
    DoseOutcome,
    Functional,
    Limit,
    LimitedBy,
    Sampled,
    Spread,
    SuggestedDose,
    Suggestion,
    Window,
    dissociation_caution,
)
from ebbtide.pharmacology.engine.cohort import Cohort
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import EFFECT_SITE, KETAMINE, network_of
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.figures import two_figures
from ebbtide.pharmacology.published.library import Band
from ebbtide.pharmacology.published.validity import MIN_PER_H, Question, cautions, why_not
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule

SITES_DIFFER = (
    "These models describe blood from different sites, which differ by up to a factor of two during an infusion: a limit "
    "belongs to one site, and only models of that site should be held to it."
)
UPPER_90 = 0.05  # of people lie above the upper end of a 90 % band


def per_mg_of(
    cohort: Cohort,
    *,
    shape: Schedule,
    functional: Functional,
    ke0_per_h: FloatArray | None = None,
    seed: int | None = None,
) -> Sampled:
    r"""What 1 mg in this shape does in each person of a cohort: g(theta) = functional(shape) / amount of the shape.

    Args:
        cohort: n people under one model.
        shape: Any schedule that gives something; only its shape counts, not its amount.
        functional: What is limited.
        ke0_per_h: n rate constants of the effect site (1/h); needed for its peak.
        seed: The seed the cohort was drawn with.

    Raises:
        NotComputable: The effect site is asked for without ke0, or the shape gives nothing.
    """
    if not shape.total_mg > 0:
        raise NotComputable(
            "A shape that gives nothing (0 mg) cannot be scaled to a dose: give it an amount."
        )
    wants_site = functional is Functional.EFFECT_SITE_PEAK
    outputs = (KETAMINE, EFFECT_SITE) if wants_site else (KETAMINE,)
    network = network_of(cohort, outputs=outputs, ke0_per_h=ke0_per_h if wants_site else None)
    peaks = peaks_of(network, shape).ng_per_ml / shape.total_mg
    chosen = areas_per_mg(network)[:, 0] if functional is Functional.AREA else peaks[:, -1]
    return Sampled(functional=functional, per_mg=chosen, peak_per_mg=peaks[:, 0], seed=seed)


def spread_like_the_band(sampled: Sampled, band: Band, rng: np.random.Generator) -> Sampled:
    r"""The same people, differing by the whole spread of the display band: g times $e^{s z}$, one z for each person.

    For a model that publishes no differences between people: without them half of all people would pass a limit.
    """
    factors = np.exp(band.total_log_sd * rng.standard_normal(sampled.per_mg.size))
    return replace(
        sampled,
        per_mg=sampled.per_mg * factors,
        peak_per_mg=sampled.peak_per_mg * factors,
        spread=Spread.DISPLAY_BAND,
    )


def scaled_to(shape: Schedule, *, amount_mg: float) -> Schedule:
    """The same shape giving another amount (mg)."""
    factor = amount_mg / shape.total_mg
    return Schedule(
        infusions=tuple(
            Infusion(start_h=part.start_h, end_h=part.end_h, rate_mg_per_h=part.rate_mg_per_h * factor)
            for part in shape.infusions
        ),
        boluses=tuple(
            Bolus(at_h=part.at_h, amount_mg=part.amount_mg * factor, over_h=part.over_h)
            for part in shape.boluses
        ),
    )


def largest_dose(question: Question, sampled: Sampled, limit: Limit, bounds: Bounds) -> Suggestion:
    r"""The largest dose with P(functional > limit) <= share_over, and never more than a cap allows.

    $$ dose^* = c / Q_{1-\alpha}(g) $$ with the quantile of :func:`~ebbtide.pharmacology.doses.order_statistics.upper_quantile`.

    Args:
        question: Model, person, drug, policy, and in ``schedule`` the shape of giving; its amount does not count.
        sampled: What 1 mg does in each sampled person.
        limit: What may not be passed, and by how many.
        bounds: Guard rails, display band and further caps.
    """
    refusal = refusal_of(question)
    if refusal is not None:
        return refused(question, sampled.functional, refusal)
    try:
        quantile = upper_quantile(sampled.per_mg, share_over=limit.share_over)
    except NotComputable as trouble:
        return _not_possible(question, sampled, str(trouble))
    best_mg, caps = limit.value / quantile.value, _caps(question, sampled, bounds)
    dose_mg = min([best_mg, *(cap.dose_mg for cap in caps)])
    capped = dose_mg < best_mg
    dose = SuggestedDose(
        dose_mg=dose_mg,
        mg_per_kg=dose_mg / question.weight_kg,
        from_mg=0.0 if quantile.high is None else min(dose_mg, limit.value / quantile.high),
        to_mg=_to_mg(dose_mg, capped=capped, highest_mg=limit.value / quantile.low if quantile.low else None),
        limited_by=LimitedBy.CAP if capped else LimitedBy.LIMIT,
        # not dose x g > limit: at the limit itself that product may be off by a rounding
        share=int(np.count_nonzero(sampled.per_mg > max(quantile.value, limit.value / dose_mg)))
        / quantile.size,
        median=float(np.median(sampled.per_mg)) * dose_mg,
        upper_90_ng_per_ml=_upper_90(sampled, bounds.band) * dose_mg,
        wider_dose_mg=_wider(sampled, limit, bounds.band),
    )
    reasons = (
        *_reasons_of_limit(question, sampled, limit, quantile, best_mg),
        _spread_words(sampled, bounds.band),
    )
    return _suggested(
        question,
        sampled,
        dose,
        bounds,
        caps=caps,
        reasons=(*reasons, *_wider_words(sampled, dose, bounds.band)),
    )


def _to_mg(dose_mg: float, *, capped: bool, highest_mg: float | None) -> float | None:
    """The upper end of the sampling interval: a cap ends it, and a small sample leaves it open."""
    return dose_mg if capped else highest_mg


def _reasons_of_limit(
    question: Question, sampled: Sampled, limit: Limit, quantile: UpperQuantile, best_mg: float
) -> tuple[str, ...]:
    unit, name = UNITS[sampled.functional], NAMES[sampled.functional]
    return (
        (
            f"At {best_mg:.3g} mg {quantile.over} of {quantile.size} sampled people pass {limit.value:g} {unit} ({name}; "
            f"{_where(question)}): the rule allows {limit.share_over:.3g} of them."
        ),
        (
            f"{name.capitalize()} is proportional to the dose: {two_figures(quantile.value)} {unit} for each mg at that "
            f"place among the people, {two_figures(float(np.median(sampled.per_mg)))} in the middle."
        ),
    )


def _spread_words(sampled: Sampled, band: Band) -> str:
    if sampled.spread is Spread.DISPLAY_BAND:
        return (
            "The model publishes no differences between people: they are taken from the display band (log-SD "
            f"{band.total_log_sd:g}, {band.mark})."
        )
    return (
        "Only the differences between people that the model publishes are counted, not those between models."
    )


def _wider_words(sampled: Sampled, dose: SuggestedDose, band: Band) -> tuple[str, ...]:
    if sampled.spread is Spread.DISPLAY_BAND:
        return ()
    words = (
        f"With the whole spread of the display band (log-SD {band.total_log_sd:g}, {band.mark}) the same rule gives "
        f"{dose.wider_dose_mg:.3g} mg."
    )
    return (words,)


def dose_for_window(question: Question, sampled: Sampled, window: Window, bounds: Bounds) -> Suggestion:
    """The dose that puts the largest share of people into a window, at most what the caps allow.

    Exact for the sample: :func:`~ebbtide.pharmacology.doses.order_statistics.best_range`. Of the doses that do equally well
    the geometric middle is taken. The arguments are those of :func:`largest_dose`.
    """
    refusal = refusal_of(question)
    if refusal is not None:
        return refused(question, sampled.functional, refusal)
    caps = _caps(question, sampled, bounds)
    most_mg = min(cap.dose_mg for cap in caps)
    try:
        free = best_range(sampled.per_mg, low=window.low, high=window.high)
        held = best_range(sampled.per_mg, low=window.low, high=window.high, at_most_mg=most_mg)
    except NotComputable as trouble:
        return _not_possible(question, sampled, str(trouble))
    dose = SuggestedDose(
        dose_mg=held.middle_mg,
        mg_per_kg=held.middle_mg / question.weight_kg,
        from_mg=held.from_mg,
        to_mg=held.to_mg,
        limited_by=LimitedBy.WINDOW if held == free else LimitedBy.CAP,
        share=held.inside / held.size,
        median=float(np.median(sampled.per_mg)) * held.middle_mg,
        upper_90_ng_per_ml=_upper_90(sampled, bounds.band) * held.middle_mg,
        wider_dose_mg=None,
    )
    unit = UNITS[sampled.functional]
    reasons = (
        (
            f"From {held.from_mg:.3g} to {held.to_mg:.3g} mg {held.inside} of {held.size} sampled people are between "
            f"{window.low:g} and {window.high:g} {unit} ({NAMES[sampled.functional]}; {_where(question)}), more than at any "
            f"other dose{'' if held == free else ' that the caps allow'}."
        ),
        _spread_words(sampled, bounds.band),
        "In the clinic fewer people will be inside: models differ too.",
    )
    return _suggested(question, sampled, dose, bounds, caps=caps, reasons=reasons)


def the_smallest(suggestions: Sequence[Suggestion]) -> Suggestion:
    """The smallest dose among several models, and which model it came from; a model that refuses is named.

    When none suggests a dose, the first refusal is the answer.
    """
    speaking = [(part.dose.dose_mg, part) for part in suggestions if part.dose is not None]
    if not speaking:
        return suggestions[0]
    smallest = min(speaking, key=lambda pair: pair[0])[1]
    others = [f"{part.model.id} {dose_mg:.3g} mg" for dose_mg, part in speaking if part is not smallest]
    silent = [f"{part.model.id} gives none: {part.advice}" for part in suggestions if part.dose is None]
    compared = [f"{smallest.model.id} allows the least; {', '.join(others)}."] if others else []
    sites = {part.model.site for _, part in speaking}
    return replace(
        smallest,
        reasons=(*smallest.reasons, *compared),
        cautions=(*([SITES_DIFFER] if len(sites) > 1 else []), *smallest.cautions, *silent),
    )


def refusal_of(question: Question) -> str | None:
    """Why this model may not speak about this person and this shape, whatever the dose."""
    if not question.schedule.total_mg > 0:
        return why_not(question)
    caps = _dose_caps(question)
    least_mg = min((cap.dose_mg for cap in caps), default=question.schedule.total_mg)
    return why_not(replace(question, schedule=scaled_to(question.schedule, amount_mg=least_mg)))


def _dose_caps(question: Question) -> tuple[Cap, ...]:
    """The caps on rates as doses of this shape (mg)."""
    shape = question.schedule
    highest = shape.highest_rate_mg_per_h
    if not highest > 0:
        return ()
    return tuple(
        Cap(
            dose_mg=cap.mg_per_h * shape.total_mg / highest,
            words=f"{cap.words}: {cap.mg_per_h * shape.total_mg / highest:.3g} mg in this shape "
            f"({shape.infused_for_h * MIN_PER_H:.4g} min)",
        )
        for cap in rate_caps_of(question)
    )


def _caps(question: Question, sampled: Sampled, bounds: Bounds) -> tuple[Cap, ...]:
    """Rates, guard rail, and what the caller brings."""
    return (*_dose_caps(question), _rail_cap(sampled, bounds), *bounds.caps)


def _rail_cap(sampled: Sampled, bounds: Bounds) -> Cap:
    stop = bounds.rails.stop_above_ng_per_ml
    dose_mg = stop / _upper_90(sampled, bounds.band)
    return Cap(
        dose_mg=dose_mg,
        words=f"the guard rail that the upper end of the 90 % band stays at or under {stop:g} ng/mL: {dose_mg:.3g} mg",
    )


def _upper_90(sampled: Sampled, band: Band) -> float:
    """Upper end of the 90 % band of the peak in blood after 1 mg (ng/mL): the display band, or the sample if wider."""
    shown = float(np.median(sampled.peak_per_mg)) * band.factor
    return max(shown, float(np.quantile(sampled.peak_per_mg, 1 - UPPER_90, method="higher")))


def _wider(sampled: Sampled, limit: Limit, band: Band) -> float:
    """The dose that the same limit allows when people differ by the total log-SD of the display band (mg)."""
    spread = float(np.exp(NormalDist().inv_cdf(1 - limit.share_over) * band.total_log_sd))
    return limit.value / (float(np.median(sampled.per_mg)) * spread)


def _where(question: Question) -> str:
    return f"{MEASURED[question.drug]}, {BLOOD[question.model.site]}"


def _suggested(
    question: Question,
    sampled: Sampled,
    dose: SuggestedDose,
    bounds: Bounds,
    *,
    caps: tuple[Cap, ...],
    reasons: tuple[str, ...],
) -> Suggestion:
    lowest_mg = min(cap.dose_mg for cap in caps)
    held = dose.limited_by is LimitedBy.CAP
    marked = tuple(replace(cap, applied=held and cap.dose_mg <= lowest_mg) for cap in caps)
    return Suggestion(
        outcome=DoseOutcome.SUGGESTED,
        advice=SIGNED_BY_A_CLINICIAN,
        model=question.model,
        drug=question.drug,
        functional=sampled.functional,
        people=sampled.per_mg.size,
        seed=sampled.seed,
        dose=dose,
        reasons=(*(f"Held down by {cap.words}." for cap in marked if cap.applied), *reasons),
        caps=marked,
        cautions=(*dissociation_caution(dose.upper_90_ng_per_ml, bounds), *cautions(question)),
    )


def refused(question: Question, functional: Functional, advice: str) -> Suggestion:
    """No dose, because the model may not speak: nobody was sampled."""
    return Suggestion(
        outcome=DoseOutcome.OUTSIDE_MODEL_RANGE,
        advice=advice,
        model=question.model,
        drug=question.drug,
        functional=functional,
        people=0,
        seed=None,
    )


def _not_possible(question: Question, sampled: Sampled, advice: str) -> Suggestion:
    return replace(
        refused(question, sampled.functional, advice),
        outcome=DoseOutcome.NOT_POSSIBLE,
        people=sampled.per_mg.size,
        seed=sampled.seed,
    )
