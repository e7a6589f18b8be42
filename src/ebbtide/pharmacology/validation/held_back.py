"""Target T7: a venous study that is held back for acceptance, so that nobody can tune anything to it. Pure.

Hasan 2021 gave 5 mg of racemate over 30 min to 15 healthy people and measured venous serum. Its numbers are not in
this repository. The comparison is judged on the venous model alone; the others stand beside it for information.
Checked with made-up data in tests/pharmacology/test_against_published.py.
"""

import math
from collections.abc import Iterator

import numpy as np

from ebbtide.pharmacology.engine.closed_form import concentration_ng_per_ml, peak_of
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.schedule import Schedule, constant_infusion
from ebbtide.pharmacology.validation.observed import HeldBack, described, reference_body
from ebbtide.pharmacology.validation.targets import Finding, Result, Target, judged

MIN_PER_H = 60.0


def venous_study(target: Target, data: HeldBack) -> Result:
    r"""T7 with its data: every mean level within two-fold, and the mean peak within $2\,SD/\sqrt{n}$ where it is given."""
    return judged(
        target,
        _findings(target, data),
        confidence="Fair. Mean levels of one small study, judged on the venous model alone; the others stand beside it.",
    )


def _findings(target: Target, data: HeldBack) -> Iterator[Finding]:
    schedule = constant_infusion(
        amount_mg=target.number("dose_mg"), over_h=target.number("over_min") / MIN_PER_H
    )
    judge = target.word("model")
    for model_id in (judge, *target.words("beside")):
        yield _furthest(model_id, target, schedule, data, judged_here=model_id == judge)
        if data.peak_mean_ng_per_ml is not None and data.peak_sd_ng_per_ml is not None:
            peak = (data.peak_mean_ng_per_ml, data.peak_sd_ng_per_ml)
            yield _highest(model_id, target, schedule, peak, judged_here=model_id == judge)


def _furthest(
    model_id: str, target: Target, schedule: Schedule, data: HeldBack, *, judged_here: bool
) -> Finding:
    kept = data.ng_per_ml > 0
    found = concentration_ng_per_ml(
        body=reference_body(model_id), schedule=schedule, times_h=data.times_h[kept]
    )
    worst, fold = _largest_fold(found, data.ng_per_ml[kept]), target.number("fold")
    return Finding(
        what=f"{described(model_id)}, furthest of {found.size} points",
        asked=f"within {fold:g}-fold",
        found=worst,
        unit="-fold",
        met=worst <= fold if judged_here else None,
    )


def _largest_fold(found: FloatArray, measured: FloatArray) -> float:
    """The largest ratio, whichever of the two is above; without end where a prediction is zero."""
    with np.errstate(divide="ignore"):
        return float(np.maximum(found / measured, measured / found).max())


def _highest(
    model_id: str, target: Target, schedule: Schedule, peak: tuple[float, float], *, judged_here: bool
) -> Finding:
    mean, sd = peak
    margin = target.number("standard_errors") * sd / math.sqrt(target.number("people"))
    found = peak_of(body=reference_body(model_id), schedule=schedule, until_h=2.0).ng_per_ml
    return Finding(
        what=f"{described(model_id)}, highest concentration",
        asked=f"{mean:g} ± {margin:.2g} ng/mL",
        found=found,
        unit="ng/mL",
        met=abs(found - mean) <= margin if judged_here else None,
    )
