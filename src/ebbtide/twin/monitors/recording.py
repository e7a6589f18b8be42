"""A recording of one row a minute, played at 60 times its speed: one row a second, drop-outs and all.

The file that comes with Ebbtide (`data/recording.csv`) is made up, in the columns of the per-minute record that tests and
benchmarks play from outside (EBBTIDE_REPLAY_FILE); no row of that one was copied.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

FROM_MINUTE = 60  # before it the record is mostly a monitor that is being put on
COLUMNS = {
    "HR": "hr",
    "PULSE": "pulse",
    "RESP": "rr",
    "SpO2": "spo2",
    "NBPSys": "sbp",
    "NBPDias": "dbp",
    "NBPMean": "map",
}
CUFF = frozenset({"sbp", "dbp", "map"})

Row = Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The rows, one a minute."""

    rows: Sequence[Row]

    def at(self, second: int) -> Row:
        """What the monitor shows in this second of its life; from the end it goes on at the same minute as at first."""
        first = FROM_MINUTE if len(self.rows) > FROM_MINUTE else 0
        return self.rows[first + second % (len(self.rows) - first)]


def read(path: Path | None = None) -> Recording:
    """The recording in this file, or the one that comes with Ebbtide.

    Raises:
        ValueError: the file has no rows, or not these columns.
    """
    text = (
        path.read_text(encoding="utf-8")
        if path
        else (files("ebbtide.twin.monitors") / "data" / "recording.csv").read_text(encoding="utf-8")
    )
    told = list(csv.DictReader(text.splitlines()))
    if not told or not COLUMNS.keys() <= told[0].keys():
        raise ValueError(f"{path} is no recording: it needs the columns {', '.join(COLUMNS)}.")
    return Recording(rows=[_row(line) for line in told])


def _row(line: Mapping[str, str]) -> Row:
    """A cell without a number is no result; a cuff that did not measure says nothing at all."""
    values = {signal: float(line[name]) if line[name] else None for name, signal in COLUMNS.items()}
    return {signal: value for signal, value in values.items() if value is not None or signal not in CUFF}
