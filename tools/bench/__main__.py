"""`make bench`: start the demonstration as a person does, measure it, print a table, write build/bench/journey.json."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ebbtide.ground.database.attach import attach
from tools.bench.load import open_loop
from tools.bench.monitor import CHAIRS, monitor_rows
from tools.bench.one_slot import one_slot
from tools.bench.rows import Row, median_of, percentile, table, write
from tools.bench.running import Clinic, clock_of, environment, running_clinic

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "bench" / "journey.json"
BUNDLES = ROOT.parent / "shared" / "real" / "fhir"
PER_SECOND, SECONDS, WARM_S = 50.0, 20.0, 4.0
QUERIES = 8


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that the database's own account can enter."""
    place = Path(tempfile.mkdtemp(prefix="ebb-"))
    place.chmod(0o711)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def inside(clinic: Clinic, *arguments: str) -> dict[str, Any]:
    """Run one measurement of `inside.py` against the running clinic's database, as the application."""
    env = {
        **environment(clinic.data),
        **clock_of(clinic.data),
        "DATABASE_URL": attach(clinic.data).app_url,
        "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings",
        "EBBTIDE_DEMO": "1",
        "EBBTIDE_HOSTS": "testserver,127.0.0.1,localhost",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench.inside", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def chart_row(clinic: Clinic) -> Row:
    """Chart pages at 50 a second, all middleware, reading recorded, from the moment each request was due."""
    told = inside(clinic, "charts")
    open_loop(clinic.port, told["cookie"], told["paths"], per_second=PER_SECOND, seconds=WARM_S)
    answers = open_loop(clinic.port, told["cookie"], told["paths"], per_second=PER_SECOND, seconds=SECONDS)
    took = [ms for ms, _ in answers]
    wrong = sum(status != 200 for _, status in answers)
    note = f"p50 {percentile(took, 0.5):.1f} ms, p99 {percentile(took, 0.99):.1f} ms, {wrong} of {len(answers)} not 200, load on the same machine"
    return Row(
        name="chart_p95_ms_at_50rps",
        value=round(percentile(took, 0.95), 1),
        unit="ms",
        goal=50,
        better="lower",
        runs=len(answers),
        note=note,
    )


def largest_bundle() -> Path | None:
    """The largest real bundle, where there is one."""
    return (
        max(BUNDLES.glob("*.json"), key=lambda path: path.stat().st_size, default=None)
        if BUNDLES.is_dir()
        else None
    )


def bundle_rows(clinic: Clinic) -> list[Row]:
    """Import and assess the largest real bundle; without one the rows say so and are not met."""
    bundle = largest_bundle()
    if bundle is None:
        note = "no real bundle here"
        return [
            Row(name="bundle_import_s", value=None, unit="s", goal=2, better="lower", runs=0, note=note),
            Row(name="assess_cli_s", value=None, unit="s", goal=1.5, better="lower", runs=0, note=note),
        ]
    note = f"{bundle.stat().st_size / 1e6:.1f} MB"

    def assess() -> float:
        begun = time.perf_counter()
        command = [sys.executable, "-m", "ebbtide.site.cli", "assess", str(bundle), "--json"]
        subprocess.run(command, env=environment(clinic.data), stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - begun

    imported = median_of(lambda: float(inside(clinic, "bundle", str(bundle))["seconds"]), 3)
    return [
        Row(
            name="bundle_import_s",
            value=imported,
            unit="s",
            goal=2,
            better="lower",
            runs=3,
            note=f"{note}, first import of each process",
        ),
        Row(
            name="assess_cli_s",
            value=median_of(assess, 5),
            unit="s",
            goal=1.5,
            better="lower",
            runs=5,
            note=f"{note}, interpreter start included",
        ),
    ]


def query_row(clinic: Clinic) -> Row:
    """The page that asks the database most often."""
    found = inside(clinic, "queries")["pages"]
    most, page = found[0]
    over = [name for asked, name in found if asked > QUERIES]
    note = f"{page}; {len(over)} of {len(found)} pages ask more than {QUERIES} times"
    return Row(
        name="max_queries_per_page",
        value=most,
        unit="",
        goal=QUERIES,
        better="lower",
        runs=len(found),
        note=note,
    )


def slot_row(clinic: Clinic) -> Row:
    """10,000 attempts of 8 processes on one slot."""
    told = one_slot(attach(clinic.data).owner_url)
    note = f"{told['refusals']:.0f} clear refusals, {told['deadlocks']:.0f} deadlocks, {told['seconds']:g} s, p99 {told['p99_ms']:g} ms"
    return Row(
        name="one_slot_winners",
        value=told["winners"],
        unit="",
        goal=1,
        better="equal",
        runs=10_000,
        note=note,
    )


def measure(place: Path) -> list[Row]:
    """Every row, on one demonstration clinic made for it."""
    data = place / "d"
    with running_clinic(data) as clinic:
        first_s = clinic.started_in_s

    def later() -> float:
        with running_clinic(data) as again:
            return again.started_in_s

    starts = Row(
        name="start_s",
        value=median_of(later, 3),
        unit="s",
        goal=10,
        better="lower",
        runs=3,
        note="later start, to the first page",
    )
    first = Row(
        name="first_start_s",
        value=round(first_s, 2),
        unit="s",
        goal=60,
        better="lower",
        runs=1,
        note="empty data folder, to the first page",
    )
    with running_clinic(data) as clinic:
        charts, fed = chart_row(clinic), monitor_rows(clinic, inside(clinic, "monitors", str(CHAIRS)))
        return [charts, *fed, query_row(clinic), *bundle_rows(clinic), slot_row(clinic), starts, first]


def main() -> int:
    """Measure, print, write."""
    with scratch() as place:
        rows = measure(place)
    write(rows, OUT)
    print(table(rows))
    print(f"Written to {OUT.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
