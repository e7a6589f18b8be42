r"""Long-lasting relief after Dahan 2011, a research overlay: a state of days, and pain. Never a promise.

Only abstract-level numbers were obtained; the equations are our reconstruction (pharmacology facts 3.2):

$$ \dot X = \frac{\ln 2}{10.9\,d} (C_S - X), \qquad E = \frac{X}{X + 10.5}, \qquad
   \text{pain} = \text{base}\,(1 - Z E), \quad Z \sim \text{Bernoulli}(0.67). $$

X (ng/mL) is one more stage behind the centre, so for a schedule it has a closed form; for a curve on a grid there is
an exponential integrator, and for short treatments the area alone. The concentration is that of S-ketamine in venous
blood, in CRPS, after one 100-hour infusion: anything else is extrapolation. Checked in
tests/pharmacology/test_slow_relief.py, with target T12.
"""

import math
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.effects.action import (
    behind_the_centre_ng_per_ml,
    check_concentrations,
    check_positive,
    sigmoid_emax,
)
from ebbtide.pharmacology.effects.curves import Dosed
from ebbtide.pharmacology.effects.drivers import cautions_of, driver_share
from ebbtide.pharmacology.effects.models import EffectModel, Estimate, SlowState
from ebbtide.pharmacology.engine.divided import FloatArray, phi1, phi2
from ebbtide.pharmacology.errors import NotComputable

H_PER_D = 24.0
LONGEST_STEP_H = 1.0  # h; pharmacology facts 6.3 [design]
LONGEST_IMPULSE_H = 8.0  # h; a longer treatment is not an impulse (facts 6.3 [design])
LABEL = "Research panel only; not a promise."


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowRelief:
    """The overlay: what the reconstructed model says, with its label.

    Attributes:
        times_h: When (h).
        state_ng_per_ml: X (ng/mL); ``None`` when nothing can be said.
        relief: E of someone who responds, share of the pain before, 0 to 1.
        lower: Lowest E over the corners of the two published 95 % intervals; not a probability band.
        upper: Highest E over the same corners.
        response: Share of people who respond; the interval is one standard error.
        placebo: The same on placebo.
        cautions: What must be said beside it, the label first.
        offered: Never.
    """

    times_h: FloatArray
    state_ng_per_ml: FloatArray | None
    relief: FloatArray | None
    lower: FloatArray | None
    upper: FloatArray | None
    response: Estimate
    placebo: Estimate
    cautions: tuple[str, ...]
    label: str = LABEL
    offered: bool = False


def rate_per_h(half_time_d: float) -> float:
    """The rate ln 2 / half-time (1/h) of a state with this half-time (d, above zero)."""
    check_positive("The half-time of the slow state (d)", half_time_d)
    return math.log(2) / (H_PER_D * half_time_d)


def slow_relief_of(effect: EffectModel, *, dosed: Dosed, times_h: FloatArray) -> SlowRelief:
    """What Dahan 2011 would say about a course, exactly for any schedule.

    Args:
        effect: The slow-state effect model.
        dosed: Who is given what, under which kinetic model.
        times_h: When to look (h), days and weeks included.

    Raises:
        NotComputable: The effect has another form.
    """
    form = slow_form(effect)
    driven = driver_share(effect, given=dosed.drug, pk_model=dosed.model)
    said = cautions_of(effect, given=dosed.drug, pk_model=dosed.model)
    state, corners = None, None
    if driven.share is not None:
        halves = (form.half_time_d.single, form.half_time_d.ends.low, form.half_time_d.ends.high)
        states = [driven.share * _state(dosed, times_h, half_time_d) for half_time_d in halves]
        state, corners = states[0], _corners(form, states)
    return SlowRelief(
        times_h=times_h,
        state_ng_per_ml=state,
        relief=None if corners is None else corners[0],
        lower=None if corners is None else corners.min(axis=0),
        upper=None if corners is None else corners.max(axis=0),
        response=form.response_probability,
        placebo=form.placebo_probability,
        cautions=said,
    )


def slow_form(effect: EffectModel) -> SlowState:
    """The parameters of a slow-state effect; refuses any other form."""
    if not isinstance(effect.form, SlowState):
        raise NotComputable(f"{effect.id} is not a slow state of relief.")
    return effect.form


def _state(dosed: Dosed, times_h: FloatArray, half_time_d: float) -> FloatArray:
    state: FloatArray = behind_the_centre_ng_per_ml(
        body=dosed.body, schedule=dosed.schedule, times_h=times_h, rates_per_h=(rate_per_h(half_time_d),)
    )[-1]
    return state


def _corners(form: SlowState, states: list[FloatArray]) -> FloatArray:
    """E in the middle first, then at each end of C50 with each half-time: cases x times."""
    c50 = form.c50_ng_per_ml
    gamma = form.gamma.single
    cases = [(states[0], c50.single)] + [
        (state, end) for state in states[1:] for end in (c50.ends.low, c50.ends.high)
    ]
    return np.array([sigmoid_emax(state, c50_ng_per_ml=end, gamma=gamma) for state, end in cases])


def state_from_curve_ng_per_ml(
    *, concentration_ng_per_ml: FloatArray, step_h: float, half_time_d: float, start_ng_per_ml: float = 0.0
) -> FloatArray:
    r"""X on the grid of a curve (ng/mL), exact for a concentration that is straight between its points.

    With z = k h, $X_{i+1} = e^{-z} X_i + z\,(\varphi_1(-z) - \varphi_2(-z))\,C_i + z\,\varphi_2(-z)\,C_{i+1}$.

    Args:
        concentration_ng_per_ml: C_S on an even grid (ng/mL), time last; people may come before.
        step_h: Step of the grid, at most 1 h: finer where the curve bends.
        half_time_d: Half-time of the state (d).
        start_ng_per_ml: X at the first time.

    Raises:
        NotComputable: A step above 1 h or not above zero, or a concentration below zero.
    """
    check_positive("The step of a curve (h)", step_h)
    check_concentrations(concentration_ng_per_ml)
    if step_h > LONGEST_STEP_H:
        raise NotComputable(
            f"A step of {step_h:g} h is too long for a curve: give one of {LONGEST_STEP_H:g} h or less."
        )
    passed = np.array(rate_per_h(half_time_d) * step_h)
    later = passed * phi2(-passed)
    now = passed * phi1(-passed) - later
    kept = np.exp(-passed)
    state = np.empty_like(concentration_ng_per_ml)
    state[..., 0] = start_ng_per_ml
    for place in range(1, concentration_ng_per_ml.shape[-1]):
        drawn = now * concentration_ng_per_ml[..., place - 1] + later * concentration_ng_per_ml[..., place]
        state[..., place] = kept * state[..., place - 1] + drawn
    return state


def state_from_areas_ng_per_ml(
    *, areas_ng_h_per_ml: FloatArray, ends_h: FloatArray, times_h: FloatArray, half_time_d: float
) -> FloatArray:
    r"""X from the areas of short treatments alone (ng/mL): each is an impulse k AUC at the treatment's end.

    $$ X(t) \approx k \sum_i AUC_i\, e^{-k (t - t_i)}, \qquad t_i \le t $$

    Too high by about $(\ln 2/2)\, T/t_{1/2}$ for a treatment of T (:func:`impulse_error`), 1.1 % at 8 h; too low by a
    like amount because drug is still in the body at the end, so it is good from some hours after a treatment on.

    Args:
        areas_ng_h_per_ml: AUC of S-ketamine to infinity for each treatment, 1000 x dose / CL (ng h/mL).
        ends_h: When each ends (h).
        times_h: When to look (h).
        half_time_d: Half-time of the state (d).
    """
    check_concentrations(areas_ng_h_per_ml)
    rate = rate_per_h(half_time_d)
    since_h = np.subtract.outer(times_h, ends_h)
    held = np.where(since_h >= 0, np.exp(-rate * np.maximum(since_h, 0.0)), 0.0)
    state: FloatArray = rate * (held * areas_ng_h_per_ml).sum(axis=-1)
    return state


def impulse_error(*, duration_h: float, half_time_d: float) -> float:
    """Relative error of taking a treatment as an impulse, (ln 2 / 2) x duration / half-time: 0.011 at 8 h and 10.9 d.

    Raises:
        NotComputable: A treatment of more than 8 h, which is not an impulse.
    """
    check_positive("The duration of a treatment (h)", duration_h)
    if duration_h > LONGEST_IMPULSE_H:
        raise NotComputable(
            f"A treatment of {duration_h:g} h is not an impulse: up to {LONGEST_IMPULSE_H:g} h it may be taken as one, "
            "beyond that give its curve."
        )
    return 0.5 * rate_per_h(half_time_d) * duration_h


def expected_pain(*, before: float, relief: FloatArray, response_probability: float) -> FloatArray:
    """Mean pain over people who may respond, base x (1 - P E), in the unit of ``before``; a research figure.

    T12: base 7.2 [recalled], 225 ng/mL of S-ketamine for 100 h: 3.31 on day 7, where the trial's first week was
    2.68 +/- 0.51 [seen].

    Raises:
        NotComputable: A pain below zero, or a probability outside 0 to 1.
    """
    if not (before >= 0 and 0 <= response_probability <= 1):
        raise NotComputable(
            f"Pain before is {before:g} and the probability of a response {response_probability:g}: give zero or more, "
            "and 0 to 1."
        )
    mean: FloatArray = before * (1.0 - response_probability * relief)
    return mean
