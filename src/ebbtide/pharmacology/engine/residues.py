r"""The rates and the residues of a person, each with a bound of what rounding did to it, as a tape that everybody shares.

The rates of a centre with tissues solve the secular equation in which nothing is subtracted that was not given,

$$ g(k) = \ell - k + \sum_i \frac{a_i (m_i - k)}{b_i - k} = 0, \qquad
   w = \left( 1 + \sum_i \frac{a_i c_i}{(b_i - k)^2} \right)^{-1}, $$

with a from the centre into a tissue, c back, b = c + m out of the tissue, m lost there and l lost from the centre
(1/h); w is the weight of the mode in the centre. First guesses come from Jacobi rotations of the symmetric matrix with
off-diagonals $\sqrt{a c}$, and Newton's method finishes them: its last step is part of their doubt.

A doubt is an error to first order in units of the last place (2^-52): of a rate or a weight as a share of it, of a
residue as it stands. A residue is a product over differences of rates, so where two rates that feed one output meet it
has no bound, and the person is summed whole instead (:mod:`ebbtide.pharmacology.engine.kernel`). Against forty digits:
tests/pharmacology/test_modes.py.
"""

from dataclasses import dataclass

from ebbtide.pharmacology.engine.modes import NO_PLACE, Group, Plan
from ebbtide.pharmacology.engine.tape import Recording, Tape, Value

SWEEPS = (
    3  # of Jacobi rotations: they leave so little that Newton, which squares what is left, ends in two steps
)
POLISHES = 1
TINY = 1e-300
STEPS = 64.0  # units of the last place that decays, their powers and the sums of modes may cost
LAST_PLACE = 2.0**-52


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A number and its doubt."""

    value: Value
    doubt: Value | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One tissue of a centre: rates into it, back, and out of it in all (1/h)."""

    there: Value
    back: Value
    out: Value


def tape_of(plan: Plan, size: int) -> Recording:
    """Keeps the rates of all modes, then of each output the residues of its modes, then the bounds of their errors.

    A bound is what rounding may have cost for each unit that the first mode of that rate held at its highest, in units
    of the last place: the doubts of the residue and of its rate, and ``STEPS`` for following the mode. A mode that is fed by another of the same rate k
    never holds more than 1/k times that one's highest.
    """
    return _Writer(plan, size).recording()


class _Writer:
    """Writes rates, strengths and products in the order in which they need each other."""

    def __init__(self, plan: Plan, size: int) -> None:
        self.tape, self.plan, self.size = Tape(), plan, size
        self.poles: dict[int, Known] = {}
        self.weights: dict[int, Known] = {}

    def recording(self) -> Recording:
        for group in self.plan.groups:
            self._rates(group)
        residues = self._residues()
        poles = [self.poles[mode].value for mode in range(len(self.plan.orders))]
        values, bounds = [], []
        for output, read in enumerate(self.plan.outputs):
            scale = self.tape.scale(output)
            for term in self.plan.terms_of(output):
                found = residues[read * len(self.plan.orders) + term]
                value, bound = found.value * scale, found.doubt * scale
                bound = bound + abs(value) * (self.poles[term].doubt + STEPS)
                for order in range(self.plan.orders[term]):
                    bound = bound * (order + 2.0) / poles[term]
                values.append(value)
                bounds.append(bound)
        self.tape.number(TINY)
        return self.tape.finished([*poles, *values, *bounds])

    def _entry(self, row: int, column: int) -> Value:
        return self.tape.load(row * self.size + column)

    def _rates(self, group: Group) -> None:
        if not group.is_star:
            for state, term in zip(group.states, group.terms, strict=True):
                self.poles[term] = Known(value=-self._entry(state, state), doubt=0.0)
            return
        centre, *tissues = group.states
        out = -self._entry(centre, centre)
        exchanges = [
            Exchange(
                there=self._entry(tissue, centre),
                back=self._entry(centre, tissue),
                out=-self._entry(tissue, tissue),
            )
            for tissue in tissues
        ]
        found = [_finished(out, exchanges, guess) for guess in _guesses(out, exchanges)]
        missing = abs(_sum([weight.value for _, weight in found]) - 1.0) / LAST_PLACE
        for term, (pole, weight) in zip(group.terms, found, strict=True):
            self.poles[term] = pole
            self.weights[term] = Known(value=weight.value, doubt=weight.doubt + missing)

    def _strength(self, number: int) -> Known:
        """What a group is fed times the weight of a mode where it is read, or times the rates from stage to stage."""
        term, tissue, centre = self.plan.tails[number]
        factors: list[Known] = [
            Known(value=self._entry(row, column), doubt=1.0) for row, column in self.plan.entries[number]
        ]
        if term != NO_PLACE:
            factors.append(self.weights[term])
        if tissue != NO_PLACE:
            pole, out = self.poles[term], -self._entry(tissue, tissue)
            part = self._entry(tissue, centre) / (out - pole.value)
            factors.append(Known(value=part, doubt=pole.doubt * pole.value / abs(out - pole.value) + 2.0))
        value, doubt = self.tape.number(1.0), self.tape.number(1.0)
        for factor in factors:
            value, doubt = value * factor.value, doubt + factor.doubt
        return Known(value=value, doubt=doubt)

    def _residues(self) -> dict[int, Known]:
        """Every coefficient of every transfer function, in the order of the flow."""
        strengths = [self._strength(number) for number in range(len(self.plan.tails))]
        found = {
            into: Known(
                value=strengths[number].value, doubt=abs(strengths[number].value) * strengths[number].doubt
            )
            for into, number in self.plan.starts
        }
        nothing = self.tape.number(0.0)
        for into, fed, number, new, old, power, factor in self.plan.products:
            part, blur = self._difference(new, old)
            strength, source = strengths[number], found.get(fed, Known(value=nothing, doubt=0.0))
            whole = strength.value * part.to(power) * factor
            before = found.get(into, Known(value=nothing, doubt=0.0))
            rounded = strength.doubt + blur * float(power) + (2.0 + power)
            found[into] = Known(
                value=before.value + source.value * whole,
                doubt=before.doubt + abs(whole) * (source.doubt + abs(source.value) * rounded),
            )
        return found

    def _difference(self, new: int, old: int) -> tuple[Value, Value]:
        """One over the difference of two rates, and its doubt as a share."""
        one, other = self.poles[new], self.poles[old]
        part = 1.0 / (one.value - other.value)
        blur = (one.value * one.doubt + other.value * other.doubt) * abs(part) + 1.0
        return part, blur


def _sum(values: list[Value]) -> Value:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


def _guesses(out: Value, exchanges: list[Exchange]) -> list[Value]:
    """The rates of a centre with tissues by Jacobi rotations."""
    count = len(exchanges) + 1
    nothing = out.tape.number(0.0)
    matrix = {(i, j): nothing for i in range(count) for j in range(i, count)}
    matrix[0, 0] = out
    for i, exchange in enumerate(exchanges, start=1):
        matrix[i, i] = exchange.out
        matrix[0, i] = (exchange.there * exchange.back).root()
    for _ in range(SWEEPS if count > 2 else 1):
        for p in range(count):
            for q in range(p + 1, count):
                _rotate(matrix, count, p, q)
    return [matrix[i, i] for i in range(count)]


def _rotate(matrix: dict[tuple[int, int], Value], count: int, p: int, q: int) -> None:
    """One rotation, after which the entry between two states is zero."""
    between, apart = matrix[p, q], matrix[q, q] - matrix[p, p]
    twice = between * 2.0
    turn = apart.side() * twice / (abs(apart) + (apart * apart + twice * twice).root() + TINY)
    cosine = 1.0 / (turn * turn + 1.0).root()
    sine = turn * cosine
    matrix[p, p] = matrix[p, p] - turn * between
    matrix[q, q] = matrix[q, q] + turn * between
    matrix[p, q] = between.tape.number(0.0)
    for r in range(count):
        if r not in (p, q):
            rp, rq = (min(r, p), max(r, p)), (min(r, q), max(r, q))
            x, y = matrix[rp], matrix[rq]
            matrix[rp] = cosine * x - sine * y
            matrix[rq] = sine * x + cosine * y


def _finished(out: Value, exchanges: list[Exchange], guess: Value) -> tuple[Known, Known]:
    """A rate and its weight in the centre, by Newton's method from a guess."""
    lost, unsure = out, out.tape.number(0.0)
    for exchange in exchanges:
        lost = lost - exchange.there
        unsure = unsure + abs(lost)
    rate = guess
    for _ in range(POLISHES):
        value, slope, _, _ = _secular(lost, exchanges, rate)
        rate = rate + value / slope
    value, slope, rounded, bend = _secular(lost, exchanges, rate)
    weight = 1.0 / slope
    doubt = (unsure + rounded + abs(value) / LAST_PLACE) * weight / rate + 1.0
    return Known(value=rate, doubt=doubt), Known(value=weight, doubt=doubt * rate * bend * weight * 2.0 + 4.0)


def _secular(lost: Value, exchanges: list[Exchange], rate: Value) -> tuple[Value, Value, Value, Value]:
    """g, less its slope, what rounding did to it, and less the slope of that slope by two."""
    value, rounded = lost - rate, rate
    slope, bend = rate.tape.number(1.0), rate.tape.number(0.0)
    for exchange in exchanges:
        part, kept = 1.0 / (exchange.out - rate), exchange.out - exchange.back
        square = exchange.there * exchange.back * part * part
        value = value + exchange.there * (kept - rate) * part
        slope = slope + square
        rounded = rounded + exchange.there * (abs(kept) + abs(kept - rate) * 2.0) * abs(part)
        bend = bend + square * abs(part)
    return value, slope, rounded, bend
