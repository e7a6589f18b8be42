"""Every door: each route declares its resource and verb, and opens for exactly those roles.yaml says (T9).

The expected answer is worked out here from the raw YAML, apart from the product's own decision function.
"""

from functools import cache
from importlib.resources import files
from uuid import uuid4

import pytest
import yaml
from django.test import Client
from django.urls import reverse

from ebbtide.ground import clock
from ebbtide.ground.ledger.action import ACTIONS
from ebbtide.ground.people.models import Account, Patient, Staff
from ebbtide.ground.policy import may
from ebbtide.ground.policy.table import table
from tests.builders import a_clinic, a_patient, a_staff, an_actor, an_assignment
from tests.house.routes import Route, ours
from tests.objects import OBJECTS

RAW = yaml.safe_load((files("ebbtide.ground.policy") / "roles.yaml").read_text())
GRANTS = {item["id"]: item["grants"] for item in RAW["resources"]}
SHOWS = {item["id"]: set(item.get("shows", ())) for item in RAW["resources"]}
ROLES = [role["id"] for role in RAW["roles"] if role["id"] not in {"integration", "system"}]
RELATIONS = ("own", "other", "elsewhere", "none")
ALL = ours()
# grants that show something else than the row: a log, a count, a flag, or what waits for a cause
CLOSED = {"log_only", "aggregate", "consent_flag", "break_glass", "by_cause", "by_request"}


@cache
def lines(role: str, resource: str, verb: str) -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset(g["scope"])
        for g in GRANTS[resource]
        if g["role"] == role
        and verb in g["do"]
        and ("deidentified" not in g["scope"] or "deidentified" in SHOWS[resource])
        and not (CLOSED - SHOWS[resource]) & set(g.get("when", ()))
    )


def expected(role: str, resource: str, verb: str, relation: str) -> bool:
    """What roles.yaml says: own = the role's own patient (the patient themselves, or assigned staff)."""
    scopes = lines(role, resource, verb)
    if relation in {"elsewhere", "none"}:
        return False
    if any("whole" in s for s in scopes):
        return True
    if relation == "own" and role == "patient":
        return any("own" in s for s in scopes)
    return relation == "own" and any("assigned" in s for s in scopes)


def names(route: Route) -> str:
    return route.name


@pytest.mark.parametrize("route", ALL, ids=names)
def test_it_declares_what_it_guards(route) -> None:
    declared = route.declared
    assert declared is not None, f"{route.path} has no @guarded: it must declare its resource and verb"
    assert bool(declared.open_because) != bool(declared.resource)
    if declared.resource:
        assert declared.resource in GRANTS
        assert any(declared.verb in g["do"] for g in GRANTS[declared.resource])
    if "id" in route.converters and declared.resource:
        assert declared.about is not None, f"{route.path} takes an id and names no model to look it up in"
        assert declared.about in OBJECTS, f"tests/objects.py has no builder for {declared.about.__name__}"


@pytest.mark.parametrize("name", sorted(ACTIONS), ids=str)
def test_it_knows_the_resource_of_every_action(name) -> None:
    declared = ACTIONS[name]
    assert any(declared.verb in g["do"] for g in GRANTS[declared.resource])


class Person:
    """A signed-in role with a patient of their own and one that is not."""

    def __init__(self, role: str) -> None:
        clinic, far = a_clinic(), a_clinic(name="Elsewhere")
        self.mine, self.other, self.far = (
            a_patient(clinic=clinic),
            a_patient(clinic=clinic),
            a_patient(clinic=far),
        )
        self.client = Client(raise_request_exception=False)
        account: Account | None = None
        if role == "patient":
            account = Account.objects.get(pk=an_actor(self.mine).account_id)
        elif role != "visitor":
            staff: Staff = a_staff(role, clinic=clinic)
            an_assignment(staff, self.mine, from_at=clock.now().replace(year=2020))
            account = staff.account
        if account is not None:
            self.client.force_login(account, backend="ebbtide.ground.people.sign_in.AccountBackend")
            session = self.client.session
            session["second_factor_enrolled"] = True
            session["account_authentication_methods"] = [
                {"method": "password", "at": clock.now().timestamp()}
            ]
            session.save()

    def patient(self, relation: str) -> Patient:
        return {"own": self.mine, "other": self.other, "elsewhere": self.far}[relation]


def opened(client: Client, url: str) -> bool:
    """Whether the door opened: a page, a form's errors or a redirect that is not to the sign-in."""
    answer = client.get(url)
    if answer.status_code == 405:
        answer = client.post(url, {})
    if answer.status_code in {301, 302, 303} and "/account/login" in answer.headers["Location"]:
        return False
    assert answer.status_code < 500, f"{url} broke with {answer.status_code}"
    return answer.status_code not in {401, 403, 404}


GUARDED = [
    r
    for r in ALL
    if r.declared and r.declared.resource and set(r.converters) <= {"id"} and "stream" not in r.name
]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_it_opens_each_door_for_exactly_these_people(role) -> None:
    person = Person(role)
    wrong = []
    for route in GUARDED:
        declared = route.declared
        if declared.about is None:
            should = bool(lines(role, declared.resource, declared.verb))
            if opened(person.client, reverse(route.name)) is not should:
                wrong.append((route.name, "-", should))
            continue
        for relation in RELATIONS:
            row_id = uuid4() if relation == "none" else OBJECTS[declared.about](person.patient(relation)).id
            should = expected(role, declared.resource, declared.verb, relation)
            if declared.about.policy_path.patient is None and relation in {"own", "other"}:
                should = any("whole" in s for s in lines(role, declared.resource, declared.verb))
            if opened(person.client, reverse(route.name, kwargs={"id": row_id})) is not should:
                wrong.append((route.name, relation, should))
    assert not wrong


@pytest.mark.django_db
@pytest.mark.parametrize("role", [r for r in ROLES if r != "visitor"])
def test_it_decides_every_action_for_own_other_and_elsewhere(role) -> None:
    """Each resource and verb that some action uses, on a patient's row: as roles.yaml says."""
    person = Person(role)
    account_id = person.client.session["_auth_user_id"]
    account = Account.objects.get(pk=account_id)
    actor = an_actor(getattr(account, "staff", None) or account.patient)
    wrong = []
    for declared in {(a.resource, a.verb) for a in ACTIONS.values()}:
        resource, verb = declared
        for relation in ("own", "other", "elsewhere"):
            allowed = may(actor, verb, resource, person.patient(relation), at=clock.now()).allowed
            if allowed is not expected(role, resource, verb, relation):
                wrong.append((resource, verb, relation))
    assert not wrong


def test_it_gives_every_role_of_the_file_a_place_in_the_table() -> None:
    assert set(table().roles) == {role["id"] for role in RAW["roles"]}
