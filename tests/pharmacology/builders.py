"""Builders of the pharmacology tests: bodies, schedules and two oracles that share no line with the engine."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ebbtide.pharmacology.library import read_data, the_library
from ebbtide.pharmacology.models import Body, Compartments, Metabolite, Organ, Transit
from ebbtide.pharmacology.people import body_of
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule

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
