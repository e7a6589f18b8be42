"""Observations that the library is held against, as values, and what the models say at the same times.

The reference adult weighs 70 kg and is 46 years old, the scale at which every published model is printed. The whole
dose enters each model as it is: a racemate through a model of S is a comparison and not a prediction. Curves that were
read off figures arrive as numbers: no file is opened here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.chains import metabolite_concentrations_ng_per_ml
from ebbtide.pharmacology.engine.closed_form import concentration_ng_per_ml
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.people.person import body_of
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Body
from ebbtide.pharmacology.schedule import Infusion, Schedule

REFERENCE_WEIGHT_KG = 70.0
REFERENCE_AGE_Y = 46  # completed years; any age up to 60 gives the same curves
KETAMINE_NG_PER_NMOL = 237.73  # free base, molecular weight

S_ARM = "s_ketamine_s_arm"
RACEMIC_ARM_S = "s_ketamine_racemic_arm"
RACEMIC_ARM_R = "r_ketamine_racemic_arm"
NORKETAMINE_S_ARM = "s_norketamine_s_arm"
DIGITISED = (S_ARM, RACEMIC_ARM_S, RACEMIC_ARM_R, NORKETAMINE_S_ARM)  # the curves that a comparison needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A group curve: times from the start of the infusion (h) and amounts (nmol/mL of free base)."""

    times_h: FloatArray
    nmol_per_ml: FloatArray

    def compared(self) -> "Observed":
        """The points that can be compared: after time zero, where a digitised curve is an artefact, and above zero."""
        kept = (self.times_h > 0) & (self.nmol_per_ml > 0)
        return Observed(times_h=self.times_h[kept], nmol_per_ml=self.nmol_per_ml[kept])

    def plus(self, other: "Observed") -> "Observed":
        """The sum of two curves at the times that both have."""
        times, here, there = np.intersect1d(self.times_h, other.times_h, return_indices=True)
        return Observed(times_h=times, nmol_per_ml=self.nmol_per_ml[here] + other.nmol_per_ml[there])

    def at(self, at_h: float) -> float:
        """The value at a time that the curve has (nmol/mL).

        Raises:
            ValueError: The curve has no such time.
        """
        found = self.nmol_per_ml[np.abs(self.times_h - at_h) < 1e-9]
        if not found.size:
            raise ValueError(f"The curve has no point at {at_h:g} h: it is not read between its points.")
        return float(found[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """The mean curve of a study that is held back for acceptance, venous serum.

    Attributes:
        times_h: From the start of the infusion (h).
        ng_per_ml: Mean concentration of ketamine, both isomers together (ng/mL of free base).
        peak_mean_ng_per_ml: Mean over people of each one's highest value, where the study gives it.
        peak_sd_ng_per_ml: Its standard deviation.
    """

    times_h: FloatArray
    ng_per_ml: FloatArray
    peak_mean_ng_per_ml: float | None = None
    peak_sd_ng_per_ml: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What comes from outside the package: digitised curves by name, the curve held back, the bootstrap's numbers.

    Attributes:
        generator: Draws of the bootstrap.
        digitised: Curves by the names in :data:`DIGITISED`; ``None`` when they are not here.
        held_back: The data of T7; ``None`` until somebody puts them in.
    """

    generator: np.random.Generator
    digitised: Mapping[str, Observed] | None = None
    held_back: HeldBack | None = None


def reference_body(model_id: str) -> Body:
    """A model in the reference adult."""
    return body_of(model=the_library().model(model_id), weight_kg=REFERENCE_WEIGHT_KG, age_y=REFERENCE_AGE_Y)


def described(model_id: str) -> str:
    """A model's id with its sampling site: the two never stand apart."""
    site = the_library().model(model_id).site
    return f"{model_id} ({'site unknown' if site == 'unknown' else site})"


def hourly_steps(rates_mg_per_kg_h: Sequence[float], *, share: float = 1.0) -> Schedule:
    """One rate (mg/kg/h) after the other for an hour each, in the reference adult, or a share of each rate."""
    return Schedule(
        infusions=tuple(
            Infusion(start_h=hour, end_h=hour + 1, rate_mg_per_h=share * rate * REFERENCE_WEIGHT_KG)
            for hour, rate in enumerate(rates_mg_per_kg_h)
        )
    )


def ketamine_nmol_per_ml(model_id: str, schedule: Schedule, times_h: FloatArray) -> FloatArray:
    """Ketamine in the reference adult (nmol/mL)."""
    found = concentration_ng_per_ml(body=reference_body(model_id), schedule=schedule, times_h=times_h)
    return found / KETAMINE_NG_PER_NMOL


def metabolite_nmol_per_ml(
    model_id: str, species: str, schedule: Schedule, times_h: FloatArray
) -> FloatArray:
    """A metabolite in the reference adult (nmol/mL), mole for mole of the parent that became it.

    A model's ng/mL carry its own concentration factor; without the factor they are mg of parent in a volume, so
    nmol/mL = ng/mL / factor / 237.73 whether or not the source corrects for molecular weight.
    """
    body = reference_body(model_id)
    factor = next(part.concentration_factor for part in body.metabolites if part.id == species)
    found = metabolite_concentrations_ng_per_ml(body=body, schedule=schedule, times_h=times_h)[species]
    return found / factor / KETAMINE_NG_PER_NMOL
