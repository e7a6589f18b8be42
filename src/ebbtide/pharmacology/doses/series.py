r"""A series of treatments: what is left when the next one begins, what piles up, and what it all adds up to.

Treatments that are given again every tau hours leave, before each, the state of a geometric series

$$ x^* = (I - e^{A\tau})^{-1} e^{A(\tau - T)} x_\infty(T), $$

with x_inf(T) what one treatment from zero leaves at its end T. A mode of rate lambda piles up by
$1/(1 - e^{\lambda\tau})$: 1.004 for the slowest mode of kamp_2020 once a day. Exposure only adds: 1000 dose / CL.

Source: pharmacology facts 6.5 and finding 10. Checked against 60 treatments one after the other in
tests/pharmacology/test_series.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ebbtide.pharmacology.doses.moments import stretches_of
from ebbtide.pharmacology.engine.closed_form import (
    NG_PER_ML_FROM_MG_PER_L,
    concentration_ng_per_ml,
    modes_of,
    peak_of,
)
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import Network
from ebbtide.pharmacology.engine.stepping import Standing, at_rest, carried, exponential, pushed
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.figures import two_figures
from ebbtide.pharmacology.published.models import Body
from ebbtide.pharmacology.published.validity import MIN_PER_H
from ebbtide.pharmacology.schedule import Schedule

LEFT_OVER = 0.02  # of the treatment's own peak: less than this is said to be no accumulation [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """One treatment of a series: when it begins (h from the first), and what it gives, from its own time zero."""

    at_h: float
    schedule: Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What a series adds up to in one typical person, and what each treatment finds left of those before it.

    Attributes:
        dose_mg: Amount of each treatment (mg of free base).
        area_ng_h_per_ml: Area of each over all time, 1000 dose / CL (ng h/mL).
        left_ng_per_ml: Concentration that each finds when it begins (ng/mL).
        left_of_peak: The same as a share of that treatment's own peak.
        words: What this means, in one sentence.
    """

    dose_mg: tuple[float, ...]
    area_ng_h_per_ml: tuple[float, ...]
    left_ng_per_ml: tuple[float, ...]
    left_of_peak: tuple[float, ...]
    words: str

    @property
    def total_mg(self) -> float:
        """Everything given (mg)."""
        return float(sum(self.dose_mg))

    @property
    def total_ng_h_per_ml(self) -> float:
        """The area under the whole series (ng h/mL)."""
        return float(sum(self.area_ng_h_per_ml))


def accumulation_ratios(*, body: Body, period_h: float) -> FloatArray:
    r"""How much each mode piles up when treatments repeat every ``period_h``: $1/(1 - e^{\lambda\tau})$, fastest first.

    Args:
        body: Parameters already scaled to the person.
        period_h: tau, from one beginning to the next, above zero (h).
    """
    if not period_h > 0:
        raise NotComputable(f"A period of {period_h:g} h repeats nothing: it must be above zero.")
    ratios: FloatArray = 1.0 / -np.expm1(modes_of(body).rates_per_h * period_h)
    return ratios


def before_each(network: Network, treatment: Schedule, *, period_h: float) -> Standing:
    r"""What n bodies hold before a treatment that has been repeated every ``period_h`` for ever: x*.

    $$ x^* = (I - e^{A\tau})^{-1} e^{A(\tau - T)} x_\infty(T) $$ for all states, metabolites and effect site included.

    Args:
        network: n people; its outputs are concentrations, for an area grows without end.
        treatment: What is given each time (h, mg, mg/h).
        period_h: tau, not shorter than the treatment (h).

    Raises:
        NotComputable: The treatment is longer than the period.
    """
    if not period_h >= treatment.end_h:
        raise NotComputable(
            f"A treatment of {treatment.end_h:g} h does not fit into a period of {period_h:g} h: lengthen the period."
        )
    standing = at_rest(network)
    for stretch in stretches_of(treatment, np.array([period_h])):
        standing = pushed(standing, amount_mg=np.full(network.size, stretch.pushed_mg))
        rate = np.full(network.size, stretch.rate_mg_per_h)
        standing = carried(network, standing, until_h=stretch.end_h, rate_mg_per_h=rate)
    inside = slice(0, network.pump)
    rates = np.ascontiguousarray(np.moveaxis(network.rates_per_h, 2, 0)[:, inside, inside])
    kept = np.eye(network.pump) - exponential(rates, period_h)
    amounts = np.zeros_like(standing.amounts)
    amounts[:, inside] = np.linalg.solve(kept, standing.amounts[:, inside, None])[:, :, 0]
    return replace(standing, at_h=0.0, amounts=amounts)


def exposure_of(*, body: Body, treatments: Sequence[Treatment]) -> Exposure:
    """What a series of treatments at any times adds up to in one typical person.

    Args:
        body: Parameters already scaled to the person.
        treatments: In the order of their beginnings, the first at 0 h or later.

    Raises:
        NotComputable: There is no treatment, one gives nothing, or they are out of order.
    """
    _check(treatments)
    doses = [treatment.schedule.total_mg for treatment in treatments]
    left = [_left(body, treatments[:place], part.at_h) for place, part in enumerate(treatments)]
    peaks = [_peak(body, part.schedule) for part in treatments]
    shares = [found / peak for found, peak in zip(left, peaks, strict=True)]
    per_mg = NG_PER_ML_FROM_MG_PER_L / body.clearance_l_per_h
    return Exposure(
        dose_mg=tuple(doses),
        area_ng_h_per_ml=tuple(per_mg * dose for dose in doses),
        left_ng_per_ml=tuple(left),
        left_of_peak=tuple(shares),
        words=_words(body, max(shares)),
    )


def _check(treatments: Sequence[Treatment]) -> None:
    if not treatments:
        raise NotComputable("A series without a treatment has no exposure: give at least one.")
    if any(not part.schedule.total_mg > 0 for part in treatments):
        raise NotComputable("A treatment of the series gives nothing (0 mg): leave it out.")
    if any(after.at_h < before.at_h for before, after in pairwise(treatments)):
        raise NotComputable("The treatments of a series must come in the order of their beginnings (h).")


def _left(body: Body, earlier: Sequence[Treatment], at_h: float) -> float:
    """What earlier treatments have left in the blood at an instant (ng/mL), by superposition."""
    since = [(part.schedule, np.array([at_h - part.at_h])) for part in earlier]
    found = [
        concentration_ng_per_ml(body=body, schedule=schedule, times_h=hours)[0] for schedule, hours in since
    ]
    return float(sum(found))


def _peak(body: Body, schedule: Schedule) -> float:
    return peak_of(body=body, schedule=schedule, until_h=schedule.end_h + 1.0).ng_per_ml


def _words(body: Body, most: float) -> str:
    half_life_min = float(np.log(2) / -np.max(modes_of(body).rates_per_h)) * MIN_PER_H
    slowest = f"its slowest half-life is {half_life_min:.0f} min"
    if most <= LEFT_OVER:
        return (
            f"There is no accumulation of ketamine between these treatments: {slowest}, and at most "
            f"{two_figures(100 * most)} % of a treatment's peak is left when the next one begins. What builds up over a "
            "series is not the drug."
        )
    return (
        f"Ketamine is left over between these treatments: {slowest}, and up to {two_figures(100 * most)} % of a "
        "treatment's own peak is still there when it begins."
    )
