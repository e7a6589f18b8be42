"""The public form: one question a page, the way back, the crisis line, the limits, one answer for everybody."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ebbtide.journey.access import throttle
from ebbtide.journey.access.models import Request
from tests.builders import a_clinic, a_patient, a_staff
from tests.journey.access.arrange import a_request, answered, signed_in, waited

pytestmark = pytest.mark.django_db
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


@pytest.fixture
def clinic():
    return a_clinic()


def test_it_begins_with_the_first_question_and_shows_the_telephone(clinic):
    page = Client().get("/request/", follow=True)
    text = page.content.decode()
    assert page.redirect_chain == [("/request/ask/complaint/", 302)]
    assert "1 of 7" in text
    assert clinic.phone in text


def test_it_asks_seven_questions_and_sends(clinic):
    visitor = answered(Client())
    review = visitor.get("/request/review/").content.decode()
    assert "Alma Reyes" in review
    assert "+1 312-555-0142" in review
    sent = visitor.post("/request/review/", {}, follow=True)
    assert sent.redirect_chain == [("/request/received/", 302)]
    row = Request.objects.get()
    assert (row.name, row.complaint, row.channel, str(row.birth_date)) == (
        "Alma Reyes",
        "crps",
        "web",
        "1979-05-04",
    )
    assert "asking" not in visitor.session


def test_it_resumes_where_the_person_left(clinic):
    visitor = Client()
    visitor.post("/request/ask/complaint/", {"complaint": "mood"})
    assert visitor.get("/request/").url == "/request/ask/story/"
    back = visitor.get("/request/ask/complaint/").content.decode()
    assert re.search(r'value="mood"[^>]*checked', back)


def test_it_sends_nobody_to_the_end_before_everything_is_answered(clinic):
    visitor = Client()
    assert visitor.get("/request/review/").url == "/request/"
    visitor.post("/request/ask/complaint/", {"complaint": "mood"})
    assert visitor.get("/request/review/").url == "/request/ask/story/"


def test_it_goes_back_to_the_answers_after_a_change(clinic):
    visitor = answered(Client())
    assert visitor.get("/request/").url == "/request/review/"
    assert 'value="review"' in visitor.get("/request/ask/name/?then=review").content.decode()
    told = {"given_name": "Alba", "family_name": "Reyes", "then": "review"}
    assert visitor.post("/request/ask/name/", told).url == "/request/review/"


def test_it_knows_no_other_question(clinic):
    assert Client().get("/request/ask/weight/").status_code == 404


def test_it_is_not_there_before_a_clinic_is():
    assert Client().get("/request/ask/name/").status_code in {403, 404}


@pytest.mark.parametrize(
    ("slug", "told", "words"),
    [
        ("complaint", {}, "What troubles you most?"),
        ("story", {"story": "x" * 2001}, "2000"),
        ("name", {"given_name": "Alma"}, "Last name"),
        ("born", {"birth_date": "1850-01-01"}, "120 years"),
        ("born", {"birth_date": "2031-01-01"}, "future"),
        ("contact", {}, "telephone number or an e-mail"),
        ("contact", {"phone": "12"}, "area code"),
        ("contact", {"phone": "call me"}, "area code"),
        ("contact", {"email": "alma"}, "e-mail"),
        ("call", {"language": "xx"}, "language"),
        ("referrer", {"referred_by": "x" * 121}, "120"),
    ],
)
def test_it_says_what_is_wrong_and_keeps_the_page(clinic, slug, told, words):
    page = Client().post(f"/request/ask/{slug}/", told)
    assert page.status_code == 422
    assert words in page.content.decode()


def test_it_answers_the_same_whether_the_person_is_known_or_not(clinic):
    a_patient(clinic=clinic, given_name="Alma", family_name="Reyes", email="alma@example.org")
    known, unknown = (
        answered(Client()),
        answered(Client(), name={"given_name": "Nobody", "family_name": "Here"}),
    )
    pages, counts = [], []
    for visitor in (known, unknown):
        with CaptureQueriesContext(connection) as queries:
            sent = visitor.post("/request/review/", {}, follow=True)
        pages.append((sent.redirect_chain, TOKEN.sub("", sent.content.decode())))
        counts.append([q["sql"].split(" WHERE ")[0].split(" VALUES ")[0] for q in queries.captured_queries])
    assert pages[0] == pages[1]
    # the same statements in the same order: nothing looks the person up, so the time cannot tell either
    said = [[c for c in one if "ledger_shape" not in c] for one in counts]
    assert len(said[0]) == len(said[1])
    assert not any("people_patient" in c for one in said for c in one)


def test_it_shows_the_crisis_line_at_once_and_calls_today(clinic):
    visitor = Client()
    assert "data-crisis hidden" in visitor.get("/request/ask/story/").content.decode()
    page = visitor.post("/request/ask/story/", {"story": "Some days I want to die."}, follow=True)
    assert "data-crisis>" in page.content.decode()
    assert "988" in page.content.decode()
    visitor = answered(visitor, story={"story": "Some days I want to die."})
    received = visitor.post("/request/review/", {}, follow=True).content.decode()
    assert "tel:988" in received
    assert Request.objects.get().call_today


def test_it_catches_a_machine_in_the_hidden_field(clinic):
    page = answered(Client()).post("/request/review/", {"website": "http://spam.example"})
    assert page.status_code == 422
    assert "Nothing was sent" in page.content.decode()
    assert not Request.objects.exists()


def test_it_refuses_seven_answers_in_no_time_and_lets_a_second_press_through(clinic):
    visitor = waited(answered(Client()), seconds=-58)
    assert visitor.post("/request/review/", {}).status_code == 422
    assert not Request.objects.exists()
    assert waited(visitor, seconds=10).post("/request/review/", {}).status_code == 302


def test_it_limits_one_address_and_says_whom_to_call(clinic, monkeypatch):
    monkeypatch.setattr(throttle, "PER_ADDRESS_PER_H", 2)
    for _ in range(2):
        assert answered(Client()).post("/request/review/", {}).status_code == 302
    third = answered(Client())
    page = third.post("/request/review/", {})
    assert page.status_code == 429
    assert clinic.phone in page.content.decode()
    assert Request.objects.count() == 2
    assert third.get("/request/review/").status_code == 200  # nothing typed is lost
    elsewhere = answered(Client(REMOTE_ADDR="192.0.2.9"))
    assert elsewhere.post("/request/review/", {}).status_code == 302


def test_it_limits_everybody_together(clinic, monkeypatch):
    monkeypatch.setattr(throttle, "PER_CLINIC_PER_H", 1)
    a_request(clinic)
    assert answered(Client()).post("/request/review/", {}).status_code == 429


def test_a_double_tap_sends_one_request(clinic):
    visitor = answered(Client())
    kept = visitor.session["asking"]
    visitor.post("/request/review/", {})
    session = visitor.session  # the second tap left the phone before the first had come back
    session["asking"] = kept
    session.save()
    assert visitor.post("/request/review/", {}).url == "/request/received/"
    assert visitor.post("/request/review/", {}).url == "/request/received/"
    assert Request.objects.count() == 1


def test_a_key_with_other_answers_is_refused_in_words(clinic):
    visitor = answered(Client())
    kept = visitor.session["asking"]
    visitor.post("/request/review/", {})
    session = visitor.session
    session["asking"] = {**kept, "answers": {**kept["answers"], "complaint": {"complaint": "mood"}}}
    session.save()
    page = visitor.post("/request/review/", {})
    assert page.status_code == 422
    assert "already sent" in page.content.decode()


def test_it_wants_a_csrf_token(clinic):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/request/ask/complaint/", {"complaint": "crps"}).status_code == 403


def test_a_prescriber_does_not_ask_through_the_public_form(clinic):
    assert signed_in(a_staff("prescriber", clinic=clinic)).get("/request/ask/name/").status_code == 403
