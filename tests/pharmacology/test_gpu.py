"""The JAX engine against NumPy's: every model, every output, two types, and whatever a pump can do."""

import importlib
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbtide.pharmacology.engine import stepping
from ebbtide.pharmacology.engine.cohort import cohort_of, parameters_of
from ebbtide.pharmacology.engine.gpu_walks import walks_of
from ebbtide.pharmacology.engine.network import EFFECT_SITE, KETAMINE, network_of
from ebbtide.pharmacology.engine.programme import BLOCK, BLOCK_POWER, Grid, Op, Programme, programme_of
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule, constant_infusion

from .builders import ADULT_MODELS, schedules

jax = pytest.importorskip("jax", reason="JAX is not installed: pip install ebbtide[gpu]")
from ebbtide.pharmacology.engine import gpu  # noqa: E402

OF_PEAK = {"float64": 1e-10, "float32": 1e-6}
PEOPLE, TIMES = 5, 2 * BLOCK + 3  # nearly the same everywhere: each is compiled anew


@pytest.fixture(autouse=True, scope="module")
def compiled_plainly():
    """The arithmetic is tested here and not its speed: each structure is compiled in half a second instead of three."""
    usual = gpu.compiled
    for options in ({"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False}, {}):
        try:
            jax.jit(lambda: 0, compiler_options=options).lower().compile()
        except jax.errors.JaxRuntimeError:  # this JAX has other options: any will do
            continue
        gpu.compiled = jax.jit(gpu.run, static_argnames=("fixed",), compiler_options=options)
        break
    yield
    gpu.compiled = usual


def people(model_id="clements_250", *, size=PEOPLE, outputs=None, areas=False, ke0_per_h=None):
    model, rng = the_library().model(model_id), np.random.default_rng(11)
    metabolites = [part.id for part in model.body.metabolites if part.time_effect is None]
    cohort = cohort_of(
        model=model,
        weight_kg=rng.uniform(45, 120, size),
        age_y=rng.uniform(18, 85, size),
        deviates={parameter.name: rng.normal(0, 0.4, size) for parameter in parameters_of(model)},
    )
    return network_of(
        cohort,
        outputs=[KETAMINE, *metabolites, EFFECT_SITE] if outputs is None else outputs,
        ke0_per_h=rng.uniform(0.5, 20, size) if ke0_per_h is None else ke0_per_h,
        areas=areas,
    )


def eventful():
    """Off the grid throughout: an infusion with a pause, a slow and a sudden bolus, and a second infusion that overlaps."""
    infused = constant_infusion(amount_mg=35, over_h=0.7013).paused(at_h=0.31, for_h=0.2371)
    pushed = Schedule(
        infusions=(Infusion(start_h=2.0, end_h=3.517, rate_mg_per_h=20),),
        boluses=(Bolus(at_h=1.5071, amount_mg=10), Bolus(at_h=2.9, amount_mg=5, over_h=1 / 60)),
    )
    return infused.plus(pushed)


def worst_of_peak(found, expected):
    peaks = np.max(expected, axis=2, keepdims=True)
    assert np.all(peaks > 0)
    return np.max(np.abs(found - expected) / peaks)


def check(network, programme, *, doses=None, **how):
    dtype = how.get("dtype", "float64")
    found = gpu.curves(network, programme, doses=doses, **how)
    assert found.dtype == dtype
    assert worst_of_peak(found, stepping.curves(network, programme, doses=doses)) < OF_PEAK[dtype]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("model_id", ADULT_MODELS)
def test_it_agrees_with_numpy_for_every_model_and_output(model_id, dtype):
    network = people(model_id, areas=True)
    check(network, programme_of(eventful(), Grid(step_h=1 / 12, count=101)), dtype=dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_agrees_with_numpy_in_one_kernel_whose_last_tile_reaches_back(dtype, monkeypatch):
    kernel = importlib.import_module("ebbtide.pharmacology.engine.gpu_kernel")
    monkeypatch.setattr(kernel, "TILE", 4)
    programme = programme_of(eventful(), Grid(step_h=0.05, count=75, start_h=0.013))
    check(people(size=7), programme, doses=np.linspace(0.5, 2, 7), dtype=dtype, form="kernel")


def test_it_takes_one_person_in_the_kernel():
    network = people(size=1, outputs=[KETAMINE])
    check(network, programme_of(eventful(), Grid(step_h=0.1, count=40)), form="kernel")


def test_it_has_no_special_case_for_equal_rates():
    """The effect site as quick as each delay of the metabolite, which are alike themselves: nothing may be divided."""
    model = the_library().model("simons_2022")
    delayed = next(part for part in model.body.metabolites if part.transit is not None)
    cohort = cohort_of(model=model, weight_kg=np.full(PEOPLE, 70.0), age_y=np.full(PEOPLE, 40.0))
    passing_per_h = delayed.transit.stages / cohort.columns[f"{delayed.id}_mtt"]
    near = passing_per_h * (1 + np.array([0, 1e-15, 1e-12, -1e-9, 1e-6]))
    network = network_of(cohort, outputs=[KETAMINE, delayed.id, EFFECT_SITE], ke0_per_h=near)
    check(network, programme_of(constant_infusion(amount_mg=35, over_h=0.7), Grid(step_h=1 / 60, count=150)))


@given(schedules(), st.floats(0.02, 3), st.integers(1, TIMES), st.floats(0, 30))
@settings(max_examples=40, deadline=None)
def test_it_agrees_with_numpy_for_any_schedule_and_grid(schedule, step_h, count, start_h):
    programme = programme_of(schedule, Grid(step_h=step_h, count=count, start_h=start_h))
    # times beyond the programme are cut off, so that one length is compiled for all of them
    whole = Programme(
        grid=Grid(step_h=step_h, count=TIMES, start_h=start_h),
        codes=programme.codes,
        numbers=programme.numbers,
        places=programme.places,
        counts=programme.counts,
    )
    network = people("domino")
    expected = stepping.curves(network, programme)
    found = gpu.curves(network, whole)[:, :, :count]
    scale = max(schedule.total_mg, 1.0) * np.max(network.scales)
    assert np.max(np.abs(found - expected)) <= 1e-10 * max(np.max(expected), 1e-6 * scale)


def test_it_compiles_nothing_anew_for_another_schedule():
    network, grid = people("domino"), Grid(step_h=0.1, count=TIMES)
    gpu.curves(network, programme_of(constant_infusion(amount_mg=35, over_h=0.7), grid))
    before = gpu.compiled._cache_size()
    slower = Grid(step_h=0.2, count=TIMES)
    gpu.curves(network, programme_of(constant_infusion(amount_mg=20, over_h=1.31), slower))
    assert gpu.compiled._cache_size() == before


def test_it_passes_people_in_blocks_and_leaves_nobody_out(monkeypatch):
    network, grid = people("domino", size=2 * PEOPLE + 1), Grid(step_h=0.1, count=TIMES)
    monkeypatch.setattr(gpu, "BYTES_AT_ONCE", PEOPLE * TIMES * 8 * len(network.outputs))
    check(network, programme_of(eventful(), grid), doses=np.linspace(0.5, 1.5, 2 * PEOPLE + 1))


def test_it_answers_for_nobody_with_nothing():
    network = people("domino").some(slice(0, 0))
    found = gpu.curves(network, programme_of(eventful(), Grid(step_h=0.1, count=TIMES)))
    assert found.shape == (0, 2, TIMES)


def test_it_leaves_curves_on_the_device_in_the_order_that_is_promised():
    network, programme = people("domino"), programme_of(eventful(), Grid(step_h=0.1, count=TIMES))
    device = jax.devices()[0]
    there = gpu.curves_on_device(gpu.load(network, device=device), programme, dtype="float32")
    assert there.shape == (2, TIMES, PEOPLE)
    assert there.devices() == {device}
    assert worst_of_peak(np.moveaxis(np.asarray(there), 2, 0), stepping.curves(network, programme)) < 1e-6


def test_it_leaves_the_types_of_other_users_of_jax_alone():
    gpu.curves(people("domino"), programme_of(eventful(), Grid(step_h=0.1, count=TIMES)))
    assert jax.numpy.ones(1).dtype == np.float32


def test_it_takes_the_kernel_on_a_gpu_alone_and_only_while_jax_has_triton(monkeypatch):
    assert gpu.form_for("gpu") == "kernel"
    assert gpu.form_for("cpu") == "loops"
    monkeypatch.delattr("jax.experimental.pallas.triton")
    monkeypatch.setitem(sys.modules, "jax.experimental.pallas.triton", None)
    assert gpu.form_for("gpu") == "loops"


def test_it_says_what_to_install_without_jax(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.delitem(sys.modules, "ebbtide.pharmacology.engine.gpu")
    with pytest.raises(ImportError, match=r"pip install ebbtide\[gpu\]"):
        importlib.import_module("ebbtide.pharmacology.engine.gpu")


def a_programme(*rows):
    codes, numbers, places, counts = zip(*rows, strict=True)
    return Programme(
        grid=Grid(step_h=0.5, count=TIMES),
        codes=np.array(codes),
        numbers=np.array(numbers, dtype=float),
        places=np.array(places),
        counts=np.array(counts),
    )


def walked(programme):
    return [
        row for row in zip(*(column.tolist() for column in walks_of(programme)), strict=True) if any(row[1:])
    ]


def test_it_walks_on_along_the_grid_and_begins_anew_where_something_changes():
    programme = a_programme(
        (Op.RATE, 60, 0, 0),
        (Op.IMPULSE, 7, 0, 0),
        (Op.IMPULSE, 3, 0, 0),
        (Op.DRIFT, 1.2, 0, 0),
        (Op.EMIT, 0, 0, BLOCK),
        (Op.ADVANCE, 0, BLOCK_POWER, 0),
        (Op.EMIT, 0, BLOCK, 2),
        (Op.ADVANCE, 0, 1, 0),
        (Op.DRIFT, 0.25, 0, 0),
        (Op.RATE, 0, 0, 0),
        (Op.DRIFT, 0.25, 0, 0),
        (Op.EMIT, 0, BLOCK + 2, 5),
    )
    assert walked(programme) == [
        # rate, amount, waits, hours, place, count, steps
        (60, 10, 2, pytest.approx(0.2), 0, BLOCK + 2, BLOCK + 2),
        (60, 0, 0, 0.25, 0, 0, 0),
        (0, 0, 0, 0.25, BLOCK + 2, 5, 0),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [(Op.EMIT, 0, 0, 9), (Op.DRIFT, 0.5, 0, 0), (Op.EMIT, 0, 9, 4)],  # looks ahead and stays behind
        [(Op.EMIT, 0, 0, 2), (Op.ADVANCE, 0, 3, 0), (Op.EMIT, 0, 8, 4)],  # leaves a gap
        [(Op.EMIT, 0, 0, 2), (Op.EMIT, 0, 2, 2)],  # writes on without a step
        [(Op.ADVANCE, 0, 2, 0), (Op.EMIT, 0, 4, 8)],  # steps before it writes
        [(Op.EMIT, 0, 0, 9), (Op.ADVANCE, 0, 2, 0), (Op.EMIT, 0, 4, 2)],  # writes the same again
        [(Op.IMPULSE, 5, 0, 0), (Op.EMIT, 0, 0, 4), (Op.IMPULSE, 5, 0, 0), (Op.EMIT, 0, 4, 4)],
    ],
)
def test_it_walks_the_same_programme_however_it_is_written(rows):
    programme = a_programme((Op.RATE, 60, 0, 0), *rows)
    network = people("domino")
    written = np.zeros(TIMES, dtype=bool)
    for code, _, place, count in rows:
        written[place : place + count] |= code == Op.EMIT
    found = gpu.curves(network, programme)[:, :, written]
    expected = stepping.curves(network, programme)[:, :, written]
    assert worst_of_peak(found, expected) < 1e-10


def test_it_fills_the_walks_up_to_a_power_of_two():
    grid = Grid(step_h=0.1, count=5)
    many = Schedule(boluses=tuple(Bolus(at_h=0.01 * place, amount_mg=1) for place in range(1, 20)))
    assert {len(column) for column in walks_of(programme_of(many, grid))} == {32}
    assert {len(column) for column in walks_of(programme_of(Schedule(), grid))} == {4}
