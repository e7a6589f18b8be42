"""Bands at chosen times: the quantiles of :mod:`ebbtide.pharmacology.people.bands` where a simulation was asked to look.

The engine for many people walks an even grid, and a person asks for 10, 20 and 40 min. Times are laid on one even grid
where that is not much finer than what was asked; else each is looked at alone. Grids are taken in pieces, so memory
does not grow with them; every piece starts from the same state of the generator, so every piece has the same people.
Checked against one even grid in tests/pharmacology/test_simulation_bands.py.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.programme import Grid
from ebbtide.pharmacology.people.bands import Regimen, model_bands
from ebbtide.pharmacology.people.population import one_person
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Model
from ebbtide.pharmacology.published.validity import MIN_PER_H
from ebbtide.pharmacology.simulation import Asked, Simulation

TICKS_PER_MIN = 10**9  # times are taken as whole billionths of a minute, so that they have a common measure
FINEST = 10  # [design]: an even grid may have ten times as many points as were asked for
NUMBERS_AT_ONCE = 4_000_000  # people x outputs x times in memory (32 MB)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeciesBand:
    """Quantiles of one new measurement of one species at each time (ng/mL)."""

    p05: tuple[float, ...]
    p50: tuple[float, ...]
    p95: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedBands:
    """The bands of a simulation.

    Attributes:
        by_species: By species, ketamine first, aligned with the times of the simulation.
        people: How many virtual people; none where the display band stands instead.
        words: Who they are.
        holds: Sentences: what is in the band and what is not.
    """

    by_species: Mapping[str, SpeciesBand]
    people: int
    words: str
    holds: tuple[str, ...]


def bands_of(
    asked: Asked, model: Model, found: Simulation, *, people: int, rng: np.random.Generator
) -> SimulatedBands:
    """The 90 % band of one new measurement of every species, in a person of the weight and age that were asked.

    A model without published differences between people takes the display band of the preview, and says so: weight
    scaling and measurement alone would make a band that is narrower than anybody knows.

    Args:
        asked: The question.
        model: Which model answered it.
        found: What it answered.
        people: How many virtual people of this weight and age.
        rng: Where they come from; it is left as it was, and the same state gives the same band.
    """
    if not model.variability.published:
        return _display(found)
    species = tuple(found.ng_per_ml)
    population = one_person(people, weight_kg=asked.weight_kg, age_y=asked.age_y)
    rows: FloatArray = np.empty((3, len(species), len(found.times_min)))
    holds: tuple[str, ...] = ()
    for grid, places, points in _grids(
        found.times_min, most=max(1, NUMBERS_AT_ONCE // (people * len(species)))
    ):
        regimen = Regimen(
            schedule=asked.schedule.times(found.entering.share),
            grid=grid,
            drug=found.entering.modelled,
            outputs=species,
        )
        bands = model_bands(model, population, regimen, copy.deepcopy(rng))
        rows[:, :, places] = np.array([bands.p05, bands.p50, bands.p95])[:, :, points]
        holds = bands.holds
    named = {
        name: SpeciesBand(
            **{
                end: tuple(row.tolist())
                for end, row in zip(("p05", "p50", "p95"), rows[:, place], strict=True)
            }
        )
        for place, name in enumerate(species)
    }
    return SimulatedBands(by_species=named, people=people, words=population.words, holds=holds)


def _display(found: Simulation) -> SimulatedBands:
    shown = the_library().band
    return SimulatedBands(
        by_species={
            name: SpeciesBand(
                p05=tuple(value / shown.factor for value in curve),
                p50=tuple(curve),
                p95=tuple(value * shown.factor for value in curve),
            )
            for name, curve in found.ng_per_ml.items()
        },
        people=0,
        words="people",
        holds=(f"No variability is published for this model: {shown}.",),
    )


def _grids(times_min: Sequence[float], *, most: int) -> Iterator[tuple[Grid, list[int], list[int]]]:
    """Even grids of at most so many points: each with the places of the times that it serves, and its points for them."""
    ticks = [round(minute * TICKS_PER_MIN) for minute in times_min]
    first, step = min(ticks), math.gcd(*(tick - min(ticks) for tick in ticks)) or TICKS_PER_MIN
    if (max(ticks) - first) // step + 1 > FINEST * len(ticks):
        for place, tick in enumerate(ticks):
            yield _grid(tick, step, 1), [place], [0]
        return
    pieces: dict[int, list[int]] = {}
    for place, tick in enumerate(ticks):
        pieces.setdefault((tick - first) // step // most, []).append(place)
    for piece, places in pieces.items():
        begins = first + piece * most * step
        points = [(ticks[place] - begins) // step for place in places]
        yield _grid(begins, step, max(points) + 1), places, points


def _grid(first: int, step: int, count: int) -> Grid:
    return Grid(start_h=_hours(first), step_h=_hours(step), count=count)


def _hours(ticks: int) -> float:
    return ticks / TICKS_PER_MIN / MIN_PER_H
