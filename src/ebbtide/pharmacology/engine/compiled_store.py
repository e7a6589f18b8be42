"""Stores that pass the caches by: what is written once and read much later need not be read into them first.

A store of a cache line that is not in the cache fetches the line before it overwrites it, so an ordinary store moves
everything twice. Four numbers at a time, aligned, go past the caches instead; the few at either end go the usual way.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ebbtide.pharmacology.engine.compiled import FOUR, ONE, compiled

AT_A_TIME = 4
ALIGNED = 8 * AT_A_TIME  # bytes


def _four_past(_typing: Any, out: Any, to: Any, line: Any, at: Any) -> Any:
    """Four numbers of a line into an aligned place of another array, past the caches."""

    def write(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        four = ir.VectorType(ir.DoubleType(), AT_A_TIME).as_pointer()
        target, source = (
            builder.bitcast(
                builder.gep(
                    context.make_array(signature.args[place])(context, builder, arguments[place]).data,
                    [arguments[place + 1]],
                ),
                four,
            )
            for place in (0, 2)
        )
        store = builder.store(builder.load(source, align=8), target, align=ALIGNED)
        store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(out, to, line, at), write


def _in_order(_typing: Any) -> Any:
    """Everything stored before is seen before anything that is stored after."""

    def write(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), write


def _four_plain(out: Any, to: Any, line: Any, at: Any) -> None:
    out[int(to) : int(to) + AT_A_TIME] = line[int(at) : int(at) + AT_A_TIME]


def _nothing() -> None:
    """Plain Python stores in order."""


four_past = _four_plain if numba.config.DISABLE_JIT else intrinsic(_four_past)
in_order = _nothing if numba.config.DISABLE_JIT else intrinsic(_in_order)


@compiled
def send(out, to, line, count, ahead):
    """So many numbers of a line into an array; an aligned place is one whose number leaves ``ahead`` over by four."""
    at, left = np.uint64(0), np.uint64(count)
    while left > np.uint64(0) and (to + at) % FOUR != ahead:
        out[to + at] = line[at]
        at += ONE
        left -= ONE
    while left >= FOUR:
        four_past(out, to + at, line, at)
        at += FOUR
        left -= FOUR
    while left > np.uint64(0):
        out[to + at] = line[at]
        at += ONE
        left -= ONE
