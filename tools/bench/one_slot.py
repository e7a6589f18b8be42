"""Benchmark: many processes try to take one chair at one time; exactly one may win, and everybody else is told clearly."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).resolve().parents[2]
GATE = 7_012  # an advisory lock that holds every process back until all of them are ready
READY_WITHIN_S = 120
CLEAR = "The chair is taken on "


def one_slot(database_url: str, attempts: int = 10_000, processes: int = 8) -> dict[str, float]:
    """Let `processes` processes make `attempts` attempts on one slot, in a scratch database of their own.

    Args:
        database_url: the owner's address of a running server; a database is created beside it and dropped again.
        attempts: how many in all.
        processes: how many at once.

    Returns:
        winners, refusals (clear ones), others (anything else), deadlocks, seconds, p99_ms.
    """
    with scratch(database_url) as url:
        python_on("prepare", url=url).communicate_or_fail()
        shares = [attempts // processes + (n < attempts % processes) for n in range(processes)]
        with psycopg.connect(url, autocommit=True) as gate:
            gate.execute("SELECT pg_advisory_lock(%s)", [GATE])
            running = [python_on("worker", str(share), url=url) for share in shares]
            _wait_until_ready(gate, processes)
            started_s = time.monotonic()
            gate.execute("SELECT pg_advisory_unlock(%s)", [GATE])
            told = [json.loads(process.communicate_or_fail()) for process in running]
            seconds = time.monotonic() - started_s
            kept = gate.execute("SELECT count(*) FROM people_occupancy").fetchone()
    waits_ms = sorted(ms for one in told for ms in one["waits_ms"])
    counted = {
        name: sum(one[name] for one in told) for name in ("winners", "refusals", "others", "deadlocks")
    }
    if kept is None or kept[0] != counted["winners"]:
        raise RuntimeError(f"The database keeps {kept} bookings and {counted['winners']} were told they won.")
    return {
        **counted,
        "seconds": round(seconds, 2),
        "p99_ms": round(waits_ms[int(len(waits_ms) * 0.99) - 1], 1),
    }


class _Process:
    """A Python of its own with Django set up on the scratch database."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env=environment,
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def communicate_or_fail(self) -> str:
        out, err = self._process.communicate()
        if self._process.returncode != 0:
            raise RuntimeError(
                f"A process of the benchmark ended with {self._process.returncode}: {err[-2000:]}"
            )
        return out


def python_on(*arguments: str, url: str, module: str = "tools.bench.one_slot") -> _Process:
    """Start a module in a Python of its own, with Django's settings on the database `url`."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "PYTHONPATH": path,
        "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings",
        "EBBTIDE_DEMO": "1",
    }
    return _Process([module, *arguments], environment)


@contextmanager
def scratch(database_url: str) -> Iterator[str]:
    """A database of its own beside the one given, dropped afterwards; gives its address."""
    name = f"one_slot_{uuid4().hex[:12]}"
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield _beside(database_url, name)
        finally:
            owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _beside(database_url: str, name: str) -> str:
    parts = conninfo_to_dict(database_url)
    query = "&".join(f"{key}={parts[key]}" for key in ("user", "password", "host", "port") if parts.get(key))
    return f"postgresql:///{name}?{query}"


def _wait_until_ready(gate: "psycopg.Connection[tuple[int]]", processes: int) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
    until_s = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until_s:
        row = gate.execute(waiting, [GATE]).fetchone()
        if row is not None and row[0] == processes:
            return
        time.sleep(0.05)
    raise RuntimeError(f"Not all of the {processes} processes were ready within {READY_WITHIN_S} s.")


def _prepare() -> None:
    """Migrate the scratch database and put one chair into it."""
    from django.core.management import call_command

    from ebbtide.site.serve.first_shape import drawn_near

    with drawn_near():
        call_command("migrate", verbosity=0)
    from ebbtide.ground.people.models import Clinic, Resource, ResourceKind

    clinic = Clinic.objects.create(
        name="Bench", time_zone="America/Chicago", phone="0", email="bench@example.org"
    )
    Resource.objects.create(clinic=clinic, kind=ResourceKind.CHAIR, name="Chair 1")


def _worker(attempts: int) -> None:
    from datetime import UTC, datetime, timedelta

    from django.db import OperationalError, connection, transaction

    from ebbtide.ground.people.models import Resource
    from ebbtide.ground.people.occupancy import SlotTaken, occupy

    chair = Resource.objects.select_related("clinic").get()
    starts_at = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
    told = {"winners": 0, "refusals": 0, "others": 0, "deadlocks": 0}
    waits_ms = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [GATE])
    for _ in range(attempts):
        began_s = time.monotonic()
        try:
            with transaction.atomic():
                occupy([chair], starts_at, starts_at + timedelta(minutes=85), uuid4(), starts_at)
            told["winners"] += 1
        except SlotTaken as refused:
            told["refusals" if refused.sentence.startswith(CLEAR) else "others"] += 1
        except OperationalError as trouble:
            told["deadlocks" if "deadlock" in str(trouble) else "others"] += 1
        waits_ms.append(round((time.monotonic() - began_s) * 1000, 2))
    print(json.dumps({**told, "waits_ms": waits_ms}))


def _main(arguments: list[str]) -> None:
    import django

    django.setup()
    if arguments[0] == "prepare":
        _prepare()
    else:
        _worker(int(arguments[1]))


if __name__ == "__main__":
    _main(sys.argv[1:])
