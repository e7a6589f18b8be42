"""Random dose orders through two implementations that share no line: ten thousand at each test, a million at night.

One is the closed form, written here once more for whole batches of orders: the symmetric matrix of each body, its
modes, and what each mode holds after every piece of an order (expm1 forms). The other is the engine for many people.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from ebbtide.pharmacology.engine import stepping
from ebbtide.pharmacology.engine.cohort import cohort_of
from ebbtide.pharmacology.engine.network import network_of
from ebbtide.pharmacology.engine.programme import Grid, programme_of
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Model
from ebbtide.pharmacology.schedule import Bolus, Infusion, Schedule
from tests.pharmacology.builders import ADULT_MODELS

FIRST_REFERENCE_AGE_Y = 60


@dataclass(frozen=True, kw_only=True)
class Orders:
    """Orders of one shape for many people: what is given per mg, to whom, how much, and when it is looked at."""

    model: Model
    rates: tuple[tuple[float, float, float], ...]  # start h, end h, mg/h for each mg of the dose
    pushes: tuple[tuple[float, float], ...]  # h, mg for each mg of the dose
    grid: Grid
    weight_kg: np.ndarray
    age_y: np.ndarray
    dose_mg: np.ndarray


def random_orders(rng, people) -> Orders:
    """A constant infusion, in two of three cases with a pause, a change of rate or a bolus, or several of them."""
    long_h, share, more = rng.uniform(0.25, 6), rng.uniform(0.1, 0.9), rng.uniform(0.2, 2.5)
    paused, changed, pushed = rng.random(3) < 0.45
    edge, gap_h = share * long_h, rng.uniform(0.05, 1.0) if paused else 0.0
    first, second = 1 / long_h, (more if changed else 1.0) / long_h
    return Orders(
        model=the_library().model(ADULT_MODELS[rng.integers(len(ADULT_MODELS))]),
        rates=((0.0, edge, first), (edge + gap_h, long_h + gap_h, second)),
        pushes=((rng.uniform(0, long_h), 0.2),) if pushed else (),
        grid=Grid(
            step_h=rng.uniform(0.02, 1.5),
            count=int(rng.integers(1, 6)),
            start_h=rng.uniform(0.01, 1.2 * long_h),
        ),
        weight_kg=rng.uniform(40, 150, people),
        age_y=rng.integers(18, 90, people, endpoint=True).astype(float),
        dose_mg=rng.uniform(5, 300, people),
    )


def by_the_closed_form(orders: Orders) -> np.ndarray:
    """People x times (ng/mL), from the parameters of the data file on."""
    body, allometry = orders.model.body, orders.model.allometry
    ratio = orders.weight_kg / allometry.reference_weight_kg
    centre = body.compartments
    volumes = [centre.central_volume_l * ratio**allometry.central_volume]
    volumes += [volume * ratio**allometry.peripheral_volumes for volume in centre.peripheral_volumes_l]
    flows = [flow * ratio**allometry.intercompartmental for flow in centre.intercompartmental_l_per_h]
    lost = [np.zeros_like(ratio) for _ in volumes]
    if body.organ is None:
        lost[0] = centre.elimination_l_per_h * ratio**allometry.elimination
    else:
        years = np.maximum(orders.age_y - FIRST_REFERENCE_AGE_Y, 0)
        slope = orders.model.covariates.organ_flow_per_year_over_60_l_per_h
        volumes.append(np.full_like(ratio, body.organ.volume_l))
        flows.append(body.organ.flow_l_per_h + slope * years)
        lost.append(volumes[-1] * (body.organ.k_elimination_per_h + body.organ.k_to_metabolite_per_h))
    size = len(volumes)
    matrix = np.zeros((ratio.size, size, size))
    matrix[:, 0, 0] = -(lost[0] + sum(flows)) / volumes[0]
    for tissue in range(1, size):
        matrix[:, tissue, tissue] = -(flows[tissue - 1] + lost[tissue]) / volumes[tissue]
        between = flows[tissue - 1] / np.sqrt(volumes[0] * volumes[tissue])
        matrix[:, 0, tissue] = matrix[:, tissue, 0] = between
    modes, vectors = np.linalg.eigh(matrix)
    weights = vectors[:, 0, :] ** 2 * (1000 * orders.dose_mg / volumes[0])[:, None]
    return np.stack(
        [(weights * held(modes, orders, at_h)).sum(axis=1) for at_h in orders.grid.times_h], axis=1
    )


def held(modes: np.ndarray, orders: Orders, at_h: float) -> np.ndarray:
    """What each mode holds at one time for each mg of the dose: people x modes."""
    total = np.zeros_like(modes)
    for start_h, end_h, rate in orders.rates:
        inside_h, after_h = min(max(at_h, start_h), end_h) - start_h, max(at_h - end_h, 0.0)
        if inside_h > 0:
            total += rate * np.expm1(modes * inside_h) / modes * np.exp(modes * after_h)
    for when_h, amount in orders.pushes:
        if at_h >= when_h:
            total += amount * np.exp(modes * (at_h - when_h))
    return total


def by_the_engine(orders: Orders) -> np.ndarray:
    """The same through columns, network, programme and steps: the dose is a factor of the whole schedule."""
    schedule = Schedule(
        infusions=tuple(
            Infusion(start_h=start, end_h=end, rate_mg_per_h=rate) for start, end, rate in orders.rates
        ),
        boluses=tuple(Bolus(at_h=when, amount_mg=amount) for when, amount in orders.pushes),
    )
    cohort = cohort_of(model=orders.model, weight_kg=orders.weight_kg, age_y=orders.age_y)
    curves = stepping.curves(network_of(cohort), programme_of(schedule, orders.grid), doses=orders.dose_mg)
    return curves[:, 0]


def differences(rng, *, shapes: int, people: int) -> Iterator[float]:
    """The largest relative difference in each shape of order."""
    for _ in range(shapes):
        orders = random_orders(rng, people)
        expected, found = by_the_closed_form(orders), by_the_engine(orders)
        assert expected.min() > 0
        yield float((np.abs(found - expected) / expected).max())


def test_it_answers_ten_thousand_orders_alike():
    assert max(differences(np.random.default_rng(20250), shapes=200, people=50)) < 1e-9


@pytest.mark.nightly
@pytest.mark.timeout(1500)
def test_it_answers_a_million_orders_alike():
    """Other orders each night; a failure names its seed."""
    seed = int.from_bytes(os.urandom(4), "big")
    worst = max(differences(np.random.default_rng(seed), shapes=5000, people=200))
    assert worst < 1e-9, f"seed {seed}: {worst}"


def test_it_would_see_one_order_that_differs():
    """The drill itself can fail: one person in one shape given a billionth more."""
    orders = random_orders(np.random.default_rng(3), 4)
    found = by_the_engine(orders)
    found[2] *= 1 + 2e-9
    assert (np.abs(found / by_the_closed_form(orders) - 1)).max() > 1e-9
