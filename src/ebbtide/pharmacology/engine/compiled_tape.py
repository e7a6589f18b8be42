"""Plays a tape for many people side by side, and tells what is left of modes after a time.

See :mod:`ebbtide.pharmacology.engine.tape`: a register is ``ABREAST`` numbers, one for each person, and an operation one
loop over them.
"""

import numpy as np

from ebbtide.pharmacology.engine.compiled import compiled
from ebbtide.pharmacology.engine.compiled_lanes import (
    ABREAST,
    add,
    divide,
    higher,
    multiply,
    root,
    side,
    size,
    subtract,
    sum_product,
)
from ebbtide.pharmacology.engine.tape import Do

NOTHING, SIXTEEN = np.uint64(0), np.uint64(16)
LOAD, SCALE, ADD, SUBTRACT = (
    np.uint64(Do.LOAD),
    np.uint64(Do.SCALE),
    np.uint64(Do.ADD),
    np.uint64(Do.SUBTRACT),
)
MULTIPLY, DIVIDE, ROOT, SIZE = (
    np.uint64(Do.MULTIPLY),
    np.uint64(Do.DIVIDE),
    np.uint64(Do.ROOT),
    np.uint64(Do.SIZE),
)
SIDE, SUM, SHRINK = np.uint64(Do.SIDE), np.uint64(Do.SUM), np.uint64(Do.SHRINK)
INTO_TWOS, TWO_HIGH, TWO_LOW = 1.4426950408889634, 6.93147180369123816490e-01, 1.90821492927058770002e-10
SHIFT, SHIFT_BITS = (
    6755399441055744.0,
    0x4338000000000000,
)  # adding it rounds to a whole number in the low bits
FURTHEST = 700.0  # beyond, nothing is left that a number could hold


@compiled
def play(rows, held, at, out, to, rates, scales, people, first, lanes):
    """Every operation of a tape; ``at`` is added to the place of b, and ``to`` to that of o, which stands in ``out``."""
    for row in range(np.uint64(len(rows))):
        do, o, a, b = rows[row, 0], to + rows[row, 1], rows[row, 2], at + rows[row, 3]
        if do == MULTIPLY:
            multiply(out, o, held, a, b)
        elif do == SUM:
            sum_product(out, o, held, a, b)
        elif do == ADD:
            add(out, o, held, a, b)
        elif do == SUBTRACT:
            subtract(out, o, held, a, b)
        elif do == SHRINK:
            multiply(out, o, held, o, b)
        elif do == DIVIDE:
            divide(out, o, held, a, b)
        elif do == SIZE:
            size(out, o, held, a, b)
        elif do == SIDE:
            side(out, o, held, a, b)
        elif do == ROOT:
            root(out, o, held, a, b)
        elif do == LOAD:
            entry = a * people + first
            for lane in range(lanes):
                out[o + lane] = rates[entry + lane]
        elif do == SCALE:
            entry = a * people + first
            for lane in range(lanes):
                out[o + lane] = scales[entry + lane]
        else:
            higher(out, o, held, a, b)


@compiled
def decays(hours, orders, poles, held, at, marks, mark_bits, lanes):
    r"""What is left of each mode after each time, then what a rate of one has brought into it: time x 2 modes.

    Of a mode that is fed by d others of its rate, what they leave in it: $\frac{t^d}{d!} e^{-kt}$. The exponential is a
    power of two times 1 - r q(r) with r up to half of ln 2: a series of twelve products for four people at once.
    """
    modes = np.uint64(orders.size)
    for number in range(np.uint64(hours.size)):
        long = hours[number]
        for mode in range(modes):
            k, left = poles[mode], at + (number * (modes + modes) + mode) * ABREAST
            come, before = left + modes * ABREAST, left - ABREAST
            if orders[mode] > NOTHING:
                share = long / float(orders[mode])
                for lane in range(lanes):
                    held[left + lane] = share * held[before + lane]
                for lane in range(lanes):
                    held[come + lane] = (held[come - ABREAST + lane] - held[left + lane]) / held[k + lane]
                continue
            for lane in range(lanes):
                marks[lane] = min(held[k + lane] * long, FURTHEST) * INTO_TWOS + SHIFT
            for lane in range(lanes):
                whole = marks[lane] - SHIFT
                r = (whole * TWO_HIGH - min(held[k + lane] * long, FURTHEST)) + whole * TWO_LOW
                q = r * (1 / 6227020800) + 1 / 479001600
                q = q * r + 1 / 39916800
                q = q * r + 1 / 3628800
                q = q * r + 1 / 362880
                q = q * r + 1 / 40320
                q = q * r + 1 / 5040
                q = q * r + 1 / 720
                q = q * r + 1 / 120
                q = q * r + 1 / 24
                q = q * r + 1 / 6
                q = q * r + 0.5
                q = q * r + 1.0
                held[left + lane] = r
                held[come + lane] = q
            for lane in range(lanes):
                mark_bits[lane] = (1023 - (mark_bits[lane] - SHIFT_BITS)) << 52
            for lane in range(lanes):
                two, part = marks[lane], marks[lane] * held[left + lane] * held[come + lane]
                gone = (1.0 - two) - part
                held[left + lane] = two + part
                held[come + lane] = long * held[come + lane] if two == 1.0 else gone / held[k + lane]
