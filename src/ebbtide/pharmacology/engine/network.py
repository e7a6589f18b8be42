r"""A cohort as a network of compartments: the matrix of rates of each person, and what is read off it.

With amounts x (mg of parent equivalents) and input u (mg/h),

$$ \dot x = A x, \qquad x = (\text{centre, tissues, organ, delays, metabolites, effect site, areas}, u), \qquad
   y_o = \text{scale}_o \, x_{s(o)} \ \text{(ng/mL)}. $$

The rate of the pump is a state of its own that does not change by itself, so one exponential of A carries both what
is in the body and what is being given. Off the diagonal every entry of A is zero or positive: drug flows from one
place to another and is never owed. Such a matrix (Metzler) has an exponential without a negative entry, and that is
why the engine built on it never subtracts: equal rates, nearly equal rates and long chains are no special case.

Source: mass balance of the equations in pharmacology facts 2.1; the effect site is $\dot e = k_{e0} (a_1 - e)$.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ebbtide.pharmacology.engine.cohort import Cohort, numbered
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.published.models import Compartments, Metabolite

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

NG_PER_ML_FROM_MG_PER_L = 1000.0
KETAMINE = "ketamine"
EFFECT_SITE = "effect_site"
CENTRE = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """n people as matrices of rates.

    Attributes:
        rates_per_h: A, as states x states x people (1/h): ``[i, j]`` is what flows from j into i.
        outputs: What is read, in order: species, ``effect_site``; with areas, each again as ``area_of_...``.
        states: The state that each output reads.
        scales: outputs x people: ng/mL (ng h/mL for an area) for each mg in that state.
        flows: states x states: where A can be other than zero.
    """

    rates_per_h: FloatArray
    outputs: tuple[str, ...]
    states: tuple[int, ...]
    scales: FloatArray
    flows: BoolArray

    @property
    def size(self) -> int:
        """How many people."""
        return int(self.rates_per_h.shape[2])

    @property
    def pump(self) -> int:
        """The state that holds the rate of the pump (mg/h): the last one."""
        return int(self.rates_per_h.shape[0]) - 1

    def some(self, people: "slice | IntArray") -> "Network":
        """A part of the people, in the same order."""
        return Network(
            rates_per_h=self.rates_per_h[:, :, people],
            outputs=self.outputs,
            states=self.states,
            scales=self.scales[:, people],
            flows=self.flows,
        )

    def reached(self) -> BoolArray:
        """States x states: where the exponential of A can be other than zero (whatever flows into what, at last)."""
        reached = self.flows | np.eye(self.flows.shape[0], dtype=np.bool_)
        for _ in range(int(np.ceil(np.log2(reached.shape[0]))) + 1):
            reached = (reached.astype(np.int64) @ reached.astype(np.int64)) > 0
        return reached


class _Builder:
    """Lays states one after the other and keeps the flows between them; a flow is n numbers (1/h)."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.count = 0
        self.flows: dict[tuple[int, int], FloatArray] = {}

    def state(self) -> int:
        self.count += 1
        return self.count - 1

    def flow(self, *, source: int, into: int, rate: FloatArray) -> None:
        """Drug leaves one state and arrives in another."""
        self.loss(state=source, rate=rate)
        self.copy(source=source, into=into, rate=rate)

    def loss(self, *, state: int, rate: FloatArray) -> None:
        """Drug leaves a state for good."""
        self._add(state, state, -rate)

    def copy(self, *, source: int, into: int, rate: FloatArray) -> None:
        """Something grows with what a state holds, and takes nothing from it."""
        self._add(into, source, rate)

    def _add(self, row: int, column: int, rate: FloatArray) -> None:
        self.flows[row, column] = self.flows.get((row, column), np.zeros(self.size)) + rate

    def matrices(self) -> FloatArray:
        rates = np.zeros((self.count, self.count, self.size))
        for (row, column), rate in self.flows.items():
            rates[row, column] = rate
        return rates


def network_of(
    cohort: Cohort,
    *,
    outputs: Sequence[str] = (KETAMINE,),
    ke0_per_h: FloatArray | None = None,
    areas: bool = False,
) -> Network:
    """The network of a cohort.

    Args:
        cohort: n people under one model.
        outputs: Species to read: ``ketamine``, metabolites of the model, ``effect_site``.
        ke0_per_h: n rate constants of the effect site (1/h); needed when it is among the outputs.
        areas: Whether to carry the area under each output as well.

    Raises:
        NotComputable: An output that this model has no equations for.
    """
    build = _Builder(cohort.size)
    centres = {KETAMINE: _lay_compartments(build, cohort, cohort.model.body.compartments, prefix="")}
    forming = {KETAMINE: (centres[KETAMINE], _loss(cohort, prefix=""))}
    if cohort.model.body.organ is not None:
        forming["organ"] = _lay_organ(build, cohort)
    scales = {KETAMINE: _scale(cohort, prefix="", factor=1.0)}
    for metabolite in _needed(cohort, outputs):
        centres[metabolite.id] = _lay_metabolite(build, cohort, metabolite, forming[metabolite.formed_from])
        forming[metabolite.id] = (centres[metabolite.id], _loss(cohort, prefix=f"{metabolite.id}_"))
        scales[metabolite.id] = _scale(
            cohort, prefix=f"{metabolite.id}_", factor=metabolite.concentration_factor
        )
    if EFFECT_SITE in outputs:
        centres[EFFECT_SITE] = _lay_effect_site(build, centres[KETAMINE], ke0_per_h)
        scales[EFFECT_SITE] = scales[KETAMINE]
    return _finished(build, {name: (centres[name], scales[name]) for name in outputs}, areas=areas)


def _finished(build: _Builder, read: dict[str, tuple[int, FloatArray]], *, areas: bool) -> Network:
    """The areas, the pump last, and the matrices."""
    whole = dict(read)
    if areas:
        for name, (state, scale) in read.items():
            area = build.state()
            build.copy(source=state, into=area, rate=np.ones(build.size))
            whole[f"area_of_{name}"] = (area, scale)
    build.copy(source=build.state(), into=CENTRE, rate=np.ones(build.size))
    rates = build.matrices()
    return Network(
        rates_per_h=rates,
        outputs=tuple(whole),
        states=tuple(state for state, _ in whole.values()),
        scales=np.array([scale for _, scale in whole.values()]),
        flows=np.any(rates != 0, axis=2),
    )


def _lay_compartments(build: _Builder, cohort: Cohort, compartments: Compartments, *, prefix: str) -> int:
    """A centre and its tissues; returns the state of the centre."""
    columns = cohort.columns
    centre = build.state()
    tissues = len(compartments.peripheral_volumes_l)
    for place in range(tissues):
        tissue, which = build.state(), numbered(place, tissues)
        flow = columns[f"{prefix}intercompartmental{which}"]
        build.flow(source=centre, into=tissue, rate=flow / columns[f"{prefix}central"])
        build.flow(source=tissue, into=centre, rate=flow / columns[f"{prefix}peripheral{which}"])
    if compartments.elimination_l_per_h is not None:
        build.loss(state=centre, rate=_loss(cohort, prefix=prefix))
    return centre


def _loss(cohort: Cohort, *, prefix: str) -> FloatArray:
    """CL/V of a centre (1/h); zero where only an organ eliminates."""
    cleared = cohort.columns.get(f"{prefix}elimination", np.zeros(cohort.size))
    lost: FloatArray = cleared / cohort.columns[f"{prefix}central"]
    return lost


def _scale(cohort: Cohort, *, prefix: str, factor: float) -> FloatArray:
    scale: FloatArray = NG_PER_ML_FROM_MG_PER_L * factor / cohort.columns[f"{prefix}central"]
    return scale


def _lay_organ(build: _Builder, cohort: Cohort) -> tuple[int, FloatArray]:
    """The organ in exchange with the centre of the parent; returns what forms the metabolite."""
    columns, organ = cohort.columns, build.state()
    build.flow(source=CENTRE, into=organ, rate=columns["organ_flow"] / columns["central"])
    build.flow(source=organ, into=CENTRE, rate=columns["organ_flow"] / columns["organ_volume"])
    build.loss(state=organ, rate=columns["k_elimination"] + columns["k_to_metabolite"])
    return organ, columns["k_to_metabolite"]


def _needed(cohort: Cohort, outputs: Sequence[str]) -> list[Metabolite]:
    """The metabolites to lay: those asked for and those they are formed from, parents first."""
    known = {metabolite.id: metabolite for metabolite in cohort.model.body.metabolites}
    wanted = set(outputs) - {KETAMINE, EFFECT_SITE}
    if strange := sorted(wanted - set(known)):
        raise NotComputable(
            f"{cohort.model.id} has no equations for {', '.join(strange)}: ask for "
            f"{', '.join([KETAMINE, *known, EFFECT_SITE])}."
        )
    needed: list[Metabolite] = []
    for metabolite in reversed(cohort.model.body.metabolites):
        if metabolite.id in wanted:
            needed.insert(0, metabolite)
            wanted.add(metabolite.formed_from)
    if changing := [part for part in needed if part.time_effect is not None]:
        raise NotComputable(
            f"{changing[0].id} changes over time ({changing[0].time_effect}): this engine has no curve for it."
        )
    return needed


def _lay_metabolite(
    build: _Builder, cohort: Cohort, metabolite: Metabolite, formed: tuple[int, FloatArray]
) -> int:
    """The delays and the compartments of a metabolite; what forms it is copied, its parent has already lost it."""
    source, rate = formed
    rate = metabolite.fraction * rate
    if metabolite.transit is not None:
        passing = metabolite.transit.stages / cohort.columns[f"{metabolite.id}_mtt"]
        for _ in range(metabolite.transit.stages):
            stage = build.state()
            build.copy(source=source, into=stage, rate=rate)
            build.loss(state=stage, rate=passing)
            source, rate = stage, passing
    centre = _lay_compartments(build, cohort, metabolite.compartments, prefix=f"{metabolite.id}_")
    build.copy(source=source, into=centre, rate=rate)
    return centre


def _lay_effect_site(build: _Builder, centre: int, ke0_per_h: FloatArray | None) -> int:
    if ke0_per_h is None:
        raise NotComputable("The effect site needs its rate constant ke0 (1/h): give one for each person.")
    site = build.state()
    build.copy(source=centre, into=site, rate=ke0_per_h)
    build.loss(state=site, rate=ke0_per_h)
    return site
