"""An effect over time in one person: from a dose through the effect site to a share of the maximum, or a sentence.

Arterial and venous, S and racemate, borrowed rate constants and chosen steepness: whatever was assumed is said beside
the curve. Display models whose sources give no effect site (blood pressure, a check against a published line) answer
from a concentration. Checked in tests/pharmacology/test_effect_curves.py.
"""

from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.effects.action import (
    TOLERANCE_CAUTION,
    AcuteTolerance,
    behind_the_centre_ng_per_ml,
    sigmoid_emax,
    tolerated_c50_ng_per_ml,
)
from ebbtide.pharmacology.effects.anchors import Concentration, site_mismatch
from ebbtide.pharmacology.effects.drivers import SiteRate, cautions_of, driver_share
from ebbtide.pharmacology.effects.models import EffectModel, Emax, LinearWithoutSlope, Sigmoid, VenousLink
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.figures import two_figures
from ebbtide.pharmacology.published.models import Body, Drug, Model
from ebbtide.pharmacology.published.validity import NAMES
from ebbtide.pharmacology.schedule import Schedule

BAND_WORDS = "The band is the published interval of C50 alone: people and kinetic models differ more."


@dataclass(frozen=True, slots=True, kw_only=True)
class Dosed:
    """One person under one kinetic model, and the whole of what is given."""

    model: Model
    body: Body
    schedule: Schedule
    drug: Drug


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectCurve:
    """An effect over time.

    Attributes:
        effect_id: Which effect model.
        endpoint: What of it.
        times_h: When (h).
        effect_site_ng_per_ml: Driving concentration at the effect site (ng/mL).
        middle: Share of the maximum, 0 to 1; ``None`` where the source gives a range alone.
        lower: The same at the upper end of the published interval of C50.
        upper: The same at its lower end.
        parameter_hash: Hash of the effect's data, to be stored with the curve.
        cautions: What must be said beside it.
    """

    effect_id: str
    endpoint: str
    times_h: FloatArray
    effect_site_ng_per_ml: FloatArray
    middle: FloatArray | None
    lower: FloatArray
    upper: FloatArray
    parameter_hash: str
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectAnswer:
    """A curve, or the sentence that says why there is none."""

    advice: str
    curve: EffectCurve | None


def effect_answer(
    *,
    effect: EffectModel,
    endpoint: str,
    dosed: Dosed,
    times_h: FloatArray,
    rate: SiteRate,
    tolerance: AcuteTolerance | None = None,
) -> EffectAnswer:
    r"""A sigmoid effect over time, $E = C_e^\gamma / (C_{50}^\gamma + C_e^\gamma)$ of its maximum.

    Args:
        effect: A sigmoid effect model.
        endpoint: One of its endpoints.
        dosed: Who is given what, under which kinetic model; its validity is the caller's to ask
            (:func:`ebbtide.pharmacology.published.validity.why_not`).
        times_h: When to look (h).
        rate: How fast the effect site follows (:func:`ebbtide.pharmacology.effects.drivers.site_rate`).
        tolerance: Acute tolerance with the caller's own numbers; none by default.

    Raises:
        NotComputable: The effect is not a sigmoid one.
        UnknownModel: It has no such endpoint.
    """
    form = effect.form
    if not isinstance(form, Sigmoid):
        raise NotComputable(f"{effect.id} is not a share of a maximum: ask for its own form.")
    c50 = form.c50_of(endpoint)
    driven = driver_share(effect, given=dosed.drug, pk_model=dosed.model)
    if driven.share is None:
        return EffectAnswer(advice=" ".join(driven.sentences), curve=None)
    site, tolerated = _at_the_site(dosed, times_h, rate, tolerance)
    site, tolerated = driven.share * site, driven.share * tolerated
    ends = c50.ends

    def shown(c50_ng_per_ml: float) -> FloatArray:
        risen = _risen(c50_ng_per_ml, tolerated, tolerance)
        return sigmoid_emax(site, c50_ng_per_ml=risen, gamma=form.gamma.single)

    said = cautions_of(effect, given=dosed.drug, pk_model=dosed.model, rate=rate)
    return EffectAnswer(
        advice=BAND_WORDS,
        curve=EffectCurve(
            effect_id=effect.id,
            endpoint=endpoint,
            times_h=times_h,
            effect_site_ng_per_ml=site,
            middle=None if c50.value is None else shown(c50.value),
            lower=shown(ends.high),
            upper=shown(ends.low),
            parameter_hash=effect.parameter_hash,
            cautions=said if tolerance is None else (TOLERANCE_CAUTION, *said),
        ),
    )


def _at_the_site(
    dosed: Dosed, times_h: FloatArray, rate: SiteRate, tolerance: AcuteTolerance | None
) -> tuple[FloatArray, FloatArray]:
    """Effect site and tolerance for the whole dose (ng/mL); no tolerance is zero everywhere."""
    rates = (rate.ke0_per_h,) if tolerance is None else (rate.ke0_per_h, tolerance.rate_per_h)
    behind = behind_the_centre_ng_per_ml(
        body=dosed.body, schedule=dosed.schedule, times_h=times_h, rates_per_h=rates
    )
    return behind[1], np.zeros_like(behind[1]) if tolerance is None else behind[2]


def _risen(
    c50_ng_per_ml: float, tolerated: FloatArray, tolerance: AcuteTolerance | None
) -> float | FloatArray:
    if tolerance is None:
        return c50_ng_per_ml
    return tolerated_c50_ng_per_ml(
        c50_ng_per_ml=c50_ng_per_ml, tolerance_ng_per_ml=tolerated, half_ng_per_ml=tolerance.half_ng_per_ml
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineeringEstimate:
    """A percentage from a formula of our own, never without its caution."""

    percent: FloatArray
    cautions: tuple[str, ...]


def systolic_rise(effect: EffectModel, *, concentration_ng_per_ml: FloatArray) -> EngineeringEstimate:
    r"""Rise of systolic pressure (% of the value before the drug): $40\, C/(C + 750)$, 10 % at 250 ng/mL [design].

    Alarms come from measurements only, never from this. C is the total concentration (ng/mL), zero or more.

    Raises:
        NotComputable: The effect has another form.
    """
    if not isinstance(effect.form, Emax):
        raise NotComputable(f"{effect.id} does not give a percentage of a value before the drug.")
    percent = sigmoid_emax(
        concentration_ng_per_ml,
        c50_ng_per_ml=effect.form.ec50_ng_per_ml,
        maximum=effect.form.emax_percent,
    )
    return EngineeringEstimate(percent=percent, cautions=effect.cautions)


def line_check(effect: EffectModel, concentration: Concentration) -> str:
    """What a published line without a slope says about a concentration: a sentence, because there is no number.

    Raises:
        NotComputable: The effect has another form.
    """
    form = effect.form
    if not isinstance(form, LinearWithoutSlope):
        raise NotComputable(f"{effect.id} is not a line without a slope.")
    inside = form.linear_ng_per_ml.holds(concentration.ng_per_ml)
    lies = (
        f"{two_figures(concentration.ng_per_ml)} ng/mL of {NAMES[concentration.drug]} lies "
        f"{'inside' if inside else 'outside'} the {form.linear_ng_per_ml} ng/mL of racemic ketamine over which scores "
        f"rose in a line (r {form.correlation}; {effect.source})."
    )
    said = [lies, *effect.cautions]
    if mismatch := site_mismatch(concentration.site, effect.site):
        said.append(mismatch)
    if concentration.drug is not Drug.RACEMIC:
        said.append("The line was seen with the racemate.")
    return " ".join(said)


def venous_equivalent_ng_per_ml(
    *, body: Body, schedule: Schedule, times_h: FloatArray, link: VenousLink
) -> FloatArray:
    """An arterial model's curve behind one exploratory lag (ng/mL); show it with ``link.label``, and offer it nowhere.

    Fitted to eight points, not published: 0.5 mg/kg over 40 min gives 226 where 185 was measured [computed].
    """
    lagged: FloatArray = behind_the_centre_ng_per_ml(
        body=body, schedule=schedule, times_h=times_h, rates_per_h=(link.rate_per_h,)
    )[-1]
    return lagged
