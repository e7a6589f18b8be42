"""`ebbtide drill` against a demonstration that runs: what it plays on a chair is what the nurse at that chair is told."""

import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from tools.bench.running import Clinic, running_clinic

from ebbtide.ground.database import attach
from ebbtide.twin.monitors.drills import chairs_of, key_of
from tests.drills.charting import Nurse, running_chairs
from tests.drills.clinics import command
from tests.moulds import a_copy

WITHIN_S = 40.0
ON = """
SELECT d.key FROM infusion_binding b JOIN infusion_device d ON d.id = b.device_id
WHERE b.until_at IS NULL AND b.session_id = %s
"""
TITLE = "Pressure is high"


def chair_and_number(clinic: Clinic):
    """A chair at work, and its number."""
    with psycopg.connect(attach(clinic.data).superuser_url) as mighty:
        for chair in running_chairs(clinic):
            (key,) = mighty.execute(ON, [chair.session]).fetchone()
            number = next((one for one in chairs_of(clinic.data) if key_of(one) == key), None)
            if number is not None:
                return chair, number
    raise AssertionError("no chair at work has a simulated monitor that speaks")


def waited_for(seen, words: str) -> float:
    """How long it took until the page said this (s)."""
    began_s = time.monotonic()
    while words not in seen():
        assert time.monotonic() - began_s < WITHIN_S, f"the page never said {words!r}"
        time.sleep(0.5)
    return time.monotonic() - began_s


@pytest.mark.nightly
def test_a_drill_of_hypertension_raises_the_check_at_its_chair(demonstration: Path, place: Path) -> None:
    with running_clinic(a_copy(demonstration, place / "d")) as clinic:
        chair, number = chair_and_number(clinic)
        with closing(Nurse(clinic.port, chair)) as nurse:

            def checks() -> str:
                nurse.call.close()  # between two questions the server hangs up
                return nurse.ask("GET", f"{chair.address}/checks/now")[2]

            assert TITLE not in checks()
            done = command(clinic.data, "drill", "hypertension", "--chair", number, "--data", clinic.data)
            assert (done.returncode, done.stderr) == (0, "")
            took_s = waited_for(checks, TITLE)
            assert took_s > 10, f"it took {took_s:.1f} s: the first measurement ends 20 s after the beginning"
