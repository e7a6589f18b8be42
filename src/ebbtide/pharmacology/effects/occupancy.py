"""Occupancy of the NMDA receptor: always a range, because two assays differ by a factor of two. Display only.

The range of one assay runs over what is published around its half-occupying concentration and over every share of
unbound drug in use; norketamine is taken to bind to plasma proteins as ketamine does [design]. Hydroxynorketamine is
negligible at such levels. Source: pharmacology facts 3.3. Checked in tests/pharmacology/test_occupancy.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.effects.action import competitive_occupancy, nanomolar
from ebbtide.pharmacology.effects.models import EffectModel, Occupancy
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.published.models import Drug

FORMS: Mapping[Drug, Mapping[str, float]] = {
    Drug.RACEMIC: {"S": 0.5, "R": 0.5},
    Drug.S: {"S": 1.0},
    Drug.R: {"R": 1.0},
}
KETAMINE, NORKETAMINE = "ketamine", "norketamine"


@dataclass(frozen=True, slots=True, kw_only=True)
class OccupancyRange:
    """The lowest and the highest share of the receptor that is held, 0 to 1, and by which reading."""

    low: FloatArray
    high: FloatArray
    assay: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancies:
    """Every assay's range, the whole of them, and what must be said beside it.

    Attributes:
        low: Lowest share over all assays, 0 to 1.
        high: Highest share over all assays.
        by_assay: The range of each.
        cautions: What must be said beside it.
    """

    low: FloatArray
    high: FloatArray
    by_assay: tuple[OccupancyRange, ...]
    cautions: tuple[str, ...]


def occupancies(
    effect: EffectModel,
    *,
    concentrations_ng_per_ml: Mapping[str, FloatArray],
    drug: Drug,
    molecular_weights_g_per_mol: Mapping[str, float],
) -> Occupancies:
    r"""The share of NMDA receptors held, as a range: $RO = x/(1+x)$, $x = \sum f_u C / K$.

    At 200 ng/mL of racemic ketamine (841 nmol/L): 24-28 % by the IC50 with 0.53 to 0.65 unbound, 47-53 % by the Ki of
    the two forms [computed]; the ranges here are wider because they take in the confidence intervals.

    Args:
        effect: The occupancy model.
        concentrations_ng_per_ml: Total concentration of ketamine, and of norketamine when it is known (ng/mL).
        drug: What was given: the second assay tells the mirror forms apart, and is left out when they are not known.
        molecular_weights_g_per_mol: By species.

    Raises:
        NotComputable: The effect has another form, or ketamine itself is missing.
    """
    form = effect.form
    if not isinstance(form, Occupancy):
        raise NotComputable(f"{effect.id} is not an occupancy.")
    if KETAMINE not in concentrations_ng_per_ml:
        raise NotComputable("Occupancy needs the concentration of ketamine (ng/mL).")
    molar = {
        species: nanomolar(
            concentrations_ng_per_ml[species],
            molecular_weight_g_per_mol=molecular_weights_g_per_mol[species],
        )
        for species in (KETAMINE, NORKETAMINE)
        if species in concentrations_ng_per_ml
    }
    ranges = [_by_ic50(form, molar)]
    if drug in FORMS:
        ranges.append(_by_ki(form, molar, drug))
    return Occupancies(
        low=np.min([part.low for part in ranges], axis=0),
        high=np.max([part.high for part in ranges], axis=0),
        by_assay=tuple(ranges),
        cautions=(*effect.cautions, *_missing(molar, drug)),
    )


def _missing(molar: Mapping[str, FloatArray], drug: Drug) -> list[str]:
    said = []
    if NORKETAMINE not in molar:
        said.append("Norketamine is not counted: the kinetic model does not predict it.")
    if drug not in FORMS:
        said.append(
            "The assay that tells the mirror forms apart is left out: it is not known which was given."
        )
    return said


def _by_ic50(form: Occupancy, molar: Mapping[str, FloatArray]) -> OccupancyRange:
    shares = form.unbound_shares
    low, high = (
        competitive_occupancy(_scaled(molar, share), half_occupied_nm=halves)
        for share, halves in (
            (shares.low, {name: form.ic50_nm[name].ends.high for name in molar}),
            (shares.high, {name: form.ic50_nm[name].ends.low for name in molar}),
        )
    )
    return OccupancyRange(low=low, high=high, assay="displacement of MK-801, rat (Shaffer 2014)")


def _by_ki(form: Occupancy, molar: Mapping[str, FloatArray], drug: Drug) -> OccupancyRange:
    parts = {
        f"{mirror}_{species}": share * level
        for species, level in molar.items()
        for mirror, share in FORMS[drug].items()
    }
    shares = form.unbound_shares
    low, high = (
        competitive_occupancy(_scaled(parts, share), half_occupied_nm=form.ki_nm)
        for share in (shares.low, shares.high)
    )
    return OccupancyRange(
        low=low, high=high, assay=f"Ki of each form, rat (Ebert 1997) [{form.ki_mark.replace('_', ' ')}]"
    )


def _scaled(molar: Mapping[str, FloatArray], share: float) -> dict[str, FloatArray]:
    return {name: share * level for name, level in molar.items()}
