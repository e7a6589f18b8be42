r"""What n bodies hold at given instants, at their peaks, and over all time: exact between the edges of a schedule.

Between two edges of a schedule the rate is constant and every curve is smooth, so its highest point there stands at
an end or where the slope is zero. Each stretch is looked at in equal steps, and again closer around the highest; the
top of the parabola through the last three looks says when, and the exponential of A says how much then. The time is
good to the square of a step and the height to its fourth power. Checked against the closed form of one person in tests/pharmacology/test_moments.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.closed_form import impulses, segments
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import CENTRE, IntArray, Network
from ebbtide.pharmacology.engine.stepping import (
    PEOPLE_AT_ONCE,
    Standing,
    at_rest,
    carried,
    exponential,
    outputs_of,
    pushed,
)
from ebbtide.pharmacology.schedule import Schedule

LOOKS = 64  # steps of one stretch
ZOOMS = 2  # times that the two steps around the highest look are looked at again
ZOOM_LOOKS = 16  # steps each time
TAIL_H = (0.25, 1.0, 4.0)  # h after the last of the drug, each a stretch: an effect site peaks there [design]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """The highest value of every output in every person, people x outputs (ng/mL), and when it stands (h)."""

    ng_per_ml: FloatArray
    at_h: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time of constant rate: from, to (h), the rate (mg/h), and what is pushed in at its start (mg)."""

    start_h: float
    end_h: float
    rate_mg_per_h: float
    pushed_mg: float


def stretches_of(schedule: Schedule, stops_h: FloatArray) -> Iterator[Stretch]:
    """The stretches between the edges of a schedule and other stops (h), from time zero to the last stop."""
    parts, pushes = segments(schedule), impulses(schedule)
    last_h = float(np.max(stops_h))
    every = np.union1d([0.0, *schedule.edges_h], stops_h)
    edges = every[every <= last_h].tolist()
    for start_h, end_h in zip(edges, [*edges[1:], last_h], strict=True):
        yield Stretch(
            start_h=start_h,
            end_h=end_h,
            rate_mg_per_h=float(sum(rate for a, b, rate in parts if a <= start_h < b)),
            pushed_mg=float(sum(amount for at_h, amount in pushes if at_h == start_h)),
        )


def outputs_at(network: Network, schedule: Schedule, times_h: FloatArray) -> FloatArray:
    """Every output of every person at any times: people x outputs x times (ng/mL).

    Args:
        network: n people.
        schedule: What is given (mg, mg/h, h).
        times_h: When to look (h), zero or later, in any order, on no grid.
    """
    read = {}
    standing = at_rest(network)
    for stretch in stretches_of(schedule, times_h):
        standing = pushed(standing, amount_mg=np.full(network.size, stretch.pushed_mg))
        read[stretch.start_h] = outputs_of(network, standing)
        standing = _after(network, standing, stretch)
    return np.stack([read[time] for time in times_h.tolist()], axis=-1)


def _after(network: Network, standing: Standing, stretch: Stretch) -> Standing:
    rate = np.full(network.size, stretch.rate_mg_per_h)
    return carried(network, standing, until_h=stretch.end_h, rate_mg_per_h=rate)


def peaks_of(network: Network, schedule: Schedule) -> Peaks:
    """The peak of every output in every person, up to five hours after the last of the drug.

    A metabolite that is still rising then has no peak here. Relative error below 1e-9 where a stretch lasts no longer
    than 4 h and no half-life is under a minute.

    Args:
        network: n people; its outputs are concentrations, not areas.
        schedule: What is given (mg, mg/h, h).
    """
    found = [
        _peaks(network.some(slice(first, first + PEOPLE_AT_ONCE)), schedule)
        for first in range(0, network.size, PEOPLE_AT_ONCE)
    ]
    return Peaks(
        ng_per_ml=np.concatenate([part.ng_per_ml for part in found]),
        at_h=np.concatenate([part.at_h for part in found]),
    )


def _peaks(network: Network, schedule: Schedule) -> Peaks:
    standing = at_rest(network)
    highest = np.full((network.size, len(network.outputs)), -np.inf)
    at_h = np.zeros_like(highest)
    stops_h = schedule.end_h + np.cumsum([0.0, *TAIL_H])
    for stretch in stretches_of(schedule, stops_h):
        standing = pushed(standing, amount_mg=np.full(network.size, stretch.pushed_mg))
        if stretch.end_h > stretch.start_h:
            here = _peaks_within(network, standing, stretch)
            better = here.ng_per_ml > highest
            highest, at_h = np.where(better, here.ng_per_ml, highest), np.where(better, here.at_h, at_h)
            standing = _after(network, standing, stretch)
    return Peaks(ng_per_ml=highest, at_h=at_h)


def _peaks_within(network: Network, standing: Standing, stretch: Stretch) -> Peaks:
    """The peak of one stretch: equal looks, and closer ones around the highest of every output."""
    rates = np.ascontiguousarray(np.moveaxis(network.rates_per_h, 2, 0))
    step_h = (stretch.end_h - stretch.start_h) / LOOKS
    held = standing.amounts.copy()
    held[:, network.pump] = stretch.rate_mg_per_h
    states = _looks(rates * step_h, held, LOOKS)
    tops = [_top(rates * step_h, states, state) for state in network.states]
    return Peaks(
        ng_per_ml=np.stack([amount for amount, _ in tops], axis=1) * network.scales.T,
        at_h=stretch.start_h + step_h * np.stack([steps for _, steps in tops], axis=1),
    )


def _looks(rates_per_step: FloatArray, held: FloatArray, count: int) -> FloatArray:
    """The states now and after each of so many steps: looks x people x states."""
    step = exponential(rates_per_step, 1.0)
    amounts = [held]
    for _ in range(count):
        amounts.append((step @ amounts[-1][:, :, None])[:, :, 0])
    return np.stack(amounts)


def _top(rates_per_step: FloatArray, states: FloatArray, state: int) -> tuple[FloatArray, FloatArray]:
    """The highest amount in one state in every person (mg), and after how many steps."""
    people = np.arange(states.shape[1])
    start, scale = np.zeros(people.size), 1.0
    for _ in range(ZOOMS):
        before = _middle(states[:, :, state]) - 1
        start = start + before * scale
        scale = scale * 2 / ZOOM_LOOKS
        states = _looks(rates_per_step * scale, states[before, people], ZOOM_LOOKS)
    looked = states[:, :, state]
    highest, middle = np.argmax(looked, axis=0), _middle(looked)
    steps = middle + _vertex(*(looked[middle + place, people] for place in (-1, 0, 1)))
    onward = exponential(rates_per_step * (scale * (steps - middle + 1.0))[:, None, None], 1.0)
    there = (onward @ states[middle - 1, people][:, :, None])[:, state, 0]
    seen = looked[highest, people]
    return np.maximum(there, seen), start + scale * np.where(there > seen, steps, highest)


def _middle(looked: FloatArray) -> IntArray:
    """The highest look that has one on each side."""
    middle: IntArray = np.clip(np.argmax(looked, axis=0), 1, looked.shape[0] - 2)
    return middle


def _vertex(before: FloatArray, here: FloatArray, after: FloatArray) -> FloatArray:
    """Where the parabola through three equal looks has its top, in steps from the middle one; at most one step off."""
    bend = before - 2 * here + after
    steps = np.divide(0.5 * (before - after), bend, out=np.zeros_like(bend), where=bend < 0)
    return np.clip(steps, -1.0, 1.0)


def areas_per_mg(network: Network) -> FloatArray:
    r"""Area under every output over all time after 1 mg: people x outputs (ng h/mL for each mg).

    $$ \int_0^\infty y \, dt = \text{scale} \; (-A)^{-1}_{s, centre} $$ for any schedule of 1 mg, because kinetics are
    linear; for the parent it is 1000 / CL.

    Args:
        network: n people; its outputs are concentrations, not areas.
    """
    inside = np.moveaxis(network.rates_per_h, 2, 0)[:, : network.pump, : network.pump]
    given = np.zeros((network.size, network.pump, 1))
    given[:, CENTRE] = 1.0
    held_mg_h = np.linalg.solve(-inside, given)[:, :, 0]
    areas: FloatArray = held_mg_h[:, list(network.states)] * network.scales.T
    return areas
