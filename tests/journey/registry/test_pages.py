"""The registry's pages: rows for those who may see rows, counts for a prescriber, a file for who answers for it."""

import csv
import hashlib
import io
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse

from ebbtide.ground.documents.files import path_of
from ebbtide.ground.ledger.action import Refused
from ebbtide.ground.ledger.models import Entry as LedgerEntry
from ebbtide.ground.policy import Denied, StepUpNeeded
from ebbtide.journey.registry.actions import ExportDataset, export_dataset
from ebbtide.journey.registry.dataset import Filters
from ebbtide.journey.registry.files import read_export
from ebbtide.journey.registry.models import Export, ExportFormat, Exposure
from tests.builders import NOW, a_staff, an_act, an_actor
from tests.desks.chart.arrange import signed_in
from tests.journey.registry.arrange import DAY, TreatedClinic

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return TreatedClinic()


@pytest.fixture
def full(house):
    """Twelve people with CRPS, of whom seven responded; two with headache; one who withdrew."""
    for n in range(12):
        house.relief(house.person(), after=4 if n < 7 else 8)
    for _ in range(2):
        house.person(infusions=1, complaint="headache")
    house.person(infusions=1, permitted=False)
    return house


def client_of(house, role, **told):
    return signed_in(a_staff(role, clinic=house.clinic), **told)


def text(client, route, *args, **query) -> str:
    answer = client.get(reverse(f"registry:{route}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_shows_how_much_there_is_and_what_was_left_out(full) -> None:
    html = text(client_of(full, "director"), "dataset")
    assert "shared by at least 11 people" in html
    assert "2 in too small a cell, 1 without permission" in html
    assert [html.count(f'figure__number">{n}<') for n in (24, 12, 0, 3)] == [1, 1, 1, 1]
    assert "Some of the rows" in html
    assert "Take out as CSV" in html


@pytest.mark.parametrize("role", ["researcher", "auditor"])
def test_others_see_rows_too(full, role) -> None:
    assert "Some of the rows" in text(client_of(full, role), "dataset")


def test_a_prescriber_sees_counts_and_no_row(full) -> None:
    html = text(client_of(full, "prescriber"), "dataset", complaint="crps")
    assert "Some of the rows" not in html
    assert "You see counts" in html
    assert "7 of 12 · 95 % interval 32% to 81%" in html
    assert "Take out as" not in html


@pytest.mark.parametrize("role", ["nurse", "front_desk", "operator"])
def test_others_stay_outside(house, role) -> None:
    client = client_of(house, role)
    for route in ("dataset", "dictionary", "export", "exports"):
        assert client.get(reverse(f"registry:{route}")).status_code == 403


def test_it_shows_nothing_of_few(full) -> None:
    html = text(client_of(full, "director"), "dataset", complaint="headache")
    assert "Fewer than 11 people match" in html
    assert "figure__number" not in html


def test_it_names_nobody_on_any_page(full) -> None:
    client = client_of(full, "director")
    html = text(client, "dataset") + text(client, "dictionary") + text(client, "export")
    for row in Exposure.objects.select_related("session__visit__series__episode__patient"):
        patient = row.session.visit.series.episode.patient
        assert patient.record_number not in html
        assert str(patient.id) not in html
    assert "Reyes" not in html


def test_it_says_which_filter_cannot_be_read(full) -> None:
    answer = client_of(full, "director").get(reverse("registry:dataset"), {"since": "yesterday"})
    assert answer.status_code == 422
    assert b"One thing to correct" in answer.content


def test_the_dictionary_names_every_column_and_the_steps(house) -> None:
    html = text(client_of(house, "auditor"), "dictionary")
    assert "kamp_2020_peak_ng_per_ml" in html
    assert "language left out" in html


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("role", ["director", "researcher"])
def test_it_takes_a_file_out_once(full, role, form) -> None:
    client = client_of(full, role)
    url = reverse("registry:export") + f"?complaint=crps&format={form}"
    assert "Take out 24 rows of 12 people?" in client.get(url).content.decode()
    for _ in range(3):
        assert client.post(url, {"format": form, "key": "k"}).status_code == 302
    row = Export.objects.get()
    assert (row.format, row.rows, row.people, row.k, row.filters) == (form, 24, 12, 11, {"complaint": "crps"})
    answer = client.get(reverse("registry:file", args=[row.id]))
    assert hashlib.sha256(answer.content).hexdigest() == row.sha256
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert f"ebbtide-registry.{form}" in archive.namelist()
    html = text(client, "exports")
    assert row.sha256[:16] in html
    assert "Complex regional pain syndrome" in html


def test_the_ledger_keeps_one_entry_with_the_row_and_no_content(full) -> None:
    client = client_of(full, "director")
    client.post(reverse("registry:export"), {"format": "csv", "key": "k"})
    row = Export.objects.get()
    entry = LedgerEntry.objects.get(action="journey.registry.export_dataset")
    assert entry.patient_id is None
    assert [str(row.pk) in str(one) for one in entry.rows] == [True]
    assert row.sha256 not in str(entry.rows)


def test_the_file_holds_what_the_row_counts(full) -> None:
    row = an_export(full)
    archive = zipfile.ZipFile(io.BytesIO(read_export(row)))
    lines = list(csv.DictReader(io.StringIO(archive.read("ebbtide-registry.csv").decode())))
    assert (len(lines), len({line["person_id"] for line in lines})) == (row.rows, row.people)
    assert sum(line["generalised_steps"] != "0" for line in lines) == row.rows_generalised
    assert row.rows + row.rows_suppressed + row.rows_without_permission == Exposure.objects.count()


def an_export(house, filters=Filters(), *, by=None):  # noqa: B008 - a frozen value
    act = an_act(an_actor(by or house.director), at=NOW + timedelta(seconds=1))
    return export_dataset(act, ExportDataset(clinic=house.clinic, format=ExportFormat.CSV, filters=filters))


@pytest.mark.parametrize(
    ("filters", "rule"), [(Filters(complaint="headache"), "REG-FEW"), (Filters(complaint="mood"), "REG-NONE")]
)
def test_it_refuses_a_file_with_no_row(full, filters, rule) -> None:
    with pytest.raises(Refused) as refused:
        an_export(full, filters)
    assert refused.value.rule == rule
    assert not Export.objects.exists()


def test_the_page_says_why_nothing_leaves(full) -> None:
    client = client_of(full, "director")
    url = reverse("registry:export") + "?complaint=headache"
    assert "No row may leave" in client.get(url).content.decode()
    answer = client.post(url, {"format": "csv", "key": "k"})
    assert answer.status_code == 422
    assert b"fewer than 11 people match" in answer.content


@pytest.mark.parametrize("role", ["prescriber", "auditor", "nurse"])
def test_it_lets_nobody_else_take_a_file(full, role) -> None:
    with pytest.raises(Denied):
        an_export(full, by=a_staff(role, clinic=full.clinic))


def test_it_asks_to_sign_in_again_before_a_file_leaves(full) -> None:
    act = an_act(an_actor(full.director, fresh=False))
    command = ExportDataset(clinic=full.clinic, format=ExportFormat.CSV, filters=Filters())
    with pytest.raises(StepUpNeeded):
        export_dataset(act, command)


def test_it_refuses_a_machine(full) -> None:
    director = an_actor(full.director)
    nobody = type(director)(roles=director.roles, clinic_id=director.clinic_id, authenticated_at=NOW)
    with pytest.raises(Refused, match="sign in as staff"):
        export_dataset(
            an_act(nobody), ExportDataset(clinic=full.clinic, format=ExportFormat.CSV, filters=Filters())
        )


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_it_gives_no_file_that_is_not_the_one_that_was_written(full, damage) -> None:
    row = an_export(full)
    path = path_of(row.id)
    path.unlink()
    if damage == "changed":
        path.write_bytes(b"something else")
    answer = client_of(full, "director").get(reverse("registry:file", args=[row.id]))
    assert answer.status_code == 500
    assert b"Restore it from the backup" in answer.content


def test_it_keeps_another_clinics_files_out(full) -> None:
    row = an_export(full)
    far = TreatedClinic(name="Elsewhere")
    client = client_of(far, "director")
    assert client.get(reverse("registry:file", args=[row.id])).status_code == 404
    assert row.sha256[:16] not in text(client, "exports")


def test_a_director_records_what_is_missing(house) -> None:
    house.person(infusions=2, recorded=False)
    client = client_of(house, "director")
    assert "2 infusions are checked in" in text(client, "dataset")
    answer = client.post(reverse("registry:record"), {"key": "k"}, follow=True)
    assert "Recorded: 2." in answer.content.decode()
    assert Exposure.objects.count() == 2


def test_it_wants_a_whole_page_before_it_records(house) -> None:
    answer = client_of(house, "director").post(reverse("registry:record"), {}, follow=True)
    assert "The page was not complete" in answer.content.decode()


@pytest.mark.parametrize("role", ["prescriber", "researcher"])
def test_others_record_nothing(house, role) -> None:
    assert client_of(house, role).post(reverse("registry:record"), {"key": "k"}).status_code == 403


@pytest.mark.parametrize("route", ["dataset", "dictionary", "export", "exports"])
def test_it_asks_the_database_at_most_eight_times(full, route, django_assert_max_num_queries) -> None:
    client = client_of(full, "director")
    client.get(reverse(f"registry:{route}"))
    with django_assert_max_num_queries(8):
        client.get(reverse(f"registry:{route}"))


def test_since_counts_from_the_day(full) -> None:
    html = text(client_of(full, "director"), "dataset", since=str((NOW - 60 * DAY).date()))
    assert "since 2026-09-24" in html
