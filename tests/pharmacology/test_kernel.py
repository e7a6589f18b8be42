"""The compiled engine: the same answers as NumPy and the closed form, in any number of lanes, compiled once."""

import importlib.util
import sys
import threading
from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ebbtide.pharmacology.engine import compute, stepping
from ebbtide.pharmacology.engine.cohort import parameters_of
from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.engine.programme import Grid, programme_of
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule, constant_infusion
from tests.pharmacology.builders import (
    a_cohort,
    body_in,
    closed_form,
    crowds,
    grids,
    schedules_around,
    snapped,
)
from tests.pharmacology.oracles import AN_ORDER, MEETINGS, in_forty_digits, where_rates_meet
from tests.pharmacology.test_stepping import EXACT, is_stiff, of_peak, peaks_of

pytestmark = pytest.mark.usefixtures("kernel")
EVERY = Grid(step_h=0.1, count=50)


@settings(max_examples=40, deadline=None)
@given(crowds(), grids, st.booleans(), st.data())
def test_it_says_what_numpy_says(kernel, crowd, grid, areas, data):
    schedule, network = data.draw(schedules_around(grid)), crowd.network(areas=areas)
    assume(not is_stiff(network, grid.time_of(grid.count)))
    programme = programme_of(schedule, grid)
    doses = np.linspace(0.5, 2.0, network.size)
    expected = stepping.curves(network, programme, doses=doses)
    apart = kernel.curves(network, programme, doses=doses) - expected
    assert of_peak(apart, peaks_of(network, schedule, grid) * doses[:, None, None]) <= EXACT


@settings(max_examples=15, deadline=None)
@given(crowds(), grids, st.data())
def test_it_draws_the_curves_of_the_closed_form(kernel, crowd, grid, data):
    schedule, network = data.draw(schedules_around(grid)), crowd.network()
    assume(not is_stiff(network, grid.time_of(grid.count)))
    found, peaks = kernel.curves(network, programme_of(schedule, grid)), peaks_of(network, schedule, grid)
    looked = data.draw(st.lists(st.integers(0, grid.count - 1), min_size=1, max_size=4, unique=True))
    for person in range(network.size):
        expected = closed_form(
            body_in(crowd.cohort, person),
            snapped(schedule, grid),
            grid.times_h[looked],
            ke0_per_h=float(crowd.ke0_per_h[person]),
        )
        for place, output in enumerate(network.outputs):
            apart = found[person, place, looked] - expected[output]
            assert of_peak(apart, peaks[person, place]) <= EXACT, output


@pytest.mark.parametrize("gap", [0.0, 1e-12])
@pytest.mark.parametrize("meeting", MEETINGS)
def test_it_keeps_its_figures_where_rates_meet(kernel, meeting, gap):
    crowd, body = where_rates_meet(meeting, gap)
    network, grid = crowd.network(), Grid(step_h=0.25, count=40, start_h=0.2)
    looked, found = [2, 39], kernel.curves(network, programme_of(AN_ORDER, grid))[0]
    expected = in_forty_digits(body, AN_ORDER, grid.times_h[looked], ke0_per_h=float(crowd.ke0_per_h[0]))
    for place, output in enumerate(network.outputs):
        assert found[place, looked] == pytest.approx(expected[output], rel=0, abs=1e-11 * found[place].max())


def left_over(monkeypatch, kernel):
    """Who was not answered by modes, question by question."""
    seen, write = [], kernel.write_chunks
    monkeypatch.setattr(
        kernel,
        "write_chunks",
        lambda begin, end, who, *rest: [seen.append(who), write(begin, end, who, *rest)],
    )
    return seen


@pytest.mark.parametrize("meeting", MEETINGS[1:])
def test_it_keeps_its_figures_on_both_sides_of_what_it_trusts(monkeypatch, kernel, meeting):
    """The gap is halved until one person is answered by modes and the next is not: both against forty digits."""
    seen, grid = left_over(monkeypatch, kernel), Grid(step_h=0.25, count=40, start_h=0.2)
    programme = programme_of(AN_ORDER, grid)

    def drawn(gap):
        crowd, body = where_rates_meet(meeting, gap)
        seen.clear()
        return kernel.curves(crowd.network(), programme)[0], crowd, body, not seen

    over, under = 0.3, 0.0
    while over > 1.1 * max(under, 1e-12):
        middle = (over * max(under, 1e-12)) ** 0.5
        over, under = (middle, under) if drawn(middle)[-1] else (over, middle)
    looked = [2, 11, 39]
    for gap, by_modes in ((over, True), (under, False)):
        found, crowd, body, was = drawn(gap)
        assert was is by_modes
        expected = in_forty_digits(body, AN_ORDER, grid.times_h[looked], ke0_per_h=float(crowd.ke0_per_h[0]))
        for place, output in enumerate(crowd.network().outputs):
            assert found[place, looked] == pytest.approx(
                expected[output], rel=0, abs=1e-10 * found[place].max()
            )


def test_it_answers_people_by_modes_and_by_sums_in_one_question(monkeypatch, kernel):
    network = network_of(a_cohort(size=150), outputs=("ketamine", "norketamine"), areas=True)
    parent, metabolite = (network.states[place] for place in (0, 1))
    rates = network.rates_per_h.copy()
    for person in (0, 63, 64, 149):  # the metabolite's centre leaves at the rate of a delay
        rates[metabolite, metabolite, person] = rates[parent + 3, parent + 3, person]
        rates[metabolite + 1, metabolite + 1, person] = rates[metabolite, metabolite, person]
        rates[metabolite, metabolite + 1, person] = rates[metabolite + 1, metabolite, person] = 1e-9
    mixed, programme = replace(network, rates_per_h=rates), programme_of(AN_ORDER, EVERY)
    seen = left_over(monkeypatch, kernel)
    expected = stepping.curves(mixed, programme)
    assert kernel.curves(mixed, programme) == pytest.approx(expected, rel=1e-10, abs=1e-11 * expected.max())
    left = set(seen[0].tolist())
    assert {0, 63, 64, 149} <= left
    assert len(left) < 150
    found = kernel.figures(mixed, programme, window_ng_per_ml=(20.0, 90.0))
    assert found[:, :, 0] == pytest.approx(expected[:, :2].max(axis=2), rel=1e-10)
    assert found[:, :, 3] == pytest.approx(expected[:, 2:, -1], rel=1e-10)
    monkeypatch.setattr(kernel, "sums_ready", threading.Event())  # before they are compiled NumPy answers
    assert kernel.curves(mixed, programme) == pytest.approx(expected, rel=1e-10, abs=1e-11 * expected.max())
    assert len(seen) == 1
    early = kernel.figures(mixed, programme, window_ng_per_ml=(20.0, 90.0))
    assert np.array_equal(early[:, :, 2], found[:, :, 2])
    assert early == pytest.approx(found, rel=1e-10)


@pytest.mark.parametrize("stages", [1, 2, 3])
def test_it_answers_by_modes_however_many_stages_are_alike(monkeypatch, kernel, stages):
    cohort = a_cohort(size=20)
    body = cohort.model.body
    (norketamine,) = (part for part in body.metabolites if part.id == "norketamine")
    more = replace(norketamine, transit=replace(norketamine.transit, stages=stages))
    model = replace(cohort.model, body=replace(body, metabolites=(more,)))
    longer = replace(
        cohort, model=model, columns={part.name: cohort.columns[part.name] for part in parameters_of(model)}
    )
    network, grid = network_of(longer, outputs=("norketamine",)), Grid(step_h=0.1, count=200)
    seen = left_over(monkeypatch, kernel)
    curves = kernel.curves(network, programme_of(AN_ORDER, grid))
    left = {person for some in seen for person in some.tolist()}
    person = min(set(range(20)) - left)
    found = curves[person, 0]
    looked = [3, 20, 150]
    expected = in_forty_digits(body_in(longer, person), AN_ORDER, grid.times_h[looked], ke0_per_h=1.0)[
        "norketamine"
    ]
    assert found[looked] == pytest.approx(expected, rel=0, abs=1e-10 * found.max())


@pytest.mark.parametrize("size", [1, 31, 32, 33, 65, 200])
def test_it_answers_for_any_number_of_people_in_their_order(kernel, size):
    network = network_of(a_cohort(size=size), outputs=("ketamine", "norketamine"), areas=True)
    programme, doses = programme_of(AN_ORDER, EVERY), np.linspace(0.5, 1.5, size)
    expected = stepping.curves(network, programme, doses=doses)
    found = kernel.curves(network, programme, doses=doses)
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-12 * expected.max())


def test_it_answers_for_nobody(kernel):
    nobody = network_of(a_cohort(size=2)).some(slice(0, 0))
    assert kernel.curves(nobody, programme_of(AN_ORDER, EVERY)).shape == (0, 1, 50)


def test_it_writes_into_an_array_that_is_there(kernel):
    network, programme = network_of(a_cohort(size=3)), programme_of(AN_ORDER, EVERY)
    out = np.full((3, 1, 50), np.nan)
    kernel.curves_into(network, programme, out=out)
    assert np.array_equal(out, kernel.curves(network, programme))


@pytest.mark.parametrize(
    "out",
    [
        np.zeros((3, 1, 49)),
        np.zeros((2, 1, 50)),
        np.zeros((3, 1, 50), dtype=np.float32),
        np.zeros((50, 1, 3)).T,
        np.zeros((3, 2, 50))[:, :1],
    ],
    ids=["too few times", "too few people", "halved numbers", "turned", "a part"],
)
def test_it_writes_into_no_array_of_another_shape(kernel, out):
    """Compiled loops do not look where they write: the door does."""
    network, programme = network_of(a_cohort(size=3)), programme_of(AN_ORDER, EVERY)
    with pytest.raises(ValueError, match="must be 3 x 1 x 50 64-bit numbers in order"):
        kernel.curves_into(network, programme, out=out)
    assert not out.any()


def test_it_takes_factors_however_they_lie_in_the_memory(kernel):
    network, programme = network_of(a_cohort(size=3)), programme_of(AN_ORDER, EVERY)
    expected = kernel.curves(network, programme, doses=np.array([1.0, 2.0, 3.0]))
    assert np.array_equal(kernel.curves(network, programme, doses=np.array([1, 2, 3])), expected)
    apart = np.array([1.0, 9.0, 2.0, 9.0, 3.0, 9.0])[::2]
    assert np.array_equal(kernel.curves(network, programme, doses=apart), expected)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_it_wants_a_factor_for_each_person(kernel, count):
    network, programme = network_of(a_cohort(size=3), areas=True), programme_of(AN_ORDER, EVERY)
    with pytest.raises(ValueError, match="There are 3 people"):
        kernel.curves(network, programme, doses=np.ones(count))
    with pytest.raises(ValueError, match="There are 3 people"):
        kernel.figures(network, programme, doses=np.ones(count), window_ng_per_ml=(0.0, 1.0))


def test_it_compiles_once_whatever_it_is_asked(kernel):
    """A new kind of array would be compiled again, for half a minute in the middle of a question."""
    from ebbtide.pharmacology.engine import (
        compiled,
        compiled_curves,
        compiled_findings,
        compiled_summaries,
    )

    compute.make_ready(wait=True)
    for model_id in ("clements_250", "simons_2022"):
        network = network_of(a_cohort(model_id, size=40), areas=True)
        for schedule in (Schedule(), AN_ORDER):
            kernel.curves(network, programme_of(schedule, EVERY), doses=np.arange(40))
            kernel.figures(network, programme_of(schedule, EVERY), window_ng_per_ml=(50, 100))
    for function in (
        compiled.write_chunks,
        compiled_summaries.summarise_chunks,
        compiled_curves.follow_modes,
        compiled_curves.write_modes,
        compiled_findings.find_modes,
    ):
        assert len(function.signatures) == 1


def second_copy(monkeypatch, name):
    """The same file under another name, bound to other second copies: coverage sees its lines run."""
    spec = importlib.util.find_spec(f"ebbtide.pharmacology.engine.{name}")
    copy = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, f"ebbtide.pharmacology.engine.{name}", copy)
    spec.loader.exec_module(copy)
    return copy


@pytest.fixture
def plain(monkeypatch):
    """The compiled engine without its compiler: plain Python, and hundreds of times slower."""
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    for name in (
        "compiled",
        "compiled_lanes",
        "compiled_store",
        "compiled_tape",
        "compiled_curves",
        "compiled_findings",
        "compiled_summaries",
    ):
        second_copy(monkeypatch, name)
    copy = second_copy(monkeypatch, "kernel")
    assert not hasattr(copy.write_chunks, "signatures")
    copy.sums_ready.set()
    return copy


def only_sums(monkeypatch, kernel):
    """No network has modes: everybody goes the way of those whose rates meet."""
    monkeypatch.setattr(kernel, "modal_of", lambda *_, **__: None)


EDGES = Schedule(
    infusions=(Infusion(start_h=0.0, end_h=1.0, rate_mg_per_h=30.0),),
    boluses=(Bolus(at_h=1.55, amount_mg=5.0),),
)


@pytest.mark.parametrize("by_modes", [True, False])
@pytest.mark.parametrize(
    ("model_id", "outputs"),
    [
        ("clements_250", ("ketamine", "effect_site")),
        ("kamp_2020", ("ketamine", "effect_site")),
        ("simons_2022", ("norketamine",)),
    ],
)
def test_it_is_the_same_arithmetic_in_plain_python(monkeypatch, plain, model_id, outputs, by_modes):
    """Outputs that are fed by three, four, five, and more states: each has loops of its own."""
    if not by_modes:
        only_sums(monkeypatch, plain)
    network = network_of(a_cohort(model_id, size=1), outputs=outputs, ke0_per_h=np.array([5.0]), areas=True)
    programme = programme_of(EDGES, Grid(step_h=0.1, count=100))
    expected = stepping.curves(network, programme)
    assert plain.curves(network, programme) == pytest.approx(expected, rel=1e-11, abs=1e-12 * expected.max())
    window = tuple(np.quantile(expected[0, 0], [0.3, 0.7]))
    found = plain.figures(network, programme, window_ng_per_ml=window)
    assert found[0, 0, :3].tolist() == pytest.approx(
        [
            expected[0, 0].max(),
            expected[0, 0].argmax(),
            ((expected[0, 0] >= window[0]) & (expected[0, 0] <= window[1])).sum(),
        ],
        rel=1e-11,
    )
    assert found[0, :, 3] == pytest.approx(expected[0, len(outputs) :, -1], rel=1e-11)
    high_above = plain.figures(network, programme, window_ng_per_ml=(1e9, np.inf))
    assert np.array_equal(high_above[0, :, [0, 1, 3]], found[0, :, [0, 1, 3]])
    assert not high_above[0, :, 2].any()


@pytest.mark.filterwarnings(
    "ignore::RuntimeWarning"
)  # where rates meet one is divided by nothing: the bound says so
def test_it_answers_those_it_leaves_over_in_plain_python_too(plain):
    """Two people, one whose rates meet; lines longer than a piece; more modes than one pass adds; odd lengths."""
    crowd, _ = where_rates_meet("the delay and the fast mode of the parent", 0.0)
    apart, _ = where_rates_meet("the delay and the fast mode of the parent", 0.3)
    one, other = crowd.network(areas=True), apart.network(areas=True)
    network = replace(
        one,
        rates_per_h=np.concatenate([one.rates_per_h, other.rates_per_h], axis=2),
        scales=np.concatenate([one.scales, other.scales], axis=1),
    )
    for programme in (
        programme_of(EDGES, Grid(step_h=0.01, count=1101)),
        programme_of(constant_infusion(amount_mg=9.0, over_h=9.0), Grid(step_h=0.1, count=65)),
    ):
        expected = stepping.curves(network, programme)
        found = plain.curves(network, programme)
        figures = plain.figures(network, programme, window_ng_per_ml=(1.0, 30.0))
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-11 * expected.max())
        assert figures[:, :, 0] == pytest.approx(expected[:, :3].max(axis=2), rel=1e-10)
        assert figures[:, :, 3] == pytest.approx(expected[:, 3:, -1], rel=1e-10)


@pytest.mark.parametrize("by_modes", [True, False])
def test_several_people_and_a_bolus_alone_are_the_same_in_plain_python(monkeypatch, plain, by_modes):
    """One line goes on from person to person, and a pump that never runs has no rows."""
    if not by_modes:
        only_sums(monkeypatch, plain)
    network = network_of(a_cohort(size=3))
    programme = programme_of(Schedule(boluses=(Bolus(at_h=0.0, amount_mg=5.0),)), Grid(step_h=0.1, count=21))
    expected = stepping.curves(network, programme)
    assert plain.curves(network, programme) == pytest.approx(expected, rel=1e-11, abs=1e-12 * expected.max())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("step_h", [1e-7, 0.1])
def test_an_area_that_rounding_could_hide_is_summed(plain, step_h):
    """So soon after a push hardly anything has left the body: the difference of what was given and what is left is noise."""
    asked = []
    find = plain._find_sums
    plain._find_sums = lambda *inputs: [asked.append(inputs[3].tolist()), find(*inputs)]
    network = network_of(a_cohort("clements_250", size=2), areas=True)
    push = Schedule(boluses=(Bolus(at_h=0.0, amount_mg=5.0),))
    programme = programme_of(push, Grid(step_h=step_h, count=3))
    found = plain.figures(network, programme, window_ng_per_ml=(0.0, 1e9))
    expected = stepping.curves(network, programme)
    assert found[:, 0, 3] == pytest.approx(expected[:, 1, -1], rel=1e-10)
    assert asked == ([[0, 1]] if step_h < 0.1 else [])


def test_it_keeps_what_it_compiled_in_a_folder_named_after_the_text(monkeypatch, tmp_path):
    """A change of any of its files is a folder of its own: what was compiled from other text is never run."""
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    copy = second_copy(monkeypatch, "compiled")
    (folder,) = (tmp_path / "ebbtide" / "compiled").iterdir()
    assert copy.KEPT
    assert str(folder) == numba.config.CACHE_DIR
    assert folder.stat().st_mode & 0o077 == 0


def test_it_keeps_nothing_where_nothing_can_be_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    (tmp_path / "full").write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "full"))
    assert not second_copy(monkeypatch, "compiled").KEPT
    assert numba.config.CACHE_DIR == ""
