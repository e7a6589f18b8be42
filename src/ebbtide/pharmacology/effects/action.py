r"""The mathematics of effects: the effect site and what follows it in closed form, and how an effect grows with drug.

Behind the centre stand stages in a row that take nothing from it; each follows the one before:

$$ \dot y_0 = k_0 (C - y_0), \qquad \dot y_1 = k_1 (y_0 - y_1), \ \dots $$

The effect site is the first (k_0 = k_e0); a state of tolerance is the second; slow relief is a first one with a rate
of days. Each mode of the body passes the row by itself, as the exponential of a bidiagonal matrix whose entries are
:func:`ebbtide.pharmacology.engine.divided.convolutions`: equal rates are no special case. What stands at one edge of the
schedule is carried to the next, so more infusions cost no more than their edges, and nothing is ever subtracted.

Units: concentration ng/mL, rate constant 1/h, time h. Validity: linear kinetics, concentrations zero or more.
Source: pharmacology facts 3.1, 3.3, 3.4, 6.2, 6.3. Checked in tests/pharmacology/test_effects.py against the network
of compartments (1e-10 of peak), the golden effect-site bolus and a Runge-Kutta solution.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.closed_form import NG_PER_ML_FROM_MG_PER_L, impulses, modes_of, segments
from ebbtide.pharmacology.engine.divided import FloatArray, convolutions
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.published.models import Body
from ebbtide.pharmacology.schedule import Schedule

NANOMOLAR_FROM_MICROMOLAR = 1000.0
PUMP, MODE = 0, 1  # the first two stages of a row: the rate of the pump, then one mode of the body


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Stages in a row: the rate at which each forgets (1/h, zero or negative) and what it takes from the one before."""

    rates_per_h: tuple[float, ...]
    gains: tuple[float, ...]

    def moves(self, hours: FloatArray) -> FloatArray:
        """Times x stages x stages: what the column's stage holds so long after one unit stood in the row's stage."""
        whole = np.concatenate([[1.0], np.cumprod(self.gains)])
        moved: FloatArray = convolutions(self.rates_per_h, hours) * (whole[None, :] / whole[:, None])
        return moved


def behind_the_centre_ng_per_ml(
    *, body: Body, schedule: Schedule, times_h: FloatArray, rates_per_h: Sequence[float]
) -> FloatArray:
    r"""The concentration in the centre and in each stage behind it: stages + 1 x times (ng/mL).

    $$ y_0(t) = \frac{1000}{V_1} \sum_j w_j\, k_0 \, (u * e^{\lambda_j \cdot} * e^{-k_0 \cdot})(t), \quad \dots $$

    with w_j and lambda_j (1/h) the weights and rates of the body's modes and u the input (mg/h).

    Args:
        body: Parameters already scaled to the person.
        schedule: What is given (mg, mg/h, h).
        times_h: When to look (h); before zero everything is zero.
        rates_per_h: k_0, k_1 ..., each above zero (1/h).

    Raises:
        NotComputable: A rate constant that is not above zero.
    """
    for rate in rates_per_h:
        check_positive("A rate constant behind the centre (1/h)", rate)
    modes = modes_of(body)
    total = np.zeros((len(rates_per_h) + 1, times_h.size))
    for weight, mode_per_h in zip(modes.amounts[0], modes.rates_per_h, strict=True):
        row = _Row(
            rates_per_h=(0.0, float(mode_per_h), *(-rate for rate in rates_per_h)),
            gains=(1.0, *rates_per_h),
        )
        total += weight * _passed(row, schedule, times_h)
    held: FloatArray = NG_PER_ML_FROM_MG_PER_L / body.compartments.central_volume_l * total
    return held


def _passed(row: _Row, schedule: Schedule, times_h: FloatArray) -> FloatArray:
    """What each stage after the pump holds at each time: stages x times (mg)."""
    edges_h = np.array(sorted({0.0, *schedule.edges_h}))
    standing = _standing(row, schedule, edges_h)
    last = np.maximum(np.searchsorted(edges_h, times_h, side="right") - 1, 0)
    moves = row.moves(np.maximum(times_h - edges_h[last], 0.0))
    held = (standing[last][:, :, None] * moves).sum(axis=1)
    return np.where(times_h >= 0, held[:, MODE:].T, 0.0)


def _standing(row: _Row, schedule: Schedule, edges_h: FloatArray) -> FloatArray:
    """What each stage holds at each edge of the schedule, just after what happens there: edges x stages."""
    moves = row.moves(np.diff(edges_h))
    parts, pushes = segments(schedule), impulses(schedule)
    held = np.zeros((edges_h.size, len(row.rates_per_h)))
    for place, edge_h in enumerate(edges_h):
        if place:
            held[place] = (held[place - 1][:, None] * moves[place - 1]).sum(axis=0)
        held[place, PUMP] = sum(rate for start, end, rate in parts if start <= edge_h < end)
        held[place, MODE] += sum(amount for at, amount in pushes if at == edge_h)
    return held


def effect_site_ng_per_ml(
    *, body: Body, schedule: Schedule, times_h: FloatArray, ke0_per_h: float
) -> FloatArray:
    r"""Concentration of ketamine at the effect site at each time (ng/mL).

    $$ \dot C_e = k_{e0} (C - C_e) $$

    C is what the body's model speaks of: an effect of S-ketamine after the racemate takes its share of this curve
    (:func:`ebbtide.pharmacology.effects.drivers.driver_share`). ke0 above zero, also equal to a rate of the body. Golden:
    kamp_2020, half-time 8.3 min, 11.11 mg at once gives 100 ng/mL at 8.24 min.

    Raises:
        NotComputable: ke0 is not above zero.
    """
    site: FloatArray = behind_the_centre_ng_per_ml(
        body=body, schedule=schedule, times_h=times_h, rates_per_h=(ke0_per_h,)
    )[-1]
    return site


@dataclass(frozen=True, slots=True, kw_only=True)
class AcuteTolerance:
    """Acute tolerance, an option without a published value: both numbers are the caller's, and off unless given.

    Attributes:
        rate_per_h: kt, how fast tolerance follows the effect site (1/h).
        half_ng_per_ml: T50, the tolerance at which C50 has doubled (ng/mL).
    """

    rate_per_h: float
    half_ng_per_ml: float

    def __post_init__(self) -> None:
        check_positive("The rate of tolerance (1/h)", self.rate_per_h)
        check_positive("The tolerance that doubles C50 (ng/mL)", self.half_ng_per_ml)


TOLERANCE_CAUTION = (
    "Acute tolerance is the assumption of whoever entered it: no published value is held here."
)


def tolerance_ng_per_ml(
    *, body: Body, schedule: Schedule, times_h: FloatArray, ke0_per_h: float, tolerance: AcuteTolerance
) -> FloatArray:
    r"""The state of tolerance at each time (ng/mL): one more stage behind the effect site, so it has a closed form.

    $$ \dot T = k_t (C_e - T) $$

    Source: the form is offered by pharmacology facts 3.1 [design], because scores of dissociation halve while the
    predicted effect site falls by a sixth; it has no published parameters. Checked against Runge-Kutta.
    """
    state: FloatArray = behind_the_centre_ng_per_ml(
        body=body, schedule=schedule, times_h=times_h, rates_per_h=(ke0_per_h, tolerance.rate_per_h)
    )[-1]
    return state


def tolerated_c50_ng_per_ml(
    *, c50_ng_per_ml: float, tolerance_ng_per_ml: FloatArray, half_ng_per_ml: float
) -> FloatArray:
    """C50 (1 + T/T50) (ng/mL): the concentration for half of the maximum, after tolerance."""
    check_positive("C50 (ng/mL)", c50_ng_per_ml)
    check_positive("The tolerance that doubles C50 (ng/mL)", half_ng_per_ml)
    check_concentrations(tolerance_ng_per_ml)
    risen: FloatArray = c50_ng_per_ml * (1.0 + tolerance_ng_per_ml / half_ng_per_ml)
    return risen


def sigmoid_emax(
    concentration_ng_per_ml: FloatArray,
    *,
    c50_ng_per_ml: float | FloatArray,
    gamma: float = 1.0,
    maximum: float = 1.0,
) -> FloatArray:
    r"""An effect that grows to a ceiling, in the unit of ``maximum``.

    $$ E = E_{max} \frac{C^\gamma}{C_{50}^\gamma + C^\gamma} $$

    Args:
        concentration_ng_per_ml: C, zero or more (ng/mL).
        c50_ng_per_ml: C50, above zero (ng/mL); one, or one for each C where tolerance raises it.
        gamma: Steepness, above zero; no source here gives one, and 1 is our own choice [design].
        maximum: Emax; 1 gives a share of the maximum.

    Raises:
        NotComputable: A concentration below zero, or a parameter that is not above zero.
    """
    check_concentrations(concentration_ng_per_ml)
    check_positive("C50 (ng/mL)", *np.atleast_1d(c50_ng_per_ml))
    check_positive("The steepness gamma", gamma)
    ratio = np.asarray(concentration_ng_per_ml / c50_ng_per_ml, dtype=np.float64)
    with np.errstate(
        divide="ignore", over="ignore"
    ):  # no drug: 1/0 is the right infinity, and the effect is zero
        effect: FloatArray = maximum / (1.0 + ratio**-gamma)
    return effect


def additive_linear(
    concentrations_ng_per_ml: Mapping[str, FloatArray], *, slopes: Mapping[str, float]
) -> FloatArray:
    r"""The sum of slope x concentration over the species, in the unit of the slopes x ng/mL.

    $$ E = \sum_i s_i C_i $$

    Olofsen 2012: pain score -0.038 cm per ng/mL of ketamine, +0.030 of norketamine [seen]: at 100 and 50 ng/mL it is
    -3.8 + 1.5 = -2.3 cm. A line has no ceiling: outside the concentrations of its source it means nothing.

    Raises:
        NotComputable: A species with a slope and no concentration, or a concentration below zero.
    """
    if missing := sorted(set(slopes) - set(concentrations_ng_per_ml)):
        raise NotComputable(
            f"The effect also depends on {', '.join(missing)}: choose a kinetic model that predicts it."
        )
    total: FloatArray = np.zeros(())
    for species, slope in slopes.items():
        check_concentrations(concentrations_ng_per_ml[species])
        total = total + slope * concentrations_ng_per_ml[species]
    return total


def competitive_occupancy(
    unbound_nm: Mapping[str, FloatArray], *, half_occupied_nm: Mapping[str, float]
) -> FloatArray:
    r"""Share of a receptor that several drugs hold together, 0 to 1.

    $$ RO = \frac{x}{1 + x}, \qquad x = \sum_i \frac{C_{u,i}}{K_i} $$

    Args:
        unbound_nm: C_u, unbound concentration of each drug (nmol/L).
        half_occupied_nm: K, unbound concentration at which each alone holds half (nmol/L).

    Raises:
        NotComputable: A concentration below zero, or a K that is not above zero.
    """
    weighed: FloatArray = np.zeros(())
    for species, concentration in unbound_nm.items():
        check_concentrations(concentration)
        check_positive(f"The half-occupying concentration of {species} (nmol/L)", half_occupied_nm[species])
        weighed = weighed + concentration / half_occupied_nm[species]
    occupied: FloatArray = weighed / (1.0 + weighed)
    return occupied


def nanomolar(concentration_ng_per_ml: FloatArray, *, molecular_weight_g_per_mol: float) -> FloatArray:
    """A concentration in nmol/L from ng/mL: 1000 x C / molecular weight (237.73 g/mol: 200 ng/mL is 841 nmol/L)."""
    check_positive("A molecular weight (g/mol)", molecular_weight_g_per_mol)
    molar: FloatArray = NANOMOLAR_FROM_MICROMOLAR * concentration_ng_per_ml / molecular_weight_g_per_mol
    return molar


def check_positive(name: str, *values: float) -> None:
    """Every value is a finite number above zero."""
    for value in values:
        if not (math.isfinite(value) and value > 0):
            raise NotComputable(f"{name} is {value:g}: it must be a finite number above zero.")


def check_concentrations(concentration: FloatArray) -> None:
    """No concentration is below zero or missing."""
    if not np.all(np.asarray(concentration) >= 0):
        raise NotComputable(
            f"The lowest concentration is {np.min(concentration):g}: an effect needs concentrations of zero or more."
        )
