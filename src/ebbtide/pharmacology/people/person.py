"""A person as a model sees one, and the scaling of a model to that person. No names, no clock."""

from dataclasses import dataclass, replace
from enum import StrEnum

from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.published.models import Allometry, Body, Compartments, Metabolite, Model, Organ

AGE_EFFECT_FROM_Y = 60  # y; Perez-Ruixo 2021 Table 3 [second_hand]: organ flow falls with each year above it


class Sex(StrEnum):
    """Sex as far as models use it: none that is offered does."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a preview needs to know; ``None`` is not recorded, and is never filled in.

    Attributes:
        age_y: Age in completed years.
        weight_kg: Measured weight (kg).
        sex: As recorded.
        pregnant: ``True`` when known to be pregnant: no model is validated there, nor in any of the following.
        hepatic_impairment: ``True`` when the liver is known to be ill.
        strong_cyp_modifier: ``True`` when a strong inducer or inhibitor of CYP3A4 or CYP2B6 is taken.
        intubated_or_shocked: ``True`` when either is so.
        bmi_kg_per_m2: Body-mass index (kg/m2).
    """

    age_y: int | None
    weight_kg: float | None
    sex: Sex | None = None
    pregnant: bool | None = None
    hepatic_impairment: bool | None = None
    strong_cyp_modifier: bool | None = None
    intubated_or_shocked: bool | None = None
    bmi_kg_per_m2: float | None = None


def body_of(*, model: Model, weight_kg: float, age_y: int) -> Body:
    r"""The parameters of a model in a person of this weight (kg) and age (completed years).

    $$ P = P_{ref} \left(\frac{W}{W_{ref}}\right)^{b} $$ with b from the model's own data, and for the organ
    $Q_h = Q_{h,ref} + s \max(0, age - 60)$ with s in L/h per year. Metabolites take the same exponents; transit times
    are not scaled, because no source says how. Checked in tests/pharmacology/test_people.py.
    """
    ratio = weight_kg / model.allometry.reference_weight_kg
    organ = model.body.organ
    return Body(
        compartments=_scaled(model.body.compartments, model.allometry, ratio),
        organ=None if organ is None else _aged(organ, model, age_y),
        metabolites=tuple(
            _scaled_metabolite(part, model.allometry, ratio) for part in model.body.metabolites
        ),
    )


def _scaled(compartments: Compartments, allometry: Allometry, ratio: float) -> Compartments:
    exponents = (
        allometry.central_volume,
        allometry.peripheral_volumes,
        allometry.elimination,
        allometry.intercompartmental,
    )
    central, peripheral, elimination, exchange = (_factor(ratio, exponent) for exponent in exponents)
    cleared = compartments.elimination_l_per_h
    return Compartments(
        central_volume_l=compartments.central_volume_l * central,
        peripheral_volumes_l=tuple(volume * peripheral for volume in compartments.peripheral_volumes_l),
        elimination_l_per_h=None if cleared is None else cleared * elimination,
        intercompartmental_l_per_h=tuple(flow * exchange for flow in compartments.intercompartmental_l_per_h),
    )


def _factor(ratio: float, exponent: float | None) -> float:
    if exponent is None:
        raise NotComputable("This model gives no exponent of weight: it cannot be scaled to a person.")
    return float(ratio**exponent)


def _scaled_metabolite(metabolite: Metabolite, allometry: Allometry, ratio: float) -> Metabolite:
    return replace(metabolite, compartments=_scaled(metabolite.compartments, allometry, ratio))


def _aged(organ: Organ, model: Model, age_y: int) -> Organ:
    years = max(0, age_y - AGE_EFFECT_FROM_Y)
    slope = model.covariates.organ_flow_per_year_over_60_l_per_h
    return replace(organ, flow_l_per_h=organ.flow_l_per_h + slope * years)
