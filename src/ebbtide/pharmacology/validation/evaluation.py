"""The library against published numbers: each target T1 to T15 evaluated. Pure, no file, no clock.

Every evaluation is a function of the target and of what came from outside; what is not here is said to be absent, and
nothing is filled in. Checked in tests/pharmacology/test_against_published.py.
"""

from collections.abc import Callable, Mapping

import numpy as np

from ebbtide.pharmacology.effects.action import sigmoid_emax
from ebbtide.pharmacology.effects.curves import venous_equivalent_ng_per_ml
from ebbtide.pharmacology.effects.library import the_effects
from ebbtide.pharmacology.effects.slow_relief import (
    H_PER_D,
    expected_pain,
    slow_form,
    state_from_curve_ng_per_ml,
)
from ebbtide.pharmacology.engine.closed_form import (
    NG_PER_ML_FROM_MG_PER_L,
    auc_ng_h_per_ml,
    concentration_ng_per_ml,
    peak_of,
)
from ebbtide.pharmacology.engine.cohort import cohort_of
from ebbtide.pharmacology.engine.network import KETAMINE, network_of
from ebbtide.pharmacology.engine.stepping import at_rest, carried, outputs_of, pushed
from ebbtide.pharmacology.published import reading
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.schedule import Bolus, Schedule, constant_infusion
from ebbtide.pharmacology.validation import digitised
from ebbtide.pharmacology.validation.held_back import venous_study
from ebbtide.pharmacology.validation.identities import identity_errors
from ebbtide.pharmacology.validation.observed import (
    REFERENCE_AGE_Y,
    REFERENCE_WEIGHT_KG,
    Outside,
    described,
    reference_body,
)
from ebbtide.pharmacology.validation.targets import Finding, Result, Target, Verdict, judged, percent, silent

MIN_PER_H = 60.0
NO_CURVES = "The digitised curves are not here (shared/real/pk), so nothing was compared."


def evaluated(target: Target, outside: Outside) -> Result:
    """What became of one target.

    Raises:
        KeyError: Nobody has written how this target is judged.
    """
    return _EVALUATE[target.id](target, outside)


def ketamine_at(model_id: str, schedule: Schedule, at_h: float) -> float:
    """Ketamine in the reference adult at one time (ng/mL)."""
    body = reference_body(model_id)
    return float(concentration_ng_per_ml(body=body, schedule=schedule, times_h=np.array([at_h]))[0])


def _dose(target: Target) -> Schedule:
    """The dose of a target (mg) given evenly over its minutes."""
    return constant_infusion(amount_mg=target.number("dose_mg"), over_h=target.number("over_min") / MIN_PER_H)


def _within(found: float, published: float, relative: float) -> bool:
    return abs(found / published - 1) <= relative


def _regression(target: Target, _: Outside) -> Result:
    """T1: numbers that this library gave before."""
    within, schedule = target.tolerance("relative"), _dose(target)
    return judged(
        target,
        (
            Finding(
                what=f"{described('kamp_2020')} at {at_min:g} min",
                asked=f"{before:.4g} ng/mL ± {percent(within, decimals=1)}",
                found=(found := ketamine_at("kamp_2020", schedule, at_min / MIN_PER_H)),
                unit="ng/mL",
                met=_within(found, before, within),
            )
            for at_min, before in target.by_minute("at_min").items()
        ),
        confidence="As sure as arithmetic, and no more. The same model stands on both sides.",
    )


def _venous_anchor(target: Target, _: Outside) -> Result:
    """T2: the level that is quoted most, behind the exploratory link."""
    found = venous_equivalent_ng_per_ml(
        body=reference_body("kamp_2020"),
        schedule=_dose(target),
        times_h=np.array([target.number("over_min") / MIN_PER_H]),
        link=the_effects().venous_link,
    )
    ratio = float(found[0]) / target.number("ng_ml")
    low, high = target.several("ratio")
    return judged(
        target,
        (
            Finding(
                what="kamp_2020 behind the link (venous-equivalent, exploratory) at the end",
                asked=f"{low:g} to {high:g} times {target.number('ng_ml'):g} ng/mL",
                found=ratio,
                unit="",
                met=low <= ratio <= high,
            ),
        ),
        confidence="Weak. A wide margin, one quoted number, and that number was among the eight fitted.",
    )


def _escalation(target: Target, outside: Outside) -> Result:
    if outside.digitised is None:
        return silent(target, Verdict.ABSENT, why=NO_CURVES)
    return digitised.racemic_escalation(target, outside.digitised, outside.generator)


def _s_arm(target: Target, outside: Outside) -> Result:
    if outside.digitised is None:
        return silent(target, Verdict.ABSENT, why=NO_CURVES)
    return digitised.s_arm_peak(target, outside.digitised)


def _norketamine(target: Target, outside: Outside) -> Result:
    if outside.digitised is None:
        return silent(target, Verdict.ABSENT, why=f"{NO_CURVES} Known to fail: {target.known_fail}.")
    return digitised.s_arm_norketamine(target, outside.digitised, outside.generator)


def _hydroxynorketamine(target: Target, _: Outside) -> Result:
    return digitised.hydroxynorketamine_level(target)


def _simons_peak(target: Target, _: Outside) -> Result:
    """T5: the highest concentration, against two groups of one paper."""
    model_id, within = target.word("model"), target.tolerance("relative")
    peak = peak_of(body=reference_body(model_id), schedule=_dose(target), until_h=2.0)
    ranges = [reading.range_of(ends, where="T5, ci95") for ends in target.lists("ci95")]
    inside = sum(one.holds(peak.ng_per_ml) for one in ranges)
    return judged(
        target,
        (
            Finding(
                what=f"{described(model_id)}, group {place}",
                asked=f"{published:g} ng/mL ± {percent(within)}",
                found=peak.ng_per_ml,
                unit="ng/mL",
                met=_within(peak.ng_per_ml, published, within),
            )
            for place, published in enumerate(target.several("ng_ml"), start=1)
        ),
        confidence=f"Fair. Published 95 % intervals {' and '.join(map(str, ranges))} ng/mL, and the model lies in {inside} "
        f"of {len(ranges)}; but the model was fitted to these people.",
    )


def _bolus_area(target: Target, _: Outside) -> Result:
    """T6: the area after a bolus, to the end of time."""
    schedule = Schedule(boluses=(Bolus(at_h=0.0, amount_mg=target.number("dose_mg")),))
    published, within = target.number("ug_h_l"), target.tolerance("relative")
    return judged(
        target,
        (
            Finding(
                what=described(model_id),
                asked=f"{published:g} ug h/L ± {percent(within)}",
                found=(
                    area := auc_ng_h_per_ml(body=reference_body(model_id), schedule=schedule, until_h=1e3)
                ),
                unit="ug h/L",
                met=_within(area, published, within),
            )
            for model_id in target.words("models")
        ),
        confidence="Fair. An independent study, but its spread between people is wide and the weight is taken as 70 kg.",
    )


def _held_back(target: Target, outside: Outside) -> Result:
    """T7: the comparison stands ready and waits for its data."""
    if outside.held_back is None:
        why = "Held back so that nothing can be tuned to it. `python -m tools.validation --hasan FILE` compares."
        return silent(target, Verdict.HELD, why=why)
    return venous_study(target, outside.held_back)


def _long_infusion(target: Target, _: Outside) -> Result:
    """T8: the adult models against the middle of their own range."""
    over_h, within = target.number("over_h"), target.tolerance("relative_to_midrange")
    schedule = constant_infusion(amount_mg=target.number("rate_mg_h") * over_h, over_h=over_h)
    middle = sum(target.several("ng_ml")) / 2
    return judged(
        target,
        (
            Finding(
                what=described(model_id),
                asked=f"{middle:.4g} ng/mL ± {percent(within)}",
                found=(found := ketamine_at(model_id, schedule, over_h)),
                unit="ng/mL",
                met=_within(found, middle, within),
            )
            for model_id in target.words("models")
        ),
        confidence="None about people: the models agree with each other. At 70 years perez_ruixo_2021 gives 206 ng/mL.",
    )


def _anaesthesia(target: Target, _: Outside) -> Result:
    """T9: rate over clearance against the level that was reported as stable."""
    rate_mg_per_h = target.number("rate_ug_kg_min") * target.number("weight_kg") * MIN_PER_H / 1000.0
    published, within, judge = target.number("ng_ml"), target.tolerance("relative"), target.word("judged")
    return judged(
        target,
        (
            Finding(
                what=described(model_id),
                asked=f"{published:g} ng/mL ± {percent(within)}" if model_id == judge else "for information",
                found=(
                    level := NG_PER_ML_FROM_MG_PER_L
                    * rate_mg_per_h
                    / reference_body(model_id).clearance_l_per_h
                ),
                unit="ng/mL",
                met=_within(level, published, within) if model_id == judge else None,
            )
            for model_id in target.words("models")
        ),
        confidence="Fair. The 2211 ng/mL had an SD of 190 (9.3 ± 0.8 umol/L) in 31 patients; Domino lies a third below.",
    )


def _slow_relief(target: Target, _: Outside) -> Result:
    """T12: the slow state after a constant level, on the target's day."""
    published, within = target.number("vas"), target.tolerance("absolute")
    pain = _pain_after(target)
    return judged(
        target,
        (
            Finding(
                what="dahan_2011 (S, venous): mean pain on day 7, who responds and who does not together",
                asked=f"{published:g} ± {within:g} on a scale of 0 to 10",
                found=pain,
                unit="",
                met=abs(pain - published) <= within,
            ),
        ),
        confidence=f"Weak. The trial printed ± {target.number('sd'):g}, less than the distance, and placebo stood at "
        f"{target.number('placebo_vas'):g}. The pain before is from memory, and the equations are our reconstruction.",
    )


def _pain_after(target: Target) -> float:
    """Mean pain of Dahan's reconstruction after a constant level that stops (0 to 10)."""
    form = slow_form(the_effects().model("dahan_2011"))
    half_time_d = form.half_time_d.single
    over_h = int(target.number("over_h"))
    after_h = int(target.number("at_d") * H_PER_D) - over_h
    held = state_from_curve_ng_per_ml(
        concentration_ng_per_ml=np.full(over_h + 1, target.number("ng_ml")),
        step_h=1.0,
        half_time_d=half_time_d,
    )
    faded = state_from_curve_ng_per_ml(
        concentration_ng_per_ml=np.zeros(after_h + 1),
        step_h=1.0,
        half_time_d=half_time_d,
        start_ng_per_ml=float(held[-1]),
    )
    relief = sigmoid_emax(faded[-1:], c50_ng_per_ml=form.c50_ng_per_ml.single, gamma=form.gamma.single)
    return float(
        expected_pain(
            before=target.number("base_pain"),
            relief=relief,
            response_probability=form.response_probability.single,
        )[0]
    )


def _norketamine_share(target: Target, _: Outside) -> Result:
    """T13: area over area, to two hours and to the end."""
    return judged(
        target,
        (
            Finding(
                what=f"{described(model_id)}, {'first 2 h' if until_h < 100 else 'to the end'}",
                asked=f"{target.number('observed_ratio'):g} in the study; not judged",
                found=_area_ratio(model_id, target.number("dose_mg"), until_h),
                unit="",
                met=None,
            )
            for model_id in target.words("models")
            for until_h in target.several("until_h")
        ),
        confidence="None. Without the study's sampling window the two sides are not the same quantity.",
    )


def _area_ratio(model_id: str, dose_mg: float, until_h: float) -> float:
    cohort = cohort_of(
        model=the_library().model(model_id),
        weight_kg=np.array([REFERENCE_WEIGHT_KG]),
        age_y=np.array([float(REFERENCE_AGE_Y)]),
    )
    network = network_of(cohort, outputs=(KETAMINE, digitised.NORKETAMINE), areas=True)
    start = pushed(at_rest(network), amount_mg=np.array([dose_mg]))
    end = carried(network, start, until_h=until_h, rate_mg_per_h=np.zeros(1))
    areas = dict(zip(network.outputs, outputs_of(network, end)[0].tolist(), strict=True))
    return float(areas[f"area_of_{digitised.NORKETAMINE}"] / areas[f"area_of_{KETAMINE}"])


def _plateau(target: Target, _: Outside) -> Result:
    """T14: how much of the steady level is there at 5 h."""
    at_h = target.number("at_h")
    schedule = constant_infusion(amount_mg=20.0 * 120.0, over_h=120.0)
    return judged(
        target,
        (
            Finding(
                what=f"{described(model_id)}, share of the steady level at {at_h:g} h",
                asked="'level by 5 h', no number",
                found=100
                * ketamine_at(model_id, schedule, at_h)
                * reference_body(model_id).clearance_l_per_h
                / (20.0 * NG_PER_ML_FROM_MG_PER_L),
                unit="%",
                met=None,
            )
            for model_id in target.words("models")
        ),
        confidence="None. By a strict reading of 'level' no model is level at 5 h, all still rise.",
    )


def _identities(target: Target, _: Outside) -> Result:
    """T15: each identity in the offered model that is furthest from it."""
    allowed = target.tolerance("relative")
    errors = [identity_errors(reference_body(model.id)) for model in the_library().offered]
    return judged(
        target,
        (
            Finding(
                what=f"{name.replace('_', ' ')}, the worst of {len(errors)} models",
                asked=f"at most {allowed:.0e}",
                found=(worst := max(found[name] for found in errors)),
                unit="of the peak",
                met=worst <= allowed,
            )
            for name in target.words("list")
        ),
        confidence="As sure as arithmetic. The tests also try random bodies.",
    )


_EVALUATE: Mapping[str, Callable[[Target, Outside], Result]] = {
    "T1": _regression,
    "T2": _venous_anchor,
    "T3": _escalation,
    "T4": _s_arm,
    "T5": _simons_peak,
    "T6": _bolus_area,
    "T7": _held_back,
    "T8": _long_infusion,
    "T9": _anaesthesia,
    "T10": _norketamine,
    "T11": _hydroxynorketamine,
    "T12": _slow_relief,
    "T13": _norketamine_share,
    "T14": _plateau,
    "T15": _identities,
}
