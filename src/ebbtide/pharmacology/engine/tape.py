"""Equations written once as Python arithmetic and recorded as a tape: a list of operations that many people share.

What is the same for everybody (which numbers are added, multiplied, divided) is worked out once and kept; a compiled
loop then plays each operation for many people side by side (:mod:`ebbtide.pharmacology.engine.compiled_tape`), and
:func:`played` does it in NumPy for the tests. The same operation on the same numbers is recorded once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from ebbtide.pharmacology.engine.divided import FloatArray


class Do(IntEnum):
    """An operation on registers, each a number for every person: o from a and b."""

    LOAD = 0  # o = the entry of A with number a
    SCALE = 1  # o = the scale of output a
    ADD = 2
    SUBTRACT = 3
    MULTIPLY = 4
    DIVIDE = 5
    ROOT = 6  # o = square root of a
    SIZE = 7  # o = |a|
    SIDE = 8  # o = 1 where a is zero or more, -1 where it is less
    SUM = 9  # o = o + a b
    SHRINK = 10  # o = o b
    HIGHER = 11  # o = the higher of o and a


ALONE = {Do.ROOT, Do.SIZE, Do.SIDE}
FROM_OUTSIDE = {Do.LOAD, Do.SCALE}


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A number of each person that stands on a tape."""

    tape: "Tape"
    register: int

    def __add__(self, other: "Value | float") -> "Value":
        return self.tape.do(Do.ADD, self, other)

    def __sub__(self, other: "Value | float") -> "Value":
        return self.tape.do(Do.SUBTRACT, self, other)

    def __rsub__(self, other: float) -> "Value":
        return self.tape.do(Do.SUBTRACT, other, self)

    def __mul__(self, other: "Value | float") -> "Value":
        return self.tape.do(Do.MULTIPLY, self, other)

    def __truediv__(self, other: "Value | float") -> "Value":
        return self.tape.do(Do.DIVIDE, self, other)

    def __rtruediv__(self, other: float) -> "Value":
        return self.tape.do(Do.DIVIDE, other, self)

    def __abs__(self) -> "Value":
        return self.tape.do(Do.SIZE, self)

    def __neg__(self) -> "Value":
        return 0.0 - self

    __radd__ = __add__
    __rmul__ = __mul__

    def root(self) -> "Value":
        """Its square root."""
        return self.tape.do(Do.ROOT, self)

    def side(self) -> "Value":
        """1 where it is zero or more, -1 where it is less."""
        return self.tape.do(Do.SIDE, self)

    def to(self, power: int) -> "Value":
        """A whole power, one or more."""
        return self if power == 1 else self * self.to(power - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A tape with its registers numbered anew, used again when what they held is used no more.

    Attributes:
        rows: (operation, o, a, b).
        constants: (register, number) that stand there before the tape is played.
        kept: Registers of what was asked for, in order.
        registers: How many there are.
    """

    rows: tuple[tuple[int, int, int, int], ...]
    constants: tuple[tuple[int, float], ...]
    kept: tuple[int, ...]
    registers: int


@dataclass(slots=True)
class Tape:
    """Records operations in order."""

    rows: list[tuple[Do, int, int, int]] = field(default_factory=list)
    known: dict[tuple[Do, int, int], Value] = field(default_factory=dict)
    constants: dict[float, int] = field(default_factory=dict)
    count: int = 0

    def load(self, entry: int) -> Value:
        """An entry of the matrix of rates, by its number."""
        return self._recorded(Do.LOAD, entry, 0)

    def scale(self, output: int) -> Value:
        """The scale of an output, by its number."""
        return self._recorded(Do.SCALE, output, 0)

    def number(self, number: float) -> Value:
        """A number that is the same in everybody."""
        return Value(self, self._register(number))

    def do(self, operation: Do, a: "Value | float", b: "Value | float" = 0.0) -> Value:
        """Record an operation, or find it recorded."""
        return self._recorded(operation, self._register(a), self._register(b))

    def _register(self, number: "Value | float") -> int:
        if isinstance(number, Value):
            return number.register
        if number not in self.constants:
            self.constants[number] = self._next()
        return self.constants[number]

    def _next(self) -> int:
        self.count += 1
        return self.count - 1

    def _recorded(self, operation: Do, a: int, b: int) -> Value:
        key = (operation, a, b)
        if key not in self.known:
            self.known[key] = Value(self, self._next())
            self.rows.append((operation, self.known[key].register, a, b))
        return self.known[key]

    def finished(self, kept: Sequence[Value]) -> Recording:
        """The tape with few registers; those of what is kept and of the constants are never used for anything else."""
        wanted = {value.register for value in kept}
        last: dict[int, int] = {}
        for place, (operation, _, a, b) in enumerate(self.rows):
            if operation not in FROM_OUTSIDE:
                last[a] = last[b] = place
        at = {register: place for place, register in enumerate(self.constants.values())}
        fixed = set(at) | wanted
        free: list[int] = []
        used, rows = len(at), []
        for place, (operation, o, a, b) in enumerate(self.rows):
            if free:
                at[o] = free.pop()
            else:
                at[o], used = used, used + 1
            inside = operation not in FROM_OUTSIDE
            rows.append((int(operation), at[o], at[a] if inside else a, at[b] if inside else b))
            free += [at[r] for r in {a, b} if inside and last[r] == place and r not in fixed]
        return Recording(
            rows=tuple(rows),
            constants=tuple((at[register], number) for number, register in self.constants.items()),
            kept=tuple(at[value.register] for value in kept),
            registers=used,
        )


def played(recording: Recording, rates_per_h: FloatArray, scales: FloatArray) -> FloatArray:
    """What was kept on a tape, for everybody, in NumPy: kept x people."""
    people = scales.shape[1]
    flat = rates_per_h.reshape(-1, people)
    registers = np.zeros((recording.registers, people))
    for register, number in recording.constants:
        registers[register] = number
    alone: Mapping[Do, Callable[[FloatArray], FloatArray]] = {
        Do.ROOT: np.sqrt,
        Do.SIZE: np.abs,
        Do.SIDE: lambda x: np.where(x >= 0, 1.0, -1.0),
    }
    paired: Mapping[Do, Callable[[FloatArray, FloatArray], FloatArray]] = {
        Do.ADD: np.add,
        Do.SUBTRACT: np.subtract,
        Do.MULTIPLY: np.multiply,
        Do.DIVIDE: np.divide,
    }
    with np.errstate(all="ignore"):
        for operation, o, a, b in recording.rows:
            do = Do(operation)
            if do in FROM_OUTSIDE:
                registers[o] = flat[a] if do == Do.LOAD else scales[a]
            elif do in ALONE:
                registers[o] = alone[do](registers[a])
            else:
                registers[o] = paired[do](registers[a], registers[b])
    return registers[list(recording.kept)]
