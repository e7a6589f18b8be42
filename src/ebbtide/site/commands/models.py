"""site: `ebbtide models` lists every model with its source and where it may speak. No Django, no database, no record."""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import TextIO

from ebbtide.pharmacology.previews import population_words
from ebbtide.pharmacology.published.library import Library, Policy, the_library
from ebbtide.pharmacology.published.models import Model, Range

UNKNOWN = "not given"
WIDTHS = (18, 10, 15, 14, 14, 12, 9)  # characters; the last column is as long as it is


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="everything, for a program")


def run(args: argparse.Namespace) -> int:
    library = the_library()
    if args.json:
        write_json(library, out=sys.stdout)
    else:
        write_table(library, out=sys.stdout)
    return 0


def write_json(library: Library, *, out: TextIO) -> None:
    found = [flat(model) for model in library.models.values()]
    json.dump({"models": found, "policy": limits(library.policy), "data_hash": library.data_hash}, out)
    out.write("\n")


def flat(model: Model) -> dict[str, object]:
    """One model as a program reads it; what its source does not give is null."""
    own = model.validity
    return {
        "id": model.id,
        "source": model.source,
        "mark": model.mark,
        "site": model.site,
        "drug": model.drugs,
        "population": dict(model.population),
        "studied": population_words(model),
        "validity": {
            "age_y": ends(own.age_y),
            "weight_kg": ends(own.weight_kg),
            "max_rate_mg_per_kg_h": own.max_rate_mg_per_kg_h,
            "basis": own.basis,
        },
        "metabolites": [metabolite.id for metabolite in model.body.metabolites],
        "offered": model.offered,
        "why_not_offered": None if model.offered else model.role,
        "role": model.role,
        "weight_scaling": model.allometry.status,
        "variability": model.variability.status,
        "parameter_hash": model.parameter_hash,
    }


def limits(policy: Policy) -> dict[str, object]:
    """The outer limits of every prediction; a model's own range may be narrower."""
    return {
        "age_y": ends(policy.age_y),
        "age_y_with_warning": every(policy.age_y_with_warning),
        "weight_kg": ends(policy.weight_kg),
        "weight_kg_extended": every(policy.weight_kg_extended),
        "max_rate_mg_per_kg_h": policy.max_rate_mg_per_kg_h,
        "max_rate_mg_per_h": policy.max_rate_mg_per_h,
        "duration_h": ends(policy.duration_h),
        "max_duration_crps_h": policy.max_duration_crps_h,
        "bolus_min_duration_min": policy.bolus_min_duration_min,
        "mark": policy.mark,
    }


def ends(found: Range | None) -> list[float] | None:
    return None if found is None else [found.low, found.high]


def every(found: Mapping[str, Range]) -> dict[str, list[float] | None]:
    return {model_id: ends(one) for model_id, one in found.items()}


def write_table(library: Library, *, out: TextIO) -> None:
    write_row(out, "model", "site", "drug", "age, y", "weight, kg", "mg/kg/h to", "offered", "metabolites")
    for model in library.models.values():
        own = model.validity
        rate = own.max_rate_mg_per_kg_h
        write_row(
            out,
            model.id,
            model.site,
            ", ".join(model.drugs),
            UNKNOWN if own.age_y is None else str(own.age_y),
            UNKNOWN if own.weight_kg is None else str(own.weight_kg),
            UNKNOWN if rate is None else f"{rate:g}",
            "yes" if model.offered else "no",
            ", ".join(metabolite.id for metabolite in model.body.metabolites) or "none",
        )
    out.write("\n")
    for model in library.models.values():
        out.writelines(f"{line}\n" for line in words(model))
    out.writelines(f"{line}\n" for line in policy_words(library.policy))


def write_row(out: TextIO, *cells: str) -> None:
    padded = [f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=False)]
    out.write("".join([*padded, cells[-1]]) + "\n")


def words(model: Model) -> list[str]:
    offered = "Offered" if model.offered else "Not offered"
    basis = f" Range: {model.validity.basis}." if model.validity.basis else ""
    return [
        f"{model.id}: {model.source} ({model.mark.replace('_', '-')}).",
        f"  Studied: {population_words(model)}.",
        f"  {offered}: {model.role}.{basis}",
    ]


def policy_words(policy: Policy) -> list[str]:
    beyond = [
        *(
            f"{model_id} to {one.high:g} years with a warning"
            for model_id, one in policy.age_y_with_warning.items()
        ),
        *(f"{model_id} to {one.high:g} kg" for model_id, one in policy.weight_kg_extended.items()),
    ]
    people = (
        f"Whatever a model's own range, numbers are shown ({policy.mark}) from {policy.age_y} years and from "
        f"{policy.weight_kg} kg{''.join(f'; {one}' for one in beyond)};"
    )
    doses = (
        f"up to {policy.max_rate_mg_per_kg_h:g} mg/kg/h and {policy.max_rate_mg_per_h:g} mg/h, for "
        f"{policy.duration_h.low * 60:.0f} min to {policy.duration_h.high:g} h ({policy.max_duration_crps_h:g} h for a CRPS "
        f"course). A bolus lasts {policy.bolus_min_duration_min:g} min; the limits of rate do not apply to it."
    )
    return ["", people, doses]
