"""The JAX engine of pharmacology on whatever JAX finds: ``PYTHONPATH=src python3 -m tools.bench.gpu_pharmacology``.

One million people (``--people``), workload W1: 0.5 mg/kg over 40 min, every minute for 24 h, the parent, norketamine
and an effect site of simons_2022. It needs NumPy, JAX and PyYAML and nothing else of Ebbtide's requirements, so it runs
on a lent machine. It prints a JSON object, and writes it to ``$OUT/gpu.json`` where OUT is set. What failed is in it as
a sentence: a try on a lent machine is not repeated for one form that does not compile.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# the curves are two fifths of an 80 GB card: JAX's usual share of three quarters is too near
os.environ.setdefault("XLA_PYTHON_CLIENT_MEM_FRACTION", "0.92")

import jax
import jax.numpy as jnp
import numpy as np

from ebbtide.pharmacology.engine import gpu, stepping
from ebbtide.pharmacology.engine.divided import FloatArray
from ebbtide.pharmacology.engine.network import Network, network_of
from ebbtide.pharmacology.engine.programme import Grid, Programme, programme_of
from ebbtide.pharmacology.people.population import chronic_pain_adults, cohort_for, ke0_per_h
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.schedule import Bolus, Schedule, constant_infusion

OUTPUTS = ("ketamine", "norketamine", "effect_site")
CHECKED = 200  # people that are compared with NumPy
RUNS = 5
GOAL_S = 0.2
SEED = 4


def main() -> None:
    """Measure, print and write."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--people", type=int, default=1_000_000)
    found = measured(reading.parse_args().people)
    print(json.dumps(found))
    if out := os.environ.get("OUT"):
        Path(out, "gpu.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measured(people: int) -> dict[str, Any]:
    """Everything, in one process on one device."""
    network, weights_kg = people_of(people)
    device = jax.devices()[0]
    began = time.perf_counter()
    loaded = gpu.load(network, doses=weights_kg)
    jax.block_until_ready((loaded.rates_per_h, loaded.scales, loaded.doses))
    found: dict[str, Any] = {
        "device": device.device_kind,
        "jax": jax.__version__,
        "people": people,
        "times": w1().grid.count,
        "outputs": list(OUTPUTS),
        "default_form": gpu.form_for(device.platform),
        "load_s": time.perf_counter() - began,
        "goal_s": GOAL_S,
        "off_grid_worst_of_peak": {},
    }
    # an interpreted kernel says nothing about speed
    forms: tuple[gpu.Form, ...] = ("kernel", "loops") if device.platform == "gpu" else ("loops",)
    types: tuple[gpu.Digits, ...] = ("float32", "float64")
    for dtype in types:
        found[dtype] = filled(people, dtype)
        for form in forms:
            found[dtype][form] = _or_the_reason(
                lambda form=form, dtype=dtype: one(network, loaded, form=form, dtype=dtype), found[dtype]
            )
    for form in forms:
        found["off_grid_worst_of_peak"][form] = _or_the_reason(lambda form=form: off_grid(form), {})
    return found


def _or_the_reason(measure: Callable[[], dict[str, Any]], filled: dict[str, Any]) -> dict[str, Any]:
    try:
        found = measure()
    except Exception as failure:  # noqa: BLE001 - one form that fails must not take the other's figures along
        return {"failed": f"{type(failure).__name__}: {failure}"[:2000]}
    if "warm_s" in found:
        found["of_fill"] = filled["fill_s"] / found["warm_s"]
        found["met_if_a_million"] = found["warm_s"] <= GOAL_S
    return found


def w1() -> Programme:
    """0.5 mg/kg over 40 min, every minute for 24 h: doses are weights (kg)."""
    return programme_of(constant_infusion(amount_mg=0.5, over_h=40 / 60), Grid(step_h=1 / 60, count=1440))


def people_of(size: int) -> tuple[Network, FloatArray]:
    """Virtual adults under simons_2022, and their weights (kg)."""
    rng = np.random.default_rng(SEED)
    population = chronic_pain_adults(size, rng)
    cohort = cohort_for(the_library().model("simons_2022"), population, rng)
    return network_of(cohort, outputs=OUTPUTS, ke0_per_h=ke0_per_h(size, rng)), population.weight_kg


def filled(people: int, dtype: str) -> dict[str, Any]:
    """What it takes the device to fill an array of the size of the answer."""
    shape = (len(OUTPUTS), w1().grid.count, people)
    with jax.enable_x64(True):  # noqa: FBT003
        fill = jax.jit(lambda value: jnp.full(shape, value, dtype))
        number = jnp.asarray(1.0)
        fill(number).block_until_ready()
        seconds = statistics.median(_timed(lambda: fill(number)) for _ in range(RUNS))
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return {"bytes": size, "fill_s": seconds, "fill_gb_per_s": size / seconds / 1e9}


def _timed(work: Callable[[], Any]) -> float:
    """Seconds until the answer stands in the device's memory; the answer is let go before the next one is asked for."""
    began = time.perf_counter()
    work().block_until_ready()
    return time.perf_counter() - began


def one(network: Network, loaded: gpu.Loaded, *, form: gpu.Form, dtype: gpu.Digits) -> dict[str, Any]:
    """One form and type: cold, warm with the people on the device, warm from the host, and the worst difference."""

    def work() -> jax.Array:
        return gpu.curves_on_device(loaded, w1(), dtype=dtype, form=form)

    def work_from_host() -> jax.Array:
        again = gpu.load(network, doses=np.asarray(loaded.doses))
        return gpu.curves_on_device(again, w1(), dtype=dtype, form=form)

    cold = _timed(work)
    warm = [_timed(work) for _ in range(RUNS)]
    from_host = [_timed(work_from_host) for _ in range(3)]
    return {
        "cold_s": cold,
        "warm_s": statistics.median(warm),
        "warm_runs_s": warm,
        "warm_from_host_s": statistics.median(from_host),
        "worst_of_peak": worst_of_peak(network, np.asarray(loaded.doses), work()),
    }


def worst_of_peak(network: Network, weights_kg: FloatArray, found: jax.Array) -> float:
    """The largest difference to NumPy among people from all over the cohort, relative to each curve's peak."""
    chosen = np.unique(np.linspace(0, network.size - 1, CHECKED).astype(np.int64))
    some = Network(
        rates_per_h=network.rates_per_h[:, :, chosen],
        outputs=network.outputs,
        states=network.states,
        scales=network.scales[:, chosen],
        flows=network.flows,
    )
    expected = stepping.curves(some, w1(), doses=weights_kg[chosen])
    with jax.enable_x64(True):  # noqa: FBT003
        theirs = np.asarray(found[:, :, jnp.asarray(chosen)])
    return _worst(np.moveaxis(theirs, 2, 0), expected)


def _worst(theirs: Any, expected: FloatArray) -> float:
    return float(np.max(np.abs(theirs - expected) / np.max(expected, axis=2, keepdims=True)))


def off_grid(form: gpu.Form) -> dict[str, float]:
    """The same for a schedule whose edges fall between the times, with a bolus and a pause."""
    network, weights_kg = people_of(CHECKED)
    given = constant_infusion(amount_mg=0.5, over_h=0.7013).paused(at_h=0.31, for_h=0.123)
    given = given.plus(constant_infusion(amount_mg=0.3, over_h=0.4, start_h=3.217))
    schedule = given.plus(Schedule(boluses=(Bolus(at_h=1.5071, amount_mg=0.1),)))
    programme = programme_of(schedule, Grid(step_h=1 / 60, count=600))
    expected = stepping.curves(network, programme, doses=weights_kg)
    types: tuple[gpu.Digits, ...] = ("float64", "float32")
    return {
        dtype: _worst(gpu.curves(network, programme, doses=weights_kg, dtype=dtype, form=form), expected)
        for dtype in types
    }


if __name__ == "__main__":
    main()
