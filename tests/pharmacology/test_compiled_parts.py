"""The loops that are written for the processor by hand: each says what its twin in plain Python says."""

import importlib.util
import sys

import numba
import numpy as np
import pytest

from ebbtide.pharmacology.engine import compiled_lanes, compiled_store

OPERATIONS = ("add", "subtract", "multiply", "divide", "root", "size", "side", "sum_product", "higher")
PEOPLE = compiled_lanes.PEOPLE


@pytest.fixture
def plain(monkeypatch):
    """The same files without the compiler."""
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    copies = {}
    for name in ("compiled", "compiled_lanes", "compiled_store"):
        spec = importlib.util.find_spec(f"ebbtide.pharmacology.engine.{name}")
        copies[name] = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, f"ebbtide.pharmacology.engine.{name}", copies[name])
        spec.loader.exec_module(copies[name])
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 0)
    return copies


def places(*numbers):
    return tuple(np.uint64(number) for number in numbers)


def test_an_operation_is_done_for_everybody_at_once(plain):
    add, subtract, multiply, divide, root, size, side, sum_product, higher = (
        getattr(compiled_lanes, name) for name in OPERATIONS
    )

    @numba.njit
    def all_of_them(out, held, a, b, wide):
        add(out, wide * np.uint64(0), held, a, b)
        subtract(out, wide * np.uint64(1), held, a, b)
        multiply(out, wide * np.uint64(2), held, a, b)
        divide(out, wide * np.uint64(3), held, a, b)
        root(out, wide * np.uint64(4), held, a, b)
        size(out, wide * np.uint64(5), held, a, b)
        side(out, wide * np.uint64(6), held, a, b)
        sum_product(out, wide * np.uint64(7), held, a, b)
        higher(out, wide * np.uint64(8), held, a, b)

    rng = np.random.default_rng(5)
    held, out = rng.normal(size=3 * PEOPLE), rng.normal(size=len(OPERATIONS) * PEOPLE)
    held[0] = 0.0
    expected = out.copy()
    all_of_them(out, held, *places(0, 2 * PEOPLE, PEOPLE))
    for number, name in enumerate(OPERATIONS):
        getattr(plain["compiled_lanes"], name)(
            expected, *places(number * PEOPLE), held, *places(0, 2 * PEOPLE)
        )
    assert out == pytest.approx(expected, rel=1e-15, nan_ok=True)


def test_a_bound_takes_the_higher_and_the_lower_share_of_an_amount(plain):
    bound_by = compiled_lanes.bound_by

    @numba.njit
    def bounded(most, least, o, amounts, a, highs, lows, k):
        bound_by(most, least, o, amounts, a, highs, lows, k)

    rng = np.random.default_rng(7)
    totals, amounts = rng.normal(size=(2, 2 * PEOPLE)), rng.normal(size=2 * PEOPLE)
    shares, expected = np.sort(rng.uniform(size=(2, PEOPLE)), axis=0), totals.copy()
    at = places(PEOPLE, 0, 0)
    bounded(totals[0], totals[1], at[0], amounts, at[1], shares[1], shares[0], at[2])
    twin = plain["compiled_lanes"].bound_by
    twin(expected[0], expected[1], at[0], amounts, at[1], shares[1], shares[0], at[2])
    assert totals == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("name", ["sum_sixteen", "sum_thirty_two"])
def test_rows_are_summed_however_many_there_are(plain, name):
    compiled_sum, plain_sum = getattr(compiled_store, name), getattr(plain["compiled_store"], name)

    @numba.njit
    def summed(line, to, rows, at, where, first, amounts, terms):
        compiled_sum(line, to, rows, at, where, first, amounts, terms)

    rng = np.random.default_rng(6)
    rows, where = rng.normal(size=400), np.array([7, 0, 41, 260, 33], dtype=np.uint64)
    for terms in range(5):
        line, expected = np.zeros(60), np.zeros(60)
        amounts = rng.normal(size=4)
        summed(line, *places(5), rows, *places(3), where, *places(1), amounts, *places(terms))
        plain_sum(expected, *places(5), rows, *places(3), where, *places(1), amounts, *places(terms))
        assert line == pytest.approx(expected, rel=1e-13, abs=1e-14)


@pytest.mark.parametrize("begins", range(9))
@pytest.mark.parametrize("pieces", [(3, 2), (8, 30, 5), (16, 16), (1,), (0,)])
def test_what_a_line_holds_arrives_whole_wherever_it_begins(plain, begins, pieces):
    """Cache lines past the caches, single numbers before and after, and nothing beside them."""
    for store in (compiled_store, plain["compiled_store"]):
        room = np.full(100, np.nan)
        ahead = -(room.ctypes.data // 8) % compiled_store.LINE
        line, total = np.arange(1.0, 1.0 + sum(pieces)), sum(pieces)
        gone, to, filled = places(0, begins, 0)
        for piece in pieces:
            filled += np.uint64(piece)
            gone, to = (
                np.uint64(mark) for mark in store.send(room, to, line, gone, filled, np.uint64(ahead))
            )
        assert filled - gone < compiled_store.LINE
        store.send_all(room, to, line, gone, filled, np.uint64(ahead))
        assert np.array_equal(room[begins : begins + total], line)
        assert np.isnan(np.delete(room, slice(begins, begins + total))).all()


def test_a_cache_line_is_written_whole(plain):
    line_past = compiled_store.line_past

    @numba.njit
    def written(out, to, line, at):
        line_past(out, to, line, at)

    room, line = np.full(40, np.nan), np.arange(20.0)
    begins = -(room.ctypes.data // 8) % compiled_store.LINE + compiled_store.LINE
    expected = room.copy()
    written(room, *places(begins), line, *places(3))
    plain["compiled_store"].line_past(expected, *places(begins), line, *places(3))
    assert np.array_equal(room, expected, equal_nan=True)
    assert np.array_equal(room[begins : begins + compiled_store.LINE], line[3 : 3 + compiled_store.LINE])


def test_what_is_stored_before_is_seen_before(plain):
    fence = compiled_store.in_order

    @numba.njit
    def stored(out):
        out[0] = 1.0
        fence()

    out = np.zeros(1)
    stored(out)
    plain["compiled_store"].in_order()
    assert out[0] == 1.0
