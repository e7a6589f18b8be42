"""The data set: each infusion a row that is true, nobody in a cell of fewer than eleven, and what was left out is counted."""

import csv
import io
import zipfile
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.journey.registry.dataset import Filters, data_set
from ebbtide.journey.registry.deidentify import shift_days
from ebbtide.journey.registry.dictionary import dictionary
from ebbtide.journey.registry.keys import key_file, registry_key
from ebbtide.journey.registry.queries import source_for
from ebbtide.journey.registry.summary import groups_of
from ebbtide.journey.registry.writing import bundle, csv_of, parquet_of
from tests.builders import NOW, an_episode
from tests.journey.registry.arrange import DAY, TreatedClinic

pytestmark = pytest.mark.django_db
ELEVEN = 11


@pytest.fixture
def house():
    return TreatedClinic()


def found(house, filters=None, **told):
    return data_set(
        source_for(house.clinic, at=NOW), filters or Filters(), purpose=told.pop("purpose", "t"), **told
    )


def test_it_has_a_row_for_each_infusion_with_what_was_given(house) -> None:
    for _ in range(ELEVEN):
        house.person(infusions=2)
    told = found(house)
    assert (len(told.rows), told.people) == (22, 11)
    assert (told.rows_generalised, told.rows_suppressed, told.rows_without_permission) == (0, 0, 0)
    row = next(row for row in told.rows if row["infusion_number"] == 2)
    assert (row["dose_mg"], row["dose_mg_per_kg"], row["infused_h"], row["course_mg_so_far"]) == (
        35.0,
        0.5,
        0.667,
        70.0,
    )
    assert (row["infusion_day"], row["infusions_ordered"], row["protocol"], row["drug"]) == (
        1,
        2,
        "CHR-5X40",
        "racemate",
    )
    assert (row["age_band"], row["sex"], row["complaint"], row["language"]) == (
        "40 to 49",
        "female",
        "crps",
        "en",
    )
    assert row["kamp_2020_reading"] == "predicted"
    assert row["otto_2021_reading"] == "comparison"
    assert row["kamp_2020_peak_ng_per_ml"] > 50
    assert row["response"] == "not judged"


def test_it_says_what_came_of_it(house) -> None:
    for _ in range(ELEVEN):
        episode = house.relief(house.person())
        house.score(episode, "PEG", 5, at=NOW - 45 * DAY)
        house.score(episode, "PEG", 3, at=NOW - 18 * DAY, point="FU-D21")
        house.score(episode, "PHQ9", 9, at=NOW - 10 * DAY, point="FU-M1")
        house.score(episode, "NRS11", 4, at=NOW - 19 * DAY, point="FU-D21")
    row = found(house).rows[0]
    assert (row["nrs_mean_before"], row["nrs_mean_day_21"], row["response"]) == (8.0, 4.0, "responder")
    assert (row["relief_lasted_days"], row["relief_returned"]) == (21, 0)
    assert (row["peg_before"], row["peg_d21"], row["phq9_m1"], row["nrs11_d21"]) == (5.0, 3.0, 9.0, 4.0)
    assert row["gad7_m1"] is None


def test_it_counts_harm_that_stands(house) -> None:
    for n in range(ELEVEN):
        episode = house.person(infusions=1)
        session = episode.series.get().visits.get().session
        if n == 0:
            first = house.harm(session, "severe")
            house.harm(session, "mild", replaces=first)
            house.harm(session, "severe")
    assert max((row["adverse_events"], row["severe_events"]) for row in found(house).rows) == (2, 1)
    assert Counter(row["adverse_events"] for row in found(house).rows) == {0: 10, 2: 1}


def test_it_leaves_out_and_counts_who_has_not_agreed(house) -> None:
    for _ in range(ELEVEN):
        house.person(infusions=1)
    house.person(infusions=2, permitted=False)
    house.person(infusions=1, permitted=None)
    told = found(house)
    assert (told.people, told.rows_without_permission) == (11, 3)


def test_it_makes_coarser_and_counts(house) -> None:
    for n in range(ELEVEN):
        house.person(infusions=1, language="es" if n < 4 else "en")
    told = found(house)
    assert {row["language"] for row in told.rows} == {"any"}
    assert (told.rows_generalised, told.rows_suppressed) == (11, 0)


def test_it_shows_nothing_of_ten_people(house) -> None:
    for _ in range(10):
        house.person(infusions=1)
    told = found(house)
    assert (told.rows, told.rows_suppressed, told.people_suppressed) == ((), 10, 10)


def test_it_gives_one_person_one_cell_whatever_they_come_for(house) -> None:
    for _ in range(ELEVEN):
        episode = house.person(infusions=1, days_ago=80)
        other = an_episode(episode.patient, complaint="back_pain")
        house.consent(other)
        house.course(other, infusions=1, days_ago=20)
    told = found(house)
    cells = {
        row["person_id"]: {
            (r["age_band"], r["complaint"]) for r in told.rows if r["person_id"] == row["person_id"]
        }
        for row in told.rows
    }
    assert all(len(one) == 1 for one in cells.values())
    assert {row["complaint"] for row in told.rows} == {"several"}
    assert {row["course_number"] for row in told.rows} == {1, 2}


def test_it_answers_readable_questions(house) -> None:
    for _ in range(ELEVEN):
        house.person(infusions=1, days_ago=40)
    for _ in range(12):
        house.person(infusions=1, days_ago=20, complaint="back_pain")
    source = source_for(house.clinic, at=NOW)
    for filters, n in (
        (Filters(complaint="crps"), 11),
        (Filters(complaint="back_pain"), 12),
        (Filters(protocol="CHR-5X40"), 23),
        (Filters(protocol="X"), 0),
        (Filters(since=(NOW - 30 * DAY).date()), 12),
    ):
        assert len(data_set(source, filters, purpose="t").rows) == n


def test_it_moves_the_one_date_by_the_secret_of_the_person(house) -> None:
    episodes = [house.person(infusions=1) for _ in range(ELEVEN)]
    key = registry_key()
    true_on = (NOW - 40 * DAY).date()
    moved = sorted(shift_days(key, person=str(episode.patient_id)) for episode in episodes)
    assert sorted((row["course_started_on_shifted"] - true_on).days for row in found(house).rows) == moved


def test_it_names_nobody_and_tells_no_true_date(house) -> None:
    episodes = [house.person(infusions=1, given_name="Zzyzx", family_name="Qwerty") for _ in range(ELEVEN)]
    text = csv_of(found(house).rows).decode()
    for episode in episodes:
        for secret in (
            episode.patient.record_number,
            str(episode.patient_id),
            str(episode.id),
            "Zzyzx",
            "Qwerty",
        ):
            assert secret not in text
    assert str((NOW - 40 * DAY).date()) not in {row["course_started_on_shifted"] for row in found(house).rows}


def test_it_calls_nobody_the_same_in_two_exports(house) -> None:
    for _ in range(ELEVEN):
        house.person(infusions=1)
    first, second = ({row["person_id"] for row in found(house, purpose=purpose).rows} for purpose in "ab")
    assert len(first) == len(second) == 11
    assert not first & second


def test_it_keeps_the_key_for_its_owner_alone(house) -> None:
    assert registry_key() == registry_key()
    assert len(registry_key()) == 32
    assert key_file().stat().st_mode & 0o777 == 0o600


def test_it_writes_csv_and_parquet_that_say_the_same(house) -> None:
    from pyarrow import parquet

    for _ in range(ELEVEN):
        house.relief(house.person(infusions=2))
    rows = found(house).rows
    text = list(csv.DictReader(io.StringIO(csv_of(rows).decode())))
    table = parquet.read_table(io.BytesIO(parquet_of(rows)))
    assert list(text[0]) == table.column_names == [column.name for column in dictionary()]
    assert table.to_pylist() == [dict(row) for row in rows]
    for line, row in zip(text, rows, strict=True):
        assert line == {name: "" if value is None else str(value) for name, value in row.items()}
    told = table.schema.field("dose_mg").metadata
    assert told[b"unit"] == b"mg"


def test_it_puts_rows_dictionary_and_a_word_into_one_file_that_is_the_same_each_time(house) -> None:
    for _ in range(ELEVEN):
        house.person(infusions=1)
    told = found(house)
    content = bundle(told, form="csv", filters={"complaint": "crps"})
    assert content == bundle(told, form="csv", filters={"complaint": "crps"})
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.namelist() == ["ebbtide-registry.csv", "dictionary.csv", "about.txt"]
    words = archive.read("about.txt").decode()
    assert "at least 11 people" in words
    assert "complaint: crps" in words
    lines = list(csv.DictReader(io.StringIO(archive.read("dictionary.csv").decode())))
    assert len(lines) == len(dictionary())
    assert all(line["meaning"] and line["source"] and line["when it is missing"] for line in lines)


@given(text=st.sampled_from(["=1+1", "+1", "-1", "@x", "plain"]))
def test_it_lets_no_spreadsheet_run_a_field(text) -> None:
    row = dict.fromkeys((column.name for column in dictionary()), None) | {"protocol": text}
    line = next(csv.DictReader(io.StringIO(csv_of([row]).decode())))
    assert line["protocol"] == (text if text == "plain" else f"'{text}")


def test_it_counts_by_complaint_and_hides_few(house) -> None:
    for n in range(12):
        house.relief(house.person(), after=4 if n < 7 else 8)
    for _ in range(3):
        house.person(complaint="headache")
    groups = {group.complaint: group for group in groups_of(source_for(house.clinic, at=NOW), Filters())}
    assert groups["headache"].people is None
    # the lone hidden cell would follow from the total: the next one is hidden with it
    assert groups["crps"].people is None
    only = groups_of(source_for(house.clinic, at=NOW), Filters(complaint="crps"))
    assert [(group.people, group.judged, group.responders) for group in only] == [(12, 12, 7)]
    assert only[0].low == pytest.approx(0.3195, abs=1e-3)


def test_it_reads_a_clinic_in_two_queries(house, django_assert_num_queries) -> None:
    for _ in range(3):
        house.relief(house.person())
    registry_key()
    with django_assert_num_queries(2):
        source_for(house.clinic, at=NOW)


def test_it_keeps_another_clinic_out(house) -> None:
    far = TreatedClinic(name="Elsewhere")
    for _ in range(ELEVEN):
        far.person(infusions=1)
    assert found(house).rows == ()
    assert found(far).people == 11


def test_its_ages_are_those_of_the_first_infusion(house) -> None:
    for _ in range(ELEVEN):
        house.person(infusions=1, birth_date=date(1930, 1, 1))
    row = found(house).rows[0]
    assert row["age_band"] == "90 or over"
    assert row["kamp_2020_peak_ng_per_ml"] is None
    assert row["kamp_2020_reading"] == "outside_model_range"
    assert Decimal(str(row["dose_mg"])) == 35
