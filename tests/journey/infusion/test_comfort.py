"""The card at the chair: a link without a sign-in that shows no value, one button that reaches the nurse, and a test of it."""

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from ebbtide.journey.infusion.card import WRONG_PER_H, key_for
from ebbtide.journey.infusion.models import Entry
from tests.builders import NOW, a_staff
from tests.house.posts import browser
from tests.journey.infusion.arrange import Chairside, after
from tests.journey.infusion.ready import a_ready_chair, gate
from tests.journey.infusion.test_pages import clock_at, sent, text, url  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_pressed_before():
    cache.clear()


def a_card(scene, minutes=0):
    return reverse("infusion:card", args=[key_for(scene.session, after(minutes))])


def press(scene, client=None):
    client = client or Client()
    return client.post(reverse("infusion:card_call", args=[key_for(scene.session, NOW)]), sent())


def calls(scene):
    rows = Entry.objects.filter(session=scene.session, kind="comfort_call").order_by("recorded_at")
    return [row.body["state"] for row in rows]


def test_it_says_who_looked_when_and_what_the_person_chose(clock_at):  # noqa: F811
    scene = Chairside().running()
    scene.chart("comfort_card", 1, light="dim", music="sea", touch="ask_first", stop_word="harbour")
    scene.chart("scale", 2, name="RASS", value=0)
    clock_at(5)
    said = text(Client().get(a_card(scene)))
    for words in (
        "Hello Alma",
        "Your nurse checked 3 minutes ago",
        "harbour",
        "dim",
        "sea",
        "ask first",
        "Call your nurse",
    ):
        assert words in said, words
    assert "never controls a pump" in said


def test_it_shows_no_value_no_drug_and_no_more_of_a_name():
    scene = Chairside().running()
    scene.chart("observation", 1, hr_per_min="133", sbp_mmHg="188", dbp_mmHg="111")
    scene.chart("scale", 1, name="NRS11", value=7)
    html = Client().get(a_card(scene)).content.decode()
    shown = re.sub(r'<input[^>]*>|(href|src|action|data-url)="[^"]*"', "", html)
    for never in (
        "133",
        "188",
        "111",
        "52.5",
        "mg",
        "ketamine",
        "Reyes",
        scene.patient.record_number,
        "1980",
    ):
        assert never not in shown, never


def test_the_link_is_kept_by_nobody():
    answer = Client().get(a_card(Chairside().running()))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_press_stands_on_the_nurses_page_until_it_is_answered():
    scene = Chairside().running()
    nurse = browser(scene.staff)
    assert press(scene).status_code == 302
    assert "You called at" in text(Client().get(a_card(scene)))
    assert "The patient calls" in text(nurse.get(url("now", scene.session)))
    answer = nurse.post(url("answer_call", scene.session), sent(back=url("chair", scene.session)))
    assert answer.url == url("chair", scene.session)
    assert calls(scene) == ["open", "answered"]
    assert "The patient calls" not in text(nurse.get(url("now", scene.session)))
    assert "Your last call was answered at" in text(Client().get(a_card(scene)))
    assert nurse.post(url("answer_call", scene.session), sent()).status_code == 422  # nobody calls any more


def test_a_call_that_is_open_stays_one_call_however_often_it_is_pressed():
    scene = Chairside().running()
    for _ in range(3):
        press(scene)
    assert calls(scene) == ["open"]


def test_the_log_says_that_the_card_called_and_no_person():
    scene = Chairside().running()
    press(scene)
    row = Entry.objects.get(kind="comfort_call")
    assert (row.author, row.tablet) == (None, "Card at the chair")
    assert "Card at the chair" in text(browser(scene.staff).get(url("now", scene.session)))


def test_the_button_is_tested_before_the_start_and_the_test_opens_the_gate_item():
    """Wish G12: a call signal that was tested; the press travels the whole way to the nurse's page."""
    scene = a_ready_chair()
    row = gate(scene, 1, confirmed={"call_tested": False})
    assert [item["key"] for item in row.items if not item["passed"]] == ["call"]
    press(scene)
    nurse = browser(scene.staff)
    page = text(nurse.get(url("comfort", scene.session)))
    assert "Not tested yet" in page
    assert "It was the test: record it" in page
    nurse.post(url("answer_call", scene.session), sent(tested="yes"))
    assert calls(scene) == ["open", "tested"]
    assert "Tested" in text(nurse.get(url("comfort", scene.session)))
    assert gate(scene, 4, confirmed={"call_tested": False}).passed


def test_the_gate_charts_the_test_that_was_ticked_and_the_pump_once():
    scene = a_ready_chair()
    gate(scene, 1)
    gate(scene, 2)
    assert calls(scene) == ["tested"]
    (pump,) = Entry.objects.filter(kind="equipment")
    assert pump.body == {"item": "pump", "identity": "P-07", "state": "ready"}


@pytest.mark.parametrize("spoil", ["done", "late", "torn"])
def test_the_link_ends_with_the_visit(spoil, clock_at):  # noqa: F811
    scene = Chairside().running()
    where = a_card(scene)
    if spoil == "done":
        scene.visit.status = "done"
        scene.visit.save()
    if spoil == "late":
        clock_at(12 * 60 + 1)
    answer = Client().get(where[:-2] if spoil == "torn" else where)
    assert answer.status_code == 404
    assert "This card is over" in text(answer)


def test_wrong_links_are_tried_only_so_often():
    client, where = Client(), reverse("infusion:card", args=["not-a-key"])
    assert [client.get(where).status_code for _ in range(WRONG_PER_H + 1)][-2:] == [404, 429]


def test_a_button_pressed_all_day_asks_to_call_out_and_still_shows_the_open_call(monkeypatch):
    scene = Chairside().running()
    client = Client()
    monkeypatch.setattr("ebbtide.journey.infusion.views.card.CALLS_PER_H", 3)
    for _ in range(3):
        assert press(scene, client).status_code == 302
    answer = press(scene, client)
    assert answer.status_code == 429
    assert "Call out: somebody is near" in text(answer)
    assert "You called at" in text(answer)


def test_a_link_opens_nothing_but_its_own_session():
    """What the key opens is this one session's call: the policy refuses the link's holder everything else."""
    from ebbtide.ground.policy import may
    from ebbtide.ground.policy.actors import link_holder

    scene, other = Chairside().running(), Chairside(chair="Chair 2").running()
    holder = link_holder(scene.patient, invitation_id=scene.session.pk)
    assert may(holder, "create", "infusion.comfort_call", scene.session, at=NOW).allowed
    assert not may(holder, "create", "infusion.comfort_call", other.session, at=NOW).allowed
    for verb, resource in (
        ("read", "infusion.session_log"),
        ("create", "infusion.session_log"),
        ("acknowledge", "infusion.comfort_call"),
    ):
        assert not may(holder, verb, resource, scene.session, at=NOW).allowed


def test_a_person_is_spoken_to_in_their_own_language():
    scene = Chairside().running()
    scene.patient.language = "es"
    scene.patient.save()
    assert 'lang="es"' in Client().get(a_card(scene)).content.decode()


def test_only_whoever_cares_for_the_person_answers():
    scene = Chairside().running()
    press(scene)
    stranger = browser(a_staff("nurse", clinic=scene.clinic))
    assert stranger.post(url("answer_call", scene.session), sent()).status_code == 404
    assert calls(scene) == ["open"]


def test_the_way_back_is_never_another_site():
    scene = Chairside().running()
    press(scene)
    answer = browser(scene.staff).post(url("answer_call", scene.session), sent(back="//evil.example/x"))
    assert answer.url == url("chair", scene.session)
