"""`ebbtide import`: what it says, what it refuses with one line, and that a second run changes nothing."""

import argparse
from contextlib import contextmanager

import pytest

from ebbtide.ground.people.models import Patient
from ebbtide.journey.assessment.models import Fact, Import
from ebbtide.site.commands import import_bundle
from tests.builders import a_clinic, a_patient, a_staff
from tests.doors.files.test_bring import an_export

pytestmark = pytest.mark.django_db


@pytest.fixture
def ebbtide_import(tmp_path, capsys, monkeypatch):
    """Run the command inside this test's database; its status, stdout and stderr."""

    @contextmanager
    def here(_folder):
        yield None

    monkeypatch.setattr(import_bundle, "django_on", here)

    def run(*words, content=None):
        file = tmp_path / "export.json"
        file.write_bytes(an_export() if content is None else content)
        parser = argparse.ArgumentParser()
        import_bundle.add_arguments(parser)
        status = import_bundle.run(parser.parse_args([str(file), *map(str, words)]))
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_it_opens_a_new_record_once_and_finds_it_again(ebbtide_import):
    desk = a_staff("front_desk", clinic=a_clinic()).account.email
    status, out, _ = ebbtide_import("--as", desk, "--new")
    patient = Patient.objects.get()
    assert (status, patient.name, patient.source_key) == (0, "Alma Reyes", "fhir:Patient/p1")
    assert f"Record {patient.record_number}" in out
    assert "already there: 0" in out
    before = list(Fact.objects.order_by("id").values())
    status, out, _ = ebbtide_import("--as", desk, "--new")
    assert (status, Patient.objects.count()) == (0, 1)
    assert f"already there: {len(before)}, unchanged" in out
    assert list(Fact.objects.order_by("id").values()) == before


def test_it_brings_the_file_to_a_patient_by_id_or_record_number(ebbtide_import):
    by, patient = a_staff("prescriber").account.email, a_patient()
    assert ebbtide_import("--as", by, "--patient", patient.id)[0] == 0
    assert ebbtide_import("--as", by, "--patient", patient.record_number)[0] == 0
    assert Import.objects.filter(patient=patient).count() == 2


@pytest.mark.parametrize(
    ("role", "words", "content", "said"),
    [
        ("front_desk", (), None, "Name the patient with --patient, or open a record with --new"),
        ("prescriber", ("--new",), None, "No role you hold may create access.demographics"),
        ("nurse", ("--new",), None, "No role you hold may create"),
        ("front_desk", ("--new",), b"nonsense", "not JSON"),
        ("front_desk", ("--patient", "E99999"), None, "There is no patient E99999"),
    ],
)
def test_it_refuses_with_one_line_and_changes_nothing(ebbtide_import, role, words, content, said):
    status, out, err = ebbtide_import(
        "--as", a_staff(role, clinic=a_clinic()).account.email, *words, content=content
    )
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not Patient.objects.exists()
    assert not Import.objects.exists()


def test_it_refuses_somebody_elses_file_and_an_unknown_member_of_staff(ebbtide_import):
    by, patient = a_staff("prescriber").account.email, a_patient(birth_date="1950-01-01")
    patient.refresh_from_db()
    assert "another date of birth" in ebbtide_import("--as", by, "--patient", patient.id)[2]
    assert "Nobody with the address" in ebbtide_import("--as", "who@example.org", "--patient", patient.id)[2]
    assert not Import.objects.exists()


def test_it_says_when_there_is_no_such_file(capsys):
    args = argparse.Namespace(
        bundle=__import__("pathlib").Path("no-such-file.json"), email="x", patient=None, new=False, data=None
    )
    assert import_bundle.run(args) == 2
    assert "there is no such file" in capsys.readouterr().err
