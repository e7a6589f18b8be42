"""The witness signs in within the request of another person: by everything that a sign-in asks, and leaving no trace in the session."""

import pytest

from ebbtide.ground.people.models import Account
from ebbtide.journey.custody.models import Movement
from tests.builders import NOW, a_patient, an_actor
from tests.clocks import stand_at
from tests.ground.people.entering import PASSWORD, an_app, code_of, signed_in_as
from tests.journey.custody.presses import at, signs_in
from tests.journey.custody.safe import Safe

pytestmark = pytest.mark.django_db
SAID = "second person could not be signed in"


@pytest.fixture(autouse=True)
def _at_now(monkeypatch):
    stand_at(monkeypatch, NOW)


@pytest.fixture
def safe():
    return Safe()


@pytest.fixture
def waste(safe):
    visit = safe.visit()
    safe.draw(visit, safe.receive(), 50)
    press = at(safe, "waste", visit, amount="50", unit="mg", reason="not needed")

    def send(**told):
        return press.client.post(press.url, {**press.told, **told})

    send.client = press.client
    return send


def wasted():
    return Movement.objects.filter(kind="waste")


def test_it_is_wasted_once_the_second_person_has_signed_in(safe, waste):
    assert waste(**signs_in(safe.second)).status_code == 302
    assert wasted().get().witness == safe.second


def test_whoever_is_signed_in_stays_signed_in_and_is_no_fresher_for_it(safe, waste):
    before = dict(waste.client.session)
    waste(**signs_in(safe.second))
    assert signed_in_as(waste.client) == str(safe.nurse.account_id)
    assert waste.client.session["account_authentication_methods"] == before["account_authentication_methods"]
    assert waste.client.session.session_key == waste.client.cookies["sessionid"].value


def test_the_code_of_the_app_counts_once(safe, waste):
    told = {
        "witness_email": safe.second.account.email,
        "witness_password": PASSWORD,
        "witness_code": code_of(an_app(safe.second.account)),
        "amount": "10",
    }
    assert waste(**told).status_code == 302
    assert SAID in waste(**told, key="another").content.decode()
    assert wasted().count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"witness_password": "wrong password"},
        {"witness_code": "000000"},
        {"witness_email": "nobody@harbour.example"},
    ],
)
def test_it_says_the_same_whatever_was_wrong(safe, waste, wrong):
    answer = waste(**{**signs_in(safe.second), **wrong})
    assert answer.status_code == 422
    assert SAID in answer.content.decode()
    assert not wasted().exists()
    assert PASSWORD not in answer.content.decode()


def test_a_password_without_a_second_factor_is_no_proof(safe, waste):
    told = {
        "witness_email": safe.second.account.email,
        "witness_password": PASSWORD,
        "witness_code": "123456",
    }
    assert SAID in waste(**told).content.decode()


@pytest.mark.parametrize("how", ["disabled", "left"])
def test_nobody_witnesses_who_is_disabled_or_has_left(safe, waste, how):
    told = signs_in(safe.second)
    if how == "disabled":
        Account.objects.filter(pk=safe.second.account_id).update(is_active=False)
    else:
        safe.second.left_at = NOW
        safe.second.save()
    assert SAID in waste(**told).content.decode()
    assert not wasted().exists()


def test_a_patient_is_no_witness(safe, waste):
    patient = a_patient(clinic=safe.clinic)
    an_actor(patient)
    told = {
        "witness_email": patient.account.email,
        "witness_password": PASSWORD,
        "witness_code": code_of(an_app(patient.account)),
    }
    answer = waste(**told)
    assert (answer.status_code, wasted().count()) == (422, 0)
    assert "takes two people" in answer.content.decode()


def test_a_recovery_code_stands_in_once(safe, waste):
    told = signs_in(safe.second)
    assert waste(amount="10", **told).status_code == 302
    answer = waste(amount="10", key="another", **told)
    assert SAID in answer.content.decode()
    assert wasted().count() == 1


def test_the_same_press_twice_needs_no_second_code(safe, waste):
    told = signs_in(safe.second)
    assert [waste(**told).status_code for _ in range(2)] == [302, 302]
    assert wasted().count() == 1


def test_guesses_are_counted_and_locked_as_at_the_sign_in(safe, waste):
    told = signs_in(safe.second)
    for _ in range(8):
        answer = waste(**{**told, "witness_password": "wrong password"})
        assert answer.status_code == 422  # the first person's page stays, also when the lock falls
    assert SAID in waste(**told).content.decode()
    assert not wasted().exists()
    other = {**signs_in(safe.doctor)}
    assert waste(**other).status_code == 302


def test_wrong_codes_are_throttled_too(safe, waste):
    told = signs_in(safe.second)
    for _ in range(8):
        waste(**{**told, "witness_code": "000000"})
    assert SAID in waste(**told).content.decode()


def test_the_log_says_who_proved_themselves_beside_whom_and_nothing_typed(safe, waste, caplog, capsys):
    waste(**{**signs_in(safe.second), "witness_password": "typed into the wrong field"})
    waste(**signs_in(safe.doctor))
    said = caplog.text + "".join(capsys.readouterr())
    assert "witness_proved" in said
    assert "witness_not_proved" in said
    for typed in (PASSWORD, "typed into the wrong field", safe.doctor.account.email):
        assert typed not in said
