"""The two workloads: W1, one infusion every minute for a day; W2, six infusions in two weeks every ten minutes."""

from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import Network, network_of
from ebbtide.pharmacology.engine.programme import Grid, Programme, programme_of
from ebbtide.pharmacology.people.population import chronic_pain_adults, cohort_for, ke0_per_h, limits_of
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.schedule import Infusion, Schedule, constant_infusion

PEOPLE = 10_000
SEED = 20261127
OUTPUTS = ("ketamine", "norketamine", "effect_site")
W1_SCHEDULE = constant_infusion(amount_mg=0.5, over_h=40 / 60)  # mg/kg
W1_GRID = Grid(step_h=1 / 60, count=1440)
W2_DAYS = (0, 2, 4, 7, 9, 11)
W2_SCHEDULE = Schedule(
    infusions=tuple(
        Infusion(start_h=day * 24.0, end_h=day * 24.0 + 4.0, rate_mg_per_h=0.35) for day in W2_DAYS
    )
)
W2_GRID = Grid(step_h=1 / 6, count=15 * 144)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Virtual adults with chronic pain under simons_2022, with and without the areas that summaries need."""

    network: Network
    with_areas: Network
    doses: FloatArray
    mtt_h: FloatArray


def people(size: int = PEOPLE, *, awkward: bool = True) -> People:
    """So many people; among the first four hundred the effect site is as quick as a transit stage, or nearly.

    Gaps of 0, 1e-15, 1e-12 and 1e-9 of the rate: what a sum of partial fractions would divide by.
    """
    model, rng = the_library().model("simons_2022"), np.random.default_rng(SEED)
    population = chronic_pain_adults(size, rng, limits=limits_of(the_library().policy, model))
    cohort = cohort_for(model, population, rng)
    ke0 = ke0_per_h(size, rng)
    mtt_h = cohort.columns["norketamine_mtt"]
    if awkward:
        gaps = np.tile([0.0, 1e-15, 1e-12, 1e-9], 100)[: min(400, size)]
        ke0[: gaps.size] = 2.0 / mtt_h[: gaps.size] * (1.0 + gaps)
    return People(
        network=network_of(cohort, outputs=OUTPUTS, ke0_per_h=ke0),
        with_areas=network_of(cohort, outputs=OUTPUTS, ke0_per_h=ke0, areas=True),
        doses=population.weight_kg,
        mtt_h=mtt_h,
    )


def w1() -> Programme:
    """0.5 mg/kg over 40 min, every minute for 24 h."""
    return programme_of(W1_SCHEDULE, W1_GRID)


def w2() -> Programme:
    """Six four-hour infusions of 0.35 mg/kg/h in two weeks, every ten minutes for 15 days."""
    return programme_of(W2_SCHEDULE, W2_GRID)
