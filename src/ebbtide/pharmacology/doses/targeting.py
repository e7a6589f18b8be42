r"""Step plans: rates that bring the blood or the effect site to a target, held under the caps. For planning only.

With the state at the start of an interval of length dt, F(t) what is left without input and G(t) the answer to a rate
of 1 mg/h, everything later is linear in the rate r: C(t) = F(t) + r G(t). So

- blood, typical person: r = (target - F(dt)) / G(dt);
- blood, many people: at most a share of them above c at the end of the step, if r is the order statistic of
  (c - F_i) / G_i at that share: the scenario problem with one unknown, solved exactly by sorting;
- effect site: the largest r whose whole future stays at or under the target after one interval,
  r = min over t of (T - E_free(t)) / U(t), with U the answer of the effect site to that one interval. It is the fixed
  point of Shafer and Gregg's iteration, found at once.

All are clipped to [0, the cap]. Source: Shafer and Gregg, J Pharmacokinet Biopharm 1992;20:147 [recalled];
pharmacology facts 6.4, 6.5. Checked against that iteration and the golden bolus in tests/pharmacology/test_targeting.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np

from ebbtide.pharmacology.doses.caps import RateCap, lowest_of, rate_caps_of
from ebbtide.pharmacology.doses.moments import outputs_at, peaks_of
from ebbtide.pharmacology.doses.suggestions import Bounds, dissociation_caution
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import EFFECT_SITE, KETAMINE, Network
from ebbtide.pharmacology.engine.stepping import Standing, at_rest, carried, exponential, outputs_of
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.figures import two_figures
from ebbtide.pharmacology.published.validity import MIN_PER_H, Question, cautions, why_not
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule, constant_infusion

NEVER_DRIVES_A_PUMP = (
    "A plan on paper: it never drives a pump. A person sets every rate, and the clinician signs."
)
SHAFER_GREGG_STEP_H = 10.0 / 3600.0  # the published interval: 10 s
LOOK_AHEAD_H = 1.0  # beyond the peak of an effect site that lags by a half-time of up to 15 min [design]


class HeldBy(StrEnum):
    """What decided the rate of a step."""

    TARGET = "target"
    CEILING = "ceiling"
    CAP = "cap"
    NOTHING_NEEDED = "nothing_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a plan for the blood aims at.

    Attributes:
        target_ng_per_ml: Where the middle person is to be at the end of every step.
        ceiling_ng_per_ml: What at most ``share_over`` of people may pass then; ``None`` for none.
        share_over: That share.
    """

    target_ng_per_ml: float
    ceiling_ng_per_ml: float | None = None
    share_over: float = 0.05

    def __post_init__(self) -> None:
        if not self.target_ng_per_ml > 0:
            raise NotComputable(
                f"A target of {self.target_ng_per_ml:g} ng/mL cannot be aimed at: give one above zero."
            )
        if not 0 <= self.share_over < 1:
            raise NotComputable(
                f"A share of {self.share_over:g} of people is none: give one from 0 and below 1."
            )
        if self.ceiling_ng_per_ml is not None and not self.ceiling_ng_per_ml >= self.target_ng_per_ml:
            raise NotComputable(
                f"The ceiling of {self.ceiling_ng_per_ml:g} ng/mL lies under the target of "
                f"{self.target_ng_per_ml:g} ng/mL: raise it or lower the target."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: from, to (h), the rate (mg/h), the rate that the target alone asked for, and what decided."""

    start_h: float
    end_h: float
    rate_mg_per_h: float
    wanted_mg_per_h: float
    held_by: HeldBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan, or the sentence that says why there is none.

    Attributes:
        steps: In order, without gaps; empty when the plan was refused.
        peaks_ng_per_ml: The highest value of each output of the network in each person: people x outputs; of a plan for
            the effect site at the ends of its intervals.
        advice: One sentence: the standing words of a plan, or the refusal.
        reasons: What held each step, in sentences.
        cautions: What must be said beside it.
    """

    advice: str
    steps: tuple[Step, ...] = ()
    peaks_ng_per_ml: FloatArray | None = None
    reasons: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()

    @property
    def schedule(self) -> Schedule:
        """The plan as a schedule (h, mg/h); steps of rate zero are pauses."""
        return _schedule(self.steps)


def _schedule(steps: Sequence[Step]) -> Schedule:
    return Schedule(
        infusions=tuple(
            Infusion(start_h=step.start_h, end_h=step.end_h, rate_mg_per_h=step.rate_mg_per_h)
            for step in steps
            if step.rate_mg_per_h > 0
        )
    )


def blood_plan(
    question: Question, network: Network, *, ends_h: Sequence[float], aim: Aim, bounds: Bounds
) -> Plan:
    r"""Steps that bring the middle person's blood to the target at the end of each step, held under ceiling and caps.

    A short first step is the load. Each rate is the lowest of: the median of (target - F_i)/G_i, the order statistic of
    (ceiling - F_i)/G_i that at most ``share_over`` of people lie under, and the caps; never below zero.

    Args:
        question: Model, person, drug, policy; its schedule is not looked at.
        network: n people, ketamine in the blood its first output; one typical person will do.
        ends_h: When each step ends (h), rising; the first starts at zero.
        aim: Target and ceiling (ng/mL).
        bounds: Guard rails and display band: a plan whose upper end passes the rail is refused.
    """
    refusal = _refusal(question, ends_h)
    if refusal is not None:
        return Plan(advice=refusal)
    cap = lowest_of(rate_caps_of(question))
    standing, steps = at_rest(network), []
    for start_h, end_h in pairwise([0.0, *ends_h]):
        free, unit = _answers(network, standing.amounts, end_h - start_h)
        step = _step((start_h, end_h), _wishes(free, unit, aim), cap)
        steps.append(step)
        rate = np.full(network.size, step.rate_mg_per_h)
        standing = carried(network, standing, until_h=end_h, rate_mg_per_h=rate)
    return _planned(question, steps, bounds, peaks=peaks_of(network, _schedule(steps)).ng_per_ml)


def effect_site_plan(
    question: Question,
    network: Network,
    *,
    aim: Aim,
    until_h: float,
    bounds: Bounds,
    every_h: float = SHAFER_GREGG_STEP_H,
) -> Plan:
    r"""Steps that bring the effect site to a target without passing it, the blood under a ceiling (Shafer and Gregg).

    At each interval $r = \min_t (T - E_{free}(t)) / U(t)$, at most $(c - F(dt))/G(dt)$ for the ceiling c of the blood,
    at most the caps, and never below zero. Without the ceiling the blood would overshoot several times: 444 ng/mL for
    100 at the effect site of kamp_2020.

    Args:
        question: Model, person, drug, policy; its schedule is not looked at.
        network: One typical person, with the outputs ketamine and effect site.
        aim: T, at the effect site, and the ceiling c of the blood, which such a plan must have (ng/mL).
        until_h: Length of the plan (h).
        bounds: Guard rails and display band: a plan whose upper end passes the rail is refused.
        every_h: Length of an interval (h).

    Raises:
        NotComputable: The network is not one person with these outputs, or there is no ceiling.
    """
    ceiling = aim.ceiling_ng_per_ml
    if ceiling is None:
        raise NotComputable(
            "A plan for the effect site overshoots the blood: give a ceiling of the blood (ng/mL)."
        )
    if network.outputs[:2] != (KETAMINE, EFFECT_SITE) or network.size != 1:
        raise NotComputable(
            "A plan for the effect site is made for one person, blood and effect site read: give such a network."
        )
    count = max(1, round(until_h / every_h))
    ends_h = [every_h * (place + 1) for place in range(count)]
    refusal = _refusal(question, ends_h)
    if refusal is not None:
        return Plan(advice=refusal)
    cap, ahead = lowest_of(rate_caps_of(question)), _ahead_of(network, every_h)
    standing, steps, highest = at_rest(network), [], np.zeros((1, len(network.outputs)))
    for start_h, end_h in pairwise([0.0, *ends_h]):
        wishes = ahead.wishes(standing.amounts[0], target=aim.target_ng_per_ml, ceiling=ceiling)
        step = _step((start_h, end_h), wishes, cap)
        steps.append(step)
        amounts = ahead.moved(standing.amounts[0], step.rate_mg_per_h)
        standing = Standing(at_h=end_h, amounts=amounts[None, :])
        highest = np.maximum(highest, outputs_of(network, standing))
    return _planned(question, steps, bounds, peaks=highest)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSiteBolus:
    """The bolus whose peak at the effect site is the target, and what the blood does meanwhile.

    Attributes:
        amount_mg: The bolus (mg), all at once.
        peak_at_h: When the effect site peaks (h).
        blood_at_once_ng_per_ml: What the model says of the blood in the first instant (ng/mL); mixing is not modelled.
        advice: The words that stand beside it.
    """

    amount_mg: float
    peak_at_h: float
    blood_at_once_ng_per_ml: float
    advice: str


def effect_site_bolus(network: Network, *, target_ng_per_ml: float) -> EffectSiteBolus:
    r"""The single bolus that peaks at a target at the effect site: $T / \max_t U(t)$, for comparison only.

    Golden: 11.11 mg for 100 ng/mL (kamp_2020, 70 kg, half-time of ke0 8.3 min), blood 444.4 at once, peak at 8.24 min.

    Args:
        network: One person, with the outputs ketamine and effect site.
        target_ng_per_ml: T (ng/mL).
    """
    one = Schedule(boluses=(Bolus(at_h=0.0, amount_mg=1.0),))
    peaks = peaks_of(network, one)
    site = network.outputs.index(EFFECT_SITE)
    amount_mg = target_ng_per_ml / float(peaks.ng_per_ml[0, site])
    blood = float(outputs_at(network, one, np.zeros(1))[0, network.outputs.index(KETAMINE), 0]) * amount_mg
    return EffectSiteBolus(
        amount_mg=amount_mg,
        peak_at_h=float(peaks.at_h[0, site]),
        blood_at_once_ng_per_ml=blood,
        advice=f"Not to be given at once: the blood would start at {blood:.3g} ng/mL for {target_ng_per_ml:g} at the "
        f"effect site. {NEVER_DRIVES_A_PUMP}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ahead:
    """One person's future on a grid of one interval: rows that read it, and what one interval at 1 mg/h adds."""

    onward: FloatArray  # states x states: one interval
    site_rows: FloatArray  # looks x states: the effect site at the end of each following interval
    blood_row: FloatArray  # states: the blood at the end of the interval
    site_pulse: FloatArray  # looks: U
    blood_pulse: float  # G(dt)

    def wishes(self, amounts: FloatArray, *, target: float, ceiling: float) -> dict[HeldBy, float]:
        """The rate that target and ceiling (ng/mL) ask for (mg/h)."""
        rates = (target - self.site_rows @ amounts) / self.site_pulse
        left = ceiling - float(self.blood_row @ amounts)
        return {HeldBy.TARGET: float(np.min(rates)), HeldBy.CEILING: left / self.blood_pulse}

    def moved(self, amounts: FloatArray, rate_mg_per_h: float) -> FloatArray:
        """The state one interval later; the pump's own state is set back to zero."""
        held = amounts.copy()
        held[-1] = rate_mg_per_h
        later: FloatArray = self.onward @ held
        later[-1] = 0.0
        return later


def _ahead_of(network: Network, every_h: float) -> _Ahead:
    onward = exponential(network.rates_per_h[None, :, :, 0], every_h)[0]
    rows = np.zeros((2, onward.shape[0]))
    for output in range(2):
        rows[output, network.states[output]] = network.scales[output, 0]
    looks = [rows @ onward]
    for _ in range(max(1, round(LOOK_AHEAD_H / every_h)) - 1):
        looks.append(looks[-1] @ onward)
    free = np.stack(looks)
    free[:, :, -1] = 0.0  # without input
    pulse = onward[:, -1].copy()
    pulse[-1] = 0.0
    site = rows[1] @ pulse
    return _Ahead(
        onward=onward,
        site_rows=free[:, 1],
        blood_row=free[0, 0],
        site_pulse=np.concatenate([[site], free[:-1, 1] @ pulse]),
        blood_pulse=float(rows[0] @ pulse),
    )


def _answers(network: Network, amounts: FloatArray, hours: float) -> tuple[FloatArray, FloatArray]:
    """F and G of the blood at the end of a step, by person (ng/mL; ng/mL for each mg/h)."""
    rates = np.moveaxis(network.rates_per_h, 2, 0)
    onward = exponential(rates, hours)
    state, scale = network.states[0], network.scales[0]
    without = amounts.copy()
    without[:, network.pump] = 0.0
    free = (onward[:, state, :] * without).sum(axis=1) * scale
    return free, onward[:, state, network.pump] * scale


def _wishes(free: FloatArray, unit: FloatArray, aim: Aim) -> dict[HeldBy, float]:
    """The rate that target and ceiling ask for: sorted, and counted off (mg/h)."""
    wishes = {HeldBy.TARGET: _at_most_over(aim.target_ng_per_ml, 0.5, free, unit)}
    if aim.ceiling_ng_per_ml is not None:
        wishes[HeldBy.CEILING] = _at_most_over(aim.ceiling_ng_per_ml, aim.share_over, free, unit)
    return wishes


def _at_most_over(level: float, share: float, free: FloatArray, unit: FloatArray) -> float:
    """The largest rate at which at most a share of people end above a level."""
    ordered = np.sort((level - free) / unit)
    return float(ordered[int(np.floor(share * ordered.size))])


def _step(between_h: tuple[float, float], wishes: dict[HeldBy, float], cap: RateCap) -> Step:
    held_by, wanted = min(wishes.items(), key=lambda wish: wish[1])
    if wanted <= 0:
        held_by = HeldBy.NOTHING_NEEDED
    elif wanted > cap.mg_per_h:
        held_by = HeldBy.CAP
    return Step(
        start_h=between_h[0],
        end_h=between_h[1],
        rate_mg_per_h=min(max(wanted, 0.0), cap.mg_per_h),
        wanted_mg_per_h=wishes[HeldBy.TARGET],
        held_by=held_by,
    )


def _refusal(question: Question, ends_h: Sequence[float]) -> str | None:
    """Why this model may not speak about this person over this time, whatever the rates; or a plan without steps."""
    if not ends_h or any(end <= start for start, end in pairwise([0.0, *ends_h])):
        raise NotComputable(
            "The steps of a plan must end one after the other, the first after time zero (h)."
        )
    least = min(cap.mg_per_h for cap in rate_caps_of(question)) * ends_h[-1]
    return why_not(replace(question, schedule=constant_infusion(amount_mg=least, over_h=ends_h[-1])))


def _planned(question: Question, steps: Sequence[Step], bounds: Bounds, *, peaks: FloatArray) -> Plan:
    upper = float(np.median(peaks[:, 0])) * bounds.band.factor
    if upper > bounds.rails.stop_above_ng_per_ml:
        return Plan(
            advice=f"The upper end of the 90 % band of this plan reaches {two_figures(upper)} ng/mL and no plan is made "
            f"above {bounds.rails.stop_above_ng_per_ml:g} ng/mL: lower the target or the ceiling."
        )
    return Plan(
        advice=NEVER_DRIVES_A_PUMP,
        steps=tuple(steps),
        peaks_ng_per_ml=peaks,
        reasons=_reasons(steps, lowest_of(rate_caps_of(question))),
        cautions=(*dissociation_caution(upper, bounds), *cautions(question)),
    )


def _reasons(steps: Sequence[Step], cap: RateCap) -> tuple[str, ...]:
    """One sentence for each stretch of steps that one thing other than the target decided."""
    words = {
        HeldBy.CAP: f"the rate is held down by {cap.words}",
        HeldBy.CEILING: "the rate is held down by the ceiling of the blood",
        HeldBy.NOTHING_NEEDED: "nothing is given, because what is there is enough",
    }
    found, start = [], 0
    for place in range(1, len(steps) + 1):
        if place < len(steps) and steps[place].held_by is steps[start].held_by:
            continue
        if steps[start].held_by in words:
            most = max(step.wanted_mg_per_h for step in steps[start:place])
            asked = "" if most <= 0 else f" (the target asked for up to {most:.3g} mg/h)"
            found.append(
                f"From {steps[start].start_h * MIN_PER_H:.3g} to {steps[place - 1].end_h * MIN_PER_H:.3g} min "
                f"{words[steps[start].held_by]}{asked}."
            )
        start = place
    return tuple(found)
