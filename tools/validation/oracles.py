r"""Two independent oracles: SciPy's matrix exponential and a stiff solver, on equations written here a second time.

Nothing of the library's mathematics is used: the matrix is laid from the raw data file by the equations of the
mammillary system, of the liver, of the delays and of the effect site, and weight and age are applied here.

$$ \dot x = A x + b\,u, \qquad \begin{pmatrix} x \\ 1 \end{pmatrix}(t) =
   \exp\!\left(\begin{pmatrix} A & b\,u \\ 0 & 0 \end{pmatrix} t\right) \begin{pmatrix} x \\ 1 \end{pmatrix}(0) $$
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp
from scipy.linalg import expm

Floats = npt.NDArray[np.float64]
RADAU_RELATIVE = 1e-11


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen:
    """What is given, written as the oracles read it: (start h, end h, mg/h) and (at h, mg)."""

    rates: Sequence[tuple[float, float, float]]
    pushes: Sequence[tuple[float, float]]

    def edges(self, last_h: float) -> list[float]:
        """Every instant at which the right-hand side changes, and the last time looked at (h)."""
        inside = {edge for start, end, _ in self.rates for edge in (start, end)} | {
            at for at, _ in self.pushes
        }
        return sorted({0.0, last_h, *(edge for edge in inside if edge < last_h)})

    def rate(self, start_h: float, end_h: float) -> float:
        """The rate between two neighbouring edges (mg/h)."""
        middle = (start_h + end_h) / 2
        return sum(rate for start, end, rate in self.rates if start <= middle < end)

    def pushed(self, at_h: float) -> float:
        """What goes in at once at an edge (mg)."""
        return sum(amount for at, amount in self.pushes if at == at_h)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A person's equations: A (1/h), and for each species the state that is read and ng/mL for 1 mg in it."""

    matrix: Floats
    read: Mapping[str, tuple[int, float]]


def system_of(data: Mapping[str, Any], *, weight_kg: float, age_y: float, ke0_per_h: float) -> System:
    """The equations of one model of the raw data file in one person, all metabolites and an effect site included."""
    laid = _Laid(data, weight_kg=weight_kg)
    organ = data["organ"]
    clearance = data["clearances_l_h"]["elimination"]
    laid.mammillary(data, name="ketamine", factor=1.0)
    leaves: dict[str, tuple[int, float]] = {}
    if organ is None:
        leaves["ketamine"] = laid.eliminated("ketamine", clearance)
    else:
        slope = data.get("covariates", {}).get("organ_flow_per_year_over_60_l_h", 0.0)
        leaves["organ"] = laid.liver(organ, flow=organ["flow_l_h"] + slope * max(0.0, age_y - 60.0))
    for part in data["metabolites"]:
        source, rate = leaves[part["from"]]
        laid.formed(part, source=source, rate=rate * part["fraction"])
        leaves[part["id"]] = laid.eliminated(part["id"], part["clearances_l_h"]["elimination"])
    laid.effect_site(ke0_per_h)
    return System(matrix=laid.matrix(), read=laid.read)


class _Laid:
    """States one after the other; `terms` holds (row, column, rate)."""

    def __init__(self, data: Mapping[str, Any], *, weight_kg: float) -> None:
        exponents = data["allometry"]
        ratio = weight_kg / exponents["reference_weight_kg"]
        self.grown = {
            name: ratio ** exponents[name]
            for name in ("central_volume", "peripheral_volumes", "elimination", "intercompartmental")
        }
        self.size = 0
        self.terms: list[tuple[int, int, float]] = []
        self.read: dict[str, tuple[int, float]] = {}
        self.volume: dict[str, float] = {}

    def new(self) -> int:
        self.size += 1
        return self.size - 1

    def mammillary(self, data: Mapping[str, Any], *, name: str, factor: float) -> int:
        """da1 = - sum Q a1/V1 + sum Q aj/Vj, daj = Q (a1/V1 - aj/Vj)."""
        centre, v1 = self.new(), data["volumes_l"]["central"] * self.grown["central_volume"]
        pairs = zip(
            data["volumes_l"]["peripheral"], data["clearances_l_h"]["intercompartmental"], strict=True
        )
        for volume, flow in pairs:
            tissue, q = self.new(), flow * self.grown["intercompartmental"]
            vj = volume * self.grown["peripheral_volumes"]
            self.terms += [(centre, centre, -q / v1), (centre, tissue, q / vj)]
            self.terms += [(tissue, centre, q / v1), (tissue, tissue, -q / vj)]
        self.read[name] = (centre, 1000.0 * factor / v1)
        self.volume[name] = v1
        return centre

    def eliminated(self, name: str, clearance: float) -> tuple[int, float]:
        """The centre loses CL a1/V1: the state and the rate that a metabolite is formed with."""
        centre, rate = self.read[name][0], clearance * self.grown["elimination"] / self.volume[name]
        self.terms.append((centre, centre, -rate))
        return centre, rate

    def liver(self, organ: Mapping[str, float], *, flow: float) -> tuple[int, float]:
        state, centre = self.new(), self.read["ketamine"][0]
        into, back = flow / self.volume["ketamine"], flow / organ["volume_l"]
        lost = organ["k_elimination_h"] + organ["k_to_metabolite_h"]
        self.terms += [(centre, centre, -into), (state, centre, into)]
        self.terms += [(centre, state, back), (state, state, -back - lost)]
        return state, organ["k_to_metabolite_h"]

    def formed(self, part: Mapping[str, Any], *, source: int, rate: float) -> None:
        stages = part["transit"]["n"] if part["transit"] else 0
        for _ in range(stages):
            stage, drain = self.new(), stages / part["transit"]["mtt_h"]
            self.terms += [(stage, source, rate), (stage, stage, -drain)]
            source, rate = stage, drain
        centre = self.mammillary(part, name=part["id"], factor=part["concentration_factor"])
        self.terms.append((centre, source, rate))

    def effect_site(self, ke0_per_h: float) -> None:
        centre, scale = self.read["ketamine"]
        site = self.new()
        self.terms += [(site, centre, ke0_per_h), (site, site, -ke0_per_h)]
        self.read["effect_site"] = (site, scale)

    def matrix(self) -> Floats:
        matrix = np.zeros((self.size, self.size))
        for row, column, rate in self.terms:
            matrix[row, column] += rate
        return matrix


def by_exponential(system: System, regimen: Regimen, times_h: Floats) -> dict[str, Floats]:
    """Every species at every time (ng/mL) by the exponential of the augmented matrix, one for each time."""
    size = system.matrix.shape[0]
    states, held = np.zeros((times_h.size, size)), np.zeros(size)
    for start_h, end_h, rate in _spans(regimen, float(times_h[-1])):
        held[0] += regimen.pushed(start_h)
        augmented = np.zeros((size + 1, size + 1))
        augmented[:size, :size], augmented[0, size] = system.matrix, rate
        from_start = np.append(held, 1.0)
        here = (times_h >= start_h) & (times_h < end_h)
        passed_h = np.append(times_h[here], end_h) - start_h
        moved = (expm(augmented * passed_h[:, None, None]) @ from_start)[:, :size]
        states[here], held = moved[:-1], moved[-1]
    states[times_h == times_h[-1]] = held
    return _read(system, states)


def by_stiff_solver(system: System, regimen: Regimen, times_h: Floats) -> dict[str, Floats]:
    """Every species at every time (ng/mL) by Radau IIA of order 5 at a relative tolerance of 1e-11."""
    size = system.matrix.shape[0]
    states, held = np.zeros((times_h.size, size)), np.zeros(size)
    whole_mg = sum(rate * (end - start) for start, end, rate in regimen.rates) + sum(
        mg for _, mg in regimen.pushes
    )
    for start_h, end_h, rate in _spans(regimen, float(times_h[-1])):
        held[0] += regimen.pushed(start_h)
        given = np.zeros(size)
        given[0] = rate
        here = (times_h >= start_h) & (times_h < end_h)
        found = solve_ivp(
            lambda _, x, given=given: system.matrix @ x + given,
            (start_h, end_h),
            held,
            method="Radau",
            t_eval=np.append(times_h[here], end_h),
            jac=system.matrix,
            rtol=RADAU_RELATIVE,
            atol=1e-15 * whole_mg,
        )
        if not found.success:
            raise RuntimeError(f"The stiff solver stopped: {found.message}")
        states[here], held = found.y[:, :-1].T, found.y[:, -1].copy()
    states[times_h == times_h[-1]] = held
    return _read(system, states)


def _spans(regimen: Regimen, last_h: float) -> Iterator[tuple[float, float, float]]:
    for start_h, end_h in pairwise(regimen.edges(last_h)):
        yield start_h, end_h, regimen.rate(start_h, end_h)


def _read(system: System, states: Floats) -> dict[str, Floats]:
    return {name: scale * states[:, state] for name, (state, scale) in system.read.items()}
