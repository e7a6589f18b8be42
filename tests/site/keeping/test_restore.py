"""Backup and restore: into an empty folder, row for row the same, and loudly refused when anything is not."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from ebbtide.ground.database import Server
from ebbtide.site.keeping.backup import back_up
from ebbtide.site.keeping.manifest import BackupRefused, read
from ebbtide.site.keeping.proof import proof_of
from ebbtide.site.keeping.restore import prove, restore

MIGRATE = """
import django; django.setup()
from django.core.management import call_command
from ebbtide.site.serve.first_shape import drawn_near
with drawn_near(): call_command("migrate", verbosity=0)
"""


@pytest.fixture(scope="module")
def clinic_folder():
    """A folder with a migrated record, one clinic, one document and a key."""
    place = Path(tempfile.mkdtemp(prefix="ebb-"))
    place.chmod(0o711)
    data = place / "d"
    with Server(data) as server:
        environment = {
            **os.environ,
            "DATABASE_URL": server.owner_url,
            "EBBTIDE_DATA": str(data),
            "DJANGO_SETTINGS_MODULE": "ebbtide.site.settings",
        }
        subprocess.run([sys.executable, "-c", MIGRATE], env=environment, check=True)
        with psycopg.connect(server.owner_url) as connection:
            connection.execute(
                "INSERT INTO people_clinic (id, name, time_zone, phone, email, address) "
                "VALUES (gen_random_uuid(), 'Harbour', 'UTC', '1', 'a@example.org', '')"
            )
        (data / "documents" / "ab").mkdir(parents=True)
        (data / "documents" / "ab" / "one").write_bytes(b"%PDF")
        (data / "keys").mkdir(exist_ok=True)
        (data / "keys" / "signing.key").write_text("secret")
        (data / "kind").write_text("clinic\n")
        backup = place / "backup"
        back_up(data_folder=data, owner_url=server.owner_url, to=backup)
    return place


def quietly(_: str) -> None:
    pass


def test_it_restores_the_same_record_into_an_empty_folder(clinic_folder) -> None:
    into = clinic_folder / "again"
    manifest = restore(backup=clinic_folder / "backup", into=into, say=quietly)
    assert manifest.record["people_clinic"][0] == "1"
    assert (into / "documents" / "ab" / "one").read_bytes() == b"%PDF"
    assert (into / "keys" / "signing.key").stat().st_mode & 0o777 == 0o600
    with Server(into) as server, psycopg.connect(server.owner_url) as connection:
        assert connection.execute("SELECT name FROM people_clinic").fetchone() == ("Harbour",)
        # the triggers came back too: what is append-only stays so
        with pytest.raises(psycopg.Error, match="never emptied"):
            connection.execute("TRUNCATE ledger_entry CASCADE")


def test_it_proves_a_backup_and_remembers_that(clinic_folder) -> None:
    data = clinic_folder / "d"
    assert proof_of(data) is None
    prove(backup=clinic_folder / "backup", data_folder=data, say=quietly)
    assert proof_of(data) is not None


def test_it_never_restores_over_a_record(clinic_folder) -> None:
    with pytest.raises(BackupRefused, match="not empty"):
        restore(backup=clinic_folder / "backup", into=clinic_folder / "d", say=quietly)


def test_it_never_backs_up_over_a_folder(clinic_folder) -> None:
    with pytest.raises(BackupRefused, match="never overwrites"):
        back_up(data_folder=clinic_folder / "d", owner_url="postgresql:///x", to=clinic_folder / "backup")


@pytest.mark.parametrize("name", ["record.dump", "keys/signing.key", "manifest.json"])
def test_it_refuses_a_backup_with_one_flipped_byte(clinic_folder, tmp_path, name) -> None:
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-a", str(clinic_folder / "backup"), str(copy)], check=True)
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(bytes(content))
    # a flipped digit may still be a manifest, and then it is the restored record that differs
    with pytest.raises(BackupRefused):
        restore(backup=copy, into=clinic_folder / f"never-{name.replace('/', '-')}", say=quietly)


def test_it_refuses_a_folder_that_is_no_finished_backup(tmp_path) -> None:
    with pytest.raises(BackupRefused, match="not a finished backup"):
        read(tmp_path)


def test_it_refuses_a_backup_of_another_form(clinic_folder, tmp_path) -> None:
    manifest = json.loads((clinic_folder / "backup" / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "format": 99, "files": {}}))
    with pytest.raises(BackupRefused, match="the form 99"):
        read(tmp_path)
