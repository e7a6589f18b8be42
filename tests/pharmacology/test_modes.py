"""Rates and residues: what they say against forty digits is within their own bound; and who has modes at all."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp

from ebbtide.pharmacology.engine.modal import modal_of
from ebbtide.pharmacology.engine.modes import groups_of, planned
from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.engine.programme import Grid, programme_of
from ebbtide.pharmacology.engine.residues import LAST_PLACE, tape_of
from ebbtide.pharmacology.engine.stretches import steps_of
from ebbtide.pharmacology.engine.tape import Tape, played
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.schedule import constant_infusion
from tests.pharmacology.builders import ADULT_MODELS, a_cohort, crowds, grids, schedules_around
from tests.pharmacology.oracles import GAPS, MEETINGS, where_rates_meet


def taken_apart(network):
    """The plan, and of the first person the rates, then for each output its residues and their bounds."""
    plan = planned(groups_of(network), network.states)
    kept = played(tape_of(plan, network.rates_per_h.shape[0]), network.rates_per_h, network.scales)[:, 0]
    modes, terms = len(plan.orders), [plan.terms_of(output) for output in range(len(plan.outputs))]
    parts = np.split(kept[modes:], np.cumsum([len(some) for some in terms + terms])[:-1])
    return plan, kept[:modes], list(zip(terms, parts[: len(terms)], parts[len(terms) :], strict=True))


def answers(network, s_per_h):
    """The transfer function of each output of the first person at one s, in forty digits: a resolvent."""
    rates = network.rates_per_h[:-1, :-1, 0]
    given_in = mp.zeros(len(rates), 1)
    given_in[0] = mp.mpf(1)
    amounts = mp.lu_solve(mp.eye(len(rates)) * mp.mpf(s_per_h) - mp.matrix(rates.tolist()), given_in)
    return [
        amounts[state] * mp.mpf(float(scale))
        for state, scale in zip(network.states, network.scales[:, 0], strict=True)
    ]


def check_its_own_bounds(network, s_per_h):
    plan, poles, outputs = taken_apart(network)
    with mp.workdps(40):
        for exact, (terms, residues, bounds) in zip(answers(network, s_per_h), outputs, strict=True):
            if not np.all(np.isfinite(bounds)):
                continue
            parts = [mp.mpf(s_per_h) + mp.mpf(float(poles[term])) for term in terms]
            said = sum(
                mp.mpf(float(c)) / part ** (plan.orders[term] + 1)
                for term, c, part in zip(terms, residues, parts, strict=True)
            )
            allowed = sum(mp.mpf(float(bound)) / part for bound, part in zip(bounds, parts, strict=True))
            assert abs(said - exact) <= allowed * LAST_PLACE


@settings(max_examples=60, deadline=None)
@given(crowds(people=1), st.floats(0.01, 50), st.booleans())
def test_its_residues_are_as_exact_as_they_say(crowd, s_per_h, areas):
    network = crowd.network(areas=areas)
    check_its_own_bounds(network, s_per_h)


@pytest.mark.parametrize("gap", [*GAPS, 1e-6, 1e-4, 1e-2])
@pytest.mark.parametrize("meeting", MEETINGS)
def test_its_residues_are_as_exact_as_they_say_where_rates_nearly_meet(meeting, gap):
    crowd, _ = where_rates_meet(meeting, gap)
    check_its_own_bounds(crowd.network(areas=True), 0.7)


@pytest.mark.parametrize("model_id", ADULT_MODELS)
def test_every_model_of_the_library_has_modes(model_id):
    body = the_library().model(model_id).body
    outputs = ("ketamine", *(part.id for part in body.metabolites if part.time_effect is None), "effect_site")
    cohort = a_cohort(model_id, size=2)
    network = network_of(cohort, outputs=outputs, ke0_per_h=np.full(2, 5.0), areas=True)
    plan = planned(groups_of(network), network.states)
    assert len(plan.outputs) == 2 * len(outputs)
    assert max(plan.orders) == max(
        [0, *(part.transit.stages - 1 for part in body.metabolites if part.transit is not None)]
    )


def changed(network, *places):
    """The same people with more flows between states."""
    rates, flows = network.rates_per_h.copy(), network.flows.copy()
    for into, source in places:
        rates[into, source], flows[into, source] = 1.0, True
    return replace(network, rates_per_h=rates, flows=flows)


@pytest.mark.parametrize(
    "places",
    [[(1, 2), (2, 1)], [(5, 1)], [(3, -1)], [(1, 3)]],
    ids=["a ring of tissues", "two ways in", "a pump elsewhere", "a way round"],
)
def test_it_takes_nothing_apart_that_is_not_centres_tissues_and_stages(places):
    network = network_of(a_cohort("simons_2022", size=1), outputs=("norketamine",))
    programme = programme_of(constant_infusion(amount_mg=1.0, over_h=1.0), Grid(step_h=0.5, count=5))
    other = changed(network, *places)
    assert groups_of(network) is not None
    assert groups_of(other) is None
    assert modal_of(network, programme, block=16) is not None
    assert modal_of(other, programme, block=16) is None


def test_it_takes_nothing_apart_that_the_pump_does_not_feed():
    network = network_of(a_cohort(size=1))
    flows = network.flows.copy()
    flows[0, 1:-1] = flows[1:-1, 0] = False
    assert groups_of(replace(network, flows=flows, states=(1,))) is None


def test_it_keeps_stages_apart_that_are_read_between():
    network = network_of(a_cohort("simons_2022", size=1), outputs=("norketamine",))
    (stages,) = (group for group in groups_of(network) if not group.is_star)
    assert len(stages.states) == 2
    both = replace(
        network,
        outputs=("norketamine", "ketamine"),
        states=(*network.states, stages.states[0]),
        scales=np.concatenate([network.scales, network.scales]),
    )
    assert all(len(group.states) == 1 for group in groups_of(both) if not group.is_star)


def test_a_tape_uses_its_registers_again_and_says_nothing_twice():
    tape = Tape()
    a, b = tape.load(0), tape.scale(0)
    total = -(a + b) * 2.0 - abs(a - b) / b
    again = -(a + b) * 2.0
    for _ in range(20):
        total = (total * total).root() + 1.0
    recording = tape.finished([total, again, (1.0 - a).side(), 1.0 / b, a.to(3)])
    assert recording.registers < len(recording.rows)
    rates, scales = np.array([[[3.0, -1.0]]]), np.array([[2.0, 4.0]])
    found = played(recording, rates, scales)
    expected = -(rates[0, 0] + scales[0]) * 2.0 - np.abs(rates[0, 0] - scales[0]) / scales[0]
    for _ in range(20):
        expected = np.abs(expected) + 1.0
    assert found[0] == pytest.approx(expected)
    assert found[1].tolist() == [-10.0, -6.0]
    assert found[2].tolist() == [-1.0, 1.0]
    assert found[3].tolist() == [0.5, 0.25]
    assert found[4].tolist() == [27.0, -1.0]


@settings(max_examples=60, deadline=None)
@given(grids, st.sampled_from([32, 128]), st.data())
def test_stretches_write_every_time_and_pass_the_same_hours(grid, block, data):
    schedule = data.draw(schedules_around(grid))
    programme = programme_of(schedule, grid)
    assume(len(programme) > 0)
    steps = steps_of(programme, block=block)
    now_h, seen = 0.0, []
    for code, place, count in zip(steps.codes, steps.places, steps.counts, strict=True):
        if code == 2:
            now_h += steps.hours[place]
        if code == 3:
            assert now_h == pytest.approx(grid.time_of(int(place)), abs=1e-9)
            seen += range(place, place + count)
            assert count <= block
    assert seen == list(range(grid.count))
    assert now_h == pytest.approx(grid.times_h[-1], abs=1e-9)
    assert steps.pumped.size == steps.are_emits.sum()
