"""Files that the page is compared with, read into values: the digitised curves, and a curve held back for acceptance."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ebbtide.pharmacology.validation.observed import DIGITISED, KETAMINE_NG_PER_NMOL, HeldBack, Observed

TIMES_TO_H = {"time_h": 1.0, "time_min": 1.0 / 60.0, "time_s": 1.0 / 3600.0}
LEVELS_TO_NG_PER_ML = {
    "ng_per_ml": 1.0,
    "conc_ng_per_ml": 1.0,
    "nmol_per_ml": KETAMINE_NG_PER_NMOL,
    "conc_nmol_per_ml": KETAMINE_NG_PER_NMOL,
}
COLUMNS = f"one time column ({', '.join(TIMES_TO_H)}) and one concentration column ({', '.join(LEVELS_TO_NG_PER_ML)})"
PEAK_MEAN, PEAK_SD = "peak_mean_ng_per_ml", "peak_sd_ng_per_ml"


class UnreadableFile(Exception):
    """A file that is not as this page needs it; the message says what is wrong and what to do."""


def digitised_curves(folder: Path) -> Mapping[str, Observed] | None:
    """The curves of a folder by the names in DIGITISED; None when the folder is not there or lacks one of them."""
    found = {name: sorted(folder.glob(f"kamp_bja2020_?_{name}.csv")) for name in DIGITISED}
    if not all(found.values()):
        return None
    return {name: _curve(paths[0]) for name, paths in found.items()}


def _curve(path: Path) -> Observed:
    rows, _ = _rows(path)
    return Observed(
        times_h=np.array([float(row["time_h"]) for row in rows]),
        nmol_per_ml=np.array([float(row["conc_nmol_per_ml"]) for row in rows]),
    )


def held_back(path: Path) -> HeldBack:
    """A mean curve with the columns of COLUMNS; the peak's mean and SD may stand above in lines `# name: number`."""
    rows, notes = _rows(path)
    columns = list(rows[0]) if rows else []
    times = [name for name in columns if name in TIMES_TO_H]
    levels = [name for name in columns if name in LEVELS_TO_NG_PER_ML]
    if len(times) != 1 or len(levels) != 1:
        raise UnreadableFile(f"{path.name} has the columns {', '.join(columns) or 'none'}: give {COLUMNS}.")
    try:
        return HeldBack(
            times_h=np.array([float(row[times[0]]) * TIMES_TO_H[times[0]] for row in rows]),
            ng_per_ml=np.array([float(row[levels[0]]) * LEVELS_TO_NG_PER_ML[levels[0]] for row in rows]),
            peak_mean_ng_per_ml=_number(notes, PEAK_MEAN),
            peak_sd_ng_per_ml=_number(notes, PEAK_SD),
        )
    except (TypeError, ValueError) as why:
        raise UnreadableFile(f"{path.name} has a value that is not a number ({why}): correct it.") from why


def _rows(path: Path) -> tuple[list[dict[str, str]], dict[str, str]]:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    notes = (line.lstrip("# ").partition(":") for line in lines if line.startswith("#"))
    rows = csv.DictReader(line for line in lines if line.strip() and not line.startswith("#"))
    rows.fieldnames = [name.strip() for name in rows.fieldnames or []]
    return list(rows), {name.strip(): words.strip() for name, _, words in notes}


def _number(notes: Mapping[str, str], name: str) -> float | None:
    return float(notes[name]) if name in notes else None
