"""The door to the engine: it answers before the compiler is there, and the same when it is."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from ebbtide.pharmacology.engine import compute, stepping, summaries
from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.engine.programme import Grid, programme_of
from ebbtide.pharmacology.errors import NotComputable
from tests.pharmacology.builders import a_cohort
from tests.pharmacology.oracles import AN_ORDER

GRID = Grid(step_h=0.05, count=100)
WINDOW = (50.0, 100.0)

IN_A_FRESH_PROCESS = """
import sys
import numpy as np
from ebbtide.pharmacology.engine import compute
from ebbtide.pharmacology.engine.cohort import cohort_of
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.engine.programme import Grid, programme_of
from ebbtide.pharmacology.schedule import constant_infusion

def asked(people, count):
    cohort = cohort_of(
        model=the_library().model("simons_2022"), weight_kg=np.linspace(45, 120, people), age_y=np.full(people, 50.0)
    )
    programme = programme_of(constant_infusion(amount_mg=35, over_h=2 / 3), Grid(step_h=1 / 60, count=count))
    return network_of(cohort, areas=True), programme

compute.curves(*asked(50, 100))
compute.summarise(*asked(50, 100), window_ng_per_ml=(50, 100))
print("numba" in sys.modules, compute.is_ready())
before = compute.curves(*asked(1200, 900))  # 2.2 million points, written by NumPy
summed = compute.summarise(*asked(50, 100), window_ng_per_ml=(50, 100))
compute.make_ready(wait=True)
print("numba" in sys.modules, compute.is_ready())
after, again = compute.curves(*asked(1200, 900)), compute.summarise(*asked(50, 100), window_ng_per_ml=(50, 100))
print(bool(np.all(np.abs(after - before) <= 1e-10 * before.max(axis=2, keepdims=True))))
print(bool(np.array_equal(again.in_window_h, summed.in_window_h)))
print(bool(np.allclose(again.peak_ng_per_ml, summed.peak_ng_per_ml, rtol=1e-12, atol=0)))
"""


@pytest.mark.usefixtures("kernel")  # compiled by now: the process finds it on disk
def test_it_answers_first_and_loads_the_compiler_behind_a_large_question_only():
    told = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROCESS], capture_output=True, text=True, check=True, timeout=280
    )
    assert told.stdout.split("\n")[:5] == ["False False", "True True", "True", "True", "True"]


@pytest.fixture
def unready(monkeypatch):
    """The door as it is at the start of a process, and large at a thousand points."""
    monkeypatch.setattr(compute, "LARGE", 1000)
    for name, value in {
        "_ready": threading.Event(),
        "_tried": threading.Event(),
        "_begun": threading.Lock(),
    }.items():
        monkeypatch.setattr(compute, name, value)
    return compute


class Asked:
    """Stands before a function and counts."""

    def __init__(self, function):
        self.function, self.times = function, 0

    def __call__(self, *args, **kwargs):
        self.times += 1
        return self.function(*args, **kwargs)


@pytest.fixture
def counted(monkeypatch, kernel):
    """How often the compiled engine was asked for curves."""
    asked = Asked(kernel.curves)
    monkeypatch.setattr(kernel, "curves", asked)
    return asked


def a_question(size=20, **more):
    return network_of(a_cohort(size=size), areas=True, **more), programme_of(AN_ORDER, GRID)


def test_it_hands_large_questions_over_when_the_compiled_engine_is_ready(unready, counted):
    network, programme = a_question()
    before = unready.curves(network, programme)
    unready.make_ready(wait=True)
    warmed = counted.times
    after = unready.curves(network, programme)
    assert counted.times == warmed + 1
    assert after == pytest.approx(before, rel=1e-10, abs=1e-10 * before.max())


def test_it_keeps_small_questions_to_itself(unready, counted):
    unready.make_ready(wait=True)
    warmed = counted.times
    network, programme = a_question(size=1)
    assert np.array_equal(unready.curves(network, programme), stepping.curves(network, programme))
    assert counted.times == warmed


def test_it_prepares_after_a_large_question_and_not_after_a_small_one(unready, monkeypatch):
    begun = Asked(lambda: None)
    monkeypatch.setattr(unready, "make_ready", begun)
    unready.curves(*a_question(size=1))
    assert begun.times == 0
    unready.curves(*a_question())
    assert begun.times == 1


def test_it_prepares_once_however_often_it_is_asked(unready, monkeypatch):
    asked = Asked(lambda: None)
    monkeypatch.setattr(unready, "_ask_once", asked)
    unready.make_ready()
    for _ in range(3):
        unready.make_ready(wait=True)
    assert (asked.times, unready.is_ready()) == (1, True)


def test_it_summarises_the_same_before_and_after(unready, kernel):
    network, programme = a_question()
    doses = np.linspace(0.5, 2.0, 20)
    before = unready.summarise(network, programme, window_ng_per_ml=WINDOW, doses=doses)
    unready.make_ready(wait=True)
    after = unready.summarise(network, programme, window_ng_per_ml=WINDOW, doses=doses)
    assert before.outputs == after.outputs == ("ketamine",)
    assert np.array_equal(before.in_window_h, after.in_window_h)
    assert np.array_equal(before.peak_at_h, after.peak_at_h)
    assert after.peak_ng_per_ml == pytest.approx(before.peak_ng_per_ml, rel=1e-12)
    assert after.area_ng_h_per_ml == pytest.approx(before.area_ng_h_per_ml, rel=1e-10)
    of_curves = summaries.of_curves(
        network,
        programme,
        kernel.curves(network, programme, doses=doses),
        window_ng_per_ml=WINDOW,
    )
    assert np.array_equal(of_curves.in_window_h, after.in_window_h)


def test_it_refuses_to_summarise_without_areas_whoever_would_answer(unready, kernel):
    network = network_of(a_cohort())
    for _ in range(2):
        with pytest.raises(NotComputable, match="areas=True"):
            unready.summarise(network, programme_of(AN_ORDER, GRID), window_ng_per_ml=WINDOW)
        unready.make_ready(wait=True)


def test_it_shares_people_out_over_the_cores_and_keeps_their_order(monkeypatch):
    monkeypatch.setattr(compute, "PEOPLE_AT_ONCE", 8)
    network, programme = a_question(size=30)
    doses = np.linspace(0.5, 2.0, 30)
    expected = stepping.curves(network, programme, doses=doses)
    found = compute.curves(network, programme, doses=doses)
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-12 * expected.max())


def test_it_goes_on_in_numpy_where_nothing_can_be_compiled(unready, monkeypatch):
    """Whoever waits is told by is_ready, and does not wait for ever."""
    said = []

    def fail():
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(unready, "_ask_once", fail)
    monkeypatch.setattr(threading, "excepthook", lambda what: said.append(str(what.exc_value)))
    network, programme = a_question()
    first = unready.curves(network, programme)
    unready.make_ready(wait=True)
    assert not unready.is_ready()
    assert np.array_equal(unready.curves(network, programme), first)
    assert said == ["cannot cache function: no locator available"]
