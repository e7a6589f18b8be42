"""Builders of the pharmacology tests: bodies, schedules and two oracles that share no line with the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ebbtide.pharmacology.effects.action import effect_site_ng_per_ml
from ebbtide.pharmacology.engine.chains import metabolite_concentrations_ng_per_ml
from ebbtide.pharmacology.engine.closed_form import concentration_ng_per_ml, impulses, segments
from ebbtide.pharmacology.engine.cohort import Cohort, cohort_of, parameters_of
from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.engine.programme import BLOCK, ON_GRID, Grid
from ebbtide.pharmacology.people.person import body_of
from ebbtide.pharmacology.published.library import read_data, the_library
from ebbtide.pharmacology.published.models import (
    Allometry,
    Body,
    Compartments,
    Covariates,
    Metabolite,
    Organ,
    Transit,
)
from ebbtide.pharmacology.schedule import Bolus, Infusion, RateChange, Schedule, from_rate_changes

ADULT_MODELS = ("kamp_2020", "simons_2022", "otto_2021", "perez_ruixo_2021", "domino", "clements_250")


def a_body(model_id="kamp_2020", *, weight_kg=70.0, age_y=46):
    return body_of(model=the_library().model(model_id), weight_kg=weight_kg, age_y=age_y)


def a_model_mapping(model_id="kamp_2020") -> dict[str, Any]:
    return dict(next(model for model in data()["models"] if model["id"] == model_id))


def data() -> Mapping[str, Any]:
    return read_data()


volumes = st.floats(0.5, 500.0)
flows = st.floats(0.5, 300.0)


@st.composite
def compartments(draw, *, eliminates=True):
    tissues = draw(st.integers(0, 3))
    return Compartments(
        central_volume_l=draw(volumes),
        peripheral_volumes_l=tuple(draw(volumes) for _ in range(tissues)),
        elimination_l_per_h=draw(flows) if eliminates else None,
        intercompartmental_l_per_h=tuple(draw(flows) for _ in range(tissues)),
    )


@st.composite
def bodies(draw, *, metabolites=False):
    organ = draw(st.booleans())
    chain = ()
    if metabolites:
        first = draw(some_metabolite("norketamine", formed_from="organ" if organ else "ketamine"))
        second = draw(some_metabolite("hydroxynorketamine", formed_from="norketamine"))
        chain = (first, second)
    return Body(
        compartments=draw(compartments(eliminates=not organ)),
        organ=draw(organs()) if organ else None,
        metabolites=chain,
    )


@st.composite
def organs(draw):
    rate = st.floats(0.05, 5.0)
    return Organ(
        name="liver",
        flow_l_per_h=draw(flows),
        volume_l=draw(volumes),
        k_elimination_per_h=draw(rate),
        k_to_metabolite_per_h=draw(rate),
    )


@st.composite
def some_metabolite(draw, name, *, formed_from):
    transit = draw(st.none() | st.builds(Transit, stages=st.integers(1, 3), mean_time_h=st.floats(0.02, 2.0)))
    return Metabolite(
        id=name,
        formed_from=formed_from,
        fraction=draw(st.floats(0.1, 1.0)),
        transit=transit,
        concentration_factor=1.0,
        compartments=draw(compartments()),
    )


@st.composite
def schedules(draw):
    parts = draw(
        st.lists(st.tuples(st.floats(0, 24), st.floats(0.05, 10), st.floats(0, 100)), min_size=1, max_size=4)
    )
    pushes = draw(
        st.lists(st.tuples(st.floats(0, 24), st.floats(0, 100), st.sampled_from([0.0, 0.05])), max_size=2)
    )
    return Schedule(
        infusions=tuple(Infusion(start_h=a, end_h=a + long, rate_mg_per_h=rate) for a, long, rate in parts),
        boluses=tuple(Bolus(at_h=at, amount_mg=mg, over_h=over) for at, mg, over in pushes),
    )


times = st.lists(st.floats(0, 48), min_size=1, max_size=12).map(lambda found: np.array(sorted(found)))


def whole_system(body: Body) -> tuple[np.ndarray, dict[str, tuple[int, float]]]:
    """The rate matrix of a body with all its metabolites (1/h), and for each species its row and ng/mL for 1 mg."""
    edges, outs, rows = [], [], {}
    centre = body.compartments
    volume = [centre.central_volume_l, *centre.peripheral_volumes_l]
    rows["ketamine"] = (0, 1000.0 / volume[0])
    size = len(volume)
    for tissue, flow in enumerate(centre.intercompartmental_l_per_h, start=1):
        edges += [(0, tissue, flow / volume[0]), (tissue, 0, flow / volume[tissue])]
    source: dict[str, tuple[int, float]] = {}
    if body.organ is None:
        outs.append((0, centre.elimination_l_per_h / volume[0]))
        source["ketamine"] = (0, centre.elimination_l_per_h / volume[0])
    else:
        organ = body.organ
        edges += [(0, size, organ.flow_l_per_h / volume[0]), (size, 0, organ.flow_l_per_h / organ.volume_l)]
        outs.append((size, organ.k_elimination_per_h + organ.k_to_metabolite_per_h))
        source["organ"] = (size, organ.k_to_metabolite_per_h)
        size += 1
    inflows = []
    for metabolite in body.metabolites:
        row, rate = source[metabolite.formed_from]
        rate *= metabolite.fraction
        if metabolite.transit is not None:
            for _ in range(metabolite.transit.stages):
                inflows.append((row, size, rate))
                row, rate = size, metabolite.transit.rate_per_h
                outs.append((row, rate))
                size += 1
        inflows.append((row, size, rate))
        own = metabolite.compartments
        first, volume = size, [own.central_volume_l, *own.peripheral_volumes_l]
        size += len(volume)
        for tissue, flow in enumerate(own.intercompartmental_l_per_h, start=1):
            edges += [
                (first, first + tissue, flow / volume[0]),
                (first + tissue, first, flow / volume[tissue]),
            ]
        outs.append((first, own.elimination_l_per_h / volume[0]))
        source[metabolite.id] = (first, own.elimination_l_per_h / volume[0])
        rows[metabolite.id] = (first, 1000.0 * metabolite.concentration_factor / volume[0])
    matrix = np.zeros((size, size))
    for start, end, rate in edges:
        matrix[end, start] += rate
        matrix[start, start] -= rate
    for start, rate in outs:
        matrix[start, start] -= rate
    for start, end, rate in inflows:  # what is eliminated is made: already taken from the parent
        matrix[end, start] += rate
    return matrix, rows


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """A few random people under one random model, each with an effect site."""

    cohort: Cohort
    ke0_per_h: np.ndarray

    @property
    def outputs(self):
        metabolites = (metabolite.id for metabolite in self.cohort.model.body.metabolites)
        return ("ketamine", *metabolites, "effect_site")

    def network(self, *, areas=False):
        return network_of(self.cohort, outputs=self.outputs, ke0_per_h=self.ke0_per_h, areas=areas)


def a_model(body, *, exponents=(1.0, 1.0, 0.75, 0.75), organ_flow_per_year=0.0):
    """Any body as a model of 70 kg: exponents of the central volume, the tissues, elimination and exchange."""
    central, peripheral, elimination, exchange = exponents
    return replace(
        the_library().model("kamp_2020"),
        id="invented",
        body=body,
        allometry=Allometry(
            reference_weight_kg=70.0,
            central_volume=central,
            peripheral_volumes=peripheral,
            elimination=elimination,
            intercompartmental=exchange,
            status="invented",
        ),
        covariates=Covariates(organ_flow_per_year_over_60_l_per_h=organ_flow_per_year),
    )


@st.composite
def crowds(draw, *, metabolites=2, people=3):
    """A random body as a model of its own, and people who differ in every parameter."""
    body = draw(bodies(metabolites=metabolites > 0))
    model = a_model(
        replace(body, metabolites=body.metabolites[: draw(st.integers(0, metabolites))]),
        exponents=draw(st.tuples(*[st.sampled_from([0.0, 0.75, 1.0])] * 4)),
        organ_flow_per_year=draw(st.sampled_from([0.0, 0.5])),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(1, people))
    cohort = cohort_of(
        model=model,
        weight_kg=rng.uniform(40, 150, size),
        age_y=rng.integers(18, 90, size, endpoint=True).astype(float),
        deviates={part.name: rng.normal(0, 0.3, size) for part in parameters_of(model)},
    )
    return Crowd(cohort=cohort, ke0_per_h=rng.uniform(0.5, 20, size))


def a_cohort(model_id="simons_2022", *, size=3, seed=7):
    """A few people of different weights and ages under a model of the library, every parameter a little apart."""
    rng, model = np.random.default_rng(seed), the_library().model(model_id)
    return cohort_of(
        model=model,
        weight_kg=rng.uniform(45, 120, size),
        age_y=rng.uniform(18, 85, size),
        deviates={part.name: rng.normal(0, 0.2, size) for part in parameters_of(model)},
    )


def body_in(cohort, person):
    """What the columns of a cohort say about one of its people, as the closed form takes it."""
    value = {name: float(column[person]) for name, column in cohort.columns.items()}

    def own(part, prefix):
        tissues = len(part.peripheral_volumes_l)
        which = [""] if tissues == 1 else [f"_{number}" for number in range(1, tissues + 1)]
        return Compartments(
            central_volume_l=value[f"{prefix}central"],
            peripheral_volumes_l=tuple(value[f"{prefix}peripheral{tissue}"] for tissue in which),
            elimination_l_per_h=value.get(f"{prefix}elimination"),
            intercompartmental_l_per_h=tuple(
                value[f"{prefix}intercompartmental{tissue}"] for tissue in which
            ),
        )

    body = cohort.model.body
    organ = body.organ and replace(
        body.organ,
        flow_l_per_h=value["organ_flow"],
        volume_l=value["organ_volume"],
        k_elimination_per_h=value["k_elimination"],
        k_to_metabolite_per_h=value["k_to_metabolite"],
    )
    chain = tuple(
        replace(
            part,
            compartments=own(part.compartments, f"{part.id}_"),
            transit=part.transit and replace(part.transit, mean_time_h=value[f"{part.id}_mtt"]),
        )
        for part in body.metabolites
    )
    return Body(compartments=own(body.compartments, ""), organ=organ, metabolites=chain)


def closed_form(body, schedule, times_h, *, ke0_per_h):
    """Every curve of one person by the closed form: the parent, its effect site, its metabolites."""
    return {
        "ketamine": concentration_ng_per_ml(body=body, schedule=schedule, times_h=times_h),
        "effect_site": effect_site_ng_per_ml(
            body=body, schedule=schedule, times_h=times_h, ke0_per_h=ke0_per_h
        ),
        **metabolite_concentrations_ng_per_ml(body=body, schedule=schedule, times_h=times_h),
    }


grids = st.builds(
    Grid,
    step_h=st.sampled_from([1 / 60, 0.1, 1 / 3, 1.0]) | st.floats(0.01, 1.0),
    count=st.sampled_from([1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 5]),
    start_h=st.sampled_from([0.0, 0.5, 7.3]),
)

NEAR = (0.0, 0.0, 0.4 * ON_GRID, -0.4 * ON_GRID, 3.0 * ON_GRID, -3.0 * ON_GRID)


@st.composite
def schedules_around(draw, grid):
    """Rate changes, infusions that overlap, boluses and a pause; edges anywhere, on a grid time, or hardly beside one."""
    end_h = grid.time_of(grid.count)
    instant = st.floats(0, 1.1 * end_h) | st.builds(
        lambda place, off: max(0.0, grid.time_of(place) + off * grid.step_h),
        st.integers(0, grid.count),
        st.sampled_from(NEAR),
    )
    long_h, rate = st.sampled_from([grid.step_h, 3 * grid.step_h]) | st.floats(0.05, 10), st.floats(0, 100)
    apart = lambda at: round(at / grid.step_h, 3)
    changes = sorted(draw(st.lists(instant, max_size=4, unique_by=apart)))
    rates = [*(draw(rate) for _ in changes[1:]), 0.0]
    schedule = from_rate_changes(
        [RateChange(at_h=at, rate_mg_per_h=rate) for at, rate in zip(changes, rates, strict=False)],
        boluses=tuple(
            Bolus(at_h=at, amount_mg=amount, over_h=over)
            for at, amount, over in draw(
                st.lists(
                    st.tuples(instant, st.floats(0, 100), st.sampled_from([0.0, 0.0, 1 / 60])), max_size=3
                )
            )
        ),
    )
    parts = draw(st.lists(st.tuples(instant, long_h, rate), max_size=2))
    schedule = schedule.plus(
        Schedule(
            infusions=tuple(
                Infusion(start_h=a, end_h=a + long, rate_mg_per_h=rate) for a, long, rate in parts
            )
        )
    )
    if draw(st.booleans()):
        schedule = schedule.paused(at_h=draw(instant), for_h=draw(long_h))
    return schedule


def snapped(schedule, grid):
    """The same schedule with every edge that hardly misses a grid time moved onto it, as ON_GRID says."""

    def snap(at_h):
        place = min(max(round((at_h - grid.start_h) / grid.step_h), 0), grid.count - 1)
        return grid.time_of(place) if abs(at_h - grid.time_of(place)) <= ON_GRID * grid.step_h else at_h

    moved = [(snap(start), snap(end), rate) for start, end, rate in segments(schedule)]
    too_short = [part for part in segments(schedule) if snap(part[0]) == snap(part[1])]
    pushed = [*impulses(schedule), *((start, rate * (end - start)) for start, end, rate in too_short)]
    return Schedule(
        infusions=tuple(
            Infusion(start_h=start, end_h=end, rate_mg_per_h=rate)
            for start, end, rate in moved
            if end > start
        ),
        boluses=tuple(Bolus(at_h=snap(at), amount_mg=amount) for at, amount in pushed),
    )
