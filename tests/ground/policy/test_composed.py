"""Statements that are kept: they answer each reader as a queryset made for them would, and nobody else."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from django.db import connection

from ebbtide.ground.database.prepared import IDS as STAND_INS
from ebbtide.ground.database.prepared import MOMENT, NUMBER, WORDS, StandInLeft, Statement
from ebbtide.ground.people.ids import new_id
from ebbtide.ground.people.models import Account, Assignment, Patient, Staff
from ebbtide.ground.policy import Actor, visible
from ebbtide.ground.policy.composed import IDS, ask, find
from tests.builders import NOW, a_clinic, a_patient, a_staff, an_actor, an_assignment

pytestmark = pytest.mark.django_db


def one_patient(actor, row_id, at):
    rows = visible(actor, Patient.objects.all(), "access.demographics", at=at)
    return rows.select_related("clinic").filter(id=row_id)


def changed_a_day_ago(actor, row_id, at):
    return Assignment.objects.filter(patient=row_id, from_at__lte=at - timedelta(days=1)).values_list("why")


def on_that_day(actor, row_id, at):
    return Patient.objects.filter(deceased_on=at.date())


def test_it_knows_every_field_that_decides_about_an_actor() -> None:
    """A new id of an actor that the kind left out would let its bearer use somebody else's statement."""
    assert {field.name for field in fields(Actor)} == {"roles", "name", "authenticated_at", *IDS}


def test_it_finds_what_the_reader_may_see_and_nothing_more() -> None:
    nurse, other = a_staff("nurse"), a_staff("nurse")
    mine, theirs, far = a_patient(), a_patient(), a_patient(clinic=a_clinic(name="Elsewhere"))
    an_assignment(nurse, mine)
    an_assignment(other, theirs)
    for row, reader in ((mine, nurse), (theirs, other)):
        found = find(one_patient, an_actor(reader), row.pk, NOW)
        assert (found, found.clinic) == (row, row.clinic)
    for row, reader in ((theirs, nurse), (mine, other), (far, nurse), (far, a_staff("director"))):
        assert find(one_patient, an_actor(reader), row.pk, NOW) is None


def test_it_keeps_the_moment_open() -> None:
    nurse, patient = a_staff("nurse"), a_patient()
    an_assignment(nurse, patient, from_at=NOW, until_at=NOW + timedelta(days=1))
    seen = [find(one_patient, an_actor(nurse), patient.pk, NOW + timedelta(days=n)) for n in (-1, 0, 2)]
    assert seen == [None, patient, None]


def test_it_gives_a_link_nothing_though_the_same_patient_signs_in() -> None:
    patient = a_patient()
    themselves = Actor(roles=frozenset({"patient"}), clinic_id=patient.clinic_id, patient_id=patient.id)
    assert find(one_patient, themselves, patient.pk, NOW) == patient
    assert find(one_patient, replace(themselves, invitation_id=new_id()), patient.pk, NOW) is None


def test_it_moves_a_moment_that_was_worked_out_from_the_stand_in() -> None:
    staff, patient = a_staff("nurse"), a_patient()
    an_assignment(staff, patient, from_at=NOW)
    told = [ask(changed_a_day_ago, an_actor(staff), patient.pk, NOW + timedelta(hours=h)) for h in (23, 24)]
    assert [len(rows) for rows in told] == [0, 1]


def test_it_refuses_a_day_that_was_worked_out_from_the_stand_in() -> None:
    with pytest.raises(StandInLeft):
        ask(on_that_day, an_actor(a_staff("director")), new_id(), NOW)


def test_it_refuses_a_stand_in_inside_another_value() -> None:
    with pytest.raises(StandInLeft):
        Statement(Staff.objects.filter(name__icontains=WORDS[0]), WORDS[0])


def test_it_binds_words_numbers_and_ids() -> None:
    staff = a_staff("nurse", name="100 % O'Hara")
    rows = Staff.objects.filter(pk=STAND_INS[0], name=WORDS[0]).values_list("name")
    statement = Statement(rows, WORDS[0], STAND_INS[0], MOMENT, NUMBER)
    assert statement.rows("100 % O'Hara", staff.pk, NOW, 1) == [("100 % O'Hara",)]
    assert statement.rows("' OR true --", staff.pk, NOW, 1) == []


def test_it_fills_an_instance_as_the_queryset_does(django_assert_num_queries) -> None:
    account = a_staff("nurse").account
    rows = Account.objects.select_related("staff__clinic", "patient")
    made = Statement(rows.filter(pk=STAND_INS[0]), STAND_INS[0]).first(account.pk)
    asked = rows.get(pk=account.pk)
    with django_assert_num_queries(0):
        assert (made.staff, made.staff.clinic, getattr(made, "patient", None)) == (
            asked.staff,
            asked.staff.clinic,
            None,
        )
    assert {k: v for k, v in vars(made).items() if k != "_state"} == {
        k: v for k, v in vars(asked).items() if k != "_state"
    }


def test_it_is_counted_like_every_query(django_assert_num_queries) -> None:
    actor, patient = an_actor(a_staff("director")), a_patient()
    with django_assert_num_queries(1) as caught:
        find(one_patient, actor, patient.pk, NOW)
    assert "people_patient" in caught.captured_queries[0]["sql"]


def test_it_is_planned_once_on_a_connection() -> None:
    actor, patient = an_actor(a_staff("director")), a_patient()
    for _ in range(3):
        find(one_patient, actor, patient.pk, NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(generic_plans), max(custom_plans) FROM pg_prepared_statements "
            "WHERE statement LIKE '%people_patient%' AND generic_plans > 0"
        )
        generic, custom = cursor.fetchone()
    assert generic >= 3
    assert custom == 0
