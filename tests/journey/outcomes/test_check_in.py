"""The check-in by link: one question a screen, kept as given, resumed from anywhere, help at once, and no false thank-you."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ebbtide.journey.outcomes import throttle
from ebbtide.journey.outcomes.models import Answer, SafetyAlert, Score
from tests.builders import NOW, a_clinic
from tests.clocks import stand_at
from tests.journey.outcomes.arrange import (
    a_check_in,
    a_diary,
    a_person,
    ago,
    answer,
    link_in,
    open_link,
    somebody_on_call,
    visits,
)

pytestmark = pytest.mark.django_db


def text(page) -> str:
    return re.sub(r"\s+", " ", page.content.decode())


@pytest.fixture
def short():
    """Pain and PEG: a browser, the path, the check-in."""
    check_in = a_check_in()
    client, path = open_link(check_in)
    return client, path, check_in


@pytest.fixture
def mood():
    """PHQ-9 alone, with somebody on call."""
    episode = a_person()
    staff = somebody_on_call(episode.patient.clinic)
    client, path = open_link(a_check_in(episode, ask=("PHQ9",)))
    return client, path, staff


def test_it_says_when_answers_are_read_before_the_first_question_and_after_the_last(mood) -> None:
    client, path, _ = mood
    for page in (client.get(path), client.get(f"{path}done/")):
        assert "A person reads your answers every day between 08:00 and 20:00, not at once." in text(page)
        assert "tel:988" in text(page)
        assert "+1 312 555 0100" in text(page)


def test_without_anybody_on_call_it_promises_no_hour(short) -> None:
    client, path, _ = short
    assert "when the clinic is open, not at once" in text(client.get(path))


def test_four_questions_and_the_curve(short) -> None:
    client, path, check_in = short
    start = client.get(path)
    assert "Hello Alma" in text(start)
    assert "4 short questions" in text(start)
    assert f'href="{path}1/"' in text(start)
    question = client.get(f"{path}1/")
    assert len(re.findall(r'type="radio" name="value" value="\d+"', text(question))) == 11
    assert "1 of 4" in text(question)
    for number, value in enumerate((6, 7, 6, 8), start=1):
        sent = answer(client, path, number, value)
        assert sent.status_code == 302
        assert Answer.objects.count() == number
    assert sent.url == f"{path}done/"
    done = client.get(sent.url)
    assert "Thank you. Your answers are kept." in text(done)
    assert "Your curve" in text(done)
    assert {(s.instrument, s.value) for s in Score.objects.all()} == {("NRS11", 6), ("PEG", 7)}
    assert check_in.scores.count() == 2


def test_it_is_resumed_anywhere_where_the_person_left(short) -> None:
    client, path, _ = short
    answer(client, path, 1, 6)
    answer(client, path, 2, 7)
    elsewhere = Client()
    page = text(elsewhere.get(path))
    assert f'href="{path}3/"' in page
    assert "Go on" in page
    assert re.search(r'value="7" checked', text(elsewhere.get(f"{path}2/")))


def test_back_always_works_and_a_changed_answer_counts(short) -> None:
    client, path, _ = short
    answer(client, path, 1, 6)
    assert f'href="{path}1/"' in text(client.get(f"{path}2/"))
    assert f'href="{path}"' in text(client.get(f"{path}1/"))
    for value in (4, 6, 4):
        answer(client, path, 1, value)
    assert [row.value for row in Answer.objects.order_by("answered_at", "id")] == [6, 4, 6, 4]
    assert Score.objects.get(replaced_by__isnull=True).value == 4


def test_a_double_tap_is_one_answer(short) -> None:
    client, path, _ = short
    assert {answer(client, path, 1, 6).status_code for _ in range(3)} == {302}
    assert Answer.objects.count() == 1


def test_a_skipped_question_is_declined_and_an_untouched_one_stays_blank(short) -> None:
    client, path, _ = short
    answer(client, path, 2, None)
    assert (Answer.objects.get().how, Answer.objects.get().value) == ("declined", None)
    assert "You skipped this question" in text(client.get(f"{path}2/"))
    answer(client, path, 3, 5)
    assert client.post(f"{path}finish/").url == f"{path}done/"
    assert Score.objects.get().detail["items"] == ["declined", 5, "blank"]


def test_a_check_in_that_was_only_looked_at_never_becomes_completed(short) -> None:
    """W28: a blank form is not completed, not by opening it, not by pressing the last button."""
    client, path, _ = short
    for number in range(1, 5):
        client.get(f"{path}{number}/")
    client.post(f"{path}finish/")
    page = text(client.get(f"{path}done/"))
    assert "Nothing is answered yet" in page
    assert "Thank you" not in page
    assert not Score.objects.exists()
    assert not Answer.objects.exists()


def test_it_thanks_only_for_what_is_really_kept(short, monkeypatch) -> None:
    """W30: an answer that could not be written is never thanked for."""
    client, path, _ = short
    client.raise_request_exception = False
    for number in (1, 2, 3):
        answer(client, path, number, 5)
    monkeypatch.setattr(
        "ebbtide.journey.outcomes.actions.answers.Answer.objects.create",
        lambda **_: (_ for _ in ()).throw(OSError("disk full")),
    )
    assert answer(client, path, 4, 5).status_code == 500
    page = text(client.get(f"{path}done/"))
    assert "Thank you" not in page
    assert "One question is open" in page


@pytest.mark.parametrize("told", [{}, {"value": ""}, {"value": "many"}, {"value": "-1"}, {"value": "11"}])
def test_it_asks_again_for_what_is_no_answer_and_keeps_nothing(short, told) -> None:
    client, path, _ = short
    page = client.post(f"{path}1/", told)
    assert page.status_code == 422
    assert 'role="alert"' in text(page)
    assert not Answer.objects.exists()


@pytest.mark.parametrize("number", [0, 5, 99])
def test_a_question_that_does_not_exist_leads_to_the_end(short, number) -> None:
    client, path, _ = short
    assert client.get(f"{path}{number}/").url == f"{path}done/"


@pytest.mark.parametrize("value", [1, 3])
def test_item_nine_shows_help_on_the_very_next_screen(mood, value) -> None:
    client, path, staff = mood
    sent = answer(client, path, 9, value)
    assert sent.url == f"{path}10/help/"
    page = text(client.get(sent.url))
    assert page.index("tel:988") < page.index("Go on")
    assert f"{staff.name} of this clinic has been told and calls you" in page
    assert "+1 312 555 0177" in page
    alert = SafetyAlert.objects.get()
    assert (alert.owner, alert.opened_at.replace(microsecond=0, second=0)) == (staff, NOW)
    # the line stays on every later screen
    for after in (f"{path}1/", f"{path}done/", path):
        assert "tel:988" in text(client.get(after))


def test_item_nine_at_zero_shows_no_alarm(mood) -> None:
    client, path, _ = mood
    assert answer(client, path, 9, 0).url == f"{path}done/"
    assert not SafetyAlert.objects.exists()
    assert "tel:988" not in text(client.get(f"{path}1/"))


def test_help_keeps_its_way_back_into_the_questions() -> None:
    episode = a_person()
    somebody_on_call(episode.patient.clinic, days="working_days")
    client, path = open_link(a_check_in(episode, ask=("PHQ9", "GAD7")))
    page = text(client.get(answer(client, path, 9, 1).url))
    assert f'href="{path}10/"' in page
    assert "on working days between 08:00 and 20:00" in page


def test_blood_is_said_to_the_person_too() -> None:
    check_in = a_check_in(ask=("BLADDER",))
    from tests.builders import a_staff

    a_staff("director", clinic=check_in.episode.patient.clinic)
    client, path = open_link(check_in)
    assert answer(client, path, 6, 1).url == f"{path}done/"
    assert "Please call us today" in text(client.get(f"{path}done/"))


@pytest.mark.parametrize("which", ["wrong", "cut", "over", "not yet"])
def test_a_link_that_opens_nothing_says_one_calm_sentence(monkeypatch, which) -> None:
    clinic = a_clinic()
    check_in = a_check_in(a_person(clinic))
    path = link_in(check_in.mail)
    if which == "wrong":
        path = f"/check-in/{'x' * 43}/"
    if which == "cut":
        path = f"{path[:-6]}/"
    if which in {"over", "not yet"}:
        when = "2026-11-29T12:00:00+00:00" if which == "over" else "2026-11-23T13:00:00+00:00"
        stand_at(monkeypatch, when)
    for where in (path, f"{path}1/", f"{path}done/", f"{path}2/help/"):
        page = Client().get(where)
        assert page.status_code == 404
        assert "This link does not open a check-in" in text(page)
        assert clinic.phone in text(page)
        assert "Alma" not in text(page)
    assert Client().post(f"{path}1/", {"value": "5"}).status_code == 404
    assert not Answer.objects.exists()


def test_links_are_not_guessed(short, monkeypatch) -> None:
    client, path, _ = short
    monkeypatch.setattr(throttle, "WRONG_PER_H", 2)
    for _ in range(2):
        assert Client().get(f"/check-in/{'x' * 43}/").status_code == 404
    assert Client().get(f"/check-in/{'x' * 43}/").status_code == 429
    assert client.get(path).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.9").get(path).status_code == 200


def test_presses_are_limited(short, monkeypatch) -> None:
    client, path, _ = short
    monkeypatch.setattr(throttle, "PRESSES_PER_H", 1)
    assert answer(client, path, 1, 5).status_code == 302
    page = answer(client, path, 2, 5)
    assert page.status_code == 429
    assert "Please try again in an hour" in text(page)


def test_its_pages_are_kept_nowhere_and_tell_nobody(short) -> None:
    client, path, _ = short
    for where in (path, f"{path}1/", f"{path}done/", "/check-in/nothing/"):
        page = client.get(where)
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert page.headers["X-Robots-Tag"] == "noindex"
        head = text(page).partition("</head>")[0]
        assert "Alma" not in head
        assert "Reyes" not in text(page)
    assert "Alma" not in path


def test_it_wants_a_csrf_token(short) -> None:
    _, path, _ = short
    assert answer(Client(enforce_csrf_checks=True), path, 1, 5).status_code == 403


def test_it_speaks_spanish_unless_the_person_chose_otherwise() -> None:
    client, path = open_link(a_check_in(a_person(language="es"), ask=("NRS11",)))
    assert "Hola, Alma" in text(client.get(path))
    page = text(client.get(f"{path}1/"))
    assert "¿Qué número describe mejor su dolor" in page
    assert "Sin dolor" in page
    assert '<html lang="es"' in page
    client.cookies["django_language"] = "en"
    assert "What number best describes your pain" in text(client.get(f"{path}1/"))


def test_the_curve_is_drawn_with_infusions_and_a_table_that_needs_no_script(short) -> None:
    client, path, check_in = short
    visits(check_in.episode, days=[ago(8), ago(7)])
    a_diary(check_in.episode, [8, 8, 7, 8, 8, None, None, 5, 4, 4], ending_on=ago(1))
    answer(client, path, 1, 3)
    page = text(client.get(f"{path}done/"))
    assert 'id="relief" type="application/json"' in page
    assert "infusion 2" in page
    assert "mean of 5 of 7 days" in page
    assert "3.00" not in page


@pytest.mark.parametrize("where", ["", "1/", "done/", "10/help/"])
def test_a_page_asks_the_database_at_most_eight_times(mood, where) -> None:
    client, path, _ = mood
    answer(client, path, 9, 1)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"{path}{where}").status_code == 200
    assert len(asked) <= 8, [q["sql"][:90] for q in asked.captured_queries]
