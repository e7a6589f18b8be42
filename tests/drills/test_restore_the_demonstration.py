"""A backup of a clinic at work, restored into an empty folder: the same record, proved, and open for work again."""

import threading
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from tools.bench.running import Clinic, running_clinic

from ebbtide.ground.database import Server
from ebbtide.site.keeping.digest import differences, record_digest
from ebbtide.site.keeping.manifest import read
from tests.drills.clinics import Desk, command, session_cookie
from tests.moulds import a_copy


def keep_typing(clinic: Clinic, cookie: str, enough: threading.Event) -> None:
    """The front desk does not stop for a backup."""
    with closing(Desk(clinic.port, cookie)) as desk:
        while not enough.is_set():
            status, _ = desk.type_request(f"drill/{uuid4()}")
            assert status in {302, 303}


def back_up_at_work(data: Path, to: Path) -> None:
    """A backup while requests are typed and entries are sealed."""
    enough = threading.Event()
    with running_clinic(data) as clinic:
        desk = threading.Thread(target=keep_typing, args=(clinic, session_cookie(data, "front_desk"), enough))
        desk.start()
        try:
            done = command(data, "backup", to, "--data", data)
        finally:
            enough.set()
            desk.join(30)
    assert done.returncode == 0, done.stderr
    assert f"Prove it: ebbtide restore {to} --prove" in done.stdout


@pytest.mark.nightly
def test_it_restores_the_same_record_and_goes_on(demonstration: Path, place: Path) -> None:
    data, backup, again = a_copy(demonstration, place / "d"), place / "backup", place / "again"
    back_up_at_work(data, backup)
    done = command(again, "restore", backup, "--data", again)
    assert done.returncode == 0, done.stderr
    with Server(again) as server, psycopg.connect(server.owner_url) as owner:
        assert differences(read(backup).record, record_digest(owner)) == []
    with running_clinic(again) as clinic:
        proof = command(again, "ledger", "verify", "--data", again)
        assert (proof.returncode, proof.stdout[:8]) == (0, "Intact: "), proof.stdout + proof.stderr
        with closing(Desk(clinic.port, session_cookie(again, "front_desk"))) as desk:
            assert desk.type_request(f"drill/{uuid4()}")[0] in {302, 303}
        after = command(again, "ledger", "verify", "--data", again)
    assert (after.returncode, after.stdout[:8]) == (0, "Intact: "), after.stdout + after.stderr


@pytest.mark.nightly
def test_it_proves_the_backup_of_a_clinic_at_work(demonstration: Path, place: Path) -> None:
    data, backup = a_copy(demonstration, place / "d"), place / "backup"
    back_up_at_work(data, backup)
    done = command(data, "restore", backup, "--prove", "--data", data)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1].startswith("The backup is proved: ")
