"""The library against curves that were read off a published figure: targets T3, T4, T10, T11, and all models in a row.

The figure is Kamp 2020, Br J Anaesth 125:750, Figure 1: arterial group curves under three rates of an hour each. The
same group's data may stand behind ``kamp_2020``, so agreement is consistency and not independent proof.
Checked in tests/pharmacology/test_against_published.py against figures that were computed elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Model, Site
from ebbtide.pharmacology.validation import confidence
from ebbtide.pharmacology.validation.confidence import ConfidentPerformance, Interval, confident_performance
from ebbtide.pharmacology.validation.observed import (
    NORKETAMINE_S_ARM,
    RACEMIC_ARM_R,
    RACEMIC_ARM_S,
    S_ARM,
    Observed,
    described,
    hourly_steps,
    ketamine_nmol_per_ml,
    metabolite_nmol_per_ml,
)
from ebbtide.pharmacology.validation.targets import Finding, Result, Target, judged, percent

NORKETAMINE = "norketamine"
HYDROXYNORKETAMINE = "hydroxynorketamine"
READ_OFF = "Fair. The curve is a group's, read off a figure by pixels: a point is good to about 5 %, on faint panels 15 %. "

Curves = Mapping[str, Observed]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadToHead:
    """One model on the three curves; a model without norketamine has no figure there."""

    model: Model
    s_arm: ConfidentPerformance
    racemic: ConfidentPerformance
    norketamine: ConfidentPerformance | None


def head_to_head(
    curves: Curves,
    *,
    s_rates_mg_per_kg_h: tuple[float, ...],
    racemic_rates_mg_per_kg_h: tuple[float, ...],
    generator: np.random.Generator,
) -> tuple[HeadToHead, ...]:
    """Every offered model on the same curves, in the library's order.

    Args:
        curves: The digitised curves.
        s_rates_mg_per_kg_h: The three rates of the S arm (mg/kg/h).
        racemic_rates_mg_per_kg_h: The three rates of the racemic arm (mg/kg/h); the whole dose enters the model.
        generator: Draws of the bootstrap.
    """
    racemic = curves[RACEMIC_ARM_S].plus(curves[RACEMIC_ARM_R])
    return tuple(
        HeadToHead(
            model=model,
            s_arm=_ketamine(model.id, s_rates_mg_per_kg_h, curves[S_ARM], generator),
            racemic=_ketamine(model.id, racemic_rates_mg_per_kg_h, racemic, generator),
            norketamine=_norketamine(model.id, s_rates_mg_per_kg_h, curves[NORKETAMINE_S_ARM], generator)
            if any(part.id == NORKETAMINE for part in model.body.metabolites)
            else None,
        )
        for model in the_library().offered
    )


def _ketamine(
    model_id: str, rates: tuple[float, ...], curve: Observed, generator: np.random.Generator
) -> ConfidentPerformance:
    points = curve.compared()
    return confident_performance(
        predicted=ketamine_nmol_per_ml(model_id, hourly_steps(rates), points.times_h),
        observed=points.nmol_per_ml,
        generator=generator,
    )


def _norketamine(
    model_id: str, rates: tuple[float, ...], curve: Observed, generator: np.random.Generator
) -> ConfidentPerformance:
    points = curve.compared()
    return confident_performance(
        predicted=metabolite_nmol_per_ml(model_id, NORKETAMINE, hourly_steps(rates), points.times_h),
        observed=points.nmol_per_ml,
        generator=generator,
    )


def _ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


def racemic_escalation(target: Target, curves: Curves, generator: np.random.Generator) -> Result:
    """T3: the default model on S and R together."""
    observed = curves[RACEMIC_ARM_S].plus(curves[RACEMIC_ARM_R])
    found = _ketamine("kamp_2020", target.several("rates_mg_kg_h"), observed, generator)
    figures = found.figures
    at_most, (low, high) = target.number("mdape_max"), target.several("gmr")
    who = described("kamp_2020")
    return judged(
        target,
        (
            Finding(
                what=f"{who}: median size of the error (MDAPE)",
                asked=f"at most {percent(at_most)}",
                found=100 * figures.median_absolute_error,
                unit="%",
                met=figures.median_absolute_error <= at_most,
                interval=_percent(found.median_absolute_error),
            ),
            Finding(
                what=f"{who}: geometric mean ratio (GMR)",
                asked=f"{low:g} to {high:g}",
                found=figures.geometric_mean_ratio,
                unit="",
                met=low <= figures.geometric_mean_ratio <= high,
                interval=_ends(found.geometric_mean_ratio),
            ),
            Finding(
                what=f"{who}: points within two-fold",
                asked="all",
                found=100 * figures.share_within_two_fold,
                unit="%",
                met=figures.share_within_two_fold >= target.number("within_2_fold"),
            ),
            _bias(who, found),
        ),
        confidence=f"{READ_OFF}{figures.points} points. {confidence.WORDS}",
    )


def _bias(who: str, found: ConfidentPerformance) -> Finding:
    return Finding(
        what=f"{who}: median error (MDPE)",
        asked="nothing; for information",
        found=100 * found.figures.median_error,
        unit="%",
        met=None,
        interval=_percent(found.median_error),
    )


def _percent(interval: Interval) -> tuple[float, float]:
    return 100 * interval.low, 100 * interval.high


def s_arm_peak(target: Target, curves: Curves) -> Result:
    """T4: both arterial models at the end of the last step."""
    at_h, within = target.number("at_h"), target.tolerance("relative")
    published = curves[S_ARM].at(at_h)
    schedule = hourly_steps(target.several("rates_mg_kg_h"))
    return judged(
        target,
        (
            _near(
                f"{described(model_id)} at {at_h:g} h",
                published=published,
                found=float(ketamine_nmol_per_ml(model_id, schedule, np.array([at_h]))[0]),
                within=within,
            )
            for model_id in target.words("models")
        ),
        confidence=f"{READ_OFF}One point of it is compared.",
    )


def _near(what: str, *, published: float, found: float, within: float, known: bool = False) -> Finding:
    return Finding(
        what=what,
        asked=f"{published:.2f} nmol/mL ± {percent(within)}",
        found=found,
        unit="nmol/mL",
        met=abs(found / published - 1) <= within,
        known_to_fail=known,
    )


def s_arm_norketamine(target: Target, curves: Curves, generator: np.random.Generator) -> Result:
    """T10: S-norketamine at the end of the last step and two hours later; known to fail."""
    return judged(
        target,
        _norketamine_findings(target, curves[NORKETAMINE_S_ARM], generator),
        confidence=f"{READ_OFF}Both points miss by more than the reading could explain. {confidence.WORDS}",
    )


def _norketamine_findings(
    target: Target, curve: Observed, generator: np.random.Generator
) -> Iterator[Finding]:
    model_id, rates = target.word("model"), target.several("rates_mg_kg_h")
    for at_h in target.several("at_h"):
        found = metabolite_nmol_per_ml(model_id, NORKETAMINE, hourly_steps(rates), np.array([at_h]))
        yield _near(
            f"{described(model_id)} at {at_h:g} h",
            published=curve.at(at_h),
            found=float(found[0]),
            within=target.tolerance("relative"),
            known=True,
        )
    yield _bias(described(model_id), _norketamine(model_id, rates, curve, generator))


def hydroxynorketamine_level(target: Target) -> Result:
    """T11: the level after racemate; the S branch alone, and doubled for an R branch that no model gives."""
    model_id, published, fold = target.word("model"), target.number("nmol_ml"), target.number("factor")
    times_h = np.linspace(target.number("from_h"), target.number("until_h"), 31)
    half = hourly_steps(target.several("rates_mg_kg_h"), share=0.5)
    s_branch = float(metabolite_nmol_per_ml(model_id, HYDROXYNORKETAMINE, half, times_h).mean())
    asked = f"{published:g} nmol/mL, within {fold:g}-fold"
    readings: Iterable[tuple[str, float, bool]] = (
        ("S branch alone, half the dose, nothing for R", s_branch, False),
        ("S branch doubled for R", 2 * s_branch, True),
    )
    return judged(
        target,
        (
            Finding(
                what=f"{model_id} ({Site.ARTERIAL}): {words}",
                asked=asked,
                found=level,
                unit="nmol/mL",
                met=published / fold <= level <= published * fold,
                known_to_fail=known,
            )
            for words, level, known in readings
        ),
        confidence="Weak. The panel was read with 20 % of doubt; mean level from 3.5 to 5 h, no interval can be given.",
    )
