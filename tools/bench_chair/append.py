"""From the tap to the acknowledged row, with twenty chairs at work: monitors feed, pages listen, nurses chart."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from os import environ
from uuid import uuid4

import psycopg
from tests.drills.charting import Chair, Nurse, running_chairs

from ebbtide.ground.database import attach
from tools.bench.__main__ import inside, scratch
from tools.bench.monitor import ROOT, feed_command
from tools.bench.rows import Row, percentile
from tools.bench.running import Clinic, clock_of, running_clinic
from tools.bench_monitor.ward import shown_in

CHAIRS = 20
# a nurse at a chair charts a few times in five minutes; here each does it six times a minute
WARM_S, SECONDS, EVERY_S = 10.0, 60.0, 10.0
# the demonstration opens with two chairs at work; the others are made like them, row by row
COPY = """
INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(t) || %s::jsonb)).* FROM {table} t WHERE {where}
"""


def measure() -> Row:
    """The 95th percentile over every entry of a minute."""
    with scratch() as place, running_clinic(place / "d") as clinic:
        chairs = twenty(clinic)
        told = {**inside(clinic, "monitors", str(CHAIRS)), "port": clinic.port, "mllp_port": clinic.mllp_port}
        command = feed_command(told, seconds=WARM_S + SECONDS + 5.0, pages=CHAIRS)
        feeding = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environ, **clock_of(clinic.data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(2.0)
        chart(clinic, chairs, seconds=WARM_S)
        took_ms, refused = chart(clinic, chairs, seconds=SECONDS)
        out, errors = feeding.communicate()
        if feeding.returncode:
            raise RuntimeError(f"The monitors ended with {feeding.returncode}: {errors[-1000:]}")
        fed = json.loads(out.strip().splitlines()[-1])
    note = (
        f"p50 {percentile(took_ms, 0.5):.0f} ms, p99 {percentile(took_ms, 0.99):.0f} ms, {refused} refused; "
        f"{CHAIRS} chairs open, each charts every {EVERY_S:g} s and reads its log again, {CHAIRS} monitors feed "
        f"({len(fed['answered_ms'])} messages), {CHAIRS} pages listen; everything on one machine"
    )
    value = round(percentile(took_ms, 0.95), 1)
    return Row(
        name="append_p95_ms", value=value, unit="ms", goal=60, better="lower", runs=len(took_ms), note=note
    )


def twenty(clinic: Clinic) -> list[Chair]:
    """Twenty running sessions with the nurses who may write there."""
    first = running_chairs(clinic)
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        mighty.execute(
            "SET session_replication_role = replica"
        )  # a benchmark: no entry of the ledger speaks for them
        copies = [_copied(mighty, first[n % len(first)], number=1000 + n) for n in range(CHAIRS - len(first))]
    return [*first, *copies]


def _copied(mighty: psycopg.Connection, chair: Chair, *, number: int) -> Chair:
    visit, session = str(uuid4()), str(uuid4())
    row = mighty.execute("SELECT visit_id FROM infusion_session WHERE id = %s", [chair.session]).fetchone()
    assert row is not None
    _copy(mighty, "course_visit", "id = %s", row[0], {"id": visit, "number": number})
    _copy(mighty, "infusion_session", "id = %s", chair.session, {"id": session, "visit_id": visit})
    entries = mighty.execute(
        "SELECT id FROM infusion_entry WHERE session_id = %s", [chair.session]
    ).fetchall()
    for (entry,) in entries:
        new = {"id": str(uuid4()), "session_id": session, "replaces_id": None, "withdrawn": False}
        _copy(mighty, "infusion_entry", "id = %s", entry, new)
    return Chair(session=session, cookie=chair.cookie)


def _copy(mighty: psycopg.Connection, table: str, where: str, key: object, new: Mapping[str, object]) -> None:
    statement = COPY.format(table=table, where=where)
    mighty.execute(statement.encode(), [json.dumps(dict(new)), key])


def chart(clinic: Clinic, chairs: list[Chair], *, seconds: float) -> tuple[list[float], int]:
    """Every nurse charts at a steady beat; milliseconds from the tap to the answer, and how many were refused."""
    took_ms: list[float] = []
    refused: list[int] = []
    ended: list[int] = []
    begun_s = time.monotonic() + 0.5

    def nurse_at(number: int, chair: Chair) -> None:
        with closing(Nurse(clinic.port, chair)) as nurse:
            due_s = begun_s + EVERY_S * number / len(chairs)
            while due_s < begun_s + seconds:
                time.sleep(max(0.0, due_s - time.monotonic()))
                entry = chair.next_entry(shown_in(clinic.data))
                nurse.close()  # between two entries a browser's connection was closed: opening it again is in the figure
                tap_s = time.monotonic()
                _, is_kept = nurse.write(entry)
                took_ms.append((time.monotonic() - tap_s) * 1000)
                refused.extend([] if is_kept else [number])
                nurse.ask("GET", f"{chair.address}/now")  # as the page does
                due_s += EVERY_S
        ended.append(number)

    threads = [threading.Thread(target=nurse_at, args=place) for place in enumerate(chairs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(ended) < len(chairs):
        raise RuntimeError(
            f"{len(chairs) - len(ended)} nurses of the benchmark gave up: the figure counts for nothing."
        )
    return took_ms, len(refused)


if __name__ == "__main__":
    sys.exit(print(measure()))
