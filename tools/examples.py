"""The examples of "How ketamine moves through the body": worked out here once, kept in the package, read by the page.

`python -m tools.examples` writes them anew; tests/desks/public/test_moves.py says when they are no longer what the
models say. A page that anybody may open computes nothing, and loads neither the models nor the compiled engine.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ebbtide.pharmacology import (
    Drug,
    Person,
    constant_infusion,
    occupancies,
    preview,
    the_effects,
)
from ebbtide.pharmacology.previews import BAND_PEOPLE, BAND_SEED, ENGINE_VERSION, Curve

KEPT = Path(__file__).resolve().parents[1] / "src" / "ebbtide" / "desks" / "public" / "data" / "moves.json"
WEIGHT_KG, AGE_Y = 70.0, 45  # an example, nobody in particular [design]
MODELS = ("kamp_2020", "simons_2022", "otto_2021", "perez_ruixo_2021")  # two arterial, two venous [design]
OCCUPANCY_MODEL = "kamp_2020"  # the one whose own drug is the racemate
# amount (mg per kg), length (h), how far the page looks (min): published regimens, evidence/data/protocols.yaml
EXAMPLES = {"forty_minutes": (0.5, 40 / 60, 240.0), "four_hours": (0.35 * 4, 4.0, 480.0)}


def worked_out() -> dict[str, Any]:
    """Everything that the page shows, as the models say it now."""
    return {
        "engine_version": ENGINE_VERSION,
        "people": BAND_PEOPLE,
        "seed": BAND_SEED,
        "weight_kg": WEIGHT_KG,
        "age_y": AGE_Y,
        "examples": {name: _example(*numbers) for name, numbers in EXAMPLES.items()},
    }


def _example(mg_per_kg: float, over_h: float, until_min: float) -> dict[str, Any]:
    answers = preview(
        schedule=constant_infusion(amount_mg=mg_per_kg * WEIGHT_KG, over_h=over_h),
        person=Person(age_y=AGE_Y, weight_kg=WEIGHT_KG),
        drug=Drug.RACEMIC,
        model_ids=MODELS,
        until_min=until_min,
    )
    curves = [answer.curve for answer in answers if answer.curve is not None]
    return {
        "amount_mg": round(mg_per_kg * WEIGHT_KG, 1),
        "minutes": _rounded(curves[0].minutes, 3),
        "curves": [_curve(curve) for curve in curves],
        "occupancy": next(_occupancy(curve) for curve in curves if curve.model_id == OCCUPANCY_MODEL),
    }


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "model_id": curve.model_id,
        "site": curve.site.value,
        "source": curve.source,
        "mark": curve.mark.value,
        "parameter_hash": curve.parameter_hash,
        "peak_ng_per_ml": round(curve.peak_ng_per_ml, 1),
        "peak_at_min": round(curve.peak_at_min, 1),
        "middle": _rounded(curve.ng_per_ml, 1),
        "low": _rounded(curve.lower_ng_per_ml, 1),
        "high": _rounded(curve.upper_ng_per_ml, 1),
    }


def _occupancy(curve: Curve) -> dict[str, Any]:
    """The range of each assay around the line of one model (%)."""
    effects = the_effects()
    effect = effects.model("nmda_occupancy")
    found = occupancies(
        effect,
        concentrations_ng_per_ml={"ketamine": np.array(curve.ng_per_ml)},
        drug=Drug.RACEMIC,
        molecular_weights_g_per_mol=effects.molecular_weights_g_per_mol,
    )
    return {
        "model_id": curve.model_id,
        "site": curve.site.value,
        "parameter_hash": effect.parameter_hash,
        "assays": [
            {"assay": part.assay, "low": _rounded(100 * part.low, 1), "high": _rounded(100 * part.high, 1)}
            for part in found.by_assay
        ],
    }


def _rounded(values: Sequence[float] | np.ndarray[Any, Any], decimals: int) -> list[float]:
    return [round(float(value), decimals) for value in values]


def main() -> None:
    """Write the file of the package."""
    KEPT.write_text(json.dumps(worked_out(), separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{KEPT.name}: {KEPT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
