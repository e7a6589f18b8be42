r"""How the networks of a cohort come apart into modes: worked out once for everybody, as tables of what to multiply.

Drug enters in the centre alone, so every output is the answer of one transfer function to one input,

$$ H_o(s) = \sum_m \sum_{i=1}^{n_m} \frac{c_{o,m,i}}{(s + k_m)^i}, \qquad
   y_o(t) = \sum_m \sum_i c_{o,m,i}\, z_{m,i}(t), \qquad
   \dot z_{m,1} = u - k_m z_{m,1}, \quad \dot z_{m,i} = z_{m,i-1} - k_m z_{m,i}, $$

with rates k (1/h), input u (mg/h) and modes z that belong to the person and not to an output: all outputs share them.
A centre with its tissues has as many simple rates as states; n equal stages one after the other have one rate n times.
What follows a group multiplies H, and a product comes apart by the Taylor series of one factor at the rates of the
other: the rows of :attr:`Plan.products`. A network that is not built of such groups has no plan, and is summed whole
(:mod:`ebbtide.pharmacology.engine.stepping`); a person in whom two rates come too near is found by the error bound that
:mod:`ebbtide.pharmacology.engine.residues` carries along. Checked in tests/pharmacology/test_modes.py.
"""

from dataclasses import dataclass
from math import comb

import numpy as np

from ebbtide.pharmacology.engine.network import CENTRE, BoolArray, IntArray, Network

NO_PLACE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """States that share their rates: a centre with its tissues, or equal stages one after the other.

    Attributes:
        states: The one that drug enters, then the tissues, or the stages in order.
        is_star: Whether drug goes back and forth between the first and each of the others.
        first_term: Number of its first mode among all modes.
        source: The state that feeds it; ``NO_PLACE`` where the pump does.
        path: The groups between the pump and this one, itself the last, by number.
    """

    states: tuple[int, ...]
    is_star: bool
    first_term: int
    source: int
    path: tuple[int, ...]

    @property
    def terms(self) -> range:
        """Its modes among all modes: one for each state, or for each power of its one rate."""
        return range(self.first_term, self.first_term + len(self.states))

    @property
    def elements(self) -> tuple[tuple[int, int], ...]:
        """Its rates: the first mode of each, and how many times it stands."""
        if self.is_star:
            return tuple((term, 1) for term in self.terms)
        return ((self.first_term, len(self.states)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Tables that hold for everybody; numbers of states, modes, reads (states that are read) and strengths.

    Attributes:
        groups: Those on the way to an output, in the order of the flow.
        orders: Of each mode, 0 where it is fed by the pump itself, 1 where it is fed by the mode before it ...
        reads: The states whose transfer functions are needed.
        entries: strength x entries of A (row, column) that are multiplied, filled up with ``NO_PLACE``.
        tails: strength x (mode whose weight is a factor, tissue that it leaves by, its centre) or ``NO_PLACE``.
        starts: Coefficients that are a strength: (coefficient, strength).
        products: (coefficient, coefficient that is multiplied, strength, mode, mode, power of 1 / difference, factor).
        outputs: Of each output, which read.
    """

    groups: tuple[Group, ...]
    orders: tuple[int, ...]
    reads: tuple[int, ...]
    entries: tuple[tuple[tuple[int, int], ...], ...]
    tails: tuple[tuple[int, int, int], ...]
    starts: tuple[tuple[int, int], ...]
    products: tuple[tuple[int, int, int, int, int, int, float], ...]
    outputs: tuple[int, ...]

    def terms_of(self, output: int) -> list[int]:
        """The modes that an output is a sum of."""
        state = self.reads[self.outputs[output]]
        (group,) = (group for group in self.groups if state in group.states)
        return [term for place in group.path for term in self.groups[place].terms]


def groups_of(network: Network) -> tuple[Group, ...] | None:
    """The groups that an output needs, in the order of the flow; None where one is of no known kind."""
    pump = network.pump
    fed = np.flatnonzero(network.flows[:pump, pump])
    if fed.tolist() != [CENTRE] or not np.all(network.rates_per_h[CENTRE, pump] == 1.0):
        return None
    return _groups(network)


def planned(groups: tuple[Group, ...], states: tuple[int, ...]) -> Plan:
    """The tables of some groups when these states are the outputs."""
    return _Tables(groups, states).plan()


def _groups(network: Network) -> tuple[Group, ...] | None:
    """The groups that an output needs, in the order of the flow; None where one is of no known kind."""
    flows: BoolArray = network.flows[: network.pump, : network.pump].copy()
    np.fill_diagonal(flows, val=False)
    reached = network.reached()[: network.pump, : network.pump]
    needed = np.asarray(reached[list(network.states)].any(axis=0))
    order = [state for state in np.argsort(reached.sum(axis=1), kind="stable").tolist() if needed[state]]
    found: dict[int, list[int]] = {}  # by entry
    sources: dict[int, int] = {}
    seen: set[int] = set()
    for state in order:
        if state in seen:
            continue
        together = np.flatnonzero(reached[state] & reached[:, state])
        seen |= set(together.tolist())
        entered = _entered(flows, together)
        if entered is None:
            return None
        entry, sources[entry] = entered
        found[entry] = [entry, *(other for other in together.tolist() if other != entry)]
    return _numbered(_joined(found, sources, network), sources)


def _entered(flows: BoolArray, together: IntArray) -> tuple[int, int] | None:
    """Where drug enters some states and where it comes from; None unless there is one way, and one way back from each."""
    within = flows[np.ix_(together, together)]
    outside = flows[together].copy()
    outside[:, together] = False
    ways = np.argwhere(outside)
    if len(ways) > 1 or (len(ways) == 0 and CENTRE not in together):
        return None
    entry, source = (int(together[ways[0, 0]]), int(ways[0, 1])) if len(ways) else (CENTRE, NO_PLACE)
    star = np.zeros_like(within)
    star[together == entry] = True
    star[:, together == entry] = True
    np.fill_diagonal(star, val=False)
    return (entry, source) if np.array_equal(star, within) else None


def _joined(
    found: dict[int, list[int]], sources: dict[int, int], network: Network
) -> dict[int, tuple[list[int], bool]]:
    """Single states in a row with the same rate in everybody, read nowhere but at the end, as one group."""
    leaving = np.diagonal(network.rates_per_h).T
    used = [*network.states, *(source for source in sources.values())]
    joined: dict[int, tuple[list[int], bool]] = {}
    ends: dict[int, int] = {}  # last stage -> entry of its group
    for entry, states in found.items():
        before = ends.get(sources[entry])
        if len(states) > 1:
            joined[entry] = (states, True)
        elif (
            before is not None
            and used.count(sources[entry]) == 1
            and np.array_equal(leaving[entry], leaving[sources[entry]])
        ):
            joined[before][0].append(entry)
            ends[entry] = before
        else:
            joined[entry] = (states, False)
            ends[entry] = entry
    return joined


def _numbered(joined: dict[int, tuple[list[int], bool]], sources: dict[int, int]) -> tuple[Group, ...]:
    """The groups with the numbers of their modes and the ways that lead to them."""
    groups: list[Group] = []
    holds: dict[int, int] = {}
    terms = 0
    for entry, (states, is_star) in joined.items():
        source = sources[entry]
        before = groups[holds[source]].path if source != NO_PLACE else ()
        groups.append(
            Group(
                states=tuple(states),
                is_star=is_star,
                first_term=terms,
                source=source,
                path=(*before, len(groups)),
            )
        )
        holds |= dict.fromkeys(states, len(groups) - 1)
        terms += len(states)
    return tuple(groups)


class _Tables:
    """Writes the tables group by group, in the order of the flow."""

    def __init__(self, groups: tuple[Group, ...], states: tuple[int, ...]) -> None:
        self.groups, self.states = groups, states
        wanted = {*states, *(group.source for group in groups if group.source != NO_PLACE)}
        self.reads = tuple(state for group in groups for state in group.states if state in wanted)
        self.modes = sum(len(group.states) for group in groups)
        self.entries: list[tuple[tuple[int, int], ...]] = []
        self.tails: list[tuple[int, int, int]] = []
        self.starts: list[tuple[int, int]] = []
        self.products: list[tuple[int, int, int, int, int, int, float]] = []

    def plan(self) -> Plan:
        for group in self.groups:
            for state in group.states:
                if state in self.reads:
                    self._read(group, state)
        return Plan(
            groups=self.groups,
            orders=tuple(
                0 if group.is_star else order for group in self.groups for order in range(len(group.states))
            ),
            reads=self.reads,
            entries=tuple(self.entries),
            tails=tuple(self.tails),
            starts=tuple(self.starts),
            products=tuple(self.products),
            outputs=tuple(self.reads.index(state) for state in self.states),
        )

    def _read(self, group: Group, state: int) -> None:
        """The transfer function of one state: that of the state which feeds its group, times its own."""
        for first, times in group.elements:
            strength = self._strength(group, state, first)
            if group.source == NO_PLACE:
                self.starts.append((self._coefficient(state, first + times - 1), strength))
                continue
            for place in group.path[:-1]:
                for old, old_times in self.groups[place].elements:
                    self._product(group, state, strength, (first, times), (old, old_times))

    def _strength(self, group: Group, state: int, first: int) -> int:
        """What flows in, times the weight of a mode, or times every rate from stage to stage."""
        fed = () if group.source == NO_PLACE else ((group.states[0], group.source),)
        if group.is_star:
            tissue = NO_PLACE if state == group.states[0] else state
            self.entries.append(fed)
            self.tails.append((first, tissue, group.states[0]))
        else:
            passed = tuple((group.states[i + 1], group.states[i]) for i in range(len(group.states) - 1))
            self.entries.append((*fed, *passed))
            self.tails.append((NO_PLACE, NO_PLACE, NO_PLACE))
        return len(self.tails) - 1

    def _product(
        self, group: Group, state: int, strength: int, new: tuple[int, int], old: tuple[int, int]
    ) -> None:
        r"""The partial fractions of c/(s+k_old)^i times S/(s+k_new)^n, with d = k_new - k_old and every i at once.

        At the old rate $\frac{S}{(s+k_{new})^n} = \sum_l \binom{n+l-1}{l} \frac{S (-1)^l}{d^{n+l}} (s+k_{old})^l$,
        and the other way round with -d.
        """
        (first, times), (before, old_times) = new, old
        for i in range(1, old_times + 1):
            fed = self._coefficient(group.source, before + i - 1)
            for gone in range(i):
                factor = (-1.0) ** gone * comb(times + gone - 1, gone)
                into = self._coefficient(state, before + i - gone - 1)
                self.products.append((into, fed, strength, first, before, times + gone, factor))
            for gone in range(times):
                factor = (-1.0) ** i * comb(
                    i + gone - 1, gone
                )  # (-1)^gone from the series, (-1)^(i+gone) from -d
                into = self._coefficient(state, first + times - gone - 1)
                self.products.append((into, fed, strength, first, before, i + gone, factor))

    def _coefficient(self, state: int, term: int) -> int:
        return self.reads.index(state) * self.modes + term
