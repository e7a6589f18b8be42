r"""Bands: where 90 of 100 new measurements in new people would lie, if a model, or one of several, were right.

$$ y = C(t; \theta, \eta, b)\,(1 + \sigma \epsilon_1) + a\,\epsilon_2 \quad\text{or}\quad C\, e^{\sigma\epsilon_1},
   \qquad y \ge 0, $$

with $\eta$ between people, b the exponent of weight, and $\epsilon$ the measurement as its source prints it. The bands
are the 5 %, 50 % and 95 % quantiles of y over people at each time. One $\epsilon$ serves all times of a person: each
time by itself is as it must be, and the curve is smooth. Nothing here asks whether a model may speak: ``validity`` does.
Coverage is checked by simulation in tests/pharmacology/test_coverage.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ebbtide.pharmacology.engine.compute import curves
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import EFFECT_SITE, KETAMINE, network_of
from ebbtide.pharmacology.engine.programme import Grid, programme_of
from ebbtide.pharmacology.errors import NotComputable
from ebbtide.pharmacology.people.population import Population, cohort_for, ke0_per_h
from ebbtide.pharmacology.published.library import Band, the_library
from ebbtide.pharmacology.published.models import Drug, Model, Residual, Site
from ebbtide.pharmacology.published.validity import MIN_PER_H, NAMES, compares, modelled
from ebbtide.pharmacology.schedule import Schedule

LEVEL = 0.90
QUANTILES = (0.05, 0.50, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen:
    """What is given to everybody, and what is looked at and when.

    Attributes:
        schedule: The amounts that enter the model (mg, mg/h; mg/kg and mg/kg/h where ``per_kg``).
        grid: When to look.
        drug: What is given.
        outputs: Species of the model, ``effect_site``.
        per_kg: Whether each person's own weight multiplies the amounts.
    """

    schedule: Schedule
    grid: Grid
    drug: Drug
    outputs: tuple[str, ...] = (KETAMINE,)
    per_kg: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Quantiles of one new measurement in a new person.

    Attributes:
        minutes: From the start (min).
        outputs: What was looked at, in the order of the rows.
        p05: Lower end of the 90 % band, outputs x times (ng/mL).
        p50: The median of the simulated measurements.
        p95: Upper end.
        model_ids: From which models.
        sites: Their sampling sites; with more than one the band is of a measurement whose site is not known.
        people: How many virtual people; their seed belongs to the caller.
        holds: Sentences: what is in the band and what is not.
    """

    minutes: FloatArray
    outputs: tuple[str, ...]
    p05: FloatArray
    p50: FloatArray
    p95: FloatArray
    model_ids: tuple[str, ...]
    sites: tuple[Site, ...]
    people: int
    holds: tuple[str, ...]


def model_bands(model: Model, population: Population, regimen: Regimen, rng: np.random.Generator) -> Bands:
    """The band of one model: differences between people, weight scaling, measurement; not the choice of model.

    Args:
        model: Which model.
        population: People whom :func:`ebbtide.pharmacology.people.population.one_person` or its neighbours made.
        regimen: What is given and looked at.
        rng: Draws as :func:`measurements` says.

    Raises:
        NotComputable: The model cannot speak about the drug, or has no equations for an output.
    """
    _check_speaks(model, regimen.drug)
    measured = measurements(model, population, regimen, rng)
    said = *_words(model, regimen), "The difference between models is not in this band."
    return _bands(measured, regimen, (model,), said)


def mixture_bands(
    population: Population,
    regimen: Regimen,
    rng: np.random.Generator,
    *,
    models: Sequence[Model] | None = None,
) -> Bands:
    """The band over several models: each person draws one, all equally likely [design].

    Arterial and venous models are mixed knowingly: the band is of a measurement whose site is not known, and belongs
    beside no threshold of one site. It says so itself.

    Args:
        population: As for :func:`model_bands`.
        regimen: As for :func:`model_bands`.
        rng: Draws as :func:`mixture_measurements` says.
        models: Which models; by default those of ``between_model.draw_from`` that can speak about the drug.

    Raises:
        NotComputable: A model cannot speak about the drug, or none was given, or one has no equations for an output.
    """
    models = models_for(regimen.drug) if models is None else tuple(models)
    measured = mixture_measurements(population, regimen, rng, models=models)
    return _bands(measured, regimen, tuple(models), _mixture_words(models, regimen))


def measurements(
    model: Model, population: Population, regimen: Regimen, rng: np.random.Generator
) -> FloatArray:
    """One simulated measurement of each person at each time: people x outputs x times (ng/mL), never below zero.

    Draws the parameters (:func:`ebbtide.pharmacology.people.population.cohort_for`), then the rate constants of the effect
    site if it is among the outputs, then for each output that can be measured two normal numbers for each person.
    """
    cohort = cohort_for(model, population, rng)
    ke0 = ke0_per_h(population.size, rng) if EFFECT_SITE in regimen.outputs else None
    network = network_of(cohort, outputs=regimen.outputs, ke0_per_h=ke0)
    doses = population.weight_kg if regimen.per_kg else None
    found = curves(network, programme_of(regimen.schedule, regimen.grid), doses=doses)
    for place, output in enumerate(regimen.outputs):
        if output != EFFECT_SITE:
            _scatter(found[:, place], residual_of(model, output), rng)
    return found


def mixture_measurements(
    population: Population, regimen: Regimen, rng: np.random.Generator, *, models: Sequence[Model]
) -> FloatArray:
    """As :func:`measurements`, each person under a model of their own.

    Draws one model for each person, then, model by model in the order given, :func:`measurements` of its people.
    """
    if not models:
        raise NotComputable("No model can speak about this drug: there is nothing to mix.")
    for model in models:
        _check_speaks(model, regimen.drug)
    drawn = rng.integers(0, len(models), population.size)
    found = np.empty((population.size, len(regimen.outputs), regimen.grid.count))
    for place, model in enumerate(models):
        whose = np.flatnonzero(drawn == place)
        if whose.size:
            found[whose] = measurements(model, population.some(whose), regimen, rng)
    return found


def models_for(drug: Drug) -> tuple[Model, ...]:
    """The models of the between-model layer (``between_model.draw_from``) that can speak about a drug."""
    library = the_library()
    models = (library.model(model_id) for model_id in library.people.between_models.draw_from)
    return tuple(model for model in models if drug in model.drugs or compares(model, drug))


def residual_of(model: Model, species: str) -> Residual | None:
    """How a measurement of a species scatters: as the source prints it, else by site [design], else not known."""
    for printed in model.residuals:
        if printed.species == species and printed.known:
            return printed
    by_site = the_library().band.residual_log_sd.get(model.site)
    return None if by_site is None else Residual(species=species, log_sd=by_site)


def coverage(bands: Bands, measured: FloatArray) -> FloatArray:
    """Share of measurements (people x outputs x times) inside the band, ends included: outputs x times."""
    share: FloatArray = np.mean((measured >= bands.p05) & (measured <= bands.p95), axis=0)
    return share


def _scatter(found: FloatArray, residual: Residual | None, rng: np.random.Generator) -> None:
    """Turns concentrations (people x times) into measurements of them, in place: these arrays can be large."""
    first, second = rng.standard_normal((2, found.shape[0], 1))
    if residual is None:
        return
    found *= np.exp((residual.log_sd or 0.0) * first) + (residual.proportional_sd or 0.0) * first
    if residual.additive_ng_per_ml is not None:
        found += residual.additive_ng_per_ml * second
    np.maximum(found, 0.0, out=found)


def _bands(measured: FloatArray, regimen: Regimen, models: Sequence[Model], holds: tuple[str, ...]) -> Bands:
    low, middle, high = np.quantile(measured, QUANTILES, axis=0)
    return Bands(
        minutes=regimen.grid.times_h * MIN_PER_H,
        outputs=regimen.outputs,
        p05=low,
        p50=middle,
        p95=high,
        model_ids=tuple(model.id for model in models),
        sites=tuple(dict.fromkeys(model.site for model in models)),
        people=int(measured.shape[0]),
        holds=holds,
    )


def _check_speaks(model: Model, drug: Drug) -> None:
    if drug not in model.drugs and not compares(model, drug):
        raise NotComputable(
            f"{model.id} describes {modelled(model)} and cannot speak about {NAMES[drug]}: choose another model."
        )


def _words(model: Model, regimen: Regimen) -> tuple[str, ...]:
    said = [_between_people(model), _weight_scaling(model)]
    said += [_measurement(model, output, the_library().band) for output in regimen.outputs]
    if regimen.drug not in model.drugs:
        said.append(
            f"{NAMES[regimen.drug].capitalize()} enters {model.id}, a model of {modelled(model)}, with its whole dose: "
            "a comparison, not a prediction."
        )
    return tuple(said)


def _mixture_words(models: Sequence[Model], regimen: Regimen) -> tuple[str, ...]:
    by_site: dict[Site, list[str]] = {}
    for model in models:
        by_site.setdefault(model.site, []).append(model.id)
    sites = "; ".join(f"{site}: {', '.join(names)}" for site, names in by_site.items())
    said = [f"Each person draws one of {len(models)} models, all equally likely (design): {sites}."]
    if len(by_site) > 1:
        said.append(
            f"Sampling sites are mixed knowingly ({' and '.join(by_site)}): this is the band of a measurement whose site "
            "is not known, and no threshold of one site belongs beside it."
        )
    return (*said, *dict.fromkeys(line for model in models for line in _words(model, regimen)))


def _between_people(model: Model) -> str:
    if not model.variability.published:
        return f"{model.id}: no difference between people is published, and none is in the band: it is too narrow."
    status = model.variability.status.replace("second_hand", "second-hand")
    return f"{model.id}: differences between people ({status})."


def _weight_scaling(model: Model) -> str:
    if not model.allometry.elimination:
        return f"{model.id}: weight does not change clearance ({model.allometry.status})."
    between = the_library().people.between_models
    return (
        f"{model.id}: the exponent by which clearance grows with weight is not settled and is drawn from "
        f"{between.clearance_exponent} ({between.mark})."
    )


def _measurement(model: Model, output: str, band: Band) -> str:
    if output == EFFECT_SITE:
        return "The effect site cannot be measured: its band holds no measurement."
    if any(printed.species == output and printed.known for printed in model.residuals):
        return f"{model.id}, {output}: scatter of one measurement as its source prints it."
    if model.site in band.residual_log_sd:
        return (
            f"{model.id}, {output}: the scatter of one measurement is not known; log-SD "
            f"{band.residual_log_sd[model.site]:g} of {model.site} blood is taken ({band.mark})."
        )
    return f"{model.id}, {output}: the scatter of one measurement is not known, and none is in the band."
