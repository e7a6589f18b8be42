r"""The exact engine: concentration of ketamine for any schedule, in closed form. Pure, deterministic, no grid inside.

Amounts a (mg), input u (mg/h), volumes V (L), clearances CL and Q (L/h):

$$ \dot a_1 = u - \frac{CL + \sum Q_j}{V_1} a_1 + \sum \frac{Q_j}{V_j} a_j, \qquad
   \dot a_j = Q_j \left(\frac{a_1}{V_1} - \frac{a_j}{V_j}\right), \qquad C = 1000\, a_1 / V_1 \ \text{(ng/mL)}. $$

With D = diag(sqrt V) the matrix D^-1 A D is symmetric, so its rates are real and negative and its modes orthogonal,
equal rates included. A well-stirred organ (flow Qh, volume Vh, elimination k Vh) is one more tissue whose diagonal
entry is -(Qh/Vh + k): the matrix stays symmetric and the same lines serve.

Validity: linear kinetics. Source: the mammillary solution of any textbook; pharmacology facts 6.1. Checked against a
matrix exponential and a stiff solver in tests/pharmacology/test_engine.py and against identities in test_identities.py.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ebbtide.pharmacology.engine.divided import FloatArray, phi1, phi2
from ebbtide.pharmacology.published.models import Body
from ebbtide.pharmacology.schedule import Schedule

NG_PER_ML_FROM_MG_PER_L = 1000.0
ZOOMS = 6  # each narrows the bracket of a peak sixteen-fold: 1e-7 of the first bracket
POINTS_BETWEEN_EDGES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """A body taken apart into its exponentials.

    Attributes:
        rates_per_h: One negative rate for each mode, fastest first (1/h).
        amounts: Row i, column j: amount in compartment i that mode j carries at once after 1 mg into the centre (mg).
            Rows: centre, tissues in the model's order, organ last when there is one.
    """

    rates_per_h: FloatArray
    amounts: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The highest concentration of a curve (ng/mL) and when it stands (h)."""

    ng_per_ml: float
    at_h: float


def modes_of(body: Body) -> Modes:
    """The modes of the parent drug in a body.

    The symmetric matrix has S11 = -(CL + sum Q)/V1, Sjj = -Qj/Vj, S1j = Qj/sqrt(V1 Vj) (1/h).
    """
    centre = body.compartments
    volumes = [centre.central_volume_l, *centre.peripheral_volumes_l]
    flows = [*centre.intercompartmental_l_per_h]
    losses = [0.0] * len(volumes)
    losses[0] = (
        centre.elimination_l_per_h or 0.0
    ) / centre.central_volume_l  # None: the organ alone eliminates
    if body.organ is not None:
        volumes.append(body.organ.volume_l)
        flows.append(body.organ.flow_l_per_h)
        losses.append(body.organ.k_elimination_per_h + body.organ.k_to_metabolite_per_h)
    return symmetric_modes(
        volumes_l=np.array(volumes), flows_l_per_h=np.array(flows), losses_per_h=np.array(losses)
    )


def symmetric_modes(*, volumes_l: FloatArray, flows_l_per_h: FloatArray, losses_per_h: FloatArray) -> Modes:
    """Modes of any mammillary system: compartment 0 exchanges ``flows`` with each of the others."""
    matrix = np.diag(-losses_per_h)
    matrix[0, 0] -= flows_l_per_h.sum() / volumes_l[0]
    for tissue, flow in enumerate(flows_l_per_h, start=1):
        matrix[tissue, tissue] -= flow / volumes_l[tissue]
        matrix[0, tissue] = matrix[tissue, 0] = flow / np.sqrt(volumes_l[0] * volumes_l[tissue])
    rates, vectors = np.linalg.eigh(matrix)
    return Modes(rates_per_h=rates, amounts=np.sqrt(volumes_l / volumes_l[0])[:, None] * vectors * vectors[0])


def compartment_amounts_mg(*, body: Body, schedule: Schedule, times_h: FloatArray) -> FloatArray:
    """Amount of the parent in each compartment at each time (mg); rows as in :class:`Modes`."""
    modes = modes_of(body)
    # not a matrix product: the library that computes those may sum in another order for another number of times
    responses = _responses_mg(modes.rates_per_h, schedule, times_h)
    amounts: FloatArray = (modes.amounts[:, :, None] * responses).sum(axis=1)
    return amounts


def concentration_ng_per_ml(*, body: Body, schedule: Schedule, times_h: FloatArray) -> FloatArray:
    r"""Concentration of ketamine in the centre at each time (ng/mL).

    For a rate R on [a, b], u = min(t, b) - a and d = max(t - b, 0):

    $$ C(t) = \frac{1000 R}{V_1} \sum_j w_j \frac{e^{\lambda_j u} - 1}{\lambda_j} e^{\lambda_j d} $$

    A bolus is dose x impulse response, and any schedule is a sum of both.

    Args:
        body: Parameters already scaled to the person.
        schedule: What is given (mg, mg/h, h).
        times_h: When to look (h); the answer at one time does not depend on the others.
    """
    amounts = compartment_amounts_mg(body=body, schedule=schedule, times_h=times_h)
    result: FloatArray = NG_PER_ML_FROM_MG_PER_L / body.compartments.central_volume_l * amounts[0]
    return result


def _responses_mg(rates_per_h: FloatArray, schedule: Schedule, times_h: FloatArray) -> FloatArray:
    """What each mode of unit weight holds at each time (mg): modes x times."""
    held = np.zeros((rates_per_h.size, times_h.size))
    for start_h, end_h, rate_mg_per_h in segments(schedule):
        inside_h = np.clip(times_h, start_h, end_h) - start_h
        after_h = np.maximum(times_h - end_h, 0.0)
        grown = inside_h * phi1(np.multiply.outer(rates_per_h, inside_h))
        held += rate_mg_per_h * grown * np.exp(np.multiply.outer(rates_per_h, after_h))
    for at_h, amount_mg in impulses(schedule):
        since_h = np.maximum(times_h - at_h, 0.0)
        held += amount_mg * np.where(times_h >= at_h, np.exp(np.multiply.outer(rates_per_h, since_h)), 0.0)
    return held


def segments(schedule: Schedule) -> list[tuple[float, float, float]]:
    """Everything that goes in over a time: start (h), end (h), rate (mg/h)."""
    infused = [(part.start_h, part.end_h, part.rate_mg_per_h) for part in schedule.infusions]
    pushed = [
        (part.at_h, part.end_h, part.amount_mg / part.over_h) for part in schedule.boluses if part.over_h > 0
    ]
    return infused + pushed


def impulses(schedule: Schedule) -> list[tuple[float, float]]:
    """Everything that goes in at once: time (h), amount (mg)."""
    return [(part.at_h, part.amount_mg) for part in schedule.boluses if not part.over_h > 0]


def auc_ng_h_per_ml(*, body: Body, schedule: Schedule, until_h: float) -> float:
    r"""Area under the concentration of ketamine from time zero to ``until_h`` (ng h/mL).

    Integral of the closed form; with u and d as above the part of one rate is
    $\frac{1000R}{V_1}\sum_j w_j (u^2 \varphi_2(\lambda_j u) + u\varphi_1(\lambda_j u)\, d\varphi_1(\lambda_j d))$.
    To the end of time it is 1000 dose / CL, whatever the schedule.
    """
    modes = modes_of(body)
    rates = modes.rates_per_h
    held_mg_h = np.zeros_like(rates)
    for start_h, end_h, rate_mg_per_h in segments(schedule):
        inside_h = float(np.clip(until_h, start_h, end_h)) - start_h
        after_h = max(until_h - end_h, 0.0)
        tail = inside_h * phi1(rates * inside_h) * after_h * phi1(rates * after_h)
        held_mg_h += rate_mg_per_h * (inside_h**2 * phi2(rates * inside_h) + tail)
    for at_h, amount_mg in impulses(schedule):
        since_h = max(until_h - at_h, 0.0)
        held_mg_h += amount_mg * since_h * phi1(rates * since_h)
    return float(
        NG_PER_ML_FROM_MG_PER_L / body.compartments.central_volume_l * (modes.amounts[0] * held_mg_h).sum()
    )


def peak_of(*, body: Body, schedule: Schedule, until_h: float) -> Peak:
    """The highest concentration of ketamine between zero and ``until_h`` (h), whatever grid a page draws on.

    Looks at every edge of the schedule and between them, then narrows around the best until the bracket is 1e-7 of
    its first width: where the curve is smooth the value is exact to double precision, at an edge it is the edge itself.
    """
    edges_h = [0.0, *(edge for edge in schedule.edges_h if edge <= until_h), until_h]
    looks_h = np.unique(np.concatenate([_between(a, b) for a, b in pairwise(edges_h)]))
    best = _highest(body, schedule, looks_h)
    for _ in range(ZOOMS):
        here = int(np.searchsorted(looks_h, best.at_h))
        looks_h = np.linspace(looks_h[max(here - 1, 0)], looks_h[min(here + 1, looks_h.size - 1)], 33)
        looks_h = np.unique(np.append(looks_h, best.at_h))
        best = _highest(body, schedule, looks_h)
    return best


def _between(start_h: float, end_h: float) -> FloatArray:
    return np.linspace(start_h, end_h, POINTS_BETWEEN_EDGES)


def _highest(body: Body, schedule: Schedule, times_h: FloatArray) -> Peak:
    curve = concentration_ng_per_ml(body=body, schedule=schedule, times_h=times_h)
    top = int(np.argmax(curve))
    return Peak(ng_per_ml=float(curve[top]), at_h=float(times_h[top]))
