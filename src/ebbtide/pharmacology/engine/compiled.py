"""The compiled part of the engine: plain arrays and loops, and no name of a drug.

Three habits make it quick, and each was measured to be worth the words:
the number of lanes comes to a loop from outside (told as a constant, the compiler writes the lanes out one by one and
no instruction serves four of them); arrays are flat and their offsets ready made (a view costs more than a sum);
offsets are unsigned (an index that could be meant from the end is asked about each time).
What is written to the memory is written once and in order: see :mod:`ebbtide.pharmacology.engine.kernel`.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import numba
import numpy as np

from ebbtide.pharmacology.engine import programme as programmes
from ebbtide.pharmacology.engine.programme import BLOCK_POWER, Op
from ebbtide.pharmacology.engine.stepping import NORM_AFTER_SCALING, TAYLOR_TERMS

P = ParamSpec("P")
R = TypeVar("R")

LANES = 32  # people whose matrices are worked out side by side: they fit the second cache
WIDE = np.uint64(LANES)
AT_ONCE = 4  # products that one pass of a sum adds
ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT = (np.uint64(number) for number in range(1, 9))
BLOCK = np.uint64(programmes.BLOCK)
RATE, IMPULSE, DRIFT, EMIT = int(Op.RATE), int(Op.IMPULSE), int(Op.DRIFT), int(Op.EMIT)


def _kept_on_disk() -> bool:
    """Whether what is compiled can be kept: in the user's cache, in a folder named after the text it was made from.

    Numba looks at the file of each function alone, so a change in a file beside it would go unseen.
    """
    if numba.config.CACHE_DIR:
        return True
    here = Path(__file__).parent
    text = b"".join((here / name).read_bytes() for name in MADE_FROM)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "ebbtide" / "compiled" / hashlib.sha256(text).hexdigest()[:16]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:  # a home that cannot be written: compile once in each process
        return False
    numba.config.CACHE_DIR = str(folder)
    return True


MADE_FROM = (
    "compiled.py",
    "compiled_curves.py",
    "compiled_findings.py",
    "compiled_lanes.py",
    "compiled_store.py",
    "compiled_summaries.py",
    "compiled_tape.py",
    "programme.py",
    "residues.py",
    "stepping.py",
    "tape.py",
)
KEPT = _kept_on_disk()


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compiled on first use and kept on disk; it lets other threads run, and may join a multiply and an add."""
    jit = numba.njit(cache=KEPT, nogil=True, fastmath={"contract"}, error_model="numpy")
    return cast(Callable[P, R], jit(function))


@compiled
def _sum_up(table, first, last, left, left_at, right, right_at, factor, out, out_at, lanes):
    """Every sum of a table, lane by lane: all that is ever worked out for a chunk is this.

    The last column of a table says whether a sum begins (0: what stood there goes) or goes on (1).
    """
    for row in range(first, last):
        o, kept = out_at + table[row, 0], float(table[row, 9])
        a, b = left_at + table[row, 1], right_at + table[row, 2]
        c, d = left_at + table[row, 3], right_at + table[row, 4]
        e, f = left_at + table[row, 5], right_at + table[row, 6]
        g, h = left_at + table[row, 7], right_at + table[row, 8]
        for lane in range(lanes):
            out[o + lane] = kept * out[o + lane] + factor * (
                left[a + lane] * right[b + lane]
                + left[c + lane] * right[d + lane]
                + left[e + lane] * right[f + lane]
                + left[g + lane] * right[h + lane]
            )


@compiled
def _add(places, more, total, lanes):
    """Add what stands at these places of one array to another."""
    for entry in range(places.size):
        o = places[entry]
        for lane in range(lanes):
            total[o + lane] += more[o + lane]


@compiled
def _load(rates, flows, who, first, lowest, matrix):
    """The matrices of a chunk, each shifted by its lowest diagonal entry; returns the widest column sum."""
    size = rates.shape[0]
    lanes, wide = lowest.size, (size + 1) * lowest.size
    matrix[:] = 0.0
    widest = 0.0
    for lane in range(lanes):
        person = who[min(first + lane, who.size - 1)]
        lowest[lane] = 0.0
        for i in range(size):
            lowest[lane] = min(lowest[lane], rates[i, i, person])
        for entry in range(flows.shape[0]):
            i, j = flows[entry, 0], flows[entry, 1]
            matrix[int(i) * wide + int(j) * lanes + lane] = rates[i, j, person]
        for j in range(size):
            matrix[j * wide + j * lanes + lane] -= lowest[lane]
            column = 0.0
            for i in range(size):
                column += matrix[i * wide + j * lanes + lane]
            widest = max(widest, column)
    return widest


@compiled
def _exponential(matrix, lowest, widest, hours, size, tables, term, other, powers):
    """exp(A t) of a chunk into the first of the powers: a Taylor series and squarings of numbers that only add."""
    taylor, squares, places, longest = tables[0], tables[1], tables[4], tables[5]
    lanes, whole, wide = np.uint64(lowest.size), matrix.size, (size + 1) * lowest.size
    nothing = np.uint64(0)
    squarings = 0
    while widest * hours > NORM_AFTER_SCALING * 2.0**squarings:
        squarings += 1
    step = hours / 2.0**squarings
    for place in range(whole):
        term[place] = step * matrix[place]
        powers[place] = term[place]
        other[place] = 0.0
    for i in range(size):
        for lane in range(lowest.size):
            powers[i * wide + i * lowest.size + lane] += 1.0
    for order in range(2, TAYLOR_TERMS + longest):
        _sum_up(taylor, 0, len(taylor), term, nothing, matrix, nothing, step / order, other, nothing, lanes)
        _add(places, other, powers, lanes)
        term, other = other, term
    factors = np.exp(lowest * step)
    for entry in range((size + 1) ** 2):
        for lane in range(lowest.size):
            powers[entry * lowest.size + lane] *= factors[lane]
    for _ in range(squarings):
        _sum_up(squares, 0, len(squares), powers, nothing, powers, nothing, 1.0, other, nothing, lanes)
        for place in range(whole):
            powers[place] = other[place]


@compiled
def _drift(matrix, lowest, widest, hours, size, table, held, term, other):
    """Carry the states of a chunk over any time: the Taylor series of the exponential on the states alone."""
    lanes, nothing = np.uint64(lowest.size), np.uint64(0)
    parts = max(1, int(np.ceil(widest * hours)))
    step = hours / parts
    factors = np.exp(lowest * step)
    other[:] = 0.0
    for _ in range(parts):
        for place in range(held.size):
            term[place] = held[place]
        for order in range(1, 2 * TAYLOR_TERMS + size - 4):
            _sum_up(table, 0, len(table), matrix, nothing, term, nothing, step / order, other, nothing, lanes)
            for place in range(held.size):
                held[place] += other[place]
            term, other = other, term
        for i in range(size):
            for lane in range(lowest.size):
                held[i * lowest.size + lane] *= factors[lane]


@compiled
def _read_ahead(powers, ahead, states, scales, who, first, now, after, rows):
    """The rows that read each output now and at the next times, of each person: lane x row x time."""
    table, table_starts, read_states, read_starts = ahead
    lanes, nothing = rows.shape[0], np.uint64(0)
    for output in range(states.size):
        now[:] = 0.0
        after[:] = 0.0
        for lane in range(lanes):
            now[int(states[output]) * lanes + lane] = scales[output, who[min(first + lane, who.size - 1)]]
        start, end = table_starts[output], table_starts[output + 1]
        for j in range(rows.shape[2]):
            for row in range(read_starts[output], read_starts[output + 1]):
                from_here = int(read_states[row]) * lanes
                for lane in range(lanes):
                    rows[lane, row, j] = now[from_here + lane]
            _sum_up(table, start, end, now, nothing, powers, nothing, 1.0, after, nothing, np.uint64(lanes))
            now, after = after, now


@compiled
def _follow(matrix, powers, lowest, widest, size, tables, orders, doses, who, first, term, other, stood):
    """The states of a chunk through the whole programme, kept wherever it writes: block x state x lane."""
    codes, numbers, steps = orders
    lanes, nothing = lowest.size, np.uint64(0)
    flow, advance = tables[2], tables[3]
    held, moved = np.zeros((size + 1) * lanes), np.zeros((size + 1) * lanes)
    block = 0
    for op in range(codes.size):
        code = codes[op]
        if code == EMIT:
            for i in range(size):
                for lane in range(lanes):
                    stood[block, i, lane] = held[i * lanes + lane]
            block += 1
        elif code == RATE:
            for lane in range(lanes):
                held[(size - 1) * lanes + lane] = numbers[op] * doses[who[min(first + lane, who.size - 1)]]
        elif code == IMPULSE:
            for lane in range(lanes):
                held[lane] += numbers[op] * doses[who[min(first + lane, who.size - 1)]]
        elif code == DRIFT:
            _drift(matrix, lowest, widest, numbers[op], size, flow, held, term, other)
        else:
            power = steps[op] * np.uint64(matrix.size)
            _sum_up(
                advance, 0, len(advance), powers, power, held, nothing, 1.0, moved, nothing, np.uint64(lanes)
            )
            held, moved = moved, held


@compiled
def _write_four(rows, base, row, read_states, stood, stood_at, size, emits, out, target):
    """One output of one person in every block: rows times states, four of them at a pass."""
    r = base + row * BLOCK
    for block in range(emits[0].size):
        at, to = stood_at + np.uint64(block) * size, target + emits[0][block]
        a = stood[at + read_states[row] * WIDE]
        b = stood[at + read_states[row + ONE] * WIDE]
        c = stood[at + read_states[row + TWO] * WIDE]
        d = stood[at + read_states[row + THREE] * WIDE]
        for j in range(emits[1][block]):
            out[to + j] = (
                rows[r + j] * a
                + rows[r + ONE * BLOCK + j] * b
                + rows[r + TWO * BLOCK + j] * c
                + rows[r + THREE * BLOCK + j] * d
            )


@compiled
def _write_five(rows, base, row, read_states, stood, stood_at, size, emits, out, target):
    """The same with five."""
    r = base + row * BLOCK
    for block in range(emits[0].size):
        at, to = stood_at + np.uint64(block) * size, target + emits[0][block]
        a = stood[at + read_states[row] * WIDE]
        b = stood[at + read_states[row + ONE] * WIDE]
        c = stood[at + read_states[row + TWO] * WIDE]
        d = stood[at + read_states[row + THREE] * WIDE]
        e = stood[at + read_states[row + FOUR] * WIDE]
        for j in range(emits[1][block]):
            out[to + j] = (
                rows[r + j] * a
                + rows[r + ONE * BLOCK + j] * b
                + rows[r + TWO * BLOCK + j] * c
                + rows[r + THREE * BLOCK + j] * d
                + rows[r + FOUR * BLOCK + j] * e
            )


@compiled
def _write_eight(rows, base, row, read_states, stood, stood_at, size, emits, out, target):
    """The same with eight, as many as one loop bears."""
    r = base + row * BLOCK
    for block in range(emits[0].size):
        at, to = stood_at + np.uint64(block) * size, target + emits[0][block]
        a = stood[at + read_states[row] * WIDE]
        b = stood[at + read_states[row + ONE] * WIDE]
        c = stood[at + read_states[row + TWO] * WIDE]
        d = stood[at + read_states[row + THREE] * WIDE]
        e = stood[at + read_states[row + FOUR] * WIDE]
        f = stood[at + read_states[row + FIVE] * WIDE]
        g = stood[at + read_states[row + SIX] * WIDE]
        h = stood[at + read_states[row + SEVEN] * WIDE]
        for j in range(emits[1][block]):
            out[to + j] = (
                rows[r + j] * a
                + rows[r + ONE * BLOCK + j] * b
                + rows[r + TWO * BLOCK + j] * c
                + rows[r + THREE * BLOCK + j] * d
                + rows[r + FOUR * BLOCK + j] * e
                + rows[r + FIVE * BLOCK + j] * f
                + rows[r + SIX * BLOCK + j] * g
                + rows[r + SEVEN * BLOCK + j] * h
            )


@compiled
def _add_one(rows, base, row, read_states, stood, stood_at, size, emits, out, target):
    """One row more, added to what is written already."""
    r = base + row * BLOCK
    for block in range(emits[0].size):
        at, to = stood_at + np.uint64(block) * size, target + emits[0][block]
        a = stood[at + read_states[row] * WIDE]
        for j in range(emits[1][block]):
            out[to + j] += rows[r + j] * a


@compiled
def _write(rows, base, start, end, read_states, stood, stood_at, size, emits, out, target):
    """Every block of one output of one person, in the order of the memory."""
    row = start
    if end - row == FIVE:
        _write_five(rows, base, row, read_states, stood, stood_at, size, emits, out, target)
        row += FIVE
    elif end - row >= EIGHT:
        _write_eight(rows, base, row, read_states, stood, stood_at, size, emits, out, target)
        row += EIGHT
    elif end - row >= FOUR:
        _write_four(rows, base, row, read_states, stood, stood_at, size, emits, out, target)
        row += FOUR
    else:
        for block in range(emits[0].size):
            to = target + emits[0][block]
            for j in range(emits[1][block]):
                out[to + j] = 0.0
    while row < end:
        _add_one(rows, base, row, read_states, stood, stood_at, size, emits, out, target)
        row += ONE


@compiled
def make_room(size):
    """The arrays in which a chunk is worked out, used again for the next: zeros wherever nothing is ever written."""
    whole, vector = (size + 1) * (size + 1) * LANES, (size + 1) * LANES
    powers = np.zeros((BLOCK_POWER + 1) * whole)
    matrices = (np.zeros(whole), np.zeros(whole), np.zeros(whole))
    return np.empty(LANES), matrices, powers, np.zeros(vector), np.zeros(vector)


@compiled
def work_out(
    who, first, rates, flows, tables, ahead, states, scales, orders, step_h, doses, room, rows, stood
):
    """One chunk, from its matrices to the rows of its outputs and its states wherever the programme writes."""
    lowest, matrices, powers, now, after = room
    matrix, term, other = matrices
    size, whole, squares = rates.shape[0], matrix.size, tables[1]
    widest = _load(rates, flows, who, first, lowest, matrix)
    powers[:] = 0.0
    _exponential(matrix, lowest, widest, step_h, size, tables, term, other, powers)
    for power in range(BLOCK_POWER):
        at, then = np.uint64(power * whole), np.uint64((power + 1) * whole)
        _sum_up(squares, 0, len(squares), powers, at, powers, at, 1.0, powers, then, np.uint64(LANES))
    _read_ahead(powers, ahead, states, scales, who, first, now, after, rows)
    _follow(matrix, powers, lowest, widest, size, tables, orders, doses, who, first, now, after, stood)


@compiled
def write_chunks(
    begin, end, who, rates, flows, tables, ahead, states, scales, orders, emits, step_h, doses, out
):
    """The people of these chunks, from their matrices to every output at every time."""
    size, room = rates.shape[0], make_room(rates.shape[0])
    rows = np.empty((LANES, ahead[2].size, int(BLOCK)))
    stood = np.empty((emits[0].size, size, LANES))
    flat_rows, flat_stood, flat = rows.ravel(), stood.ravel(), out.ravel()
    for chunk in range(begin, end):
        first = chunk * LANES
        work_out(
            who, first, rates, flows, tables, ahead, states, scales, orders, step_h, doses, room, rows, stood
        )
        for lane in range(min(LANES, who.size - first)):
            base = np.uint64(lane * ahead[2].size) * BLOCK
            for output in range(states.size):
                _write(
                    flat_rows,
                    base,
                    ahead[3][output],
                    ahead[3][output + 1],
                    ahead[2],
                    flat_stood,
                    np.uint64(lane),
                    np.uint64(size * LANES),
                    emits,
                    flat,
                    np.uint64(who[first + lane] * states.size + output) * np.uint64(out.shape[2]),
                )
