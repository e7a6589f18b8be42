"""Populations of any size in bounded memory: people come in blocks, are simulated, and go to a Parquet file.

Each block draws from a generator of its own, spawned from one seed: the people do not depend on how many cores there
are, and one block can be made again alone. Curves are written as 32-bit numbers, half the bytes and still seven
figures where two are ever shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ebbtide.pharmacology.engine.compute import curves
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import EFFECT_SITE, network_of
from ebbtide.pharmacology.engine.programme import programme_of
from ebbtide.pharmacology.people.bands import Regimen
from ebbtide.pharmacology.people.population import (
    Population,
    chronic_pain_adults,
    cohort_for,
    ke0_per_h,
    limits_of,
)
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Model

if TYPE_CHECKING:
    import pyarrow as pa

PEOPLE_AT_ONCE = 8192  # 94 MB for each output of 1,440 times


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of a population: its people and their curves, people x outputs x times (ng/mL)."""

    first: int
    population: Population
    curves: FloatArray


def blocks(
    model: Model, regimen: Regimen, *, size: int, seed: int, at_once: int = PEOPLE_AT_ONCE
) -> Iterator[Block]:
    """Virtual adults with chronic pain under one model, block by block.

    Args:
        model: Which model; its own limits of age and weight narrow the population.
        regimen: What is given and looked at.
        size: How many people.
        seed: Of the whole; the same seed and ``at_once`` give the same people.
        at_once: People in a block.
    """
    whole = np.random.SeedSequence(seed)
    programme = programme_of(regimen.schedule, regimen.grid)
    limits = limits_of(the_library().policy, model)
    for first in range(0, size, at_once):
        rng = np.random.default_rng(whole.spawn(1)[0])  # one after the other: the same as all at once
        population = chronic_pain_adults(min(at_once, size - first), rng, limits=limits)
        cohort = cohort_for(model, population, rng)
        ke0 = ke0_per_h(population.size, rng) if EFFECT_SITE in regimen.outputs else None
        network = network_of(cohort, outputs=regimen.outputs, ke0_per_h=ke0)
        doses = population.weight_kg if regimen.per_kg else None
        yield Block(first=first, population=population, curves=curves(network, programme, doses=doses))


def write_parquet(path: Path, model: Model, regimen: Regimen, *, size: int, seed: int) -> int:
    """Write a population and its curves, one row a person, one row group a block; returns how many rows.

    Columns: ``person``, ``age_y``, ``weight_kg``, then ``<output>_ng_per_ml`` as a list of 32-bit numbers at the
    times of the regimen's grid, which the file's metadata name (``start_h``, ``step_h``, ``count``). A file of the
    same name is replaced only when the new one is whole.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    grid = regimen.grid
    curve = pa.list_(pa.float32(), grid.count)
    about = {
        "model": model.id,
        "parameter_hash": model.parameter_hash,
        "seed": str(seed),
        "start_h": repr(grid.start_h),
        "step_h": repr(grid.step_h),
        "count": str(grid.count),
    }
    fields = [("person", pa.int64()), ("age_y", pa.float64()), ("weight_kg", pa.float64())]
    fields += [(f"{output}_ng_per_ml", curve) for output in regimen.outputs]
    schema = pa.schema(fields, metadata=about)
    unfinished = path.with_suffix(f"{path.suffix}.unfinished")
    written = 0
    try:
        with pq.ParquetWriter(
            unfinished, schema, compression="none", use_dictionary=False, write_statistics=False
        ) as file:
            for block in blocks(model, regimen, size=size, seed=seed):
                file.write_table(_table(block, schema))
                written += block.population.size
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _table(block: Block, schema: "pa.Schema") -> "pa.Table":
    import pyarrow as pa

    people = block.population
    columns = [
        pa.array(np.arange(block.first, block.first + people.size)),
        pa.array(people.age_y),
        pa.array(people.weight_kg),
    ]
    for output in range(block.curves.shape[1]):
        flat = block.curves[:, output].astype(np.float32).ravel()
        columns.append(pa.FixedSizeListArray.from_arrays(pa.array(flat), block.curves.shape[2]))
    return pa.Table.from_arrays(columns, schema=schema)
