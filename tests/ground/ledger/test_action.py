"""The action: policy, rule, rows and entry in one transaction; a retry acts once."""

from dataclasses import dataclass

import pytest
from django.db import connection
from psycopg import sql

from ebbtide.ground.ledger.action import KeyReused
from ebbtide.ground.ledger.digests import digest_query
from ebbtide.ground.ledger.models import Entry, Receipt
from ebbtide.ground.people.actions import AddResource, SetSetting, add_resource, set_setting
from ebbtide.ground.people.models import Clinic, ClinicSetting, Resource
from ebbtide.ground.policy import Denied, StepUpNeeded
from tests.builders import a_clinic, an_act, an_actor

pytestmark = pytest.mark.django_db


def test_it_writes_the_row_and_one_entry_together() -> None:
    clinic = a_clinic()
    act = an_act(an_actor("director", clinic=clinic))
    chair = add_resource(act, AddResource(clinic=clinic, kind="chair", name="Chair 1"))
    entry = Entry.objects.get(action="ground.people.add_resource")
    assert [row["k"] for row in entry.rows] == [str(chair.pk)]
    assert entry.verb == "create"
    assert entry.actor == act.by.identity


def test_it_acts_once_when_the_same_request_comes_twice() -> None:
    clinic = a_clinic()
    act = an_act(an_actor("director", clinic=clinic), key="tap")
    first = add_resource(act, AddResource(clinic=clinic, kind="chair", name="Chair 1"))
    second = add_resource(act, AddResource(clinic=clinic, kind="chair", name="Chair 1"))
    assert first == second
    assert Resource.objects.filter(kind="chair").count() == 1
    assert Receipt.objects.count() == 1


def test_it_refuses_the_same_key_with_another_payload() -> None:
    clinic = a_clinic()
    act = an_act(an_actor("director", clinic=clinic), key="tap")
    add_resource(act, AddResource(clinic=clinic, kind="chair", name="Chair 1"))
    with pytest.raises(KeyReused, match="already sent with other values"):
        add_resource(act, AddResource(clinic=clinic, kind="chair", name="Chair 2"))


def test_it_changes_nothing_when_the_policy_refuses() -> None:
    clinic = a_clinic()
    with pytest.raises(Denied, match="No role you hold"):
        add_resource(
            an_act(an_actor("nurse", clinic=clinic)), AddResource(clinic=clinic, kind="chair", name="Chair 1")
        )
    assert not Entry.objects.exists()
    assert not Resource.objects.filter(kind="chair").exists()


def test_it_asks_to_sign_in_again_when_the_person_has_been_idle() -> None:
    clinic = a_clinic()
    act = an_act(an_actor("director", clinic=clinic, fresh=False))
    with pytest.raises(StepUpNeeded, match="Sign in again"):
        add_resource(act, AddResource(clinic=clinic, kind="chair", name="Chair 1"))


def test_it_refuses_another_clinic() -> None:
    here, elsewhere = a_clinic(), a_clinic(name="Other")
    with pytest.raises(Denied, match="outside your scope"):
        add_resource(
            an_act(an_actor("director", clinic=here)), AddResource(clinic=elsewhere, kind="chair", name="X")
        )


def test_it_writes_nothing_when_a_rule_refuses_midway() -> None:
    clinic = a_clinic()
    act = an_act(an_actor("director", clinic=clinic))
    with pytest.raises(Exception, match="Say why"):
        set_setting(act, SetSetting(clinic=clinic, name="x", value=1, reason="  "))
    assert not ClinicSetting.objects.exists()
    assert not Entry.objects.exists()


@dataclass(frozen=True)
class Odd:
    thing: object


def test_it_says_that_an_unknown_kind_of_value_has_no_canonical_form() -> None:
    from ebbtide.ground.ledger.digests import canonical

    with pytest.raises(TypeError, match="no canonical form"):
        canonical(Odd(thing=object()))


@pytest.mark.parametrize("model", [Resource, Entry, Clinic])
def test_it_finds_the_rows_it_speaks_for_by_their_index(model) -> None:
    """An act costs the same in a large table as in a small one: a key is looked up, never sought row by row."""
    table, key = model._meta.db_table, model._meta.pk
    query = digest_query(table, key.column, key_type=key.rel_db_type(connection))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(sql.SQL("EXPLAIN ") + query, [["id"], ["1"] if key.column == "number" else []])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert f"{table}_pkey" in plan, plan
