"""Several statements with one way to the database: each sees the one before, and none is run after one that failed."""

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from ebbtide.ground.database.alone import BY_INDEX, hold_one_connection
from ebbtide.ground.database.prepared import planned, planned_together

MAKE = "CREATE TEMPORARY TABLE told (number int PRIMARY KEY)"
PUT = "INSERT INTO told VALUES ($1::int)"
COUNT = "SELECT count(*) FROM told"


@pytest.mark.django_db
def test_each_sees_what_the_one_before_it_did() -> None:
    planned(MAKE, [])
    assert planned_together((PUT, [1]), (COUNT, []), (PUT, [2]), (COUNT, [])) == [[], [(1,)], [], [(2,)]]


@pytest.mark.django_db
def test_none_is_run_after_one_that_failed_and_its_error_is_told() -> None:
    planned(MAKE, [])
    with pytest.raises(IntegrityError), transaction.atomic():
        planned_together((PUT, [1]), (PUT, [1]), (PUT, [2]))
    assert planned(COUNT, []) == [(0,)]


@pytest.mark.django_db
def test_the_connection_is_well_afterwards() -> None:
    assert planned_together(("SELECT $1::text", ["a"])) == [[("a",)]]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize(("by_index", "options"), [(False, "-c a=b"), (True, f"-c a=b {BY_INDEX}")])
def test_a_process_of_one_thread_has_no_pool_and_reads_by_index(by_index, options, monkeypatch) -> None:
    told = {"pool": {"min_size": 1}, "options": "-c a=b"}
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", told)
    hold_one_connection(by_index=by_index)
    assert told == {"options": options}
