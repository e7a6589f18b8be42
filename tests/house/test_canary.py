"""The canary (T12): a mark in every text of patient B is never in an answer to patient A, nor to a nurse of A alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.db.models import CharField, EmailField, Model, TextField
from django.db.models.signals import pre_save
from django.test import Client
from django.urls import reverse

from ebbtide.ground import clock
from ebbtide.ground.people.models import Account, Patient, Staff
from ebbtide.journey.assessment.models import Fact
from tests.builders import a_clinic, a_patient, a_staff, an_actor, an_assignment
from tests.house.routes import Route, ours
from tests.objects import OBJECTS

MARK = "ZqCanary"
# texts that steer the program
NOT_TEXT = {
    "status",
    "kind",
    "channel",
    "complaint",
    "language",
    "media_type",
    "stage",
    "verdict",
    "decision",
    "outcome",
    "origin",
    "how",
    "drug",
    "name_of_list",
    "sha256",
    "file_sha256",
    "text_sha256",
    "pack_sha256",
    "digest",
    "protocol_key",
    "template",
    "key",
    "action",
    "resource",
    "verb",
    "roles",
    "actor",
    "record_number",
    "sex",
    "unit",
}
READABLE = [r for r in ours() if set(r.converters) <= {"id"} and "stream" not in r.name and r.declared]


def _marked(sender: type[Model], instance: Model, **_) -> None:
    path = getattr(sender, "policy_path", None)
    if path is None or path.patient is None:  # of the clinic, not of a person
        return
    for field in sender._meta.concrete_fields:
        if (
            not isinstance(field, CharField | TextField)
            or field.choices
            or field.name in NOT_TEXT
            or field.primary_key
        ):
            continue
        if (sender, field.name) == (Fact, "name"):  # which fact it is, in the pack's words
            continue
        text = f"{MARK.lower()}@b.example" if isinstance(field, EmailField) else f"{MARK} {uuid4().hex[:8]}"
        if field.max_length is None or len(text) <= field.max_length:
            setattr(instance, field.attname, text)


@contextmanager
def every_text_marked() -> Iterator[None]:
    pre_save.connect(_marked, weak=False)
    try:
        yield
    finally:
        pre_save.disconnect(_marked)


class House:
    """Two patients of one clinic, each with one of everything; B's texts carry the mark."""

    def __init__(self) -> None:
        clinic = a_clinic()
        self.a = a_patient(clinic=clinic)
        a_staff("prescriber", clinic=clinic)  # the objects take the first of the clinic for their staff
        self.nurse = a_staff("nurse", clinic=clinic)
        an_assignment(self.nurse, self.a, from_at=clock.now().replace(year=2020))
        self.rows_a = {model: make(self.a) for model, make in OBJECTS.items()}
        with every_text_marked():
            self.b = a_patient(clinic=clinic)
            self.rows_b = {model: make(self.b) for model, make in OBJECTS.items()}

    def client(self, who: Staff | Patient) -> Client:
        account = who.account if isinstance(who, Staff) else Account.objects.get(pk=an_actor(who).account_id)
        client = Client(raise_request_exception=False)
        client.force_login(account, backend="ebbtide.ground.people.sign_in.AccountBackend")
        session = client.session
        session["second_factor_enrolled"] = True
        session["account_authentication_methods"] = [{"method": "password", "at": clock.now().timestamp()}]
        session.save()
        return client

    def addresses(self, route: Route) -> list[tuple[str, bool]]:
        """Where this route leads, and whether it is B's own."""
        if not route.converters:
            return [(reverse(route.name), False)]
        about = route.declared.about
        rows = [(self.rows_a[about], False), (self.rows_b[about], about.policy_path.patient is not None)]
        return [(reverse(route.name, kwargs={"id": row.id}), is_b) for row, is_b in rows]


def body(answer) -> str:
    given = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return given.decode("utf-8", "replace") + str(answer.headers)


def test_the_mark_is_really_there(db):
    house = House()
    assert MARK in house.b.family_name
    marked = sum(MARK.lower() in str(vars(row)).lower() for row in house.rows_b.values())
    assert marked >= 15
    assert not any(MARK.lower() in str(vars(row)).lower() for row in house.rows_a.values())
    # somebody who may see B does see it: the mark is not hidden by the pages
    prescriber = house.client(a_staff("prescriber", clinic=house.b.clinic))
    assert MARK in body(prescriber.get(reverse("chart:show", kwargs={"id": house.b.id})))


@pytest.mark.parametrize("who", ["patient", "nurse"])
def test_it_never_reaches_somebody_else(db, who):
    house = House()
    client = house.client(house.a if who == "patient" else house.nurse)
    heard, opened, asked = [], [], 0
    for route in READABLE:
        for address, is_b in house.addresses(route):
            answer = client.get(address)
            asked += 1
            assert answer.status_code < 500, f"{route.name} broke"
            if MARK.lower() in body(answer).lower():
                heard.append(route.name)
            if is_b and answer.status_code in {200, 302, 303}:
                opened.append((route.name, answer.status_code, answer.headers.get("Location", "")))
    assert asked > 40
    assert heard == []
    assert opened == []
