r"""Metabolites: chains of delays and compartments behind the parent, exact also where rates are equal.

The flux that forms a species is fraction x CL a_1/V_1 of its parent species, or fraction x kmet a_organ. It passes n
transit stages (each drains at k = n/MTT) and enters the centre of a mammillary system of its own. Each of these is a
sum of exponentials, so an impulse of drug leaves the chain as a sum of terms

$$ \text{coefficient} \times (e^{a_0 \cdot} * e^{a_1 \cdot} * \dots)(t), $$

and a constant rate adds one more rate, zero. Two transit stages have equal rates, and NK shares its centre with the
parent: partial fractions would divide by zero, :func:`ebbtide.pharmacology.engine.divided.convolution` does not.

Source: pharmacology facts 2.1 and 6.2. Checked against the golden values (relative 1e-6), an augmented matrix
exponential and a stiff solver in tests/pharmacology/test_chains.py. Metabolite curves are indicative: the models
disagree with the digitised curves by 25 % and more (target T10, a known fail).
"""

from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.closed_form import (
    NG_PER_ML_FROM_MG_PER_L,
    impulses,
    modes_of,
    segments,
    symmetric_modes,
)
from ebbtide.pharmacology.engine.divided import FloatArray, convolution
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.published.models import Body, Compartments, Metabolite, elimination_l_per_h
from ebbtide.pharmacology.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One path through a chain: coefficient x convolution of exponentials with these rates (1/h)."""

    coefficient: float
    rates_per_h: tuple[float, ...]


def metabolite_concentrations_ng_per_ml(
    *, body: Body, schedule: Schedule, times_h: FloatArray
) -> dict[str, FloatArray]:
    """Concentration of each metabolite of a body at each time (ng/mL), by its id; indicative."""
    centres = _amount_terms(body)
    return {
        metabolite.id: _scale(metabolite) * _given(centres[metabolite.id], schedule, times_h)
        for metabolite in body.metabolites
    }


def _scale(metabolite: Metabolite) -> float:
    """ng/mL for each mg of parent that the metabolite's centre holds."""
    return (
        NG_PER_ML_FROM_MG_PER_L * metabolite.concentration_factor / metabolite.compartments.central_volume_l
    )


def _amount_terms(body: Body) -> dict[str, tuple[Term, ...]]:
    """Amount in the centre of each metabolite after 1 mg of parent at once (mg)."""
    fluxes = _parent_fluxes(body)
    centres: dict[str, tuple[Term, ...]] = {}
    for metabolite in body.metabolites:
        if metabolite.time_effect is not None:
            raise NotComputable(
                f"{metabolite.id} changes over time ({metabolite.time_effect}): this engine has no curve for it."
            )
        terms = fluxes[metabolite.formed_from]
        centres[metabolite.id] = _through(
            _delayed(_times(terms, metabolite.fraction), metabolite), metabolite
        )
        loss_per_h = elimination_l_per_h(metabolite.compartments) / metabolite.compartments.central_volume_l
        fluxes[metabolite.id] = _times(centres[metabolite.id], loss_per_h)
    return centres


def _parent_fluxes(body: Body) -> dict[str, tuple[Term, ...]]:
    """What leaves the parent and can form a metabolite, for 1 mg at once (mg/h)."""
    modes = modes_of(body)
    if body.organ is not None:
        forming = body.organ.k_to_metabolite_per_h * modes.amounts[-1]
        return {"organ": _terms(forming, modes.rates_per_h)}
    loss_per_h = body.clearance_l_per_h / body.compartments.central_volume_l
    return {"ketamine": _terms(loss_per_h * modes.amounts[0], modes.rates_per_h)}


def _terms(weights: FloatArray, rates_per_h: FloatArray) -> tuple[Term, ...]:
    return tuple(
        Term(coefficient=float(weight), rates_per_h=(float(rate),))
        for weight, rate in zip(weights, rates_per_h, strict=True)
    )


def _times(terms: tuple[Term, ...], factor: float) -> tuple[Term, ...]:
    return tuple(Term(coefficient=term.coefficient * factor, rates_per_h=term.rates_per_h) for term in terms)


def _delayed(terms: tuple[Term, ...], metabolite: Metabolite) -> tuple[Term, ...]:
    """The same flux after the transit stages, each k e^(-k t)."""
    if metabolite.transit is None:
        return terms
    rate, stages = metabolite.transit.rate_per_h, metabolite.transit.stages
    return tuple(
        Term(coefficient=term.coefficient * rate**stages, rates_per_h=(*term.rates_per_h, *(-rate,) * stages))
        for term in terms
    )


def _through(terms: tuple[Term, ...], metabolite: Metabolite) -> tuple[Term, ...]:
    """The amount that the flux leaves in the centre of the metabolite."""
    modes = _metabolite_terms(metabolite.compartments)
    return tuple(
        Term(
            coefficient=term.coefficient * mode.coefficient,
            rates_per_h=(*term.rates_per_h, *mode.rates_per_h),
        )
        for term in terms
        for mode in modes
    )


def _metabolite_terms(compartments: Compartments) -> tuple[Term, ...]:
    loss_per_h = elimination_l_per_h(compartments) / compartments.central_volume_l
    volumes = np.array([compartments.central_volume_l, *compartments.peripheral_volumes_l])
    modes = symmetric_modes(
        volumes_l=volumes,
        flows_l_per_h=np.array(compartments.intercompartmental_l_per_h),
        losses_per_h=np.array([loss_per_h] + [0.0] * (volumes.size - 1)),
    )
    return _terms(modes.amounts[0], modes.rates_per_h)


def _given(terms: tuple[Term, ...], schedule: Schedule, times_h: FloatArray) -> FloatArray:
    """What the schedule leaves at the end of the chain at each time."""
    total = np.zeros_like(times_h)
    for term in terms:
        for start_h, end_h, rate_mg_per_h in segments(schedule):
            rates = (*term.rates_per_h, 0.0)
            begun, ended = convolution(rates, times_h - start_h), convolution(rates, times_h - end_h)
            total += term.coefficient * rate_mg_per_h * (begun - ended)
        for at_h, amount_mg in impulses(schedule):
            total += term.coefficient * amount_mg * convolution(term.rates_per_h, times_h - at_h)
    return total
