"""What a clinic asks of a curve, for many people, without keeping the curves.

The highest concentration and when it stands are taken on the grid, so give a grid as fine as the question; the area is
exact whatever the grid, because it is a state of the network and not a sum over points.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import Network
from ebbtide.pharmacology.engine.programme import Programme
from ebbtide.pharmacology.errors import NotComputable

AREA = "area_of_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summaries:
    """Four figures for each person and output: arrays of people x outputs.

    Attributes:
        outputs: Which outputs, in order.
        peak_ng_per_ml: Highest concentration on the grid.
        peak_at_h: The first grid time at which it stands (h).
        in_window_h: Grid steps at which the concentration lies in the window, both ends included, times the step (h).
        area_ng_h_per_ml: Area under the concentration from time zero to the last grid time.
    """

    outputs: tuple[str, ...]
    peak_ng_per_ml: FloatArray
    peak_at_h: FloatArray
    in_window_h: FloatArray
    area_ng_h_per_ml: FloatArray

    def quantiles(self, levels: Sequence[float]) -> "Summaries":
        """The same figures as quantiles over people: levels x outputs."""
        wanted = list(levels)
        return Summaries(
            outputs=self.outputs,
            peak_ng_per_ml=np.quantile(self.peak_ng_per_ml, wanted, axis=0),
            peak_at_h=np.quantile(self.peak_at_h, wanted, axis=0),
            in_window_h=np.quantile(self.in_window_h, wanted, axis=0),
            area_ng_h_per_ml=np.quantile(self.area_ng_h_per_ml, wanted, axis=0),
        )


def species_of(network: Network) -> tuple[str, ...]:
    """The outputs that are concentrations; each must have its area beside it."""
    species = tuple(name for name in network.outputs if not name.startswith(AREA))
    if missing := [name for name in species if f"{AREA}{name}" not in network.outputs]:
        raise NotComputable(
            f"No area is carried for {', '.join(missing)}: make the network with areas=True to summarise it."
        )
    return species


def of_curves(
    network: Network, programme: Programme, curves: FloatArray, *, window_ng_per_ml: tuple[float, float]
) -> Summaries:
    """The summaries of curves that were written: what the compiled ones are checked against."""
    return of_figures(network, programme, figures_of(network, curves, window_ng_per_ml=window_ng_per_ml))


def figures_of(network: Network, curves: FloatArray, *, window_ng_per_ml: tuple[float, float]) -> FloatArray:
    """Of every concentration its highest value, its place, times in the window and area: people x species x 4."""
    species = species_of(network)
    written = curves[:, [network.outputs.index(name) for name in species]]
    areas = curves[:, [network.outputs.index(f"{AREA}{name}") for name in species], -1]
    low, high = window_ng_per_ml
    inside = ((written >= low) & (written <= high)).sum(axis=2)
    figures: FloatArray = np.stack([written.max(axis=2), written.argmax(axis=2), inside, areas], axis=2)
    return figures


def of_figures(network: Network, programme: Programme, found: FloatArray) -> Summaries:
    """The summaries of what was counted: people x species x (peak, place, times inside, area)."""
    grid = programme.grid
    return Summaries(
        outputs=species_of(network),
        peak_ng_per_ml=found[:, :, 0],
        peak_at_h=grid.times_h[found[:, :, 1].astype(np.int64)],
        in_window_h=found[:, :, 2] * grid.step_h,
        area_ng_h_per_ml=found[:, :, 3],
    )
