"""One operation on a register of everybody in a chunk: sixteen instructions of four numbers, and no question asked first.

Told as a loop, the compiler asks before each whether the registers overlap, and takes them one by one where the result goes
to where a factor stood. Registers are whole or the same here, never half of each other.
"""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

WIDTH = 4  # numbers that one instruction takes
TOGETHER = 4  # instructions one after the other
PEOPLE = 64
ABREAST = np.uint64(PEOPLE)
FOUR_NUMBERS = ir.VectorType(ir.DoubleType(), WIDTH)
MAY_JOIN = ("contract",)  # a multiply and an add
Combine = Callable[[Any, Any, Any, Any], Any]


def four_of(context: Any, builder: Any, kind: Any, array: Any, place: Any) -> Any:
    """A pointer to the first four numbers of an array from a place on."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), FOUR_NUMBERS.as_pointer())


def each_four(number: float) -> Any:
    """Four times the same number."""
    return ir.Constant(FOUR_NUMBERS, [number] * WIDTH)


def _for_everybody(combine: Combine) -> Any:
    """A function of o, a and b for everybody in a chunk; the result goes to o."""

    def operation(_typing: Any, out: Any, o: Any, held: Any, a: Any, b: Any) -> Any:
        return types.void(out, o, held, a, b), write

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        out, o, held, a, b = arguments
        target = four_of(context, builder, signature.args[0], out, o)
        one, other = (four_of(context, builder, signature.args[2], held, place) for place in (a, b))
        length = o.type
        with cgutils.for_range(builder, length(PEOPLE // WIDTH // TOGETHER)) as loop:
            first = builder.mul(loop.index, length(TOGETHER))
            for number in range(TOGETHER):
                place = [builder.add(first, length(number))]
                to = builder.gep(target, place)
                found = combine(
                    builder,
                    builder.load(to, align=8),
                    builder.load(builder.gep(one, place), align=8),
                    builder.load(builder.gep(other, place), align=8),
                )
                builder.store(found, to, align=8)
        return context.get_dummy_value()

    return operation


def _bound_by(
    _typing: Any, most: Any, least: Any, o: Any, amounts: Any, a: Any, highs: Any, lows: Any, k: Any
) -> Any:
    """Add to the most and the least of everybody what an amount is at most and at least, between two shares of it."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds, o = signature.args, arguments[2]
        above, below, amount, high, low = (
            four_of(context, builder, kinds[array], arguments[array], arguments[place])
            for array, place in ((0, 2), (1, 2), (3, 4), (5, 7), (6, 7))
        )
        with cgutils.for_range(builder, o.type(PEOPLE // WIDTH)) as loop:
            at = [loop.index]
            some, one, other = (
                builder.load(builder.gep(array, at), align=8) for array in (amount, high, low)
            )
            first, second = _product(builder, some, one), _product(builder, some, other)
            rising = builder.fcmp_ordered(">", first, second)
            for total, share in (
                (builder.gep(above, at), builder.select(rising, first, second)),
                (builder.gep(below, at), builder.select(rising, second, first)),
            ):
                builder.store(builder.fadd(builder.load(total, align=8), share), total, align=8)
        return context.get_dummy_value()

    return types.void(most, least, o, amounts, a, highs, lows, k), write


def _plain_bound_by(
    most: Any, least: Any, o: Any, amounts: Any, a: Any, highs: Any, lows: Any, k: Any
) -> None:
    of_o, of_a, of_k = (slice(int(place), int(place) + PEOPLE) for place in (o, a, k))
    with np.errstate(all="ignore"):
        first, second = amounts[of_a] * highs[of_k], amounts[of_a] * lows[of_k]
        most[of_o] += np.maximum(first, second)
        least[of_o] += np.minimum(first, second)


def _of(name: str, builder: Any, numbers: Any) -> Any:
    """A function that the processor has an instruction for."""
    kind = ir.FunctionType(FOUR_NUMBERS, [FOUR_NUMBERS])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"{name}.v4f64"), [numbers])


def _product(builder: Any, a: Any, b: Any) -> Any:
    return builder.fmul(a, b, flags=MAY_JOIN)


def sum_of_product(builder: Any, o: Any, a: Any, b: Any) -> Any:
    """A sum that goes on: o + a b."""
    return builder.fadd(o, _product(builder, a, b), flags=MAY_JOIN)


def _higher(builder: Any, o: Any, a: Any, _b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, o), a, o)


def _side(builder: Any, _o: Any, a: Any, _b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">=", a, each_four(0.0)), each_four(1.0), each_four(-1.0))


def _plain(function: Callable[[Any, Any, Any], Any]) -> Any:
    """The same in Python."""

    def operation(out: Any, o: Any, held: Any, a: Any, b: Any) -> None:
        of_o, of_a, of_b = (slice(int(place), int(place) + PEOPLE) for place in (o, a, b))
        with np.errstate(all="ignore"):
            out[of_o] = function(out[of_o], held[of_a], held[of_b])

    return operation


def _either(combine: Combine, function: Callable[[Any, Any, Any], Any]) -> Any:
    return _plain(function) if numba.config.DISABLE_JIT else intrinsic(_for_everybody(combine))


add = _either(lambda builder, _o, a, b: builder.fadd(a, b), lambda _o, a, b: a + b)
subtract = _either(lambda builder, _o, a, b: builder.fsub(a, b), lambda _o, a, b: a - b)
multiply = _either(lambda builder, _o, a, b: _product(builder, a, b), lambda _o, a, b: a * b)
divide = _either(lambda builder, _o, a, b: builder.fdiv(a, b), lambda _o, a, b: a / b)
root = _either(lambda builder, _o, a, _b: _of("llvm.sqrt", builder, a), lambda _o, a, _b: np.sqrt(a))
size = _either(lambda builder, _o, a, _b: _of("llvm.fabs", builder, a), lambda _o, a, _b: np.abs(a))
side = _either(_side, lambda _o, a, _b: np.where(a >= 0.0, 1.0, -1.0))
sum_product = _either(sum_of_product, lambda o, a, b: o + a * b)
higher = _either(_higher, lambda o, a, _b: np.where(a > o, a, o))
bound_by = _plain_bound_by if numba.config.DISABLE_JIT else intrinsic(_bound_by)
