"""The record's shape and rights: a newer one is refused, append-only tables stay append-only."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from ebbtide.site.serve.migrations import migrations_missing, migrations_unknown
from ebbtide.site.serve.options import TooNew
from ebbtide.site.serve.prepare import check_not_newer
from ebbtide.site.serve.rights import DELETABLE, rights_of_the_application


@pytest.mark.django_db
def test_it_knows_a_record_that_it_migrated_itself() -> None:
    assert migrations_unknown(connection) == set()
    assert migrations_missing(connection) == set()
    check_not_newer()


@pytest.mark.django_db
def test_it_refuses_a_record_of_a_newer_ebbtide() -> None:
    MigrationRecorder(connection).record_applied("ledger", "9999_from_the_future")
    assert migrations_unknown(connection) == {("ledger", "9999_from_the_future")}
    with pytest.raises(TooNew, match=r"newer Ebbtide: it knows the step ledger\.9999_from_the_future"):
        check_not_newer()


@pytest.mark.django_db
def test_it_knows_what_is_still_to_be_applied() -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")
    assert migrations_missing(connection) == {("sessions", "0001_initial")}


@pytest.mark.django_db
def test_it_names_only_tables_that_exist() -> None:
    rights = rights_of_the_application()
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    assert rights.append_only | rights.deletable <= tables


def test_it_never_lets_the_application_change_the_ledger() -> None:
    rights = rights_of_the_application()
    assert {"ledger_entry"} <= rights.append_only
    assert not rights.append_only & rights.deletable
    assert {"django_session", "procrastinate_jobs"} <= DELETABLE
    assert not {name for name in rights.deletable if name.startswith(("ledger_", "assessment_", "careplan_"))}
