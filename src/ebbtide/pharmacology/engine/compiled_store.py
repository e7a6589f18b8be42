"""Two loops that the compiler would not write as well: sums of rows, and stores that pass the caches by.

A store of a cache line that is not in the cache fetches the line before it overwrites it, so an ordinary store moves
everything twice; a whole line at a time, aligned, goes past the caches instead. And a sum of any number of rows is kept
in four registers until it is whole: told as a loop over numbers, it would ask before each block whether the rows overlap.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from ebbtide.pharmacology.engine.compiled import EIGHT, ONE, compiled
from ebbtide.pharmacology.engine.compiled_lanes import FOUR_NUMBERS, WIDTH, each_four, four_of, sum_of_product

SIXTEEN = 4 * WIDTH  # numbers that are summed at a time, or twice as many
LINE = 8  # numbers of a cache line
NOTHING = np.uint64(0)


def _further(builder: Any, pointer: Any, fours: int) -> Any:
    return builder.gep(pointer, [ir.Constant(ir.IntType(64), fours)])


def _line_past(_typing: Any, out: Any, to: Any, line: Any, at: Any) -> Any:
    """A cache line of numbers into an aligned place of another array, past the caches."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        target = four_of(context, builder, signature.args[0], arguments[0], arguments[1])
        source = four_of(context, builder, signature.args[2], arguments[2], arguments[3])
        past = builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)])
        for half in range(LINE // WIDTH):
            numbers = builder.load(_further(builder, source, half), align=8)
            store = builder.store(numbers, _further(builder, target, half), align=8 * WIDTH)
            store.set_metadata("nontemporal", past)
        return context.get_dummy_value()

    return types.void(out, to, line, at), write


def _sum_of(size: int) -> Any:
    """A function that puts into so many numbers of a line the sum of some rows, each times its amount."""

    def sum_up(
        _typing: Any,
        line: Any,
        to: Any,
        rows: Any,
        at: Any,
        places: Any,
        first: Any,
        amounts: Any,
        terms: Any,
    ) -> Any:
        return types.void(line, to, rows, at, places, first, amounts, terms), write

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds, terms = signature.args, arguments[7]
        target = four_of(context, builder, kinds[0], arguments[0], arguments[1])
        start = context.make_array(kinds[2])(context, builder, arguments[2]).data
        start = builder.gep(start, [arguments[3]])
        places = context.make_array(kinds[4])(context, builder, arguments[4]).data
        places = builder.gep(places, [arguments[5]])
        amounts = context.make_array(kinds[6])(context, builder, arguments[6]).data
        nothing = each_four(0.0)
        sums = [cgutils.alloca_once(builder, FOUR_NUMBERS) for _ in range(size // WIDTH)]
        for held in sums:
            builder.store(nothing, held)
        with cgutils.for_range(builder, terms) as loop:
            begin = builder.gep(start, [builder.load(builder.gep(places, [loop.index]))])
            source = builder.bitcast(begin, FOUR_NUMBERS.as_pointer())
            amount = builder.load(builder.gep(amounts, [loop.index]))
            times = nothing
            for place in range(WIDTH):
                times = builder.insert_element(times, amount, ir.Constant(ir.IntType(32), place))
            for number, held in enumerate(sums):
                numbers = builder.load(_further(builder, source, number), align=8)
                builder.store(sum_of_product(builder, builder.load(held), numbers, times), held)
        for number, held in enumerate(sums):
            builder.store(builder.load(held), _further(builder, target, number), align=8)
        return context.get_dummy_value()

    return sum_up


def _in_order(_typing: Any) -> Any:
    """Everything stored before is seen before anything that is stored after."""

    def write(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), write


def _plain_line(out: Any, to: Any, line: Any, at: Any) -> None:
    out[int(to) : int(to) + LINE] = line[int(at) : int(at) + LINE]


def _plain_sum(size: int) -> Any:
    def sum_up(
        line: Any, to: Any, rows: Any, at: Any, places: Any, first: Any, amounts: Any, terms: Any
    ) -> None:
        total = np.zeros(size)
        for term in range(int(terms)):
            begin = int(at) + int(places[int(first) + term])
            total += rows[begin : begin + size] * amounts[term]
        line[int(to) : int(to) + size] = total

    return sum_up


def _nothing() -> None:
    """Plain Python stores in order."""


PLAIN = bool(numba.config.DISABLE_JIT)
line_past = _plain_line if PLAIN else intrinsic(_line_past)
sum_sixteen = _plain_sum(SIXTEEN) if PLAIN else intrinsic(_sum_of(SIXTEEN))
sum_thirty_two = _plain_sum(2 * SIXTEEN) if PLAIN else intrinsic(_sum_of(2 * SIXTEEN))
in_order = _nothing if PLAIN else intrinsic(_in_order)


@compiled
def send(out, to, line, gone, filled, ahead):
    """What a line holds and is not gone into an array from a place on; returns the same two marks moved on.

    Whole cache lines, and what stands before the first of them; what is left over waits for more to come. A cache line
    begins at a place whose number leaves ``ahead`` over by eight.
    """
    while gone < filled and to % EIGHT != ahead:
        out[to] = line[gone]
        gone += ONE
        to += ONE
    while gone + EIGHT <= filled:
        line_past(out, to, line, gone)
        gone += EIGHT
        to += EIGHT
    return gone, to


@compiled
def send_all(out, to, line, gone, filled, ahead):
    """The same where nothing more will come: what is left over goes too."""
    gone, to = send(out, to, line, gone, filled, ahead)
    while gone < filled:
        out[to] = line[gone]
        gone += ONE
        to += ONE
