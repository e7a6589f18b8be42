"""The front desk types a telephoned request: one page, once, and nobody else."""

import pytest

from ebbtide.journey.access.models import Request
from tests.builders import a_clinic, a_staff
from tests.journey.access.arrange import signed_in

pytestmark = pytest.mark.django_db
TOLD = {
    "given_name": "Alma",
    "family_name": "Reyes",
    "phone": "312 555 0142",
    "language": "en",
    "complaint": "crps",
    "key": "k1",
}


def test_it_puts_the_request_into_the_queue_once():
    desk = signed_in(a_staff("front_desk", clinic=a_clinic()))
    assert "Telephoned request" in desk.get("/request/telephoned/").content.decode()
    first, second = desk.post("/request/telephoned/", TOLD), desk.post("/request/telephoned/", TOLD)
    row = Request.objects.get()
    assert first.url == second.url == f"/request/{row.id}/"
    assert (row.channel, row.typed_by.roles, row.phone) == ("telephone", ["front_desk"], "+1 312-555-0142")
    assert "in the queue" in desk.get(first.url).content.decode()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"phone": ""}, "telephone number or an e-mail"),
        ({"complaint": ""}, "What troubles them most"),
        ({"given_name": ""}, "First name"),
    ],
)
def test_it_says_what_is_missing(changed, words):
    page = signed_in(a_staff("front_desk", clinic=a_clinic())).post(
        "/request/telephoned/", {**TOLD, **changed}
    )
    assert page.status_code == 422
    assert words in page.content.decode()


def test_a_key_used_for_another_request_is_refused_in_words():
    desk = signed_in(a_staff("front_desk", clinic=a_clinic()))
    desk.post("/request/telephoned/", TOLD)
    page = desk.post("/request/telephoned/", {**TOLD, "given_name": "Alba"})
    assert page.status_code == 422
    assert "already sent" in page.content.decode()


@pytest.mark.parametrize("role", ["nurse", "prescriber", "director", "auditor"])
def test_only_the_front_desk_types(role):
    assert signed_in(a_staff(role, clinic=a_clinic())).get("/request/telephoned/").status_code == 403


def test_a_visitor_is_asked_to_sign_in(client):
    a_clinic()
    assert client.get("/request/telephoned/").url.startswith("/account/login/")
