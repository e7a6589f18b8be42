"""A request is received: from the public form or the telephone, once, and with the same answer for everybody."""

import pytest

from ebbtide.ground.jobs.models import OutgoingMail
from ebbtide.ground.ledger.action import KeyReused, Refused
from ebbtide.ground.ledger.models import Entry
from ebbtide.ground.people.actions import PatientDetails
from ebbtide.ground.policy import Denied
from ebbtide.ground.policy.actors import visitor
from ebbtide.journey.access.actions import ReceiveRequest, receive_request
from ebbtide.journey.access.models import Request
from tests.builders import a_clinic, an_act, an_actor

pytestmark = pytest.mark.django_db
ALMA = PatientDetails(
    given_name="Alma", family_name="Reyes", phone="+1 312-555-0142", email="alma@example.org"
)


def asking(clinic, **changed):
    return ReceiveRequest(
        **{"clinic": clinic, "channel": "web", "details": ALMA, "complaint": "crps", **changed}
    )


def test_it_joins_the_queue_untrusted():
    clinic = a_clinic()
    row = receive_request(an_act(visitor(clinic)), asking(clinic))
    assert (row.status, row.patient, row.owner, row.typed_by, row.call_today) == (
        "received",
        None,
        None,
        None,
        False,
    )
    assert Entry.objects.get().action == "journey.access.receive_request"


def test_it_is_received_once_when_it_is_sent_twice():
    clinic = a_clinic()
    first = receive_request(an_act(visitor(clinic), key="k"), asking(clinic))
    assert receive_request(an_act(visitor(clinic), key="k"), asking(clinic)) == first
    with pytest.raises(KeyReused):
        receive_request(an_act(visitor(clinic), key="k"), asking(clinic, complaint="mood"))
    assert Request.objects.count() == 1


def test_it_marks_words_of_self_harm_to_call_today():
    clinic = a_clinic()
    assert receive_request(an_act(visitor(clinic)), asking(clinic, best_time="I want to die")).call_today


def test_its_letter_holds_no_health_word():
    clinic = a_clinic()
    receive_request(an_act(visitor(clinic)), asking(clinic, story="burning pain"))
    letter = OutgoingMail.objects.get()
    for word in ("pain", "crps", "clinic treats", "ketamine", "alma", "reyes", "infusion"):
        assert word not in letter.body.lower()


def test_it_writes_no_letter_without_an_address():
    clinic = a_clinic()
    told = PatientDetails(given_name="Alma", family_name="Reyes", phone="+1 312-555-0142")
    receive_request(an_act(visitor(clinic)), asking(clinic, details=told))
    assert not OutgoingMail.objects.exists()


def test_a_letter_speaks_spanish():
    clinic = a_clinic()
    told = PatientDetails(given_name="Alma", family_name="Reyes", email="alma@example.org", language="es")
    receive_request(an_act(visitor(clinic)), asking(clinic, details=told))
    assert OutgoingMail.objects.get().subject


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"details": PatientDetails(given_name="Alma", family_name="Reyes")}, "ACC-CONTACT"),
        ({"story": "x" * 2001}, "ACC-STORY"),
        ({"channel": "telephone"}, "ACC-CHANNEL"),
    ],
)
def test_it_refuses_in_words(changed, rule):
    clinic = a_clinic()
    with pytest.raises(Refused) as refused:
        receive_request(an_act(visitor(clinic)), asking(clinic, **changed))
    assert refused.value.rule == rule
    assert not Request.objects.exists()


def test_the_front_desk_types_what_it_hears():
    clinic = a_clinic()
    desk = an_actor("front_desk", clinic=clinic)
    row = receive_request(an_act(desk), asking(clinic, channel="telephone", call_today=True))
    assert (row.channel, row.typed_by_id, row.call_today) == ("telephone", desk.staff_id, True)


@pytest.mark.parametrize("role", ["nurse", "prescriber", "director", "auditor", "operator", "researcher"])
def test_only_visitors_patients_and_the_front_desk_make_requests(role):
    clinic = a_clinic()
    with pytest.raises(Denied):
        receive_request(an_act(an_actor(role, clinic=clinic)), asking(clinic))
