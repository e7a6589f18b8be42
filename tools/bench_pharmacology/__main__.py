"""Measure the pharmacology floor, print a table, write build/bench/pharmacology.json."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from ebbtide.pharmacology import (
    Drug,
    Person,
    constant_infusion,
    preview,
)
from ebbtide.pharmacology.engine import kernel
from ebbtide.pharmacology.engine.network import Network
from ebbtide.pharmacology.engine.programme import Programme
from ebbtide.pharmacology.forecast import forecaster
from ebbtide.pharmacology.previews import DEFAULT_MODELS
from tools.bench.rows import Better, Row, percentile, table, write
from tools.bench_pharmacology.accuracy import worst_error
from tools.bench_pharmacology.baselines import best_of, exponential_form, fill, lsoda
from tools.bench_pharmacology.workloads import PEOPLE, People, people, w1, w2

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "bench" / "pharmacology.json"
RUNS = 15
WINDOW = (70.0, 160.0)
LSODA_PEOPLE = 30
MILLION = 1_000_000


def row(name: str, value: float, goal: tuple[Better, float, str], runs: int, note: str) -> Row:
    """A row with four figures; the goal is which way is better, how far, and the unit."""
    better, least, unit = goal
    return Row(
        name=name, value=float(f"{value:.4g}"), unit=unit, goal=least, better=better, runs=runs, note=note
    )


def against_fill(name: str, folk: People, programme: Programme) -> tuple[list[Row], np.ndarray, float]:
    """The engine and a store into the same touched array, turn by turn."""
    out = np.empty((folk.network.size, len(folk.network.outputs), programme.grid.count))
    kernel.curves_into(folk.network, programme, doses=folk.doses, out=out)
    stores, runs = [], []
    for turn in range(RUNS):
        stores += best_of(lambda turn=turn: fill(out, 1.5 + turn), 1)
        runs += best_of(lambda: kernel.curves_into(folk.network, programme, doses=folk.doses, out=out), 1)
    store_s, run_s = statistics.median(stores), statistics.median(runs)
    new_s = statistics.median(best_of(lambda: kernel.curves(folk.network, programme, doses=folk.doses), 5))
    points = out.size / run_s
    note = (
        f"store {store_s * 1e3:.1f} ms, run {run_s * 1e3:.1f} ms, into a new array {new_s * 1e3:.1f} ms; medians of "
        f"{RUNS} turns; {out.nbytes / 1e6:.0f} MB, 3 outputs, float64, two threads"
    )
    rows = [
        row(f"{name}_fill_fraction", store_s / run_s, ("higher", 0.7, ""), RUNS, note),
        row(f"{name}_points_per_s", points, ("higher", 0, "1/s"), RUNS, "no goal"),
    ]
    return rows, out, run_s


def baseline_rows(folk: People, curves: np.ndarray, run_s: float) -> list[Row]:
    """The same workload by SciPy's LSODA and by NumPy with an exponential at every point."""
    usual = people(awkward=False)
    lsoda_s, older_s, found = lsoda(usual.network, usual.doses, LSODA_PEOPLE)
    mine = kernel.curves(usual.network, w1(), doses=usual.doses)
    apart = _apart(found, mine[:LSODA_PEOPLE])
    points = found.size
    form_s = min(best_of(lambda: exponential_form(usual.network, usual.doses), 2))
    form_apart = _apart(exponential_form(usual.network.some(slice(0, 500)), usual.doses[:500]), mine[:500])
    ratio = (lsoda_s / points) / (run_s / curves.size)
    return [
        row(
            "w1_vs_lsoda", ratio, ("higher", 1000, "x"), 1,
            f"solve_ivp, rtol = atol = 1e-8, {LSODA_PEOPLE} people {lsoda_s:.2f} s, per subject-timepoint; by odeint {ratio * older_s / lsoda_s:.0f}x; apart by {apart:.1e} of peak",
        ),
        row(
            "w1_vs_exp_form", form_s / run_s, ("higher", 20, "x"), 2,
            f"NumPy, partial fractions, {form_s:.2f} s for {PEOPLE} people; apart by {form_apart:.1e} of peak",
        ),
    ]  # fmt: skip


def _apart(found: np.ndarray, mine: np.ndarray) -> float:
    return float((np.abs(found - mine).max(axis=2) / mine.max(axis=2)).max())


def error_row(curves: np.ndarray) -> Row:
    worst, apart = worst_error(curves)
    note = (
        f"{PEOPLE} people x 3 outputs x 5 times against 40-digit matrix exponentials (which agree with mpmath.expm to "
        f"{apart:.0e}); 400 people with an effect site as quick as a transit stage, gaps 0 to 1e-9"
    )
    return row("worst_error_of_peak", worst, ("lower", 1e-9, ""), 1, note)


def summaries_row(network: Network, folk: People, written_s: float) -> Row:
    run = lambda: kernel.figures(network, w1(), window_ng_per_ml=WINDOW, doses=folk.doses)  # noqa: E731
    run()
    took = statistics.median(best_of(run, RUNS))
    note = f"{took * 1e3:.1f} ms for peak, its time, time in window and area of 3 outputs; curves {written_s * 1e3:.1f} ms"
    return row("summaries_speedup", written_s / took, ("higher", 3, "x"), RUNS, note)


def chair_row() -> Row:
    now = forecaster(
        person=Person(age_y=46, weight_kg=79.0), drug=Drug.RACEMIC, rng=np.random.default_rng(1)
    ).changed(at_h=0.0, rate_mg_per_h=40.0)
    took = []
    for turn in range(500):
        at_h = now.at_h + 0.01 + 0.001 * (turn % 7)
        begun = time.perf_counter()
        now = now.changed(at_h=at_h, rate_mg_per_h=20.0 + turn % 11)
        now.forecast(at_h=at_h)
        took.append((time.perf_counter() - begun) * 1e3)
    note = f"p50 {percentile(took, 0.5):.2f} ms; a rate change appended and 20 min forecast every 10 s, 500 draws of 4 models"
    return row("chair_update_p99_ms", percentile(took, 0.99), ("lower", 5, "ms"), len(took), note)


def preview_row() -> Row:
    def ask() -> object:
        return preview(
            schedule=constant_infusion(amount_mg=35.0, over_h=2 / 3),
            person=Person(age_y=46, weight_kg=70.0),
            drug=Drug.RACEMIC,
            model_ids=DEFAULT_MODELS,
            until_min=480.0,
        )

    first_s = best_of(ask, 1)[0]
    took = [seconds * 1e3 for seconds in best_of(ask, 30)]
    note = f"{len(DEFAULT_MODELS)} models with 90 % bands, 8 h; first {first_s * 1e3:.0f} ms, then the median of 30"
    return row("preview_ms", statistics.median(took), ("lower", 50, "ms"), 30, note)


def python(*arguments: str, **environment: str) -> str:
    """Run a fresh interpreter and return its last line."""
    env = {**os.environ, **environment}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout.strip().splitlines()[-1]


def import_row() -> Row:
    """The import, which loads nothing by itself; the note says what the first answer of a fresh process costs."""
    code = "import time; t = time.perf_counter(); import ebbtide.pharmacology; print(time.perf_counter() - t)"
    first = (
        "import time; t = time.perf_counter(); from ebbtide.pharmacology import *; "
        "preview(schedule=constant_infusion(amount_mg=35.0, over_h=0.5), person=Person(age_y=46, weight_kg=70.0), "
        "drug=Drug.RACEMIC, model_ids=['kamp_2020']); print(time.perf_counter() - t)"
    )
    took, answered = ([float(python("-c", text)) for _ in range(7)] for text in (code, first))
    note = (
        f"median of 7 fresh interpreters; every name loaded and a first preview answered, NumPy and the data included: "
        f"{statistics.median(answered):.2f} s"
    )
    return row("import_s", statistics.median(took), ("lower", 0.3, "s"), 7, note)


def cold_row() -> Row:
    with tempfile.TemporaryDirectory() as place:
        told: dict[str, Any] = json.loads(
            python("-m", "tools.bench_pharmacology.cold", NUMBA_CACHE_DIR=place)
        )
    note = f"W1 answered by NumPy in a fresh process with nothing compiled; the kernel was ready after {told['ready_s']:.1f} s"
    return row("cold_first_call_s", told["first_s"], ("lower", 1, "s"), 1, note)


def million_row() -> Row:
    told: dict[str, Any] = json.loads(python("-m", "tools.bench_pharmacology.million", str(MILLION)))
    note = f"{told['rows']} people x 1440 times to Parquet, {told['bytes'] / 1e9:.1f} GB in {told['seconds']:.0f} s, highest resident memory"
    return row("million_rss_mib", told["rss_mib"], ("lower", 2048, "MiB"), 1, note)


def main() -> int:
    """Measure, print, write."""
    folk = people()
    one, curves, run_s = against_fill("w1", folk, w1())
    kernel.curves_into(folk.network, w1(), doses=folk.doses, out=curves)
    summaries = summaries_row(folk.with_areas, folk, run_s)
    two, _, _ = against_fill("w2", folk, w2())
    quick = [chair_row(), preview_row(), import_row(), cold_row()]
    rows = [
        *one,
        *two,
        *baseline_rows(folk, curves, run_s),
        summaries,
        *quick,
        error_row(curves),
        million_row(),
    ]
    write(rows, OUT)
    print(table(rows))
    print(f"Written to {OUT.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
