"""`make validation`: hold the library against published data and write docs/reference/validation.md with its figures.

Without the digitised curves the committed page stays as it is, and the terminal says which targets lack their data.
With --hasan FILE the comparison of T7 is made and written to build/validation: data held back are never committed. The
file is a CSV with one time column (time_min, time_h or time_s) and one concentration column (ng_per_ml or nmol_per_ml
of free base, both isomers together); lines `# peak_mean_ng_per_ml: 12.3` and `# peak_sd_ng_per_ml: 4.5` above it give
the mean highest concentration and its SD over people.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ebbtide.pharmacology import the_library
from ebbtide.pharmacology.people.coverage import CoverageRow, coverage_rows
from ebbtide.pharmacology.previews import ENGINE_VERSION
from ebbtide.pharmacology.published.library import read_data
from ebbtide.pharmacology.validation.digitised import NORKETAMINE, head_to_head
from ebbtide.pharmacology.validation.evaluation import evaluated
from ebbtide.pharmacology.validation.golden import golden_match, parse_golden
from ebbtide.pharmacology.validation.observed import (
    NORKETAMINE_S_ARM,
    Observed,
    Outside,
    hourly_steps,
    metabolite_nmol_per_ml,
)
from ebbtide.pharmacology.validation.targets import Result, Target, Verdict, parse_targets
from tools.validation.page import Page, norketamine_as_mass, written
from tools.validation.reading import UnreadableFile, digitised_curves, held_back
from tools.validation.trials import STIFF_TRIALS, TRIALS, Agreement, agreements

ROOT = Path(__file__).resolve().parents[2]
CURVES = ROOT.parent / "shared" / "real" / "pk"
DOCS = ROOT / "docs" / "reference"
HELD_BACK = ROOT / "build" / "validation"
SEED = 4  # of the bootstrap, and of the people whose bands are counted


def the_targets() -> dict[str, Target]:
    return {target.id: target for target in parse_targets(read_data())}


def the_results(curves: Mapping[str, Observed] | None, hasan: Path | None = None) -> list[Result]:
    """Every target against what is here; the bootstrap begins at the same number each time."""
    outside = Outside(
        generator=np.random.default_rng(SEED),
        digitised=curves,
        held_back=None if hasan is None else held_back(hasan),
    )
    return [evaluated(target, outside) for target in the_targets().values()]


def the_page(
    curves: Mapping[str, Observed],
    results: Sequence[Result],
    found: Sequence[Agreement],
    covered: Sequence[CoverageRow],
) -> Page:
    targets = the_targets()
    s_rates, racemic_rates = (targets[name].several("rates_mg_kg_h") for name in ("T4", "T3"))
    points = curves[NORKETAMINE_S_ARM].compared()
    as_mass = {
        one: norketamine_as_mass(
            metabolite_nmol_per_ml(one, NORKETAMINE, hourly_steps(s_rates), points.times_h),
            points.nmol_per_ml,
        )
        for one in ("otto_2021", "perez_ruixo_2021")
    }
    return Page(
        engine_version=ENGINE_VERSION,
        data_hash=the_library().data_hash,
        results=results,
        golden=golden_match(parse_golden(read_data())),
        head_to_head=head_to_head(
            curves,
            s_rates_mg_per_kg_h=s_rates,
            racemic_rates_mg_per_kg_h=racemic_rates,
            generator=np.random.default_rng(SEED),
        ),
        as_mass=as_mass,
        agreements=found,
        coverage=covered,
    )


def write(page: Page, curves: Mapping[str, Observed], out: Path) -> None:
    """The page and its figures, written only where they differ."""
    from tools.validation.figures import drawn

    files = {out / "validation.md": written(page).encode()}
    files |= {out / "validation" / name: picture for name, picture in drawn(curves, the_targets()).items()}
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)
            print(f"{_short(path)} is written anew.")


def say(results: Sequence[Result], found: Sequence[Agreement]) -> None:
    """Every verdict in a line, failures first, and the digits that the page rounds."""
    worst = (Verdict.FAILED, Verdict.KNOWN_FAILURE)
    for one in sorted(results, key=lambda one: one.verdict not in worst):
        print(f"{one.target.id:4} {one.verdict:20} {one.target.what}")
    for agreement in found:
        print(
            f"{agreement.engine} against {agreement.oracle}: {agreement.worst_of_peak:.2e} of the peak at worst, "
            f"{agreement.people} people, {agreement.curves} curves"
        )


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m tools.validation", description=__doc__)
    found.formatter_class = argparse.RawDescriptionHelpFormatter
    found.add_argument(
        "--curves",
        type=Path,
        default=Path(os.environ.get("EBBTIDE_PK", CURVES)),
        help="folder of the digitised curves (or EBBTIDE_PK)",
    )
    found.add_argument("--hasan", type=Path, help="CSV of the data held back for acceptance (T7)")
    found.add_argument("--out", type=Path, help="folder to write to instead of docs/reference")
    found.add_argument("--people", type=int, default=TRIALS, help="random schedules for the oracles")
    return found


def main(arguments: Sequence[str]) -> int:
    """0 when no target failed anew; known failures are no surprise. 2 when a file cannot be read."""
    asked = parser().parse_args(arguments)
    curves = digitised_curves(asked.curves)
    try:
        results = the_results(curves, asked.hasan)
    except (UnreadableFile, OSError) as why:
        print(why)
        return 2
    found = agreements(trials=asked.people, stiff_trials=min(asked.people, STIFF_TRIALS))
    say(results, found)
    if curves is None:
        print(f"The digitised curves are not in {asked.curves}: docs/reference/validation.md stays as it is.")
    else:
        out = asked.out or (DOCS if asked.hasan is None else HELD_BACK)
        write(the_page(curves, results, found, coverage_rows(np.random.default_rng(SEED))), curves, out)
    return 1 if any(one.verdict is Verdict.FAILED for one in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
