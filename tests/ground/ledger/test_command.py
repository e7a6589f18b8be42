"""`ebbtide ledger verify`, as a person at the terminal runs it."""

import json
import os
import subprocess
import sys

from tests.ground.ledger.open_record import OpenRecord
from tests.ground.ledger.test_verify import a_small_clinic
from tests.ground.live.test_listen import database_url


def told(record: OpenRecord, *more: str, url: str = "") -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "ebbtide.site.cli",
        "ledger",
        "verify",
        "--data",
        str(record.data_folder),
    ]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [*command, "--database-url", url or database_url(), *more],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_it_says_that_the_record_is_intact(record: OpenRecord) -> None:
    a_small_clinic()
    answer = told(record)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == "Intact: 8 entries, 7 sealed in 3 batches, 1 not sealed yet, 7 rows proved.\n"


def test_it_names_every_fault_and_fails(record: OpenRecord) -> None:
    a_small_clinic()
    record.tamper("UPDATE ledger_entry SET actor = 'x' WHERE id = 3")
    answer = told(record)
    assert answer.returncode == 1
    assert answer.stdout.splitlines()[0] == "entry 3: changed since it was written"
    said = json.loads(told(record, "--json").stdout)
    assert said["intact"] is False
    assert said["faults"][0] == {"subject": "entry 3", "what": "changed since it was written"}


def test_it_says_in_one_line_that_the_record_cannot_be_reached(record: OpenRecord) -> None:
    for url, words in (
        ("postgresql://nobody@127.0.0.1:1/x", "The record cannot be read"),
        ("mysql://x", "DATABASE_URL must begin"),
    ):
        answer = told(record, url=url)
        assert answer.returncode == 2
        assert answer.stderr.startswith(f"ebbtide ledger verify: {words}")
        assert len(answer.stderr.splitlines()) == 1
