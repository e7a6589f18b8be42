r"""What the models say will happen next in one person, continued from where the charted rates have brought them.

A forecaster holds virtual copies of one person under several models (:func:`ebbtide.pharmacology.people.bands.mixture_bands`
says how they are drawn), each taken apart into its modes. With $\lambda_m$ the rate of a mode, $w_m$ what it adds to
the concentration and u the rate of the pump,

$$ \dot z_m = \lambda_m z_m + u, \qquad C = \sum_m w_m z_m, \qquad
   z_m(t + d) = e^{\lambda_m d} z_m(t) + u\, d\, \varphi_1(\lambda_m d). $$

So a charted change of rate carries the bodies forward once, however long ago the last one was, and the past is never
computed again. What reads the next twenty minutes off a state is worked out when the forecaster is made: a forecast is
one product of matrices and a sort. Checked in tests/pharmacology/test_forecast.py.

It forecasts what was asked under a rate that the caller names; it proposes no rate, and it drives no pump.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ebbtide.pharmacology.engine.cohort import Cohort
from ebbtide.pharmacology.engine.divided import FloatArray, phi1
from ebbtide.pharmacology.engine.network import KETAMINE, Network, network_of
from ebbtide.pharmacology.engine.programme import Grid
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.people.bands import QUANTILES, models_for, residual_of
from ebbtide.pharmacology.people.person import Person
from ebbtide.pharmacology.people.population import cohort_for, one_person
from ebbtide.pharmacology.published.models import Drug, Model, Residual
from ebbtide.pharmacology.schedule import Schedule

PEOPLE = 500  # [design]: the ends of a 90 % band of so many are within about 3 % of those of a million
AHEAD = Grid(step_h=10.0 / 3600.0, count=121)  # twenty minutes every ten seconds, now included


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The n people who drew one model, in m modes.

    Attributes:
        model: Which.
        rates_per_h: people x modes, all below zero (1/h).
        weights: What each mode adds to the concentration: people x modes (ng/mL for each mg).
        held: What stands in each mode now: people x modes (mg).
        rows: What reads every time ahead off the modes and the pump: people x times x (modes + 1).
        scatter: A measurement divided by what it measures: people x 1.
        added_ng_per_ml: And what it adds: people x 1.
    """

    model: Model
    rates_per_h: FloatArray
    weights: FloatArray
    held: FloatArray
    rows: FloatArray
    scatter: FloatArray
    added_ng_per_ml: FloatArray

    def later(self, hours: float, *, rate_mg_per_h: float) -> "Group":
        """The same people after so long at a constant rate."""
        grown = hours * phi1(self.rates_per_h * hours)
        return replace(self, held=np.exp(self.rates_per_h * hours) * self.held + rate_mg_per_h * grown)

    def seen(self, rate_mg_per_h: float) -> FloatArray:
        """One measurement of each person at every time ahead under a rate (ng/mL): people x times."""
        pump = np.full((self.held.shape[0], 1), rate_mg_per_h)
        state = np.concatenate([self.held, pump], axis=1)
        return self._measured((self.rows @ state[:, :, None])[:, :, 0])

    def seen_after(self, hours: FloatArray, *, rate_mg_per_h: float) -> FloatArray:
        """One measurement of each person after so many hours at a constant rate (ng/mL): people x times."""
        rates = self.rates_per_h[:, :, None]
        grown = np.expm1(rates * hours)  # one exponential serves both what decays and what comes in
        held = self.held[:, :, None] * (grown + 1.0) + rate_mg_per_h * grown / rates
        return self._measured(np.einsum("pm,pmt->pt", self.weights, held))

    def _measured(self, concentration: FloatArray) -> FloatArray:
        measured: FloatArray = concentration * self.scatter + self.added_ng_per_ml
        return np.maximum(measured, 0.0, out=measured)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A band over the minutes ahead: quantiles of one measurement (ng/mL), of several models together."""

    minutes: FloatArray
    p05: FloatArray
    p50: FloatArray
    p95: FloatArray
    model_ids: tuple[str, ...]
    sites: tuple[str, ...]
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecaster:
    """Virtual copies of one person at one instant of an infusion.

    Attributes:
        groups: The copies, by the model that each drew.
        at_h: The instant up to which the record has been followed (h).
        rate_mg_per_h: What the pump has given since then.
        ahead: The times of a forecast, from its instant on.
    """

    groups: tuple[Group, ...]
    at_h: float
    rate_mg_per_h: float
    ahead: Grid

    def changed(self, *, at_h: float, rate_mg_per_h: float) -> "Forecaster":
        """The same people later, when the rate changes to this one (mg/h; zero is a pause or the stop).

        Raises:
            ValueError: The change lies before the last one.
        """
        return replace(self, groups=self._carried(at_h), at_h=at_h, rate_mg_per_h=rate_mg_per_h)

    def given(self, *, at_h: float, amount_mg: float) -> "Forecaster":
        """The same people later, with a bolus (mg) that goes in at once."""
        groups = (replace(group, held=group.held + amount_mg) for group in self._carried(at_h))
        return replace(self, groups=tuple(groups), at_h=at_h)

    def forecast(self, *, at_h: float, rate_mg_per_h: float | None = None) -> Forecast:
        """The band from an instant on, under the present rate or under another (mg/h).

        Args:
            at_h: From when (h), not before the last change.
            rate_mg_per_h: What is to be given from then on; by default what is given now.
        """
        rate = self.rate_mg_per_h if rate_mg_per_h is None else rate_mg_per_h
        found = np.concatenate([group.seen(rate) for group in self._carried(at_h)])
        return self._band(self.ahead.times_h, found)

    def along(self, schedule: Schedule, times_h: FloatArray) -> Forecast:
        """The band at chosen times under everything a schedule gives from the present instant on.

        What the schedule says of the time before is passed over: it is in the bodies already. Between two changes the
        bodies are carried once, so a log of many changes costs little more than one of few.

        Args:
            schedule: What is given, on the clock of this forecaster (h).
            times_h: When to look, in order and none before the present instant.
        """
        self._check_not_past(float(times_h[0]))
        parts = []
        for here, after_h in self._stretches(schedule):
            looked = times_h[(times_h >= here.at_h) & (times_h < after_h)]
            if len(looked):
                parts.append(here._seen_after(looked - here.at_h))
        return self._band(times_h, np.concatenate(parts, axis=1))

    def followed(self, schedule: Schedule, *, to_h: float) -> "Forecaster":
        """The same people later, after everything a schedule gave until then (h)."""
        here = next(here for here, after_h in self._stretches(schedule) if to_h < after_h)
        return here.changed(at_h=to_h, rate_mg_per_h=here.rate_mg_per_h)

    def _stretches(self, schedule: Schedule) -> Iterator[tuple["Forecaster", float]]:
        """Each stretch of a schedule at one rate, from now on: the people at its beginning, and when it ends (h)."""
        edges = [self.at_h, *(edge for edge in schedule.edges_h if edge > self.at_h)]
        here = self
        for edge, after_h in zip(edges, [*edges[1:], math.inf], strict=True):
            here = here.changed(at_h=edge, rate_mg_per_h=_rate_at(schedule, edge))
            pushed = sum(part.amount_mg for part in schedule.boluses if part.at_h == edge and not part.over_h)
            here = here.given(at_h=edge, amount_mg=pushed) if pushed else here
            yield here, after_h

    def _check_not_past(self, at_h: float) -> None:
        if at_h < self.at_h:
            raise ValueError(
                f"The record has been followed to {self.at_h} h: it cannot be continued from {at_h} h."
            )

    def _seen_after(self, hours: FloatArray) -> FloatArray:
        rate = self.rate_mg_per_h
        return np.concatenate([group.seen_after(hours, rate_mg_per_h=rate) for group in self.groups])

    def _band(self, times_h: FloatArray, found: FloatArray) -> Forecast:
        low, middle, high = _quantiles(found)
        return Forecast(
            minutes=times_h * 60.0,
            p05=low,
            p50=middle,
            p95=high,
            model_ids=tuple(group.model.id for group in self.groups),
            sites=tuple(dict.fromkeys(str(group.model.site) for group in self.groups)),
            people=int(found.shape[0]),
        )

    def _carried(self, at_h: float) -> tuple[Group, ...]:
        self._check_not_past(at_h)
        if at_h == self.at_h:
            return self.groups
        return tuple(group.later(at_h - self.at_h, rate_mg_per_h=self.rate_mg_per_h) for group in self.groups)


def forecaster(
    *,
    person: Person,
    drug: Drug,
    rng: np.random.Generator,
    models: Sequence[Model] | None = None,
    people: int = PEOPLE,
    ahead: Grid = AHEAD,
) -> Forecaster:
    """Virtual copies of one person before anything is given, at time zero.

    Args:
        person: Whose weight (kg) and age (completed years) are recorded.
        drug: What will be given; the whole dose enters each model, as in a preview.
        rng: Draws a model for each copy, then model by model the copies and how their measurements scatter.
        models: Which models; by default the layer between models that can speak about the drug.
        people: How many copies.
        ahead: The times of a forecast, counted from the instant of the forecast.

    Raises:
        NotComputable: No model can speak about the drug, or the weight or the age is not recorded.
    """
    models = models_for(drug) if models is None else tuple(models)
    if not models:
        raise NotComputable("No model can speak about this drug: there is nothing to forecast with.")
    if person.weight_kg is None or person.age_y is None:
        raise NotComputable("The weight or the age is not recorded: no forecast is made without both.")
    sizes = np.bincount(rng.integers(0, len(models), people), minlength=len(models)).tolist()
    groups = tuple(
        _group(
            model,
            cohort_for(model, one_person(size, weight_kg=person.weight_kg, age_y=person.age_y), rng),
            ahead,
            rng,
        )
        for model, size in zip(models, sizes, strict=True)
        if size
    )
    return Forecaster(groups=groups, at_h=0.0, rate_mg_per_h=0.0, ahead=ahead)


def _group(model: Model, cohort: Cohort, ahead: Grid, rng: np.random.Generator) -> Group:
    rates, weights = _modes(network_of(cohort))
    first, second = rng.standard_normal((2, cohort.size, 1))
    scatter = residual_of(model, KETAMINE) or Residual(species=KETAMINE)
    spent = rates[:, None, :] * ahead.times_h[None, :, None]
    of_modes = weights[:, None, :] * np.exp(spent)
    of_pump = (weights[:, None, :] * ahead.times_h[None, :, None] * phi1(spent)).sum(axis=2, keepdims=True)
    return Group(
        model=model,
        rates_per_h=rates,
        weights=weights,
        held=np.zeros_like(rates),
        rows=np.concatenate([of_modes, of_pump], axis=2),
        scatter=np.exp((scatter.log_sd or 0.0) * first) + (scatter.proportional_sd or 0.0) * first,
        added_ng_per_ml=(scatter.additive_ng_per_ml or 0.0) * second,
    )


def _modes(network: Network) -> tuple[FloatArray, FloatArray]:
    r"""Rates (1/h) and weights (ng/mL for each mg) of the parent's modes: people x modes.

    The parent and its organ exchange in pairs, so $\sqrt{A_{ij} A_{ji}}$ off the diagonal makes A symmetric without
    changing its rates, and $w_m = \text{scale}\; U_{1m}^2$ (pharmacology facts 6.1).
    """
    inside = np.moveaxis(network.rates_per_h[: network.pump, : network.pump], 2, 0)
    off = np.sqrt(np.maximum(inside * np.swapaxes(inside, 1, 2), 0.0))
    size = network.pump
    symmetric = np.where(np.eye(size, dtype=np.bool_), inside, off)
    rates, vectors = np.linalg.eigh(symmetric)
    return rates, network.scales[0][:, None] * vectors[:, 0, :] ** 2


def _rate_at(schedule: Schedule, at_h: float) -> float:
    """Everything that flows at an instant, boluses that are being pushed included (mg/h)."""
    pushed = (b.amount_mg / b.over_h for b in schedule.boluses if b.over_h and b.at_h <= at_h < b.end_h)
    return schedule.rate_at_mg_per_h(at_h) + sum(pushed)


def _quantiles(measured: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The three quantiles over people at every time, interpolated as NumPy does."""
    ordered = np.sort(measured.T, axis=1)
    places = np.array(QUANTILES) * (ordered.shape[1] - 1)
    below = np.floor(places).astype(np.int64)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    low, middle, high = (
        ordered[:, below].T + (places - below)[:, None] * (ordered[:, above] - ordered[:, below]).T
    )
    return low, middle, high
