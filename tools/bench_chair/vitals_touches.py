"""How many touches a full set of vital signs costs, counted by a finger in a real browser on the chairside page."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COUNTED = "tests/journey/infusion/test_touches.py::test_w17_vitals_that_take_three_pages_a_full_set_is_eight_touches_and_is_taken_back_in_one"
GOAL_TOUCHES = 8


def measure() -> dict[str, Any]:
    """The row of this figure: one set, each of six values set to another number than before. None where it failed."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "touches.json"
        command = [sys.executable, "-m", "pytest", "-q", "-m", "nightly", "-p", "no:randomly", COUNTED]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "TOUCHES_TO": str(told)},
            capture_output=True,
            text=True,
            check=False,
        )
        counted = json.loads(told.read_text(encoding="utf-8")) if told.exists() else None
    if counted is None:
        value, note = None, f"not counted: {done.stdout.strip().splitlines()[-1:]}"
    else:
        value = counted["touches"]
        note = f"HR, pressure, SpO₂, RR and O₂ by hand in {counted['seconds']:.1f} s, server time included"
    return {
        "name": "vitals_touches",
        "value": value,
        "unit": "touches",
        "goal": GOAL_TOUCHES,
        "better": "lower",
        "met": value is not None and done.returncode == 0 and value <= GOAL_TOUCHES,
        "runs": 1,
        "note": note,
    }
