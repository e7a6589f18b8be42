"""Random people under random schedules: the library's engines against two oracles that share no line with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ebbtide.pharmacology import (
    Bolus,
    Infusion,
    Schedule,
    body_of,
    concentration_ng_per_ml,
    metabolite_concentrations_ng_per_ml,
    the_library,
)
from ebbtide.pharmacology.engine import stepping
from ebbtide.pharmacology.engine.cohort import cohort_of
from ebbtide.pharmacology.engine.network import EFFECT_SITE, KETAMINE, Network, network_of
from ebbtide.pharmacology.engine.programme import Grid, Programme, programme_of
from ebbtide.pharmacology.published.library import read_data
from ebbtide.pharmacology.published.models import Model
from tools.validation.oracles import (
    Floats,
    Regimen,
    System,
    by_exponential,
    by_stiff_solver,
    system_of,
)

SEED = 20_260
TRIALS = 100  # schedules
PEOPLE = 2  # under each
STIFF_TRIALS = 50  # the stiff solver takes seconds for each person: one person under each of the first fifty
POINTS = 40  # times at which each curve is compared
LOOKED_AT_H = 24.0

Curves = Callable[[Network, Programme], Floats]
EXPONENTIAL = "matrix exponential (SciPy `expm`)"
STIFF = "stiff solver (SciPy `Radau`, relative tolerance 1e-11)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One schedule, one model, and people of random weight, age and effect-site delay."""

    model: Model
    schedule: Schedule
    grid: Grid
    weight_kg: Floats
    age_y: Floats
    ke0_per_h: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far an engine is from an oracle: the worst error over all curves, each as a share of its own peak."""

    engine: str
    oracle: str
    people: int
    curves: int
    worst_of_peak: float


Engine = Callable[[Trial], list[dict[str, Floats]]]


def every_engine() -> dict[str, Engine]:
    """The closed form, the engine for many people, and its compiled twin (which is loaded only here)."""
    from ebbtide.pharmacology.engine import kernel

    return {**READABLE, "many people, compiled": lambda trial: many_people(trial, curves=kernel.curves)}


def a_schedule(generator: np.random.Generator) -> Schedule:
    """One to four rates that follow each other with or without pauses, boluses at once or over a minute; no edge on a grid."""
    starts = np.cumsum(generator.uniform(0.05, 3.0, size=generator.integers(1, 5)))
    gaps = np.append(np.diff(starts), generator.uniform(0.2, 3.0))
    whole = generator.random(starts.size) < 0.5  # half run into the next rate, half stop before: a pause
    long = np.where(whole, gaps, gaps * generator.uniform(0.2, 0.9, starts.size))
    pushes = generator.integers(0, 3)
    return Schedule(
        infusions=tuple(
            Infusion(start_h=float(start), end_h=float(end), rate_mg_per_h=float(rate))
            for start, end, rate in zip(
                starts, starts + long, generator.uniform(1.0, 84.0, starts.size), strict=True
            )
        ),
        boluses=tuple(
            Bolus(
                at_h=float(generator.uniform(0.0, 6.0)),
                amount_mg=float(generator.uniform(1.0, 20.0)),
                over_h=float(generator.choice([0.0, 1 / 60])),
            )
            for _ in range(pushes)
        ),
    )


def a_trial(generator: np.random.Generator) -> Trial:
    """One of the offered models, any weight and age a preview may use for it, effect-site half-times of 0.5 to 15 min."""
    offered = the_library().offered
    return Trial(
        model=offered[generator.integers(len(offered))],
        schedule=a_schedule(generator),
        grid=Grid(step_h=LOOKED_AT_H / POINTS * float(generator.uniform(0.5, 1.0)), count=POINTS + 1),
        weight_kg=generator.uniform(45.0, 130.0, PEOPLE),
        age_y=generator.integers(18, 76, PEOPLE).astype(np.float64),
        ke0_per_h=np.log(2.0) * 60.0 / generator.uniform(0.5, 15.0, PEOPLE),
    )


def agreements(
    *,
    trials: int = TRIALS,
    stiff_trials: int = STIFF_TRIALS,
    seed: int = SEED,
    engines: Mapping[str, Engine] | None = None,
) -> list[Agreement]:
    """Every engine against both oracles over random trials; the same seed gives the same trials."""
    engines = every_engine() if engines is None else engines
    generator = np.random.default_rng(seed)
    tally = _Tally()
    for place, trial in enumerate(a_trial(generator) for _ in range(trials)):
        answers = {name: engine(trial) for name, engine in engines.items()}
        for person in range(PEOPLE):
            asked = the_system(trial, person), the_regimen(trial.schedule), trial.grid.times_h
            answered = {engine: answer[person] for engine, answer in answers.items()}
            tally.compare(EXPONENTIAL, by_exponential(*asked), answered)
            if place < stiff_trials and person == 0:
                tally.compare(STIFF, by_stiff_solver(*asked), answered)
    return tally.agreements()


class _Tally:
    """Every error by oracle and engine."""

    def __init__(self) -> None:
        self.people: dict[tuple[str, str], int] = {}
        self.errors: dict[tuple[str, str], list[float]] = {}

    def compare(
        self, oracle: str, truth: Mapping[str, Floats], answered: Mapping[str, Mapping[str, Floats]]
    ) -> None:
        for engine, species in answered.items():
            key = (oracle, engine)
            self.people[key] = self.people.get(key, 0) + 1
            self.errors.setdefault(key, []).extend(
                float(np.max(np.abs(found - truth[name])) / np.max(truth[name]))
                for name, found in species.items()
            )

    def agreements(self) -> list[Agreement]:
        return [
            Agreement(
                engine=engine,
                oracle=oracle,
                people=self.people[oracle, engine],
                curves=len(errors),
                worst_of_peak=max(errors),
            )
            for (oracle, engine), errors in self.errors.items()
        ]


def closed_form(trial: Trial) -> list[dict[str, Floats]]:
    """Each person alone by the closed form: ketamine and every metabolite (ng/mL)."""
    found = []
    for weight_kg, age_y in zip(trial.weight_kg, trial.age_y, strict=True):
        body = body_of(model=trial.model, weight_kg=float(weight_kg), age_y=int(age_y))
        asked: dict[str, Any] = {"body": body, "schedule": trial.schedule, "times_h": trial.grid.times_h}
        found.append(
            {KETAMINE: concentration_ng_per_ml(**asked), **metabolite_concentrations_ng_per_ml(**asked)}
        )
    return found


def many_people(trial: Trial, *, curves: Curves = stepping.curves) -> list[dict[str, Floats]]:
    """All together by the engine for many people: ketamine, every metabolite and the effect site (ng/mL)."""
    outputs = (KETAMINE, *(part.id for part in trial.model.body.metabolites), EFFECT_SITE)
    cohort = cohort_of(model=trial.model, weight_kg=trial.weight_kg, age_y=trial.age_y)
    network = network_of(cohort, outputs=outputs, ke0_per_h=trial.ke0_per_h)
    written = curves(network, programme_of(trial.schedule, trial.grid))
    return [dict(zip(outputs, person, strict=True)) for person in written]


READABLE: Mapping[str, Engine] = {"closed form": closed_form, "many people": many_people}


def the_system(trial: Trial, person: int) -> System:
    """The oracle's own equations, from the raw data file."""
    raw = next(item for item in _raw_models() if item["id"] == trial.model.id)
    return system_of(
        raw,
        weight_kg=float(trial.weight_kg[person]),
        age_y=float(trial.age_y[person]),
        ke0_per_h=float(trial.ke0_per_h[person]),
    )


def _raw_models() -> list[Mapping[str, Any]]:
    raw: Any = read_data()["models"]
    return list(raw)


def the_regimen(schedule: Schedule) -> Regimen:
    """The schedule as the oracles read it."""
    slow = [
        (one.at_h, one.at_h + one.over_h, one.amount_mg / one.over_h)
        for one in schedule.boluses
        if one.over_h
    ]
    return Regimen(
        rates=[(one.start_h, one.end_h, one.rate_mg_per_h) for one in schedule.infusions] + slow,
        pushes=[(one.at_h, one.amount_mg) for one in schedule.boluses if not one.over_h],
    )
