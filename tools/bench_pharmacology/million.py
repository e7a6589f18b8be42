"""A million people at 1,440 times to a Parquet file, in a process of its own; prints its seconds and its highest memory."""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from ebbtide.pharmacology.engine.compute import make_ready
from ebbtide.pharmacology.engine.stream import write_parquet
from ebbtide.pharmacology.people.bands import Regimen
from ebbtide.pharmacology.published.library import the_library
from ebbtide.pharmacology.published.models import Drug
from tools.bench_pharmacology.workloads import SEED, W1_GRID, W1_SCHEDULE


def main(size: int) -> None:
    """Write, measure, remove."""
    make_ready(wait=True)
    regimen = Regimen(schedule=W1_SCHEDULE, grid=W1_GRID, drug=Drug.S, per_kg=True)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "people.parquet"
        begun = time.perf_counter()
        rows = write_parquet(path, the_library().model("simons_2022"), regimen, size=size, seed=SEED)
        seconds, bytes_written = time.perf_counter() - begun, path.stat().st_size
    highest_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "bytes": bytes_written, "rss_mib": highest_mib}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
