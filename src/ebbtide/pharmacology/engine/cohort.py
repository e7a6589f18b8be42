"""Many bodies at once: the parameters of n people under one model, each parameter a column.

A column is named as the data file names it in a model's variability: ``central``, ``peripheral_2``, ``elimination``,
``intercompartmental_1``, ``organ_flow``, ``norketamine_central``, ``norketamine_mtt``. Where there is one tissue it
carries no number. Units as everywhere: L, L/h, 1/h, h. No file is read here, no clock, no random number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.errors import MalformedModel, NotComputable
from ebbtide.pharmacology.people.person import AGE_EFFECT_FROM_Y
from ebbtide.pharmacology.published.models import Compartments, Metabolite, Model, Organ


class Scaled(StrEnum):
    """Which exponent of weight a parameter takes; the values are the names of :class:`Allometry`'s fields."""

    CENTRAL = "central_volume"
    PERIPHERAL = "peripheral_volumes"
    ELIMINATION = "elimination"
    EXCHANGE = "intercompartmental"
    NOT = "not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter at the reference weight, in its unit, and how it grows with weight."""

    name: str
    value: float
    scaled: Scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """The parameters of n people under one model: columns of n numbers, none of them zero or less.

    Attributes:
        model: Its structure: which compartments, organs, delays and metabolites there are.
        columns: Value of each parameter in each person, by name.
        size: n.
    """

    model: Model
    columns: Mapping[str, FloatArray]
    size: int

    def __post_init__(self) -> None:
        wanted = {parameter.name for parameter in parameters_of(self.model)}
        if wanted != set(self.columns):
            raise MalformedModel(
                f"{self.model.id} needs the columns {', '.join(sorted(wanted))}, not {', '.join(sorted(self.columns))}."
            )
        for name, column in self.columns.items():
            if column.shape != (self.size,) or not np.all(column > 0) or not np.all(np.isfinite(column)):
                raise MalformedModel(
                    f"{name} must be {self.size} finite numbers above zero, one for each person."
                )

    def some(self, people: slice) -> "Cohort":
        """A part of the cohort, in the same order."""
        columns = {name: column[people] for name, column in self.columns.items()}
        return Cohort(model=self.model, columns=columns, size=next(iter(columns.values())).size)


def parameters_of(model: Model) -> tuple[Parameter, ...]:
    """Every parameter of a model that can differ between people, at the reference weight."""
    body = model.body
    found = [*_of_compartments(body.compartments, prefix="")]
    if body.organ is not None:
        found += _of_organ(body.organ)
    for metabolite in body.metabolites:
        found += _of_metabolite(metabolite)
    return tuple(found)


def _of_compartments(compartments: Compartments, *, prefix: str) -> Iterable[Parameter]:
    yield Parameter(name=f"{prefix}central", value=compartments.central_volume_l, scaled=Scaled.CENTRAL)
    tissues = len(compartments.peripheral_volumes_l)
    for place, volume in enumerate(compartments.peripheral_volumes_l):
        yield Parameter(
            name=f"{prefix}peripheral{numbered(place, tissues)}", value=volume, scaled=Scaled.PERIPHERAL
        )
    if compartments.elimination_l_per_h is not None:
        yield Parameter(
            name=f"{prefix}elimination", value=compartments.elimination_l_per_h, scaled=Scaled.ELIMINATION
        )
    for place, flow in enumerate(compartments.intercompartmental_l_per_h):
        yield Parameter(
            name=f"{prefix}intercompartmental{numbered(place, tissues)}", value=flow, scaled=Scaled.EXCHANGE
        )


def numbered(place: int, of: int) -> str:
    """``_2`` for the second of several tissues, nothing where there is only one."""
    return f"_{place + 1}" if of > 1 else ""


def _of_organ(organ: Organ) -> Iterable[Parameter]:
    return (
        Parameter(name="organ_flow", value=organ.flow_l_per_h, scaled=Scaled.NOT),
        Parameter(name="organ_volume", value=organ.volume_l, scaled=Scaled.NOT),
        Parameter(name="k_elimination", value=organ.k_elimination_per_h, scaled=Scaled.NOT),
        Parameter(name="k_to_metabolite", value=organ.k_to_metabolite_per_h, scaled=Scaled.NOT),
    )


def _of_metabolite(metabolite: Metabolite) -> Iterable[Parameter]:
    yield from _of_compartments(metabolite.compartments, prefix=f"{metabolite.id}_")
    if metabolite.transit is not None:
        yield Parameter(name=f"{metabolite.id}_mtt", value=metabolite.transit.mean_time_h, scaled=Scaled.NOT)


def cohort_of(
    *,
    model: Model,
    weight_kg: FloatArray,
    age_y: FloatArray,
    deviates: Mapping[str, FloatArray] | None = None,
    elimination_exponent: FloatArray | None = None,
) -> Cohort:
    r"""The parameters of n people of these weights and ages.

    $$ P_i = P_{ref} \left(\frac{W_i}{W_{ref}}\right)^{b} e^{\eta_i} $$

    and for an organ first $Q_h = Q_{h,ref} + s \max(0, age_i - 60)$. For one person without deviates it equals
    :func:`ebbtide.pharmacology.people.person.body_of` (tests/pharmacology/test_cohort.py).

    Args:
        model: Published parameters at the reference weight.
        weight_kg: n weights (kg).
        age_y: n ages (completed years).
        deviates: By parameter name, n values of eta (log units); a name that is absent has none.
        elimination_exponent: n exponents of weight for elimination clearances instead of the model's own; a model
            whose weight exponents are all zero found no effect of weight, and keeps that.

    Raises:
        MalformedModel: A deviate names a parameter that the model does not have.
        NotComputable: The model gives no exponent of weight.
    """
    deviates = deviates or {}
    known = parameters_of(model)
    if extra := sorted(set(deviates) - {parameter.name for parameter in known}):
        raise MalformedModel(f"{model.id} has no parameter {', '.join(extra)}.")
    log_ratio = np.log(weight_kg / model.allometry.reference_weight_kg)
    columns = {}
    for parameter in known:
        logs = _exponents(model, parameter, elimination_exponent) * log_ratio
        base = parameter.value + _ageing(model, parameter, age_y)
        columns[parameter.name] = base * np.exp(logs + deviates.get(parameter.name, 0.0))
    return Cohort(model=model, columns=columns, size=int(weight_kg.size))


def _exponents(model: Model, parameter: Parameter, instead: FloatArray | None) -> FloatArray | float:
    if parameter.scaled is Scaled.NOT:
        return 0.0
    exponent: float | None = getattr(model.allometry, parameter.scaled)
    if exponent is None:
        raise NotComputable("This model gives no exponent of weight: it cannot be scaled to a person.")
    if instead is not None and parameter.scaled is Scaled.ELIMINATION and exponent != 0:
        return instead
    return exponent


def _ageing(model: Model, parameter: Parameter, age_y: FloatArray) -> FloatArray | float:
    if parameter.name != "organ_flow":
        return 0.0
    slope = model.covariates.organ_flow_per_year_over_60_l_per_h
    aged: FloatArray = slope * np.maximum(0.0, age_y - AGE_EFFECT_FROM_Y)
    return aged
