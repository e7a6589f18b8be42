"""Fields (T10): a form writes what it declares; every other column of the record, sent along, is ignored."""

import importlib
import pkgutil
from functools import cache

import pytest
from django import forms
from django.apps import apps
from django.db import connection
from django.test import Client

import ebbtide
from ebbtide.journey.access.models import Request
from tests.builders import NOW, a_clinic
from tests.clocks import stand_at
from tests.house.posts import PRESSES
from tests.journey.access.arrange import answered

MARK = "ZqPlanted"
NEVER_BY_FORM = {
    "id", "status", "clinic", "clinic_id", "patient", "patient_id", "episode_id", "account", "is_active", "is_staff", "digest",
    "received_at", "recorded_at", "recorded_by", "decided_by", "signed_by", "signed_at", "written_by", "checked_by", "agrees",
    "verdict", "findings", "typed_by", "actor", "approved_by", "made_at", "left_at", "booked_by", "confirmed_by",
}  # fmt: skip


def descendants(kind: type) -> set[type]:
    return {kind} | {found for child in kind.__subclasses__() for found in descendants(child)}


@cache
def declared_by_forms() -> frozenset[str]:
    """Every field that some form of ours takes."""
    for module in pkgutil.walk_packages(ebbtide.__path__, "ebbtide."):
        if module.name.endswith(".forms") or ".views" in module.name:
            importlib.import_module(module.name)
    ours = (form for form in descendants(forms.Form) if form.__module__.startswith("ebbtide."))
    return frozenset(name for form in ours for name in form.base_fields)


@cache
def undeclared_columns() -> frozenset[str]:
    """Every column of the record that no form takes."""
    models = (
        m
        for m in apps.get_models()
        if m.__module__.startswith("ebbtide.") and not m.__name__.endswith("Event")
    )
    columns = {
        name
        for model in models
        for field in model._meta.concrete_fields
        for name in (field.name, field.attname)
    }
    return frozenset(columns - declared_by_forms())


def planted() -> list[str]:
    """The tables that hold the mark."""
    found = []
    there = set(connection.introspection.table_names())
    for model in apps.get_models():
        if model._meta.db_table not in there:
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT 1 FROM "{model._meta.db_table}" t WHERE t::text LIKE %s LIMIT 1', [f"%{MARK}%"]
            )
            if cursor.fetchone():
                found.append(model._meta.label)
    return found


@pytest.fixture(autouse=True)
def _at_now(request, monkeypatch):
    if "name" in request.fixturenames:
        stand_at(monkeypatch, NOW)


def test_no_form_takes_what_only_the_program_may_write():
    assert not declared_by_forms() & (NEVER_BY_FORM - {"status", "patient", "account"})
    assert len(undeclared_columns()) > 50


def test_no_form_is_made_from_a_model():
    from django.forms.models import BaseModelForm

    assert not [form for form in descendants(BaseModelForm) if form.__module__.startswith("ebbtide.")]


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(PRESSES))
def test_it_ignores_every_other_column(name):
    press = PRESSES[name]()
    press.told = {**dict.fromkeys(undeclared_columns(), MARK), **press.told}
    answer = press()
    assert answer.status_code in {200, 201, 302, 303}
    assert planted() == []


@pytest.mark.django_db
def test_a_visitor_cannot_choose_the_state_of_their_own_request():
    clinic = a_clinic()
    sent = {
        "status": "accepted",
        "owner": "1",
        "channel": "telephone",
        "patient": "1",
        "clinic": "1",
        "received_at": "2020-01-01",
    }
    visitor = answered(Client())
    visitor.post("/request/review/", {**sent, **dict.fromkeys(undeclared_columns() - set(sent), MARK)})
    row = Request.objects.get()
    assert (row.status, row.channel, row.owner, row.patient, row.clinic) == (
        "received",
        "web",
        None,
        None,
        clinic,
    )
    assert row.received_at.year > 2020
    assert planted() == []
